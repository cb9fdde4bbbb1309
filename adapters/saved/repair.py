"""Repairs that threads of every format need before anything else reads them."""

import re
from collections.abc import Callable
from dataclasses import replace

from adapters.thread import Comment, Post, Thread

# One character for one character, so that offsets stay true: databases and terminals take neither.
_UNWRITABLE = re.compile("[\x00\ud800-\udfff]")


def repair(thread: Thread, note: Callable[[str], None]) -> Thread:
    """Return the thread with ids unique, parents that exist and lead to the post, and comments in time order.

    A double id gets `~2` appended, a parent that does not exist or closes a cycle becomes None, NUL and lone
    surrogates become U+FFFD; `note` hears of each kind once. The given order stays if any comment has no time.
    """
    comments = [_writable_comment(comment) for comment in thread.comments]
    comments = _unique(comments, note)
    comments = _rooted(comments, note)
    times = [comment.posted_at for comment in comments]
    if None not in times:
        comments.sort(key=lambda comment: comment.posted_at or 0)
    return replace(thread, post=_writable_post(thread.post), title=_writable(thread.title), comments=tuple(comments))


def _writable(text: str | None) -> str | None:
    return _UNWRITABLE.sub("\ufffd", text) if text and _UNWRITABLE.search(text) else text


def _writable_comment(comment: Comment) -> Comment:
    return replace(
        comment,
        id=_writable(comment.id) or "",
        parent_id=_writable(comment.parent_id),
        author=_writable(comment.author),
        body=_writable(comment.body) or "",
        url=_writable(comment.url),
    )


def _writable_post(post: Post) -> Post:
    return replace(
        post,
        id=_writable(post.id) or "",
        title=_writable(post.title),
        author=_writable(post.author),
        body=_writable(post.body) or "",
        url=_writable(post.url),
    )


def _unique(comments: list[Comment], note: Callable[[str], None]) -> list[Comment]:
    seen: dict[str, int] = {}
    unique, doubles = [], []
    for comment in comments:
        count = seen[comment.id] = seen.get(comment.id, 0) + 1
        if count > 1:
            doubles.append(comment.id)
            fresh = f"{comment.id}~{count}"
            while fresh in seen:
                fresh += "~"
            seen[fresh] = 1
            comment = replace(comment, id=fresh)
        unique.append(comment)
    if doubles:
        note(f"comment id {_some(doubles)} used more than once: the later ones are told apart by ~2, ~3 ...")
    return unique


def _rooted(comments: list[Comment], note: Callable[[str], None]) -> list[Comment]:
    parents = {comment.id: comment.parent_id for comment in comments}
    lost = [id for id, parent in parents.items() if parent is not None and parent not in parents]
    for id in lost:
        parents[id] = None
    if lost:
        note(f"comment {_some(lost)} answers a comment that is not in the thread: read as answering the post")
    cycles = []
    settled: set[str] = set()
    for start in parents:
        path: dict[str, None] = {}
        at: str | None = start
        while at is not None and at not in settled and at not in path:
            path[at] = None
            at = parents[at]
        if at is not None and at in path:
            cycles.append(at)
            parents[at] = None
        settled.update(path)
    if cycles:
        note(f"comment {_some(cycles)} answers itself in a circle: read as answering the post")
    return [
        comment if comment.parent_id == parents[comment.id] else replace(comment, parent_id=parents[comment.id])
        for comment in comments
    ]


def _some(ids: list[str]) -> str:
    shown = ", ".join(repr(id) for id in ids[:3])
    return f"{shown} and {len(ids) - 3} more" if len(ids) > 3 else shown
