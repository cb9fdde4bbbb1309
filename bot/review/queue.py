"""The queue, and what is decided in it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, get_args

from sqlalchemy import Connection, select
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute

from bot.decisions import Decided, DismissReason, Stale, Verdict, allow_like, decide, undo
from bot.review.cards import cards
from bot.review.language import mark as _
from bot.review.rights import site_scope, visible_finding, visible_sites
from bot.review.templating import rule_name
from bot.review.visit import Visit, action, number, own_path, page
from bot.store.allowances import Kind
from bot.store.browsing import AGES, COUNTED, PAGE, STATES, Wanted, count, find
from bot.store.errors import StoreError
from bot.store.tables import decisions
from bot.store.types import storable
from rules.registry import all_rules

_SURES = ("0.6", "0.8", "0.9", "0.95")
_LONGEST_SNOOZE = 365
_HEADINGS = {
    "open": _("To decide"),
    "snoozed": _("Snoozed"),
    "confirmed": _("Confirmed"),
    "dismissed": _("Dismissed"),
    "resolved": _("Resolved by itself"),
    "quiet": _("Kept quiet"),
}


@dataclass(frozen=True, slots=True)
class _Said:
    verdict: Verdict
    reason: DismissReason | None = None
    until: datetime | None = None
    allow: Kind | None = None


def queue(visit: Visit) -> Response:
    """Show the findings that wait for a decision, or any others."""
    chosen, language = _chosen(visit), visit.language
    with visit.store.read() as connection:
        names = visible_sites(connection, visit.somebody)
        site = names.get(chosen["site"])
        if site is None:
            chosen["site"] = ""
        wanted = Wanted(
            sites=[site] if site is not None else site_scope(connection, visit.somebody),
            state=chosen["state"],
            rule=chosen["rule"] or None,
            age=chosen["age"] or None,
            sure=float(chosen["sure"]) if chosen["sure"] else None,
            words=chosen["words"],
            before=number(visit.request.query_params.get("before")),
        )
        found = find(connection, wanted, now=visit.now)
        counted = count(connection, wanted, now=visit.now) if found.numbers else 0
        shown = cards(connection, found.numbers, language)
    anything = [("", language.text("any"))]
    shares = [(one, language.text("%(share)s or more", share=language.percent(float(one)))) for one in _SURES]
    url = visit.request.url
    return visit.render(
        "queue.html",
        heading=language.text(_HEADINGS[wanted.state]),
        number=language.number(counted) + ("+" if counted == COUNTED else ""),
        cards=shown,
        chosen=chosen,
        states=[(state, language.text(_HEADINGS[state])) for state in STATES],
        sites=anything + [(name, name) for name in names],
        rules=anything + [(rule.ID, rule_name(rule.ID, language)) for rule in all_rules()],
        ages=[
            *anything,
            ("day", language.text("in the last day")),
            ("week", language.text("in the last week")),
            ("month", language.text("in the last month")),
            ("older", language.text("earlier")),
        ],
        sures=anything + shares,
        is_filtered=any(value for name, value in chosen.items() if name != "state") or wanted.state != "open",
        before=wanted.before,
        after=found.after,
        looked_to=found.looked_to,
        back=url.path + (f"?{url.query}" if url.query else ""),
    )


def say(visit: Visit) -> Response:
    """Write down what a moderator says of one finding, or of those picked."""
    said = _said(visit)
    numbers = sorted({one for value in visit.fields("finding")[:PAGE] if (one := number(value)) is not None})
    done: list[int] = []
    problems: list[str] = []
    for finding in numbers:
        with visit.store.write() as connection:
            visible_finding(connection, visit.somebody, finding)
            try:
                decided = _decide(visit, connection, finding, said)
            except Stale as stale:
                problems.append(_stale(visit, stale))
            except StoreError:
                problems.append(visit.language.text("The comment has no author, or no words, to go by."))
            else:
                if decided.is_new:
                    done.append(decided.decision.id)
                else:
                    problems.append(_already(visit, decided))
    if visit.wants_part and len(numbers) == 1:
        return _part(visit, numbers[0], is_done=bool(done), notice=" ".join(problems))
    visit.tell(
        " ".join([_sum_up(visit, said.verdict, len(done), is_empty=not numbers), *dict.fromkeys(problems)]), done
    )
    return visit.redirect(own_path(visit.field("back", longest=2000) or "/"))


def take_back(visit: Visit) -> Response:
    """Undo decisions."""
    findings: list[int] = []
    refused = 0
    for decision in [number(value) for value in visit.fields("decision")[:PAGE]]:
        with visit.store.write() as connection:
            of_it = select(decisions.c.finding_id).where(decisions.c.id == decision)
            finding = connection.execute(of_it).scalar()
            if finding is None or decision is None:
                raise HTTPException(404)
            visible_finding(connection, visit.somebody, finding)
            findings.append(finding)
            try:
                undo(connection, decision, moderator=visit.somebody.name, now=visit.now)
            except StoreError:
                refused += 1
    language = visit.language
    problem = language.text("It was taken back already, or somebody has decided anew.") if refused else ""
    if visit.wants_part and len(findings) == 1:
        return _part(visit, findings[0], is_done=False, notice=problem)
    undone = len(findings) - refused
    said = language.count("%(num)s decision taken back.", "%(num)s decisions taken back.", undone) if undone else ""
    visit.tell(" ".join(filter(None, (said, problem))))
    return visit.redirect(own_path(visit.field("back", longest=2000) or "/"))


def _chosen(visit: Visit) -> dict[str, Any]:
    asked = {name: storable(value) for name, value in visit.request.query_params.items()}
    state, age, sure = asked.get("state", "open"), asked.get("age", ""), asked.get("sure", "")
    return {
        "words": asked.get("words", "").strip()[:200],
        "state": state if state in STATES else "open",
        "site": asked.get("site", ""),
        "rule": asked.get("rule", "")[:100],
        "age": age if age in AGES else "",
        "sure": sure if sure in _SURES else "",
    }


def _said(visit: Visit) -> _Said:
    """Return what a button says: `confirmed`, `dismissed REASON`, `snoozed DAYS`, `allow KIND` or `note`."""
    verb, _, rest = visit.field("do").partition(" ")
    if verb == "confirmed":
        return _Said("confirmed")
    if verb == "note":
        return _Said("note")
    if verb == "dismissed":
        return _Said("dismissed", reason=next((one for one in get_args(DismissReason) if one == rest), None))
    if verb == "allow" and rest in get_args(Kind):
        return _Said("dismissed", allow=next(one for one in get_args(Kind) if one == rest))
    if verb == "snoozed" and (days := number(rest)) is not None and 0 < days <= _LONGEST_SNOOZE:
        return _Said("snoozed", until=visit.now + timedelta(days=days))
    raise HTTPException(400)


def _decide(visit: Visit, connection: Connection, finding: int, said: _Said) -> Decided:
    revision = visit.field(f"revision-{finding}") or None
    who = visit.somebody.name
    if said.allow is not None:
        return allow_like(connection, finding, said.allow, moderator=who, now=visit.now, revision=revision)
    return decide(
        connection,
        finding,
        said.verdict,
        moderator=who,
        now=visit.now,
        reason=said.reason,
        until=said.until,
        note=visit.field("note", longest=2000) or None,
        revision=revision,
        config=visit.review.config,
    )


def _part(visit: Visit, finding: int, *, is_done: bool, notice: str) -> Response:
    with visit.store.read() as connection:
        found = cards(connection, [finding], visit.language)
    back = own_path(visit.field("back", longest=2000) or "/")
    return visit.render("one_card.html", card=found[0], is_done=is_done, notice=notice, back=back)


def _stale(visit: Visit, stale: Stale) -> str:
    if stale.kind == "forgotten":
        return visit.language.text("The comment was forgotten on request: there is nothing left to decide.")
    return visit.language.text("The comment was changed since you saw it. Look at it once more, then decide.")


def _already(visit: Visit, decided: Decided) -> str:
    values = {
        "who": decided.decision.moderator or visit.language.text("somebody"),
        "when": visit.language.ago(decided.decision.decided_at, visit.now),
    }
    if decided.decision.verdict == "confirmed":
        return visit.language.text("%(who)s has confirmed it already, %(when)s. That stands.", **values)
    return visit.language.text("%(who)s has dismissed it already, %(when)s. That stands.", **values)


def _sum_up(visit: Visit, verdict: Verdict, done: int, *, is_empty: bool) -> str:
    language = visit.language
    if is_empty:
        return language.text("Nothing was picked: tick the findings that are meant.")
    if verdict == "confirmed":
        return language.count("%(num)s finding confirmed.", "%(num)s findings confirmed.", done)
    if verdict == "dismissed":
        return language.count("%(num)s finding dismissed.", "%(num)s findings dismissed.", done)
    if verdict == "snoozed":
        return language.count("%(num)s finding snoozed.", "%(num)s findings snoozed.", done)
    return language.text("The note is kept.")


routes: list[BaseRoute] = [page("/", queue), action("/decide", say), action("/undo", take_back)]
