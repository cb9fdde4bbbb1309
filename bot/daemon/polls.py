"""What the daemon is given to do: sites to watch, how to poll one, and work that is due at a time of day."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bot.config import Config


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedSite:
    """Hold a site that is polled; `interval` in seconds, the configuration's when None.

    With a `push_secret`, the site may say itself when there is something to read.
    """

    name: str
    interval: float | None = None
    push_secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PollOutcome:
    """Hold what one poll of a site brought: comments that were new or changed, and findings on them."""

    comments: int = 0
    findings: int = 0


class PollError(Exception):
    """Say why a site could not be polled.

    `retry_after` is what the site asked for, in seconds; `passes` is False when trying again soon is no use.
    """

    def __init__(self, problem: str, *, retry_after: float | None = None, passes: bool = True) -> None:
        self.retry_after, self.passes = retry_after, passes
        super().__init__(problem)


class Poll(Protocol):
    """Poll one site, page by page; called in a worker thread, never twice at once for one site."""

    def __call__(self, site: WatchedSite, /, *, stopping: Callable[[], bool]) -> PollOutcome:
        """Return what the poll brought; between pages, return early when `stopping()` is true.

        Any exception counts as a failure of the site. Its attributes `retry_after` (seconds) and `passes`, where it
        has them, mean what they mean in PollError.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedAction:
    """Hold work that is due at times of day; `cron` has five fields, read in the time zone `zone`."""

    name: str
    cron: str
    zone: str = "UTC"
    act: Callable[[], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Hold everything that a configuration asks of the daemon; made anew on every reload.

    `secrets` are values that must never be logged.
    """

    config: Config
    sites: Sequence[WatchedSite]
    poll: Poll
    timed: Sequence[TimedAction] = ()
    secrets: frozenset[str] = field(default=frozenset(), repr=False)
