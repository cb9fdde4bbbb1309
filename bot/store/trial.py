"""What another threshold would do to a rule's findings: counted on those in the store, and nothing changed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, case, func, select

from bot.store.tables import comments, findings, thresholds

# The newest so many are looked at: what is older says little of what is to come.
LOOKED_AT = 20_000
_EXAMPLES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """Count a rule's findings as they are told now, and as they would be.

    `confirmed` and `dismissed` count those decided, now and then. `hushed` are the numbers of open findings that would
    be kept quiet, `told` those of quiet ones that would be told.
    """

    looked_at: int
    now: int
    then: int
    confirmed: int
    dismissed: int
    confirmed_then: int
    dismissed_then: int
    hushed: Sequence[int]
    told: Sequence[int]


def try_threshold(connection: Connection, rule: str, *, sites: Collection[int] | None, least: float) -> Trial:
    """Count what a threshold would do to the newest findings of a rule at sites; None is all of them."""
    of_rule = [findings.c.rule == rule, *_at(sites)]
    newest = select(findings.c.id).where(*of_rule).order_by(findings.c.id.desc()).limit(LOOKED_AT).subquery()
    looked_at = findings.c.id.in_(select(newest.c.id))
    state, is_sure = findings.c.state, findings.c.confidence >= least
    # What a trial or an allowance keeps quiet stays so, and what the rules resolved is told of no more.
    is_hushed = and_(state == "quiet", findings.c.quiet_reason == "threshold")
    is_told = state.in_(("open", "snoozed", "confirmed", "dismissed"))

    def counted(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
        return func.coalesce(func.sum(case((and_(*conditions), 1), else_=0)), 0)

    row = connection.execute(
        select(
            func.count(),
            counted(is_told),
            counted(is_told | is_hushed, is_sure),
            counted(state == "confirmed"),
            counted(state == "dismissed"),
            counted(state == "confirmed", is_sure),
            counted(state == "dismissed", is_sure),
        ).where(looked_at)
    ).one()
    numbers = select(findings.c.id).where(looked_at).order_by(findings.c.id.desc()).limit(_EXAMPLES)
    hushed = connection.execute(numbers.where(state == "open", ~is_sure)).scalars().all()
    told = connection.execute(numbers.where(is_hushed, is_sure)).scalars().all()
    return Trial(
        looked_at=row[0],
        now=row[1],
        then=row[2],
        confirmed=row[3],
        dismissed=row[4],
        confirmed_then=row[5],
        dismissed_then=row[6],
        hushed=hushed,
        told=told,
    )


def standing_thresholds(connection: Connection, rule: str) -> dict[int, tuple[float, float | None]]:
    """Return the thresholds of a rule by the numbers of the sites: the least confidence, and the precision wanted."""
    query = select(thresholds).where(thresholds.c.rule == rule)
    return {row.site_id: (row.least, row.wanted) for row in connection.execute(query) if row.least or row.wanted}


def flagged(
    connection: Connection, *, sites: Collection[int] | None, since: datetime
) -> tuple[dict[str, tuple[int, int]], int]:
    """Return, of the comments posted since then, by rule how many are flagged and how many findings open; and all."""
    posted = [comments.c.placed_at >= since]
    if sites is not None:
        posted.append(comments.c.site_id.in_(sites))
    query = (
        select(
            findings.c.rule,
            func.count(findings.c.comment_id.distinct()),
            func.sum(case((findings.c.state == "open", 1), else_=0)),
        )
        .join(comments, comments.c.id == findings.c.comment_id)
        .where(findings.c.found_at >= since, findings.c.state != "quiet", *posted)
        .group_by(findings.c.rule)
    )
    by_rule = {row[0]: (row[1], int(row[2])) for row in connection.execute(query)}
    return by_rule, connection.execute(select(func.count()).select_from(comments).where(*posted)).scalar_one()


def _at(sites: Collection[int] | None) -> list[ColumnElement[bool]]:
    return [] if sites is None else [findings.c.site_id.in_(sites)]
