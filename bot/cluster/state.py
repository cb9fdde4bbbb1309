"""How the cluster fares: workers, jobs and lag, out of its database."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from bot.store.lock import count_holders

_STATE = text("""
WITH late AS (
    SELECT greatest(lag_seconds, extract(epoch FROM clock_timestamp() - due_at)::float8, 0) AS seconds FROM schedule
), jobs AS (
    SELECT j.status, w.last_heartbeat < clock_timestamp() - make_interval(secs => :stalled) IS NOT FALSE AS is_stalled
    FROM procrastinate_jobs j LEFT JOIN procrastinate_workers w ON w.id = j.worker_id
    WHERE j.task_name = 'poll' AND j.status IN ('todo', 'doing')
)
SELECT
    (SELECT count(*) FROM schedule) AS sites,
    (SELECT count(*) FROM schedule WHERE is_open) AS sick,
    (SELECT count(*) FROM schedule WHERE due_at <= clock_timestamp()) AS due,
    (SELECT count(*) FROM jobs WHERE status = 'todo') AS waiting,
    (SELECT count(*) FROM jobs WHERE status = 'doing' AND NOT is_stalled) AS running,
    (SELECT count(*) FROM jobs WHERE status = 'doing' AND is_stalled) AS stalled,
    (SELECT coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds), 0) FROM late) AS lag_p50,
    (SELECT coalesce(percentile_cont(0.95) WITHIN GROUP (ORDER BY seconds), 0) FROM late) AS lag_p95,
    (SELECT coalesce(max(seconds), 0) FROM late) AS lag_max,
    (SELECT draining_since FROM store_state) AS draining_since
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterState:
    """Hold how the cluster fares.

    `waiting`, `running` and `stalled` count polls, `due` the sites whose turn has come; lags are in seconds, over the
    sites: how late the last poll of each began, or how long it is due already.
    """

    workers: int
    sites: int
    sick: int
    due: int
    waiting: int
    running: int
    stalled: int
    lag_p50: float
    lag_p95: float
    lag_max: float
    draining_since: datetime | None


def cluster_state(connection: Connection, *, stalled_seconds: float) -> ClusterState:
    """Return how the cluster fares; Procrastinate's tables must be there."""
    row = connection.execute(_STATE, {"stalled": stalled_seconds}).one()
    return ClusterState(workers=count_holders(connection), **row._asdict())
