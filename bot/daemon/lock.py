"""The lock that keeps a second daemon off a store."""

import fcntl
import json
import os
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bot.daemon.errors import DaemonError


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Hold who has a lock, and since when (seconds since 1970)."""

    host: str
    pid: int
    since: float

    def told(self) -> str:
        """Return the owner as words for a message, with the age of the lock."""
        minutes = max(0, int(time.time() - self.since)) // 60
        days, hours = minutes // 1440, minutes // 60 % 24
        age = f"{days} d {hours} h" if days else f"{hours} h {minutes % 60} min" if hours else f"{minutes} min"
        return f"process {self.pid} on {self.host}, for {age}"


class Lock(Protocol):
    """Be held by one daemon at a time; a daemon that dies, however it dies, loses it."""

    def acquire(self) -> None:
        """Take the lock at once; raises StoreInUseError."""

    def keep(self) -> None:
        """Look after the lock, every second or so; raises StoreInUseError when another daemon has it now."""

    def release(self) -> None:
        """Give the lock back."""


class StoreInUseError(DaemonError):
    """Say who holds the store; `owner` is None when nobody can tell."""

    def __init__(self, name: str, owner: Owner | None) -> None:
        self.owner = owner
        who = owner.told() if owner else "another process"
        super().__init__(f"{name}: another daemon works on this store ({who}); stop that one first")


class FileLock:
    """Lock a store that is a file, by a file beside it that names the owner.

    The kernel holds the lock (flock), so it goes with the process and never has to be broken; the file stays.
    """

    def __init__(self, store: Path) -> None:
        self._store = store
        self.path = store.with_name(store.name + ".lock")
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the lock at once; raises StoreInUseError, and DaemonError when the file cannot be written."""
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise DaemonError(f"{self.path}: the lock file cannot be written: {error.strerror}") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            owner = {"host": socket.gethostname(), "pid": os.getpid(), "since": time.time()}
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps(owner).encode(), 0)
        except BlockingIOError as error:
            os.close(descriptor)
            raise StoreInUseError(str(self._store), self.owner()) from error
        except OSError as error:
            os.close(descriptor)
            raise DaemonError(f"{self.path}: the store cannot be locked: {error.strerror}") from error
        self._descriptor = descriptor

    def keep(self) -> None:
        """Do nothing: the kernel holds it."""

    def release(self) -> None:
        """Give the lock back; the file stays, for removing it would let two daemons hold two files of one name."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None

    def owner(self) -> Owner | None:
        """Return who wrote the lock file, or None when it tells nobody."""
        try:
            told = json.loads(self.path.read_text("utf-8"))
            return Owner(host=str(told["host"]), pid=int(told["pid"]), since=float(told["since"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None
