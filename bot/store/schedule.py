"""When sites are polled next, kept in PostgreSQL for many workers; every time is the server's, so that all agree."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    BindParameter,
    Connection,
    Float,
    Interval,
    Text,
    TextClause,
    bindparam,
    delete,
    func,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql

from bot.store.sites import insert_if_new, number_of
from bot.store.tables import cursors, hosts, schedule, sites, store_state, timed

# Whoever decides which polls come next does so alone; no other program on the same server may lock by this number.
_LAUNCHING = 5_117_904_213
# So many jobs may wait for workers; what is due beyond that stays in the schedule, oldest first.
_MOST_WAITING = 5000

# A site that has a job, waiting or running, gets no second one; both conditions have an index of Procrastinate's. Of
# each host only as many rows are looked at as are wanted, however many are due.
_DUE = """
WITH live AS (
    SELECT args ->> 'host' AS host, count(*) AS jobs, count(*) FILTER (WHERE status = 'todo') AS waiting
    FROM procrastinate_jobs WHERE status IN ('todo', 'doing') AND task_name = 'poll' AND id <> :besides GROUP BY 1
), wanted AS ({wanted})
SELECT due.site_id, sites.name, wanted.host, due.due_at
FROM wanted LEFT JOIN live ON live.host = wanted.host LEFT JOIN hosts ON hosts.name = wanted.host
CROSS JOIN LATERAL (
    SELECT s.site_id, s.due_at FROM schedule s
    WHERE s.host = wanted.host AND s.due_at <= clock_timestamp()
    AND NOT EXISTS (
        SELECT FROM procrastinate_jobs j
        WHERE j.lock = 'site ' || s.site_id AND j.status = 'doing' AND j.id <> :besides
    )
    AND NOT EXISTS (SELECT FROM procrastinate_jobs j WHERE j.queueing_lock = 'site ' || s.site_id AND j.status = 'todo')
    ORDER BY s.due_at, s.site_id LIMIT greatest(0, :at_once - coalesce(live.jobs, 0))
) AS due
JOIN sites ON sites.id = due.site_id
WHERE coalesce(hosts.quiet_until <= clock_timestamp(), true)
ORDER BY due.due_at, due.site_id
LIMIT greatest(0, :most - (SELECT coalesce(sum(waiting), 0)::bigint FROM live))
"""
_DUE_ANYWHERE = text(
    _DUE.format(wanted="SELECT DISTINCT schedule.host FROM schedule WHERE schedule.due_at <= clock_timestamp()")
)
_DUE_AT_HOST = text(_DUE.format(wanted="SELECT CAST(:host AS text) AS host"))
_LIVE_AT_HOST = text("""
SELECT count(*) FROM procrastinate_jobs
WHERE status IN ('todo', 'doing') AND task_name = 'poll' AND id <> :besides AND args ->> 'host' = :host
""")
# A token that a server's crash forgets is no harm, and every request waits for it: not for the disk as well.
_TOKEN = text("""
INSERT INTO hosts (name, tokens, refilled_at) VALUES (:host, :burst - 1, clock_timestamp())
ON CONFLICT (name) DO UPDATE SET
    tokens = least(
        :burst, hosts.tokens + :rate * extract(epoch FROM clock_timestamp() - hosts.refilled_at)::float8
    ) - 1,
    refilled_at = clock_timestamp()
RETURNING tokens, set_config('synchronous_commit', 'off', true)
""").bindparams(bindparam("host", type_=Text), bindparam("rate", type_=Float), bindparam("burst", type_=Float))
# Built once: of a poll that brings nothing, building its statements would be a good part.
_TURN = (
    select(schedule, func.extract("epoch", func.clock_timestamp() - schedule.c.due_at).label("late"))
    .join(sites, sites.c.id == schedule.c.site_id)
    .where(sites.c.name == bindparam("site"), schedule.c.due_at == bindparam("due"))
)
_HAS_DUE = (
    select(schedule.c.site_id)
    .where(schedule.c.host == bindparam("of_host"), schedule.c.due_at <= func.clock_timestamp())
    .limit(1)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Hold a site's turn: what is polled, when it was due."""

    site: int
    name: str
    host: str
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Hold what is known of a site as its turn begins; `lag` in seconds, `failures` in a row before it."""

    lag: float
    failures: int
    is_open: bool


def watch(connection: Connection, wanted: Mapping[str, str], *, interval: Mapping[str, float]) -> None:
    """Make the schedule that of the sites wanted, each with its host; new ones are spread over their interval."""
    now = _now(connection)
    names = sorted(wanted)
    numbers = {row.name: row.id for row in connection.execute(select(sites.c.id, sites.c.name))}
    if new := [name for name in names if name not in numbers]:
        rows = [{"name": name, "added_at": now} for name in new]
        connection.execute(insert_if_new(connection, sites), rows)
        numbers = {row.name: row.id for row in connection.execute(select(sites.c.id, sites.c.name))}
        rows = [{"site_id": numbers[name], "value": "null"} for name in new]
        connection.execute(insert_if_new(connection, cursors), rows)
    known = {row.site_id: row.host for row in connection.execute(select(schedule.c.site_id, schedule.c.host))}
    fresh = [name for name in names if numbers[name] not in known]
    if fresh:
        rows = [
            {
                "site_id": numbers[name],
                "host": wanted[name],
                "due_at": now + timedelta(seconds=place * min(1.0, interval[name] / len(fresh))),
            }
            for place, name in enumerate(fresh)
        ]
        connection.execute(insert_if_new(connection, schedule), rows)
    moved = [
        {"number": numbers[name], "host": wanted[name]}
        for name in names
        if numbers[name] in known and known[numbers[name]] != wanted[name]
    ]
    if moved:
        connection.execute(update(schedule).where(schedule.c.site_id == bindparam("number")), moved)
    if gone := [number for number in known if number not in {numbers[name] for name in names}]:
        connection.execute(delete(schedule).where(schedule.c.site_id.in_(gone)))


def due_now(connection: Connection, *, at_once: int) -> Sequence[Due]:
    """Return the sites whose turn it is, the longest overdue first, with at most `at_once` jobs of a host.

    No other worker decides this until the transaction ends. While the cluster drains there are none.
    """
    return _due(connection, _DUE_ANYWHERE, {"at_once": at_once, "besides": 0})


def due_at_host(connection: Connection, host: str, *, at_once: int, besides: int) -> Sequence[Due]:
    """Return the same for one host, once half of its jobs are done; `besides` is a job that is about to end."""
    given = {"host": host, "besides": besides}
    is_due = connection.execute(_HAS_DUE, {"of_host": host}).first() is not None
    if not is_due or connection.execute(_LIVE_AT_HOST, given).scalar_one() > at_once // 2:
        return []
    return _due(connection, _DUE_AT_HOST, {"at_once": at_once, **given})


def _due(connection: Connection, query: TextClause, given: dict[str, object]) -> Sequence[Due]:
    connection.execute(select(func.pg_advisory_xact_lock(_LAUNCHING)))
    if draining_since(connection) is not None:
        return []
    found = connection.execute(query, {"most": _MOST_WAITING, **given})
    return [Due(site=row.site_id, name=row.name, host=row.host, due_at=row.due_at) for row in found]


def begin(connection: Connection, name: str, due_at: datetime) -> Turn | None:
    """Return how a site stands as the turn that was due then begins; None when that turn was taken already."""
    row = connection.execute(_TURN, {"site": name, "due": due_at}).first()
    if row is None:
        return None
    return Turn(lag=max(0.0, float(row.late)), failures=row.failures, is_open=row.is_open)


def end(
    connection: Connection,
    name: str,
    due_at: datetime,
    *,
    wait: float,
    lag: float,
    failures: int = 0,
    is_open: bool = False,
) -> bool:
    """Set when a site is due next; False, and nothing done, when its turn was ended already.

    `wait` is in seconds, counted from when it was due, or after a failure from now; what is past then is due at once.
    """
    now = func.clock_timestamp()
    then = _seconds(wait)
    done = connection.execute(
        update(schedule)
        .where(schedule.c.site_id == number_of(name), schedule.c.due_at == due_at)
        .values(
            due_at=now + then if failures else func.greatest(now, schedule.c.due_at + then),
            lag_seconds=lag,
            failures=failures,
            is_open=is_open,
        )
    )
    return done.rowcount == 1


def hasten(connection: Connection, name: str, *, apart: float) -> None:
    """Have a site due now, `apart` seconds after its last page at the soonest; one that failed waits all the same."""
    number = number_of(name)
    taken = select(cursors.c.moved_at).where(cursors.c.site_id == number).scalar_subquery()
    soonest = func.greatest(func.clock_timestamp(), taken + _seconds(apart))
    connection.execute(
        update(schedule)
        .where(schedule.c.site_id == number, schedule.c.failures == 0, schedule.c.due_at > soonest)
        .values(due_at=soonest)
    )


def next_time(connection: Connection, name: str, *, first: datetime) -> datetime:
    """Return when work of a time of day is due; work that is new is due at `first`."""
    connection.execute(insert_if_new(connection, timed).values(name=name, due_at=first))
    due: datetime = connection.execute(select(timed.c.due_at).where(timed.c.name == name)).scalar_one()
    return due


def done_at(connection: Connection, name: str, due_at: datetime, *, then: datetime) -> None:
    """Note that work of a time of day is done, unless somebody has noted it."""
    connection.execute(update(timed).where(timed.c.name == name, timed.c.due_at == due_at).values(due_at=then))


def forget_timed(connection: Connection, names: Collection[str]) -> None:
    """Keep no time of work but of that named."""
    connection.execute(delete(timed).where(timed.c.name.not_in(names)))


def leave_alone(connection: Connection, host: str, *, seconds: float) -> None:
    """Begin no poll at a host for so long: it said so."""
    until = func.clock_timestamp() + _seconds(seconds)
    row = postgresql.insert(hosts).values(name=host, tokens=0, refilled_at=func.clock_timestamp(), quiet_until=until)
    connection.execute(row.on_conflict_do_update(index_elements=["name"], set_={"quiet_until": until}))


def take_token(connection: Connection, host: str, *, rate: float) -> float:
    """Take a token for one request of a host; return the seconds until it is good. `rate` is requests a second.

    A token bucket that holds a second's worth, one at least. It may go below zero: who comes later waits longer, so
    that nobody asks in vain and the order is that of coming.
    """
    left = connection.execute(_TOKEN, {"host": host, "rate": rate, "burst": max(1.0, rate)}).scalar_one()
    return max(0.0, -float(left) / rate)


def draining_since(connection: Connection) -> datetime | None:
    """Return since when no poll is begun; None when they are."""
    found: datetime | None = connection.execute(select(store_state.c.draining_since)).scalar()
    return found


def drain(connection: Connection, *, is_wanted: bool) -> None:
    """Begin no poll any more, or begin them again."""
    since = func.coalesce(store_state.c.draining_since, func.clock_timestamp()) if is_wanted else None
    connection.execute(update(store_state).values(draining_since=since))


def _seconds(seconds: float) -> BindParameter[timedelta]:
    return literal(timedelta(seconds=seconds), Interval())


def _now(connection: Connection) -> datetime:
    now: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
    return now
