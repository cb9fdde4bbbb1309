"""A time limit around each of many short pieces of work."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from rules.rule import RuleTimeout


@contextmanager
def not_counted() -> Iterator[None]:
    """Stop the clock of `time_limit` inside the block: waiting for somebody's server is not the rule's time."""
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return
    left, _ = signal.setitimer(signal.ITIMER_REAL, 0)
    try:
        yield
    finally:
        if left:
            signal.setitimer(signal.ITIMER_REAL, left)


@contextmanager
def time_limit(seconds: float) -> Iterator[Callable[[], AbstractContextManager[None]]]:
    """Yield a maker of contexts in each of which RuleTimeout is raised once it has run for so long.

    Rests on the alarm signal, which reaches only a process's main thread; elsewhere the contexts run unlimited.
    """
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield nullcontext
        return

    def stop(signum: int, frame: object) -> None:
        raise RuleTimeout(f"ran longer than {seconds:g} s")

    # The handler stays for all of them: to set it anew takes longer than most rules do.
    before = signal.signal(signal.SIGALRM, stop)
    try:
        yield lambda: _Timer(seconds)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


class _Timer(AbstractContextManager[None]):
    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def __enter__(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, self._seconds)

    def __exit__(self, *raised: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
