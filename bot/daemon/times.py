"""When things are due: clocks, intervals with jitter, and times of day."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger

_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Clock(Protocol):
    """Tell the time: `monotonic` never jumps and is what waiting goes by; `wall` is the time of day, which may."""

    def monotonic(self) -> float:
        """Return seconds since some moment."""

    def wall(self) -> float:
        """Return seconds since 1970."""


class SystemClock:
    """Tell the machine's time."""

    def monotonic(self) -> float:
        """Return seconds since some moment."""
        return time.monotonic()

    def wall(self) -> float:
        """Return seconds since 1970."""
        return time.time()


def clock_offset(clock: Clock) -> float:
    """Return how far the time of day is ahead of the monotonic clock; it changes only when the former jumps."""
    return clock.wall() - clock.monotonic()


class Waits(BaseTrigger):  # type: ignore[misc]  # APScheduler tells no types
    """Be due again after as many seconds as `wait` says, counted from the last time it was due, never in the past.

    `told` is called with every time that was found.
    """

    def __init__(self, wait: Callable[[], float], told: Callable[[datetime], None]) -> None:
        self._wait, self._told = wait, told

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """Return the next time it is due: misfires are made up for by one poll, not by many."""
        seconds = timedelta(seconds=self._wait())
        due = (previous_fire_time or now) + seconds
        # A last time that lies ahead was told by a clock that has since been put back.
        if not now < due <= now + seconds:
            due = now + seconds
        self._told(due)
        return due


def cron(expression: str, zone: str) -> BaseTrigger:
    """Return when a cron expression of five fields is due; raises ValueError at a wrong one.

    APScheduler 3 counts the days of the week from Monday, cron from Sunday, so numbers become names first.
    """
    fields = expression.split()
    if len(fields) == 5:
        fields[4] = ",".join(_named_weekdays(part) for part in fields[4].split(","))
    try:
        return CronTrigger.from_crontab(" ".join(fields), timezone=ZoneInfo(zone))
    except (KeyError, OSError) as error:
        raise ValueError(f"no time zone {zone!r}") from error


def _named_weekdays(part: str) -> str:
    if not (match := re.fullmatch(r"([0-7])(?:-([0-7]))?", part)):
        return part
    first, last = int(match[1]), int(match[2] or match[1])
    if last < first:
        raise ValueError(f"days of the week run backwards: {part}")
    return ",".join(_WEEKDAYS[first : last + 1])


def at(seconds: float) -> datetime:
    """Return seconds since 1970 as a time."""
    return datetime.fromtimestamp(seconds, UTC)
