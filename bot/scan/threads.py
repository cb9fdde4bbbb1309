"""The threads of a partition in its file: JSON, one a line, which give back exactly the thread that was read."""

import gzip
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from adapters.thread import Comment, Post, Thread
from bot.records import thread_record
from bot.scan.folder import renamed

# Escapes all that is not ASCII: half of a surrogate pair comes back as it was.
_line = json.JSONEncoder().encode


def write_threads(path: Path, threads: Iterable[Thread]) -> None:
    """Write a partition whole or not at all."""
    # The least effort: reading must not wait for packing.
    with renamed(path) as temporary, gzip.open(temporary, "wt", compresslevel=1, encoding="ascii") as file:
        for thread in threads:
            file.write(_line(thread_record(thread)) + "\n")


def read_threads_of(path: Path) -> Iterator[Thread]:
    """Yield the threads of a partition in their order."""
    with gzip.open(path, "rt", encoding="ascii") as file:
        for line in file:
            record = json.loads(line)
            post, comments = record.pop("post"), record.pop("comments")
            yield Thread(
                **record, post=Post(**_timed(post)), comments=tuple(Comment(**_timed(row)) for row in comments)
            )


def _timed(row: dict[str, Any]) -> dict[str, Any]:
    for name in ("posted_at", "edited_at"):
        if row.get(name) is not None:
            row[name] = datetime.fromisoformat(row[name])
    return row
