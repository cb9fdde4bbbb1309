"""How long a site that fails is left alone."""

from collections.abc import Callable

from bot.config import DaemonOptions

# A site that asks to be left alone for longer was mistaken, or meant never.
LONGEST_RETRY_AFTER = 86_400.0


class Circuit:
    """Count a site's failures in a row and say how long to wait after each.

    The wait doubles from `backoff_seconds` up to `max_backoff_seconds`. After `circuit_failures`, or one failure that
    will not pass, the circuit is open: the site counts as sick, and one poll every `max_backoff_seconds` asks whether
    it is well again. `random` returns numbers from 0 to 1; a wait is cut by up to half, so that sites that failed
    together do not come back together ("equal jitter": Brooker, Exponential Backoff and Jitter, 2015).
    """

    def __init__(self, *, random: Callable[[], float]) -> None:
        self.failures = 0
        self.is_open = False
        self._random = random

    def fail(self, options: DaemonOptions, *, retry_after: float | None = None, passes: bool = True) -> float:
        """Count a failure; return the seconds to wait, never less than the site asked for."""
        self.failures += 1
        self.is_open = self.is_open or self.failures >= options.circuit_failures or not passes
        # An exponent without a bound would overflow after a year of failures.
        doubled = options.backoff_seconds * 2.0 ** min(self.failures - 1, 40)
        wait = options.max_backoff_seconds if self.is_open else min(options.max_backoff_seconds, doubled)
        wait *= 1 - self._random() / 2
        return wait if retry_after is None else max(wait, min(retry_after, LONGEST_RETRY_AFTER))

    def succeed(self) -> None:
        """Forget the failures and close the circuit."""
        self.failures, self.is_open = 0, False
