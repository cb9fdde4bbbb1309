"""The commands `quotewarden archive`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.stop import stop

# As in bot/cli.py, what a command needs is imported by the command.
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from adapters.thread import Thread
    from bot.archive.texts import ArchivedText

DEFAULT_NAME = "quotewarden-archive.db"

archive_app = typer.Typer(
    help="Keep the posts and comments of many threads, so that words taken from them are known.", no_args_is_help=True
)

ArchivePath = Annotated[
    Path | None,
    typer.Option("--archive", help=f"The archive's file; else the configuration's, else {DEFAULT_NAME}."),
]
ConfigPath = Annotated[Path | None, typer.Option("--config", help="The configuration file.")]


@archive_app.command("add")
def add(
    paths: Annotated[
        list[str], typer.Argument(help="Saved threads: files, .gz files, folders, or - for standard input.")
    ],
    archive: ArchivePath = None,
    format: Annotated[
        str | None, typer.Option("--format", help="Read every input as this format (see `adapters`).")
    ] = None,
    config: ConfigPath = None,
) -> None:
    """Add saved threads; what is in it already is left as it is, what was edited is replaced.

    Exit codes: 0 all is in, 2 wrong usage or the archive cannot be written, 3 an input could not be read.
    """
    from adapters.registry import saved_readers
    from bot.archive.errors import ArchiveError
    from bot.archive.writer import ArchiveWriter
    from bot.inputs import Inputs

    path = _path(archive, config)
    known = [reader.NAME for reader in saved_readers()]
    if format is not None and format not in known:
        stop(f"--format: no format {format!r}; there are {', '.join(known)}")
    inputs = Inputs(paths, format=format)
    try:
        with ArchiveWriter(path, create=True) as writer:
            changes = writer.add(_texts(inputs.threads()))
    except ArchiveError as error:
        stop(str(error))
    print(f"{path}: {changes.added} added, {changes.replaced} replaced, {changes.unchanged} unchanged")
    raise typer.Exit(3 if inputs.unread else 0)


@archive_app.command("remove")
def remove(
    site: Annotated[str, typer.Option(help="The site; an empty one is that of threads without a site.")],
    id: Annotated[str | None, typer.Option(help="The comment's or post's id.")] = None,
    thread: Annotated[str | None, typer.Option(help="The thread's id.")] = None,
    whole_site: Annotated[bool, typer.Option("--whole-site", help="Remove all that is of the site.")] = False,
    archive: ArchivePath = None,
    config: ConfigPath = None,
) -> None:
    """Erase a comment, a thread or a site: its words leave the file, not only the index."""
    from bot.archive.errors import ArchiveError
    from bot.archive.writer import ArchiveWriter

    if id is None and thread is None and not whole_site:
        stop("name what to remove with --id or --thread, or all of the site with --whole-site")
    path = _path(archive, config)
    try:
        with ArchiveWriter(path) as writer:
            removed = writer.remove(site=site, thread=thread, id=id)
    except ArchiveError as error:
        stop(str(error))
    print(f"{path}: {removed} removed")


@archive_app.command("rebuild")
def rebuild(archive: ArchivePath = None, config: ConfigPath = None) -> None:
    """Make the index anew from the texts that are kept."""
    from bot.archive.errors import ArchiveError
    from bot.archive.writer import ArchiveWriter

    path = _path(archive, config)
    try:
        with ArchiveWriter(path) as writer:
            count = writer.rebuild()
    except ArchiveError as error:
        stop(str(error))
    print(f"{path}: {count} texts indexed")


@archive_app.command("status")
def status(archive: ArchivePath = None, config: ConfigPath = None) -> None:
    """Tell what the archive has, how large it is, and whether its index lags behind."""
    from bot.archive.errors import ArchiveError
    from bot.archive.reader import Archive

    path = _path(archive, config)
    try:
        with Archive(path) as opened:
            state = opened.status()
    except ArchiveError as error:
        stop(str(error))
    print(f"texts      {state.texts} in {state.threads} threads of {state.sites} sites")
    print(f"index      {state.index_bytes} bytes in {state.segments} segments")
    print(f"file       {state.file_bytes} bytes")
    lag = f"{state.lag} texts are not indexed; run `quotewarden archive rebuild`" if state.lag else "none"
    print(f"lag        {lag}")
    if state.watermark is not None:
        print(f"watermark  {state.watermark}")


def _texts(threads: "Iterable[Thread]") -> "Iterator[ArchivedText]":
    from bot.archive.texts import texts_of

    for thread in threads:
        yield from texts_of(thread)


def _path(named: Path | None, config: Path | None) -> Path:
    from bot.config import ConfigError, load_config

    try:
        settings = load_config(config)
    except ConfigError as error:
        stop(str(error))
    return named or settings.archive.path or Path(DEFAULT_NAME)
