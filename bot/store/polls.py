"""The log of polls, and how each site fares."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Table, delete, func, insert, select, true, update

from bot.store.tables import comments, findings, not_evaluated, outbox, polls, sites

_KEPT = timedelta(days=90)


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """Hold how a poll went; `error` is None where it went well."""

    started_at: datetime
    ended_at: datetime
    comments: int = 0
    findings: int = 0
    error: str | None = None

    @property
    def is_news(self) -> bool:
        """Tell a poll that brought something, or failed, from one of the many that did not."""
        return bool(self.comments or self.findings or self.error)


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteState:
    """Hold how a site fares.

    `error` is the last poll's, `failures` counts those of the last day, `comments` all that were ever seen.
    """

    name: str
    added_at: datetime
    last_poll: datetime | None
    last_success: datetime | None
    error: str | None
    failures: int
    comments: int
    findings: int
    waiting: int
    not_evaluated: int


def note_poll(connection: Connection, site: int, polled: Polled) -> None:
    """Write a poll down; one that is no news takes the place of the one before it, if that was none either."""
    last = connection.execute(
        select(polls).where(polls.c.site_id == site).order_by(polls.c.started_at.desc(), polls.c.id.desc()).limit(1)
    ).first()
    values = {
        "started_at": polled.started_at,
        "ended_at": polled.ended_at,
        "comments": polled.comments,
        "findings": polled.findings,
        "error": polled.error,
    }
    if last is not None and not polled.is_news and not (last.comments or last.findings or last.error):
        connection.execute(update(polls).where(polls.c.id == last.id).values(values))
    else:
        connection.execute(insert(polls).values(site_id=site, **values))
        connection.execute(delete(polls).where(polls.c.site_id == site, polls.c.started_at < polled.started_at - _KEPT))


def site_states(connection: Connection, *, now: datetime) -> Iterator[SiteState]:
    """Yield how each site fares, by name."""
    seen = _counts(connection, comments, true())
    open = _counts(connection, findings, findings.c.state == "open")
    waiting = _counts(connection, outbox, outbox.c.sent_at.is_(None))
    aside = _counts(connection, not_evaluated, true())
    for site in connection.execute(select(sites).order_by(sites.c.name)).all():
        of_site = polls.c.site_id == site.id
        newest = select(polls).where(of_site).order_by(polls.c.started_at.desc(), polls.c.id.desc()).limit(1)
        last = connection.execute(newest).first()
        success = connection.execute(newest.where(polls.c.error.is_(None))).first()
        day_ago = polls.c.started_at > now - timedelta(days=1)
        failures = select(func.count()).select_from(polls).where(of_site, day_ago, polls.c.error.is_not(None))
        yield SiteState(
            name=site.name,
            added_at=site.added_at,
            last_poll=last.ended_at if last else None,
            last_success=success.ended_at if success else None,
            error=last.error if last else None,
            failures=connection.execute(failures).scalar_one(),
            comments=seen.get(site.id, 0),
            findings=open.get(site.id, 0),
            waiting=waiting.get(site.id, 0),
            not_evaluated=aside.get(site.id, 0),
        )


def _counts(connection: Connection, table: Table, which: ColumnElement[bool]) -> Mapping[int, int]:
    counted = select(table.c.site_id, func.count()).where(which).group_by(table.c.site_id)
    return {row[0]: row[1] for row in connection.execute(counted)}
