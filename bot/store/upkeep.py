"""Backup, vacuum and the check of a store's soundness."""

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Engine

from bot.store.database import BEGIN
from bot.store.errors import StoreError
from bot.store.versions import shown


def problems(engine: Engine) -> list[str]:
    """Return what is broken in the store's file, in SQLite's words; a server looks after its own."""
    if engine.dialect.name != "sqlite":
        return []
    with engine.connect() as connection:
        told = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check(5)") if row[0] != "ok"]
        astray = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    return told + [f"a row of {row[0]} points at none of {row[2]}" for row in astray]


def backup(engine: Engine, path: Path) -> None:
    """Copy an SQLite store into a new file, as it is at one moment; raises StoreError."""
    if engine.dialect.name != "sqlite":
        raise StoreError(f"{shown(engine.url)}: a server's store is backed up with pg_dump")
    source = Path(engine.url.database or "")
    if not source.is_file():
        raise StoreError(f"{source}: no such store")
    try:
        path.touch(mode=0o600, exist_ok=False)  # comments are nobody else's business
    except FileExistsError as error:
        raise StoreError(f"{path}: exists already; name another file") from error
    except OSError as error:
        raise StoreError(f"{path}: cannot be written: {error.strerror}") from error
    try:
        with closing(sqlite3.connect(source)) as store, closing(sqlite3.connect(path)) as copy:
            store.backup(copy)
    except sqlite3.Error as error:
        path.unlink()
        raise StoreError(f"{path}: the backup failed: {error}") from error


def vacuum(engine: Engine) -> None:
    """Rewrite the store without the room that erased rows left; SQLite's needs as much room again while it runs."""
    if engine.dialect.name == "sqlite":
        with engine.connect().execution_options(**{BEGIN: ""}) as connection:
            connection.exec_driver_sql("VACUUM")
            connection.exec_driver_sql("ANALYZE")
        erase_log(engine)
    else:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM (ANALYZE)")


def erase_log(engine: Engine) -> None:
    """Empty SQLite's log, which still holds what the file no longer does; a server recycles its own."""
    if engine.dialect.name == "sqlite":
        with engine.connect().execution_options(**{BEGIN: ""}) as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
