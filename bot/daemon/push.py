"""Pushes that come to the daemon or a worker: whose they are, whether they are signed, and what becomes of them."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

import structlog

from adapters.push import is_signed
from bot.daemon.polls import WatchedSite
from bot.daemon.times import Clock, SystemClock

# Some platforms push before the comment is there to be read; and one poll serves all pushes of this time.
DELAY_SECONDS = 2.0
# Polls that pushes bring about are at least so far apart, whatever comes.
APART_SECONDS = 10.0
MOST_A_MINUTE = 120
MOST_BYTES = 1024 * 1024

_log = structlog.get_logger("daemon")


class Pushes:
    """Take pushes; `hasten` has a site polled so many seconds from now. Safe to use from several threads."""

    def __init__(self, hasten: Callable[[str, float], None], *, clock: Clock | None = None) -> None:
        self._hasten, self._clock = hasten, clock or SystemClock()
        self._secrets: dict[str, str] = {}
        self._due: dict[str, float] = {}
        self._minute, self._counts = 0, Counter[str]()
        self._lock = threading.Lock()

    def expect(self, sites: Iterable[WatchedSite]) -> None:
        """Take pushes of these sites, as far as they have a secret, and of no others."""
        with self._lock:
            self._secrets = {site.name: site.push_secret for site in sites if site.push_secret}
            self._due = {name: due for name, due in self._due.items() if name in self._secrets}

    def take(self, site: str, headers: Mapping[str, str], body: bytes) -> int:
        """Take a push; return the status of HTTP that it is answered with: 202, 401, 404 or 429.

        What `hasten` raises is passed on: that push was not taken.
        """
        secret = self._secrets.get(site)
        if secret is None:
            return 404
        if not is_signed(headers, body, secret=secret, now=self._clock.wall()):
            _log.warning("a push is not signed with the site's secret", site=site)
            return 401
        now = self._clock.monotonic()
        with self._lock:
            if self._minute != now // 60:
                self._minute, self._counts = int(now // 60), Counter()
            self._counts[site] += 1
            if self._counts[site] > MOST_A_MINUTE:
                return 429
            if (due := self._due.get(site)) is not None and due > now:
                # The poll that is to come will see this too.
                return 202
            after = max(DELAY_SECONDS, due + APART_SECONDS - now) if due is not None else DELAY_SECONDS
            self._due[site] = now + after
        try:
            self._hasten(site, after)
        except BaseException:
            # Nobody polls for it, so that the next one has to ask again.
            with self._lock:
                self._due.pop(site, None)
            raise
        return 202
