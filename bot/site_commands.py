"""The commands that watch live sites: run, poll, status, doctor, fetch and `adapters`."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.stop import stop

# As in bot/cli.py, what a command needs is imported by the command.
if TYPE_CHECKING:
    from bot.config import Config
    from bot.daemon.process import Companion
    from bot.store.database import Store

ConfigPath = Annotated[Path | None, typer.Option("--config", help="The configuration file.")]

adapters_app = typer.Typer(help="Show what can be read and watched, and try a site.", invoke_without_command=True)


def run(config: ConfigPath = None) -> None:
    """Watch the sites of the configuration until SIGTERM; SIGHUP reads the configuration anew."""
    _run(config, only=None)


def poll(
    site: Annotated[str | None, typer.Argument(metavar="[SITE]", help="One site; else all of them.")] = None,
    once: Annotated[bool, typer.Option("--once", help="Poll once and end; else go on as `run` does.")] = False,
    since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="Read and judge everything anew since then, UTC."),
    ] = None,
    config: ConfigPath = None,
) -> None:
    """Poll sites now.

    Exit codes: 0 all went well, 2 wrong usage or configuration, 3 a site could not be polled.
    """
    if since is not None and not once:
        stop("--since: goes with --once")
    if not once:
        _run(config, only=site)
        return
    from datetime import UTC

    from bot.archive.errors import ArchiveError
    from bot.config import ConfigError
    from bot.daemon.logs import configure_logs
    from bot.daemon.polls import PollError
    from bot.inputs import one_line
    from bot.store.errors import StoreError
    from bot.watching import new_poller, open_sites, revealed

    failed = False
    settings = _load(config)
    try:
        with _opened(settings) as store:
            opened = open_sites(settings, only=site, store=store)
            configure_logs(settings.log, secrets=revealed(settings))
            poller = new_poller(settings, store, opened)
            for name in opened:
                try:
                    outcome = poller.poll(name, since=since.replace(tzinfo=UTC) if since else None)
                except PollError as error:
                    print(one_line(f"{name}: could not be polled: {error}"), file=sys.stderr)
                    failed = True
                else:
                    print(one_line(f"{name}: {outcome.comments} comments new or changed, {outcome.findings} findings"))
            poller.retire()
    except (ArchiveError, ConfigError, StoreError) as error:
        stop(str(error))
    raise typer.Exit(3 if failed else 0)


def status(
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object a site instead, one a line.")] = False,
    config: ConfigPath = None,
) -> None:
    """Tell how each site fares: last poll, lag, comments, open findings, what waits to be told, errors."""
    import json
    from datetime import UTC

    from bot.report.status import status_record, status_table
    from bot.store.errors import StoreError
    from bot.store.polls import site_states

    settings = _load(config)
    now = datetime.now(UTC)
    try:
        with _opened(settings) as store, store.read() as connection:
            records = [status_record(state, settings, now=now) for state in site_states(connection, now=now)]
    except StoreError as error:
        stop(str(error))
    if settings.bot.mode == "cluster" and not as_json:
        _cluster_status(settings)
    known = {record["site"] for record in records}
    records += [{"site": name, "last_poll": None, "lag_seconds": 0} for name in settings.sites if name not in known]
    if as_json:
        for record in records:
            print(json.dumps(record, ensure_ascii=False))
    else:
        status_table(records, now=now)


def doctor(config: ConfigPath = None) -> None:
    """Try everything that the daemon needs, and say what to mend.

    Exit codes: 0 all is well, 1 something is to be mended, 2 wrong usage or configuration.
    """
    from bot.doctor import examine
    from bot.inputs import one_line

    settings = _load(config)
    ill = 0
    for proof in examine(settings):
        ill += not proof.ok
        print(one_line(f"{'ok  ' if proof.ok else 'MEND'}  {proof.name:<24} {proof.said}"), flush=True)
        if not proof.ok and proof.mend:
            print(one_line(f"      {'':<24} → {proof.mend}"), flush=True)
    raise typer.Exit(1 if ill else 0)


def fetch(
    site: Annotated[str, typer.Argument(help="A site of the configuration.")],
    thread: Annotated[str, typer.Argument(help="The thread's id at its platform.")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="The file to write; else standard output.")
    ] = None,
    config: ConfigPath = None,
) -> None:
    """Save a live thread in the native format.

    Exit codes: 0 it is saved, 2 wrong usage or configuration, 3 the site did not show it.
    """
    import json

    from adapters.errors import SiteError
    from bot.config import ConfigError
    from bot.records import thread_record
    from bot.watching import open_sites

    try:
        [(live, _)] = open_sites(_load(config), only=site).values()
        with live:
            found = thread_record(live.thread(thread))
        text = json.dumps(found, ensure_ascii=False, indent=1).encode("utf-8", "replace") + b"\n"
        if output is None:
            sys.stdout.buffer.write(text)
        else:
            output.write_bytes(text)
    except ConfigError as error:
        stop(str(error))
    except SiteError as error:
        print(f"{site}: {error}", file=sys.stderr)
        raise typer.Exit(3) from error
    except OSError as error:
        stop(f"{output}: cannot be written: {error.strerror}")


@adapters_app.callback()
def adapters(context: typer.Context) -> None:
    """List the platforms that can be watched, and the formats of saved threads that can be read."""
    if context.invoked_subcommand is not None:
        return
    from adapters.registry import platforms, saved_readers

    for platform in platforms():
        print(f"{platform.NAME:<14} live   {platform.TITLE}")
    for reader in saved_readers():
        print(f"{reader.NAME:<14} saved  {reader.TITLE}")


@adapters_app.command("check")
def adapters_check(
    site: Annotated[str, typer.Argument(metavar="NAME", help="A site of the configuration.")], config: ConfigPath = None
) -> None:
    """Try a site: login, rights, clock and paging.

    Exit codes: 0 all is well, 1 something is missing, 2 wrong usage or configuration.
    """
    from bot.config import ConfigError
    from bot.inputs import one_line
    from bot.watching import open_sites

    missing = 0
    try:
        [(live, _)] = open_sites(_load(config), only=site).values()
    except ConfigError as error:
        stop(str(error))
    with live:
        for proof in live.check():
            missing += not proof.ok
            print(one_line(f"{'ok  ' if proof.ok else 'MEND'}  {proof.name:<12} {proof.said}"), flush=True)
            if not proof.ok and proof.mend:
                print(one_line(f"      {'':<12} → {proof.mend}"), flush=True)
    raise typer.Exit(1 if missing else 0)


def _run(path: Path | None, *, only: str | None) -> None:
    from bot.archive.errors import ArchiveError
    from bot.config import ConfigError, load_config
    from bot.daemon.errors import DaemonError
    from bot.daemon.process import run
    from bot.store.errors import StoreError
    from bot.store.lock import store_lock
    from bot.watching import Watch

    if _load(path).bot.mode == "cluster":
        stop("bot.mode is cluster: start `quotewarden worker`, as many as are wanted")
    try:
        settings = load_config(path)
        with _opened(settings) as store:
            watch = Watch(store, lambda: load_config(path), only=only)
            try:
                work = watch.work()
                companions = [page] if (page := _review_page(store, settings)) else []
                code = run(work, lock=store_lock(store), reload=watch.work, companions=companions)
            finally:
                watch.close()
    except (ArchiveError, ConfigError, DaemonError, StoreError) as error:
        stop(str(error))
    raise typer.Exit(code)


def _review_page(store: "Store", settings: "Config") -> "Companion | None":
    """Return the review page, to be served beside the polls; None where its port is taken, or 0."""
    if not settings.web.port:
        return None
    from bot.inputs import one_line
    from bot.review.app import build_app
    from bot.review.server import ReviewServer, greeting, listen

    try:
        page = ReviewServer(build_app(store, settings), listen(settings))
    except OSError as error:
        where = f"{settings.web.host}, port {settings.web.port}"
        print(one_line(f"warning: no review page: {where}: cannot be listened at: {error.strerror}"), file=sys.stderr)
        return None
    for line in greeting(store, settings, on_terminal=sys.stderr.isatty()):
        print(one_line(line), file=sys.stderr)
    return page


def _cluster_status(settings: "Config") -> None:
    try:
        from bot.cluster.jobs import prepare
        from bot.cluster.state import cluster_state
    except ImportError as error:
        stop(f"a cluster wants Procrastinate ({error.name} is missing): pip install 'quotewarden[cluster]'")
    from bot.report.status import cluster_lines

    with _opened(settings) as store:
        prepare(store)
        with store.read() as connection:
            state = cluster_state(connection, stalled_seconds=settings.cluster.stalled_seconds)
    for line in cluster_lines(state, limit=settings.cluster.lag_alarm_seconds):
        print(line)


def _load(path: Path | None) -> "Config":
    from bot.config import ConfigError, load_config

    try:
        return load_config(path)
    except ConfigError as error:
        stop(str(error))


@contextmanager
def _opened(config: "Config") -> "Iterator[Store]":
    from bot.store.database import open_store

    with open_store(config.store.url) as store:
        yield store
