"""The log of polls, and how each site fares."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, ScalarSelect, Table, delete, func, insert, select, true, update

from bot.store.mails import mail_troubles
from bot.store.tables import comments, findings, not_evaluated, outbox, polls, sites
from bot.store.threads import chunks

_KEPT = timedelta(days=90)
# Mails that nobody got are told of for so long.
_TROUBLED = timedelta(days=7)


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

    `error` is the last poll's, `failures` counts those of the last day, `comments` all that were ever seen;
    `mail_errors` say why mails to moderators wait, were refused, came back or were given up, each in a line.
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
    mail_errors: Sequence[str] = ()


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
    of_day = (polls.c.site_id == sites.c.id, polls.c.started_at > now - timedelta(days=1))
    failures = select(func.count()).select_from(polls).where(*of_day, polls.c.error.is_not(None))
    query = select(
        sites,
        _newest(true()).label("last"),
        _newest(polls.c.error.is_(None)).label("success"),
        failures.correlate(sites).scalar_subquery().label("failures"),
    )
    rows = connection.execute(query.order_by(sites.c.name)).all()
    told: dict[int | None, Any] = {}
    # By their numbers: to join them lets a server read all polls for it.
    for chunk in chunks(sorted({number for row in rows for number in (row.last, row.success) if number is not None})):
        of_these = select(polls.c.id, polls.c.ended_at, polls.c.error).where(polls.c.id.in_(chunk))
        told.update((poll.id, poll) for poll in connection.execute(of_these))
    for site in rows:
        last, success = told.get(site.last), told.get(site.success)
        yield SiteState(
            name=site.name,
            added_at=site.added_at,
            last_poll=last.ended_at if last else None,
            last_success=success.ended_at if success else None,
            error=last.error if last else None,
            failures=site.failures,
            comments=seen.get(site.id, 0),
            findings=open.get(site.id, 0),
            waiting=waiting.get(site.id, 0),
            not_evaluated=aside.get(site.id, 0),
            mail_errors=[
                f"mail to {row.moderator}: {row.state}: {row.error}"
                for row in mail_troubles(connection, site.id, since=now - _TROUBLED)
            ],
        )


def _newest(which: ColumnElement[bool]) -> ScalarSelect[int]:
    """Return the number of a site's newest poll."""
    of_site = select(polls.c.id).where(polls.c.site_id == sites.c.id, which)
    return of_site.order_by(polls.c.started_at.desc(), polls.c.id.desc()).limit(1).correlate(sites).scalar_subquery()


def _counts(connection: Connection, table: Table, which: ColumnElement[bool]) -> Mapping[int, int]:
    counted = select(table.c.site_id, func.count()).where(which).group_by(table.c.site_id)
    return {row[0]: row[1] for row in connection.execute(counted)}
