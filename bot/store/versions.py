"""The store's version, and the way from one to the next."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import URL, Connection, Engine, inspect, text

from bot.store.errors import StoreError

# Alembic takes a while to load, and few runs need it.
if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0006"
FIRST = "0001"
_HERE = Path(__file__).parent / "migrations"
# Any number will do that no other program on the same server locks by.
_LOCK = 5_117_904_211


class Standing(Enum):
    """Say how a store's version stands to the program's, and what to do."""

    NEW = "holds nothing yet; `quotewarden db upgrade` makes its tables"
    CURRENT = "up to date"
    GROWN = "is of a newer version, on which this program still works"
    OLD = "is of an older version; back it up, then run `quotewarden db upgrade`"
    NEWER = "is of a newer version than this program; install that one"
    STRANGE = "holds tables that are none of ours; name another database"


def shown(url: URL) -> str:
    """Return a store's URL without its password."""
    return url.database or "" if url.drivername == "sqlite" else url.render_as_string(hide_password=True)


def standing(engine: Engine) -> Standing:
    """Return how the store's version stands to the program's."""
    with engine.connect() as connection:
        return _standing(connection)


def upgrade(engine: Engine) -> None:
    """Bring an older store, or a new one, to this program's version, in one transaction."""
    from alembic import command

    with _alone(engine) as connection:
        if _standing(connection) in (Standing.NEW, Standing.OLD):
            command.upgrade(_alembic(connection), HEAD)


def downgrade(engine: Engine, version: str) -> None:
    """Take a store of this program's version back to an older one, in one transaction; raises StoreError."""
    from alembic import command

    if not FIRST <= version < HEAD or not version.isdecimal() or len(version) != len(HEAD):
        raise StoreError(f"{version}: no older version; this program's is {HEAD}, the first was {FIRST}")
    with _alone(engine) as connection:
        if (found := _standing(connection)) is not Standing.CURRENT:
            raise StoreError(f"{shown(engine.url)}: {found.value}")
        command.downgrade(_alembic(connection), version)


@contextmanager
def _alone(engine: Engine) -> Iterator[Connection]:
    """Yield a connection in a transaction that no other change of version runs beside."""
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            # SQLite's write transactions exclude each other anyway.
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        yield connection


def _alembic(connection: Connection) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_HERE).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _standing(connection: Connection) -> Standing:
    names = set(inspect(connection).get_table_names())
    if "alembic_version" not in names:
        return Standing.NEW if not names else Standing.STRANGE
    version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if version is None:
        return Standing.NEW if names == {"alembic_version"} else Standing.STRANGE
    # Versions are numbers of four digits, in order.
    if version > HEAD:
        return Standing.GROWN if _works_with(connection, names) else Standing.NEWER
    return Standing.CURRENT if version == HEAD else Standing.OLD


def _works_with(connection: Connection, names: set[str]) -> bool:
    """Tell whether a newer store has only grown since this program's version, so that both work on it side by side."""
    if "store_state" not in names:
        return False
    oldest = connection.execute(text("SELECT oldest FROM store_state WHERE id = 1")).scalar()
    return oldest is not None and oldest <= HEAD
