"""Comments a second through the whole pipeline into a store, memory, and the growth of both.

    python bench/load.py [--comments N ...] [--store sqlite postgresql] [--page N] [--judges N]

Threads of own text (bench/check.py) arrive in pages of a poll, eight threads at a time, as they would from a busy site.
Each size is a run of its own, in a process of its own, into an empty store. PostgreSQL is a private cluster, with its
settings for durability at their defaults. Prints one JSON line a run.
"""

import argparse
import json
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from adapters.base import Page, Sighting
from adapters.thread import Comment, Post
from bench.check import varied
from bot.config import check_config
from bot.judging import JudgeProcesses
from bot.pipeline import Pipeline
from bot.store.database import open_store

START = datetime(2026, 1, 1, tzinfo=UTC)
OPEN_THREADS = 8


def pages(comments: int, size: int) -> Iterator[Page]:
    """Yield pages of comments, drawn in turn from a few open threads."""
    threads = varied(comments)
    open_threads: list[tuple[dict, list[dict]]] = []
    posts: list[Post] = []
    taken: list[Sighting] = []
    number = done = 0
    while True:
        while len(open_threads) < OPEN_THREADS and (thread := next(threads, None)) is not None:
            open_threads.append((thread, thread["comments"][::-1]))
            posts.append(
                Post(id=thread["id"], title="made", author="host", body=thread["post"]["body"], format="plain")
            )
        if not open_threads:
            break
        thread, left = open_threads[number % len(open_threads)]
        row = left.pop()
        comment = Comment(
            id=f"{thread['id']}-{row['id']}",
            author=row["author"],
            body=row["body"],
            format="plain",
            posted_at=START + timedelta(seconds=number),
        )
        taken.append(Sighting(post_id=thread["id"], comment=comment))
        number += 1
        if not left:
            open_threads.remove((thread, left))
        if len(taken) == size:
            yield Page(after=done or None, cursor=done + 1, posts=posts, comments=taken)
            posts, taken, done = [], [], done + 1
    if taken:
        yield Page(after=done or None, cursor=done + 1, posts=posts, comments=taken)


def run(url: str, comments: int, size: int, judges: int, told: multiprocessing.connection.Connection) -> None:
    """Take the pages, and tell the figures."""
    judging = JudgeProcesses(check_config({}, name="the bench"), processes=judges)
    found = 0
    memory: list[int] = []
    spent = 0.0
    with open_store(url) as store:
        pipeline = Pipeline(store, judging)
        for number, page in enumerate(pages(comments, size)):
            began = time.monotonic()
            found += pipeline.take("made", page, now=START).found
            spent += time.monotonic() - began
            if number % max(1, comments // size // 4) == 0:
                memory.append(resident(os.getpid()))
        workers = [resident(process.pid or 0) for process in multiprocessing.active_children()]
    judging.close()
    told.send({"took": spent, "findings": found, "mb": memory, "worker_mb": workers})


def resident(pid: int) -> int:
    """Return the memory of a process in MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) // 1024


@contextmanager
def database(kind: str) -> Iterator[str]:
    """Yield the URL of an empty store."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{folder}/store.db"
        return
    from tests.postgres import binaries, cluster

    programs = binaries()
    if programs is None:
        sys.exit("PostgreSQL's programs are missing: apt install postgresql")
    with cluster(programs, is_durable=True) as running:
        yield running.url.format(database="postgres")


def measure(kind: str, comments: int, size: int, judges: int) -> dict[str, object]:
    """Run once."""
    with database(kind) as url:
        ours, theirs = multiprocessing.Pipe(duplex=False)
        process = multiprocessing.get_context("spawn").Process(target=run, args=(url, comments, size, judges, theirs))
        process.start()
        theirs.close()
        figures = ours.recv()
        process.join()
    return {
        "bench": f"pipeline into {kind}",
        "comments": comments,
        "page": size,
        "judges": judges,
        "comments_per_s": round(comments / figures["took"]),
        "findings": figures["findings"],
        "mb_at_quarters": figures["mb"],
        "judge_mb": figures["worker_mb"],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--comments", type=int, nargs="*", default=[10_000, 20_000])
    parser.add_argument("--store", nargs="*", default=["sqlite", "postgresql"])
    parser.add_argument("--page", type=int, default=100)
    parser.add_argument("--judges", type=int, default=2)
    options = parser.parse_args()
    for kind in options.store:
        for comments in options.comments:
            print(json.dumps(measure(kind, comments, options.page, options.judges)), flush=True)


if __name__ == "__main__":
    main()
