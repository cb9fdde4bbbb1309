"""The commands `quotewarden db`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.stop import stop

# As in bot/cli.py, what a command needs is imported by the command.
if TYPE_CHECKING:
    from sqlalchemy import Engine

db_app = typer.Typer(help="Look after the store: the database of the daemon.", no_args_is_help=True)

ConfigPath = Annotated[Path | None, typer.Option("--config", help="The configuration file.")]


@db_app.command("upgrade")
def upgrade(config: ConfigPath = None) -> None:
    """Make a new store's tables, or bring an older store to this version."""
    from bot.store.database import guarded
    from bot.store.errors import StoreError
    from bot.store.versions import Standing, shown, standing, upgrade

    engine = _engine(config)
    try:
        with guarded(engine):
            found = standing(engine)
            if found in (Standing.NEW, Standing.OLD):
                upgrade(engine)
            elif found is not Standing.CURRENT:
                stop(f"{shown(engine.url)}: {found.value}")
    except StoreError as error:
        stop(str(error))
    print(f"{shown(engine.url)}: {Standing.CURRENT.value}")


@db_app.command("downgrade")
def downgrade(
    version: Annotated[str, typer.Argument(help="The version to go back to, as 0001.")], config: ConfigPath = None
) -> None:
    """Take the store back to an older version, for an older program; back it up first."""
    from bot.store.database import guarded
    from bot.store.errors import StoreError
    from bot.store.versions import downgrade, shown

    engine = _engine(config)
    try:
        with guarded(engine):
            downgrade(engine, version)
    except StoreError as error:
        stop(str(error))
    print(f"{shown(engine.url)}: of version {version}")


@db_app.command("export")
def export(config: ConfigPath = None) -> None:
    """Print every stored thread in the native format, one a line: for `check`, another program, or a move."""
    import json
    import sys

    from bot.config import ConfigError, load_config
    from bot.records import thread_record
    from bot.store.database import open_store
    from bot.store.errors import StoreError
    from bot.store.threads import stored_threads

    try:
        with open_store(load_config(config).store.url) as store, store.read() as connection:
            for stored in stored_threads(connection):
                line = json.dumps(thread_record(stored.thread), ensure_ascii=False)
                sys.stdout.buffer.write(line.encode("utf-8", "replace") + b"\n")
    except (ConfigError, StoreError) as error:
        stop(str(error))


@db_app.command("check")
def check(config: ConfigPath = None) -> None:
    """Say whether the store can be reached, is of this version and is sound."""
    from bot.store.database import guarded
    from bot.store.errors import StoreError
    from bot.store.upkeep import problems
    from bot.store.versions import Standing, shown, standing

    engine = _engine(config)
    try:
        with guarded(engine):
            found = standing(engine)
            if found not in (Standing.CURRENT, Standing.GROWN):
                stop(f"{shown(engine.url)}: {found.value}")
            if told := problems(engine):
                stop(f"{shown(engine.url)}: {told[0]}")
    except StoreError as error:
        stop(str(error))
    print(f"{shown(engine.url)}: {found.value} and sound")


@db_app.command("backup")
def backup(
    path: Annotated[Path, typer.Argument(help="The file to write; it must not exist.")], config: ConfigPath = None
) -> None:
    """Write a copy of an SQLite store, while it is in use; for PostgreSQL there is pg_dump."""
    from bot.store.errors import StoreError
    from bot.store.upkeep import backup

    try:
        backup(_engine(config), path)
    except StoreError as error:
        stop(str(error))
    print(f"wrote {path}")


@db_app.command("vacuum")
def vacuum(config: ConfigPath = None) -> None:
    """Give the room of what was erased back, and bring the planner's statistics up to date."""
    from bot.store.database import guarded
    from bot.store.errors import StoreError
    from bot.store.upkeep import vacuum
    from bot.store.versions import shown

    engine = _engine(config)
    try:
        with guarded(engine):
            vacuum(engine)
    except StoreError as error:
        stop(str(error))
    print(f"{shown(engine.url)}: vacuumed")


def _engine(path: Path | None) -> "Engine":
    from bot.config import ConfigError, load_config
    from bot.store.database import connect
    from bot.store.errors import StoreError

    try:
        return connect(load_config(path).store.url)
    except (ConfigError, StoreError) as error:
        stop(str(error))
