"""A time limit around a piece of work."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

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
def time_limit(seconds: float) -> Iterator[None]:
    """Raise RuleTimeout inside the block once it has run for so long.

    Rests on the alarm signal, which reaches only a process's main thread; elsewhere the block runs unlimited.
    """
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return

    def stop(signum: int, frame: object) -> None:
        raise RuleTimeout(f"ran longer than {seconds:g} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
