"""What a worker does when a job comes: poll a site, do work that is due, put into the queue what is due next."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from random import SystemRandom
from time import monotonic

import structlog
from procrastinate import JobContext
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager

from bot.cluster.jobs import launch_action, launch_polls, launch_polls_of
from bot.cluster.metrics import WorkerMetrics
from bot.cluster.state import cluster_state
from bot.config import Config
from bot.daemon.circuit import Circuit
from bot.daemon.polls import PollError, PollOutcome, TimedAction, WatchedSite, Work
from bot.daemon.push import APART_SECONDS
from bot.daemon.times import cron
from bot.store.database import Store
from bot.store.errors import StoreError
from bot.store.schedule import Turn, begin, done_at, end, forget_timed, hasten, leave_alone, next_time

# What one site of a host asks for, as seconds to be left alone, holds for all its sites no longer than so.
_LONGEST_QUIET = 60.0

_log = structlog.get_logger("worker")


class Tasks:
    """Do the jobs of one worker, at most `threads` at a time; `work` is what the configuration asks for."""

    def __init__(self, work: Work, store: Store, *, threads: int, metrics: WorkerMetrics) -> None:
        self._store, self._metrics = store, metrics
        self.take_on(work)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="job")
        self._stopping = threading.Event()
        self._random = SystemRandom().random
        # The jobs that run here, and the numbers under which Procrastinate knows this worker.
        self._running: dict[int, str] = {}
        self._numbers: set[int] = set()
        self._suspects: set[int] = set()
        self._is_late = False

    def take_on(self, work: Work) -> None:
        """Go on with other work."""
        self.work = work
        self._sites = {site.name: site for site in work.sites}

    async def poll(self, site: str, host: str, due: datetime, *, job: JobContext) -> None:
        """Poll a site that was due then."""
        await self._run(job, site, lambda number: self._poll(site, host, due, number))

    async def hasten(self, site: str, host: str, *, job: JobContext) -> None:
        """Have a site polled that said there is something to read."""
        await self._run(job, site, lambda number: self._hasten(site, host, number))

    async def act(self, name: str, due: datetime, *, job: JobContext) -> None:
        """Do work of a time of day that was due then."""
        await self._run(job, name, lambda number: self._act(name, due))

    async def launch(self, *, job: JobContext) -> None:
        """Put into the queue what is due."""
        await self._run(job, "launch", lambda number: self._launch())

    async def retry_stalled(self, *, job: JobContext) -> None:
        """Put back into the queue what dead workers had begun; what they were at is done once all the same."""
        manager, seconds = job.app.job_manager, self._options.cluster.stalled_seconds
        for stalled in await manager.get_stalled_jobs(seconds_since_heartbeat=seconds):
            if stalled.task_name in ("poll", "act", "hasten"):
                _log.warning("a job's worker is silent; the job is retried", job=stalled.task_name, **_named(stalled))
                await manager.retry_job(stalled)
            elif stalled.id is not None:
                # What comes every few seconds need not be made up for.
                await manager.finish_job_by_id_async(stalled.id, Status.FAILED, delete_job=True)

    async def reclaim(self, manager: JobManager) -> None:
        """Put back jobs that the queue believes to run here, and which do not: their end could not be written down."""
        if not self._numbers:
            return
        believed = {job.id for job in await manager.list_jobs_async(status="doing") if job.worker_id in self._numbers}
        lost = {number for number in believed if number is not None and number not in self._running}
        for number in lost & self._suspects:
            _log.warning("a job was lost on the way; it is retried", number=number)
            await manager.retry_job_by_id_async(number, retry_at=datetime.now(UTC))
        self._suspects = lost

    def stop(self) -> None:
        """Ask polls to end after the page in hand."""
        self._stopping.set()

    def running(self) -> list[str]:
        """Return the names of what runs."""
        return sorted(self._running.values())

    def look(self) -> None:
        """Show how the cluster fares, and tell when polls begin to come too late, or in time again."""
        limit = self._options.cluster.lag_alarm_seconds
        with self._store.read() as connection:
            state = cluster_state(connection, stalled_seconds=self._options.cluster.stalled_seconds)
        is_late = state.lag_p95 > limit
        if is_late and not self._is_late:
            _log.error("polls come too late", lag_p95=round(state.lag_p95), limit=limit, waiting=state.waiting)
        elif self._is_late and not is_late:
            _log.info("polls come in time again", lag_p95=round(state.lag_p95))
        self._is_late = is_late
        self._metrics.show(state, is_late=is_late)

    @property
    def _options(self) -> Config:
        return self.work.config

    async def _run(self, job: JobContext, name: str, do: Callable[[int], None]) -> None:
        number = job.job.id or 0
        if job.job.worker_id is not None:
            self._numbers.add(job.job.worker_id)
        self._running[number] = name
        try:
            await asyncio.get_running_loop().run_in_executor(self._threads, do, number)
        except StoreError as error:
            # What is due stays due, and comes again when the store is back.
            _log.warning("the store does not answer; the job is done again", job=name, error=str(error))
        finally:
            del self._running[number]

    def _launch(self) -> None:
        with self._store.write() as connection:
            for action in self.work.timed:
                due = next_time(connection, action.name, first=_next(action))
                if due <= datetime.now(UTC):
                    launch_action(connection, action.name, due)
            forget_timed(connection, [action.name for action in self.work.timed])
            launch_polls(connection, at_once=self._options.cluster.polls_at_once)

    def _hasten(self, name: str, host: str, job: int) -> None:
        with self._store.write() as connection:
            hasten(connection, name, apart=APART_SECONDS)
            launch_polls_of(connection, host, at_once=self._options.cluster.polls_at_once, besides=job)

    def _act(self, name: str, due: datetime) -> None:
        action = next((action for action in self.work.timed if action.name == name), None)
        if action is None:
            return
        with self._store.read() as connection:
            if next_time(connection, name, first=due) != due:
                return
        try:
            action.act()
        except Exception as error:  # noqa: BLE001  # it is due again; the other jobs go on
            _log.error("work that was due failed", name=name, error=str(error), exc_info=error)
        with self._store.write() as connection:
            done_at(connection, name, due, then=_next(action))

    def _poll(self, name: str, host: str, due: datetime, job: int) -> None:
        site = self._sites.get(name)
        with self._store.read() as connection:
            turn = begin(connection, name, due)
        if turn is None or site is None:
            # A job that was retried comes twice; a site may be of a newer configuration than ours.
            self._metrics.superseded.inc()
            _log.info("the job's turn is another worker's" if site else "the job's site is not of ours", site=name)
            return
        ended, took = self._polled(site)
        is_cut_short = self._stopping.is_set()
        circuit = Circuit(random=self._random)
        circuit.failures, circuit.is_open = turn.failures, turn.is_open
        retry_after = getattr(ended, "retry_after", None)
        if isinstance(ended, Exception):
            wait = circuit.fail(
                self._options.daemon, retry_after=retry_after, passes=getattr(ended, "passes", True) is not False
            )
        else:
            circuit.succeed()
            wait = 0.0 if is_cut_short else self._wait(site)
        with self._store.write() as connection:
            is_ours = end(
                connection,
                name,
                due,
                wait=wait,
                lag=turn.lag,
                failures=circuit.failures,
                is_open=circuit.is_open,
            )
            if is_ours and retry_after:
                leave_alone(connection, host, seconds=min(retry_after, _LONGEST_QUIET))
            if not is_cut_short:
                launch_polls_of(connection, host, at_once=self._options.cluster.polls_at_once, besides=job)
        if is_ours:
            self._tell(name, turn, circuit, ended, wait=wait, took=took)
        else:
            self._metrics.superseded.inc()
            _log.info("the poll was superseded: another worker has ended the site's turn", site=name)

    def _polled(self, site: WatchedSite) -> tuple[PollOutcome | Exception, float]:
        self._metrics.polls.inc()
        began = monotonic()
        ended: PollOutcome | Exception
        try:
            ended = self.work.poll(site, stopping=self._stopping.is_set)
        except Exception as error:  # noqa: BLE001  # whatever a poll raises is the site's failure, and is logged
            ended = error
        return ended, monotonic() - began

    def _wait(self, site: WatchedSite) -> float:
        interval = site.interval or self._options.daemon.interval_seconds
        jitter = min(self._options.daemon.jitter_seconds, interval / 2)
        return interval + jitter * (2 * self._random() - 1)

    def _tell(
        self, name: str, turn: Turn, circuit: Circuit, ended: PollOutcome | Exception, *, wait: float, took: float
    ) -> None:
        self._metrics.duration.observe(took)
        log = _log.bind(site=name)
        if not isinstance(ended, Exception):
            self._metrics.comments.inc(ended.comments)
            self._metrics.findings.inc(ended.findings)
            if turn.failures:
                log.info("the site is well again", failures=turn.failures)
            log.debug("polled", comments=ended.comments, findings=ended.findings, seconds=round(took, 3), lag=turn.lag)
            return
        self._metrics.failures.inc()
        # What a poll did not foresee is told with its place; a site that is known to be sick is not news.
        trace = ended if not isinstance(ended, PollError) and circuit.failures == 1 else None
        log = log.bind(failures=circuit.failures, next_in_seconds=round(wait, 1), error=str(ended))
        if circuit.is_open and not turn.is_open:
            log.error("the site counts as sick", exc_info=trace)
        elif circuit.is_open:
            log.info("the site is still sick")
        else:
            log.warning("the poll failed", exc_info=trace)


def _next(action: TimedAction) -> datetime:
    found: datetime = cron(action.cron, action.zone).get_next_fire_time(None, datetime.now(UTC))
    return found.astimezone(UTC)


def _named(job: Job) -> dict[str, object]:
    return {"name": job.task_kwargs.get("name")} if job.task_name == "act" else {"site": job.task_kwargs.get("site")}
