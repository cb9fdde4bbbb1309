"""The jobs of the cluster, as Procrastinate has them: their names, their locks, and how they are put into its queue.

A job's arguments are read by workers of the next version too: names may be added, and what is not known is passed over.
"""

from collections.abc import Awaitable, Iterable
from datetime import datetime, timedelta
from typing import Protocol, cast

import structlog
from procrastinate import App, JobContext, PsycopgConnector, SyncPsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.jobs import Job
from procrastinate.manager import JobManager
from procrastinate.schema import SchemaManager
from psycopg import Connection as Driver
from sqlalchemy import URL, Connection, func, select

from bot.store.database import Store, patience
from bot.store.schedule import Due, due_at_host, due_now
from bot.store.sites import site_number

POLLS, UPKEEP = "polls", "upkeep"
# Six fields, the last of them seconds, as croniter reads them.
_LAUNCH = "* * * * * */2"
_RETRY = "* * * * * */5"
# Any number will do that no other program on the same server locks by.
_PREPARING = 5_117_904_214

_log = structlog.get_logger("worker")
# Puts jobs into the queue through a connection of ours, so that they come with the rest of its transaction.
_manager = JobManager(SyncPsycopgConnector())


class Doing(Protocol):
    """Do the jobs; `job` is its number."""

    def poll(self, site: str, host: str, due: datetime, *, job: JobContext) -> Awaitable[None]:
        """Poll a site that was due then."""

    def hasten(self, site: str, host: str, *, job: JobContext) -> Awaitable[None]:
        """Have a site polled that said there is something to read."""

    def act(self, name: str, due: datetime, *, job: JobContext) -> Awaitable[None]:
        """Do work of a time of day that was due then."""

    def launch(self, *, job: JobContext) -> Awaitable[None]:
        """Put into the queue what is due."""

    def retry_stalled(self, *, job: JobContext) -> Awaitable[None]:
        """Put back into the queue what dead workers had begun."""


def prepare(store: Store) -> None:
    """Make Procrastinate's tables where there are none."""
    with store.write() as connection:
        connection.execute(select(func.pg_advisory_xact_lock(_PREPARING)))
        if connection.execute(select(func.to_regclass("procrastinate_jobs"))).scalar() is None:
            connection.exec_driver_sql(SchemaManager.get_schema().replace("%", "%%"))


def new_app(url: URL, doing: Doing) -> App:
    """Return the app of one worker; `url` is the store's."""
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    app = App(connector=PsycopgConnector(conninfo=address, kwargs=patience(url), min_size=1, max_size=6))

    @app.task(name="poll", queue=POLLS, pass_context=True)
    async def poll(context: JobContext, /, *, site: str, host: str, due: str, **later: object) -> None:
        await doing.poll(site, host, datetime.fromisoformat(due), job=context)

    @app.task(name="hasten", queue=UPKEEP, pass_context=True)
    async def hasten(context: JobContext, /, *, site: str, host: str, **later: object) -> None:
        await doing.hasten(site, host, job=context)

    @app.task(name="act", queue=UPKEEP, pass_context=True)
    async def act(context: JobContext, /, *, name: str, due: str, **later: object) -> None:
        await doing.act(name, datetime.fromisoformat(due), job=context)

    # No locks but in the queue: one of these that a dead worker had begun must not hold up the next one.
    @app.periodic(cron=_LAUNCH)
    @app.task(name="launch", queue=UPKEEP, queueing_lock="launch", priority=1, pass_context=True)
    async def launch(context: JobContext, /, timestamp: int, **later: object) -> None:
        await doing.launch(job=context)

    @app.periodic(cron=_RETRY)
    @app.task(name="retry_stalled", queue=UPKEEP, queueing_lock="retry_stalled", priority=1, pass_context=True)
    async def retry_stalled(context: JobContext, /, timestamp: int, **later: object) -> None:
        await doing.retry_stalled(job=context)

    return app


def launch_polls(connection: Connection, *, at_once: int) -> int:
    """Put polls that are due into the queue, see `due_now`; return how many."""
    return _put(connection, map(_poll_job, due_now(connection, at_once=at_once)))


def launch_polls_of(connection: Connection, host: str, *, at_once: int, besides: int) -> int:
    """Put the next polls of a host into the queue, see `due_at_host`; return how many."""
    return _put(connection, map(_poll_job, due_at_host(connection, host, at_once=at_once, besides=besides)))


def launch_action(connection: Connection, name: str, due: datetime) -> int:
    """Put work of a time of day into the queue, unless it is there; return how many jobs that made."""
    lock = f"act {name}"
    job = Job(
        queue=UPKEEP,
        task_name="act",
        lock=lock,
        queueing_lock=lock,
        task_kwargs={"name": name, "due": due.isoformat()},
    )
    return _put(connection, [job])


def launch_push(connection: Connection, name: str, host: str, *, after: float) -> int:
    """Have a site hastened so many seconds from now, unless somebody asked for that; return how many jobs that made.

    It takes the lock of the site's polls: one that runs may have passed what there is to see, so it is waited for.
    """
    number = site_number(connection, name)
    at = connection.execute(select(func.clock_timestamp())).scalar_one() + timedelta(seconds=after)
    job = Job(
        queue=UPKEEP,
        task_name="hasten",
        lock=f"site {number}",
        queueing_lock=f"hasten {number}",
        scheduled_at=at,
        task_kwargs={"site": name, "host": host},
    )
    return _put(connection, [job])


def _poll_job(due: Due) -> Job:
    lock = f"site {due.site}"
    return Job(
        queue=POLLS,
        task_name="poll",
        lock=lock,
        queueing_lock=lock,
        task_kwargs={"site": due.name, "host": due.host, "due": due.due_at.isoformat()},
    )


def _put(connection: Connection, wanted: Iterable[Job]) -> int:
    if not (jobs := list(wanted)):
        return 0
    driver = cast("Driver", connection.connection.driver_connection)
    try:
        with connection.begin_nested():
            _manager.batch_defer_jobs(jobs, connection=driver)
    except AlreadyEnqueued:
        # Somebody else has queued one of them between our look and now; the next look sees it.
        return 0
    return len(jobs)
