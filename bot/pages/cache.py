"""What is kept of fetched pages, in one SQLite file that several processes share.

Beside the pages and the sites' robots.txt it holds what the processes of a run have to agree on: whose turn it is at a
host, how many pages were asked for, and which hosts were told of.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

_APPLICATION = 0x51577063
_VERSION = 1
_TABLES = """
CREATE TABLE pages (url TEXT PRIMARY KEY, final TEXT, text TEXT, problem TEXT, expires REAL NOT NULL);
CREATE TABLE robots (origin TEXT PRIMARY KEY, rules TEXT NOT NULL, problem TEXT, expires REAL NOT NULL);
CREATE TABLE turns (host TEXT PRIMARY KEY, free_at REAL NOT NULL);
CREATE TABLE runs (run TEXT PRIMARY KEY, asked INTEGER NOT NULL, since REAL NOT NULL);
CREATE TABLE told (run TEXT NOT NULL, host TEXT NOT NULL, PRIMARY KEY (run, host));
"""
_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Kept:
    """Hold a page that was asked for: its last address and its text, or why there is none."""

    url: str
    text: str | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Robots:
    """Hold the rules of a site, with what went wrong where they could not be had."""

    rules: str
    problem: str | None = None


class PageCache:
    """Keep pages in a file; raises sqlite3.Error where the file is not ours, not whole or not to be written."""

    def __init__(self, path: str, *, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._connection = sqlite3.connect(path, timeout=10, isolation_level=None)
        try:
            self._prepare()
        except sqlite3.Error:
            self.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def page(self, url: str) -> Kept | None:
        """Return what is kept of a page, None when it was not asked for or too long ago."""
        row = self._row("SELECT final, text, problem FROM pages WHERE url = ? AND expires > ?", url, self._now())
        return Kept(*row) if row else None

    def keep_page(self, url: str, kept: Kept, *, seconds: float) -> None:
        """Keep a page, or why there is none."""
        self._row(
            "INSERT OR REPLACE INTO pages VALUES (?, ?, ?, ?, ?)",
            url, kept.url, _storable(kept.text), _storable(kept.problem), self._now() + seconds,
        )  # fmt: skip

    def robots(self, origin: str) -> Robots | None:
        """Return the rules of a site, None when they were not asked for or too long ago."""
        row = self._row("SELECT rules, problem FROM robots WHERE origin = ? AND expires > ?", origin, self._now())
        return Robots(*row) if row else None

    def keep_robots(self, origin: str, kept: Robots, *, seconds: float) -> None:
        """Keep the rules of a site."""
        self._row(
            "INSERT OR REPLACE INTO robots VALUES (?, ?, ?, ?)",
            origin, _storable(kept.rules), kept.problem, self._now() + seconds,
        )  # fmt: skip

    def take_turn(self, host: str, *, seconds: float) -> bool:
        """Take the turn at a host, for so long at most; False while another has it or has just had it."""
        with self._alone():
            now = self._now()
            row = self._row("SELECT free_at FROM turns WHERE host = ?", host)
            # A clock that was set back must not close a host for as long.
            if row and now < row[0] <= now + seconds:
                return False
            self._row("INSERT OR REPLACE INTO turns VALUES (?, ?)", host, now + seconds)
            return True

    def leave_turn(self, host: str, *, pause: float) -> None:
        """Give the turn at a host back; the next one begins after a pause."""
        self._row("INSERT OR REPLACE INTO turns VALUES (?, ?)", host, self._now() + pause)

    def count_page(self, run: str, *, most: int) -> bool:
        """Count a page that a run is about to ask for; False when it has asked for the most that it may."""
        with self._alone():
            row = self._row("SELECT asked FROM runs WHERE run = ?", run)
            if row and row[0] >= most:
                return False
            asked = row[0] + 1 if row else 1
            self._row("INSERT OR REPLACE INTO runs VALUES (?, ?, ?)", run, asked, self._now())
            return True

    def tell(self, run: str, host: str) -> bool:
        """Note that a run tells of a host; False when it has done so before."""
        return (
            self._connection.execute("INSERT OR IGNORE INTO told VALUES (?, ?)", (run, _storable(host))).rowcount == 1
        )

    def _prepare(self) -> None:
        # With a log beside the file nothing waits for the disk, and a power cut leaves it whole.
        self._row("PRAGMA synchronous = NORMAL")
        if self._row("PRAGMA application_id") == (_APPLICATION,) or self._row("SELECT 1 FROM sqlite_master") is None:
            # Refused while another process does the same; its doing is enough.
            with suppress(sqlite3.OperationalError):
                self._row("PRAGMA journal_mode = WAL")
        with self._alone():
            marks = self._row("PRAGMA application_id"), self._row("PRAGMA user_version")
            if marks == ((0,), (0,)) and self._row("SELECT 1 FROM sqlite_master") is None:
                for statement in _TABLES.split(";"):
                    self._row(statement)
                self._row(f"PRAGMA application_id = {_APPLICATION}")
                self._row(f"PRAGMA user_version = {_VERSION}")
            elif marks != ((_APPLICATION,), (_VERSION,)):
                raise sqlite3.DatabaseError("it is another program's, or another version's")
            now = self._now()
            for table in ("pages", "robots"):
                self._row(f"DELETE FROM {table} WHERE expires <= ?", now)  # noqa: S608  # the names are ours
            self._row("DELETE FROM turns WHERE free_at < ?", now - _DAY)
            self._row("DELETE FROM told WHERE run IN (SELECT run FROM runs WHERE since < ?)", now - _DAY)
            self._row("DELETE FROM runs WHERE since < ?", now - _DAY)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def _row(self, statement: str, *values: object) -> tuple[Any, ...] | None:
        row: tuple[Any, ...] | None = self._connection.execute(statement, values).fetchone()
        return row


def _storable(text: str | None) -> str | None:
    # SQLite takes no lone surrogates.
    return None if text is None else text.encode("utf-8", "replace").decode("utf-8")
