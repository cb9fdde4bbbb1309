"""What `scan` costs beside `check`, and how the index of a scan grows.

    python bench/scan.py [--comments N] [--jobs N ...] [--index N ...] [--shared DIR]

The threads are those of the forum in ../shared where it is there, else made ones (bench/check.py). Both commands read
the same file, each in processes of its own; the processor's time is theirs and their children's. What a start costs is
measured with a single thread, so that the overhead can be told for a partition of any size. For the index every copy of
the forum after the first has every seventh word taken from another post. Prints one JSON line a run.
"""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from itertools import chain, count, islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from adapters.saved.threads import read_threads
from adapters.thread import Comment, Post, Thread
from bench.check import COMMAND, forum, varied
from bot.archive.reader import Archive
from bot.archive.texts import ArchivedText, texts_of
from bot.archive.writer import ArchiveWriter
from bot.check import check_thread
from bot.config import ScanOptions, check_config
from bot.elsewhere import Asked
from bot.scan.folder import Folder
from bot.scan.part import check_part
from bot.scan.threads import write_threads
from bot.scan.work import PartJob

ROOT = Path(__file__).parent.parent


def threads(shared: Path, comments: int) -> Iterator[dict]:
    """Yield threads in the native format."""
    dump = shared / "data" / "iac4forums" / "scale-100k.jsonl.gz"
    return forum(dump, comments) if dump.exists() else varied(comments)


def run(command: list[object]) -> tuple[float, float]:
    """Run a command; return its seconds by the clock and by the processor."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603  # our own command
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.monotonic() - began, used


def compare(shared: Path, comments: int, jobs: int) -> Iterator[dict[str, object]]:
    """Check and scan the same file, and a single thread, and tell what the scan costs more."""
    with tempfile.TemporaryDirectory() as folder:
        file, one = Path(folder) / "threads.jsonl", Path(folder) / "one.jsonl"
        written = 0
        with file.open("w", encoding="utf-8") as lines:
            for thread in threads(shared, comments):
                written += len(thread["comments"])
                lines.write(json.dumps(thread) + "\n")
        one.write_text(json.dumps(next(varied(1, 1))) + "\n")
        used: dict[str, tuple[float, float]] = {}
        for name, source in (("check", file), ("scan", file), ("check one", one), ("scan one", one)):
            wanted = ["check", source, "--output", "jsonl", "--exit-zero", "--jobs", jobs]
            if name.startswith("scan"):
                wanted = ["scan", source, "--out", Path(folder) / name, "--jobs", jobs]
            used[name] = run([COMMAND, *wanted])
            if name in ("check", "scan"):
                seconds, processor = used[name]
                yield {
                    "bench": name,
                    "jobs": jobs,
                    "comments": written,
                    "comments_per_s": round(written / seconds),
                    "comments_per_cpu_s": round(written / processor),
                    "load": round(os.getloadavg()[0], 1),
                }
        start = used["scan one"][1] - used["check one"][1]
        each = {name: (used[name][1] - used[f"{name} one"][1]) / written for name in ("check", "scan")}
        size = ScanOptions().partition_comments
        yield {
            "bench": "overhead of scan against check",
            "jobs": jobs,
            "comments": written,
            "by_the_clock": round(used["scan"][0] / used["check"][0] - 1, 3),
            "by_the_processor": round(used["scan"][1] / used["check"][1] - 1, 3),
            "start_cpu_s": round(start, 1),
            "each_comment": round(each["scan"] / each["check"] - 1, 3),
            f"computed_for_{size}": round((each["scan"] * size + start) / (each["check"] * size) - 1, 3),
        }


def of_a_partition(shared: Path, comments: int) -> dict[str, object]:
    """Tell what a partition's work costs, from the cutting to the files, beside that of `check`, without the starts."""
    config, every = check_config({}, name="the bench's"), frozenset[str]()
    with tempfile.TemporaryDirectory() as home:
        source, folder = Path(home) / "threads.jsonl", Folder(Path(home) / "out")
        source.write_text("".join(json.dumps(thread) + "\n" for thread in threads(shared, comments)), "utf-8")
        for name in ("parts", "findings", "not-evaluated", "done"):
            (folder.path / name).mkdir(parents=True)

        def read() -> Iterator[Thread]:
            return read_threads(str(source), on_notice=lambda notice: None, on_bytes=lambda count: None)

        deque(islice((check_thread(config, every, False, thread) for thread in read()), 3), maxlen=0)
        began = time.process_time()
        for thread in read():
            for shown in check_thread(config, every, False, thread).findings:
                json.dumps(shown.record, ensure_ascii=False)
        check, began = time.process_time() - began, time.process_time()
        write_threads(folder.part(0), read())
        job = PartJob(folder=folder.path, number=0, config=config, rules=every, asked=Asked(), memory=0)
        deque(check_part(job), maxlen=0)
        scan = time.process_time() - began
    return {"bench": "a partition's work against check, by the processor", "overhead": round(scan / check - 1, 3)}


def texts(shared: Path) -> Iterator[ArchivedText]:
    """Yield the texts of the threads again and again, each time with other words in them."""
    chance = random.Random(5)  # noqa: S311  # nothing secret
    words: list[str] = ["word"]
    for copy in count():
        for row in threads(shared, 100_000):
            made = []
            for comment in chain([row["post"]], row["comments"]):
                parts = comment["body"].split(" ")
                if copy:
                    parts[::7] = chance.choices(words, k=len(parts[::7]))
                else:
                    words += parts[::50]
                made.append(" ".join(parts))
            comments = tuple(
                Comment(id=one["id"], author=one["author"], body=body, format="plain")
                for one, body in zip(row["comments"], made[1:], strict=True)
            )
            post = Post(id=row["post"]["id"], author=row["post"]["author"], body=made[0], format="plain")
            yield from texts_of(
                Thread(site=row["site"], id=f"{row['id']}-{copy}", title=None, url=None, post=post, comments=comments)
            )


def grow(shared: Path, sizes: list[int]) -> Iterator[dict[str, object]]:
    """Build one index, and tell what it takes at each size."""
    source = texts(shared)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "archive.db"
        done, seconds, processor = 0, 0.0, 0.0
        for size in sizes:
            with ArchiveWriter(path, create=True) as writer:
                while done < size:
                    # Made before the clock runs.
                    batch = list(islice(source, min(20_000, size - done)))
                    began, used = time.monotonic(), time.process_time()
                    writer.add(batch)
                    seconds, processor = seconds + time.monotonic() - began, processor + time.process_time() - used
                    done += len(batch)
            with Archive(path) as archive:
                state = archive.status()
            yield {
                "bench": "index of a scan",
                "texts": done,
                "index_bytes_per_text": round(state.index_bytes / done),
                "file_bytes_per_text": round(state.file_bytes / done),
                "seconds": round(seconds),
                "texts_per_cpu_s": round(done / processor),
                "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
                "load": round(os.getloadavg()[0], 1),
            }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--comments", type=int, default=50_000)
    parser.add_argument("--jobs", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--index", type=int, nargs="*", default=[100_000, 1_000_000])
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared")
    options = parser.parse_args()
    if options.jobs:
        print(json.dumps(of_a_partition(options.shared, min(options.comments, 10_000))), flush=True)
    for jobs in options.jobs:
        for record in compare(options.shared, options.comments, jobs):
            print(json.dumps(record), flush=True)
    for record in grow(options.shared, options.index):
        print(json.dumps(record), flush=True)


if __name__ == "__main__":
    main()
