"""The daemon's process: how it starts, heeds signals, tells systemd and stops."""

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.config import Config, DaemonOptions
from bot.daemon.lock import FileLock
from bot.daemon.notify import Notifier
from bot.daemon.polls import Work
from bot.daemon.process import Daemon

ROOT = Path(__file__).parent.parent
PATIENCE = 60.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(holds: Callable[[], object]) -> None:
    until = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < until, "it never came about"
        time.sleep(0.01)


class Running:
    """Run the program of tests/daemon_program.py in a folder, with a listener in systemd's place."""

    def __init__(self, folder: Path, *sites: str, **options: float) -> None:
        self.folder = folder
        self.configure(**options)
        self.name(*sites)
        self.told: list[str] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(folder / "notify"))
        self._socket.setblocking(False)
        self.process = self.spawn(NOTIFY_SOCKET=str(folder / "notify"), WATCHDOG_USEC="400000")

    def configure(self, **options: float) -> None:
        options = {"port": 0, "jitter_seconds": 0} | options
        lines = "".join(f"{key} = {value}\n" for key, value in options.items())
        (self.folder / "quotewarden.toml").write_text(f"[daemon]\n{lines}")

    def name(self, *sites: str) -> None:
        (self.folder / "sites.json").write_text(json.dumps(sites))

    def spawn(self, **environment: str) -> subprocess.Popen[str]:
        with (self.folder / "log").open("a") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "tests.daemon_program", self.folder],
                cwd=ROOT,
                env={"PATH": "/usr/bin:/bin", **environment},
                stderr=log,
                text=True,
            )

    def hears(self, state: str) -> bool:
        try:
            while True:
                self.told += self._socket.recv(4096).decode().splitlines()
        except BlockingIOError:
            return state in self.told

    def polled(self, name: str, file: str = "polled") -> int:
        path = self.folder / file
        return path.read_text().splitlines().count(name) if path.exists() else 0

    def log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.folder / "log").read_text().splitlines()]

    def logged(self, event: str) -> dict[str, Any] | None:
        return next((record for record in self.log() if record["event"] == event), None)

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._socket.close()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    started: list[Running] = []

    def begin(*sites: str, **options: float) -> Running:
        started.append(Running(tmp_path, *sites, **options))
        eventually(lambda: started[-1].hears("READY=1"))
        return started[-1]

    yield begin
    for running in started:
        running.end()


def read(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=PATIENCE) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_the_page_in_hand_be_finished(start: Callable[..., Running], number: int) -> None:
    daemon = start("page")
    eventually(lambda: daemon.polled("page", "begun"))
    daemon.process.send_signal(number)
    assert daemon.process.wait(PATIENCE) == 0
    assert daemon.polled("page") == daemon.polled("page", "begun")
    assert daemon.hears("STOPPING=1")
    assert daemon.logged("stopped")


def test_a_poll_that_hangs_holds_up_no_stop(start: Callable[..., Running]) -> None:
    daemon = start("hangs", stop_seconds=1)
    eventually(lambda: daemon.polled("hangs", "begun"))
    began = time.monotonic()
    daemon.process.terminate()
    assert daemon.process.wait(PATIENCE) == 0
    assert time.monotonic() - began < 2
    left = daemon.logged("stopped in the middle of a page; it is polled again")
    assert left is not None
    assert left["sites"] == ["hangs"]


def test_while_it_stops_it_is_alive_but_not_ready_and_a_second_signal_ends_it(start: Callable[..., Running]) -> None:
    port = free_port()
    daemon = start("hangs", stop_seconds=60, port=port)
    eventually(lambda: daemon.polled("hangs", "begun"))
    daemon.process.terminate()
    eventually(lambda: daemon.hears("STOPPING=1"))
    assert read(port, "/readyz") == (503, "stopping\n")
    assert read(port, "/healthz") == (200, "ok\n")
    daemon.process.terminate()
    assert daemon.process.wait(PATIENCE) == 0


def test_a_reload_takes_a_good_configuration_and_refuses_a_bad_one(start: Callable[..., Running]) -> None:
    daemon = start("a")
    eventually(lambda: daemon.polled("a"))
    (daemon.folder / "quotewarden.toml").write_text("[daemon]\nwrokers = 3\n")
    daemon.process.send_signal(signal.SIGHUP)
    eventually(lambda: daemon.logged("the new configuration is refused, the old one stays"))
    refused = daemon.logged("the new configuration is refused, the old one stays")
    assert refused is not None
    assert "quotewarden.toml: daemon.wrokers: unknown key" in refused["error"]
    daemon.configure()
    daemon.name("a", "a")
    daemon.process.send_signal(signal.SIGHUP)
    eventually(lambda: "two are called 'a'" in (daemon.folder / "log").read_text())
    before = daemon.polled("a")
    eventually(lambda: daemon.polled("a") > before)

    daemon.configure(workers=3)
    daemon.name("b")
    daemon.process.send_signal(signal.SIGHUP)
    eventually(lambda: daemon.polled("b"))
    before = daemon.polled("a")
    eventually(lambda: daemon.polled("b") > 2)
    assert daemon.polled("a") == before
    daemon.hears("")
    assert [line for line in daemon.told if line in ("READY=1", "RELOADING=1")] == [
        *("READY=1", "RELOADING=1", "READY=1", "RELOADING=1", "READY=1", "RELOADING=1", "READY=1")
    ]
    daemon.process.terminate()
    assert daemon.process.wait(PATIENCE) == 0


def test_a_second_daemon_on_the_same_store_is_refused(start: Callable[..., Running]) -> None:
    daemon = start("a")
    second = subprocess.run(
        [sys.executable, "-m", "tests.daemon_program", daemon.folder], cwd=ROOT, capture_output=True, text=True
    )
    assert second.returncode == 1
    assert f"store.db: another daemon works on this store (process {daemon.process.pid} on " in second.stderr
    # However the first one dies, the store is free after it.
    daemon.process.kill()
    daemon.process.wait()
    daemon.told.clear()
    daemon.process = daemon.spawn(NOTIFY_SOCKET=str(daemon.folder / "notify"))
    eventually(lambda: daemon.hears("READY=1"))


def test_it_tells_the_watchdog_and_whoever_asks_how_it_fares(start: Callable[..., Running]) -> None:
    port = free_port()
    daemon = start("a", "fails", port=port)
    eventually(lambda: daemon.hears("WATCHDOG=1"))
    eventually(lambda: daemon.polled("a"))
    assert read(port, "/healthz") == (200, "ok\n")
    assert read(port, "/readyz") == (200, "ok\n")
    assert read(port, "/secret")[0] == 404
    eventually(lambda: 'quotewarden_poll_failures_total{site="fails"} 1.0' in read(port, "/metrics")[1])
    shown = read(port, "/metrics")[1]
    assert "quotewarden_sites 2.0" in shown
    assert 'quotewarden_comments_total{site="a"} ' in shown
    assert "process_resident_memory_bytes" in shown


def test_a_failure_is_one_record_without_secrets(start: Callable[..., Running]) -> None:
    daemon = start("fails")
    eventually(lambda: daemon.logged("the poll failed"))
    failed = daemon.logged("the poll failed")
    assert failed is not None
    assert failed["site"] == "fails"
    assert failed["error"] == "no such thing as https://me:***@blog.example, said ***"
    assert "ValueError: no such thing" in failed["exception"]
    text = (daemon.folder / "log").read_text()
    assert "hunter2" not in text
    assert "s3cr3t-value" not in text


def test_a_port_that_is_taken_is_told(start: Callable[..., Running], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        daemon = Running(tmp_path, "a", port=taken.getsockname()[1])
        assert daemon.process.wait(PATIENCE) == 1
        daemon.end()
    assert "error: daemon.port: port " in (tmp_path / "log").read_text()


def test_a_dead_scheduler_ends_the_process_and_feeds_no_watchdog(tmp_path: Path, mocker) -> None:
    left = mocker.patch("bot.daemon.process._leave", side_effect=SystemExit)
    mocker.patch("bot.daemon.process.Schedule.is_alive", return_value=False)
    mocker.patch("bot.daemon.process._TICK_SECONDS", 0.01)
    notifier = mocker.Mock(Notifier, watchdog_seconds=30)
    work = Work(config=Config(daemon=DaemonOptions(port=0)), sites=(), poll=mocker.Mock())
    daemon = Daemon(work, lock=FileLock(tmp_path / "store.db"), notifier=notifier)
    with pytest.raises(SystemExit):
        daemon.run()
    left.assert_called_once_with(1)
    notifier.ready.assert_called_once()
    notifier.alive.assert_not_called()
    daemon._schedule.stop()


def test_the_dry_run_loads_nothing_of_the_daemon() -> None:
    program = "import sys, bot.cli, bot.check, bot.inputs, bot.report; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True)
    assert {"bot.daemon", "apscheduler", "structlog", "prometheus_client"}.isdisjoint(done.stdout.split())
