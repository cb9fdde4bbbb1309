"""The clocks that adapters go by; tests put their own in place."""

import time
from typing import Protocol


class Clock(Protocol):
    """Tell the time of day, and one that never jumps, in seconds; sleep."""

    def wall(self) -> float: ...
    def monotonic(self) -> float: ...
    def sleep(self, seconds: float, /) -> None: ...


class SystemClock:
    """Be the system's clocks."""

    wall = staticmethod(time.time)
    monotonic = staticmethod(time.monotonic)
    sleep = staticmethod(time.sleep)
