"""The audit log: who did what, and when. It holds no words of comments."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from bot.store.tables import audit, findings, sites


def note_audit(
    connection: Connection,
    what: str,
    *,
    who: str | None,
    now: datetime,
    site: int | None = None,
    finding: int | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write down that somebody did something; `who` is None for the program itself."""
    values = {"what": what, "who": who, "at": now, "site_id": site, "finding_id": finding, "detail": detail}
    connection.execute(insert(audit).values(**values))


def audited(
    connection: Connection, *, limit: int, before: int | None = None, site: int | None = None
) -> Sequence[Row[Any]]:
    """Return what was written down, newest first, with the site's name and the finding's key.

    `before` is the `id` of the last one of the page before.
    """
    query = (
        select(audit, sites.c.name.label("site"), findings.c.key)
        .select_from(audit)
        .outerjoin(sites, sites.c.id == audit.c.site_id)
        .outerjoin(findings, findings.c.id == audit.c.finding_id)
        .order_by(audit.c.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(audit.c.id < before)
    if site is not None:
        query = query.where(audit.c.site_id == site)
    return connection.execute(query).all()
