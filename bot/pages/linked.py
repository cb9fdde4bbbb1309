"""The pages that comments link to, asked for one at a time a host, by the leave of its robots.txt."""

import sqlite3
import time
from collections.abc import Callable
from functools import partial

from adapters.errors import FetchError, ReadError
from adapters.public_address import Target, check_url
from adapters.public_http import PublicHttp
from adapters.saved.pages.addresses import host
from bot.config import PagesOptions
from bot.limits import not_counted, time_limit
from bot.pages.cache import Kept, PageCache, Robots
from bot.pages.robots import MAX_BYTES, NOTHING_ALLOWED, allows, robots_rules
from bot.pages.text import TYPES, page_text
from rules.elsewhere import OutsideText
from rules.rule import RuleTimeout

_PAUSE = 1.0
_PATIENCE = 30.0
_HOUR, _DAY = 3600.0, 86_400.0


class LinkedPages:
    """Read linked pages; `run` names the run that all its processes count together, `on_note` hears what went wrong."""

    def __init__(
        self,
        options: PagesOptions,
        cache: PageCache,
        *,
        http: PublicHttp,
        run: str,
        on_note: Callable[[str], None],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._options, self._cache, self._http, self._run = options, cache, http, run
        self._on_note, self._sleep = on_note, sleep
        self._turn: str | None = None
        self._pause = 0.0

    def page(self, url: str) -> OutsideText | None:
        """Return the text of a page, None when it is not to be had; never raises, and tells once a host why."""
        with not_counted():
            try:
                return self._page(url)
            except sqlite3.Error as error:
                # The cache has gone bad under way: what it held is asked for again.
                self._on_note(f"the cache of pages is passed over from here on: {error}")
                self._cache.close()
                self._cache = PageCache(":memory:")
                return None
            except Exception as error:  # noqa: BLE001  # whatever a page does to us, the check goes on
                self._on_note(f"the linked page {url[:200]} was not read: {type(error).__name__}: {error}")
                return None

    def _page(self, url: str) -> OutsideText | None:
        try:
            target = check_url(url)
        except FetchError as error:
            self._tell(host(url) or url[:100], str(error))
            return None
        kept = self._cache.page(target.url)
        if kept is None:
            try:
                kept = self._asked(target)
            finally:
                self._leave_turn()
        if kept is None:
            return None
        if kept.problem is not None:
            self._tell(target.host, kept.problem)
        return OutsideText(kind="page", text=kept.text, url=kept.url) if kept.text else None

    def _asked(self, target: Target) -> Kept | None:
        try:
            self._take_turn(target.host, time.monotonic() + _PATIENCE)
        except FetchError as error:
            return Kept(target.url, problem=str(error))
        # Another process may have asked for it while this one waited.
        if kept := self._cache.page(target.url):
            return kept
        if not self._cache.count_page(self._run, most=self._options.max_pages):
            if self._cache.tell(self._run, ""):
                most = self._options.max_pages
                self._on_note(f"{most} linked pages were asked for, and no more are in this run (max_pages)")
            return None
        try:
            kept, seconds = self._fetched(target), self._options.cache_days * _DAY
        except FetchError as error:
            kept, seconds = Kept(target.url, problem=str(error)), _HOUR if error.passes else _DAY
        except ReadError as error:
            kept, seconds = Kept(target.url, problem=error.problem), _DAY
        except RuleTimeout:
            kept, seconds = Kept(target.url, problem="its markup takes too long to read"), _DAY
        # Under its last address too, for those who link there outright.
        for url in {target.url, kept.url}:
            self._cache.keep_page(url, kept, seconds=min(seconds, self._options.cache_days * _DAY))
        return kept

    def _fetched(self, target: Target) -> Kept:
        options = self._options
        until = time.monotonic() + options.seconds
        reply = self._http.fetch(
            target.url,
            until=until,
            max_bytes=options.max_bytes,
            types=TYPES,
            before=partial(self._before, until=until),
        )
        if reply.status != 200:
            raise FetchError(f"it answers {reply.status}", passes=reply.status >= 500 or reply.status == 429)
        if reply.is_cut:
            raise FetchError(f"it is larger than {options.max_bytes:,} bytes")
        with time_limit(options.seconds) as limit, limit():
            text = page_text(reply)
        if not text:
            raise FetchError("it has no text")
        return Kept(reply.url, text=text)

    def _before(self, target: Target, *, until: float) -> None:
        if self._turn != target.host:
            self._leave_turn()
            self._take_turn(target.host, until)
        self._pause = _PAUSE
        robots = self._cache.robots(target.origin)
        if robots is None:
            robots, seconds = self._asked_robots(target, until)
            self._cache.keep_robots(target.origin, robots, seconds=seconds)
        if robots.problem is not None:
            raise FetchError(robots.problem, passes=True)
        if not allows(robots.rules, target.url):
            raise FetchError("its robots.txt asks programs to stay away")

    def _asked_robots(self, target: Target, until: float) -> tuple[Robots, float]:
        try:
            reply = self._http.fetch(f"{target.origin}/robots.txt", until=until, max_bytes=MAX_BYTES)
            return Robots(robots_rules(reply)), _DAY
        except FetchError as error:
            return Robots(NOTHING_ALLOWED, str(error)), _HOUR if error.passes else _DAY

    def _take_turn(self, host: str, until: float) -> None:
        # A process that dies in its turn blocks the host no longer than a page may take.
        while not self._cache.take_turn(host, seconds=self._options.seconds + _PAUSE):
            if time.monotonic() > until:
                raise FetchError("too many of its pages are asked for at once", passes=True)
            self._sleep(0.1)
        self._turn, self._pause = host, 0.0

    def _leave_turn(self) -> None:
        if self._turn is not None:
            left, self._turn = self._turn, None
            self._cache.leave_turn(left, pause=self._pause)

    def _tell(self, host: str, problem: str) -> None:
        if self._cache.tell(self._run, host):
            self._on_note(f"{host}: a linked page was not read: {problem}")
