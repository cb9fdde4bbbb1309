"""How the sites fare, as records and as a table on a terminal."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.config import Config
from bot.records import Record
from bot.store.polls import SiteState

# Only a cluster has one.
if TYPE_CHECKING:
    from bot.cluster.state import ClusterState


def status_record(state: SiteState, config: Config, *, now: datetime) -> Record:
    """Return a site's state; `lag_seconds` is how long its last good poll is overdue."""
    site = config.sites.get(state.name)
    interval = (site.polling.interval_seconds if site else None) or config.daemon.interval_seconds
    due = (state.last_success or state.added_at) + timedelta(seconds=interval)
    return {
        "site": state.name,
        "is_watched": site is not None,
        "last_poll": state.last_poll and state.last_poll.isoformat(),
        "last_success": state.last_success and state.last_success.isoformat(),
        "lag_seconds": max(0, round((now - due).total_seconds())) if site else None,
        "comments": state.comments,
        "findings": state.findings,
        "waiting": state.waiting,
        "not_evaluated": state.not_evaluated,
        "failures": state.failures,
        "error": state.error,
        "mail_errors": list(state.mail_errors),
    }


def cluster_lines(state: "ClusterState", *, limit: float) -> Iterator[str]:
    """Yield how a cluster fares, in lines; `limit` is the lag that is too much, in seconds."""
    yield (
        f"{state.workers} workers, {state.sites} sites ({state.sick} sick); "
        f"polls: {state.running} running, {state.waiting} waiting, {state.stalled} stalled"
    )
    late = f"  TOO LATE: over {limit:g} s" if state.lag_p95 > limit else ""
    yield f"lag: p50 {state.lag_p50:.1f} s, p95 {state.lag_p95:.1f} s, most {state.lag_max:.1f} s{late}"
    if state.draining_since is not None:
        yield f"draining since {state.draining_since:%Y-%m-%d %H:%M:%S} UTC: no poll begins until `drain --end`"


def status_table(records: Sequence[Record], *, now: datetime) -> None:
    """Print states of sites as a table, the errors below it; polls count as failed for a day."""
    console = Console(highlight=False)
    if not records:
        console.print('no site yet: add a table [sites."NAME"] to the configuration', markup=False)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("site", overflow="fold")
    for name in ("last poll", "late by"):
        table.add_column(name, no_wrap=True)
    for name in ("comments", "open", "to tell", "unjudged", "failed"):
        table.add_column(name, justify="right", no_wrap=True)
    for record in records:
        lag = record.get("lag_seconds")
        counts = [str(record.get(name, 0)) for name in ("comments", "findings", "waiting", "not_evaluated", "failures")]
        late = Text("not watched", "dim") if lag is None else Text(_span(lag), "red") if lag else Text("–", "dim")
        table.add_row(Text(_printable(record["site"])), _moment(record["last_poll"], now), late, *counts)
    console.print(table)
    for record in records:
        if record.get("error"):
            console.print(Text(f"{_printable(record['site'])}: {_printable(record['error'])}", "red"))
        for told in record.get("mail_errors", ()):
            console.print(Text(f"{_printable(record['site'])}: {_printable(told)}", "red"))


def _moment(value: str | None, now: datetime) -> Text:
    if value is None:
        return Text("never", "red")
    seconds = max(0, round((now - datetime.fromisoformat(value)).total_seconds()))
    return Text(f"{_span(seconds)} ago" if seconds else "just now")


def _span(seconds: int) -> str:
    for unit, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * unit:
            return f"{seconds // unit} {name}"
    return f"{seconds} s"


def _printable(text: str) -> str:
    return "".join(part if part.isprintable() else "\N{REPLACEMENT CHARACTER}" for part in text)
