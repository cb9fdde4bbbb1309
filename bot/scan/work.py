"""What a worker does: see one partition through in a process of its own, whatever kills that on the way."""

import json
import os
import pickle
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from bot.config import Config
from bot.elsewhere import Asked
from bot.records import Record
from bot.scan.errors import PartError
from bot.scan.folder import Folder

# A thread that kills its process so often is passed over, and a partition with many such threads is given up.
_DEATHS = 2
_MOST_PASSED_OVER = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class PartJob:
    """Hold what it takes to check a partition; `passed_over` are threads, by `number`; `memory` is in bytes."""

    folder: Path
    number: int
    config: Config
    rules: frozenset[str]
    asked: Asked
    memory: int
    passed_over: tuple[Record, ...] = ()


def see_through(job: PartJob) -> None:
    """Check a partition; threads that kill their process twice are passed over, which its record tells.

    Raises PartError where the partition cannot be finished. What was finished before, by whomever, is left as it is.
    """
    folder = Folder(job.folder)
    deaths: Counter[int] = Counter()
    passed_over: list[Record] = []
    while not folder.is_done(job.number):
        if not folder.part(job.number).exists():
            raise PartError(f"{folder.part(job.number)}: not to be seen here; --out has to be a folder of all workers")
        begun, reason = _run(replace(job, passed_over=tuple(passed_over)))
        if reason is None:
            continue
        if begun is None:
            raise PartError(reason)
        at, id = begun
        deaths[at] += 1
        if deaths[at] == _DEATHS:
            passed_over.append({"number": at, "thread": id, "reason": reason})
        if len(passed_over) > _MOST_PASSED_OVER:
            named = ", ".join(one["thread"] for one in passed_over)
            raise PartError(f"threads {named} killed their process twice each, the last: {reason}")


def _run(job: PartJob) -> tuple[tuple[int, str] | None, str | None]:
    """Run the process; return the thread that it began last, and what it died of, None where it came to its end."""
    begun: tuple[int, str] | None = None
    with tempfile.TemporaryFile() as told:
        process = subprocess.Popen(
            [sys.executable, "-m", "bot.scan.part"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=told,
            env={**os.environ, "ARROW_DEFAULT_MEMORY_POOL": "system", "OMP_NUM_THREADS": "1"},
        )
        try:
            assert process.stdin is not None  # noqa: S101  # asked for above
            assert process.stdout is not None  # noqa: S101  # asked for above
            try:
                # Stays open: its end tells the process that nobody waits for it any more.
                pickle.dump(job, process.stdin)
                process.stdin.flush()
            except BrokenPipeError:
                pass
            for line in process.stdout:
                at, id = json.loads(line)
                begun = at, id
            code = process.wait()
        finally:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()
        told.seek(0, os.SEEK_END)
        told.seek(max(0, told.tell() - 4000))
        said = told.read().decode("utf-8", "replace").strip().splitlines()
    if code == 0:
        return begun, None
    if code < 0:
        return begun, f"killed by {signal.Signals(-code).name}"
    return begun, said[-1] if said else f"exit code {code}"
