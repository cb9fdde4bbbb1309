"""The database behind the store: SQLite in a file of its own, or PostgreSQL."""

import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DisconnectionError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from bot.store.errors import StoreError
from bot.store.versions import Standing, shown, standing, upgrade

_BUSY_SECONDS = 30
_TRUSTED_SECONDS = 1.0
# A connection that was cut, not closed, hangs for a quarter of an hour; times are in seconds, the last in milliseconds.
_PATIENCE = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
_SERVERS_PATIENCE = """
SELECT set_config('tcp_keepalives_idle', '10', false), set_config('tcp_keepalives_interval', '5', false),
    set_config('tcp_keepalives_count', '3', false), set_config('tcp_user_timeout', '20000', false)
"""
BEGIN = "quotewarden_begin"  # the option that says how a transaction begins in SQLite; empty: not at all


class Store:
    """Be an open store; `read` and `write` give a transaction each."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        # SQLite lets one writer in and makes the others try again and again; threads wait in turn instead.
        self._turn: AbstractContextManager[object] = threading.Lock() if self.is_sqlite else nullcontext()

    @property
    def is_sqlite(self) -> bool:
        """Tell the embedded store from a server's."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Yield a connection in a transaction that is kept when the block ends well."""
        with self._turn, guarded(self.engine), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Yield a connection in a transaction that sees one state and holds nobody up."""
        with guarded(self.engine), self.engine.connect() as connection:
            yield connection.execution_options(**{BEGIN: "BEGIN"})

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()


def open_store(url: str, *, connections: int | None = None) -> Store:
    """Open the store at a URL; a new one gets its tables, one of another version is refused with StoreError.

    `connections` is the most that a server is asked for at once; who wants one more waits.
    """
    engine = connect(url, connections=connections)
    try:
        with guarded(engine):
            found = standing(engine)
            if found is Standing.NEW:
                upgrade(engine)
            elif found not in (Standing.CURRENT, Standing.GROWN):
                raise StoreError(f"{shown(engine.url)}: {found.value}")
    except BaseException:
        engine.dispose()
        raise
    return Store(engine)


def connect(url: str, *, connections: int | None = None) -> Engine:
    """Return an engine for a store's URL, whatever its version; raises StoreError."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise StoreError("the store's url is none; wanted is sqlite:///FILE or postgresql://HOST/DATABASE") from error
    if parsed.drivername == "sqlite":
        if not parsed.database or parsed.database == ":memory:":
            raise StoreError("the store's url names no file; wanted is sqlite:///FILE")
        if not Path(parsed.database).absolute().parent.is_dir():
            raise StoreError(f"{parsed.database}: its folder does not exist")
        engine = create_engine(parsed, connect_args={"timeout": _BUSY_SECONDS}, max_overflow=-1)
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    if parsed.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        try:
            url_of_driver = parsed.set(drivername="postgresql+psycopg")
            bound = {"max_overflow": -1} if connections is None else {"pool_size": connections, "max_overflow": 0}
            engine = create_engine(url_of_driver, connect_args=patience(url_of_driver), **bound)
        except ImportError as error:
            raise StoreError("PostgreSQL wants its driver: pip install 'quotewarden[postgres]'") from error
        event.listen(engine, "connect", _set_up_server)
        event.listen(engine, "checkin", _note_idle)
        event.listen(engine, "checkout", partial(_try_idle, engine))
        return engine
    raise StoreError(f"no store can be kept in {parsed.drivername!r}; there are sqlite and postgresql")


def _set_up_sqlite(connection: Any, record: ConnectionPoolEntry) -> None:
    # The driver's own idea of when a transaction begins leaves reads and DDL outside of it.
    connection.isolation_level = None
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",  # a page that is taken outlives a power cut
        "foreign_keys = ON",
        "secure_delete = ON",  # what is erased must not stay readable in free pages
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    # To ask for the write lock late, after reading, fails at once where another has written in between.
    if begin := connection.get_execution_options().get(BEGIN, "BEGIN IMMEDIATE"):
        connection.exec_driver_sql(begin)


def patience(url: URL) -> dict[str, object]:
    """Return what the driver is told of connections that are cut, as far as the URL does not say it."""
    return {name: value for name, value in _PATIENCE.items() if name not in url.query}


def _set_up_server(connection: Any, record: ConnectionPoolEntry) -> None:
    # The server's side of one that was cut would hold its locks for hours.
    connection.autocommit = True
    connection.execute(_SERVERS_PATIENCE)
    connection.autocommit = False


def _note_idle(connection: Any, record: ConnectionPoolEntry) -> None:
    record.info["idle_since"] = time.monotonic()


def _try_idle(engine: Engine, connection: Any, record: ConnectionPoolEntry, fairy: object) -> None:
    """Try a connection that nobody has used for a while: the server may have restarted meanwhile."""
    # Each time, as the pool would do it, is a question more for each transaction.
    since = record.info.get("idle_since")
    if since is None or time.monotonic() - since < _TRUSTED_SECONDS:
        return
    try:
        engine.dialect.do_ping(connection)
    except engine.dialect.loaded_dbapi.Error as error:
        raise DisconnectionError from error


@contextmanager
def guarded(engine: Engine) -> Iterator[None]:
    """Make a StoreError of whatever the database says."""
    try:
        yield
    except SQLAlchemyError as error:
        # The driver's own words, without the statement and its values: those hold comments.
        cause = str(getattr(error, "orig", None) or error).strip()
        raise StoreError(f"{shown(engine.url)}: {cause.splitlines()[0] if cause else type(error).__name__}") from error
