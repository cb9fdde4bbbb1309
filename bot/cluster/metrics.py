"""What a worker counts, and how the whole cluster fares, for Prometheus.

A worker counts over all its sites: ten thousand of them on every worker would be too many lines.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from bot.cluster.state import ClusterState

_GAUGES = {
    "workers": "Workers that hold the store",
    "sites": "Sites that are watched",
    "sick": "Sites that count as sick",
    "due": "Sites whose turn has come",
    "waiting": "Polls in the queue",
    "running": "Polls that run",
    "stalled": "Polls that dead workers had begun",
    "lag_p50": "How late polls come in seconds, for half of the sites",
    "lag_p95": "How late polls come in seconds, for 95 in a hundred sites",
    "lag_max": "How late the latest poll comes in seconds",
}


class WorkerMetrics:
    """Count what this worker did; show the cluster's state as it was last told."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)

        def count(name: str, text: str) -> Counter:
            return Counter(f"quotewarden_worker_{name}", text, registry=self.registry)

        self.polls = count("polls", "Polls that were begun")
        self.failures = count("poll_failures", "Polls that failed")
        self.superseded = count("superseded_polls", "Polls whose turn another worker had taken")
        self.comments = count("comments", "Comments that were new or changed")
        self.findings = count("findings", "Findings on them")
        self.duration = Histogram(
            "quotewarden_worker_poll_seconds",
            "How long polls took",
            buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300),
            registry=self.registry,
        )
        self._gauges = {
            name: Gauge(f"quotewarden_cluster_{name}", text, registry=self.registry) for name, text in _GAUGES.items()
        }
        self._alarm = Gauge("quotewarden_cluster_lag_alarm", "1 while polls come too late", registry=self.registry)
        self._draining = Gauge("quotewarden_cluster_draining", "1 while no poll is begun", registry=self.registry)

    def show(self, state: ClusterState, *, is_late: bool) -> None:
        """Show the cluster's state."""
        for name, gauge in self._gauges.items():
            gauge.set(getattr(state, name))
        self._alarm.set(int(is_late))
        self._draining.set(int(state.draining_since is not None))

    def text(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self.registry)
