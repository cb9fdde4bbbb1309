"""New comments of a site as they come, without end."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from random import SystemRandom
from typing import TYPE_CHECKING

from adapters.base import Cursor, Sighting
from adapters.clock import Clock
from adapters.cursor import Ground, Place
from adapters.errors import SiteError

if TYPE_CHECKING:
    from adapters.site import Site

_SHORTEST = 1.0
_LONGEST = 60.0


class Stream:
    """Poll a site for ever; `cursor` is how far it has come, and may be kept and put back."""

    def __init__(self, site: "Site", *, clock: Clock, random: Callable[[], float] | None = None) -> None:
        self.cursor: Cursor = None
        self._site, self._clock = site, clock
        self._random = random or SystemRandom().random

    def comments(self, skip_existing: bool = False, pause_after: int | None = None) -> Iterator[Sighting | None]:
        """Yield every comment once, as far as the cursor remembers; None after more than `pause_after` empty polls.

        With `skip_existing` those are passed over that are there at the first poll; a negative `pause_after` yields
        None after every poll. Between polls the wait doubles up to a minute, less a random part of up to half. What
        goes wrong and passes is waited out; any other SiteError is raised, and `cursor` stays good.
        """
        wait, empty, skipping = _SHORTEST, 0, skip_existing
        if skipping and self.cursor is None:
            # The window before now is still read, so that what stands in it counts as met.
            self.cursor = Place(Ground(at=datetime.fromtimestamp(self._clock.wall(), UTC))).cursor()
        while True:
            found, asked = False, 0.0
            try:
                for fresh in self._polled():
                    found = found or bool(fresh)
                    if not skipping:
                        yield from fresh
                skipping = False
            except SiteError as error:
                if not error.passes:
                    raise
                asked = error.retry_after or 0.0
            wait, empty = (_SHORTEST, 0) if found else (min(2 * wait, _LONGEST), empty + 1)
            if pause_after is not None and (pause_after < 0 or empty > pause_after):
                empty = 0
                yield None
            if not found:
                self._clock.sleep(max(asked, wait * (1 - self._random() / 2)))

    def _polled(self) -> Iterator[tuple[Sighting, ...]]:
        for step in self._site.steps(self.cursor):
            yield step.fresh
            self.cursor = step.page.cursor
