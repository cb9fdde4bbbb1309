"""What a confirmed finding leads to at its site, where its configuration says so: planned, capped, carried out, undone.

It is planned with the decision, and carried out with the site's next poll, since only who polls a site speaks with it.
"""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection, Row, select

from adapters.base import SHOWN
from adapters.errors import OutcomeUnknown, SiteError
from adapters.site import Site
from bot.config_moderators import OnConfirm
from bot.report.excerpt import showable
from bot.store.actions import (
    MOST_TRIES,
    abandon_action,
    actions_of,
    begin_action,
    begun_since,
    drop_action,
    next_action,
    note_failure,
    plan_action,
)
from bot.store.audit import note_audit
from bot.store.database import Store
from bot.store.tables import actions, comments, decisions, findings

_LONGEST_NAME = 60
# A name that would be a link, a mention or markup is not for us to repeat.
_NO_NAME = re.compile(r"[^\w .,'’()&-]|\w\.\w\w|www\.", re.I)

_log = structlog.get_logger("actions")


def plan(connection: Connection, on_confirm: OnConfirm | None, finding: Row[Any], decision: Row[Any]) -> None:
    """Plan what a site's configuration wants done about a finding that a moderator has just confirmed."""
    if on_confirm is None or finding.rule not in on_confirm.rules:
        return
    comment = connection.execute(select(comments).where(comments.c.id == finding.comment_id)).one()
    text = None
    problem = _obstacle(on_confirm.action, comment)
    if on_confirm.action == "reply" and problem is None:
        text = reply_text(connection, on_confirm.text, finding)
        problem = None if text else "the source has no name to tell, or no place"
    number = plan_action(
        connection,
        site=finding.site_id,
        finding=finding.id,
        decision=decision.id,
        key=f"confirm-{decision.id}",
        verb=on_confirm.action,
        comment=comment.platform_id,
        text=text,
        now=decision.decided_at,
    )
    if problem is not None:
        drop_action(connection, number, problem, now=decision.decided_at)
    note_audit(
        connection,
        on_confirm.action,
        who=decision.moderator,
        now=decision.decided_at,
        site=finding.site_id,
        finding=finding.id,
        detail={"action": number, "outcome": "dropped" if problem else "planned"},
    )


def withdraw(connection: Connection, finding: Row[Any], decision: int, *, who: str | None, now: datetime) -> None:
    """Take back what a decision led to: what has not begun is dropped, what was held is approved again.

    A reply that was sent stays: nobody but the site's people can take it away.
    """
    for action in actions_of(connection, decision):
        if action.begun_at is None and action.ended_at is None:
            drop_action(connection, action.id, "taken back in time", now=now)
            continue
        if action.ended_at is None:
            abandon_action(connection, action, "taken back", now=now)
        if action.verb == "hold" and action.outcome not in ("refused", "dropped"):
            values = {"site": finding.site_id, "finding": finding.id, "decision": decision, "text": None, "now": now}
            key = f"undo-{decision}"
            plan_action(connection, key=key, verb="approve", comment=action.comment, **values)


def reply_text(connection: Connection, template: str, finding: Row[Any]) -> str | None:
    """Return a template with what it names filled in, None where something is not known or not fit to be repeated."""
    source = finding.source or {}
    known: dict[str, str | None] = {"author": _name(source.get("author")), "comment": None, "link": None}
    if source.get("kind") == "comment":
        is_it = (comments.c.site_id == finding.site_id, comments.c.platform_id == source["id"])
        row = connection.execute(select(comments).where(*is_it, comments.c.deleted_at.is_(None))).first()
        if row is None:
            return None
        known |= {"comment": _name(row.platform_id), "link": _link(row.url)}
    wanted = re.findall(r"\{(\w+)\}", template)
    if any(known.get(name) is None for name in wanted):
        return None
    return re.sub(r"\{(\w+)\}", lambda found: known[found[1]] or "", template)


def carry_out_planned(
    store: Store, site: Site, on_confirm: OnConfirm | None, *, now: Callable[[], datetime], stopping: Callable[[], bool]
) -> int:
    """Carry out what is planned at a site, as far as the day's cap goes; return how much was done.

    Each action is noted before it is sent. One whose outcome is not known is looked up before it is sent again.
    """
    done = last = 0
    while not stopping():
        with store.write() as connection:
            action = next_action(connection, site.name, now=now(), after=last)
            if action is None:
                return done
            last = action.id
            if (problem := _why_not(connection, action, on_confirm)) is not None:
                drop_action(connection, action.id, problem, now=now())
                continue
            midnight = now().replace(hour=0, minute=0, second=0, microsecond=0)
            is_new = action.begun_at is None and action.verb != "approve"
            if is_new and on_confirm and begun_since(connection, action.site_id, since=midnight) >= on_confirm.per_day:
                continue  # tomorrow; what takes something back goes on
            begin_action(connection, action, now=now())
        done += _carry_out(store, site, action, now)
    return done


def _carry_out(store: Store, site: Site, action: Row[Any], now: Callable[[], datetime]) -> bool:
    mod = site.mod(action.comment)
    error: str | None = None
    goes_on = False
    try:
        if action.verb == "reply":
            mod.reply(action.text or "", key=action.key)
        elif action.verb == "hold":
            mod.hold(key=action.key)
        else:
            mod.approve(key=action.key)
    except SiteError as problem:
        error = str(problem)
        goes_on = (problem.passes or isinstance(problem, OutcomeUnknown)) and action.tries + 1 < MOST_TRIES
        _log.warning("nothing was done", site=site.name, verb=action.verb, comment=action.comment, error=error)
    with store.write() as connection:
        if error is not None:
            note_failure(connection, action.id, error, goes_on=goes_on, now=now())
        outcome = connection.execute(select(actions.c.outcome).where(actions.c.id == action.id)).scalar_one()
        note_audit(
            connection,
            action.verb,
            who=None,
            now=now(),
            site=action.site_id,
            finding=action.finding_id,
            detail={"action": action.id, "outcome": outcome},
        )
    return error is None


def _why_not(connection: Connection, action: Row[Any], on_confirm: OnConfirm | None) -> str | None:
    """Say why an action that was planned is not to be carried out any more."""
    if action.begun_at is not None or action.decision_id is None:
        return None
    if action.verb == "approve":
        return None
    joined = (
        select(findings.c.state, decisions.c.revision, comments.c.hash, comments.c.status, comments.c.deleted_at)
        .join(comments, comments.c.id == findings.c.comment_id)
        .join(decisions, decisions.c.id == action.decision_id)
        .where(findings.c.id == action.finding_id)
    )
    row = connection.execute(joined).one()
    if on_confirm is None or on_confirm.action != action.verb:
        return "the configuration does not want it any more"
    if row.state != "confirmed":
        return "the finding is not confirmed any more"
    if row.revision != row.hash:
        return "the comment was changed since"
    return _obstacle(action.verb, row)


def _obstacle(verb: str, comment: Any) -> str | None:
    if comment.deleted_at is not None:
        return "the comment is gone"
    # What is out of sight is not held, lest an undo show it.
    if comment.status is not None and comment.status.lower() not in SHOWN:
        return "the comment is out of sight already" if verb == "hold" else "nobody sees the comment"
    return None


def _name(author: str | None) -> str | None:
    name = " ".join(showable(author or "").split())
    return name if name and len(name) <= _LONGEST_NAME and not _NO_NAME.search(name) else None


def _link(url: str | None) -> str | None:
    return url if url and re.fullmatch(r"https?://[!-~]{1,500}", url) else None
