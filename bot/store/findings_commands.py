"""The commands `quotewarden findings`."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.stop import stop

# As in bot/cli.py, what a command needs is imported by the command.
if TYPE_CHECKING:
    from bot.store.database import Store

findings_app = typer.Typer(help="Look through what the daemon has found.", no_args_is_help=True)

ConfigPath = Annotated[Path | None, typer.Option("--config", help="The configuration file.")]
Key = Annotated[str, typer.Argument(metavar="KEY", help="The finding's key, from the list.")]


class Decision(StrEnum):
    """Name what a moderator may say of a finding."""

    confirmed = "confirmed"
    dismissed = "dismissed"


@findings_app.command("list")
def list_(
    everything: Annotated[bool, typer.Option("--all", help="Resolved ones and those of rules on trial too.")] = False,
    unjudged: Annotated[
        bool, typer.Option("--unjudged", help="Instead, the comments on which a rule gave no verdict, and why.")
    ] = False,
    config: ConfigPath = None,
) -> None:
    """List the open findings, oldest first: key, rule, comment and the first words."""
    from bot.inputs import one_line
    from bot.store.listing import listed, unjudged_comments

    with _store(config) as store, store.read() as connection:
        if unjudged:
            for row in unjudged_comments(connection):
                print(one_line(f"{row.site} {row.comment}  {row.rule:<20} {row.reason}"))
            return
        for record in listed(connection, only_open=not everything):
            state = f"  ({record['resolved_reason'] or record['state']})" if record["state"] != "open" else ""
            comment = f"{record['site']} {record['thread']['id']} {record['comment']['id']}"
            words = " ".join(record["excerpt"].split())[:60]
            print(one_line(f"{record['key']}  {record['rule']:<20} {comment}  {words}{state}"))


@findings_app.command("show")
def show(key: Key, config: ConfigPath = None) -> None:
    """Print all that is known of a finding."""
    import json

    from bot.store.listing import by_key

    with _store(config) as store, store.read() as connection:
        sys.stdout.write(json.dumps(by_key(connection, key), ensure_ascii=False, indent=2) + "\n")


@findings_app.command("resolve")
def resolve(
    key: Key,
    decision: Annotated[Decision, typer.Argument(help="Whether the finding was right.")],
    config: ConfigPath = None,
) -> None:
    """Note what a moderator says of a finding; it stays resolved whatever becomes of the comment."""
    from datetime import UTC, datetime

    from bot.decisions import decide
    from bot.store.listing import number_of

    with _store(config) as store, store.write() as connection:
        number = number_of(connection, key)
        decide(connection, number, decision.value, moderator=None, now=datetime.now(UTC), replace=True)
    print(f"{key}: {decision.value}")


@findings_app.command("export")
def export(config: ConfigPath = None) -> None:
    """Print every finding, one JSON record a line, with what became of it."""
    import json

    from bot.store.listing import listed

    with _store(config) as store, store.read() as connection:
        for record in listed(connection, only_open=False):
            sys.stdout.buffer.write(json.dumps(record, ensure_ascii=False).encode() + b"\n")


@contextmanager
def _store(path: Path | None) -> "Iterator[Store]":
    from bot.config import ConfigError, load_config
    from bot.store.database import open_store
    from bot.store.errors import StoreError

    try:
        with open_store(load_config(path).store.url) as store:
            yield store
    except (ConfigError, StoreError) as error:
        stop(str(error))
