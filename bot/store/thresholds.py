"""Thresholds: how sure a rule has to be at a site, so that enough of what it tells is confirmed."""

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, select, update

from bot.config import Config
from bot.store.audit import note_audit
from bot.store.findings import DECIDED
from bot.store.sites import insert_if_new, keep_site
from bot.store.tables import findings, sites, thresholds

# No finding is as sure as that: the rule is silent at the site.
SILENT = 2.0
# Fewer decisions than that say nothing, and everything is told.
FEWEST = 20
# As many of the newest decisions count: rules change, and so do sites.
_MOST = 500
# One-sided 80 %: the share that is to be held may not be luck, in four of five cases.
_Z = 0.8416


def least_confidence(decided: Sequence[tuple[float, bool]], wanted: float) -> float:
    """Return the least confidence from which on the wanted share of findings was confirmed, SILENT where there is none.

    `decided` are confidences, each with whether the finding was confirmed. The share is judged by the lower end of its
    Wilson interval (Wilson 1927), since a few right ones in a row prove little. 0 is: everything is told.
    """
    if len(decided) < FEWEST:
        return 0.0
    ordered = sorted(decided, reverse=True)
    least, confirmed = SILENT, 0
    for count, (confidence, is_confirmed) in enumerate(ordered, 1):
        confirmed += is_confirmed
        is_last = count == len(ordered)
        if (is_last or ordered[count][0] < confidence) and _lower_bound(confirmed, count) >= wanted:
            least = 0.0 if is_last else confidence
    return least


def _lower_bound(right: int, count: int) -> float:
    share, z2 = right / count, _Z * _Z
    spread = _Z * math.sqrt(share * (1 - share) / count + z2 / (4 * count * count))
    return (share + z2 / (2 * count) - spread) / (1 + z2 / count)


def keep_wanted(connection: Connection, config: Config, *, now: datetime) -> None:
    """Take over which precisions a configuration wants, and forget those that it wants no more."""
    wanted = {
        (keep_site(connection, name, now=now), rule): share
        for name, site in config.sites.items()
        for rule, share in site.decisions.wanted_precision.items()
    }
    for row in connection.execute(select(thresholds).where(thresholds.c.wanted.is_not(None))).all():
        if (row.site_id, row.rule) not in wanted:
            connection.execute(delete(thresholds).where(*_is(row.site_id, row.rule)))
    for (site, rule), share in wanted.items():
        new = {"least": 0.0, "confirmed": 0, "dismissed": 0, "set_at": now}
        connection.execute(insert_if_new(connection, thresholds).values(site_id=site, rule=rule, wanted=share, **new))
        connection.execute(update(thresholds).where(*_is(site, rule)).values(wanted=share, moderator=None))
        hold_wanted(connection, site, rule, now=now)


def hold_wanted(connection: Connection, site: int, rule: str, *, now: datetime) -> None:
    """Move the threshold of a rule at a site to where the decisions want it, if a precision is wanted there."""
    # Locked: whoever decides at the same time counts what was decided here.
    row = connection.execute(select(thresholds).where(*_is(site, rule)).with_for_update()).first()
    if row is None or row.wanted is None:
        return
    newest = (
        select(findings.c.confidence, findings.c.state)
        .where(findings.c.site_id == site, findings.c.rule == rule, findings.c.decided_at.is_not(None))
        .where(findings.c.state.in_(DECIDED))
        .order_by(findings.c.decided_at.desc())
        .limit(_MOST)
    )
    decided = [(found.confidence, found.state == "confirmed") for found in connection.execute(newest)]
    least = least_confidence(decided, row.wanted)
    above = [is_confirmed for confidence, is_confirmed in decided if confidence >= least]
    values = {"least": least, "confirmed": sum(above), "dismissed": len(above) - sum(above)}
    if any(getattr(row, name) != value for name, value in values.items()):
        connection.execute(update(thresholds).where(*_is(site, rule)).values(set_at=now, **values))
    if least != row.least:
        detail = {"rule": rule, "least": least, "before": row.least}
        note_audit(connection, "threshold", who=None, now=now, site=site, detail=detail)


def set_threshold(
    connection: Connection, site: int, rule: str, least: float, *, moderator: str | None, now: datetime
) -> None:
    """Keep what is less sure than `least` quiet from now on; where a precision is wanted, decisions have the say."""
    new = {"least": least, "confirmed": 0, "dismissed": 0, "moderator": moderator, "set_at": now}
    connection.execute(insert_if_new(connection, thresholds).values(site_id=site, rule=rule, wanted=None, **new))
    connection.execute(update(thresholds).where(*_is(site, rule), thresholds.c.wanted.is_(None)).values(**new))
    detail = {"rule": rule, "least": least}
    note_audit(connection, "threshold", who=moderator, now=now, site=site, detail=detail)


def listed_thresholds(connection: Connection) -> Sequence[Row[Any]]:
    """Return the thresholds, by site and rule, each with its site's name."""
    query = select(thresholds, sites.c.name.label("site")).join(sites).order_by(sites.c.name, thresholds.c.rule)
    return connection.execute(query).all()


def _is(site: int, rule: str) -> tuple[ColumnElement[bool], ...]:
    return (thresholds.c.site_id == site, thresholds.c.rule == rule)
