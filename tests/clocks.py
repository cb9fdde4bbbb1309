"""Clocks that stand still until somebody sleeps."""

from tests.board import Board


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


class BoardClock(StillClock):
    """Be the clock of a board too."""

    def __init__(self, board: Board) -> None:
        self._board = board
        super().__init__(board.now)

    @property
    def now(self) -> float:
        return self._board.now

    @now.setter
    def now(self, now: float) -> None:
        self._board.now = now
