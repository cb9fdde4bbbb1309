"""Posts and comments: what is kept of them at each sighting, and threads read back."""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, bindparam, select, update

from adapters.base import Sighting
from adapters.thread import Comment, Post, Thread
from bot.store.tables import comments, posts, sites
from bot.store.types import storable, utc

T = TypeVar("T")
Values = dict[str, Any]

# Where a comment stands in its thread. Within a second the ids decide: those that are numbers grow.
Place = tuple[datetime, int, str]
START: Place = (datetime.min.replace(tzinfo=UTC), 0, "")

# The number of a post, and the platform's id of a comment under it; an empty one is the post itself.
Text = tuple[int, str]

# SQLite takes 32,766 values in a statement; shorter ones are prepared faster.
_CHUNK = 500
# PostgreSQL indexes values of up to 2,704 bytes; nobody's id or name is a quarter as long.
_INDEXED = 500


@dataclass(slots=True)
class Kept:
    """Count what a page brought; `touched` has the first place in each thread from which the rules run anew.

    `texts` are those that are new, changed or gone.
    """

    new: int = 0
    edited: int = 0
    unchanged: int = 0
    deleted: int = 0
    edited_ids: set[str] = field(default_factory=set)
    aside: dict[str, str] = field(default_factory=dict)
    touched: dict[int, Place] = field(default_factory=dict)
    texts: set[Text] = field(default_factory=set)

    def touch(self, post: int, place: Place) -> None:
        """Note that a thread changed at a place."""
        self.touched[post] = min(self.touched.get(post, place), place)


@dataclass(frozen=True, slots=True)
class StoredThread:
    """Hold a thread as it stands in the store, with the numbers and places of its comments in the same order."""

    thread: Thread
    numbers: Sequence[int]
    places: Sequence[Place]


def keep_posts(
    connection: Connection, site: int, seen: Sequence[Post], named: Collection[str], kept: Kept, *, now: datetime
) -> dict[str, int]:
    """Insert or update posts, and make room for those that are only named; return their numbers by platform id."""
    values = {row["platform_id"]: row for row in (_post_values(post) for post in seen if len(post.id) <= _INDEXED)}
    for platform_id in filter(_is_indexable, (storable(id) for id in named)):
        values.setdefault(platform_id, {"platform_id": platform_id, "hash": None, "body": "", "format": "plain"})
    known = {row.platform_id: row for row in _select(connection, posts, site, values)}
    new = [{"site_id": site, "seen_at": now, **row} for id, row in values.items() if id not in known]
    changed = [
        {"number": known[id].id, **row}
        for id, row in values.items()
        if id in known and row["hash"] not in (None, known[id].hash)
    ]
    _insert(connection, posts, new)
    _update(connection, posts, changed)
    for row in changed:
        kept.touch(row["number"], START)
    added = [row["platform_id"] for row in new]
    numbers = {id: row.id for id, row in known.items()}
    numbers |= {row.platform_id: row.id for row in _select(connection, posts, site, added)}
    kept.texts |= {(numbers[row["platform_id"]], "") for row in (*new, *changed) if row["hash"] is not None}
    return numbers


def keep_comments(
    connection: Connection,
    site: int,
    seen: Sequence[Sighting],
    post_numbers: Mapping[str, int],
    kept: Kept,
    *,
    now: datetime,
) -> None:
    """Insert or update comments by id and content hash; one that cannot be stored is set aside."""
    values: dict[str, Values] = {}
    for sighting in sorted(seen, key=_version):
        try:
            row = _comment_values(sighting)
        except Exception as error:  # noqa: BLE001  # whatever an adapter made of it, the page goes on
            kept.aside[storable(str(sighting.comment.id))[:_INDEXED]] = f"{type(error).__name__}: {error}"
        else:
            values[row["platform_id"]] = row
    known = {row.platform_id: row for row in _select(connection, comments, site, values)}
    new: list[Values] = []
    changed: list[Values] = []
    restated: list[Values] = []
    for id, row in values.items():
        before = known.get(id)
        post = row["post_id"] = post_numbers[row["post_id"]]
        row["placed_at"] = row["posted_at"] or (before.seen_at if before else now)
        if before is None:
            new.append({"site_id": site, "seen_at": now, "forgotten": False, **row})
            kept.touch(post, _place(row["placed_at"], id))
            kept.texts.add((post, id))
        elif before.forgotten:
            kept.unchanged += 1
        elif before.hash != row["hash"] or before.deleted_at is not None:
            changed.append({"number": before.id, "changed_at": now, "deleted_at": None, **row})
            kept.edited_ids.add(id)
            kept.touch(post, _place(row["placed_at"], id))
            kept.touch(before.post_id, _place(before.placed_at, id))
            kept.texts |= {(post, id), (before.post_id, id)}
        else:
            kept.unchanged += 1
            rest = {name: row[name] for name in ("status", "url", "edited_at")}
            if any(getattr(before, name) != value for name, value in rest.items()):
                restated.append({"number": before.id, **rest})
    _insert(connection, comments, new)
    _update(connection, comments, changed)
    _update(connection, comments, restated)
    kept.new, kept.edited = len(new), len(changed)


def erase_comments(
    connection: Connection, site: int, gone: Mapping[str, str | None], kept: Kept, *, now: datetime
) -> list[int]:
    """Erase the words of comments, given with their last status if it is known; return their numbers."""
    rows = [row for row in _select(connection, comments, site, gone) if row.deleted_at is None]
    wiped = {"body": "", "author": None, "url": None, "deleted_at": now}
    _update(
        connection,
        comments,
        [{"number": row.id, "status": gone[row.platform_id] or row.status, **wiped} for row in rows],
    )
    for row in rows:
        kept.touch(row.post_id, _place(row.placed_at, row.platform_id))
        kept.texts.add((row.post_id, row.platform_id))
    kept.deleted += len(rows)
    return [row.id for row in rows]


def load_thread(connection: Connection, site: str, post: int) -> StoredThread:
    """Read a thread with all of its comments that still have words, in time order."""
    top = connection.execute(select(posts).where(posts.c.id == post)).one()
    rows = connection.execute(select(comments).where(comments.c.post_id == post, comments.c.deleted_at.is_(None))).all()
    placed = sorted((_place(row.placed_at, row.platform_id), row) for row in rows)
    thread = Thread(
        site=site,
        id=top.platform_id,
        title=top.title,
        url=top.url,
        post=post_of(top),
        comments=[comment_of(row) for _, row in placed],
    )
    return StoredThread(thread, [row.id for _, row in placed], [place for place, _ in placed])


def stored_threads(connection: Connection) -> Iterator[StoredThread]:
    """Yield every thread, in the order in which they were first seen."""
    every = select(posts.c.id, sites.c.name).join(sites).order_by(posts.c.id)
    for post in connection.execute(every).all():
        yield load_thread(connection, post.name, post.id)


def unseen_posts(connection: Connection, site: int | None, ids: Collection[str]) -> set[str]:
    """Return those of the posts that the store does not have the words of."""
    cleaned = {storable(id): id for id in ids}
    known = _select(connection, posts, site, cleaned) if site is not None else ()
    return set(ids) - {cleaned[row.platform_id] for row in known if row.hash is not None}


def threads_since(connection: Connection, site: int, *, since: datetime) -> list[int]:
    """Return the numbers of a site's posts that have comments posted since then."""
    of_these = (comments.c.site_id == site, comments.c.placed_at >= since, comments.c.deleted_at.is_(None))
    return sorted(connection.execute(select(comments.c.post_id).where(*of_these).distinct()).scalars())


def living_ids(connection: Connection, site: str, *, since: datetime) -> set[str]:
    """Return the ids of the comments of a site, posted since then, that still have words."""
    query = select(comments.c.platform_id).join(sites, sites.c.id == comments.c.site_id)
    of_these = (sites.c.name == site, comments.c.placed_at >= since, comments.c.deleted_at.is_(None))
    return set(connection.execute(query.where(*of_these)).scalars())


def chunks(items: Collection[T], *, size: int = _CHUNK) -> Iterator[list[T]]:
    """Yield the items in lists that one statement takes."""
    left = iter(items)
    while chunk := list(islice(left, size)):
        yield chunk


def _version(sighting: Sighting) -> datetime:
    # Of two sightings of one comment in a page the one that was edited later stands.
    return _time(sighting.comment.edited_at) or START[0]


def _place(placed_at: datetime, id: str) -> Place:
    return placed_at, len(id), id


def _is_indexable(id: str) -> bool:
    return len(id) <= _INDEXED


def _time(value: datetime | None) -> datetime | None:
    try:
        return utc(value) if value else None
    except OverflowError:
        return None  # at the edges of the calendar, which is no time to have posted at


def _post_values(post: Post) -> Values:
    return {
        "platform_id": storable(post.id),
        "hash": _hash(post.title, post.author, post.body, post.format),
        "title": post.title,
        "author": post.author,
        "body": post.body,
        "format": post.format,
        "url": post.url,
        "posted_at": _time(post.posted_at),
    }


def _comment_values(sighting: Sighting) -> Values:
    comment = sighting.comment
    for name in ("id", "body", "format", "parent_id", "author", "url", "status"):
        value = getattr(comment, name)
        if not isinstance(value, str) and (value is not None or name in ("id", "body", "format")):
            raise TypeError(f"its {name} is no text")
    if not (_is_indexable(comment.id) and _is_indexable(sighting.post_id)):
        raise ValueError(f"an id of more than {_INDEXED} characters")
    posted_at = _time(comment.posted_at)
    time = posted_at.isoformat() if posted_at else None
    texts = (comment.parent_id, comment.author, comment.body, comment.format)
    return {
        "platform_id": storable(comment.id),
        "post_id": storable(sighting.post_id),
        "parent_id": comment.parent_id,
        # What the rules look at: a change of status or address alone is no edit.
        "hash": _hash(sighting.post_id, *texts, time),
        "author": comment.author and comment.author[:_INDEXED],
        "body": comment.body,
        "format": comment.format,
        "url": comment.url,
        "status": comment.status,
        "posted_at": posted_at,
        "edited_at": _time(comment.edited_at),
    }


def post_of(row: Row[Any]) -> Post:
    """Return a row's post."""
    return Post(
        id=row.platform_id,
        title=row.title,
        author=row.author,
        body=row.body,
        format=row.format,
        url=row.url,
        posted_at=row.posted_at,
    )


def comment_of(row: Row[Any]) -> Comment:
    """Return a row's comment."""
    return Comment(
        id=row.platform_id,
        parent_id=row.parent_id,
        author=row.author,
        body=row.body,
        format=row.format,
        url=row.url,
        posted_at=row.posted_at,
        edited_at=row.edited_at,
        status=row.status,
    )


def _hash(*parts: str | None) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def _select(connection: Connection, table: Any, site: int, ids: Collection[str]) -> Iterator[Row[Any]]:
    for chunk in chunks(ids):
        yield from connection.execute(select(table).where(table.c.site_id == site, table.c.platform_id.in_(chunk)))


def _insert(connection: Connection, table: Any, rows: list[Values]) -> None:
    # Rows of one statement must name the same columns.
    for names in dict.fromkeys(tuple(sorted(row)) for row in rows):
        connection.execute(table.insert(), [row for row in rows if tuple(sorted(row)) == names])


def _update(connection: Connection, table: Any, rows: list[Values]) -> None:
    if rows:
        connection.execute(update(table).where(table.c.id == bindparam("number")), rows)
