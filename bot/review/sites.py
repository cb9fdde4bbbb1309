"""The sites' page: how each fares, and how late its last poll is."""

from datetime import datetime

from starlette.responses import Response
from starlette.routing import BaseRoute

from bot.report.status import status_record
from bot.review.rights import visible_sites
from bot.review.visit import Visit, page
from bot.store.polls import site_states


def sites(visit: Visit) -> Response:
    """Show the sites that somebody may see, those in trouble first."""
    with visit.store.read() as connection:
        names = visible_sites(connection, visit.somebody)
        states = [state for state in site_states(connection, now=visit.now) if state.name in names]
    records = [status_record(state, visit.review.config, now=visit.now) for state in states]
    for record in records:
        for name in ("last_poll", "last_success"):
            record[name] = datetime.fromisoformat(record[name]) if record[name] else None
    records.sort(key=lambda record: (not record["error"], -(record["lag_seconds"] or 0), record["site"]))
    return visit.render("sites.html", records=records)


routes: list[BaseRoute] = [page("/sites", sites)]
