"""What a cluster keeps in its store: turns, jobs, tokens and locks, without a worker's process."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

pytest.importorskip("procrastinate", reason="pip install 'quotewarden[cluster]'")

from bot.cluster.jobs import (  # what follows needs the extra
    launch_polls,
    launch_polls_of,
    launch_push,
    new_app,
    prepare,
)
from bot.cluster.metrics import WorkerMetrics
from bot.cluster.state import cluster_state
from bot.cluster.tasks import Tasks, _put_back
from bot.config import Config, ConfigError, check_config
from bot.daemon.lock import StoreInUseError
from bot.daemon.polls import PollError, PollOutcome, TimedAction, WatchedSite, Work
from bot.daemon.push import APART_SECONDS
from bot.store.database import Store, open_store
from bot.store.errors import StoreError
from bot.store.lock import ServerLock
from bot.store.schedule import begin, drain, due_at_host, due_now, end, leave_alone, take_token, watch
from bot.store.tables import schedule, sites
from tests.conftest import new_database

CONFIG = {"bot": {"mode": "cluster"}, "store": {"url": "postgresql:///x"}}


@pytest.fixture
def board(postgres: str) -> Iterator[Store]:
    """A store that is a cluster's, with three sites of two hosts that are due."""
    with open_store(new_database(postgres, "postgres")) as store:
        prepare(store)
        prepare(store)
        with store.write() as connection:
            wanted = {"a": "one", "b": "one", "c": "two"}
            watch(connection, wanted, interval=dict.fromkeys(wanted, 0.0))
        yield store


def config(**options: Any) -> Config:
    return check_config({**CONFIG, "cluster": options}, name="the test's")


def tasks(store: Store, poll: Callable[..., PollOutcome], *timed: TimedAction) -> Tasks:
    work = Work(config=config(), sites=[WatchedSite(name=name) for name in "abc"], poll=poll, timed=timed)
    return Tasks(work, store, threads=1, metrics=WorkerMetrics())


def test_each_turn_is_queued_once_and_no_more_of_a_host_than_may_be(board: Store) -> None:
    with board.write() as connection:
        assert launch_polls(connection, at_once=1) == 2
        assert launch_polls(connection, at_once=1) == 0
        assert launch_polls(connection, at_once=2) == 1
        rows = connection.execute(text("SELECT lock, queueing_lock, args FROM procrastinate_jobs ORDER BY id")).all()
        assert [row.args["site"] for row in rows] == ["a", "c", "b"]
        assert all(row.lock == row.queueing_lock for row in rows)
        state = cluster_state(connection, stalled_seconds=30)
        assert (state.sites, state.waiting, state.running, state.stalled) == (3, 3, 0, 0)


def test_a_host_that_wants_quiet_and_a_cluster_that_drains_get_no_polls(board: Store) -> None:
    with board.write() as connection:
        leave_alone(connection, "one", seconds=60)
        assert [one.name for one in due_now(connection, at_once=9)] == ["c"]
        assert due_at_host(connection, "one", at_once=9, besides=0) == []
        drain(connection, is_wanted=True)
        assert due_now(connection, at_once=9) == []
        drain(connection, is_wanted=False)
        assert [one.name for one in due_at_host(connection, "two", at_once=9, besides=0)] == ["c"]


def test_a_push_waits_for_the_poll_that_runs_and_is_no_use_to_a_site_that_failed(board: Store) -> None:
    def due(name: str) -> datetime:
        with board.read() as connection:
            row = connection.execute(select(schedule.c.due_at).join(sites).where(sites.c.name == name))
            return row.scalar_one()

    def run(*names: str) -> list[str]:
        """Take jobs as workers do, and leave them running."""
        fetched = text("SELECT task_name, args FROM procrastinate_fetch_job_v2(ARRAY['polls', 'upkeep'], NULL)")
        taken = []
        while True:
            with board.write() as connection:
                if (row := connection.execute(fetched).one()).task_name is None:
                    return taken
            taken.append(f"{row.task_name} {row.args['site']}")

    with board.write() as connection:
        assert launch_polls(connection, at_once=9) == 3
    assert run() == ["poll a", "poll b", "poll c"]
    with board.write() as connection:
        assert [launch_push(connection, "a", "one", after=0) for _ in range(3)] == [1, 0, 0]
        assert launch_push(connection, "b", "one", after=60) == 1
    assert run() == []
    with board.write() as connection:
        for name, failures in (("a", 0), ("c", 2)):
            assert end(connection, name, due(name), wait=3600, lag=0, failures=failures)
        connection.execute(text("DELETE FROM procrastinate_jobs WHERE task_name = 'poll'"))
    assert run() == ["hasten a"]
    later = due("c")
    for name in "ac":
        tasks(board, lambda site, **given: PollOutcome())._hasten(name, "one", 0)
    assert due("a") <= datetime.now(UTC)
    assert due("c") == later
    # So long after the last page as after a poll that a push had brought about.
    with board.write() as connection:
        connection.execute(text("UPDATE cursors SET moved_at = clock_timestamp()"))
        assert end(connection, "a", due("a"), wait=3600, lag=0)
    tasks(board, lambda site, **given: PollOutcome())._hasten("a", "one", 0)
    assert timedelta(seconds=APART_SECONDS - 5) < due("a") - datetime.now(UTC) <= timedelta(seconds=APART_SECONDS)


def test_a_job_that_died_after_it_had_queued_the_next_one_is_not_put_back(board: Store) -> None:
    with board.write() as connection:
        [one] = due_at_host(connection, "two", at_once=9, besides=0)
        assert launch_polls_of(connection, "two", at_once=9, besides=0) == 1
        begun = connection.execute(text("UPDATE procrastinate_jobs SET status = 'doing' RETURNING id")).scalar_one()
        assert end(connection, "c", one.due_at, wait=0, lag=0)
        assert launch_polls_of(connection, "two", at_once=9, besides=begun) == 1

    async def put_back() -> None:
        async with new_app(board.engine.url, tasks(board, lambda site, **given: PollOutcome())).open_async() as app:
            for number in numbers:
                await _put_back(app.job_manager, number)

    numbers = [begun]
    asyncio.run(put_back())
    with board.write() as connection:
        [(next_one, status)] = connection.execute(text("SELECT id, status FROM procrastinate_jobs")).all()
        connection.execute(text("UPDATE procrastinate_jobs SET status = 'doing'"))
    assert (next_one > begun, status) == (True, "todo")
    numbers = [next_one]
    asyncio.run(put_back())
    with board.read() as connection:
        assert connection.execute(text("SELECT id, status FROM procrastinate_jobs")).all() == [(next_one, "todo")]


def test_a_turn_is_ended_once(board: Store) -> None:
    with board.write() as connection:
        [one] = due_at_host(connection, "two", at_once=9, besides=0)
        assert begin(connection, "c", one.due_at) is not None
        assert end(connection, "c", one.due_at, wait=60, lag=1.5)
        assert not end(connection, "c", one.due_at, wait=0, lag=9)
        assert begin(connection, "c", one.due_at) is None
        assert due_at_host(connection, "two", at_once=9, besides=0) == []


def test_sites_come_and_go_and_keep_their_place(board: Store) -> None:
    with board.write() as connection:
        [one] = due_at_host(connection, "two", at_once=9, besides=0)
        watch(connection, {"c": "three", "d": "one"}, interval={"c": 60, "d": 60})
        rows = connection.execute(select(sites.c.name, schedule.c.host, schedule.c.due_at).join(sites)).all()
        assert {(row[0], row[1]) for row in rows} == {("c", "three"), ("d", "one")}
        assert next(row.due_at for row in rows if row.name == "c") == one.due_at


def test_failures_in_a_row_are_counted_over_all_workers(board: Store) -> None:
    def fails(site: WatchedSite, **given: object) -> PollOutcome:
        raise PollError("it is down", retry_after=120)

    for _ in range(2):
        with board.write() as connection:
            connection.execute(text("UPDATE schedule SET due_at = clock_timestamp()"))
            due = connection.execute(select(schedule.c.due_at).join(sites).where(sites.c.name == "a")).scalar_one()
        tasks(board, fails)._poll("a", "one", due, 0)
    with board.read() as connection:
        row = connection.execute(select(schedule).join(sites).where(sites.c.name == "a")).one()
        quiet = connection.execute(text("SELECT quiet_until - clock_timestamp() FROM hosts")).scalar_one()
    assert row.failures == 2
    assert row.due_at > datetime.now(UTC) + timedelta(seconds=100)
    assert timedelta(0) < quiet <= timedelta(seconds=60)
    # Nobody polls for a turn that is over.
    tasks(board, lambda site, **given: pytest.fail("polled"))._poll("a", "one", due, 0)


def test_work_of_a_time_of_day_is_done_once_by_whoever_comes_first(board: Store) -> None:
    done: list[str] = []
    morning = TimedAction(name="digest", cron="0 7 * * *", zone="Europe/Berlin", act=lambda: done.append("digest"))
    workers = [tasks(board, lambda site, **given: PollOutcome(), morning) for _ in range(2)]
    workers[0]._launch()
    due = datetime(2026, 3, 1, 6, tzinfo=UTC)
    with board.write() as connection:
        connection.execute(text("UPDATE timed SET due_at = :due"), {"due": due})
    for worker in workers:
        worker._launch()
    with board.read() as connection:
        query = text("SELECT args FROM procrastinate_jobs WHERE task_name = 'act'")
        [args] = connection.execute(query).scalars()
    assert args == {"name": "digest", "due": due.isoformat()}
    for worker in workers:
        worker._act("digest", datetime.fromisoformat(args["due"]))
    assert done == ["digest"]
    with board.read() as connection:
        assert connection.execute(text("SELECT due_at > clock_timestamp() FROM timed")).scalar()


def test_requests_to_a_host_are_counted_over_all_workers(board: Store) -> None:
    with open_store(str(board.engine.url.set(drivername="postgresql"))) as other:
        waits = []
        for number in range(12):
            with (board, other)[number % 2].write() as connection:
                waits.append(take_token(connection, "one", rate=0.1))
        with board.write() as connection:
            assert take_token(connection, "two", rate=0.1) == 0
    # The first is free; each of the others waits ten seconds longer than the one before, less what time it took.
    assert waits[0] == 0
    assert all(9 * number <= wait <= 10 * number for number, wait in enumerate(waits))


def test_workers_keep_a_single_daemon_off_the_store(board: Store) -> None:
    first, second, alone = (ServerLock(board, is_shared=shared) for shared in (True, True, False))
    first.acquire()
    second.acquire()
    with board.read() as connection:
        assert cluster_state(connection, stalled_seconds=30).workers == 2
    with pytest.raises(StoreInUseError):
        alone.acquire()
    first.release()
    second.release()
    alone.acquire()
    with pytest.raises(StoreInUseError):
        first.acquire()
    alone.release()


def test_a_newer_store_that_only_grew_is_worked_on(board: Store) -> None:
    url = board.engine.url.render_as_string(hide_password=False).replace("+psycopg", "")
    # As the next version will leave it: with a column that has a default, and jobs that say more.
    with board.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9000'"))
        connection.execute(text("ALTER TABLE schedule ADD COLUMN later integer NOT NULL DEFAULT 0"))
    with open_store(url) as store, store.write() as connection:
        watch(connection, {"d": "one"}, interval={"d": 0})
        assert launch_polls(connection, at_once=9) == 1
    with board.write() as connection:
        connection.execute(text("UPDATE store_state SET oldest = '9000'"))
    with pytest.raises(StoreError, match="is of a newer version than this program"):
        open_store(url)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"bot": {"mode": "cluster"}}, "the test's: bot.mode: a cluster wants PostgreSQL: set store.url to postgres"),
        ({**CONFIG, "archive": {"path": "a.db"}}, "the test's: archive.path: a cluster keeps no archive"),
    ],
)
def test_what_a_cluster_cannot_do_is_told(data: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError) as refused:
        check_config(data, name="the test's")
    assert str(refused.value).startswith(told)
