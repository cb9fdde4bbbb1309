"""A real Ghost, from npm, over one SQLite file. It is large and slow to start, and so it is tried only when asked."""

import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

import requests

from tests.board import Row, Status
from tests.contract import Contract
from tests.servers import real_waline
from tests.servers.ghost import KEY, MADE_OF
from tests.servers.real import MissingError, RealServer, fetched, free_address, in_memory, serving

VERSION = "5.130.6"
HOW_TO_GET = "a real Ghost is large: QUOTEWARDEN_SLOW=1 has it fetched and tried, after apt install nodejs npm g++ make"
_PASSWORD = "kilns and clay, 26"  # noqa: S105  # of an account that ends with the test


def installed() -> Path:
    """Return the folder of Ghost and of what it needs, fetched once; raises MissingError."""
    npm = shutil.which("npm")
    if not os.environ.get("QUOTEWARDEN_SLOW") or npm is None:
        raise MissingError(HOW_TO_GET)
    return fetched(f"ghost-{VERSION}", partial(_fetch, npm)) / "package"


def _fetch(npm: str, kept: Path) -> None:
    _run([npm, "pack", "--silent", f"ghost@{VERSION}"], kept)
    with tarfile.open(kept / f"ghost-{VERSION}.tgz") as packed:
        packed.extractall(kept, filter="data")
    _say_what_npm_needs(kept / "package" / "package.json")
    quiet = ["--silent", "--no-audit", "--no-fund", "--no-package-lock"]
    _run([npm, "install", "--omit=dev", "--legacy-peer-deps", "--ignore-scripts", *quiet], kept / "package")
    # Of all that is compiled, Ghost needs this alone; Waline has the same driver.
    compiled = Path("node_modules", "sqlite3", "build", "Release", "node_sqlite3.node")
    (kept / "package" / compiled).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(real_waline.installed() / compiled, kept / "package" / compiled)


def _run(command: list[str], folder: Path) -> None:
    if subprocess.run(command, cwd=folder, capture_output=True).returncode:
        raise MissingError(f"a real Ghost is fetched with npm, which could not do: {' '.join(command[1:3])}")


def _say_what_npm_needs(path: Path) -> None:
    """Leave out what only Ghost's authors need, and say to npm in its own way which versions must not double."""
    package = json.loads(path.read_text("utf-8"))
    del package["devDependencies"], package["scripts"]
    direct = package["dependencies"]
    package["overrides"] = {
        name: f"${name}" if name in direct else version for name, version in package.pop("resolutions").items()
    }
    path.write_text(json.dumps(package))


class GhostBoard:
    """Do to a real Ghost what happens to a board: as its owner, and as the members who comment; read its database."""

    def __init__(self, url: str, path: Path) -> None:
        self._url, self._lock = url, threading.Lock()
        self._base = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        self._owner = requests.Session()
        # By name: the id of each member, and a session in which the member is signed in.
        self._members: dict[str, tuple[str, requests.Session]] = {}
        self._posts: dict[int, str] = {}
        self._users = 0
        account = {"name": "Cyd", "email": "cyd@blog.example", "password": _PASSWORD, "blogTitle": "Kilns"}
        self.ask("POST", "authentication/setup", {"setup": [account]})
        self.ask("POST", "session", {"username": account["email"], "password": _PASSWORD})
        self.allow_comments("all")

    def close(self) -> None:
        """End."""
        self._base.close()

    def ask(self, method: str, path: str, given: object = None) -> Any:
        """Have something done over the Admin API, by the owner."""
        return self._ask(self._owner, method, f"ghost/api/admin/{path}", given)

    def allow_comments(self, to: str) -> None:
        """Let all members comment, or only paid ones, or none: `all`, `paid`, `off`."""
        self.ask("PUT", "settings", {"settings": [{"key": "comments_enabled", "value": to}]})

    def integrate(self, key: str) -> str:
        """Add an integration, whose Admin API key becomes the one that is given; return its id."""
        made = self.ask("POST", "integrations/?include=api_keys", {"integrations": [{"name": "Quotewarden"}]})
        (integration,) = made["integrations"]
        (own,) = (one["id"] for one in integration["api_keys"] if one["type"] == "admin")
        self._do("UPDATE api_keys SET id = ?, secret = ? WHERE id = ?", *key.split(":"), own)
        return str(integration["id"])

    def post_id(self, number: int) -> str:
        """Return the id of a post of the board, made when it is first asked for."""
        if number not in self._posts:
            post = {"title": f"Kilns {number}", "html": "<p>Hot.</p>", "status": "published"}
            self._posts[number] = self.ask("POST", "posts/?source=html", {"posts": [post]})["posts"][0]["id"]
        return self._posts[number]

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
        member, _ = self._member(author)
        comment: dict[str, object] = {"member_id": member, "html": f"<p>{escape(text)}</p>"}
        comment["created_at"] = datetime.fromtimestamp(self.now if at is None else at, UTC).isoformat()
        if parent:
            [[root]] = self._do("SELECT coalesce(parent_id, id) FROM comments WHERE id = ?", _named(parent))
            comment |= {"parent_id": root, **({"in_reply_to_id": _named(parent)} if root != _named(parent) else {})}
        else:
            comment["post_id"] = self.post_id(post)
        with self._lock:
            id = str(int(self.ask("POST", "comments", {"comments": [comment]})["comments"][0]["id"], 16))
        if status != "approved":
            self.set(id, status)
        return id

    def write(self, text: str, *, author: str = "Ada", post: int = 1, parent: str | None = None) -> str:
        """Write a comment as its author does, from the page of the post; return the board's id of it."""
        comment = {"post_id": self.post_id(post), "html": f"<p>{escape(text)}</p>"}
        comment |= {"parent_id": _named(parent)} if parent else {}
        made = self._ask(self._member(author)[1], "POST", "members/api/comments", {"comments": [comment]})
        return str(int(made["comments"][0]["id"], 16))

    def edit(self, id: str, text: str) -> None:
        self._as_author(id, {"html": f"<p>{escape(text)}</p>"})

    def set(self, id: str, status: Status) -> None:
        word = next(word for word, made in MADE_OF.items() if made == status)
        self.ask("PUT", f"comments/{_named(id)}", {"comments": [{"id": _named(id), "status": word}]})

    def delete(self, id: str) -> None:
        self._as_author(id, {"status": "deleted"})

    def status(self, id: str) -> Status | None:
        return next((row.status for row in self.listed(*MADE_OF.values()) if str(row.id) == id), None)

    def listed(self, *statuses: Status) -> list[Row]:
        numbers = {id: number for number, id in self._posts.items()}
        return [
            Row(
                id=int(id, 16),
                post=numbers[post],
                parent=int(above or "0", 16),
                author=author,
                text=html,
                at=datetime.fromisoformat(f"{date}+00:00").timestamp(),
                status=MADE_OF[status],
            )
            for id, post, above, author, html, date, status in self._do(
                "SELECT c.id, post_id, coalesce(in_reply_to_id, parent_id), name, html, c.created_at, c.status"
                " FROM comments c JOIN members m ON m.id = member_id ORDER BY c.created_at, c.id"
            )
            if MADE_OF[status] in (statuses or ("approved", "held"))
        ]

    def reset(self) -> None:
        """Take all comments away."""
        self._do("DELETE FROM comments")

    def _as_author(self, id: str, change: dict[str, str]) -> None:
        [[author]] = self._do(
            "SELECT name FROM members m JOIN comments c ON m.id = member_id WHERE c.id = ?", _named(id)
        )
        given = {"comments": [{"id": _named(id), **change}]}
        self._ask(self._member(author)[1], "PUT", f"members/api/comments/{_named(id)}", given)

    def _member(self, name: str) -> tuple[str, requests.Session]:
        if name not in self._members:
            member = {"name": name, "email": f"{name.lower()}@blog.example"}
            id = self.ask("POST", "members", {"members": [member]})["members"][0]["id"]
            (link,) = self.ask("GET", f"members/{id}/signin_urls")["member_signin_urls"]
            session = requests.Session()
            session.get(link["url"], allow_redirects=False, timeout=60).raise_for_status()
            self._members[name] = id, session
        return self._members[name]

    def _ask(self, session: requests.Session, method: str, path: str, given: object) -> Any:
        place, _, params = path.partition("?")
        address = f"{self._url}/{place.rstrip('/')}/?{params}"
        # Without its own origin Ghost takes no session.
        reply = session.request(method, address, json=given, headers={"Origin": self._url}, timeout=60)
        assert reply.ok, f"{method} {path}: {reply.status_code} {reply.text}"
        return reply.json() if "json" in reply.headers.get("Content-Type", "") else None

    def _do(self, statement: str, *values: object) -> list[Any]:
        with self._lock:
            return self._base.execute(statement, values).fetchall()


class RealGhost(RealServer):
    """Be a running Ghost, with an integration that has the key of the tests."""

    board: GhostBoard
    zone = None

    def id_of(self, id: str) -> str:
        return _named(id)

    def reset(self) -> None:
        """Begin anew, without comments."""
        self.board.reset()


@contextmanager
def running(folder: Path) -> Iterator[RealGhost]:
    """Start Ghost in a temporary folder, and end it."""
    with tempfile.TemporaryDirectory(prefix="qw-ghost-", dir=in_memory()) as home:
        address = free_address()
        url, base = f"http://{address}", Path(home) / "ghost.sqlite"
        shutil.copytree(folder / "content" / "themes", Path(home) / "content" / "themes")
        environment = {
            "PATH": os.environ["PATH"],
            "TZ": "UTC",
            "NODE_ENV": "production",
            "url": url,
            "server__port": address.rpartition(":")[2],
            "database__client": "sqlite3",
            "database__connection__filename": str(base),
            "database__useNullAsDefault": "true",
            "paths__contentPath": str(Path(home) / "content"),
            "mail__transport": "stub",
            "security__staffDeviceVerification": "false",
            "logging__transports": '["stdout"]',
            "privacy__useUpdateCheck": "false",
            "privacy__useGravatar": "false",
        }
        command = [shutil.which("node") or "node", folder / "ghost.js"]
        site, log = f"{url}/ghost/api/admin/site/", Path(home) / "log"
        with serving(command, url=site, environment=environment, log=log, folder=folder):
            until = time.monotonic() + 300
            # It answers before its tables are made.
            while not requests.get(site, timeout=60).ok:
                assert time.monotonic() < until, log.read_text()
                time.sleep(0.5)
            board = GhostBoard(url, base)
            board.integrate(KEY)
            try:
                yield RealGhost(url, board)
            finally:
                board.close()


def _named(id: str | int) -> str:
    return f"{int(id):024x}"


CONTRACTS = (
    Contract(
        name="ghost-5.130",
        platform="ghost",
        serve="ghost",
        options=lambda url: {"url": url, "key": {"env": "KEY"}},
        environment={"KEY": KEY},
        logs_in=True,
        is_revocable=False,
        no_thread="6a" + "f" * 22,
    ),
)
