"""What the daemon shares with the outside: the lock beside the store, and systemd's socket."""

import json
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.daemon.errors import DaemonError
from bot.daemon.lock import FileLock, Owner, StoreInUseError
from bot.daemon.notify import Notifier


def test_a_lock_is_held_once_and_can_be_taken_after_its_release(tmp_path: Path) -> None:
    first, second = FileLock(tmp_path / "store.db"), FileLock(tmp_path / "store.db")
    first.acquire()
    with pytest.raises(StoreInUseError, match="stop that one first") as refused:
        second.acquire()
    assert refused.value.owner is not None
    assert refused.value.owner.pid == os.getpid()
    assert refused.value.owner.host == socket.gethostname()
    assert refused.value.owner.since == pytest.approx(time.time(), abs=60)
    first.release()
    first.release()
    assert second.owner() is None
    second.acquire()
    second.release()
    assert first.path.name == "store.db.lock"


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"host": "a", "pid": "x", "since": 1}', "\x00\xff"])
def test_a_lock_file_that_says_nothing_names_no_owner(tmp_path: Path, text: str) -> None:
    lock = FileLock(tmp_path / "store.db")
    lock.path.write_text(text, "latin-1")
    assert lock.owner() is None
    assert "another process" in str(StoreInUseError("store.db", lock.owner()))
    lock.acquire()
    assert json.loads(lock.path.read_text())["pid"] == os.getpid()
    lock.release()


def test_a_lock_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(DaemonError, match=r"store\.db\.lock: the lock file cannot be written: No such file"):
        FileLock(tmp_path / "none" / "store.db").acquire()


@pytest.mark.parametrize(
    ("seconds", "told"), [(59, "0 min"), (3599, "59 min"), (7320, "2 h 2 min"), (200_000, "2 d 7 h"), (-9000, "0 min")]
)
def test_the_age_of_a_lock_is_told_in_words(seconds: int, told: str) -> None:
    owner = Owner(host="box", pid=7, since=time.time() - seconds)
    assert owner.told() == f"process 7 on box, for {told}"


@pytest.fixture(params=["file", "abstract"])
def listener(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    name = str(tmp_path / "notify") if request.param == "file" else f"@quotewarden-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bound:
        bound.bind(name.replace("@", "\0", 1) if name.startswith("@") else name)
        bound.settimeout(5)
        yield bound, name


def test_states_reach_the_socket(listener: tuple[socket.socket, str]) -> None:
    bound, name = listener
    notifier = Notifier({"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "3000000", "WATCHDOG_PID": str(os.getpid())})
    assert notifier.watchdog_seconds == 3
    for tell in (notifier.ready, notifier.reloading, notifier.alive, notifier.stopping):
        tell()
    notifier.status("one\ntwo")
    told = [bound.recv(4096).decode() for _ in range(5)]
    assert told[1].startswith("RELOADING=1\nMONOTONIC_USEC=")
    assert [told[0], *told[2:]] == ["READY=1", "WATCHDOG=1", "STOPPING=1", "STATUS=one two"]


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"WATCHDOG_USEC": "many"},
        {"WATCHDOG_USEC": "0"},
        {"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"},
        {"NOTIFY_SOCKET": "/nowhere/at/all"},
    ],
)
def test_without_a_supervisor_nothing_is_told(environment: dict[str, str]) -> None:
    notifier = Notifier(environment)
    assert notifier.watchdog_seconds is None
    notifier.ready()
    notifier.alive()
