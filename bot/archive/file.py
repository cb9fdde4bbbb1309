"""The archive's file: SQLite, opened for reading or for writing, with its errors in plain words."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from bot.archive.errors import ArchiveError
from bot.archive.postings import Segment

APPLICATION_ID = 0x51574152
VERSION = 1
_BUSY_SECONDS = 10.0
_MAGIC = b"SQLite format 3\0"
_SCHEMA = (
    """CREATE TABLE texts (
        id INTEGER PRIMARY KEY AUTOINCREMENT, site TEXT NOT NULL, thread TEXT NOT NULL, kind TEXT NOT NULL,
        own_id TEXT NOT NULL, author TEXT, url TEXT, posted_at REAL, quoted TEXT, digest BLOB NOT NULL,
        text TEXT NOT NULL, UNIQUE (site, thread, kind, own_id))""",
    """CREATE TABLE segments (
        id INTEGER PRIMARY KEY AUTOINCREMENT, first INTEGER NOT NULL, last INTEGER NOT NULL, size INTEGER NOT NULL)""",
    "CREATE TABLE postings (key INTEGER PRIMARY KEY, row BLOB NOT NULL)",
    "CREATE TABLE state (watermark TEXT)",
    "INSERT INTO state VALUES (NULL)",
    f"PRAGMA application_id = {APPLICATION_ID}",
    f"PRAGMA user_version = {VERSION}",
)


def open_for_reading(path: Path) -> sqlite3.Connection:
    """Open an archive that is there; raises ArchiveError."""
    with explained(path):
        _refuse_strangers(path)
        # SQLite notes readers beside the file; where nobody may write there, nobody changes the file either.
        still = not os.access(path.absolute().parent, os.W_OK) and not _journal(path)
        connection = _connected(path, "immutable=1" if still else "mode=rw")
        try:
            connection.execute("PRAGMA query_only = ON")
            connection.execute("PRAGMA cache_size = -65536")
            _check_version(connection, path)
        except BaseException:
            connection.close()
            raise
        return connection


def open_for_writing(path: Path, *, create: bool = False) -> sqlite3.Connection:
    """Open an archive to change it; raises ArchiveError."""
    with explained(path):
        is_new = not path.exists() or path.stat().st_size == 0
        if is_new and not create:
            raise missing(path)
        if not is_new:
            _refuse_strangers(path)
        connection = _connected(path, "mode=rwc")
        try:
            connection.execute("PRAGMA page_size = 8192")
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
            connection.execute("PRAGMA cache_size = -32768")
            # What is deleted is overwritten: an erased comment must not live on in the file's free space.
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute("PRAGMA journal_mode = WAL")
            with transaction(connection):
                if not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
                    for statement in _SCHEMA:
                        connection.execute(statement)
            _check_version(connection, path)
        except BaseException:
            connection.close()
            raise
        return connection


@contextmanager
def transaction(connection: sqlite3.Connection, kind: str = "IMMEDIATE") -> Iterator[None]:
    """Do all of the block or nothing of it."""
    # A rule's time may run out anywhere in here: whatever was begun is to be ended.
    try:
        connection.execute(f"BEGIN {kind}")
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn the errors of the file system and of SQLite into ArchiveError."""
    try:
        yield
    except sqlite3.Error as error:
        raise ArchiveError(f"{path}: {_reason(getattr(error, 'sqlite_errorname', ''), error)}") from error
    except OSError as error:
        raise ArchiveError(f"{path}: cannot be opened: {error.strerror}") from error


def segments(connection: sqlite3.Connection) -> list[Segment]:
    """Return the segments of the index in the order of their texts."""
    return [Segment(*row) for row in connection.execute("SELECT id, first, last, size FROM segments ORDER BY first")]


def missing(path: Path) -> ArchiveError:
    """Return the error for an archive that is not there."""
    return ArchiveError(f"{path}: no such archive; `quotewarden archive add` makes one")


def damaged(path: Path) -> ArchiveError:
    """Return the error for an index whose rows make no sense."""
    return ArchiveError(f"{path}: {_reason('SQLITE_CORRUPT', ValueError())}")


def _connected(path: Path, options: str) -> sqlite3.Connection:
    address = f"file:{quote(str(path.absolute()))}?{options}"
    return sqlite3.connect(address, uri=True, isolation_level=None, timeout=_BUSY_SECONDS, cached_statements=64)


def _journal(path: Path) -> int:
    journal = path.with_name(path.name + "-wal")
    return journal.stat().st_size if journal.exists() else 0


def _refuse_strangers(path: Path) -> None:
    if not path.exists():
        raise missing(path)
    if path.is_dir():
        raise ArchiveError(f"{path}: a folder; name the archive's file")
    with path.open("rb") as file:
        head = file.read(100)
    if head and not head.startswith(_MAGIC):
        raise ArchiveError(f"{path}: not an archive of quotewarden's; name another file")
    pages, page = int.from_bytes(head[28:32], "big"), int.from_bytes(head[16:18], "big")
    # Once the journal is written back, the head tells how long the file must be.
    if head and not _journal(path) and path.stat().st_size < pages * (page if page > 1 else 65536):
        raise ArchiveError(f"{path}: cut off; restore it from a backup, or make it anew with `quotewarden archive add`")


def _check_version(connection: sqlite3.Connection, path: Path) -> None:
    [application] = connection.execute("PRAGMA application_id").fetchone()
    if application != APPLICATION_ID:
        raise ArchiveError(f"{path}: not an archive of quotewarden's; name another file")
    [version] = connection.execute("PRAGMA user_version").fetchone()
    if version != VERSION:
        raise ArchiveError(
            f"{path}: an archive of version {version}, and this quotewarden reads version {VERSION}; "
            "make it anew with `quotewarden archive add`"
        )


def _reason(name: str, error: Exception) -> str:
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return "another process is writing to it; try again when it has finished"
    if name.startswith("SQLITE_FULL"):
        return "the disk is full; make room and add again: what was added before stays"
    if name.startswith(("SQLITE_READONLY", "SQLITE_PERM", "SQLITE_AUTH")):
        return "may not be written to; change its permissions or its folder's"
    if name.startswith("SQLITE_CANTOPEN"):
        return "cannot be opened; check that its folder is there and may be written to"
    if name.startswith("SQLITE_IOERR"):
        return "the disk cannot be read or written there; check it"
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")) or "decode to UTF-8" in str(error):
        return "damaged; try `quotewarden archive rebuild`, else make it anew with `quotewarden archive add`"
    return f"{error}"
