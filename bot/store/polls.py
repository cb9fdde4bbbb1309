"""The log of polls, and how each site fares."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, ScalarSelect, Table, delete, func, insert, select, true, update

from bot.store.mails import mail_troubles
from bot.store.tables import comments, findings, not_evaluated, outbox, polls, sites

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
    day_ago = polls.c.started_at > now - timedelta(days=1)
    failed = _counts(connection, polls, day_ago & polls.c.error.is_not(None))
    last, success = polls.alias("last"), polls.alias("success")
    query = (
        select(
            sites,
            last.c.ended_at.label("last_poll"),
            last.c.error,
            success.c.ended_at.label("last_success"),
        )
        .select_from(sites)
        .outerjoin(last, last.c.id == _newest(true()))
        .outerjoin(success, success.c.id == _newest(polls.c.error.is_(None)))
    )
    for site in connection.execute(query.order_by(sites.c.name)).all():
        yield SiteState(
            name=site.name,
            added_at=site.added_at,
            last_poll=site.last_poll,
            last_success=site.last_success,
            error=site.error,
            failures=failed.get(site.id, 0),
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
