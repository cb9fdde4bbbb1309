"""One piece of work over many threads, on one process or several, in order, whatever kills a process under way."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from ctypes import Array, c_byte
from dataclasses import dataclass, field
from multiprocessing.sharedctypes import RawArray
from typing import Generic, Protocol, TypeVar

from adapters.thread import Thread

R = TypeVar("R")
_IN_WORK, _DONE = 1, 2


class Tell(Protocol):
    """Tell a person what went wrong, in one line; `lost` when something could not be read."""

    def __call__(self, name: str, text: str, *, lost: bool) -> None: ...


def over_threads(work: Callable[[Thread], R], threads: Iterable[Thread], *, jobs: int, tell: Tell) -> Iterator[R]:
    """Apply `work` to each thread, in order, on `jobs` processes; few threads are held at a time.

    A thread whose process dies is tried once more in a process of its own. The one that kills that too is told and
    passed over.
    """
    if jobs == 1:
        yield from map(work, threads)
        return
    workers = _Workers(work, jobs, tell)
    try:
        yield from workers.over(threads)
    finally:
        workers.close()


@dataclass(slots=True, eq=False)
class _Task(Generic[R]):
    thread: Thread
    slot: int
    future: "Future[R]" = field(default_factory=Future)
    is_lost: bool = False

    @property
    def is_broken(self) -> bool:
        """Wait for the outcome, and tell whether a process died before there was one."""
        return not self.is_lost and isinstance(self.future.exception(), BrokenProcessPool)


class _Workers(Generic[R]):
    def __init__(self, work: Callable[[Thread], R], jobs: int, tell: Tell) -> None:
        self._work, self._jobs, self._tell = work, jobs, tell
        self._held = 4 * jobs
        # What a process has begun it writes down here, for a dead one tells nothing.
        self._marks = RawArray(c_byte, self._held + 1)
        self._pool = self._new_pool()

    def over(self, threads: Iterable[Thread]) -> Iterator[R]:
        waiting: deque[_Task[R]] = deque()
        for number, thread in enumerate(threads):
            waiting.append(_Task(thread, number % (self._held + 1)))
            self._submit(waiting[-1])
            if len(waiting) > self._held:
                yield from self._first(waiting)
        while waiting:
            yield from self._first(waiting)

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)

    def _new_pool(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(self._jobs, initializer=_share, initargs=(self._marks,))

    def _submit(self, task: _Task[R]) -> None:
        self._marks[task.slot] = 0
        try:
            task.future = self._pool.submit(_mark, self._work, task.slot, task.thread)
        except BrokenProcessPool as broken:
            task.future = Future()
            task.future.set_exception(broken)

    def _first(self, waiting: deque[_Task[R]]) -> Iterator[R]:
        # Each mending settles a thread at least, so this ends.
        while waiting[0].is_broken:
            self._mend(waiting)
        task = waiting.popleft()
        if not task.is_lost:
            yield task.future.result()

    def _mend(self, waiting: deque[_Task[R]]) -> None:
        self._pool.shutdown()
        undone = [task for task in waiting if task.is_broken]
        # One that died while it handed its outcome over leaves no mark; then the first is taken by itself.
        suspects = [task for task in undone if self._marks[task.slot] == _IN_WORK] or undone[:1]
        names = ", ".join(_name(task.thread) for task in suspects)
        self._tell("a worker process died", f"in work were {names}; each is tried once more, alone", lost=False)
        for task in suspects:
            self._try_alone(task)
        self._pool = self._new_pool()
        for task in undone:
            if task not in suspects:
                self._submit(task)

    def _try_alone(self, task: _Task[R]) -> None:
        with ProcessPoolExecutor(1) as pool:
            task.future = pool.submit(self._work, task.thread)
        if task.is_broken:
            task.is_lost = True
            self._tell(_name(task.thread), "a worker process died of it twice; it is passed over", lost=True)


_marks: "Array[c_byte]"


def _share(marks: "Array[c_byte]") -> None:
    global _marks  # a process knows its pool by this only
    _marks = marks


def _mark(work: Callable[[Thread], R], slot: int, thread: Thread) -> R:
    _marks[slot] = _IN_WORK
    try:
        return work(thread)
    finally:
        _marks[slot] = _DONE


def _name(thread: Thread) -> str:
    name = f"thread {thread.id}" + (f" ({thread.title})" if thread.title and thread.title != thread.id else "")
    return name if len(name) <= 120 else f"{name[:119]}…"
