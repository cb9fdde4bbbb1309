"""Sites, and the cursor of each: how far its comments have been taken."""

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, ScalarSelect, Table, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from adapters.base import Cursor
from bot.store.errors import CursorMoved
from bot.store.tables import cursors, sites


def keep_site(connection: Connection, name: str, *, now: datetime) -> int:
    """Return the site's number; a new site gets one, and a cursor at the beginning."""
    known = site_number(connection, name)
    if known is not None:
        return known
    connection.execute(insert_if_new(connection, sites).values(name=name, added_at=now))
    number: int = connection.execute(select(sites.c.id).where(sites.c.name == name)).scalar_one()
    connection.execute(insert_if_new(connection, cursors).values(site_id=number, value=_json(None)))
    return number


# Built once, for they are asked at each poll, whatever it brings.
_NUMBER = select(sites.c.id).where(sites.c.name == bindparam("site"))
_PLACE = (
    select(sites.c.id, sites.c.watched_from, cursors.c.value, cursors.c.pages, cursors.c.rescanned_at)
    .join(cursors, cursors.c.site_id == sites.c.id)
    .where(sites.c.name == bindparam("site"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Hold how far a site has been read: `pages` ever taken, when it was last read again for edits and deletions."""

    cursor: Cursor
    pages: int
    rescanned_at: datetime | None


def watch_site(connection: Connection, name: str, *, since: datetime, now: datetime) -> Place:
    """Watch a site from a moment on, and return its place; one that is watched from earlier on already stays so."""
    row = connection.execute(_PLACE, {"site": name}).first()
    if row is None:
        keep_site(connection, name, now=now)
        row = connection.execute(_PLACE, {"site": name}).one()
    cursor: Cursor = json.loads(row.value)
    if cursor is None if row.watched_from is None else row.watched_from > since:
        connection.execute(update(sites).where(sites.c.id == row.id).values(watched_from=since))
    return Place(cursor=cursor, pages=row.pages, rescanned_at=row.rescanned_at)


def watched_from(connection: Connection, site: int) -> datetime | None:
    """Return since when a site's comments are judged; None is since ever."""
    found: datetime | None = connection.execute(select(sites.c.watched_from).where(sites.c.id == site)).scalar_one()
    return found


def site_number(connection: Connection, name: str) -> int | None:
    """Return the number of a site, None when the store has not met it."""
    return connection.execute(_NUMBER, {"site": name}).scalar()


def number_of(name: str) -> ScalarSelect[int]:
    """Return the number of a site, to be asked for within another statement."""
    return select(sites.c.id).where(sites.c.name == name).scalar_subquery()


def cursor_of(connection: Connection, name: str) -> Cursor:
    """Return where the next page of a site begins; None is the beginning."""
    joined = select(cursors.c.value).join(sites, sites.c.id == cursors.c.site_id).where(sites.c.name == name)
    found = connection.execute(joined).scalar()
    cursor: Cursor = None if found is None else json.loads(found)
    return cursor


def move_cursor(
    connection: Connection, site: int, *, after: Cursor, to: Cursor, now: datetime, pages: int | None = None
) -> None:
    """Move a cursor that still stands at `after`; raises CursorMoved.

    With `pages` no page may have been taken since there were so many: where nothing is new a cursor stays where it is,
    and yet an edit that another poll has read must not be undone by an older page.
    It locks the site for the rest of the transaction: pages of one site are taken one after the other.
    """
    stands = [cursors.c.site_id == site, cursors.c.value == _json(after)]
    if pages is not None:
        stands.append(cursors.c.pages == pages)
    moved = connection.execute(
        update(cursors).where(*stands).values(value=_json(to), moved_at=now, pages=cursors.c.pages + 1)
    )
    if moved.rowcount != 1:
        raise CursorMoved("the page was read from a place that the store has left since: read it again")


def note_rescan(connection: Connection, name: str, *, now: datetime) -> None:
    """Note that a site was read again for edits and deletions."""
    connection.execute(update(cursors).where(cursors.c.site_id == number_of(name)).values(rescanned_at=now))


def lock_site(connection: Connection, site: int) -> None:
    """Let no page of the site be taken until the transaction ends."""
    connection.execute(update(cursors).where(cursors.c.site_id == site).values(value=cursors.c.value))


def insert_if_new(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Return an INSERT that passes over rows which are there already."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing()
    return postgresql.insert(table).on_conflict_do_nothing()


def _json(cursor: Cursor) -> str:
    return json.dumps(cursor, sort_keys=True)
