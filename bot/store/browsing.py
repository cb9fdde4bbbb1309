"""The queue of findings: filtered, searched and paged by key, in a time that does not grow with the store.

A page is found by an index in the order of the findings' numbers, which is that of their making. What no index knows
(how sure, which words) is looked for among the next `WINDOW` findings; where those hold too few, the page says how far
it has looked and goes on from there.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, Select, func, or_, select, tuple_, union_all

from bot.store.tables import comments, decisions, findings, posts, sites
from bot.store.threads import chunks

State = Literal["open", "snoozed", "confirmed", "dismissed", "resolved", "quiet"]
STATES: tuple[State, ...] = ("open", "snoozed", "confirmed", "dismissed", "resolved", "quiet")
Age = Literal["day", "week", "month", "older"]
AGES: Mapping[Age, timedelta] = {
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=30),
    "older": timedelta(days=30),
}
PAGE = 25
WINDOW = 5_000
# So many are counted; whoever has more has many.
COUNTED = 1_000
_STANDING = ("confirmed", "dismissed", "snoozed")
# Somebody's few sites are read one by one, each in its own order.
_FEW = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Say which findings are wanted.

    `sites` are numbers, None is all; `sure` is the least confidence; `before` is the number of a finding that the page
    goes on after.
    """

    sites: Collection[int] | None = None
    state: State = "open"
    rule: str | None = None
    age: Age | None = None
    sure: float | None = None
    words: str = ""
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """Hold the numbers of a page's findings; `after` is where the next page begins, `looked_to` how far it looked."""

    numbers: Sequence[int]
    after: int | None = None
    looked_to: datetime | None = None


def find(connection: Connection, wanted: Wanted, *, now: datetime, limit: int = PAGE) -> Found:
    """Return a page of findings, the newest first."""
    if wanted.sites is not None and not wanted.sites:
        return Found([])
    conditions = _conditions(connection, wanted, now)
    if not (wanted.words or wanted.sure):
        numbers = _newest(connection, wanted.sites, conditions, limit + 1)
        return Found(numbers[:limit], numbers[limit - 1] if len(numbers) > limit else None)
    if wanted.sites is not None:
        conditions.append(findings.c.site_id.in_(wanted.sites))
    candidates = select(findings.c.id).where(*conditions).order_by(findings.c.id.desc())
    last = connection.execute(candidates.limit(1).offset(WINDOW)).scalar()
    if last is not None:
        conditions.append(findings.c.id > last)
    query = select(findings.c.id).where(*conditions).order_by(findings.c.id.desc())
    if wanted.sure:
        query = query.where(findings.c.confidence >= wanted.sure)
    if wanted.words:
        # Joined, not asked for as EXISTS: PostgreSQL would read all comments for that.
        query = query.join(comments, comments.c.id == findings.c.comment_id).join(
            posts, posts.c.id == comments.c.post_id
        )
    for word in wanted.words.split()[:5]:
        query = query.where(_has(word))
    numbers = list(connection.execute(query.limit(limit + 1)).scalars())
    if len(numbers) > limit:
        return Found(numbers[:limit], numbers[limit - 1])
    if last is None:
        return Found(numbers)
    looked_to = connection.execute(select(findings.c.found_at).where(findings.c.id == last)).scalar()
    return Found(numbers, last + 1, looked_to)


def count(connection: Connection, wanted: Wanted, *, now: datetime) -> int:
    """Return how many findings there are of a site, state, rule and age, up to COUNTED."""
    if wanted.sites is not None and not wanted.sites:
        return 0
    conditions = _conditions(connection, wanted, now)
    if wanted.sites is not None:
        conditions.append(findings.c.site_id.in_(wanted.sites))
    some = select(findings.c.id).where(*conditions).limit(COUNTED).subquery()
    return connection.execute(select(func.count()).select_from(some)).scalar_one()


def details(connection: Connection, numbers: Collection[int]) -> list[Row[Any]]:
    """Return findings with the comments, threads, sites and last decisions that they go with, in the order given."""
    rows: dict[int, Row[Any]] = {}
    past, undone = decisions.alias("past"), decisions.alias("undone")
    is_undone = select(undone.c.id).where(undone.c.finding_id == findings.c.id, undone.c.undoes == past.c.id).exists()
    standing = (
        select(func.max(past.c.id))
        .where(past.c.finding_id == findings.c.id, past.c.verdict.in_(_STANDING), ~is_undone)
        .correlate(findings)
        .scalar_subquery()
    )
    for chunk in chunks(numbers):
        joined = (
            select(
                findings,
                sites.c.name.label("site"),
                posts.c.id.label("post_number"),
                posts.c.platform_id.label("thread_id"),
                posts.c.title,
                posts.c.url.label("thread_url"),
                comments.c.platform_id.label("comment"),
                comments.c.author,
                comments.c.body,
                comments.c.format,
                comments.c.url,
                comments.c.hash,
                comments.c.posted_at,
                comments.c.deleted_at,
                decisions.c.id.label("decision"),
                decisions.c.verdict,
                decisions.c.reason,
                decisions.c.until,
                decisions.c.moderator,
                decisions.c.decided_at.label("last_decided_at"),
            )
            .join_from(findings, comments, comments.c.id == findings.c.comment_id)
            .join(posts, posts.c.id == comments.c.post_id)
            .join(sites, sites.c.id == findings.c.site_id)
            .outerjoin(decisions, decisions.c.id == standing)
            .where(findings.c.id.in_(chunk))
        )
        rows |= {row.id: row for row in connection.execute(joined)}
    return [rows[number] for number in numbers if number in rows]


def source_texts(connection: Connection, rows: Sequence[Row[Any]]) -> dict[int, Row[Any]]:
    """Return the post or comment that each finding's words are from, by the finding's number."""
    found: dict[int, Row[Any]] = {}
    of_posts = {row.id: row.post_number for row in rows if row.source and row.source["kind"] == "post"}
    of_comments = {
        row.id: (row.site_id, row.source["id"]) for row in rows if row.source and row.source["kind"] == "comment"
    }
    if of_posts:
        query = select(posts).where(posts.c.id.in_(set(of_posts.values())))
        by_number = {row.id: row for row in connection.execute(query)}
        found |= {number: by_number[post] for number, post in of_posts.items() if post in by_number}
    if of_comments:
        places = tuple_(comments.c.site_id, comments.c.platform_id).in_(set(of_comments.values()))
        by_place = {
            (row.site_id, row.platform_id): row
            for row in connection.execute(select(comments).where(places, comments.c.deleted_at.is_(None)))
        }
        found |= {number: by_place[place] for number, place in of_comments.items() if place in by_place}
    return found


def _conditions(connection: Connection, wanted: Wanted, now: datetime) -> list[ColumnElement[bool]]:
    conditions = [findings.c.state == wanted.state]
    if wanted.rule is not None:
        conditions.append(findings.c.rule == wanted.rule)
    if wanted.before is not None:
        conditions.append(findings.c.id < wanted.before)
    if wanted.age is not None:
        since = findings.c.found_at >= now - AGES[wanted.age]
        first = connection.execute(
            select(findings.c.id).where(since).order_by(findings.c.found_at, findings.c.id).limit(1)
        ).scalar()
        if wanted.age == "older":
            conditions.append(findings.c.id < first if first is not None else findings.c.id > 0)
        else:
            conditions.append(findings.c.id >= first if first is not None else findings.c.id < 0)
    return conditions


def _newest(
    connection: Connection, of: Collection[int] | None, conditions: list[ColumnElement[bool]], limit: int
) -> list[int]:
    query: Select[Any] = select(findings.c.id).where(*conditions).order_by(findings.c.id.desc()).limit(limit)
    if of is not None and 1 < len(of) <= _FEW:
        each = [query.where(findings.c.site_id == site).subquery() for site in sorted(of)]
        every = union_all(*(select(one.c.id) for one in each)).subquery()
        query = select(every.c.id).order_by(every.c.id.desc()).limit(limit)
    elif of is not None:
        query = query.where(findings.c.site_id.in_(of))
    return list(connection.execute(query).scalars())


def _has(word: str) -> ColumnElement[bool]:
    """Ask for a word in the passage, the commenter's name or the thread's title."""
    pattern = "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    return or_(
        *(column.ilike(pattern, escape="\\") for column in (findings.c.excerpt, comments.c.author, posts.c.title))
    )
