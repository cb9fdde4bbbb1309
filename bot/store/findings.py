"""Findings as they are kept: found, found again, resolved; and the outbox beside them, which tells of each once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, and_, bindparam, case, delete, exists, insert, literal, or_, select, update

from bot.judging import Gone, Judged
from bot.records import source_record
from bot.store.allowances import Hush, Quiet
from bot.store.mails import forget_words
from bot.store.tables import comments, findings, not_evaluated, outbox
from bot.store.threads import chunks
from bot.store.types import storable
from rules.finding import Finding

# What the judging says; `deleted`: the comment is gone.
Reason = Gone | Literal["deleted"]
State = Literal["open", "quiet", "resolved", "confirmed", "dismissed", "snoozed"]
DECIDED = ("confirmed", "dismissed")


@dataclass(slots=True)
class Settled:
    """Count what became of findings."""

    found: int = 0
    resolved: int = 0
    not_evaluated: int = 0


class Ledger:
    """Be the findings of one site within one transaction."""

    def __init__(self, connection: Connection, site: int, *, now: datetime) -> None:
        self._connection, self._site, self._now = connection, site, now
        self._erased: frozenset[str] = frozenset()
        self.settled = Settled()

    def kept(self, numbers: Collection[int]) -> dict[int, list[Row[Any]]]:
        """Return what is kept of the findings of comments, by the comments' numbers."""
        found: dict[int, list[Row[Any]]] = {number: [] for number in numbers}
        for chunk in chunks(numbers):
            for row in self._connection.execute(select(findings).where(findings.c.comment_id.in_(chunk))):
                found[row.comment_id].append(row)
        return found

    def settle(
        self, judged: Mapping[int, Judged], kept: Mapping[int, list[Row[Any]]], gone: Mapping[int, Gone]
    ) -> None:
        """Make the findings of comments what the rules said, by their numbers; `gone` says why one is left out."""
        new: list[dict[str, Any]] = []
        changed: list[dict[str, Any]] = []
        keys: list[str] = []
        hush = Hush(self._connection, self._site)
        places = hush.places([number for number, one in judged.items() if one.findings])
        for number, one in judged.items():
            said: dict[str, tuple[Finding, Quiet | None]] = {
                finding.key: (finding, hush.allows(finding.rule, finding.excerpt, places.get(number)))
                for finding in one.findings
            }
            said |= {finding.key: (finding, Quiet("trial")) for finding in one.quiet}
            before = {row.key: row for row in kept[number]}
            for key, (finding, quiet) in said.items():
                row = before.get(key) or self._moved(finding, before, said)
                if row is None or row.quiet:
                    # What was told once is not taken back by doubt.
                    quiet = quiet or hush.doubts(finding.rule, finding.confidence)
                values = _values(finding, quiet)
                if row is None:
                    place = {"site_id": self._site, "comment_id": number, "found_at": self._now}
                    new.append({**place, **values, "resolved_at": None, "resolved_reason": None})
                    keys.append(key)
                    continue
                before.pop(row.key)
                values |= {"resolved_at": None, "resolved_reason": None}
                if any(getattr(row, name) != value for name, value in values.items()):
                    self.settled.found += row.state == "resolved"
                    changed.append({"number": row.id, **values})
                    keys.append(key)
            for row in before.values():
                values = _kept_values(row) | _resolution(row)
                if row.id in gone and row.resolved_at is None:
                    values |= {"resolved_at": self._now, "resolved_reason": gone[row.id]}
                    self.settled.resolved += row.state not in DECIDED
                if row.source and row.source["kind"] == "comment" and row.source["id"] in self._erased:
                    values |= {"source": None, "message": "", "suggestion": None}
                if any(getattr(row, name) != value for name, value in values.items()):
                    changed.append({"number": row.id, **values})
                    keys.append(row.key)
        if new:
            self._connection.execute(insert(findings), [{**row, "state": _state(row)} for row in new])
        if changed:
            self._connection.execute(_CHANGE, [{**row, "judged": _state(row)} for row in changed])
        self.settled.found += len(new)
        self._queue(keys)
        told = {one.comment_id: {record.rule: record.reason for record in one.not_evaluated} for one in judged.values()}
        self.set_aside(told)

    def erase(self, numbers: Collection[int], ids: Collection[str]) -> None:
        """Resolve the findings of deleted comments, and keep no word of them; later findings lose them as a source."""
        self._erased = frozenset(ids)
        self.set_aside({id: {} for id in ids})
        for chunk in chunks(numbers):
            of_these = findings.c.comment_id.in_(chunk)
            wiped = {"excerpt": "", "message": "", "suggestion": None, "source": None}
            self._connection.execute(update(findings).where(of_these).values(wiped))
            resolved = update(findings).where(of_these, findings.c.resolved_at.is_(None))
            resolved = resolved.values(resolved_at=self._now, resolved_reason="deleted")
            is_decided = findings.c.state.in_(DECIDED)
            told = self._connection.execute(resolved.where(~is_decided).values(state="resolved"))
            self._connection.execute(resolved.where(is_decided))
            self.settled.resolved += told.rowcount
            waiting = select(findings.c.id).where(of_these)
            self._connection.execute(delete(outbox).where(outbox.c.finding_id.in_(waiting), outbox.c.sent_at.is_(None)))
        if numbers:
            forget_words(self._connection, self._site)

    def set_aside(self, told: Mapping[str, Mapping[str, str]]) -> None:
        """Note which rules gave no verdict on which comments, and why; forget what was noted of them before."""
        table = not_evaluated
        before: dict[tuple[str, str], str] = {}
        for chunk in chunks(told):
            of_these = select(table).where(table.c.site_id == self._site, table.c.platform_id.in_(chunk))
            before |= {(row.platform_id, row.rule): row.reason for row in self._connection.execute(of_these)}
        now = {(id, rule): reason for id, reasons in told.items() for rule, reason in reasons.items()}
        for id, rule in before.keys() - now.keys():
            is_it = (table.c.site_id == self._site, table.c.platform_id == id, table.c.rule == rule)
            self._connection.execute(delete(table).where(*is_it))
        rows = [
            {"site_id": self._site, "platform_id": id, "rule": rule, "reason": reason, "noted_at": self._now}
            for (id, rule), reason in now.items()
            if (id, rule) not in before
        ]
        if rows:
            self._connection.execute(insert(table), rows)
        self.settled.not_evaluated += len(rows)

    def _moved(self, finding: Finding, before: Mapping[str, Row[Any]], said: Mapping[str, object]) -> Row[Any] | None:
        # A comment that was moved to another thread gets other keys; its findings are the same ones.
        same = (finding.rule, storable(finding.excerpt))
        return next((row for key, row in before.items() if key not in said and (row.rule, row.excerpt) == same), None)

    def _queue(self, keys: Collection[str]) -> None:
        """Put into the outbox what is open and was never told, take out what need not be told any more."""
        for chunk in chunks(keys):
            among = (findings.c.site_id == self._site, findings.c.key.in_(chunk))
            is_due = findings.c.state == "open"
            due = (
                select(findings.c.site_id, findings.c.id, literal(self._now, outbox.c.queued_at.type))
                .where(*among, is_due, ~exists().where(outbox.c.finding_id == findings.c.id))
                .order_by(findings.c.id)
            )
            self._connection.execute(insert(outbox).from_select(["site_id", "finding_id", "queued_at"], due))
            not_due = select(findings.c.id).where(*among, ~is_due)
            self._connection.execute(delete(outbox).where(outbox.c.sent_at.is_(None), outbox.c.finding_id.in_(not_due)))


def waiting(connection: Connection, site: int, *, limit: int) -> Sequence[Row[Any]]:
    """Return findings that are to be told, oldest first, each with the comment that it is about."""
    joined = (
        select(outbox.c.id.label("outbox_id"), findings, comments.c.platform_id)
        .join_from(outbox, findings, findings.c.id == outbox.c.finding_id)
        .join(comments, comments.c.id == findings.c.comment_id)
        .where(outbox.c.site_id == site, outbox.c.sent_at.is_(None))
        .order_by(outbox.c.id)
        .limit(limit)
    )
    return connection.execute(joined).all()


# A moderator may have decided since the row was read: what he said stands, whatever the rules say now.
# Not IN: a list that is written out when it is run cannot be run for many rows at once.
_CHANGE = (
    update(findings)
    .where(findings.c.id == bindparam("number"))
    .values(
        state=case(
            (or_(*(findings.c.state == state for state in DECIDED)), findings.c.state),
            (and_(findings.c.state == "snoozed", bindparam("judged") == "open"), "snoozed"),
            else_=bindparam("judged"),
        )
    )
)

_KEPT = ("key", "rule", "severity", "confidence", "start", "end", "excerpt", "message", "source", "suggestion")


def _values(finding: Finding, quiet: Quiet | None) -> dict[str, Any]:
    values = {name: getattr(finding, name) for name in _KEPT}
    values |= {"source": source_record(finding.source), "ruleset": finding.ruleset, "quiet": quiet is not None}
    return {**values, "quiet_reason": quiet and quiet.reason, "allowance_id": quiet and quiet.allowance}


def _kept_values(row: Row[Any]) -> dict[str, Any]:
    # All rows of one statement must name the same columns.
    return {name: getattr(row, name) for name in (*_KEPT, "ruleset", "quiet", "quiet_reason", "allowance_id")}


def _state(values: Mapping[str, Any]) -> State:
    return "resolved" if values["resolved_at"] is not None else "quiet" if values["quiet"] else "open"


def _resolution(row: Row[Any]) -> dict[str, Any]:
    return {"resolved_at": row.resolved_at, "resolved_reason": row.resolved_reason}
