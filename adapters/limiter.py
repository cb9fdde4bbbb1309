"""How fast a host lets itself be asked, by what its replies say.

`Retry-After` is that of RFC 9110; `x-ratelimit-remaining` and `-reset` have no standard: sites write seconds to go, a
time since 1970, or an ISO date. `ratelimit-*` is the IETF's draft of the same.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Protocol

from adapters.clock import Clock
from adapters.dates import parse_date
from adapters.errors import RateLimited

# A longer wait is not slept through: the schedule has other sites to poll.
LONGEST_SLEEP = 5.0
# A site that asks to be left alone for longer was mistaken, or meant never.
LONGEST_WAIT = 86_400.0
# A number so large is a time since 1970.
_EPOCH = 1_000_000_000
_PREFIXES = ("x-ratelimit-", "ratelimit-", "x-rate-limit-")


class Turnstile(Protocol):
    """Let requests through to hosts that several processes ask, no faster than they may together."""

    def wait(self, host: str) -> None:
        """Wait until a request to the host may be made."""


class Limiter:
    """Keep the requests to one host within what it allows, and so many seconds apart."""

    def __init__(self, host: str, *, clock: Clock, apart: float = 0.0) -> None:
        self._host, self._clock, self._apart = host, clock, apart
        self._until: float | None = None
        self._next: float | None = None

    def wait(self) -> None:
        """Wait until the host may be asked; raises RateLimited where that takes longer than a few seconds."""
        left = self.left()
        if left > LONGEST_SLEEP:
            raise RateLimited(f"{self._host} wants to be left alone for {left:.0f} s", retry_after=left)
        if self._next is not None:
            left = max(left, self._next - self._clock.monotonic())
        if left > 0:
            self._clock.sleep(left)
        if self._apart:
            self._next = self._clock.monotonic() + self._apart

    def left(self) -> float:
        """Return the seconds until the host may be asked."""
        return max(0.0, self._until - self._clock.monotonic()) if self._until is not None else 0.0

    def heed(self, status: int, headers: Mapping[str, str]) -> float | None:
        """Learn from a reply; return how many seconds it asks to be left alone, None when it does not."""
        asked = self._asked(status, headers)
        if asked is None:
            return None
        asked = min(max(asked, 0.0), LONGEST_WAIT)
        self._until = self._clock.monotonic() + asked
        return asked

    def _asked(self, status: int, headers: Mapping[str, str]) -> float | None:
        if status in (403, 429, 503) and (after := self._seconds(headers.get("Retry-After"))) is not None:
            return after
        for prefix in _PREFIXES:
            if (remaining := _number(headers.get(f"{prefix}remaining"))) is not None:
                # Reddit's is a fraction at times.
                if remaining >= 1 and status != 429:
                    return None
                return self._seconds(headers.get(f"{prefix}reset"))
        return None

    def _seconds(self, value: str | None) -> float | None:
        number = _number(value)
        if number is not None:
            return number - self._clock.wall() if number >= _EPOCH else number
        date = parse_date(value)
        return date.timestamp() - self._clock.wall() if date else None


def _number(value: str | None) -> float | None:
    with suppress(ValueError):
        if value is not None and (number := float(value)) == number:
            return number
    return None
