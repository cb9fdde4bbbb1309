"""A scan's folder: what lies where in it, and what makes a partition finished.

    scan.json                 what is scanned and how: a folder takes no other scan
    parts/00000.jsonl.gz      the threads of a partition, until it is finished
    cut.json                  written once every input has been cut into partitions
    index/archive.db          the texts of all inputs, with --index
    posts.jsonl.gz            the first posts and comments, to hold others against where no index or archive is
    findings/00000.jsonl      a partition's findings, as `check --output jsonl` prints them
    findings/00000.parquet    the same
    not-evaluated/00000.jsonl where a rule gave no verdict
    done/00000.json           what a partition brought, in figures; written last, so it is finished once this is there
    failed/00000.json         why a partition could not be finished
    summary.json .svg .html   the whole

Whatever is written gets a temporary name first and its own by renaming, which is one step: nothing is seen half.
"""

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.records import Record
from bot.scan.errors import ScanError

_FOLDERS = ("parts", "index", "findings", "not-evaluated", "done", "failed")


class Folder:
    """Be the folder of one scan, on this machine or where all workers see it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.index = path / "index" / "archive.db"
        self.posts = path / "posts.jsonl.gz"

    def part(self, number: int) -> Path:
        """Return where the threads of a partition are."""
        return self.path / "parts" / f"{number:05}.jsonl.gz"

    def result(self, kind: str, number: int, ending: str) -> Path:
        """Return where what a partition brought is written."""
        return self.path / kind / f"{number:05}.{ending}"

    def is_done(self, number: int) -> bool:
        """Tell whether a partition is finished."""
        return self.result("done", number, "json").exists()

    def record(self, kind: str, number: int) -> Record:
        """Return the record of a partition that is `done`, or `failed`."""
        return _read(self.result(kind, number, "json"))

    def records(self, kind: str) -> Iterator[tuple[int, Record]]:
        """Yield the records of the partitions that are `done`, or `failed`, in order."""
        for path in sorted((self.path / kind).glob("*.json")):
            yield int(path.stem), _read(path)

    def cut(self) -> Record | None:
        """Return what the cutting brought; None as long as it has not come to its end."""
        path = self.path / "cut.json"
        return _read(path) if path.exists() else None

    @contextmanager
    def taken(self, plan: Record) -> Iterator[None]:
        """Keep the folder for this scan alone; raises ScanError where it holds another one or cannot be written."""
        try:
            for name in _FOLDERS:
                (self.path / name).mkdir(parents=True, exist_ok=True)
            lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise ScanError(f"{self.path}: the folder cannot be written: {error.strerror}") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._claim(plan)
            yield
        except BlockingIOError as error:
            raise ScanError(f"{self.path}: another scan works on this folder; wait for it") from error
        finally:
            os.close(lock)

    def _claim(self, plan: Record) -> None:
        path = self.path / "scan.json"
        if not path.exists():
            write_json(path, plan)
            return
        before = _read(path)
        if changed := [name for name, value in plan.items() if before.get(name) != value]:
            raise ScanError(
                f"{self.path}: holds another scan ({', '.join(changed)} differ); name another folder for --out"
            )


@contextmanager
def renamed(path: Path) -> Iterator[Path]:
    """Yield a temporary name beside a file, which takes the file's place when the block ends well."""
    temporary = path.with_name(f".{path.name}.{socket.gethostname()}.{os.getpid()}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: Path, record: Record) -> None:
    """Write a record whole or not at all."""
    with renamed(path) as temporary:
        temporary.write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", "utf-8", "replace")


def _read(path: Path) -> Record:
    try:
        record: Record = json.loads(path.read_text("utf-8"))
        return record
    except (OSError, ValueError) as error:
        raise ScanError(f"{path}: cannot be read; name another folder for --out, or remove this one") from error
