"""A clock that stands still until somebody sleeps."""


class StillClock:
    """Tell a time that only sleeping moves; `slept` has every sleep."""

    def __init__(self, wall: float = 1_790_000_000.0) -> None:
        self.now, self.slept = wall, list[float]()

    def wall(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now - 1_700_000_000.0

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
