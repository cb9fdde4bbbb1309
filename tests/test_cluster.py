"""The cluster: real workers over a real PostgreSQL; whatever dies, freezes or restarts, each comment is taken once."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import select, text

pytest.importorskip("procrastinate", reason="pip install 'quotewarden[cluster]'")

from adapters.push import SIGNATURE, TIME, sign
from bot.store.database import open_store
from bot.store.errors import StoreError
from bot.store.tables import comments, findings, outbox, sites
from tests import namespaces
from tests.conftest import new_database
from tests.mini_wordpress import ManyBlogs
from tests.namespaces import linked
from tests.postgres import HOW_TO_GET, binaries, cluster
from tests.test_daemon import free_port

BIN = Path(sys.executable).parent
PATIENCE = 300.0
SECRET = "only the cluster and its sites"  # noqa: S105  # nobody's


def eventually(holds: Callable[[], object], told: Callable[[], str] = lambda: "") -> None:
    until = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < until, f"it never came about\n{told()}"
        time.sleep(0.05)


class Hosting:
    """Be a host of blogs, and a cluster that watches them."""

    def __init__(self, folder: Path, url: str, *servers: ManyBlogs, interval: float = 2, **options: Any) -> None:
        self.folder, self.servers = folder, servers
        (folder / "secret").write_text(SECRET)
        self.sites = {
            f"blog{place}-{number}": {
                "platform": "wordpress",
                "url": f"{server.url}/{number}",
                "push_secret.file": str(folder / "secret"),
            }
            for place, server in enumerate(servers)
            for number in range(len(server.boards))
        }
        self.config = {
            "bot": {"mode": "cluster"},
            "store": {"url": url},
            "daemon": {"interval_seconds": interval, "jitter_seconds": 0, "stop_seconds": 3, "backoff_seconds": 1},
            "cluster": {"requests_per_second": 1000, "stalled_seconds": 2} | options,
        }
        lines = "".join(
            f"[{name}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in table.items())
            for name, table in [
                *self.config.items(),
                *((f'sites."{name}"', table) for name, table in self.sites.items()),
            ]
        )
        (folder / "quotewarden.toml").write_text(lines)
        self.store = open_store(url)
        self.workers: list[subprocess.Popen[bytes]] = []

    def work(self, *, concurrency: int = 8, port: int = 0, within: Sequence[str] = ()) -> subprocess.Popen[bytes]:
        """Start a worker."""
        command = [*within, BIN / "quotewarden", "worker", "--port", str(port), "--concurrency", str(concurrency)]
        with (self.folder / "log").open("ab") as log:
            self.workers.append(
                subprocess.Popen(command, cwd=self.folder, stderr=log, env={"PATH": "/usr/sbin:/usr/bin:/bin"})
            )
        return self.workers[-1]

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [BIN / "quotewarden", *arguments], cwd=self.folder, capture_output=True, text=True, timeout=PATIENCE
        )

    def log(self) -> str:
        return (self.folder / "log").read_text()

    def logged(self, event: str) -> bool:
        return f'"{event}"' in self.log()

    def taken(self) -> list[tuple[str, str, str]]:
        with self.store.read() as connection:
            joined = select(sites.c.name, comments.c.platform_id, comments.c.body).join(sites)
            return sorted((row[0], row[1], row[2]) for row in connection.execute(joined))

    def written(self) -> list[tuple[str, str, str]]:
        return sorted(
            (f"blog{place}-{number}", str(row.id), f"<p>{row.text}</p>")
            for place, server in enumerate(self.servers)
            for number, board in enumerate(server.boards)
            for row in board.listed()
        )

    def each_finding_is_told_once(self) -> bool:
        with self.store.read() as connection:
            found = list(connection.execute(select(findings.c.id)).scalars())
            told = list(connection.execute(select(outbox.c.finding_id)).scalars())
        return bool(found) and sorted(found) == sorted(told)

    def polled(self) -> Counter[str]:
        return Counter(path.split("/")[1] for server in self.servers for path in list(server.asked) if "after=" in path)

    def close(self) -> None:
        for worker in self.workers:
            with suppress(ProcessLookupError):
                worker.send_signal(signal.SIGCONT)
            worker.kill()
            worker.wait()
        self.store.close()
        for server in self.servers:
            server.close()


@pytest.fixture
def hosting(tmp_path: Path, postgres: str) -> Iterator[Callable[..., Hosting]]:
    made: list[Hosting] = []

    def make(*counts: int, url: str | None = None, address: str = "127.0.0.1", **options: Any) -> Hosting:
        servers = [ManyBlogs(count, history=3, host=address) for count in counts]
        for server in servers:
            for board in server.boards:
                board.create("https://bridges.example/", author="Pavel")
        made.append(Hosting(tmp_path, url or new_database(postgres, "postgres"), *servers, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_workers_share_the_sites_and_one_may_be_killed(hosting: Callable[..., Hosting]) -> None:
    host = hosting(12, polls_at_once=6, lag_alarm_seconds=0.01)
    running: Counter[str] = Counter()
    doubled: list[str] = []
    [server] = host.servers

    def slow(handler: Any) -> bool:
        blog = handler.path.split("/")[1]
        with server.lock:
            running[blog] += 1
            if running[blog] > 1:
                doubled.append(blog)
        time.sleep(0.1)
        with server.lock:
            running[blog] -= 1
        return False

    server.fault = slow
    first, second = host.work(), host.work()
    eventually(lambda: len(host.polled()) == 12, host.log)
    first.kill()
    first.wait()
    before = host.polled()
    for board in server.boards:
        board.now = time.time()
        board.create("https://bridges.example/again", author="Pavel")
    eventually(lambda: host.taken() == host.written(), host.log)
    eventually(lambda: all(host.polled()[blog] >= before[blog] + 2 for blog in before), host.log)
    assert doubled == []
    assert host.each_finding_is_told_once()
    assert host.logged("polls come too late")

    told = host.command("status")
    assert "1 workers, 12 sites (0 sick); polls: " in told.stdout
    assert "TOO LATE: over 0.01 s" in told.stdout
    assert host.command("run").stderr == (
        "quotewarden: bot.mode is cluster: start `quotewarden worker`, as many as are wanted\n"
    )

    drained = host.command("drain")
    assert (drained.returncode, drained.stdout.split(":")[0]) == (0, "drained"), drained.stderr
    before = host.polled()
    assert "draining since" in host.command("status").stdout
    assert host.polled() == before
    assert host.command("drain", "--end").stdout == "polls begin again\n"
    eventually(lambda: host.polled() != before, host.log)

    second.send_signal(signal.SIGTERM)
    assert second.wait(PATIENCE) == 0
    assert "Traceback" not in host.log()


def test_a_worker_that_wakes_up_late_changes_nothing(hosting: Callable[..., Hosting]) -> None:
    host = hosting(1)
    [server], [board] = host.servers, host.servers[0].boards
    edited = board.create("https://bridges.example/first", author="Eve")
    worker = host.work()
    eventually(lambda: host.taken() == host.written(), host.log)
    # From here on the listing's reply leaves when we say so.
    held, go = threading.Event(), threading.Event()

    def hold(handler: Any) -> bool:
        if "after=" in handler.path and not go.is_set():
            parts, query = handler.path.split("?")
            with server.lock:
                asked = dict(pair.split("=", 1) for pair in query.split("&"))
                asked["after"] = asked["after"].replace("%3A", ":")
                status, data, headers = server.answer(parts, asked)
            held.set()
            go.wait(PATIENCE)
            handler.reply(status, json.dumps(data).encode(), headers)
            return True
        return False

    server.fault = hold
    assert held.wait(PATIENCE)
    worker.send_signal(signal.SIGSTOP)
    # What the sleeper has read is old now; nothing else is new, so the cursor will stay where it is.
    board.edit(edited, "I have taken the address back, it was wrong.")
    go.set()
    server.fault = None
    host.work()
    eventually(lambda: host.logged("a job's worker is silent; the job is retried"), host.log)
    eventually(lambda: host.taken() == host.written(), host.log)
    worker.send_signal(signal.SIGCONT)
    eventually(lambda: host.logged("another poll of the site was faster; this one ends"), host.log)
    before = host.polled()["0"]
    eventually(lambda: host.polled()["0"] > before + 2, host.log)
    assert host.taken() == host.written()
    with host.store.read() as connection:
        reasons = sorted(map(str, connection.execute(select(findings.c.resolved_reason)).scalars()))
        errors = connection.execute(text("SELECT count(*) FROM polls WHERE error IS NOT NULL")).scalar()
    assert reasons == ["None", "removed"]
    assert errors == 0


def test_a_database_that_restarts_or_cuts_its_connections_is_found_again(
    hosting: Callable[..., Hosting],
) -> None:
    folder = binaries()
    if folder is None:
        pytest.skip(HOW_TO_GET)
    with cluster(folder) as server:
        host = hosting(6, url=server.url.format(database="postgres"), polls_at_once=6)
        workers = [host.work(), host.work()]
        eventually(lambda: host.log().count('"started"') == 2 and len(host.polled()) == 6, host.log)

        def polls_go_on() -> None:
            for board in host.servers[0].boards:
                board.now = time.time()
                board.create("https://bridges.example/again", author="Pavel")
            eventually(whole, host.log)

        def whole() -> bool:
            with suppress(StoreError):
                return host.taken() == host.written()
            return False

        server.stop()
        time.sleep(1.5)
        server.start()
        polls_go_on()
        with host.store.write() as connection:
            others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
            connection.execute(text(others + " AND pid <> pg_backend_pid()"))
        polls_go_on()
        assert [worker.poll() for worker in workers] == [None, None]
        assert host.each_finding_is_told_once()
        host.close()


def test_a_worker_that_is_cut_off_is_stood_in_for_and_comes_back(hosting: Callable[..., Hosting]) -> None:
    folder = binaries()
    if folder is None:
        pytest.skip(HOW_TO_GET)
    with linked() as link:
        if link is None:
            pytest.skip(namespaces.HOW_TO_GET)
        with cluster(folder, address=link.here) as server:
            host = hosting(6, url=server.url.format(database="postgres"), address=link.here, polls_at_once=6)
            [blogs] = host.servers
            asked_from: list[str] = []
            slow = threading.Event()

            def note(handler: Any) -> bool:
                asked_from.append(handler.client_address[0])
                if slow.is_set():
                    time.sleep(0.3)
                return False

            blogs.fault = note
            remote = host.work(within=link.within)
            eventually(lambda: link.there in asked_from and len(host.polled()) == 6, host.log)
            host.work()
            eventually(lambda: link.here in asked_from, host.log)
            slow.set()
            asked_from.clear()
            # In the middle of a poll.
            eventually(lambda: link.there in asked_from, host.log)
            link.cut()
            for board in blogs.boards:
                board.now = time.time()
                board.create("https://bridges.example/again", author="Pavel")
            eventually(lambda: host.taken() == host.written(), host.log)
            assert host.logged("a job's worker is silent; the job is retried")
            asked_from.clear()
            link.mend()
            eventually(lambda: link.there in asked_from, host.log)
            for board in blogs.boards:
                board.now = time.time()
                board.create("https://bridges.example/and-again", author="Pavel")
            eventually(lambda: host.taken() == host.written(), host.log)
            assert remote.poll() is None
            assert host.each_finding_is_told_once()
            host.close()


def test_a_host_that_is_dead_holds_up_no_other(hosting: Callable[..., Hosting]) -> None:
    host = hosting(8, 4, polls_at_once=2)
    dead, well = host.servers
    at_once: list[int] = []
    hanging = [0]
    end = threading.Event()

    def hang(handler: Any) -> bool:
        with dead.lock:
            hanging[0] += 1
            at_once.append(hanging[0])
        end.wait(PATIENCE)
        with dead.lock:
            hanging[0] -= 1
        handler.close_connection = True
        return True

    dead.fault = hang
    host.work(concurrency=4)
    eventually(lambda: hanging[0] == 2, host.log)
    before = len(well.asked)
    eventually(lambda: len(well.asked) > before + 20, host.log)
    end.set()
    assert max(at_once) == 2


def test_a_push_to_any_worker_has_a_comment_read_at_once(hosting: Callable[..., Hosting]) -> None:
    host = hosting(2, interval=3600)
    [server] = host.servers
    ports = [free_port(), free_port()]
    for port in ports:
        host.work(port=port)
    eventually(lambda: host.log().count('"started"') == 2 and host.taken() == host.written(), host.log)
    before = host.polled()

    def push(port: int, secret: str = SECRET) -> int:
        body, now = b"{}", int(time.time())
        headers = {TIME: str(now), SIGNATURE: sign(f"{now}.".encode() + body, secret=secret)}
        url = f"http://127.0.0.1:{port}/push/blog0-1"
        return requests.post(url, body, headers=headers, timeout=PATIENCE).status_code

    board = server.boards[1]
    board.now = time.time()
    board.create("https://bridges.example/pushed", author="Pavel")
    assert push(ports[0], secret="guessed") == 401  # noqa: S106  # a guess
    assert [push(port) for port in ports] == [202, 202]
    eventually(lambda: host.taken() == host.written(), host.log)
    # Both workers were told, and one poll serves for both.
    assert host.polled() == before + Counter({"1": 1})
    assert host.each_finding_is_told_once()
    assert SECRET not in host.log()
