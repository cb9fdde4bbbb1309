"""A scan from its inputs to its summary: cut, index where wanted, check on Dask's workers, sum up."""

import os
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import dask
from distributed import Client, Future, LocalCluster, wait
from distributed.scheduler import KilledWorker

from adapters.thread import Thread
from bot.archive.errors import ArchiveError
from bot.archive.texts import ArchivedText, texts_of
from bot.archive.writer import ArchiveWriter
from bot.config import Config
from bot.elsewhere import Asked, wants_sentences
from bot.inputs import one_line
from bot.records import Record
from bot.scan.cutting import cut
from bot.scan.errors import PartError, ScanError
from bot.scan.folder import Folder, write_json
from bot.scan.inputs import ScanInputs
from bot.scan.summary import summed_up, write_summary
from bot.scan.threads import write_threads
from bot.scan.work import PartJob, see_through
from bot.sentence_model import sentences
from rules.engine import Engine
from rules.registry import all_rules
from rules.topic.site import MOST_COMMENTS, MOST_POSTS

# Partitions handed out ahead for each thread of a worker: enough that none waits, few enough to be forgotten cheaply.
_AHEAD = 3
# A partition that a worker dies over is tried so often: it runs in a process of its own, so it is hardly the cause.
_TRIES = 5
_TICK_SECONDS = 1.0
_CONNECT_SECONDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Say what is scanned: `rules` names those that are wanted, all of them when empty; `jobs` is for this machine."""

    folder: Folder
    config: Config
    rules: frozenset[str]
    has_index: bool
    scheduler: str | None
    jobs: int

    def described(self, inputs: ScanInputs) -> Record:
        """Return what makes one scan another: with any of it changed, its partitions would bring something else."""
        rules = [rule for rule in all_rules() if not self.rules or rule.ID in self.rules]
        archive = self.config.archive.path
        state = archive.stat() if archive and not self.has_index else None
        return {
            "version": version("quotewarden"),
            "inputs": inputs.described(),
            "partition_comments": self.config.scan.partition_comments,
            "rules": Engine(rules, self.config.rules).ruleset,
            "rule_seconds": self.config.check.rule_seconds,
            "archive": [str(archive), state.st_size, state.st_mtime_ns] if state else None,
            "index": self.has_index,
            "sentence model": wants_sentences(self.config) and sentences() is not None,
        }


def scan(plan: Plan, inputs: ScanInputs) -> Record:
    """Run a scan, or what is left of one, and return its summary; raises ScanError."""
    with plan.folder.taken(plan.described(inputs)):
        began = time.monotonic()
        parts = _indexed(plan, inputs) if plan.has_index else _cut(plan, inputs)
        failed = _Checking(plan, inputs).over(parts)
        for number, reason in failed.items():
            write_json(plan.folder.result("failed", number, "json"), {"reason": reason})
        summary = summed_up(plan.folder, unread=inputs.unread, seconds=time.monotonic() - began)
        write_summary(plan.folder, summary)
        return summary


def _cut(plan: Plan, inputs: ScanInputs) -> Iterator[int]:
    """Cut the inputs; the first partition is held back until the posts are kept that all of them are held against."""
    posts: list[Thread] = []

    def keep(thread: Thread) -> None:
        if len(posts) < MOST_POSTS:
            posts.append(replace(thread, comments=thread.comments[:MOST_COMMENTS]))

    waiting: list[int] = []
    for number in cut(inputs, plan.folder, comments=plan.config.scan.partition_comments, seen=keep):
        waiting.append(number)
        if plan.folder.posts.exists() or len(posts) == MOST_POSTS:
            _keep_posts(plan.folder, posts)
            yield from waiting
            waiting.clear()
    _keep_posts(plan.folder, posts)
    yield from waiting


def _keep_posts(folder: Folder, posts: list[Thread]) -> None:
    if not folder.posts.exists():
        write_threads(folder.posts, posts)


def _indexed(plan: Plan, inputs: ScanInputs) -> Iterator[int]:
    """Cut everything and index it, before the first partition is checked: a source may be in the last one."""
    if (done := plan.folder.cut()) is not None:
        inputs.unread = done["unread"]
        return iter(range(done["parts"]))
    parts: list[int] = []

    def texts() -> Iterator[ArchivedText]:
        held: list[Thread] = []
        for number in cut(inputs, plan.folder, comments=plan.config.scan.partition_comments, seen=held.append):
            parts.append(number)
            for thread in held:
                yield from texts_of(thread)
            held.clear()

    try:
        with ArchiveWriter(plan.folder.index, create=True) as writer:
            writer.add(texts())
        _settled(plan.folder.index)
    except ArchiveError as error:
        raise ScanError(str(error)) from error
    return iter(parts)


def _settled(path: Path) -> None:
    # Without a log beside it, readers on other machines need no memory in common.
    connection = sqlite3.connect(path)
    try:
        connection.execute("PRAGMA journal_mode = DELETE")
    finally:
        connection.close()


class _Checking:
    """Give partitions to workers, few at a time, and see what becomes of them."""

    def __init__(self, plan: Plan, inputs: ScanInputs) -> None:
        self._plan, self._inputs = plan, inputs
        self._tries: dict[int, int] = {}
        self._failed: dict[int, str] = {}
        self._waiting: dict[Future[Any], int] = {}
        archive = plan.folder.index if plan.has_index else plan.config.archive.path
        posts = str(plan.folder.posts.absolute())
        asked = Asked(archive.absolute()) if archive else Asked(siblings=(posts,), format="native")
        self._asked = replace(asked, sentences=wants_sentences(plan.config))

    def over(self, parts: Iterator[int]) -> dict[int, str]:
        """Check partitions; return why some could not be finished, by number."""
        left = (number for number in parts if not self._plan.folder.is_done(number))
        if (first := next(left, None)) is None:
            return {}
        with _client(self._plan) as client:
            self._submit(client, first)
            for number in left:
                while len(self._waiting) >= _AHEAD * self._threads(client):
                    self._take(client)
                self._submit(client, number)
            while self._waiting:
                self._take(client)
        return self._failed

    def _threads(self, client: Client) -> int:
        threads: int = sum(client.nthreads().values())
        return max(1, threads)

    def _submit(self, client: Client, number: int) -> None:
        self._tries[number] = self._tries.get(number, 0) + 1
        # Workers get what the rules go by, and none of the sites' secrets.
        config = self._plan.config.model_copy(update={"sites": {}})
        job = PartJob(
            folder=self._plan.folder.path.absolute(),
            number=number,
            config=config,
            rules=self._plan.rules,
            asked=self._asked,
            memory=self._plan.config.scan.memory_mb << 20,
        )
        self._waiting[client.submit(see_through, job, pure=False)] = number

    def _take(self, client: Client) -> None:
        """Wait a while for partitions to end, and note how they ended."""
        try:
            done = wait(list(self._waiting), timeout=_TICK_SECONDS, return_when="FIRST_COMPLETED").done
        except TimeoutError:
            if client.status != "running":
                raise ScanError("the scheduler is gone; run the same command again to go on") from None
            return
        for future in done:
            number = self._waiting.pop(future)
            self._note(client, number, future)
            future.release()

    def _note(self, client: Client, number: int, future: Future[Any]) -> None:
        folder, name = self._plan.folder, f"partition {number:05}"
        error = future.exception() if future.status == "error" else None
        if future.status == "finished":
            record = folder.record("done", number)
            for one in record["passed_over"]:
                said = f"thread {one['thread']}: passed over, for it ended its process twice: {one['reason']}"
                self._inputs.tell(name, said, lost=False)
            _log(f"{name}: {record['comments']} comments, {record['findings']} findings, {record['seconds']:.0f} s")
            folder.part(number).unlink(missing_ok=True)
            folder.result("failed", number, "json").unlink(missing_ok=True)
        elif (future.status == "cancelled" or isinstance(error, KilledWorker)) and self._tries[number] < _TRIES:
            self._inputs.tell(name, "its worker died; it is tried again", lost=False)
            self._submit(client, number)
        else:
            self._failed[number] = str(error) if isinstance(error, PartError) else f"{type(error).__name__}: {error}"
            self._inputs.tell(name, f"{self._failed[number]}; it is left out", lost=False)


@contextmanager
def _client(plan: Plan) -> Iterator[Client]:
    """Yield a client of the scheduler named, or of a cluster of this machine's that ends with the block."""
    settings: dict[str, Any] = {
        "distributed.comm.timeouts.connect": _CONNECT_SECONDS,
        # The rules run in processes of their own, whose memory is bounded there.
        "distributed.worker.memory.terminate": False,
        # What Dask watches many times a second is of no use here, where a task waits for a process.
        "distributed.worker.profile.enabled": False,
        "distributed.admin.tick.interval": "1s",
        "distributed.admin.tick.limit": "60s",
        "distributed.admin.system-monitor.interval": "10s",
    }
    with dask.config.set(settings):
        if plan.scheduler is not None:
            try:
                client = Client(plan.scheduler, timeout=_CONNECT_SECONDS)
            except (OSError, ValueError, TimeoutError) as error:
                raise ScanError(
                    f"--scheduler {plan.scheduler}: no scheduler answers there; start one with `dask scheduler`"
                ) from error
            with client:
                yield client
            return
        with (
            LocalCluster(
                n_workers=plan.jobs,
                threads_per_worker=1,
                # They only see their partitions' processes through, so that one process does for all of them.
                processes=False,
                protocol="tcp",
                host="127.0.0.1",
                dashboard_address=None,
                memory_limit=0,
                silence_logs=50,
            ) as cluster,
            Client(cluster) as client,
        ):
            yield client


def _log(text: str) -> None:
    print(one_line(text), file=sys.stderr, flush=True)


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0))
