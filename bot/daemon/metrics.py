"""What the daemon counts, for Prometheus."""

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Count polls, failures, comments and findings of every site, in a registry of its own."""

    def __init__(self) -> None:
        # A second line for every counter, for when it was made, would double what ten thousand sites send.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)

        def count(name: str, text: str) -> Counter:
            return Counter(f"quotewarden_{name}", text, ["site"], registry=self.registry)

        def gauge(name: str, text: str) -> Gauge:
            return Gauge(f"quotewarden_{name}", text, ["site"], registry=self.registry)

        self.polls = count("polls", "Polls that were begun")
        self.failures = count("poll_failures", "Polls that failed")
        self.comments = count("comments", "Comments that were new or changed")
        self.findings = count("findings", "Findings on them")
        self.lag = gauge("lag_seconds", "How late the last poll began")
        self.last_success = gauge("last_success_timestamp_seconds", "When a poll last succeeded")
        self.circuit_open = gauge("circuit_open", "1 while the site counts as sick")
        self.duration = Histogram(
            "quotewarden_poll_seconds",
            "How long polls took",
            buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300),
            registry=self.registry,
        )
        self.sites = Gauge("quotewarden_sites", "Sites that are watched", registry=self.registry)
        self.reloads = Counter(
            "quotewarden_reloads", "Reloads of the configuration", ["outcome"], registry=self.registry
        )

    def expect(self, site: str) -> None:
        """Show a site's figures from the start, at zero."""
        for metric in self._of_sites():
            metric.labels(site)

    def forget(self, site: str) -> None:
        """Drop what was counted for a site that is no longer watched."""
        for metric in self._of_sites():
            metric.remove(site)

    def _of_sites(self) -> tuple[Counter | Gauge, ...]:
        return (
            *(self.polls, self.failures, self.comments, self.findings),
            *(self.lag, self.last_success, self.circuit_open),
        )

    def text(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self.registry)
