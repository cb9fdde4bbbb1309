"""Replies that real sites once gave: every comment in them is parsed, counted here by other means than the adapters'.

They lie in `../shared/fixtures`, with their licences, and are not part of the project.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml  # what responses needs as well

from adapters.base import Ask
from adapters.platforms import discourse, ghost, mastodon, reddit, wordpress
from adapters.reply import Reply
from adapters.thread import Comment
from tests.clocks import StillClock

Facts = dict[str, tuple[object, ...]]
Answer = Callable[[str, Mapping[str, Any]], Any]


class Recorded:
    """Answer whatever is asked with what `answer` makes of it, in place of a session."""

    def __init__(self, answer: Answer) -> None:
        self.headers: dict[str, str] = {}
        self.clock, self.skew = StillClock(), 0.0
        self._answer = answer

    def allow(self, *urls: str) -> None: ...

    def get(self, url: str, params: Mapping[str, Any] | None = None, **given: object) -> Reply:
        return Reply(url, 200, {}, json.dumps(self._answer(url, params or {})).encode())

    def query(self, url: str, **given: object) -> Reply:
        return Reply(url, 200, {}, b'{"access_token": "token", "expires_in": 3600}')


def bodies(folder: Path) -> Iterator[tuple[str, Any]]:
    """Yield the JSON of every reply of the cassettes in a folder, with the cassette's name."""
    for path in sorted([*folder.glob("*.json"), *folder.glob("*.yaml")]):
        text = path.read_text("utf-8")
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        cassette = yaml.load(text, loader) if path.suffix == ".yaml" else json.loads(text)  # noqa: S506  # a safe one
        for interaction in cassette["interactions"]:
            body = interaction["response"]["body"].get("string") or ""
            if body.lstrip().startswith(("{", "[")):
                yield path.name, json.loads(body)


def objects(value: object) -> Iterator[dict[str, Any]]:
    """Yield every object in a document, at any depth."""
    if isinstance(value, dict):
        yield value
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from objects(one)


def told(comment: Comment) -> tuple[object, ...]:
    """Return what is compared of a comment."""
    return (comment.parent_id, comment.author, comment.posted_at, comment.edited_at, comment.status, comment.body)


# Reddit


def reddit_truth(document: object) -> Facts:
    found: Facts = {}
    for thing in objects(document):
        if thing.get("kind") != "t1":
            continue
        data = thing["data"]
        body, parent = data["body"], data["parent_id"]
        state = {"[deleted]": "deleted", "[removed]": "removed"}.get(body)
        if state is None and data.get("spam"):
            state = "spam"
        if state is None and (data.get("removed") or (data.get("banned_by") and not data.get("approved"))):
            state = "held"
        edited = data.get("edited")
        found[data["id"]] = (
            parent[3:] if parent[:3] == "t1_" else None,
            None if data["author"] == "[deleted]" else data["author"],
            datetime.fromtimestamp(data["created_utc"], UTC),
            datetime.fromtimestamp(edited, UTC) if edited and edited is not True else None,
            state,
            "" if state in ("deleted", "removed") else body,
        )
    return found


def subreddit(answer: Answer) -> reddit.Reddit:
    options = reddit.Options(url="https://www.reddit.com/r/clay", client_id="app")
    return reddit.open(options, Recorded(answer), environment={})


def test_every_comment_that_reddit_gave_is_parsed(shared: Path) -> None:
    post = {"kind": "t3", "data": {"id": "p", "title": "", "selftext": ""}}
    stub = {"kind": "more", "data": {"children": ["x"], "count": 1, "parent_id": "t3_p"}}
    total = listings = pages = 0
    for name, body in bodies(shared / "fixtures" / "praw"):
        truth = reddit_truth(body)
        if not truth:
            continue
        if isinstance(body, dict) and body.get("kind") == "Listing":
            listings += 1
            batch = subreddit(lambda url, params, body=body: body).recent(Ask())
            found = {one.comment.id: told(one.comment) for one in batch.comments}
            assert set(batch.deleted) == {id for id, facts in truth.items() if facts[4] in ("deleted", "removed")}
            assert all(one.post_id for one in batch.comments)
        else:
            pages += 1
            # A thread's page, or what it left out: the one is what is asked first, the other what is asked then.
            is_page = isinstance(body, list)
            first = body if is_page else [{"data": {"children": [post]}}, {"data": {"children": [stub]}}]
            rest = [] if is_page else body
            thread = subreddit(
                lambda url, params, first=first, rest=rest: first if "/comments/p" in url and "_" not in url else rest
            ).thread("p")
            found = {one.id: told(one) for one in thread.comments}
        assert found == truth, name
        total += len(truth)
    assert (listings, pages, total) == (31, 132, 5099)


def test_every_thread_that_reddit_gave_is_completed(shared: Path) -> None:
    """What a thread's page leaves out is asked for until nothing is left that the recording has."""
    done = 0
    for path in sorted((shared / "fixtures" / "praw").glob("TestCommentForest.test_replace__all*.json")):
        recorded = [body for name, body in bodies(path.parent) if name == path.name]
        wanted = {thing["data"]["id"] for thing in objects(recorded) if thing.get("kind") == "t1"}
        page, *others = [body for body in recorded if isinstance(body, list)]
        below = {body[1]["data"]["children"][0]["data"]["id"]: body for body in others}
        more = [body["json"]["data"]["things"] for body in recorded if isinstance(body, dict) and "json" in body]

        def answer(
            url: str, params: Mapping[str, Any], page: Any = page, below: Any = below, more: Any = more
        ) -> Any:  # fmt: skip
            if not url.endswith("morechildren"):
                return below.get(url.rpartition("/_/")[2], []) if "/_/" in url else page
            asked = set(params["children"].split(","))
            # Each reply holds what was asked for, and what stands below.
            things = [one for some in more if asked & {one["data"]["id"] for one in some} for one in some]
            return {"json": {"data": {"things": things}}}

        thread = subreddit(answer).thread("3hahrw")
        assert {one.id for one in thread.comments} == wanted, path.name
        done += 1
    assert done == 3


# Mastodon


def mastodon_truth(statuses: list[dict[str, Any]]) -> Facts:
    def time(text: str | None) -> datetime | None:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC) if text else None

    return {
        row["id"]: (
            row["in_reply_to_id"],
            row["account"]["acct"],
            time(row["created_at"]),
            time(row["edited_at"]),
            None,
            (f"<p>{row['spoiler_text']}</p>" if row["spoiler_text"] else "") + row["content"],
        )
        for row in statuses
        if row["visibility"] != "direct"
    }


def account(answer: Answer) -> mastodon.Mastodon:
    options = mastodon.Options(url="https://social.example/@kilns")
    return mastodon.open(options, Recorded(answer), environment={})


def test_every_post_that_mastodon_gave_is_parsed(shared: Path) -> None:
    lists = posts = edited = 0
    for name, body in bodies(shared / "fixtures" / "mastodon_py"):
        rows = body if isinstance(body, list) else [body]
        if not rows or not all({"in_reply_to_id", "content"} <= set(row) for row in rows):
            continue
        truth = mastodon_truth(rows)
        context = {"ancestors": [], "descendants": rows}
        thread = account(
            lambda url, params, context=context, rows=rows: context if url.endswith("context") else rows[0]
        ).thread("none")
        found = {one.id: told(one) for one in thread.comments}
        assert found == truth, name
        lists, posts = lists + isinstance(body, list), posts + len(truth)
        edited += sum(facts[3] is not None for facts in truth.values())
    assert (lists, posts, edited) == (17, 259, 4)


# Discourse


def test_every_post_that_discourse_gave_is_parsed(shared: Path) -> None:
    body = json.loads((shared / "fixtures" / "discourse" / "posts_latest.json").read_text("utf-8"))
    rows = body["latest_posts"]
    numbers = {(row["topic_id"], row["post_number"]): str(row["id"]) for row in rows}
    truth: Facts = {
        str(row["id"]): (
            numbers.get((row["topic_id"], row["reply_to_post_number"])),
            row["username"],
            datetime.strptime(row["created_at"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC),
            datetime.strptime(row["updated_at"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
            if row["version"] > 1
            else None,
            "hidden" if row["hidden"] else None,
            row["cooked"],
        )
        for row in rows
        if row["post_number"] > 1
    }
    forum = discourse.open(
        discourse.Options(url="https://forum.example"), Recorded(lambda url, params: body), environment={}
    )
    batch = forum.recent(Ask())
    assert {one.comment.id: told(one.comment) for one in batch.comments} == truth
    assert {post.id: post.body for post in batch.posts} == {
        str(row["topic_id"]): row["cooked"] for row in rows if row["post_number"] == 1
    }
    assert (len(truth), len(batch.posts)) == (1, 3)


# WordPress


def test_every_comment_that_wordpress_gave_is_parsed(shared: Path) -> None:
    total, root = 0, {"namespaces": ["wp/v2"], "timezone_string": "UTC"}
    for path in sorted((shared / "fixtures" / "wp_rest_live").glob("*.json")):
        rows = json.loads(path.read_text("utf-8"))
        if not isinstance(rows, list) or not rows or "author_name" not in rows[0]:
            continue
        truth: Facts = {
            str(row["id"]): (
                str(row["parent"]) if row["parent"] else None,
                row["author_name"] or None,
                datetime.strptime(row["date_gmt"], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC),
                None,
                row["status"],
                row["content"]["rendered"],
            )
            for row in rows
        }
        blog = wordpress.open(
            wordpress.Options(url="https://blog.example"),
            Recorded(lambda url, params, rows=rows: rows if url.endswith("comments") else root),
            environment={},
        )
        batch = blog.recent(Ask())
        assert {one.comment.id: told(one.comment) for one in batch.comments} == truth, path.name
        assert {one.post_id for one in batch.comments} == {str(row["post"]) for row in rows}
        total += len(truth)
    assert total == 39


# Ghost


def test_every_comment_that_ghost_gave_is_parsed(shared: Path) -> None:
    total = 0
    for path in sorted((shared / "fixtures" / "ghost_live").glob("*.json")):
        body = json.loads(path.read_text("utf-8"))
        truth: Facts = {
            row["id"]: (
                None,
                row["member"]["name"],
                datetime.strptime(row["created_at"], "%Y-%m-%dT%H:%M:%S.000Z").replace(tzinfo=UTC),
                None,
                "published",
                row["html"],
            )
            for row in body["comments"]
        }
        post = {"id": "6b028ee1a1c2a81bd602624d", "url": "https://blog.example/coming-soon/"}
        blog = ghost.open(
            ghost.Options(url="https://blog.example", key={"env": "KEY"}),
            Recorded(lambda url, params, body=body, post=post: body if "/comments/" in url else {"posts": [post]}),
            environment={"KEY": "5f:00ff"},
        )
        batch = blog.recent(Ask())
        assert {one.comment.id: told(one.comment) for one in batch.comments} == truth, path.name
        assert (batch.deleted, batch.next) == ([], None)
        assert {(one.post_id, one.comment.url) for one in batch.comments} == {
            (post["id"], f"{post['url']}#ghost-comments")
        }
        total += len(truth)
    assert total == 16
