"""Threads saved as JSON by Reddit, Discourse, Hacker News, Isso, Commento and Remark42."""

import gzip
import io
import json
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.errors import ReadError
from adapters.saved import commento, discourse, hackernews, isso, native, plain_text, reddit, remark42
from adapters.saved.jsontext import parse_json
from adapters.saved.reader import Reader
from adapters.saved.repair import repair
from adapters.saved.source import Notice, Source
from adapters.thread import Comment, Thread

FIXTURES = Path(__file__).parents[2] / "shared" / "fixtures"
READERS: tuple[Reader, ...] = (reddit, discourse, hackernews, isso, commento, remark42)
NOON = datetime(2019, 5, 4, 12, 0, tzinfo=UTC)
EPOCH = 1_556_971_200  # the same


@dataclass
class Outcome:
    threads: list[Thread] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)

    @property
    def comments(self) -> dict[str, Comment]:
        return {comment.id: comment for thread in self.threads for comment in thread.comments}

    @property
    def parents(self) -> dict[str, str | None]:
        return {id: comment.parent_id for id, comment in self.comments.items()}


def read(reader: Reader, given: Any) -> Outcome:
    text = given if isinstance(given, str | bytes) else json.dumps(given)
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    outcome = Outcome()
    with patch("sys.stdin", SimpleNamespace(buffer=io.BytesIO(data))):
        source = Source("-", on_notice=outcome.notices.append, on_bytes=lambda _: None)
    outcome.threads.extend(repair(thread, source.note) for thread in reader.read(source))
    return outcome


def lines(*rows: Any) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


# Reddit


def t1(id: str, body: str, *replies: Any, **more: Any) -> dict[str, Any]:
    data = {
        "id": id,
        "name": f"t1_{id}",
        "author": "ida",
        "body": body,
        "link_id": "t3_post",
        "parent_id": "t3_post",
        "created_utc": EPOCH,
        "edited": False,
        "replies": listing(*replies) if replies else "",
    }
    return {"kind": "t1", "data": data | more}


def listing(*children: Any) -> dict[str, Any]:
    return {"kind": "Listing", "data": {"children": list(children), "after": None}}


POST = {
    "kind": "t3",
    "data": {
        "id": "post",
        "title": "Tea &amp; coffee",
        "author": "host",
        "selftext": "Which?",
        "subreddit": "drinks",
        "permalink": "/r/drinks/comments/post/tea/",
        "created_utc": EPOCH,
    },
}


def test_reddit_thread() -> None:
    more = {"kind": "more", "data": {"count": 4, "children": ["x"]}}
    reply = t1("b", "&gt; Tea.\n\nWhy?", more, parent_id="t1_a", author="[deleted]", edited=EPOCH)
    outcome = read(reddit, [listing(POST), listing(t1("a", "Tea."), reply, t1("c", "[removed]"), more)])
    (thread,) = outcome.threads
    assert (thread.id, thread.title, thread.site) == ("post", "Tea & coffee", "reddit.com/r/drinks")
    assert thread.url == "https://www.reddit.com/r/drinks/comments/post/tea/"
    assert (thread.post.body, thread.post.format, thread.post.author) == ("Which?", "markdown", "host")
    first, second, third = thread.comments
    assert (first.id, first.parent_id, first.author, first.posted_at) == ("a", None, "ida", NOON)
    assert first.url == "https://www.reddit.com/r/drinks/comments/post/tea/a/"
    assert (second.parent_id, second.author, second.body, second.edited_at) == ("a", None, "> Tea.\n\nWhy?", NOON)
    assert (third.body, third.status, third.edited_at) == ("", "removed", None)
    assert [notice.text for notice in outcome.notices] == ["8 comments behind 2 “more” links are not in the file"]


@pytest.mark.parametrize(
    ("body", "more", "wanted"),
    [
        ("&gt; a &amp;amp; b", {}, "> a &amp; b"),
        ("&gt; a < b", {}, "&gt; a < b"),
        ("&gt; R&D", {}, "&gt; R&D"),
        ("&gt; a", {"body_html": "<div>&gt; a</div>"}, "&gt; a"),
        ("&gt; a", {"body_html": "&lt;div&gt;a&lt;/div&gt;"}, "> a"),
    ],
)
def test_reddit_unescapes_only_what_was_escaped(body: str, more: dict[str, str], wanted: str) -> None:
    assert read(reddit, listing(t1("a", body, **more))).comments["a"].body == wanted


def test_reddit_listing_of_a_subreddit_is_put_together_by_thread() -> None:
    rows = [t1(f"c{number}", "x", link_id=f"t3_p{number % 2}", link_title=f"P{number % 2}") for number in range(4)]
    outcome = read(reddit, listing(*rows))
    assert [(thread.id, thread.title, len(thread.comments)) for thread in outcome.threads] == [
        ("p0", "P0", 2),
        ("p1", "P1", 2),
    ]
    assert not outcome.notices


def test_reddit_dump_streams_runs_of_lines() -> None:
    rows = [
        t1(id, "x", link_id=link)["data"] for id, link in (("a", "t3_p"), ("b", "t3_p"), ("c", "t3_q"), ("d", "t3_p"))
    ]
    outcome = read(reddit, lines(*rows) + '{"body": "cut o')
    assert [(thread.id, len(thread.comments)) for thread in outcome.threads] == [("p", 2), ("q", 1), ("p", 1)]
    assert any("not together" in notice.text for notice in outcome.notices)
    assert any(notice.lost for notice in outcome.notices)


def test_reddit_answer_about_more_comments() -> None:
    outcome = read(reddit, {"json": {"errors": [], "data": {"things": [t1("a", "x"), t1("b", "y", parent_id="t1_a")]}}})
    assert outcome.parents == {"a": None, "b": "a"}


@pytest.mark.skipif(not FIXTURES.exists(), reason="needs the shared fixtures")
def test_reddit_real_answers_lose_no_comment() -> None:
    total = 0
    for path in sorted((FIXTURES / "praw").glob("*.json"))[::3]:
        for interaction in json.loads(path.read_text())["interactions"]:
            text = interaction["response"]["body"]["string"]
            if '"t1"' not in text:
                continue
            wanted = count_comments(json.loads(text))
            assert reddit.recognises(text[:65536])
            if wanted:
                found = read(reddit, text)
                assert sum(len(thread.comments) for thread in found.threads) == wanted, path.name
                total += wanted
    assert total > 1000


def count_comments(value: Any) -> int:
    held = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return sum(map(count_comments, held)) + (isinstance(value, dict) and value.get("kind") == "t1")


# Discourse


def post(number: int, **more: Any) -> dict[str, Any]:
    row = {
        "id": 100 + number,
        "post_number": number,
        "username": f"user{number}",
        "cooked": f"<p>Post {number}</p>",
        "created_at": "2019-05-04T12:00:00.000Z",
        "updated_at": "2019-05-04T13:00:00.000Z",
        "version": 1,
        "reply_to_post_number": None,
        "post_type": 1,
    }
    return row | more


def test_discourse_topic() -> None:
    posts = [
        post(1),
        post(2, reply_to_post_number=1),
        post(3, reply_to_post_number=2, version=2),
        post(4, post_type=3),
        post(5, user_deleted=True, username=None),
    ]
    topic = {"id": 7, "title": "Tea", "post_stream": {"posts": posts, "stream": [101, 102, 103, 104, 105, 106]}}
    outcome = read(discourse, topic)
    (thread,) = outcome.threads
    assert (thread.id, thread.title, thread.post.id, thread.post.author) == ("7", "Tea", "101", "user1")
    assert (thread.post.body, thread.post.posted_at) == ("<p>Post 1</p>", NOON)
    assert outcome.parents == {"102": None, "103": "102", "105": None}
    assert outcome.comments["103"].edited_at == NOON.replace(hour=13)
    assert outcome.comments["102"].edited_at is None
    gone = outcome.comments["105"]
    assert (gone.author, gone.body, gone.status) == (None, "", "deleted")
    assert [notice.text for notice in outcome.notices] == ["thread 7: 1 posts of the topic are not in the file"]


def test_discourse_latest_posts() -> None:
    rows = [post(3, topic_id=7, topic_title="Tea"), post(2, id=9, topic_id=8), post(1, topic_id=7, topic_title="Tea")]
    outcome = read(discourse, {"latest_posts": rows})
    assert [(thread.id, thread.title, thread.post.body) for thread in outcome.threads] == [
        ("7", "Tea", "<p>Post 1</p>"),
        ("8", None, ""),
    ]
    assert set(outcome.comments) == {"103", "9"}


@pytest.mark.skipif(not FIXTURES.exists(), reason="needs the shared fixtures")
def test_discourse_real_answer() -> None:
    text = (FIXTURES / "discourse" / "posts_latest.json").read_text()
    assert discourse.recognises(text)
    posts = json.loads(text)["latest_posts"]
    outcome = read(discourse, text)
    assert set(outcome.comments) == {str(row["id"]) for row in posts if row["post_number"] > 1}


# Hacker News


def test_hacker_news_algolia_item() -> None:
    def item(id: int, *children: Any, **more: Any) -> dict[str, Any]:
        row = {"id": id, "created_at_i": EPOCH, "type": "comment", "author": "ida", "text": f"<p>{id}"}
        return row | {"children": list(children)} | more

    story = item(1, item(2, item(3)), item(4, item(5), author=None, text=None), type="story", title="Tea", text=None)
    outcome = read(hackernews, story | {"url": "https://example.org/tea"})
    (thread,) = outcome.threads
    assert (thread.id, thread.title, thread.url) == ("1", "Tea", "https://news.ycombinator.com/item?id=1")
    assert (thread.post.url, thread.post.author) == ("https://example.org/tea", "ida")
    assert outcome.parents == {"2": None, "3": "2", "4": None, "5": "4"}
    assert outcome.comments["3"].posted_at == NOON
    assert (outcome.comments["4"].status, outcome.comments["4"].author) == ("deleted", None)


def test_hacker_news_search_hits() -> None:
    hits = [
        {
            "objectID": str(id),
            "story_id": 1,
            "story_title": "Tea",
            "parent_id": parent,
            "author": "ida",
            "comment_text": "x",
            "created_at_i": EPOCH,
        }
        for id, parent in ((3, 2), (2, 1), (9, 8))
    ]
    outcome = read(hackernews, {"hits": hits})
    assert [(thread.id, thread.title) for thread in outcome.threads] == [("1", "Tea")]
    assert outcome.parents == {"3": "2", "2": None, "9": None}


@pytest.mark.parametrize("form", ["lines", "array", "map"])
def test_hacker_news_firebase_items(form: str) -> None:
    rows: list[Any] = [
        {"id": 5, "type": "comment", "by": "bo", "parent": 3, "time": EPOCH, "text": "x", "dead": True},
        {"id": 1, "type": "story", "by": "host", "time": EPOCH, "title": "Tea", "kids": [2]},
        {"id": 2, "type": "comment", "by": "ida", "parent": 1, "time": EPOCH, "text": "x"},
        {"id": 3, "type": "comment", "deleted": True, "parent": 2, "time": EPOCH},
        {"id": 9, "type": "comment", "by": "cy", "parent": 8, "time": EPOCH, "text": "x"},
    ]
    forms = {"lines": lines(*rows), "array": [*rows, None], "map": {str(row["id"]): row for row in rows}}
    outcome = read(hackernews, forms[form])
    assert {thread.id: len(thread.comments) for thread in outcome.threads} == {"1": 3, "8": 1}
    assert outcome.parents == {"5": "3", "2": None, "3": "2", "9": None}
    statuses = {id: comment.status for id, comment in outcome.comments.items()}
    assert statuses == {"5": "dead", "2": None, "3": "deleted", "9": None}


# Isso


def test_isso_page() -> None:
    def comment(id: int, *replies: Any, **more: Any) -> dict[str, Any]:
        row = {"id": id, "parent": None, "text": "<p>x</p>", "author": "ida", "created": EPOCH + 0.5, "modified": None}
        return row | {"mode": 1, "dislikes": 0, "replies": list(replies), "hidden_replies": 0} | more

    replies = [
        comment(1, comment(2, parent=1, author=None, modified=EPOCH), hidden_replies=3),
        comment(4, mode=4, text=""),
    ]
    outcome = read(isso, {"id": None, "total_replies": 2, "hidden_replies": 1, "replies": replies})
    assert outcome.parents == {"1": None, "2": "1", "4": None}
    first, second, deleted = outcome.comments.values()
    assert (first.author, first.format, first.status) == ("ida", "html", "accepted")
    assert first.posted_at == NOON.replace(microsecond=500_000)
    assert (second.author, second.edited_at) == (None, NOON)
    assert (deleted.body, deleted.status) == ("", "deleted")
    assert [notice.text for notice in outcome.notices] == ["4 replies are not in the file"]


def test_isso_latest_is_put_together_by_page() -> None:
    rows = [
        {
            "id": id,
            "uri": uri,
            "title": "T",
            "parent": None,
            "text": "a *b*",
            "created": EPOCH,
            "mode": 2,
            "dislikes": 0,
        }
        for id, uri in ((3, "/a"), (2, "https://example.org/b"), (1, "/a"))
    ]
    assert isso.recognises(json.dumps(rows))
    outcome = read(isso, rows)
    assert [(thread.id, thread.url, len(thread.comments)) for thread in outcome.threads] == [
        ("/a", None, 2),
        ("https://example.org/b", "https://example.org/b", 1),
    ]
    second = outcome.comments["2"]
    assert (second.url, second.format, second.status) == ("https://example.org/b#isso-2", "markdown", "held")


# Commento


def test_commento_export() -> None:
    def comment(id: str, **more: Any) -> dict[str, Any]:
        row = {"commentHex": id, "domain": "example.org", "url": "/tea", "commenterHex": "u1", "parentHex": "root"}
        row |= {
            "markdown": "*x*",
            "html": "<p><em>x</em></p>",
            "state": "approved",
            "creationDate": "2019-05-04T12:00:00.123456789Z",
        }
        return row | more

    rows = [
        comment("a"),
        comment("b", parentHex="a", commenterHex="anonymous", html="", state="unapproved"),
        comment("c", deleted=True, url="/coffee"),
    ]
    outcome = read(commento, {"version": 1, "comments": rows, "commenters": [{"commenterHex": "u1", "name": "Ida"}]})
    assert [(thread.site, thread.id, thread.url) for thread in outcome.threads] == [
        ("example.org", "/tea", "https://example.org/tea"),
        ("example.org", "/coffee", "https://example.org/coffee"),
    ]
    a, b, c = outcome.comments.values()
    assert (a.author, a.format, a.url) == ("Ida", "html", "https://example.org/tea#commento-a")
    assert a.posted_at == NOON.replace(microsecond=123_456)
    assert (b.parent_id, b.author, b.body, b.format, b.status) == ("a", None, "*x*", "markdown", "unapproved")
    assert (c.body, c.status) == ("", "deleted")


# Remark42


def remark(id: str, url: str = "https://example.org/tea", **more: Any) -> dict[str, Any]:
    row = {"id": id, "pid": "", "text": "<p>x</p>", "orig": "x", "user": {"name": "Ida", "id": "u1"}, "score": 0}
    return row | {"locator": {"site": "blog", "url": url}, "time": "2019-05-04T14:00:00.5+02:00", "title": "Tea"} | more


def test_remark42_backup() -> None:
    text = lines(
        {"version": 1, "users": [], "posts": []},
        remark("a"),
        remark("b", pid="a", text="", user=None, edit={"time": "2019-05-04T12:00:00Z", "summary": ""}),
        remark("c", "https://example.org/coffee", delete=True),
    )
    assert remark42.recognises(text[:30])
    outcome = read(remark42, gzip.compress(text.encode()))
    assert [(thread.site, thread.id, thread.title, len(thread.comments)) for thread in outcome.threads] == [
        ("blog", "https://example.org/tea", "Tea", 2),
        ("blog", "https://example.org/coffee", "Tea", 1),
    ]
    a, b, c = outcome.comments.values()
    assert (a.author, a.parent_id, a.url) == ("Ida", None, "https://example.org/tea#remark42__comment-a")
    assert a.posted_at == NOON.replace(microsecond=500_000)
    assert (b.parent_id, b.author, b.body, b.format, b.edited_at) == ("a", None, "x", "markdown", NOON)
    assert (c.author, c.body, c.status) == (None, "", "deleted")


def test_remark42_tree_and_flat_answer() -> None:
    tree = [{"comment": remark("a"), "replies": [{"comment": remark("b", pid="a")}]}, {"comment": remark("c")}]
    for comments in (tree, [remark("a"), remark("b", pid="a"), remark("c")]):
        outcome = read(remark42, {"comments": comments, "info": {"url": "https://example.org/tea", "count": 3}})
        assert outcome.parents == {"a": None, "b": "a", "c": None}


# What holds for all of them

DOCUMENTS: dict[str, Any] = {
    "reddit": [listing(POST), listing(t1("a", "x", t1("b", "y")))],
    "discourse": {"id": 1, "post_stream": {"posts": [post(1), post(2)]}},
    "hackernews": {"id": 1, "created_at_i": EPOCH, "children": [{"id": 2, "text": "x", "author": "a", "children": []}]},
    "isso": {"total_replies": 1, "replies": [{"id": 1, "text": "x", "mode": 1, "created": 1, "replies": []}]},
    "commento": {"comments": [{"commentHex": "a", "parentHex": "root", "html": "x", "url": "/"}], "commenters": []},
    "remark42": {"comments": [remark("a")]},
    "native": {"id": "1", "post": {"body": "x"}, "comments": [{"id": "1", "body": "x", "author": "a"}]},
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_each_document_is_recognised_by_its_own_reader_alone(name: str) -> None:
    for indent in (None, 2):
        head = json.dumps(DOCUMENTS[name], indent=indent)
        known = [reader.NAME for reader in READERS if reader.recognises(head)]
        assert known == ([] if name == "native" else [name])
        assert not plain_text.recognises(head)


def test_commento_and_remark42_also_look_native() -> None:
    assert native.recognises(json.dumps(DOCUMENTS["commento"]))
    assert native.recognises(json.dumps(DOCUMENTS["remark42"]))


HOSTILE = [
    "null", "1", '"text"', "[]", "{}", "[null]", "[[]]", '{"comments": null}', '{"comments": "x"}', '{"comments": [1]}',
    '{"comments": {"a": 1}}', '{"replies": {}}', '{"post_stream": []}', '{"post_stream": {"posts": "x"}}',
    '{"latest_posts": [null]}', '{"kind": "Listing", "data": []}', '{"kind": "Listing", "data": {"children": {}}}',
    '{"children": [1, "x", null]}', '{"hits": 4}', '[{"kind": 4}]', '{"kind": "more", "data": null}', '{"a":', "[" * 50,
    '{"comments": [{"comment": 4}]}', '{"commenters": 4, "comments": 4}', '{"kind": ["t1"]}', '{"id": 1e999}',
]  # fmt: skip


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.NAME)
@pytest.mark.parametrize("text", HOSTILE)
def test_no_thread_is_a_read_error(reader: Reader, text: str) -> None:
    with pytest.raises(ReadError):
        read(reader, text)


LEAVES = st.sampled_from([None, True, 0, -1, 1e400, 10**30, "", "x", "1", "t1_", "t3_", [], {}, [None], "\ud800"])


@settings(max_examples=150, deadline=None)
@given(data=st.data(), name=st.sampled_from([reader.NAME for reader in READERS]))
def test_wrong_shapes_raise_only_read_errors(data: st.DataObject, name: str) -> None:
    document = json.loads(json.dumps(DOCUMENTS[name]))
    for _ in range(data.draw(st.integers(1, 4))):
        at = document
        while at:
            keys = sorted(at) if isinstance(at, dict) else list(range(len(at)))
            key = data.draw(st.sampled_from(keys))
            if isinstance(at[key], dict | list) and at[key] and data.draw(st.booleans()):
                at = at[key]
            else:
                at[key] = deepcopy(data.draw(LEAVES))
                break
    reader = next(reader for reader in READERS if reader.NAME == name)
    try:
        outcome = read(reader, document)
    except ReadError:
        return
    for thread in outcome.threads:
        assert thread.comments
        assert isinstance(thread.id, str)
        for comment in thread.comments:
            texts = (comment.id, comment.parent_id or "", comment.author or "", comment.body, comment.url or "")
            assert all(isinstance(text, str) for text in texts)


def nested(depth: int, opening: str, closing: str) -> str:
    return "".join(opening.replace("#", str(number)) for number in range(1, depth + 1)) + closing * depth


NESTED = {
    "reddit": (
        '{"kind": "Listing", "data": {"children": [{"kind": "t1", "data": {"id": "#", "body": "x", "replies": ',
        "}}]}}",
    ),
    "hackernews": ('{"id": #, "type": "comment", "author": "a", "text": "x", "children": [', "]}"),
    "isso": ('{"id": #, "mode": 1, "text": "x", "replies": [', "]}"),
    "remark42": ('{"comment": {"id": "#", "pid": "", "text": "x"}, "replies": [', "]}"),
}


@pytest.mark.parametrize("depth", [10, 90])
@pytest.mark.parametrize("name", NESTED)
def test_deep_nesting(name: str, depth: int) -> None:
    opening, closing = NESTED[name]
    text = nested(depth, opening, closing).replace('"replies": }', '"replies": ""}')
    reader = next(reader for reader in READERS if reader.NAME == name)
    outcome = read(reader, text)
    # The topmost item of Hacker News, with nothing above it, is the post.
    assert len(outcome.comments) == depth - (name == "hackernews")
    if name in ("hackernews", "isso"):
        assert outcome.parents[str(depth)] == str(depth - 1)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "[" * 100_000 + "]" * 100_000])
def test_nesting_beyond_any_thread_is_a_read_error(text: str) -> None:
    with pytest.raises(ReadError, match="nested too deeply"):
        parse_json(text)


@pytest.mark.parametrize("name", [reader.NAME for reader in READERS])
def test_truncated_document_is_a_read_error(name: str) -> None:
    text = json.dumps(DOCUMENTS[name])
    reader = next(reader for reader in READERS if reader.NAME == name)
    for end in range(1, len(text), 7):
        with pytest.raises(ReadError):
            read(reader, text[:end])
