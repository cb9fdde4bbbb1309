"""The commands `quotewarden worker` and `quotewarden drain`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.stop import stop
from bot.usage import load

# As in bot/cli.py, what a command needs is imported by the command.
if TYPE_CHECKING:
    from bot.config import Config

ConfigPath = Annotated[Path | None, typer.Option("--config", help="The configuration file.")]

# Beside the polls' threads, which take a connection for a page at a time.
_CONNECTIONS = 12


def worker(
    concurrency: Annotated[int, typer.Option(min=1, max=1000, help="Polls that run side by side.")] = 8,
    port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="The port for /metrics; else daemon.port, 0 for none.")
    ] = None,
    config: ConfigPath = None,
) -> None:
    """Be one of the workers of a cluster, until SIGTERM; SIGHUP reads the configuration anew."""
    from bot.archive.errors import ArchiveError
    from bot.config import ConfigError, load_config
    from bot.daemon.errors import DaemonError
    from bot.store.database import open_store
    from bot.store.errors import StoreError
    from bot.store.lock import ServerLock
    from bot.watching import Watch

    settings = _cluster(config)
    try:
        from bot.cluster.turnstile import HostTurnstile
        from bot.cluster.worker import Worker, run
    except ImportError as error:
        stop(f"a cluster wants Procrastinate ({error.name} is missing): pip install 'quotewarden[cluster]'")
    try:
        with open_store(settings.store.url, connections=_CONNECTIONS) as store:
            turnstile = HostTurnstile(store, rate=settings.cluster.requests_per_second)
            watch = Watch(store, lambda: load_config(config), turnstile=turnstile)
            try:
                work = watch.work()
                one = Worker(
                    work,
                    store,
                    lock=ServerLock(store, is_shared=True),
                    concurrency=concurrency,
                    port=settings.daemon.port if port is None else port,
                    reload=watch.work,
                )
                code = run(one, work)
            finally:
                watch.close()
    except (ArchiveError, ConfigError, DaemonError, StoreError) as error:
        stop(str(error))
    raise typer.Exit(code)


def drain(
    end: Annotated[bool, typer.Option("--end", help="Let polls begin again.")] = False,
    wait: Annotated[float, typer.Option(min=0, help="The most seconds to wait for polls that run.")] = 600,
    config: ConfigPath = None,
) -> None:
    """Let no poll begin in the whole cluster, and wait until those that run have ended; `drain --end` undoes it.

    Exit codes: 0 nothing runs any more, 1 something still does, 2 wrong usage or configuration.
    """
    import time

    from bot.store.database import open_store
    from bot.store.errors import StoreError
    from bot.store.schedule import drain

    settings = _cluster(config)
    try:
        from bot.cluster.jobs import prepare
        from bot.cluster.state import cluster_state
    except ImportError as error:
        stop(f"a cluster wants Procrastinate ({error.name} is missing): pip install 'quotewarden[cluster]'")
    until = time.monotonic() + wait
    try:
        with open_store(settings.store.url) as store:
            prepare(store)
            with store.write() as connection:
                drain(connection, is_wanted=not end)
            if end:
                print("polls begin again")
                return
            while True:
                with store.read() as connection:
                    state = cluster_state(connection, stalled_seconds=settings.cluster.stalled_seconds)
                left = state.waiting + state.running + state.stalled
                if not left:
                    print("drained: nothing runs; `quotewarden drain --end` lets polls begin again")
                    return
                if time.monotonic() >= until:
                    print(f"{left} polls have not ended yet; no other begins")
                    raise typer.Exit(1)
                time.sleep(0.2)
    except StoreError as error:
        stop(str(error))


def _cluster(path: Path | None) -> "Config":
    settings = load(path)
    if settings.bot.mode != "cluster":
        stop('this is a command of clusters: set mode = "cluster" in the table [bot], or use `quotewarden run`')
    return settings
