"""What the real servers share: where they are kept, what is done to them, and how they stand beside the small ones."""

import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from adapters.clock import SystemClock
from tests.board import Row, Status


class MissingError(Exception):
    """Say in one line what has to be installed."""


def cache() -> Path:
    """Return the folder in which downloads for tests are kept, outside of the clone."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    kept = Path(home) / "quotewarden-tests"
    kept.mkdir(parents=True, exist_ok=True)
    return kept


def fetched(name: str, fetch: Callable[[Path], None]) -> Path:
    """Return a folder of the cache that is filled once, by whichever process of the tests comes first."""
    kept = cache() / name
    with (cache() / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (kept / "ready").exists():
            shutil.rmtree(kept, ignore_errors=True)
            kept.mkdir()
            fetch(kept)
            (kept / "ready").touch()
    return kept


def in_memory() -> str | None:
    """Return a folder that no disk waits for, where there is one."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108  # a folder in it is made safely


class RealBoard:
    """Do to a real server what happens to a board, by a program that takes JSON commands, one a line, and answers."""

    def __init__(self, program: Sequence[str | Path], environment: Mapping[str, str]) -> None:
        self._lock = threading.Lock()
        self._program = subprocess.Popen(
            program, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def close(self) -> None:
        """End."""
        self._program.communicate(timeout=30)

    @property
    def now(self) -> float:
        return time.time()

    def create(
        self,
        text: str,
        *,
        post: int = 1,
        parent: int = 0,
        author: str = "Ada",
        at: float | None = None,
        status: Status = "approved",
    ) -> str:
        when = self.now if at is None else at
        row = {"text": text, "post": post, "parent": parent, "author": author, "at": when, "status": status}
        return str(self.do("create", row))

    def edit(self, id: str, text: str) -> None:
        self.do("edit", {"id": id, "text": text, "at": self.now})

    def set(self, id: str, status: Status) -> None:
        self.do("set", {"id": id, "status": status})

    def delete(self, id: str) -> None:
        self.do("delete", id)

    def status(self, id: str) -> Status | None:
        return next((row["status"] for row in self.do("listed") if str(row["id"]) == id), None)

    def listed(self, *statuses: Status) -> list[Row]:
        return [Row(**row) for row in self.do("listed") if row["status"] in (statuses or ("approved", "held"))]

    def do(self, command: str, given: object = None) -> Any:
        """Have something done by the platform itself."""
        with self._lock:
            assert self._program.stdin is not None
            assert self._program.stdout is not None
            self._program.stdin.write(json.dumps([command, given]) + "\n")
            self._program.stdin.flush()
            answer = json.loads(self._program.stdout.readline())
        assert "done" in answer, answer
        return answer["done"]


class RealServer:
    """Be a running server, with what the small ones have, as far as a real one can."""

    def __init__(self, url: str, board: RealBoard) -> None:
        self.url, self.board, self.clock = url, board, SystemClock()

    def id_of(self, id: str) -> str:
        return id

    def delete(self, id: str) -> None:
        self.board.delete(id)

    @contextmanager
    def meanwhile(self, happen: Callable[[], None]) -> Iterator[None]:
        """Let something happen over and over, about seven times a second, while requests are made."""
        ended, failed = threading.Event(), list[BaseException]()

        def go_on() -> None:
            try:
                while not ended.wait(0.15):
                    happen()
            except BaseException as error:  # noqa: BLE001  # raised anew where it is seen
                failed.append(error)

        thread = threading.Thread(target=go_on)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
        if failed:
            raise failed[0]


@contextmanager
def serving(
    command: Sequence[str | Path], *, url: str, environment: Mapping[str, str], log: Path, folder: Path | None = None
) -> Iterator[None]:
    """Run a server until the block ends, with whatever it started; it is there once its address answers."""
    with log.open("w") as said:
        server = subprocess.Popen(
            command, env=environment, cwd=folder, stdout=said, stderr=said, start_new_session=True
        )
    try:
        until = time.monotonic() + 60
        while not _answers(url):
            assert server.poll() is None, log.read_text()
            assert time.monotonic() < until, f"it does not answer: {log.read_text()}"
            time.sleep(0.05)
        yield
    finally:
        # Where it has ended by itself, its log is told.
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)


def free_address() -> str:
    """Return an address of loopback on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return f"127.0.0.1:{free.getsockname()[1]}"


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=60):  # noqa: S310  # our own address
            return True
    except HTTPError:
        return True
    except (URLError, OSError):
        return False
