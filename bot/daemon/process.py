"""The daemon's process: it starts, minds signals and stops, whatever the polls do."""

import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from types import FrameType
from typing import NoReturn, Protocol

import structlog

from bot.config import ConfigError
from bot.daemon.errors import DaemonError
from bot.daemon.health import HealthServer
from bot.daemon.lock import Lock, StoreInUseError
from bot.daemon.logs import configure_logs
from bot.daemon.metrics import Metrics
from bot.daemon.notify import Notifier
from bot.daemon.polls import Work
from bot.daemon.push import Pushes
from bot.daemon.schedule import Schedule
from bot.daemon.times import cron

_TICK_SECONDS = 1.0
# Of the time to stop, so much is kept for what comes after the polls.
_LAST_SECONDS = 0.5
_STOPS = (signal.SIGTERM, signal.SIGINT)

_log = structlog.get_logger("daemon")


class Companion(Protocol):
    """Be something that runs beside the polls, as long as the daemon does."""

    def start(self) -> None: ...
    def stop(self) -> None: ...


class Daemon:
    """Poll the sites of `work` until a signal ends it.

    `reload` makes the work anew on SIGHUP; whatever it raises is logged, and the old work goes on. `lock` keeps a
    second daemon off the same store.
    """

    def __init__(
        self,
        work: Work,
        *,
        lock: Lock,
        reload: Callable[[], Work] | None = None,
        notifier: Notifier | None = None,
        metrics: Metrics | None = None,
        companions: Sequence[Companion] = (),
    ) -> None:
        self._companions = companions
        self._work, self._lock, self._reload = work, lock, reload
        self._notifier = notifier or Notifier()
        self._metrics = metrics or Metrics()
        self._signals: SimpleQueue[int] = SimpleQueue()
        self._schedule = Schedule(work, metrics=self._metrics)
        self._pushes = Pushes(self._schedule.hasten)
        self._pushes.expect(work.sites)
        self._state = "starting"

    def run(self) -> None:
        """Run until SIGTERM or SIGINT.

        Raises DaemonError when it cannot start. To be called in the main thread, which signals come to. A poll that
        outlasts the stop, and a scheduler that died, end the whole process, with the exit codes 0 and 1.
        """
        options = self._work.config.daemon
        _check_work(self._work)
        self._lock.acquire()
        health: HealthServer | None = None
        try:
            if options.port:
                health = HealthServer(
                    options.port,
                    metrics=self._metrics,
                    alive=self._dead,
                    ready=self._unready,
                    push=self._pushes.take,
                )
            with self._heeding_signals():
                self._schedule.start()
                if health:
                    health.start()
                for companion in self._companions:
                    companion.start()
                self._state = "running"
                _log.info("started", sites=len(self._work.sites), pid=os.getpid(), port=options.port or None)
                self._tell_ready()
                self._mind()
                for companion in self._companions:
                    companion.stop()
                self._stop()
                if health:
                    health.stop()
                _log.info("stopped")
        finally:
            self._lock.release()

    @contextmanager
    def _heeding_signals(self) -> Iterator[None]:
        def heed(number: int, frame: FrameType | None) -> None:
            # A simple queue is the one thing that a signal handler may write to.
            self._signals.put(number)

        before = {number: signal.signal(number, heed) for number in (*_STOPS, signal.SIGHUP)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _mind(self) -> None:
        while True:
            try:
                number = self._signals.get(timeout=self._tick())
            except Empty:
                number = 0
            if number in _STOPS:
                _log.info("stopping", signal=signal.Signals(number).name)
                return
            if number:
                self._change()
            self._schedule.keep_time()
            self._keep_lock()
            if problem := self._dead():
                _log.critical("the scheduler is dead; this process ends, to be started anew", problem=problem)
                _leave(1)
            self._notifier.alive()

    def _keep_lock(self) -> None:
        try:
            self._lock.keep()
        except StoreInUseError as error:
            _log.critical("the lock was lost, and another daemon has it; this process ends", problem=str(error))
            _leave(1)

    def _tick(self) -> float:
        # Half of what the watchdog allows, as sd_watchdog_enabled(3) asks.
        return min(_TICK_SECONDS, (self._notifier.watchdog_seconds or 60) / 2)

    def _tell_ready(self) -> None:
        self._notifier.ready()
        self._notifier.status(f"watching {len(self._work.sites)} sites")

    def _change(self) -> None:
        if self._reload is None:
            _log.warning("SIGHUP came, and there is nothing to reload")
            return
        self._notifier.reloading()
        try:
            work = self._reload()
            _check_work(work)
        except Exception as error:  # noqa: BLE001  # no mistake in a file may end the daemon
            self._metrics.reloads.labels("refused").inc()
            trace = None if isinstance(error, ConfigError | DaemonError) else error
            _log.error("the new configuration is refused, the old one stays", error=str(error), exc_info=trace)
        else:
            if work.config.daemon.port != self._work.config.daemon.port:
                _log.warning("daemon.port changes only at a restart")
            self._work = work
            configure_logs(work.config.log, secrets=work.secrets)
            self._schedule.change(work)
            self._pushes.expect(work.sites)
            self._metrics.reloads.labels("taken").inc()
            _log.info("reloaded", sites=len(work.sites))
        self._tell_ready()

    def _stop(self) -> None:
        self._state = "stopping"
        self._notifier.stopping()
        until = time.monotonic() + self._work.config.daemon.stop_seconds - _LAST_SECONDS
        self._schedule.stop()
        while not self._schedule.wait_idle(min(_TICK_SECONDS / 4, max(0.0, until - time.monotonic()))):
            if time.monotonic() >= until or self._told_again():
                _log.warning("stopped in the middle of a page; it is polled again", sites=self._schedule.running())
                _leave(0)

    def _told_again(self) -> bool:
        while not self._signals.empty():
            if self._signals.get() in _STOPS:
                return True
        return False

    def _dead(self) -> str | None:
        return None if self._schedule.is_alive() else "the scheduler gives out no work"

    def _unready(self) -> str | None:
        return self._dead() if self._state == "running" else self._state


def run(
    work: Work,
    *,
    lock: Lock,
    reload: Callable[[], Work] | None = None,
    companions: Sequence[Companion] = (),
) -> int:
    """Run the daemon with its logs set up; return the exit code.

    Raises DaemonError, whose text is for the person who started it, when it cannot start.
    """
    configure_logs(work.config.log, secrets=work.secrets)
    try:
        Daemon(work, lock=lock, reload=reload, companions=companions).run()
        return 0
    except DaemonError:
        raise
    except Exception as error:  # noqa: BLE001  # an end that nobody foresaw belongs in the log as well
        _log.critical("the daemon failed", exc_info=error)
        return 1


def _check_work(work: Work) -> None:
    for names in ([site.name for site in work.sites], [action.name for action in work.timed]):
        if doubled := next((name for name, count in Counter(names).items() if count > 1), None):
            raise DaemonError(f"two are called {doubled!r}; name one of them otherwise")
    if not work.config.daemon.port and (pushed := next((site.name for site in work.sites if site.push_secret), None)):
        raise DaemonError(f"sites.{pushed}: push_secret needs daemon.port, which is 0; name a port")
    for action in work.timed:
        try:
            cron(action.cron, action.zone)
        except ValueError as error:
            raise DaemonError(f"{action.name}: {action.cron!r} in {action.zone!r} is no time: {error}") from error


def _leave(code: int) -> NoReturn:
    # Threads in the middle of something can hold up an orderly end for ever; the lock goes with the process.
    sys.stderr.flush()
    os._exit(code)
