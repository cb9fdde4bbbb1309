"""The lock that keeps a second daemon off a store in PostgreSQL; an SQLite store has a file for that."""

import os
import socket
from pathlib import Path

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from bot.daemon.lock import FileLock, Lock, Owner, StoreInUseError
from bot.store.database import Store, guarded
from bot.store.errors import StoreError
from bot.store.versions import shown

# Any number will do that no other program on the same server locks by.
_KEY = 5_117_904_212
_KEYS = {"high": _KEY >> 32, "low": _KEY & 0xFFFFFFFF}
_HOLDERS = (
    "FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid"
    " WHERE l.locktype = 'advisory' AND l.granted AND l.classid = :high AND l.objid = :low"
    " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
_PREFIX = "quotewarden "


def store_lock(store: Store) -> Lock:
    """Return the lock of a store, which is not taken yet."""
    return FileLock(Path(store.engine.url.database or "")) if store.is_sqlite else ServerLock(store)


class ServerLock:
    """Lock a store that is on a server, for as long as a session of its own lasts.

    Many may hold it when all of them hold it shared, as the workers of a cluster do. The server lets go of the lock
    when the session ends, however it ends; the session's name tells the owner.
    """

    def __init__(self, store: Store, *, is_shared: bool = False) -> None:
        self._store = store
        self._take = "pg_try_advisory_lock_shared" if is_shared else "pg_try_advisory_lock"
        self._session: Connection | None = None
        self._is_wanted = False

    def acquire(self) -> None:
        """Take the lock at once; raises StoreInUseError, and StoreError where the server is not to be had."""
        with guarded(self._store.engine):
            session = self._store.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            try:
                session.execute(text("SELECT set_config('application_name', :name, false)"), {"name": _name()})
                if not session.execute(text(f"SELECT {self._take}(:key)"), {"key": _KEY}).scalar():
                    raise StoreInUseError(shown(self._store.engine.url), self._owner(session))
            except BaseException:
                _end(session)
                raise
        self._session, self._is_wanted = session, True

    def keep(self) -> None:
        """Take the lock again where its session was lost, as soon as the server is back; raises StoreInUseError."""
        try:
            if self._session is not None:
                self._session.execute(text("SELECT 1"))
            elif self._is_wanted:
                self.acquire()
        except SQLAlchemyError:
            self._drop()
        except StoreError:
            return

    def release(self) -> None:
        """Give the lock back."""
        self._is_wanted = False
        self._drop()

    def _drop(self) -> None:
        if self._session is not None:
            _end(self._session)
            self._session = None

    def _owner(self, session: Connection) -> Owner | None:
        row = session.execute(
            text(
                f"SELECT a.application_name AS name, extract(epoch FROM a.backend_start) AS since {_HOLDERS}"  # noqa: S608  # our own words
                " ORDER BY a.backend_start"
            ),
            _KEYS,
        ).first()
        words = row.name.removeprefix(_PREFIX).rsplit(" ", 1) if row and row.name.startswith(_PREFIX) else []
        if row is None or len(words) != 2 or not words[1].isdecimal():
            return None
        return Owner(host=words[0], pid=int(words[1]), since=float(row.since))


def count_holders(connection: Connection) -> int:
    """Return how many daemons or workers hold a server's store."""
    count: int = connection.execute(text(f"SELECT count(*) {_HOLDERS}"), _KEYS).scalar_one()  # our own words
    return count


def _end(session: Connection) -> None:
    # One that went back to the pool would keep the lock.
    session.invalidate()
    session.close()


def _name() -> str:
    # PostgreSQL cuts names after 63 bytes; the process's number must not be what is cut.
    pid = str(os.getpid())
    return f"{_PREFIX}{socket.gethostname()[: 62 - len(_PREFIX) - len(pid)]} {pid}"
