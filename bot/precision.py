"""How many findings were right, by site, rule and week, as far as moderators have decided."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, func, select

from bot.store.findings import DECIDED
from bot.store.tables import findings, sites
from bot.store.threads import chunks


@dataclass(frozen=True, slots=True, kw_only=True)
class Precision:
    """Count the findings of a rule at a site that were decided on in a week, which is named by its Monday (UTC)."""

    site: str
    rule: str
    week: date
    confirmed: int
    dismissed: int

    @property
    def share(self) -> float:
        """Return the share that was confirmed."""
        return self.confirmed / (self.confirmed + self.dismissed)


def precision(
    connection: Connection, *, since: datetime, sites_of: Collection[str] | None = None
) -> Sequence[Precision]:
    """Return the counts since then, of all sites or of those named, ordered by site, rule and week.

    Weeks in which nothing was decided are left out. Only the decision that stands counts.
    """
    at = findings.c.decided_at
    if connection.dialect.name == "sqlite":
        monday = func.date(at, "weekday 0", "-6 days")
    else:
        monday = func.to_char(func.date_trunc("week", func.timezone("UTC", at)), "YYYY-MM-DD")
    week, decided = monday.label("week"), func.count().label("decided")
    names = {row.id: row.name for row in connection.execute(select(sites.c.id, sites.c.name))}
    wanted = [number for number, name in names.items() if sites_of is None or name in sites_of]
    query = (
        select(findings.c.site_id, findings.c.rule, week, findings.c.state, decided)
        .where(at >= since, findings.c.state.in_(DECIDED))
        .group_by(findings.c.site_id, findings.c.rule, week, findings.c.state)
    )
    counts: dict[tuple[str, str, str], dict[str, int]] = {}
    # By way of the sites: the index begins with them.
    for chunk in chunks(wanted):
        for row in connection.execute(query.where(findings.c.site_id.in_(chunk))):
            counts.setdefault((names[row.site_id], row.rule, row.week), {})[row.state] = row.decided
    return [
        Precision(
            site=site,
            rule=rule,
            week=date.fromisoformat(week),
            confirmed=of_week.get("confirmed", 0),
            dismissed=of_week.get("dismissed", 0),
        )
        for (site, rule, week), of_week in sorted(counts.items())
    ]
