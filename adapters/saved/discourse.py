"""Discourse's JSON: a topic (`/t/ID.json`), several of them in an array, or the latest posts (`/posts.json`).

Post number 1 of a topic is the post, the others are its comments. The JSON does not say on which host it was, so there
are no addresses. A topic's page holds its first twenty posts; the rest of its stream is counted. Notices about a topic
("closed this topic") are left out.
"""

import re
from collections.abc import Iterable, Iterator

from adapters.dates import parse_date
from adapters.errors import ReadError
from adapters.saved.jsontext import Row, documents, looks_like_json, mapping, sequence, string
from adapters.saved.naming import stem
from adapters.saved.source import Source
from adapters.thread import Comment, Format, Post, Thread

NAME = "discourse"
TITLE = "Discourse JSON: a topic, or the latest posts"

_SIGN = re.compile(r'"(?:post_stream"\s*:\s*\{|latest_posts"\s*:\s*\[|cooked"\s*:\s*")')
NOTICE = 3  # post_type of "small actions"


def recognises(head: str) -> bool:
    """Tell whether the text is JSON with a stream of posts or cooked bodies in it."""
    return looks_like_json(head) and bool(_SIGN.search(head))


def read(source: Source) -> Iterator[Thread]:
    """Yield a thread for each topic; raises ReadError when none has a second post."""
    found = False
    for _, document in documents(source):
        for topic, posts in _topics(document):
            missing = len(sequence(mapping(topic.get("post_stream")).get("stream"))) - len(posts)
            id = string(topic.get("id")) or string(posts[0].get("topic_id")) or stem(source.name)
            if missing > 0:
                source.note(f"{missing} posts of the topic are not in the file", place=f"thread {id}")
            thread = _thread(id, topic, posts)
            if thread.comments:
                found = True
                yield thread
    if not found:
        raise ReadError("no comment in this Discourse JSON", mend="save /t/ID.json of a topic that has replies")


def _topics(document: object) -> Iterator[tuple[Row, list[Row]]]:
    """Yield each topic's own fields and its posts by number."""
    loose: dict[str, list[Row]] = {}
    for item in document if isinstance(document, list) else [document]:
        row = mapping(item)
        if "post_stream" in row:
            posts = _ordered(sequence(mapping(row["post_stream"]).get("posts")))
            if posts:
                yield row, posts
        else:
            for post in sequence(row.get("latest_posts")) or [row]:
                if isinstance(post, dict) and ("cooked" in post or "raw" in post):
                    loose.setdefault(string(post.get("topic_id")) or "", []).append(post)
    for posts in loose.values():
        yield {"id": posts[0].get("topic_id")}, _ordered(posts)


def _ordered(posts: Iterable[object]) -> list[Row]:
    return sorted((post for post in posts if isinstance(post, dict)), key=number_of)


def number_of(post: Row) -> int:
    """Return a post's number in its topic, 0 where it has none."""
    number = post.get("post_number")
    return number if isinstance(number, int) else 0


def _thread(id: str, topic: Row, posts: list[Row]) -> Thread:
    first = posts[0] if number_of(posts[0]) == 1 else {}
    title = string(topic.get("title")) or string(posts[0].get("topic_title"))
    body, format = body_of(first)
    by_number = {number_of(post): string(post.get("id")) for post in posts if post is not first}
    return Thread(
        site=None,
        id=id,
        title=title,
        url=None,
        post=Post(
            id=string(first.get("id")) or id,
            title=title,
            author=string(first.get("username")),
            body=body,
            format=format,
            posted_at=parse_date(string(first.get("created_at")) or string(topic.get("created_at"))),
        ),
        comments=tuple(
            comment_of(post, place=place, parent_id=by_number.get(answered(post)))
            for place, post in enumerate(posts, 1)
            if post is not first and post.get("post_type") != NOTICE
        ),
    )


def comment_of(post: Row, *, place: int = 0, parent_id: str | None, url: str | None = None) -> Comment:
    """Return a comment, named by its `place` where it has neither id nor number."""
    body, format = body_of(post)
    version = post.get("version")
    gone = bool(post.get("deleted_at") or post.get("user_deleted"))
    return Comment(
        id=string(post.get("id")) or str(number_of(post) or place),
        parent_id=parent_id,
        author=string(post.get("username")),
        body="" if gone else body,
        format=format,
        url=url,
        posted_at=parse_date(string(post.get("created_at"))),
        edited_at=parse_date(string(post.get("updated_at"))) if isinstance(version, int) and version > 1 else None,
        status="deleted" if gone else "hidden" if post.get("hidden") is True else None,
    )


def answered(post: Row) -> int:
    """Return the number of the post that one answers, 0 where it answers the topic."""
    number = post.get("reply_to_post_number")
    return number if isinstance(number, int) else 0


def body_of(post: Row) -> tuple[str, Format]:
    """Return what a post says, as HTML where there is any."""
    cooked = string(post.get("cooked"))
    return (cooked, "html") if cooked else (string(post.get("raw")) or "", "markdown")
