"""The process that checks one partition: `python -m bot.scan.part`, started by bot/scan/work.py.

A process of its own, since a rule's time limit holds in a main thread only, memory is bounded by process, and what
kills it must not kill a worker. It gets its job on stdin, tells on stdout which thread it begins, and ends when stdin
does: whoever started it is gone then.
"""

import json
import os
import pickle
import resource
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import pyarrow
from pyarrow.parquet import ParquetWriter

from adapters.thread import Thread
from bot.budget import RunBudget, shares
from bot.check import check_thread
from bot.records import Record
from bot.scan.folder import Folder, renamed, write_json
from bot.scan.threads import read_threads_of
from bot.scan.work import PartJob

_ROWS = 2000
_TEXT = pyarrow.string()


def _struct(**fields: pyarrow.DataType) -> pyarrow.DataType:
    return pyarrow.struct(list(fields.items()))


# The finding record of docs/formats.md; times are ISO 8601, as there.
SCHEMA = pyarrow.schema(
    _struct(
        rule=_TEXT,
        severity=_TEXT,
        confidence=pyarrow.float64(),
        site=_TEXT,
        thread=_struct(id=_TEXT, title=_TEXT, url=_TEXT),
        comment=_struct(id=_TEXT, author=_TEXT, url=_TEXT, posted_at=_TEXT),
        start=pyarrow.int64(),
        end=pyarrow.int64(),
        excerpt=_TEXT,
        message=_TEXT,
        source=_struct(
            kind=_TEXT,
            id=_TEXT,
            author=_TEXT,
            url=_TEXT,
            start=pyarrow.int64(),
            end=pyarrow.int64(),
            similarity=pyarrow.float64(),
        ),
        suggestion=_TEXT,
        key=_TEXT,
        ruleset=_TEXT,
    )
)

_line = json.JSONEncoder(ensure_ascii=False).encode


@dataclass(slots=True)
class _Figures:
    threads: int = 0
    comments: int = 0
    findings: int = 0
    not_evaluated: int = 0
    months: Counter[str] = field(default_factory=Counter)
    found: dict[str, Counter[str]] = field(default_factory=dict)
    severities: Counter[str] = field(default_factory=Counter)

    def add(self, thread: Thread, findings: list[Record], not_evaluated: int) -> None:
        self.threads += 1
        self.comments += len(thread.comments)
        self.findings += len(findings)
        self.not_evaluated += not_evaluated
        self.months.update(
            comment.posted_at.isoformat()[:7] if comment.posted_at else "" for comment in thread.comments
        )
        for record in findings:
            self.found.setdefault(record["rule"], Counter())[(record["comment"]["posted_at"] or "")[:7]] += 1
            self.severities[record["severity"]] += 1


class _Findings:
    """Write findings as lines and as Parquet, few held at a time."""

    def __init__(self, lines: Any, table: ParquetWriter) -> None:
        self._lines, self._table = lines, table
        self._held: list[Record] = []

    def add(self, record: Record) -> None:
        line = _line(record).encode("utf-8", "replace")
        self._lines.write(line + b"\n")
        # Parquet takes what the line says, so that both say the same.
        self._held.append(json.loads(line))
        if len(self._held) >= _ROWS:
            self.flush()

    def flush(self) -> None:
        if self._held:
            self._table.write_table(pyarrow.Table.from_pylist(self._held, SCHEMA))
            self._held.clear()


def check_part(job: PartJob) -> Iterator[tuple[int, str]]:
    """Check a partition, write what it brought; yield the number and id of each thread before it is begun."""
    folder, number = Folder(job.folder), job.number
    began = time.monotonic()
    figures = _Figures()
    with ExitStack() as files:
        lines = files.enter_context(
            files.enter_context(renamed(folder.result("findings", number, "jsonl"))).open("wb", 1 << 20)
        )
        path = files.enter_context(renamed(folder.result("findings", number, "parquet")))
        findings = _Findings(lines, files.enter_context(ParquetWriter(path, SCHEMA, compression="zstd")))
        aside: list[Record] = []
        budget = RunBudget(shares(job.config))
        passed_over = {one["number"] for one in job.passed_over}
        for at, thread in enumerate(read_threads_of(folder.part(number))):
            if at in passed_over:
                continue
            yield at, thread.id
            checked = check_thread(job.config, job.rules, False, thread, asked=job.asked)
            budget.apply(checked)
            records = [shown.record for shown in checked.findings]
            for record in records:
                findings.add(record)
            aside += checked.not_evaluated
            figures.add(thread, records, len(checked.not_evaluated))
        findings.flush()
        if aside:
            file = files.enter_context(renamed(folder.result("not-evaluated", number, "jsonl")))
            file.write_bytes(b"".join(_line(record).encode("utf-8", "replace") + b"\n" for record in aside))
    write_json(
        folder.result("done", number, "json"),
        {
            "threads": figures.threads,
            "comments": figures.comments,
            "findings": figures.findings,
            "not_evaluated": figures.not_evaluated,
            "severities": figures.severities,
            "comments_by_month": figures.months,
            "findings_by_rule_and_month": figures.found,
            "passed_over": job.passed_over,
            "over_budget": budget.over,
            "seconds": round(time.monotonic() - began, 3),
        },
    )


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(1)


def main() -> None:
    """Check the partition of the job on stdin."""
    job: PartJob = pickle.load(sys.stdin.buffer)  # noqa: S301  # from the process that started this one
    # Memory that was written to; what libraries only reserve does not count.
    resource.setrlimit(resource.RLIMIT_DATA, (job.memory, job.memory))
    threading.Thread(target=_end_with_parent, daemon=True).start()
    for at, id in check_part(job):
        sys.stdout.write(json.dumps([at, id]) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
