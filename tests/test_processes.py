"""Many threads on several processes, some of which are killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from adapters.thread import Post, Thread
from bot.processes import over_threads

COMMAND = Path(sys.executable).parent / "quotewarden"


def threads(*ids: str) -> Iterator[Thread]:
    for id in ids:
        yield Thread(site=None, id=id, title=f"On {id}", url=None, post=Post(id=id), comments=[])


def work(folder: Path, thread: Thread) -> str:
    """Return the id in capitals; "deadly" kills its process, "unlucky" does so the first time."""
    if thread.id.startswith("deadly"):
        os.kill(os.getpid(), signal.SIGKILL)
    if thread.id.startswith("unlucky") and not (folder / thread.id).exists():
        (folder / thread.id).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if thread.id == "failing":
        raise KeyError(thread.id)
    if thread.id.startswith("slow"):
        time.sleep(0.1)
    return Late(thread.id) if thread.id == "late" else thread.id.upper()


class Late(str):
    """Kill the process that hands this over, when its work is done."""

    __slots__ = ()

    def __reduce__(self) -> tuple[object, ...]:
        os.kill(os.getpid(), signal.SIGKILL)
        return super().__reduce__()


class Told(list[tuple[str, str, bool]]):
    """Keep what was told."""

    def __call__(self, name: str, text: str, *, lost: bool) -> None:
        self.append((name, text, lost))

    @property
    def lost(self) -> list[str]:
        """Return the names of what was lost."""
        return [name for name, _, lost in self if lost]


def run(folder: Path, *ids: str, jobs: int = 2) -> tuple[list[str], Told]:
    told = Told()
    return list(over_threads(partial(work, folder), threads(*ids), jobs=jobs, tell=told)), told


@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_results_come_in_order(tmp_path: Path, jobs: int) -> None:
    ids = ["slow", *(f"t{number}" for number in range(30))]
    assert run(tmp_path, *ids, jobs=jobs) == ([id.upper() for id in ids], [])


def test_a_thread_that_kills_its_process_twice_is_told_and_passed_over(tmp_path: Path) -> None:
    ids = [f"t{number}" for number in range(20)]
    found, told = run(tmp_path, *ids[:7], "deadly", *ids[7:])
    assert found == [id.upper() for id in ids]
    assert told.lost == ["thread deadly (On deadly)"]
    (name, text, _), last = told
    assert name == "a worker process died"
    assert text.startswith("in work were thread")
    assert "thread deadly (On deadly)" in text
    assert text.endswith("; each is tried once more, alone")
    assert last[1] == "a worker process died of it twice; it is passed over"


def test_only_what_was_in_work_is_named(tmp_path: Path) -> None:
    found, told = run(tmp_path, "deadly", *(f"slow{number}" for number in range(8)))
    assert len(found) == 8
    assert told[0][1].count("(On ") <= 2


def test_a_process_that_dies_between_two_threads_holds_nothing_up(tmp_path: Path) -> None:
    found, told = run(tmp_path, "late", "a", "slow")
    assert found == ["A", "SLOW"]
    assert told.lost == ["thread late (On late)"]


def test_a_thread_whose_process_died_by_chance_is_read_after_all(tmp_path: Path) -> None:
    found, told = run(tmp_path, "a", "unlucky", "b", "unlucky too", "c")
    assert found == ["A", "UNLUCKY", "B", "UNLUCKY TOO", "C"]
    assert told.lost == []
    assert len(told) in (1, 2)


def test_every_thread_may_be_deadly(tmp_path: Path) -> None:
    ids = [f"deadly{number}" for number in range(5)]
    found, told = run(tmp_path, *ids, "t")
    assert found == ["T"]
    assert sorted(told.lost) == [f"thread {id} (On {id})" for id in ids]


def test_an_error_of_the_work_is_still_an_error(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        run(tmp_path, "a", "failing", "b")


def test_the_command_goes_on_and_says_with_3_that_a_thread_was_not_read(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import os\nfrom rules.engine import Engine\nevaluate = Engine.evaluate\n"
        "def deadly(self, thread, **given):\n"
        "    return os.abort() if thread.id == 't2' else evaluate(self, thread, **given)\n"
        "Engine.evaluate = deadly\n"
    )
    lines = (f'{{"id": "t{number}", "comments": [{{"id": "1", "body": "http://a.example/"}}]}}' for number in range(5))
    (tmp_path / "threads.jsonl").write_text("\n".join(lines))
    done = subprocess.run(
        [COMMAND, "check", "threads.jsonl", "--output", "jsonl", "--jobs", "2"],
        capture_output=True,
        text=True,
        timeout=60,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(tmp_path)},
        cwd=tmp_path,
    )
    assert done.returncode == 3
    assert [line.split(": ")[1] for line in done.stderr.splitlines()] == ["a worker process died", "thread t2"]
    assert [f'"id": "t{number}"' in done.stdout for number in range(5)] == [True, True, False, True, True]
