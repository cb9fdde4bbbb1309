"""The commands that watch sites, against a server of their own."""

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from click.testing import Result

from adapters.saved.threads import read_threads
from tests.board import Board
from tests.commands import invoke
from tests.mini_wordpress import MiniWordPress
from tests.test_command import COMMAND
from tests.test_daemon import free_port

LINE = "A bridge that is closed for two summers takes the fish market with it, whatever the plan says."
PATIENCE = 60.0


class Installed:
    """Be a configuration beside a store, with a server to watch."""

    def __init__(self, folder: Path, server: MiniWordPress) -> None:
        self.folder, self.server, self.board = folder, server, server.board
        self.web_port = free_port()
        self.write("")

    def write(self, more: str, *, url: str | None = None) -> None:
        (self.folder / "quotewarden.toml").write_text(
            f"""
            [store]
            url = "sqlite:///{self.folder / "store.db"}"
            [archive]
            path = "{self.folder / "archive.db"}"
            [daemon]
            port = 0
            interval_seconds = 1
            jitter_seconds = 0
            [web]
            port = {self.web_port}
            [sites."blog.example"]
            platform = "wordpress"
            url = "{url or self.server.url}"
            {more}
            """
        )

    def run(self, *words: str) -> Result:
        return invoke(*words, "--config", self.folder / "quotewarden.toml")

    def start(self, *words: str) -> subprocess.Popen[str]:
        command = [COMMAND, *words, "--config", str(self.folder / "quotewarden.toml")]
        with (self.folder / "log").open("a") as log:
            return subprocess.Popen(command, stderr=log, text=True)

    def log(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in (self.folder / "log").read_text().splitlines() if line.startswith("{")]

    def findings(self) -> list[str]:
        return [line.split()[1] for line in self.run("findings", "list").stdout.splitlines()]


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[Installed]:
    server = MiniWordPress(Board(now=time.time() - 60))
    server.board.create(LINE + " That is the whole argument.", author="Hanne")
    server.board.create("The pier was looked at.", author="Pilot")
    server.board.create(f"“{LINE}” Well. We lived through the strike.", author="Eve")
    yield Installed(tmp_path, server)
    server.close()


def eventually(holds: Callable[[], object]) -> None:
    until = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < until, "it never came about"
        time.sleep(0.05)


def test_poll_once_tells_what_came_and_status_how_the_site_fares(installed: Installed) -> None:
    done = installed.run("poll", "--once")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == "blog.example: 3 comments new or changed, 1 findings\n"
    assert installed.findings() == ["unattributed-quote"]
    again = installed.run("poll", "blog.example", "--once")
    assert again.stdout == "blog.example: 0 comments new or changed, 0 findings\n"
    record = json.loads(installed.run("status", "--json").stdout)
    counts = {"comments": 3, "findings": 1, "waiting": 1, "not_evaluated": 0, "failures": 0, "error": None}
    assert {name: record[name] for name in counts} == counts
    table = installed.run("status").stdout.splitlines()
    assert table[0].split() == [
        "site",
        "last",
        "poll",
        "late",
        "by",
        "comments",
        "open",
        "to",
        "tell",
        "unjudged",
        "failed",
    ]
    assert table[1].split()[0] == "blog.example"
    assert installed.run("archive", "status").stdout.startswith("texts      4 in 1 threads of 1 sites\n")


def test_a_site_that_cannot_be_polled_is_told(installed: Installed) -> None:
    installed.server.close()
    done = installed.run("poll", "--once")
    assert done.exit_code == 3
    assert done.stderr.startswith("blog.example: could not be polled: ")
    assert len(done.stderr.splitlines()) == 1
    assert json.loads(installed.run("status", "--json").stdout)["error"] in done.stderr
    assert "blog.example: " in installed.run("status").stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("poll", "nowhere", "--once"), "no site 'nowhere' in the configuration; there are blog.example"),
        (("poll", "--since", "2026-01-01"), "--since: goes with --once"),
        (("fetch", "nowhere", "1"), "no site 'nowhere'"),
        (("adapters", "check", "nowhere"), "no site 'nowhere'"),
    ],
)
def test_wrong_usage_is_told_in_one_line(installed: Installed, words: tuple[str, ...], said: str) -> None:
    done = installed.run(*words)
    assert done.exit_code == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('platform = "myspace"', "platform: one of wordpress, "),
        (
            'platform = "wordpress"\nurl = "https://a.example"\nintervall = 3',
            "intervall: unknown key; there are platform, ",
        ),
        ('platform = "wordpress"\nurl = "https://a.example"\ninterval_seconds = 0', "interval_seconds: "),
        (
            'platform = "wordpress"\nurl = "https://a.example"\nuser = "a"\npassword = "b"',
            "a secret is not written here",
        ),
        (
            'platform = "wordpress"\nurl = "https://a.example"\nuser = "a"\npassword = { env = "NO_SUCH" }',
            "the environment variable NO_SUCH is not set",
        ),
        ('platform = "wordpress"', "url: field required"),
    ],
)
def test_a_site_that_is_wrongly_described_is_refused(tmp_path: Path, table: str, said: str) -> None:
    path = tmp_path / "q.toml"
    path.write_text(f'[store]\nurl = "sqlite:///{tmp_path / "s.db"}"\n[sites."a.example"]\n{table}\n')
    done = invoke("poll", "--once", "--config", path)
    assert done.exit_code == 2
    assert said in done.stderr
    assert "sites.a.example" in done.stderr


def test_without_a_site_it_is_said_how_to_add_one(tmp_path: Path) -> None:
    path = tmp_path / "q.toml"
    path.write_text(f'[store]\nurl = "sqlite:///{tmp_path / "s.db"}"\n')
    for words in (["run"], ["poll", "--once"]):
        done = invoke(*words, "--config", path)
        assert done.exit_code == 2
        assert 'add a table [sites."NAME"]' in done.stderr


def test_doctor_tries_everything_and_says_what_to_mend(installed: Installed) -> None:
    done = installed.run("doctor")
    assert (done.exit_code, done.stderr) == (0, "")
    assert {line.split()[0] for line in done.stdout.splitlines()} == {"ok"}
    installed.server.close()
    ill = installed.run("doctor")
    assert ill.exit_code == 1
    [told, mend] = [line for line in ill.stdout.splitlines() if not line.startswith("ok")][:2]
    assert told.startswith("MEND  blog.example: site")
    assert mend.strip().startswith("→ ")


def test_fetch_saves_a_thread_that_check_reads(installed: Installed) -> None:
    done = installed.run("fetch", "blog.example", "1", "-o", str(installed.folder / "saved.json"))
    assert (done.exit_code, done.stderr) == (0, "")
    path = str(installed.folder / "saved.json")
    [thread] = read_threads(path, on_notice=print, on_bytes=lambda count: None)
    assert [comment.author for comment in thread.comments] == ["Hanne", "Pilot", "Eve"]
    missing = installed.run("fetch", "blog.example", "77")
    assert (missing.exit_code, missing.stdout) == (3, "")
    assert len(missing.stderr.splitlines()) == 1


def test_adapters_lists_and_tries(installed: Installed) -> None:
    listed = invoke("adapters").stdout.splitlines()
    assert [line.split()[:2] for line in listed if line.split()[0] in ("wordpress", "native")] == [
        ["wordpress", "live"],
        ["native", "saved"],
    ]
    done = installed.run("adapters", "check", "blog.example")
    assert (done.exit_code, {line.split()[0] for line in done.stdout.splitlines()}) == (0, {"ok"})


def test_the_daemon_polls_reloads_and_stops(installed: Installed) -> None:
    daemon = installed.start("run")
    try:
        eventually(lambda: installed.findings() == ["unattributed-quote"])
        refused = installed.run("run")
        assert refused.exit_code == 2
        assert f"another daemon works on this store (process {daemon.pid} on " in refused.stderr
        page = requests.get(f"http://127.0.0.1:{installed.web_port}/", timeout=PATIENCE)
        assert (page.status_code, urlsplit(page.url).path) == (200, "/login")
        link = installed.run("people", "invite", "ada", "--role", "admin").stdout.strip()
        assert "Welcome" in requests.get(link, timeout=PATIENCE).text
        installed.board.now = time.time()
        installed.board.create("https://bridges.example/report", author="Pavel")
        eventually(lambda: len(installed.findings()) == 2)
        installed.write("nonsense = 1")
        daemon.send_signal(signal.SIGHUP)
        eventually(lambda: any("is refused" in str(line["event"]) for line in installed.log()))
        installed.write("backfill_days = 9")
        daemon.send_signal(signal.SIGHUP)
        eventually(lambda: any(line["event"] == "reloaded" for line in installed.log()))
        installed.board.now = time.time()
        installed.board.create("https://bridges.example/another", author="Ida")
        eventually(lambda: len(installed.findings()) == 3)
    finally:
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(PATIENCE) == 0
    assert [line["event"] for line in installed.log() if line["level"] in ("error", "critical", "warning")] == [
        "the new configuration is refused, the old one stays"
    ]
    eventually(lambda: not _children(daemon.pid))


def test_a_daemon_that_is_killed_leaves_no_lock_and_no_process(installed: Installed) -> None:
    daemon = installed.start("run")
    eventually(lambda: installed.findings() == ["unattributed-quote"])
    children = _children(daemon.pid)
    assert children
    daemon.kill()
    daemon.wait(PATIENCE)
    eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children))
    assert installed.run("poll", "--once").exit_code == 0
    following = installed.start("poll", "blog.example")
    eventually(lambda: any(line["event"] == "started" for line in installed.log()[1:]))
    following.send_signal(signal.SIGTERM)
    assert following.wait(PATIENCE) == 0


def _children(pid: int) -> list[int]:
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(status.read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
        if parent == pid:
            found.append(int(status.parent.name))
    return found


def test_secrets_do_not_reach_the_log(tmp_path: Path) -> None:
    server = MiniWordPress(Board(now=time.time()))
    (tmp_path / "secret").write_text("hunter2hunter2\n")
    installed = Installed(tmp_path, server)
    installed.write(f'user = "bot"\npassword = {{ file = "{tmp_path / "secret"}" }}')
    server.fault = lambda handler: handler.reply(500, b"hunter2hunter2") or True
    done = installed.run("poll", "--once")
    server.close()
    assert done.exit_code == 3
    assert "hunter2hunter2" not in done.stderr + done.stdout
