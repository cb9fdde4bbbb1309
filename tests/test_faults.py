"""Whatever goes wrong at a site, on the way or in the store: it is told in one line, and nothing is lost or doubled."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pytest_mock import MockerFixture
from sqlalchemy import event

from adapters.platforms import wordpress
from adapters.site import open_site
from bot.config import Config, check_config
from bot.daemon.lock import StoreInUseError
from bot.daemon.polls import PollError, PollOutcome
from bot.judging import Judge
from bot.polling import Poller
from bot.store import database
from bot.store.database import Store, open_store
from bot.store.lock import ServerLock
from bot.store.polls import SiteState, site_states
from bot.store.tables import comments, outbox, polls
from tests.board import Board
from tests.mini_wordpress import Fault, MiniWordPress
from tests.postgres import HOW_TO_GET, binaries, cluster
from tests.stored import Blog, finding_rows

SITE = "blog.example"
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
LINE = "A bridge that is closed for two summers takes the fish market with it, whatever the plan says."


class Watched:
    """Be a blog and a store that follows it; `now` is our own clock."""

    def __init__(self, store: Store, server: MiniWordPress, config: Config) -> None:
        self.store, self.server, self.board = store, server, server.board
        self.now = START
        site = open_site(SITE, "wordpress", config.sites[SITE].options, environment={})
        self.poller = Poller(store, Judge(config), {SITE: (site, config.sites[SITE])}, now=lambda: self.now)

    def write(self, count: int) -> None:
        """Let readers write comments, every fifth one with somebody else's words."""
        for number in range(count):
            self.board.now = self.now.timestamp() + number // 10
            words = f"“{LINE}” Who would believe that, number {number}?" if number % 5 == 4 else f"{LINE} So {number}."
            self.board.create(words, author=f"reader {number}")

    def poll(self) -> PollOutcome:
        return self.poller.poll(SITE)

    def failing(self) -> PollError:
        """Poll, and return why that failed."""
        with pytest.raises(PollError) as failed:
            self.poll()
        assert "\n" not in str(failed.value)
        return failed.value

    def ids(self) -> list[str]:
        with self.store.read() as connection:
            return [row[0] for row in connection.execute(comments.select().with_only_columns(comments.c.platform_id))]

    def state(self) -> SiteState:
        with self.store.read() as connection:
            [state] = site_states(connection, now=self.now)
        return state

    def is_whole(self) -> bool:
        """Tell whether every comment is stored once, and every open finding is to be told once."""
        with self.store.read() as connection:
            found = finding_rows(connection)
        told = Blog(self.store).rows(outbox, "finding_id")
        written = sorted(str(row.id) for row in self.board.listed())
        return sorted(self.ids()) == written and len(told) == len(set(told)) == sum(row["is_waiting"] for row in found)


@pytest.fixture
def server(mocker: MockerFixture) -> Iterator[MiniWordPress]:
    mocker.patch.object(wordpress, "PER_PAGE", 20)
    serving = MiniWordPress(Board(now=START.timestamp()))
    yield serving
    serving.close()


@pytest.fixture
def config(server: MiniWordPress) -> Config:
    site = {"platform": "wordpress", "url": server.url, "seconds": 0.5}
    return check_config({"sites": {SITE: site}}, name="the test's")


@pytest.fixture
def watched(store: Store, server: MiniWordPress, config: Config) -> Iterator[Watched]:
    followed = Watched(store, server, config)
    followed.write(45)
    yield followed
    followed.poller.retire()


@pytest.fixture
def in_sqlite(server: MiniWordPress, config: Config, sqlite_template: Path, tmp_path: Path) -> Iterator[Watched]:
    """What `watched` is, in SQLite only."""
    (tmp_path / "store.db").write_bytes(sqlite_template.read_bytes())
    with open_store(f"sqlite:///{tmp_path / 'store.db'}") as store:
        followed = Watched(store, server, config)
        followed.write(45)
        yield followed
        followed.poller.retire()


def reset(handler: object) -> bool:
    handler.reset()
    return True


def half(handler: object) -> bool:
    handler.reply(200, b'[{"id": 1, "post": 1, "content": {"rend', length=5000)
    handler.close_connection = True
    return True


def slow(handler: object) -> bool:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    handler.drip(3)
    return True


def answering(status: int, body: bytes, **headers: str) -> Fault:
    def answer(handler: object) -> bool:
        handler.reply(status, body, {name.replace("_", "-"): value for name, value in headers.items()})
        return True

    return answer


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        pytest.param(reset, "", id="reset"),
        pytest.param(half, "", id="half a reply"),
        pytest.param(slow, "", id="slow"),
        pytest.param(answering(200, b'[{"id": '), "JSON", id="wrong JSON"),
        pytest.param(answering(200, b"<html>Be right back"), "JSON", id="a page instead of JSON"),
        pytest.param(answering(500, b"{}"), "500", id="500"),
        pytest.param(answering(503, b"<html>Briefly unavailable"), "503", id="503"),
        pytest.param(answering(200, b'{"code": "nothing"}'), "", id="JSON of another kind"),
    ],
)
def test_a_site_that_fails_is_told_and_read_to_the_end_once_it_is_well(
    watched: Watched, fault: Fault, said: str
) -> None:
    # In the middle of the walk: the first listing comes, and the second fails.
    listings: list[str] = []

    def later(handler: object) -> bool:
        listings.append(handler.path)
        return len(listings) > 4 and fault(handler)

    watched.server.fault = later
    told = watched.failing()
    assert said in str(told)
    assert told.passes
    assert watched.state().error == str(told)
    assert watched.state().last_success is None
    watched.server.fault = None
    watched.poll()
    assert watched.is_whole()
    assert watched.state().error is None


def test_a_site_that_refuses_connections_is_read_once_it_is_back(watched: Watched, store: Store) -> None:
    watched.poll()
    watched.write(5)
    watched.server.close()
    assert watched.failing().passes
    back = MiniWordPress(watched.board, port=watched.server.port)
    watched.poll()
    back.close()
    assert len(watched.ids()) == 50
    assert watched.is_whole()


@pytest.mark.parametrize(("header", "asked"), [({"Retry_After": "120"}, 120.0), ({}, None)])
def test_a_site_that_wants_to_be_left_alone_is(watched: Watched, header: dict[str, str], asked: float | None) -> None:
    watched.server.fault = answering(429, b"{}", **header)
    told = watched.failing()
    assert told.retry_after == (asked and pytest.approx(asked, abs=1))
    before = len(watched.server.asked)
    watched.failing()
    assert len(watched.server.asked) - before <= (0 if asked else 3)


def test_an_hour_of_failures_is_kept_in_the_log_and_costs_no_comment(watched: Watched) -> None:
    watched.server.fault = answering(500, b"{}")
    for _ in range(12):
        watched.now += timedelta(minutes=5)
        watched.write(1)
        watched.failing()
    state = watched.state()
    assert (state.failures, state.comments, state.last_success) == (12, 0, None)
    watched.server.fault = None
    watched.poll()
    assert watched.is_whole()
    assert watched.state().last_success == watched.now


def test_polls_that_bring_nothing_leave_one_line(watched: Watched) -> None:
    for _ in range(5):
        watched.now += timedelta(minutes=5)
        watched.poll()
    assert Blog(watched.store).rows(polls, "comments") == [(0,), (45,)]
    assert watched.state().last_poll == watched.now


def test_a_name_that_does_not_resolve_is_told(watched: Watched, mocker: MockerFixture) -> None:
    unknown = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    resolver = mocker.patch("socket.getaddrinfo", side_effect=unknown)
    told = watched.failing()
    assert told.passes
    mocker.stop(resolver)
    watched.poll()
    assert watched.is_whole()


@pytest.mark.parametrize("jump", [timedelta(days=-400), timedelta(days=400)], ids=["back", "ahead"])
def test_our_clock_may_jump(watched: Watched, jump: timedelta) -> None:
    watched.poll()
    watched.write(10)
    watched.now += jump
    watched.poll()
    watched.now -= jump
    watched.now += timedelta(minutes=10)
    watched.write(10)
    watched.poll()
    assert len(watched.ids()) == 65
    assert watched.is_whole()


def test_a_full_disk_is_told_and_costs_no_comment(in_sqlite: Watched) -> None:
    engine = in_sqlite.store.engine
    sizes = [0]

    def limit(connection: object, record: object) -> None:
        pages = sizes[-1] or connection.execute("PRAGMA page_count").fetchone()[0] + 2
        connection.execute(f"PRAGMA max_page_count = {pages}").close()

    event.listen(engine, "connect", limit)
    engine.dispose()
    assert "database or disk is full" in str(in_sqlite.failing())
    sizes.append(2**30)
    engine.dispose()
    in_sqlite.poll()
    assert in_sqlite.is_whole()


def test_a_database_that_another_program_locks_is_told_and_waited_for(
    in_sqlite: Watched, mocker: MockerFixture
) -> None:
    mocker.patch.object(database, "_BUSY_SECONDS", 0.1)
    with open_store(str(in_sqlite.store.engine.url)) as impatient:
        followed = Watched(impatient, in_sqlite.server, check_config({"sites": {SITE: _site(in_sqlite)}}, name="t"))
        with in_sqlite.store.write():
            assert "database is locked" in str(followed.failing())
        followed.poll()
        assert followed.is_whole()
        followed.poller.retire()


def test_a_database_that_is_restarted_keeps_all_and_the_lock_is_taken_again(
    server: MiniWordPress, config: Config
) -> None:
    programs = binaries()
    if programs is None:
        pytest.skip(HOW_TO_GET)
    with cluster(programs) as running, open_store(running.url.format(database="postgres")) as store:
        followed = Watched(store, server, config)
        lock = ServerLock(store)
        lock.acquire()
        followed.write(45)
        followed.poll()
        running.stop()
        assert followed.failing().passes
        lock.keep()
        running.start()
        followed.write(5)
        followed.poll()
        assert followed.is_whole()
        lock.keep()
        lock.keep()
        with pytest.raises(StoreInUseError, match="another daemon works on this store"):
            ServerLock(store).acquire()
        lock.release()
        followed.poller.retire()


def _site(followed: Watched) -> dict[str, object]:
    return {"platform": "wordpress", "url": followed.server.url}
