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
    from bot.config import Config
    from bot.store.database import Store

findings_app = typer.Typer(help="Look through what the daemon has found, and decide on it.", no_args_is_help=True)

ConfigPath = Annotated[Path | None, typer.Option("--config", help="The configuration file.")]
Key = Annotated[str, typer.Argument(metavar="KEY", help="The finding's key, from the list.")]
Moderator = Annotated[str | None, typer.Option("--moderator", metavar="NAME", help="Who says so.")]


class Said(StrEnum):
    """Name what a moderator may say of a finding."""

    confirmed = "confirmed"
    dismissed = "dismissed"
    snoozed = "snoozed"
    note = "note"


class Reason(StrEnum):
    """Name why a finding is dismissed."""

    attributed = "attributed"
    not_a_quotation = "not-a-quotation"
    wrong_source = "wrong-source"
    allowed_here = "allowed-here"
    other = "other"


class LikeIt(StrEnum):
    """Name what findings may have in common."""

    author = "author"
    thread = "thread"
    phrase = "phrase"


class Form(StrEnum):
    """Name the forms of an export."""

    jsonl = "jsonl"
    csv = "csv"


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

    with opened_store(config) as (store, _), store.read() as connection:
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

    with opened_store(config) as (store, _), store.read() as connection:
        sys.stdout.write(json.dumps(by_key(connection, key), ensure_ascii=False, indent=2) + "\n")


@findings_app.command("decide")
def decide(
    key: Key,
    said: Annotated[Said, typer.Argument(metavar="VERDICT", help="What is to be said of it.")],
    reason: Annotated[Reason | None, typer.Option(help="Why it is dismissed.")] = None,
    note: Annotated[str | None, typer.Option(help="A note for the other moderators.")] = None,
    days: Annotated[float, typer.Option(min=0.01, max=3650, help="How long it is snoozed.")] = 7,
    moderator: Moderator = None,
    config: ConfigPath = None,
) -> None:
    """Say what a moderator thinks of a finding; it stands whatever becomes of the comment, in place of what stood."""
    from datetime import UTC, datetime, timedelta

    from bot.decisions import Stale, decide
    from bot.store.listing import number_of

    if reason is not None and said is not Said.dismissed:
        stop("--reason: goes with dismissed")
    if said is Said.note and not (note or "").strip():
        stop("say what to note with --note")
    now = datetime.now(UTC)
    try:
        with opened_store(config) as (store, settings), store.write() as connection:
            decided = decide(
                connection,
                number_of(connection, key),
                said.value,
                moderator=moderator,
                now=now,
                reason=reason.value if reason else None,
                note=note,
                until=now + timedelta(days=days) if said is Said.snoozed else None,
                replace=True,
                config=settings,
            )
    except Stale as stale:
        stop(f"{key}: {stale}")
    print(f"{key}: {decided.state}")


# As it was called first.
findings_app.command("resolve", hidden=True)(decide)


@findings_app.command("undo")
def undo(key: Key, moderator: Moderator = None, config: ConfigPath = None) -> None:
    """Take back the decision that stands; the finding is again what it was before."""
    from datetime import UTC, datetime

    from bot.decisions import standing_decision, undo
    from bot.store.listing import number_of

    with opened_store(config) as (store, _), store.write() as connection:
        standing = standing_decision(connection, number_of(connection, key))
        if standing is None:
            stop(f"{key}: nothing was decided")
        print(f"{key}: {undo(connection, standing.id, moderator=moderator, now=datetime.now(UTC))}")


@findings_app.command("allow")
def allow(
    key: Key,
    like: Annotated[LikeIt, typer.Argument(metavar="LIKE", help="What the others have in common with it.")],
    every_rule: Annotated[bool, typer.Option("--every-rule", help="Of every rule, not only of this one.")] = False,
    note: Annotated[str | None, typer.Option(help="A note for the other moderators.")] = None,
    moderator: Moderator = None,
    config: ConfigPath = None,
) -> None:
    """Dismiss a finding as allowed here, and never tell again of its author's, its thread's or its phrase's."""
    from datetime import UTC, datetime

    from bot.decisions import Stale, allow_like
    from bot.store.listing import number_of

    now = datetime.now(UTC)
    try:
        with opened_store(config) as (store, _), store.write() as connection:
            number = number_of(connection, key)
            decided = allow_like(
                connection, number, like.value, moderator=moderator, now=now, every_rule=every_rule, note=note
            )
    except Stale as stale:
        stop(f"{key}: {stale}")
    if not decided.is_new:
        stop(f"{key}: is {decided.state} already; take that back first with `quotewarden findings undo {key}`")
    print(f"{key}: {decided.state}; allowed from now on")


@findings_app.command("precision")
def precision(
    weeks: Annotated[int, typer.Option(min=1, max=520, help="How far to look back.")] = 12, config: ConfigPath = None
) -> None:
    """Tell of each site and rule how many findings were right, week by week, and how sure it has to be."""
    from datetime import UTC, datetime, timedelta

    from bot.inputs import one_line
    from bot.precision import precision
    from bot.store.thresholds import SILENT, listed_thresholds

    now = datetime.now(UTC)
    with opened_store(config) as (store, _), store.read() as connection:
        for one in precision(connection, since=now - timedelta(weeks=weeks)):
            counts = f"{one.confirmed} of {one.confirmed + one.dismissed} confirmed"
            print(one_line(f"{one.site}  {one.rule:<20} {one.week}  {counts} ({one.share:.0%})"))
        for row in listed_thresholds(connection):
            least = "nothing is told" if row.least >= SILENT else f"told from {row.least:.2f} on"
            why = f"for {row.wanted:.0%} to be right" if row.wanted else f"set by {row.moderator or 'somebody'}"
            print(one_line(f"{row.site}  {row.rule:<20} {least}, {why}"))


@findings_app.command("export")
def export(
    form: Annotated[Form, typer.Option("--format", help="One JSON record a line, or a table.")] = Form.jsonl,
    labelled: Annotated[
        Path | None,
        typer.Option(
            "--labelled", metavar="FOLDER", help="Instead, write the decided findings' threads, and labels, for eval."
        ),
    ] = None,
    config: ConfigPath = None,
) -> None:
    """Print every finding with what became of it."""
    import io
    import json

    from bot.labels import write_labels
    from bot.report.table import write_table
    from bot.store.listing import listed

    with opened_store(config) as (store, _), store.read() as connection:
        if labelled is not None:
            try:
                threads, decided = write_labels(connection, labelled)
            except OSError as error:
                stop(f"{labelled}: cannot be written: {error.strerror}; name a new folder")
            print(f"wrote {labelled}: {decided} decisions in {threads} threads")
        elif form is Form.csv:
            file = io.TextIOWrapper(sys.stdout.buffer, "utf-8", "replace", newline="", write_through=True)
            write_table(listed(connection, only_open=False), file)
            file.detach()  # else standard output is closed with it
        else:
            for record in listed(connection, only_open=False):
                sys.stdout.buffer.write(json.dumps(record, ensure_ascii=False).encode("utf-8", "replace") + b"\n")


@contextmanager
def opened_store(path: Path | None) -> "Iterator[tuple[Store, Config]]":
    """Open the store of a configuration, which is handed over too; whatever is wrong with one is told, and ends it."""
    from bot.config import ConfigError, load_config
    from bot.store.database import open_store
    from bot.store.errors import StoreError

    try:
        settings = load_config(path)
        with open_store(settings.store.url) as store:
            yield store, settings
    except (ConfigError, StoreError) as error:
        stop(str(error))
