"""What somebody may see: the sites of their account, asked for in every query."""

from collections.abc import Mapping

from sqlalchemy import Connection, select
from starlette.exceptions import HTTPException

from bot.store.people import Person
from bot.store.tables import findings, posts, sites


def visible_sites(connection: Connection, person: Person) -> Mapping[str, int]:
    """Return the numbers of the sites that somebody may see, by name."""
    query = select(sites.c.name, sites.c.id).order_by(sites.c.name)
    if person.sites is not None:
        query = query.where(sites.c.name.in_(person.sites))
    return {row.name: row.id for row in connection.execute(query)}


def site_scope(connection: Connection, person: Person) -> list[int] | None:
    """Return the numbers of somebody's sites, None where that is all of them."""
    return None if person.sites is None else sorted(visible_sites(connection, person).values())


def visible_finding(connection: Connection, person: Person, number: int) -> int:
    """Return the site of a finding that somebody may see; for any other there is none of that number."""
    return _seen(
        connection, person, connection.execute(select(findings.c.site_id).where(findings.c.id == number)).scalar()
    )


def visible_thread(connection: Connection, person: Person, number: int) -> int:
    """Return the site of a thread that somebody may see; for any other there is none of that number."""
    return _seen(connection, person, connection.execute(select(posts.c.site_id).where(posts.c.id == number)).scalar())


def _seen(connection: Connection, person: Person, site: int | None) -> int:
    if site is None or (person.sites is not None and site not in visible_sites(connection, person).values()):
        raise HTTPException(404)
    return site
