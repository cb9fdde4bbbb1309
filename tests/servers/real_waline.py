"""A real Waline, from npm, over one SQLite file; npm compiles its driver once, which takes minutes."""

import os
import shutil
import sqlite3
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import requests

from tests.board import Row, Status
from tests.contract import Contract
from tests.servers.real import MissingError, RealServer, fetched, free_address, in_memory, serving
from tests.servers.waline import EMAIL, PASSWORD, STATUSES, logged_in

PACKAGE = "@waline/vercel@1.39.3"
HOW_TO_GET = "a real Waline needs apt install nodejs npm, and a compiler for its driver of SQLite"
_SCHEMA = """
CREATE TABLE wl_Comment (id INTEGER PRIMARY KEY AUTOINCREMENT, user_id INTEGER, ip TEXT DEFAULT '', link TEXT,
  mail TEXT, nick TEXT, pid INTEGER, rid INTEGER, sticky INTEGER, status TEXT, "like" INTEGER, ua TEXT, url TEXT,
  comment TEXT, insertedAt TIMESTAMP DEFAULT CURRENT_TIMESTAMP, createdAt TIMESTAMP, updatedAt TIMESTAMP);
CREATE TABLE wl_Users (id INTEGER PRIMARY KEY AUTOINCREMENT, display_name TEXT, email TEXT, password TEXT, type TEXT,
  label TEXT, url TEXT, avatar TEXT, github TEXT, twitter TEXT, facebook TEXT, google TEXT, weibo TEXT, qq TEXT,
  oidc TEXT, huawei TEXT, "2fa" TEXT, createdAt TIMESTAMP, updatedAt TIMESTAMP);
"""


def installed() -> Path:
    """Return the folder of Waline and of what it needs, fetched once; raises MissingError."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        raise MissingError(HOW_TO_GET)
    return fetched("waline-1.39.3", partial(_fetch, npm))


def _fetch(npm: str, kept: Path) -> None:
    (kept / "package.json").write_text('{"private": true}')
    command = [npm, "install", "--silent", "--no-audit", "--no-fund", PACKAGE]
    if subprocess.run(command, cwd=kept, capture_output=True).returncode:
        raise MissingError(f"a real Waline is fetched with npm, which could not install {PACKAGE}")


class WalineBoard:
    """Do to a real Waline what happens to a board: in its database, and deletions through itself."""

    def __init__(self, url: str, path: Path) -> None:
        self._url, self._lock = url, threading.Lock()
        self._base = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        self._base.executescript(f"PRAGMA synchronous = OFF; {_SCHEMA}")
        self._token = ""

    def close(self) -> None:
        """End."""
        self._base.close()

    def register(self) -> None:
        """Make the first account, which is an administrator's, and log it in."""
        account = {"display_name": "bot", "email": EMAIL, "password": PASSWORD, "url": ""}
        requests.post(f"{self._url}/api/user", json=account, timeout=60).raise_for_status()
        self._token = requests.post(f"{self._url}/api/token", json=account, timeout=60).json()["data"]["token"]

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
        date = datetime.fromtimestamp(self.now if at is None else at, UTC).strftime("%Y-%m-%d %H:%M:%S")
        [[root]] = self._do("SELECT max(rid) FROM wl_Comment WHERE id = ?", parent)
        row = (date, author, parent or None, root or parent or None, STATUSES[status], f"/post/{post}", text, "{}")
        columns = "insertedAt, nick, pid, rid, status, url, comment, ua"
        insert = f"INSERT INTO wl_Comment ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id"  # noqa: S608  # ours
        return str(self._do(insert, *row)[0][0])

    def edit(self, id: str, text: str) -> None:
        self._do("UPDATE wl_Comment SET comment = ? WHERE id = ?", text, id)

    def set(self, id: str, status: Status) -> None:
        self._do("UPDATE wl_Comment SET status = ? WHERE id = ?", STATUSES[status], id)

    def delete(self, id: str) -> None:
        headers = {"Authorization": f"Bearer {self._token}"}
        requests.delete(f"{self._url}/api/comment/{id}", headers=headers, timeout=60).raise_for_status()

    def status(self, id: str) -> Status | None:
        return next((row.status for row in self.listed(*STATUSES) if str(row.id) == id), None)

    def listed(self, *statuses: Status) -> list[Row]:
        back = {word: status for status, word in STATUSES.items()}
        return [
            Row(
                id=id,
                post=1,
                parent=parent or 0,
                author=author,
                text=text,
                at=datetime.fromisoformat(f"{date}+00:00").timestamp(),
                status=back[status],
            )
            for id, parent, author, text, date, status in self._do(
                "SELECT id, pid, nick, comment, insertedAt, status FROM wl_Comment ORDER BY insertedAt, id"
            )
            if back[status] in (statuses or ("approved", "held"))
        ]

    def reset(self) -> None:
        """Take everything away."""
        self._do("DELETE FROM wl_Comment")

    def _do(self, statement: str, *values: object) -> list[Any]:
        with self._lock:
            return self._base.execute(statement, values).fetchall()


class RealWaline(RealServer):
    """Be a running Waline."""

    zone = None

    def reset(self) -> None:
        """Begin anew, without comments."""
        self.board.reset()


@contextmanager
def running(folder: Path) -> Iterator[RealWaline]:
    """Start Waline in a temporary folder, and end it."""
    with tempfile.TemporaryDirectory(prefix="qw-waline-", dir=in_memory()) as home:
        address = free_address()
        url, package = f"http://{address}", folder / "node_modules" / "@waline" / "vercel"
        environment = {
            "PATH": os.environ["PATH"],
            "SQLITE_PATH": home,
            "JWT_TOKEN": "for tests alone",
            "TZ": "UTC",
            "IPQPS": "0",
            "AVATAR_PROXY": "false",
        }
        board = WalineBoard(url, Path(home) / "waline.sqlite")
        alone = Path(__file__).parent / "waline_alone.js"
        command = [shutil.which("node") or "node", "-r", alone, package / "vanilla.js", address.rpartition(":")[2]]
        try:
            with serving(command, url=f"{url}/api/comment", environment=environment, log=Path(home) / "log"):
                board.register()
                yield RealWaline(url, board)
        finally:
            board.close()


CONTRACTS = (
    Contract(
        name="waline-1.39",
        platform="waline",
        serve="waline",
        options=logged_in,
        environment={"PW": PASSWORD},
        logs_in=True,
        is_revocable=False,
        is_conditional=False,
        no_thread="/nowhere",
    ),
    Contract(name="waline-1.39-public", platform="waline", serve="waline", no_thread="/nowhere", reach=50),
)
