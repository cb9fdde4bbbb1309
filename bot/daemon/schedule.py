"""The schedule: which site is polled when, and in which lane."""

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from random import SystemRandom

import structlog
from apscheduler.executors.debug import DebugExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler

from bot.config import DaemonOptions
from bot.daemon.circuit import Circuit
from bot.daemon.lanes import Lane
from bot.daemon.metrics import Metrics
from bot.daemon.polls import PollError, PollOutcome, TimedAction, WatchedSite, Work
from bot.daemon.times import Clock, SystemClock, Waits, at, clock_offset, cron

# A site whose poll took longer waits in the lane of the sick the next time.
SLOW_SECONDS = 10.0
# The time of day may run so far ahead of the monotonic clock, or fall behind, before due times are set anew.
_DRIFT_SECONDS = 2.0
# Sites of one start begin so far apart, or closer, spread over the interval, when they are many.
_STEP_SECONDS = 1.0
_BEAT_SECONDS = 2.0
_FRESH_SECONDS = 30.0

_log = structlog.get_logger("daemon")


class _Entry:
    """Hold a site's place in the schedule; `due` is on the monotonic clock, `offset` the one it was set by."""

    def __init__(self, site: WatchedSite, circuit: Circuit) -> None:
        self.site, self.circuit = site, circuit
        self.due, self.offset = 0.0, 0.0
        self.slow = False


class Schedule:
    """Poll every site at its interval, each at most once at a time, in a bounded number of threads.

    A site that fails or is slow moves to a lane of its own kind, so that it delays none that is well. Waiting goes by
    the monotonic clock: `keep_time`, called every second or so, sets right what a jump of the time of day upset.
    """

    def __init__(
        self,
        work: Work,
        *,
        metrics: Metrics,
        clock: Clock | None = None,
        random: Callable[[], float] | None = None,
        slow_seconds: float = SLOW_SECONDS,
    ) -> None:
        self._work, self._metrics, self._slow = work, metrics, slow_seconds
        self._random = random or SystemRandom().random
        self._clock = clock or SystemClock()
        self._entries: dict[str, _Entry] = {}
        self._running: set[str] = set()
        # Sites that are to be polled again so many seconds after the poll that runs.
        self._hastened: dict[str, float] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._beat = self._clock.monotonic()
        self._offset = clock_offset(self._clock)
        well, sick = _lane_sizes(work.config.daemon)
        self._lanes = {"well": Lane("well", well), "sick": Lane("sick", sick), "timed": Lane("timed", 1)}
        self._scheduler = BackgroundScheduler(
            executors={**self._lanes, "beat": DebugExecutor()},
            job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": None},
            timezone="UTC",
        )

    def start(self) -> None:
        """Begin to poll; the first polls are spread out."""
        self._add_beat()
        self._take_on(self._work)
        self._scheduler.start()

    def change(self, work: Work) -> None:
        """Go on with other work: sites that stay keep their place and their failures."""
        well, sick = _lane_sizes(work.config.daemon)
        self._lanes["well"].resize(well)
        self._lanes["sick"].resize(sick)
        self._take_on(work)

    def stop(self) -> None:
        """Begin no more polls, and ask those that run to end after the page in hand."""
        self._stopping.set()
        self._scheduler.shutdown(wait=False)

    def wait_idle(self, seconds: float) -> bool:
        """Wait for the polls that run, but no longer than so; return whether all have ended."""
        until = self._clock.monotonic() + seconds
        return all(lane.wait_idle(max(0.0, until - self._clock.monotonic())) for lane in self._lanes.values())

    def hasten(self, name: str, seconds: float) -> None:
        """Poll a site so many seconds from now, unless it is due sooner, or waits because it failed."""
        with self._lock:
            entry = self._entries.get(name)
            if entry is not None and name in self._running:
                # That poll may have passed what there is to see.
                self._hastened[name] = seconds
                return
        due = self._clock.monotonic() + seconds
        if entry is not None and not entry.circuit.failures and entry.due > due:
            self._set_due(entry, due)

    def running(self) -> list[str]:
        """Return the names of the sites that are being polled."""
        with self._lock:
            return sorted(self._running)

    def is_alive(self) -> bool:
        """Say whether the scheduler still gives out work."""
        return self._clock.monotonic() - self._beat < _FRESH_SECONDS

    def keep_time(self) -> None:
        """Set the due times right when the time of day has jumped."""
        now = clock_offset(self._clock)
        if abs(jump := now - self._offset) > _DRIFT_SECONDS:
            _log.warning("the time of day has jumped", seconds=round(jump, 1))
            self._add_beat()
            self._offset = now
            for entry in list(self._entries.values()):
                # What was set since the jump went by the new time already.
                if abs(now - entry.offset) > _DRIFT_SECONDS:
                    self._set_due(entry, entry.due)
        elif jump:
            # A clock that is slewed drifts by little at a time.
            self._offset = now

    def _add_beat(self) -> None:
        trigger = Waits(lambda: _BEAT_SECONDS, lambda due: None)
        self._scheduler.add_job(
            self._beats,
            trigger,
            id="beat",
            executor="beat",
            next_run_time=at(self._clock.wall()),
            replace_existing=True,
        )

    def _beats(self) -> None:
        self._beat = self._clock.monotonic()

    def _take_on(self, work: Work) -> None:
        self._work = work
        wanted = {site.name: site for site in work.sites}
        for name in [name for name in self._entries if name not in wanted]:
            with self._lock:
                del self._entries[name]
                self._metrics.forget(name)
            with suppress(JobLookupError):
                self._scheduler.remove_job(_job_id(name))
        new = [site for name, site in wanted.items() if name not in self._entries]
        for name, entry in self._entries.items():
            entry.site = wanted[name]
            # A shorter interval holds at once; the wait of a site that failed stays.
            latest = self._clock.monotonic() + self._interval(entry) + work.config.daemon.jitter_seconds
            if entry.due > latest and not entry.circuit.failures:
                self._set_due(entry, self._clock.monotonic() + self._wait(entry))
        for place, site in enumerate(new):
            self._add(site, place=place, of=len(new))
        self._metrics.sites.set(len(wanted))
        for job in self._scheduler.get_jobs():
            if job.id.startswith("timed:"):
                job.remove()
        for action in work.timed:
            trigger = cron(action.cron, action.zone)
            self._scheduler.add_job(self._act, trigger, (action,), id=f"timed:{action.name}", executor="timed")

    def _add(self, site: WatchedSite, *, place: int, of: int) -> None:
        entry = _Entry(site, Circuit(random=self._random))
        after = place * min(_STEP_SECONDS, self._interval(entry) / of)
        entry.due, entry.offset = self._clock.monotonic() + after, clock_offset(self._clock)
        self._metrics.expect(site.name)
        with self._lock:
            self._entries[site.name] = entry
        self._scheduler.add_job(
            self._run,
            Waits(lambda: self._wait(entry), lambda due: self._told(entry, due)),
            (entry,),
            id=_job_id(site.name),
            executor="well",
            next_run_time=at(entry.due + entry.offset),
        )

    def _interval(self, entry: _Entry) -> float:
        return entry.site.interval or self._work.config.daemon.interval_seconds

    def _wait(self, entry: _Entry) -> float:
        interval = self._interval(entry)
        # Jitter wider than the interval would let polls fall on each other.
        jitter = min(self._work.config.daemon.jitter_seconds, interval / 2)
        return interval + jitter * (2 * self._random() - 1)

    def _told(self, entry: _Entry, due: datetime) -> None:
        entry.offset = clock_offset(self._clock)
        entry.due = due.timestamp() - entry.offset

    def _set_due(self, entry: _Entry, due: float) -> None:
        offset = clock_offset(self._clock)
        lane = "sick" if entry.circuit.failures or entry.slow else "well"
        with suppress(JobLookupError):
            self._scheduler.modify_job(_job_id(entry.site.name), next_run_time=at(due + offset), executor=lane)
            # Only now: until the scheduler had it, its own next time would have been written over this one.
            entry.due, entry.offset = due, offset

    def _run(self, entry: _Entry, due: datetime | None = None) -> None:
        name = entry.site.name
        with self._lock:
            # After a reload a site may come back while its poll of before still runs.
            if self._stopping.is_set() or name in self._running or self._entries.get(name) is not entry:
                return
            self._running.add(name)
            self._hastened.pop(name, None)
            self._metrics.polls.labels(name).inc()
            started = self._clock.monotonic()
            if due is not None:
                self._metrics.lag.labels(name).set(max(0.0, started - (due.timestamp() - self._offset)))
        ended: PollOutcome | Exception
        try:
            ended = self._work.poll(entry.site, stopping=self._stopping.is_set)
        except Exception as error:  # noqa: BLE001  # whatever a poll raises is the site's failure, and is logged
            ended = error
        finally:
            with self._lock:
                self._running.discard(name)
        took = self._clock.monotonic() - started
        with self._lock:
            if self._entries.get(name) is not entry:
                return
            self._count(name, ended, took)
        if isinstance(ended, Exception):
            self._failed(entry, ended)
        else:
            self._succeeded(entry, ended, took)
        if (seconds := self._hastened.pop(name, None)) is not None:
            self.hasten(name, seconds)

    def _count(self, name: str, ended: PollOutcome | Exception, took: float) -> None:
        self._metrics.duration.observe(took)
        if isinstance(ended, Exception):
            self._metrics.failures.labels(name).inc()
        else:
            self._metrics.comments.labels(name).inc(ended.comments)
            self._metrics.findings.labels(name).inc(ended.findings)
            self._metrics.last_success.labels(name).set(self._clock.wall())

    def _succeeded(self, entry: _Entry, outcome: PollOutcome, took: float) -> None:
        log = _log.bind(site=entry.site.name)
        if entry.circuit.failures:
            log.info("the site is well again", failures=entry.circuit.failures)
        was_sick, was_slow = bool(entry.circuit.failures), entry.slow
        entry.circuit.succeed()
        entry.slow = took > self._slow
        self._show_circuit(entry)
        log.debug("polled", comments=outcome.comments, findings=outcome.findings, seconds=round(took, 3))
        if was_sick or was_slow != entry.slow:
            self._set_due(entry, self._clock.monotonic() + self._wait(entry))

    def _failed(self, entry: _Entry, error: Exception) -> None:
        was_open = entry.circuit.is_open
        retry_after = getattr(error, "retry_after", None)
        wait = entry.circuit.fail(
            self._work.config.daemon,
            retry_after=float(retry_after) if isinstance(retry_after, int | float) else None,
            passes=getattr(error, "passes", True) is not False,
        )
        self._show_circuit(entry)
        log = _log.bind(
            site=entry.site.name, failures=entry.circuit.failures, next_in_seconds=round(wait, 1), error=str(error)
        )
        # What a poll did not foresee is told with its place; a site that is known to be sick is not news.
        trace = error if not isinstance(error, PollError) and entry.circuit.failures == 1 else None
        if entry.circuit.is_open and not was_open:
            log.error("the site counts as sick", exc_info=trace)
        elif entry.circuit.is_open:
            log.info("the site is still sick")
        else:
            log.warning("the poll failed", exc_info=trace)
        self._set_due(entry, self._clock.monotonic() + wait)

    def _show_circuit(self, entry: _Entry) -> None:
        with self._lock:
            # A site that a reload has just removed must not come back among the figures.
            if self._entries.get(entry.site.name) is entry:
                self._metrics.circuit_open.labels(entry.site.name).set(int(entry.circuit.is_open))

    def _act(self, action: TimedAction, due: datetime | None = None) -> None:
        if self._stopping.is_set():
            return
        try:
            action.act()
        except Exception as error:  # noqa: BLE001  # it is due again; the polls go on
            _log.error("work that was due failed", name=action.name, error=str(error), exc_info=error)


def _job_id(site: str) -> str:
    return f"site:{site}"


def _lane_sizes(options: DaemonOptions) -> tuple[int, int]:
    sick = max(1, options.workers // 4)
    return options.workers - sick, sick
