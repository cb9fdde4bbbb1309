"""The database behind the store: SQLite in a file of its own, or PostgreSQL."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from bot.store.errors import StoreError
from bot.store.versions import Standing, shown, standing, upgrade

_BUSY_SECONDS = 30
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
            return create_engine(url_of_driver, pool_pre_ping=True, **bound)
        except ImportError as error:
            raise StoreError("PostgreSQL wants its driver: pip install 'quotewarden[postgres]'") from error
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


@contextmanager
def guarded(engine: Engine) -> Iterator[None]:
    """Make a StoreError of whatever the database says."""
    try:
        yield
    except SQLAlchemyError as error:
        # The driver's own words, without the statement and its values: those hold comments.
        cause = str(getattr(error, "orig", None) or error).strip()
        raise StoreError(f"{shown(engine.url)}: {cause.splitlines()[0] if cause else type(error).__name__}") from error
