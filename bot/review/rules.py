"""The rules' pages: how often each was right, how much it flags, and another threshold tried before it is set."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute

from bot.precision import Precision, precision
from bot.review.cards import cards
from bot.review.rights import site_scope, visible_sites
from bot.review.visit import Visit, action, number, page
from bot.store.allowances import disallow, listed_allowances
from bot.store.thresholds import set_threshold
from bot.store.trial import flagged, standing_thresholds, try_threshold
from rules.registry import all_rules

_WEEKS = 12
_FLAGGED_DAYS = 30
# Fewer decisions say nothing of a rule.
_ENOUGH = 5


@dataclass(frozen=True, slots=True)
class Week:
    """Hold what was decided in a week, which is named by its Monday."""

    monday: date
    confirmed: int
    dismissed: int

    @property
    def decided(self) -> int:
        """Count the decisions."""
        return self.confirmed + self.dismissed


def rules(visit: Visit) -> Response:
    """Show every rule: its precision, what it flags, and how the weeks went."""
    with visit.store.read() as connection:
        names = visible_sites(connection, visit.somebody)
        told = precision(connection, since=_since(visit), sites_of=_of(visit))
        since = visit.now - timedelta(days=_FLAGGED_DAYS)
        shares, comments = flagged(connection, sites=site_scope(connection, visit.somebody), since=since)
        allowed = [row for row in listed_allowances(connection) if row.site in names]
    rows = []
    for rule in _known(told, shares):
        weeks = _weeks([one for one in told if one.rule == rule], visit)
        confirmed, decided = sum(week.confirmed for week in weeks), sum(week.decided for week in weeks)
        flags, open_ = shares.get(rule, (0, 0))
        rows.append((rule, confirmed, decided, flags, open_, weeks))
    return visit.render("rules.html", rows=rows, comments=comments, enough=_ENOUGH, days=_FLAGGED_DAYS, allowed=allowed)


def rule(visit: Visit) -> Response:
    """Show a rule, and try a threshold when one is asked for."""
    name = visit.request.path_params["rule"]
    with visit.store.read() as connection:
        names = visible_sites(connection, visit.somebody)
        site = names.get(visit.request.query_params.get("site", ""))
        scope = [site] if site is not None else site_scope(connection, visit.somebody)
        told = precision(connection, since=_since(visit), sites_of=_of(visit))
        told = [one for one in told if one.rule == name and site in (None, names.get(one.site))]
        if name not in _known(told, {}):
            raise HTTPException(404)
        standing = standing_thresholds(connection, name)
        least = _least(visit.request.query_params.get("least"))
        trial = None if least is None else try_threshold(connection, name, sites=scope, least=least)
        hushed = cards(connection, trial.hushed if trial else [], visit.language)
        come = cards(connection, trial.told if trial else [], visit.language)
    return visit.render(
        "rule.html",
        rule=name,
        site=next((one for one, number in names.items() if number == site), ""),
        sites=list(names),
        weeks=_weeks(told, visit),
        standing=[(one, standing[number]) for one, number in names.items() if number in standing],
        trial=trial,
        least=least,
        hushed=hushed,
        come=come,
    )


def set_(visit: Visit) -> Response:
    """Set or take away the threshold of a rule at a site."""
    name = visit.request.path_params["rule"]
    with visit.store.write() as connection:
        site = visible_sites(connection, visit.somebody).get(visit.field("site"))
        least = _least(visit.field("least"))
        if site is None or name not in {one.ID for one in all_rules()}:
            raise HTTPException(404)
        who = visit.somebody.name
        if visit.field("do") == "clear":
            set_threshold(connection, site, name, 0.0, moderator=who, now=visit.now)
            visit.tell(visit.language.text("The threshold is taken away."))
        elif least is not None:
            set_threshold(connection, site, name, least, moderator=who, now=visit.now)
            visit.tell(visit.language.text("The threshold is set. Findings that are less sure are kept quiet."))
        else:
            raise HTTPException(400)
    return visit.redirect(f"/rules/{name}", site=visit.field("site"))


def tell_again(visit: Visit) -> Response:
    """Take an allowance back."""
    wanted = number(visit.field("allowance"))
    with visit.store.write() as connection:
        names = visible_sites(connection, visit.somebody)
        row = next((row for row in listed_allowances(connection) if row.id == wanted and row.site in names), None)
        if row is None:
            raise HTTPException(404)
        told = disallow(connection, row.id, moderator=visit.somebody.name, now=visit.now)
    visit.tell(visit.language.count("%(num)s finding is told again.", "%(num)s findings are told again.", told))
    return visit.redirect("/rules")


def _known(told: Sequence[Precision], shares: dict[str, tuple[int, int]]) -> list[str]:
    known = [one.ID for one in all_rules()]
    return known + sorted(({one.rule for one in told} | shares.keys()) - set(known))


def _since(visit: Visit) -> datetime:
    monday = visit.now - timedelta(days=visit.now.weekday(), weeks=_WEEKS - 1)
    return monday.replace(hour=0, minute=0, second=0, microsecond=0)


def _of(visit: Visit) -> list[str] | None:
    return None if visit.somebody.sites is None else sorted(visit.somebody.sites)


def _weeks(told: Sequence[Precision], visit: Visit) -> list[Week]:
    first = _since(visit).date()
    mondays = [first + timedelta(weeks=number) for number in range(_WEEKS)]
    return [
        Week(
            monday,
            sum(one.confirmed for one in told if one.week == monday),
            sum(one.dismissed for one in told if one.week == monday),
        )
        for monday in mondays
    ]


def _least(text: str | None) -> float | None:
    """Return a share of one that was given in percent."""
    try:
        share = float((text or "").replace(",", ".")) / 100
    except ValueError:
        return None
    return share if 0 <= share <= 1 else None


routes: list[BaseRoute] = [
    page("/rules", rules),
    action("/rules", tell_again),
    page("/rules/{rule}", rule),
    action("/rules/{rule}", set_, least="admin"),
]
