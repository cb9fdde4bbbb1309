"""Allowances: whom, where and what a rule is never to tell of at a site; and which findings are kept quiet for it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, Row, Select, delete, func, select, update

from bot.store.audit import note_audit
from bot.store.errors import StoreError
from bot.store.sites import insert_if_new
from bot.store.tables import allowances, comments, findings, outbox, posts, sites, thresholds
from bot.store.threads import chunks
from bot.store.types import storable
from rules.words import Words

Kind = Literal["author", "thread", "phrase"]
ANY_RULE = "*"
# Under so many words only the very same ones are those of a phrase.
_FEWEST_WORDS = 3
# PostgreSQL indexes values of up to 2,704 bytes.
_LONGEST = 500


class Where(NamedTuple):
    """Say who wrote a comment, and in which thread."""

    author: str | None
    thread: str


@dataclass(frozen=True, slots=True)
class Quiet:
    """Say why a finding is kept quiet."""

    reason: Literal["trial", "allowance", "threshold"]
    allowance: int | None = None


class Hush:
    """Tell which findings of a site are kept quiet, as its allowances and thresholds are now."""

    def __init__(self, connection: Connection, site: int) -> None:
        self._connection = connection
        self._allowed = connection.execute(select(allowances).where(allowances.c.site_id == site)).all()
        of_site = select(thresholds.c.rule, thresholds.c.least).where(thresholds.c.site_id == site)
        self._least: dict[str, float] = {row.rule: row.least for row in connection.execute(of_site)}

    def places(self, numbers: Collection[int]) -> Mapping[int, Where]:
        """Return where comments stand, by number, as far as it has to be known."""
        if not self._allowed:
            return {}
        found: dict[int, Where] = {}
        for chunk in chunks(numbers):
            query = select(comments.c.id, comments.c.author, posts.c.platform_id).join(posts)
            for row in self._connection.execute(query.where(comments.c.id.in_(chunk))):
                found[row.id] = Where(row.author, row.platform_id)
        return found

    def allows(self, rule: str, excerpt: str, where: Where | None) -> Quiet | None:
        """Tell whether an allowance covers a finding."""
        for one in self._allowed:
            if one.rule in (rule, ANY_RULE) and where is not None and _covers(one, excerpt, where):
                return Quiet("allowance", one.id)
        return None

    def doubts(self, rule: str, confidence: float) -> Quiet | None:
        """Tell whether a finding is less sure than its rule has to be at this site."""
        return Quiet("threshold") if confidence < self._least.get(rule, 0.0) else None


def allow(
    connection: Connection,
    site: int,
    *,
    rule: str,
    kind: Kind,
    value: str,
    moderator: str | None,
    now: datetime,
    note: str | None = None,
    decision: int | None = None,
) -> int:
    """Never tell again of a rule's findings (`*` is every rule's) by an author, in a thread, or in these words.

    Those that are open become quiet. Returns how many did; raises StoreError where there is nothing to go by.
    """
    value = storable(_phrase(value) if kind == "phrase" else value[:_LONGEST])
    if not value.strip():
        raise StoreError(f"there is no {kind} to go by")
    made = {"site_id": site, "rule": rule, "kind": kind, "value": value}
    rest = {"moderator": moderator, "note": note, "decision_id": decision, "made_at": now}
    connection.execute(insert_if_new(connection, allowances).values(**made, **rest))
    number: int = connection.execute(select(allowances.c.id).filter_by(**made)).scalar_one()
    detail = {"allowance": number, "rule": rule, "kind": kind}
    note_audit(connection, "allowed", who=moderator, now=now, site=site, detail=detail)
    hush = Hush(connection, site)
    open_ones = (findings.c.site_id == site, findings.c.state.in_(("open", "snoozed")))
    of_rule = () if rule == ANY_RULE else (findings.c.rule == rule,)
    hushed = 0
    for row in connection.execute(_placed().where(*open_ones, *of_rule)).all():
        quiet = hush.allows(row.rule, row.excerpt, Where(row.author, row.platform_id))
        if quiet is not None:
            hushed += 1
            values = {"quiet": True, "quiet_reason": quiet.reason, "allowance_id": quiet.allowance}
            # Somebody may have decided on it meanwhile.
            is_it = (findings.c.id == row.id, findings.c.state.in_(("open", "snoozed")))
            connection.execute(update(findings).where(*is_it).values(state="quiet", snoozed_until=None, **values))
            connection.execute(delete(outbox).where(outbox.c.finding_id == row.id, outbox.c.sent_at.is_(None)))
    return hushed


def disallow(connection: Connection, allowance: int, *, moderator: str | None, now: datetime) -> int:
    """Take an allowance back; return how many findings are told of again. Raises StoreError where there is none."""
    row = connection.execute(select(allowances).where(allowances.c.id == allowance)).first()
    if row is None:
        raise StoreError(f"no allowance {allowance}; `quotewarden allowances list` shows them")
    connection.execute(delete(allowances).where(allowances.c.id == allowance))
    detail = {"allowance": allowance, "rule": row.rule, "kind": row.kind}
    note_audit(connection, "disallowed", who=moderator, now=now, site=row.site_id, detail=detail)
    hush, told = Hush(connection, row.site_id), 0
    for finding in connection.execute(_placed().where(findings.c.allowance_id == allowance)).all():
        quiet = hush.allows(finding.rule, finding.excerpt, Where(finding.author, finding.platform_id))
        values: dict[str, Any] = {"quiet": quiet is not None, "quiet_reason": quiet and quiet.reason}
        values |= {"allowance_id": quiet and quiet.allowance}
        is_it = findings.c.id == finding.id
        connection.execute(update(findings).where(is_it).values(**values))
        opened = update(findings).where(is_it, findings.c.state == "quiet").values(state="open")
        if quiet is None and connection.execute(opened).rowcount:
            told += 1
            line = {"site_id": row.site_id, "finding_id": finding.id, "queued_at": now}
            connection.execute(insert_if_new(connection, outbox).values(**line))
    return told


def listed_allowances(connection: Connection, *, site: int | None = None) -> Sequence[Row[Any]]:
    """Return the allowances, by site and age, each with its site's name and how many findings are quiet for it."""
    hushed = (
        select(func.count())
        .where(findings.c.allowance_id == allowances.c.id, findings.c.allowance_id.is_not(None))
        .scalar_subquery()
    )
    query = select(allowances, sites.c.name.label("site"), hushed.label("hushed")).join(sites)
    if site is not None:
        query = query.where(allowances.c.site_id == site)
    return connection.execute(query.order_by(sites.c.name, allowances.c.id)).all()


def _placed() -> Select[Any]:
    return (
        select(findings, comments.c.author, posts.c.platform_id)
        .join(comments, comments.c.id == findings.c.comment_id)
        .join(posts, posts.c.id == comments.c.post_id)
        .order_by(findings.c.id)
    )


def _covers(allowance: Row[Any], excerpt: str, where: Where) -> bool:
    if allowance.kind == "author":
        return bool(where.author == allowance.value)
    if allowance.kind == "thread":
        return bool(where.thread == allowance.value)
    words = _phrase(excerpt)
    if words.count(" ") < _FEWEST_WORDS - 1:
        return bool(words and words == allowance.value)
    return f" {words} " in f" {allowance.value} "


def _phrase(text: str) -> str:
    """Return the words of a text, whatever its marks, spaces and capitals."""
    return " ".join(Words(text[: 4 * _LONGEST]).folded)[:_LONGEST]
