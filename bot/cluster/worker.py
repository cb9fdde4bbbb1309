"""A worker's process: it takes jobs until a signal ends it, whatever becomes of the database meanwhile."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from typing import NoReturn
from urllib.parse import urlsplit

import structlog
from procrastinate import App
from sqlalchemy.exc import SQLAlchemyError

from bot.cluster.jobs import POLLS, UPKEEP, launch_push, new_app, prepare
from bot.cluster.metrics import WorkerMetrics
from bot.cluster.tasks import Tasks
from bot.config import Config, ConfigError
from bot.daemon.errors import DaemonError
from bot.daemon.health import HealthServer
from bot.daemon.lock import Lock, StoreInUseError
from bot.daemon.logs import configure_logs
from bot.daemon.notify import Notifier
from bot.daemon.polls import Work
from bot.daemon.push import Pushes
from bot.store.database import Store
from bot.store.errors import StoreError
from bot.store.schedule import watch

# Beside the polls, so that these cannot hold up what puts them into the queue.
_UPKEEP_JOBS = 4
_TICK_SECONDS = 1.0
_LOOK_SECONDS = 5.0
_FRESH_SECONDS = 30.0
_AGAIN_SECONDS = 1.0
# Of the time to stop, so much is kept for what comes after the jobs.
_LAST_SECONDS = 0.5

_log = structlog.get_logger("worker")


class Worker:
    """Do jobs, `concurrency` polls at a time, until SIGTERM; `reload` makes the work anew on SIGHUP.

    `lock` is held by all workers together, and keeps a single daemon off their store.
    """

    def __init__(
        self, work: Work, store: Store, *, lock: Lock, concurrency: int, port: int, reload: Callable[[], Work]
    ) -> None:
        self._store, self._lock, self._concurrency, self._port, self._reload = store, lock, concurrency, port, reload
        self._metrics = WorkerMetrics()
        self._notifier = Notifier()
        self._tasks = Tasks(work, store, threads=concurrency + _UPKEEP_JOBS, metrics=self._metrics)
        self._pushes = Pushes(self._hasten)
        self._pushes.expect(work.sites)
        self._is_stopping = False
        self._beat = time.monotonic()
        self._runs: asyncio.Task[None] | None = None

    def run(self) -> None:
        """Run until SIGTERM or SIGINT; raises DaemonError and StoreError when it cannot start.

        A second signal, and jobs that outlast the stop, end the process at once: other workers take over.
        """
        self._lock.acquire()
        health: HealthServer | None = None
        try:
            prepare(self._store)
            self._schedule()
            if self._port:
                health = HealthServer(
                    self._port, metrics=self._metrics, alive=self._dead, ready=self._unready, push=self._push
                )
                health.start()
            asyncio.run(self._main())
        finally:
            if health:
                health.stop()
            self._lock.release()
        _log.info("stopped")

    async def _main(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        loop.add_signal_handler(signal.SIGHUP, self._change)
        _log.info("started", sites=len(self._tasks.work.sites), pid=os.getpid(), concurrency=self._concurrency)
        self._notifier.ready()
        self._notifier.status(f"one of the workers for {len(self._tasks.work.sites)} sites")
        minding = asyncio.create_task(self._mind())
        try:
            self._runs = asyncio.create_task(self._work())
            await self._runs
        except asyncio.CancelledError:
            if not self._is_stopping:
                raise
        finally:
            minding.cancel()

    async def _work(self) -> None:
        """Take jobs; when the database goes away, come back to it."""
        while not self._is_stopping:
            app = new_app(self._store.engine.url, self._tasks)
            try:
                async with app.open_async(), asyncio.TaskGroup() as group:
                    group.create_task(self._take(app, POLLS, self._concurrency))
                    group.create_task(self._take(app, UPKEEP, _UPKEEP_JOBS))
                    group.create_task(self._reclaim(app))
            except Exception as error:  # noqa: BLE001  # whatever the queue says: it is tried again, and told
                _log.warning("the queue is out of reach; it is tried again", error=_told(error))
                await asyncio.sleep(_AGAIN_SECONDS)

    async def _take(self, app: App, queue: str, concurrency: int) -> None:
        stalled = self._tasks.work.config.cluster.stalled_seconds
        await app.run_worker_async(
            queues=[queue],
            name=queue,
            concurrency=concurrency,
            delete_jobs="always",
            fetch_job_polling_interval=1.0,
            update_heartbeat_interval=stalled / 4,
            stalled_worker_timeout=stalled,
            shutdown_graceful_timeout=self._tasks.work.config.daemon.stop_seconds,
            install_signal_handlers=False,
        )
        # It ends without a word when one of its side tasks fails.
        if not self._is_stopping:
            raise ConnectionError(f"the work on {queue} has ended")

    async def _reclaim(self, app: App) -> None:
        while True:
            await asyncio.sleep(self._tasks.work.config.cluster.stalled_seconds)
            await self._tasks.reclaim(app.job_manager)

    async def _mind(self) -> None:
        looked = 0.0
        while True:
            self._beat = time.monotonic()
            self._notifier.alive()
            try:
                await asyncio.to_thread(self._lock.keep)
                if self._beat - looked >= _LOOK_SECONDS:
                    looked = self._beat
                    await asyncio.to_thread(self._tasks.look)
            except StoreInUseError as error:
                _log.critical("the lock was lost, and a single daemon has it; this worker ends", problem=str(error))
                _leave(1)
            except (StoreError, SQLAlchemyError) as error:
                _log.debug("the store does not answer", error=str(error))
            await asyncio.sleep(_TICK_SECONDS)

    def _stop(self) -> None:
        if self._is_stopping or self._runs is None:
            _log.warning("stopped in the middle; other workers take over", jobs=self._tasks.running())
            _leave(0)
        _log.info("stopping", jobs=self._tasks.running())
        self._is_stopping = True
        self._notifier.stopping()
        self._tasks.stop()
        self._runs.cancel()
        seconds = max(0.1, self._tasks.work.config.daemon.stop_seconds - _LAST_SECONDS)
        asyncio.get_running_loop().call_later(seconds, self._give_up)

    def _give_up(self) -> None:
        if running := self._tasks.running():
            _log.warning("stopped in the middle of a page; another worker polls it again", jobs=running)
            _leave(0)

    def _change(self) -> None:
        self._notifier.reloading()
        try:
            self._tasks.take_on(self._reload())
            self._schedule()
        except Exception as error:  # noqa: BLE001  # no mistake in a file may end a worker
            trace = None if isinstance(error, ConfigError | DaemonError | StoreError) else error
            _log.error("the new configuration is refused, the old one stays", error=str(error), exc_info=trace)
        else:
            work = self._tasks.work
            self._pushes.expect(work.sites)
            configure_logs(work.config.log, secrets=work.secrets)
            _log.info("reloaded", sites=len(work.sites))
        self._notifier.ready()

    def _schedule(self) -> None:
        """Make the schedule that of the sites which the configuration names."""
        work = self._tasks.work
        default = work.config.daemon.interval_seconds
        with self._store.write() as connection:
            watch(
                connection,
                {site.name: _host(work.config, site.name) for site in work.sites},
                interval={site.name: site.interval or default for site in work.sites},
            )

    def _push(self, site: str, headers: Mapping[str, str], body: bytes) -> int:
        try:
            return self._pushes.take(site, headers, body)
        except StoreError as error:
            _log.warning("a push is refused: the store does not answer", site=site, error=str(error))
            return 503

    def _hasten(self, site: str, after: float) -> None:
        with self._store.write() as connection:
            launch_push(connection, site, _host(self._tasks.work.config, site), after=after)

    def _dead(self) -> str | None:
        return None if time.monotonic() - self._beat < _FRESH_SECONDS else "the worker does not move"

    def _unready(self) -> str | None:
        return "stopping" if self._is_stopping else self._dead()


def run(worker: Worker, work: Work) -> int:
    """Run a worker with its logs set up; return the exit code. Raises DaemonError and StoreError at the start."""
    configure_logs(work.config.log, secrets=work.secrets)
    worker.run()
    return 0


def _host(config: Config, site: str) -> str:
    return urlsplit(config.sites[site].options.url).netloc


def _told(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    cause = error.__cause__ or error
    return (str(cause).strip() or type(cause).__name__).splitlines()[0]


def _leave(code: int) -> NoReturn:
    # Threads in the middle of something can hold up an orderly end for ever; the locks go with the process.
    sys.stderr.flush()
    os._exit(code)
