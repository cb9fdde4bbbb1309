"""What became of the mails, as records and as a table on a terminal."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy import Row

from bot.inputs import one_line
from bot.records import Record

_TONES = {"sent": "green", "waiting": "yellow"}


def history_record(row: Row[Any]) -> Record:
    """Return a mail without its words."""
    return {
        "made_at": row.made_at.isoformat(),
        "moderator": row.moderator,
        "site": row.site,
        "kind": row.kind,
        "channel": row.channel,
        "findings": row.findings,
        "state": row.state,
        "tries": row.tries,
        "sent_at": row.sent_at and row.sent_at.isoformat(),
        "next_try_at": row.next_try_at.isoformat() if row.state == "waiting" else None,
        "error": row.error,
        "message_id": row.message_id,
    }


def history_table(records: Sequence[Record], *, now: datetime) -> None:
    """Print mails as a table, what went wrong below each."""
    console = Console(highlight=False)
    if not records:
        console.print("no mail was made yet", markup=False)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("made", "to", "site"):
        table.add_column(name, overflow="fold")
    table.add_column("kind", no_wrap=True)
    table.add_column("findings", justify="right", no_wrap=True)
    table.add_column("state", overflow="fold")
    for record in records:
        way = "" if record["channel"] == "mail" else f", {record['channel']}"
        state = Text(record["state"], _TONES.get(record["state"], "red"))
        if record["state"] == "waiting" and record["tries"]:
            state.append(f", {record['tries']} tries", "not bold dim")
        if record["error"]:
            state.append(f": {one_line(record['error'])}", "dim")
        made = datetime.fromisoformat(record["made_at"]).astimezone()
        at = f"{made:%H:%M}" if made.date() == now.astimezone().date() else f"{made:%Y-%m-%d %H:%M}"
        names = (one_line(record["moderator"]) + way, one_line(record["site"]))
        table.add_row(at, *map(Text, names), record["kind"], f"{record['findings']:,}", state)
    console.print(table)
