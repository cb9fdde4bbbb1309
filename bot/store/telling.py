"""What a moderator has still to be told of a site: new findings, those that resolved themselves, what went wrong."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, case, exists, func, insert, or_, select, update

from adapters.thread import Format
from bot.store.tables import comments, deliveries, findings, mails, not_evaluated, outbox, polls, posts, sites
from bot.store.threads import chunks

SEVERITIES = ("info", "warning", "serious")
_BRIEF = (findings.c.id, findings.c.rule, findings.c.severity, findings.c.confidence)
_GRAVEST = (
    case({name: place for place, name in enumerate(SEVERITIES)}, value=findings.c.severity).desc(),
    findings.c.confidence.desc(),
    findings.c.id.desc(),
)
# What these mails held was not read by anybody.
_UNREAD = ("refused", "bounced", "given up", "withdrawn")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Say which findings a moderator wants to hear of: from a severity on, of some rules or, with none, of all."""

    moderator: str
    severity: str = "info"
    rules: tuple[str, ...] = ()

    @property
    def condition(self) -> ColumnElement[bool]:
        """The condition on findings."""
        condition = findings.c.severity.in_(SEVERITIES[SEVERITIES.index(self.severity) :])
        return condition & findings.c.rule.in_(self.rules) if self.rules else condition


def untold(connection: Connection, site: int, wanted: Wanted, *, again: bool = True) -> Sequence[Row[Any]]:
    """Return id, rule, severity and confidence of what a moderator is to be told, the gravest and most certain first.

    What stood in a mail that was refused comes again, unless `again` is False.
    """
    query: Select[Any] = (
        select(*_BRIEF)
        .join_from(outbox, findings, findings.c.id == outbox.c.finding_id)
        .where(outbox.c.site_id == site, outbox.c.sent_at.is_(None), findings.c.state == "open", wanted.condition)
        .where(~_told(wanted.moderator, again=again))
    )
    return connection.execute(query.order_by(*_GRAVEST)).all()


def note_told(connection: Connection, mail: int, moderator: str, numbers: Iterable[int]) -> None:
    """Write down that a mail tells a moderator of findings, by their numbers."""
    rows = [{"mail_id": mail, "finding_id": number, "moderator": moderator} for number in numbers]
    for chunk in chunks(rows):
        connection.execute(insert(deliveries), chunk)


def settle_told(connection: Connection, site: int, wanting: Sequence[Wanted], *, now: datetime) -> None:
    """Take out of the outbox what everybody has been told who wants to be; nothing, while nobody wants anything."""
    if not wanting:
        return
    is_told = [or_(~wanted.condition, _told(wanted.moderator, again=True)) for wanted in wanting]
    done = select(findings.c.id).where(findings.c.id == outbox.c.finding_id, and_(*is_told))
    connection.execute(
        update(outbox).where(outbox.c.site_id == site, outbox.c.sent_at.is_(None), exists(done)).values(sent_at=now)
    )


def tell_again(connection: Connection, mail: int) -> None:
    """Put what a mail told of, and nobody has read, back into the outbox."""
    numbers = select(deliveries.c.finding_id).where(deliveries.c.mail_id == mail)
    connection.execute(update(outbox).where(outbox.c.finding_id.in_(numbers)).values(sent_at=None))


def told_findings(connection: Connection, mail: int) -> Sequence[Row[Any]]:
    """Return what a mail tells of and is still open, as `untold` does."""
    query: Select[Any] = (
        select(*_BRIEF)
        .join_from(deliveries, findings, findings.c.id == deliveries.c.finding_id)
        .where(deliveries.c.mail_id == mail, findings.c.state == "open")
    )
    return connection.execute(query.order_by(*_GRAVEST)).all()


def sites_with_news(connection: Connection, wanted: Wanted) -> set[str]:
    """Return the sites of which a moderator has not been told all that he wants to be."""
    query = (
        select(sites.c.name)
        .distinct()
        .join_from(outbox, findings, findings.c.id == outbox.c.finding_id)
        .join(sites, sites.c.id == outbox.c.site_id)
        .where(outbox.c.sent_at.is_(None), findings.c.state == "open", wanted.condition)
        .where(~_told(wanted.moderator, again=False))
    )
    return set(connection.execute(query).scalars())


def with_places(connection: Connection, numbers: Collection[int]) -> list[Row[Any]]:
    """Return findings with their comments and threads, in the order of the numbers."""
    query = select(
        findings,
        comments.c.platform_id.label("comment"),
        comments.c.hash.label("revision"),
        comments.c.author,
        comments.c.body,
        comments.c.format,
        comments.c.url,
        comments.c.posted_at,
        comments.c.post_id,
        posts.c.platform_id.label("thread"),
        posts.c.title,
        posts.c.url.label("thread_url"),
    ).join_from(findings, comments, comments.c.id == findings.c.comment_id)
    query = query.join(posts, posts.c.id == comments.c.post_id)
    rows: dict[int, Row[Any]] = {}
    for chunk in chunks(numbers):
        rows |= {row.id: row for row in connection.execute(query.where(findings.c.id.in_(chunk)))}
    return [rows[number] for number in numbers if number in rows]


def source_body(connection: Connection, row: Row[Any]) -> tuple[str, Format] | None:
    """Return body and format of the post or comment that a finding of `with_places` names as its source, if stored."""
    kind, id = row.source["kind"], row.source["id"]
    if kind == "post":
        query = select(posts.c.body, posts.c.format).where(posts.c.id == row.post_id)
        found = connection.execute(query).first()
        return (found.body, found.format) if found else None
    if kind not in ("comment", "archive") or id is None:
        return None
    for table in (comments,) if kind == "comment" else (comments, posts):
        of_it = select(table.c.body, table.c.format, table.c.author).where(
            table.c.site_id == row.site_id, table.c.platform_id == id
        )
        held = connection.execute(of_it).first()
        if held is not None and held.body and (kind == "comment" or held.author == row.source["author"]):
            return held.body, held.format
    return None


def resolved_since(connection: Connection, site: int, moderator: str, *, since: datetime) -> Sequence[Row[Any]]:
    """Return what a moderator was told of and what has resolved itself since: comment, author, rule, title, why."""
    query: Select[Any] = (
        select(
            findings.c.rule,
            findings.c.resolved_reason,
            comments.c.platform_id.label("comment"),
            comments.c.author,
            comments.c.url,
            posts.c.title,
            posts.c.platform_id.label("thread"),
        )
        .join_from(findings, comments, comments.c.id == findings.c.comment_id)
        .join(posts, posts.c.id == comments.c.post_id)
        .where(findings.c.site_id == site, findings.c.state == "resolved", findings.c.resolved_at > since)
        .where(_told(moderator, again=True))
        .order_by(findings.c.resolved_at.desc(), findings.c.id.desc())
    )
    return connection.execute(query).all()


def unjudged_since(connection: Connection, site: int, *, since: datetime) -> Mapping[tuple[str, str], int]:
    """Count what was not evaluated and noted since then, by rule ('*' for all of them) and reason."""
    table = not_evaluated
    query = (
        select(table.c.rule, table.c.reason, func.count())
        .where(table.c.site_id == site, table.c.noted_at > since)
        .group_by(table.c.rule, table.c.reason)
        .order_by(func.count().desc(), table.c.rule, table.c.reason)
    )
    return {(rule, reason): count for rule, reason, count in connection.execute(query)}


def poll_trouble(connection: Connection, site: int) -> tuple[str, datetime] | None:
    """Return why a site's last poll failed, and the first failure since the last good one; None when it went well."""
    newest = select(polls).where(polls.c.site_id == site).order_by(polls.c.started_at.desc(), polls.c.id.desc())
    last = connection.execute(newest.limit(1)).first()
    if last is None or last.error is None:
        return None
    good = connection.execute(newest.where(polls.c.error.is_(None)).limit(1)).first()
    failed = select(func.min(polls.c.started_at)).where(polls.c.site_id == site, polls.c.error.is_not(None))
    if good is not None:
        failed = failed.where(polls.c.started_at > good.started_at)
    since: datetime | None = connection.execute(failed).scalar()
    return last.error, since or last.started_at


def _told(moderator: str, *, again: bool) -> ColumnElement[bool]:
    told: Select[Any] = select(deliveries.c.mail_id).where(
        deliveries.c.finding_id == findings.c.id, deliveries.c.moderator == moderator
    )
    if again:
        told = told.join(mails, mails.c.id == deliveries.c.mail_id).where(mails.c.state.not_in(_UNREAD))
    return exists(told)
