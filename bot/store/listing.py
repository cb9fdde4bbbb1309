"""Findings as a moderator asks for them."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from bot.records import Record
from bot.store.errors import StoreError
from bot.store.findings import DECIDED
from bot.store.tables import comments, findings, not_evaluated, posts, sites


def listed(connection: Connection, *, only_open: bool) -> Iterator[Record]:
    """Yield findings in the order in which they were found, as `check` prints them and with what became of them."""
    query = _records().order_by(findings.c.id)
    if only_open:
        query = query.where(findings.c.state == "open")
    for row in connection.execute(query.execution_options(yield_per=500)):
        yield _record(row)


def by_key(connection: Connection, key: str) -> Record:
    """Return the finding of that key; raises StoreError."""
    return _record(_row(connection, key))


def number_of(connection: Connection, key: str) -> int:
    """Return the number of the finding of that key; raises StoreError."""
    number: int = _row(connection, key).number
    return number


def unjudged_comments(connection: Connection) -> Sequence[Row[str, str, str, str]]:
    """Return what was not evaluated: site, comment, rule ('*' for all of them) and reason, oldest first."""
    table = not_evaluated
    query = select(sites.c.name.label("site"), table.c.platform_id.label("comment"), table.c.rule, table.c.reason)
    return connection.execute(query.join(sites).order_by(table.c.noted_at, table.c.platform_id, table.c.rule)).all()


def _row(connection: Connection, key: str) -> Row[Any]:
    # By way of the sites: the index begins with them.
    row = connection.execute(
        _records().where(findings.c.key == key, findings.c.site_id.in_(select(sites.c.id)))
    ).first()
    if row is None:
        raise StoreError(f"no finding {key!r}; `quotewarden findings list` shows those that are open")
    return row


def _records() -> Select[Any]:
    return (
        select(
            findings.c.id.label("number"),
            *(column for column in findings.c if column.name not in ("id", "site_id", "comment_id")),
            sites.c.name.label("site"),
            posts.c.platform_id.label("thread_id"),
            posts.c.title,
            posts.c.url.label("thread_url"),
            comments.c.platform_id.label("comment"),
            comments.c.author,
            comments.c.url,
            comments.c.posted_at,
        )
        .join_from(findings, comments, comments.c.id == findings.c.comment_id)
        .join(posts, posts.c.id == comments.c.post_id)
        .join(sites, sites.c.id == findings.c.site_id)
    )


def _record(row: Row[Any]) -> Record:
    return {
        "rule": row.rule,
        "severity": row.severity,
        "confidence": row.confidence,
        "site": row.site,
        "thread": {"id": row.thread_id, "title": row.title, "url": row.thread_url},
        "comment": {"id": row.comment, "author": row.author, "url": row.url, "posted_at": _time(row.posted_at)},
        "start": row.start,
        "end": row.end,
        "excerpt": row.excerpt,
        "message": row.message,
        "source": row.source,
        "suggestion": row.suggestion,
        "key": row.key,
        "ruleset": row.ruleset,
        "quiet": row.quiet,
        "found_at": _time(row.found_at),
        "resolved_at": _time(row.resolved_at),
        "resolved_reason": row.resolved_reason,
        "state": row.state,
        "decision": row.state if row.state in DECIDED else None,
    }


def _time(value: datetime | None) -> str | None:
    return value.isoformat() if value else None
