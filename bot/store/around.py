"""What stands around a finding: its neighbours in the thread, and what else of the thread was found."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, select

from bot.store.tables import comments, findings, posts

_BEFORE, _AFTER = 4, 2
# A thread's findings are few; one that has more is looked through no further.
_MOST = 2_000


def post_row(connection: Connection, post: int) -> Row[Any]:
    """Return the post of a thread."""
    return connection.execute(select(posts).where(posts.c.id == post)).one()


def neighbours(connection: Connection, comment: int) -> Sequence[Row[Any]]:
    """Return a comment with the one that it answers and those before and after it, in time order."""
    here = connection.execute(select(comments).where(comments.c.id == comment)).one()
    others = select(comments).where(comments.c.post_id == here.post_id, comments.c.deleted_at.is_(None))
    at = comments.c.placed_at
    before = connection.execute(
        others.where(at <= here.placed_at, comments.c.id != comment).order_by(at.desc()).limit(_BEFORE)
    ).all()
    known = [row.id for row in before]
    after = connection.execute(
        others.where(at >= here.placed_at, comments.c.id.not_in([comment, *known])).order_by(at).limit(_AFTER)
    ).all()
    found = [*reversed(before), here, *after]
    parent = here.parent_id
    if parent is not None and parent not in {row.platform_id for row in found}:
        found = [*connection.execute(others.where(comments.c.platform_id == parent).limit(1)), *found]
    return found


def thread_findings(connection: Connection, post: int) -> Sequence[Row[Any]]:
    """Return the findings of a thread, each with its comment's id and author, oldest first."""
    joined = (
        select(findings, comments.c.platform_id.label("comment"), comments.c.author)
        .join_from(findings, comments, comments.c.id == findings.c.comment_id)
        .where(comments.c.post_id == post)
        .order_by(findings.c.id)
        .limit(_MOST)
    )
    return connection.execute(joined).all()
