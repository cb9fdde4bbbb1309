"""Pushes: signed, taken by the daemon over real HTTP, and answered by a poll that finds what there is."""

import hashlib
import hmac
import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
import requests

from adapters.push import FRESH_SECONDS, SIGNATURE, TIME, is_signed, sign
from bot.config import Config, ConfigError, DaemonOptions, check_config
from bot.daemon.errors import DaemonError
from bot.daemon.health import HealthServer
from bot.daemon.lock import FileLock
from bot.daemon.metrics import Metrics
from bot.daemon.polls import PollError, PollOutcome, WatchedSite, Work
from bot.daemon.process import Daemon
from bot.daemon.push import APART_SECONDS, DELAY_SECONDS, MOST_A_MINUTE, MOST_BYTES, Pushes
from bot.daemon.schedule import Schedule
from tests.board import Board
from tests.clocks import StillClock
from tests.mini_wordpress import MiniWordPress
from tests.servers.real_wordpress import PASSWORD, USER, RealWordPress
from tests.test_command import COMMAND
from tests.test_daemon import free_port

ROOT = Path(__file__).parent.parent
SECRET = "only the two of us"  # noqa: S105  # nobody's
BODY = b'{"comment": 7}'
NOW = 1_790_000_000
PATIENCE = 60.0


def own(body: bytes = BODY, *, at: float = NOW, secret: str = SECRET) -> dict[str, str]:
    """Return the headers of a push of ours, by another road than the program's."""
    said = hmac.new(secret.encode(), f"{int(at)}.".encode() + body, hashlib.sha256).hexdigest()
    return {TIME: str(int(at)), SIGNATURE: f"sha256={said}"}


def eventually(holds: Callable[[], object]) -> None:
    until = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < until, "it never came about"
        time.sleep(0.02)


@pytest.mark.parametrize("name", ["X-Coral-Signature", "X-Discourse-Event-Signature", "X-Hub-Signature-256"])
def test_platforms_sign_the_body(name: str) -> None:
    right, wrong = sign(BODY, secret=SECRET), sign(BODY, secret="another")  # noqa: S106  # nobody's
    assert is_signed({name: right}, BODY, secret=SECRET, now=NOW)
    # Coral sends the signatures of the old secret and of the new one.
    assert is_signed({name: f"{wrong}, {right}"}, BODY, secret=SECRET, now=NOW)
    for said in (
        wrong,
        "",
        "sha256=",
        right.removeprefix("sha256="),
        "sha1=" + right[7:],
        ",,,,,,," + right,
        "ß=é\udcff",
    ):
        assert not is_signed({name: said}, BODY, secret=SECRET, now=NOW)
    assert not is_signed({name: right}, BODY + b" ", secret=SECRET, now=NOW)
    assert not is_signed({}, BODY, secret=SECRET, now=NOW)


def test_the_signature_is_that_of_rfc_4231() -> None:
    expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert sign(b"what do ya want for nothing?", secret="Jefe") == f"sha256={expected}"  # noqa: S106  # the RFC's


@pytest.mark.parametrize(
    ("late", "holds"),
    [(0, True), (FRESH_SECONDS, True), (-FRESH_SECONDS, True), (FRESH_SECONDS + 1, False), (-FRESH_SECONDS - 1, False)],
)
def test_a_push_of_ours_holds_for_a_while(late: int, holds: bool) -> None:
    assert is_signed(own(), BODY, secret=SECRET, now=NOW + late) is holds


@pytest.mark.parametrize("sent", ["", "now", "-1790000000", "1790000000.0", "١٧٩٠٠٠٠٠٠٠", "1" * 4000, None])
def test_a_push_of_ours_without_a_time_is_none(sent: str | None) -> None:
    headers = own()
    del headers[TIME]
    # Nor does the time of another push do, or another platform's signature beside it.
    assert not is_signed(headers if sent is None else {**headers, TIME: sent}, BODY, secret=SECRET, now=NOW)
    assert not is_signed({**headers, TIME: str(NOW + 1)}, BODY, secret=SECRET, now=NOW)


class Asked:
    """Note which site was to be polled, and how soon."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, float]] = []

    def __call__(self, name: str, seconds: float) -> None:
        self.calls.append((name, seconds))


def test_pushes_that_come_together_bring_about_one_poll_and_those_after_it_another() -> None:
    asked, clock = Asked(), StillClock(NOW)
    pushes = Pushes(asked, clock=clock)
    pushes.expect([WatchedSite(name="blog", push_secret=SECRET), WatchedSite(name="mute")])

    def push(site: str = "blog", headers: Mapping[str, str] | None = None) -> int:
        return pushes.take(site, headers or own(at=clock.now), BODY)

    assert [push() for _ in range(5)] == [202] * 5
    assert asked.calls == [("blog", DELAY_SECONDS)]
    clock.now += DELAY_SECONDS + 1
    # The very same push again, within its time: one poll, and no sooner than polls may follow on each other.
    assert [push(headers=own(at=NOW)) for _ in range(3)] == [202] * 3
    assert asked.calls[1:] == [("blog", APART_SECONDS - 1)]
    assert (push("mute"), push("elsewhere"), push(headers=own(secret="guessed"))) == (404, 404, 401)  # noqa: S106
    assert len(asked.calls) == 2


def test_a_push_that_could_not_be_noted_does_not_count() -> None:
    noted: list[str] = []

    def hasten(site: str, seconds: float) -> None:
        if not noted:
            noted.append("refused")
            raise ConnectionError
        noted.append(site)

    pushes = Pushes(hasten, clock=StillClock(NOW))
    pushes.expect([WatchedSite(name="blog", push_secret=SECRET)])
    with pytest.raises(ConnectionError):
        pushes.take("blog", own(), BODY)
    assert pushes.take("blog", own(), BODY) == 202
    assert noted == ["refused", "blog"]


def test_a_site_that_pushes_without_end_is_told_to_stop_and_another_is_not() -> None:
    asked, clock = Asked(), StillClock(NOW)
    pushes = Pushes(asked, clock=clock)
    pushes.expect([WatchedSite(name=name, push_secret=SECRET) for name in ("blog", "other")])
    # What is not signed counts for nothing: nobody can use up what a site may.
    assert {pushes.take("blog", {}, BODY) for _ in range(3 * MOST_A_MINUTE)} == {401}
    statuses = [pushes.take("blog", own(), BODY) for _ in range(MOST_A_MINUTE + 5)]
    assert statuses == [202] * MOST_A_MINUTE + [429] * 5
    assert pushes.take("other", own(), BODY) == 202
    clock.now += 60
    assert pushes.take("blog", own(), BODY) == 202
    pushes.expect([WatchedSite(name="blog")])
    assert pushes.take("blog", own(at=clock.now), BODY) == 404


def scheduled(poll: Callable[..., PollOutcome], **options: float) -> Schedule:
    config = Config(daemon=DaemonOptions(**{"interval_seconds": 3600, "jitter_seconds": 0, **options}))
    return Schedule(Work(config=config, sites=[WatchedSite(name="blog")], poll=poll), metrics=Metrics())


def test_a_push_hastens_the_next_poll_and_one_in_the_middle_of_a_poll_brings_another() -> None:
    polls: list[float] = []
    hold = threading.Event()

    def poll(site: WatchedSite, /, *, stopping: Callable[[], bool]) -> PollOutcome:
        polls.append(time.monotonic())
        if len(polls) == 2:
            hold.wait(PATIENCE)
        return PollOutcome()

    schedule = scheduled(poll)
    schedule.start()
    eventually(lambda: len(polls) == 1 and not schedule.running())
    schedule.hasten("blog", 0.05)
    eventually(lambda: schedule.running() == ["blog"])
    schedule.hasten("blog", 0.05)
    schedule.hasten("nobody", 0.05)
    hold.set()
    eventually(lambda: len(polls) == 3 and not schedule.running())
    # A poll that is due sooner stays where it is.
    schedule.hasten("blog", 0.05)
    schedule.hasten("blog", 7200)
    eventually(lambda: len(polls) == 4)
    schedule.stop()
    assert schedule.wait_idle(PATIENCE)


def test_a_site_that_waits_because_it_failed_is_not_hastened() -> None:
    polls: list[float] = []

    def poll(site: WatchedSite, /, *, stopping: Callable[[], bool]) -> PollOutcome:
        polls.append(time.monotonic())
        raise PollError("leave me alone", retry_after=3600)

    schedule = scheduled(poll)
    schedule.start()
    eventually(lambda: len(polls) == 1 and not schedule.running())
    schedule.hasten("blog", 0.0)
    time.sleep(0.3)
    schedule.stop()
    assert schedule.wait_idle(PATIENCE)
    assert len(polls) == 1


@pytest.fixture
def served() -> Iterator[tuple[int, list[tuple[str, bytes]]]]:
    taken: list[tuple[str, bytes]] = []

    def take(site: str, headers: Mapping[str, str], body: bytes) -> int:
        taken.append((site, body))
        return 429 if site == "busy" else 202

    server = HealthServer(0, metrics=Metrics(), alive=lambda: None, ready=lambda: None, push=take)
    server.start()
    yield server.port, taken
    server.stop()


def raw(port: int, said: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as link:
        link.sendall(said)
        link.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: link.recv(4096), b""))


def test_a_push_is_read_as_http_has_it(served: tuple[int, list[tuple[str, bytes]]]) -> None:
    port, taken = served
    answer = raw(port, b"POST /push/my%20blog?x=1 HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody")
    assert answer.startswith(b"HTTP/1.0 202 ")
    # Coral takes any word for a verdict.
    assert answer.endswith(b"\r\n\r\n")
    assert b"Retry-After: 60\r\n" in raw(port, b"POST /push/busy HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
    assert taken == [("my blog", b"body"), ("busy", b"")]


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"POST /push/blog HTTP/1.1\r\n\r\n", 411),
        (b"POST /push/blog HTTP/1.1\r\nContent-Length: many\r\n\r\n", 411),
        (b"POST /push/blog HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 411),
        (b"POST /push/blog HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 411),
        (b"POST /push/blog HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (MOST_BYTES + 1), 413),
        (b"POST /push/blog HTTP/1.1\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n", 413),
        (b"POST /push/blog HTTP/1.1\r\nContent-Length: 9\r\n\r\nhalf", 408),
        (b"POST /metrics HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 404),
        (b"GET /push/blog HTTP/1.1\r\n\r\n", 404),
    ],
)
def test_what_is_no_push_is_refused(served: tuple[int, list[tuple[str, bytes]]], request_: bytes, status: int) -> None:
    port, taken = served
    assert raw(port, request_).startswith(b"HTTP/1.0 %d " % status)
    assert taken == []
    assert raw(port, b"GET /healthz HTTP/1.1\r\n\r\n").endswith(b"ok\n")


class Pushed:
    """Be a daemon that polls a blog of one comment once an hour, and takes pushes."""

    def __init__(self, folder: Path, url: str, more: str = "") -> None:
        self.folder, self.port = folder, free_port()
        (folder / "quotewarden.toml").write_text(
            f"""
            [store]
            url = "sqlite:///{folder / "store.db"}"
            [daemon]
            port = {self.port}
            interval_seconds = 3600
            jitter_seconds = 0
            [sites."blog.example"]
            platform = "wordpress"
            url = "{url}"
            {more}
            push_secret = {{ file = "{folder / "secret"}" }}
            """
        )
        (folder / "secret").write_text(SECRET)
        with (folder / "log").open("a") as log:
            command = [COMMAND, "run", "--config", str(folder / "quotewarden.toml")]
            self.process = subprocess.Popen(command, stderr=log)
        eventually(lambda: self.metric("comments_total") == 1)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/push/blog.example"

    def metric(self, name: str) -> float:
        try:
            lines = requests.get(f"http://127.0.0.1:{self.port}/metrics", timeout=5).text.splitlines()
        except requests.ConnectionError:
            return -1
        return next((float(line.split()[-1]) for line in lines if line.startswith(f"quotewarden_{name}{{")), -1)

    def polls(self) -> float:
        return self.metric("polls_total")

    def push(self, headers: Mapping[str, str], body: bytes = BODY, url: str | None = None) -> int:
        return requests.post(url or self.url, body, headers=headers, timeout=10).status_code

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(PATIENCE)


@pytest.fixture(scope="module")
def blog() -> Iterator[MiniWordPress]:
    made = MiniWordPress(Board(now=time.time() - 60))
    made.board.create("The pier was looked at.", author="Pilot")
    yield made
    made.close()


@pytest.fixture(scope="module")
def pushed(tmp_path_factory: pytest.TempPathFactory, blog: MiniWordPress) -> Iterator[Pushed]:
    made = Pushed(tmp_path_factory.mktemp("pushed"), blog.url)
    yield made
    made.close()


def test_a_push_has_the_daemon_read_a_comment_at_once(pushed: Pushed, blog: MiniWordPress) -> None:
    comments, polls = pushed.metric("comments_total"), pushed.polls()
    assert pushed.push(own(at=time.time(), secret="guessed")) == 401  # noqa: S106  # a guess
    assert pushed.push(own(at=time.time() - 3600)) == 401
    assert pushed.push(own(at=time.time()), url=f"{pushed.url}s") == 404
    assert pushed.push(own(at=time.time()), body=BODY + b" ") == 401
    blog.board.create("It was found sound.", author="Ada", at=time.time())
    headers = {name.lower(): value for name, value in own(at=time.time()).items()}
    assert [pushed.push(headers) for _ in range(3)] == [202] * 3
    eventually(lambda: pushed.metric("comments_total") == comments + 1)
    # Whatever was forged, repeated or too late made no poll.
    assert pushed.polls() == polls + 1
    body = b'{"post": {"id": 9}}'
    blog.board.create("And painted.", author="Ada", at=time.time())
    assert pushed.push({"X-Discourse-Event-Signature": sign(body, secret=SECRET)}, body=body) == 202
    eventually(lambda: pushed.metric("comments_total") == comments + 2)
    assert pushed.polls() == polls + 2
    log = (pushed.folder / "log").read_text()
    assert SECRET not in log
    told = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    assert {record["site"] for record in told if "not signed" in record["event"]} == {"blog.example"}


def test_the_plugin_for_wordpress_is_understood(pushed: Pushed, blog: MiniWordPress) -> None:
    php = shutil.which("php")
    if php is None:
        pytest.skip("needs php: apt install php-cli")
    comments, polls = pushed.metric("comments_total"), pushed.polls()
    blog.board.create("It was found dry.", author="Ada", at=time.time())
    script = [php, str(ROOT / "tests" / "push.php"), str(ROOT / "deploy" / "quotewarden.php")]
    for secret, status in (("another", "401"), (SECRET, "202")):
        done = subprocess.run([*script, pushed.url, secret, "2"], capture_output=True, text=True, timeout=30)
        assert (done.stderr, done.stdout.split()[1]) == ("", status)
    eventually(lambda: pushed.metric("comments_total") == comments + 1)
    assert pushed.polls() == polls + 1


def test_a_comment_on_a_real_blog_is_read_at_once(wordpress_6_5: RealWordPress, tmp_path: Path) -> None:
    blog = wordpress_6_5
    blog.reset()
    blog.board.create("The pier was looked at.", author="Pilot", at=blog.board.now - 60)
    (tmp_path / "password").write_text(PASSWORD)
    pushed = Pushed(tmp_path, blog.url, f'user = "{USER}"\npassword = {{ file = "{tmp_path / "password"}" }}')
    settings = f"define('QUOTEWARDEN_PUSH', '{pushed.url}'); define('QUOTEWARDEN_SECRET', '{SECRET}');"
    plugin = blog.plugins / "quotewarden.php"
    plugin.write_text(f"<?php {settings} require '{ROOT / 'deploy' / 'quotewarden.php'}';")
    try:
        # As a reader's browser sends the form under the post.
        form = {"comment_post_ID": "1", "author": "Ada", "email": "ada@blog.example", "comment": "It was found sound."}
        sent = requests.post(f"{blog.url}/wp-comments-post.php", form, timeout=60, allow_redirects=False)
        assert sent.status_code == 302
        eventually(lambda: pushed.metric("comments_total") == 2)
        assert pushed.polls() == 2
    finally:
        plugin.unlink()
        pushed.close()


def test_a_push_secret_without_a_port_is_told(tmp_path: Path) -> None:
    sites = [WatchedSite(name="blog", push_secret=SECRET)]
    work = Work(config=Config(daemon=DaemonOptions(port=0)), sites=sites, poll=lambda site, stopping: PollOutcome())
    with pytest.raises(DaemonError, match=r"sites.blog: push_secret needs daemon.port"):
        Daemon(work, lock=FileLock(tmp_path / "store.db")).run()
    assert SECRET not in repr(work)


def test_a_push_secret_is_not_written_into_the_configuration() -> None:
    table = {"platform": "wordpress", "url": "https://blog.example", "push_secret": SECRET}
    with pytest.raises(ConfigError, match="a secret is not written here") as caught:
        check_config({"sites": {"blog": table}}, name="here")
    assert SECRET not in str(caught.value)
