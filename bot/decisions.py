"""What moderators say of findings, and what comes of it.

A decision is bound to the comment as it was: to its hash, the revision. What a moderator says stands whatever the rules
say later; `undo` takes it back, and the finding is again what it was before.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, delete, exists, insert, literal, select, update

from bot.acting import plan, withdraw
from bot.config import Config
from bot.config_moderators import OnConfirm
from bot.store.allowances import ANY_RULE, Kind, allow, disallow
from bot.store.audit import note_audit
from bot.store.database import Store
from bot.store.errors import StoreError
from bot.store.findings import DECIDED, State
from bot.store.tables import allowances, comments, decisions, deliveries, findings, outbox, posts, sites
from bot.store.thresholds import hold_wanted

Verdict = Literal["confirmed", "dismissed", "snoozed", "note"]
# Why a finding is dismissed. With `allowed-here` the rule was right; with `wrong-source` it was, but for the source.
DismissReason = Literal["attributed", "not-a-quotation", "wrong-source", "allowed-here", "other"]
_LONGEST_NOTE = 2000


class Stale(Exception):  # noqa: N818  # the comment has changed, which is nobody's error
    """Say that a comment is no longer what the moderator saw; `kind` is edited or forgotten."""

    def __init__(self, kind: Literal["edited", "forgotten"]) -> None:
        told = {"edited": "the comment was changed since", "forgotten": "the comment was forgotten on request"}
        super().__init__(told[kind])
        self.kind = kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Be something that a moderator said of a finding."""

    id: int
    verdict: Verdict
    moderator: str | None
    reason: DismissReason | None
    note: str | None
    until: datetime | None
    decided_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """Hold what became of a decision.

    Where `is_new` is false nothing was written, since a moderator has decided already: `decision` is the one that
    stands. `state` is the finding's state now.
    """

    finding: int
    decision: Decision
    is_new: bool
    state: State


def decide(
    connection: Connection,
    finding: int,
    verdict: Verdict,
    *,
    moderator: str | None,
    now: datetime,
    reason: DismissReason | None = None,
    note: str | None = None,
    until: datetime | None = None,
    revision: str | None = None,
    replace: bool = False,
    link: str | None = None,
    config: Config | None = None,
) -> Decided:
    """Write down what a moderator says of a finding, in a transaction that may write.

    A finding that is confirmed or dismissed stays so unless `replace` is given; a snooze lasts `until`, a note changes
    nothing. A comment that was deleted can still be decided on. With `revision` it must be what the moderator saw.
    `link` is the digest of the link that was followed; `config` says what a confirmed finding leads to at its site.
    Raises Stale, and StoreError where there is no such finding.
    """
    row = _locked(connection, finding)
    comment = connection.execute(select(comments).where(comments.c.id == row.comment_id)).one()
    if comment.forgotten:
        raise Stale("forgotten")
    if revision is not None and revision != comment.hash:
        raise Stale("edited")
    standing = _standing(_told(connection, finding))
    if verdict != "note" and standing is not None and standing.verdict in DECIDED and not replace:
        return Decided(finding=finding, decision=_decision(standing), is_new=False, state=row.state)
    if (until is not None) != (verdict == "snoozed"):
        raise ValueError("a snooze, and nothing else, lasts until a time")
    values = {
        "finding_id": finding,
        "verdict": verdict,
        "moderator": moderator,
        "reason": reason if verdict == "dismissed" else None,
        "note": (note or "").strip()[:_LONGEST_NOTE] or None,
        "until": until,
        "revision": comment.hash,
        "link": link,
        "decided_at": now,
    }
    number = connection.execute(insert(decisions).values(**values).returning(decisions.c.id)).scalar_one()
    made = connection.execute(select(decisions).where(decisions.c.id == number)).one()
    state = row.state if verdict == "note" else _settle(connection, row, made, now)
    if state in DECIDED or row.state in DECIDED:
        hold_wanted(connection, row.site_id, row.rule, now=now)
    if state != row.state and standing is not None:
        withdraw(connection, row, standing.id, who=moderator, now=now)
    if state == "confirmed" != row.state and config is not None:
        plan(connection, _on_confirm(connection, config, row.site_id), row, made)
    note_audit(connection, verdict, who=moderator, now=now, site=row.site_id, finding=finding)
    return Decided(finding=finding, decision=_decision(made), is_new=True, state=state)


def allow_like(
    connection: Connection,
    finding: int,
    kind: Kind,
    *,
    moderator: str | None,
    now: datetime,
    every_rule: bool = False,
    note: str | None = None,
    revision: str | None = None,
    link: str | None = None,
) -> Decided:
    """Dismiss a finding as allowed here, and never tell again of the like: of its author, thread or phrase.

    To undo the decision takes the allowance back too. Raises Stale, and StoreError where the comment has no author.
    """
    decided = decide(
        connection,
        finding,
        "dismissed",
        moderator=moderator,
        now=now,
        reason="allowed-here",
        note=note,
        revision=revision,
        link=link,
    )
    if decided.is_new:
        query = (
            select(findings, comments.c.author, posts.c.platform_id)
            .join(comments, comments.c.id == findings.c.comment_id)
            .join(posts, posts.c.id == comments.c.post_id)
        )
        row = connection.execute(query.where(findings.c.id == finding)).one()
        allow(
            connection,
            row.site_id,
            rule=ANY_RULE if every_rule else row.rule,
            kind=kind,
            value={"author": row.author or "", "thread": row.platform_id, "phrase": row.excerpt}[kind],
            moderator=moderator,
            now=now,
            note=note,
            decision=decided.decision.id,
        )
    return decided


def undo(connection: Connection, decision: int, *, moderator: str | None, now: datetime) -> State:
    """Take back a decision that stands, and return the finding's state, which is what it was before the decision.

    Raises StoreError where it does not stand any more.
    """
    found = connection.execute(select(decisions.c.finding_id).where(decisions.c.id == decision)).scalar()
    if found is None:
        raise StoreError(f"no decision {decision}")
    row = _locked(connection, found)
    standing = _standing(_told(connection, found))
    if standing is None or standing.id != decision:
        raise StoreError("this decision was taken back before, or another one stands in its place")
    values = {"finding_id": found, "verdict": "undone", "undoes": decision}
    connection.execute(insert(decisions).values(moderator=moderator, decided_at=now, **values))
    with_it = select(allowances.c.id).where(allowances.c.decision_id == decision)
    for allowance in connection.execute(with_it).scalars().all():
        disallow(connection, allowance, moderator=moderator, now=now)
    row = _locked(connection, found)
    withdraw(connection, row, decision, who=moderator, now=now)
    state = _settle(connection, row, _standing(_told(connection, found)), now)
    if state in DECIDED or row.state in DECIDED:
        hold_wanted(connection, row.site_id, row.rule, now=now)
    note_audit(connection, "undone", who=moderator, now=now, site=row.site_id, finding=found)
    return state


def history(connection: Connection, finding: int) -> Sequence[Row[Any]]:
    """Return all that was said of a finding, rows of `decisions`, oldest first."""
    return _told(connection, finding)


def standing_decision(connection: Connection, finding: int) -> Decision | None:
    """Return the decision of a finding that stands: confirmed, dismissed or snoozed, and not taken back."""
    found = _standing(_told(connection, finding))
    return _decision(found) if found is not None else None


def wake(store: Store, *, now: datetime | None = None) -> int:
    """Open the findings whose snooze is over, and have them told once more; return how many."""
    now = now or datetime.now(UTC)
    due = select(findings.c.id).where(findings.c.snoozed_until.is_not(None), findings.c.snoozed_until <= now)
    with store.read() as connection:
        numbers = connection.execute(due).scalars().all()
    woken = 0
    for number in numbers:
        # One at a time: whoever locks several findings could wait for a page that waits for them.
        with store.write() as connection:
            row = _locked(connection, number)
            if row.snoozed_until is None or row.snoozed_until > now:
                continue
            if _settle(connection, row, _standing(_told(connection, number)), now) == "open":
                woken += 1
                connection.execute(delete(deliveries).where(deliveries.c.finding_id == number))
                again = {"sent_at": None, "queued_at": now}
                connection.execute(update(outbox).where(outbox.c.finding_id == number).values(**again))
    return woken


def _on_confirm(connection: Connection, config: Config, site: int) -> OnConfirm | None:
    name = connection.execute(select(sites.c.name).where(sites.c.id == site)).scalar_one()
    settings = config.sites.get(name)
    return settings.decisions.on_confirm if settings is not None else None


def _locked(connection: Connection, finding: int) -> Row[Any]:
    """Return a finding, on which nobody else decides until the transaction ends."""
    row = connection.execute(select(findings).where(findings.c.id == finding).with_for_update()).first()
    if row is None:
        raise StoreError("no such finding; `quotewarden findings list` shows those that are open")
    return row


def _told(connection: Connection, finding: int) -> Sequence[Row[Any]]:
    return connection.execute(select(decisions).where(decisions.c.finding_id == finding).order_by(decisions.c.id)).all()


def _standing(told: Iterable[Row[Any]]) -> Row[Any] | None:
    left: dict[int, Row[Any]] = {}
    for row in told:
        if row.verdict == "undone":
            left.pop(row.undoes, None)
        elif row.verdict != "note":
            left[row.id] = row
    return list(left.values())[-1] if left else None


def _settle(connection: Connection, row: Row[Any], standing: Row[Any] | None, now: datetime) -> State:
    """Make a finding's state what the rules and the decision that stands come to, and the outbox with it."""
    by_rules: State = "resolved" if row.resolved_at is not None else "quiet" if row.quiet else "open"
    is_snoozed = standing is not None and standing.verdict == "snoozed" and standing.until > now
    state: State = by_rules
    if standing is not None and standing.verdict in DECIDED:
        state = standing.verdict
    elif is_snoozed and by_rules == "open":
        state = "snoozed"
    values = {
        "state": state,
        "decided_at": standing.decided_at if standing is not None and standing.verdict in DECIDED else None,
        "snoozed_until": standing.until if standing is not None and state == "snoozed" else None,
    }
    connection.execute(update(findings).where(findings.c.id == row.id).values(**values))
    if state == "open":
        line = select(findings.c.site_id, findings.c.id, literal(now, outbox.c.queued_at.type))
        line = line.where(findings.c.id == row.id, ~exists().where(outbox.c.finding_id == findings.c.id))
        connection.execute(insert(outbox).from_select(["site_id", "finding_id", "queued_at"], line))
    else:
        connection.execute(delete(outbox).where(outbox.c.finding_id == row.id, outbox.c.sent_at.is_(None)))
    return state


def _decision(row: Row[Any]) -> Decision:
    return Decision(
        id=row.id,
        verdict=row.verdict,
        moderator=row.moderator,
        reason=row.reason,
        note=row.note,
        until=row.until,
        decided_at=row.decided_at,
    )
