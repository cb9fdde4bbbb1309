"""The store's version, and the way from one to the next."""

from enum import Enum
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

HEAD = "0001"
_HERE = Path(__file__).parent / "migrations"
# Any number will do that no other program on the same server locks by.
_LOCK = 5_117_904_211


class Standing(Enum):
    """Say how a store's version stands to the program's, and what to do."""

    NEW = "holds nothing yet; `quotewarden db upgrade` makes its tables"
    CURRENT = "up to date"
    OLD = "is of an older version; back it up, then run `quotewarden db upgrade`"
    NEWER = "is of a newer version than this program; install that one"
    STRANGE = "holds tables that are none of ours; name another database"


def standing(engine: Engine) -> Standing:
    """Return how the store's version stands to the program's."""
    with engine.connect() as connection:
        return _standing(connection)


def upgrade(engine: Engine) -> None:
    """Bring an older store, or a new one, to this program's version, in one transaction."""
    from alembic import command
    from alembic.config import Config

    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            # SQLite's write transactions exclude each other anyway.
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        if _standing(connection) not in (Standing.NEW, Standing.OLD):
            return
        config = Config()
        config.set_main_option("script_location", str(_HERE).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _standing(connection: Connection) -> Standing:
    names = set(inspect(connection).get_table_names())
    if "alembic_version" not in names:
        return Standing.NEW if not names else Standing.STRANGE
    version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if version is None:
        return Standing.NEW if names == {"alembic_version"} else Standing.STRANGE
    # Versions are numbers of four digits, in order.
    return Standing.CURRENT if version == HEAD else Standing.OLD if version < HEAD else Standing.NEWER
