"""Polls: from a site's platform, page by page, into the store, and on to the archive."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from adapters.base import Cursor, Page, Sighting
from adapters.errors import LoginError, NotFoundError, RateLimited, SiteError
from adapters.site import Site
from bot.acting import carry_out_planned
from bot.archive.errors import ArchiveError
from bot.config import SiteConfig
from bot.daemon.polls import PollError, PollOutcome, WatchedSite
from bot.judging import Judges
from bot.pipeline import Pipeline
from bot.store.database import Store
from bot.store.errors import CursorMoved, StoreError
from bot.store.polls import Polled, note_poll
from bot.store.sites import keep_site, note_rescan, watch_site
from bot.store.threads import living_ids
from bot.store.unarchived import tell_archive

# A thread that its site cannot show is asked for so often before its comments are taken without it.
_MOST_TRIES = 3

_log = structlog.get_logger("poll")


class Poller:
    """Poll sites; called in worker threads, never twice at once for one site.

    `sites` are those that can be polled, by name, each with its settings. `retire` closes the judges and the sites once
    no poll needs them any more.
    """

    def __init__(
        self,
        store: Store,
        judges: Judges,
        sites: Mapping[str, tuple[Site, SiteConfig]],
        *,
        archive: Path | None = None,
        shares: Mapping[str, float] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store, self._judges, self._sites, self._archive, self._now = store, judges, sites, archive, now
        self._pipeline = Pipeline(store, judges, feeds_archive=archive is not None, shares=shares)
        self._telling = threading.Lock()
        self._refused: Counter[tuple[str, str]] = Counter()
        self._changed = threading.Lock()
        self._running, self._is_retired = 0, False

    def __call__(self, site: WatchedSite, /, *, stopping: Callable[[], bool] = lambda: False) -> PollOutcome:
        """Poll a site; raises PollError."""
        with self._in_use():
            return self.poll(site.name, stopping=stopping)

    def poll(
        self, name: str, *, stopping: Callable[[], bool] = lambda: False, since: datetime | None = None
    ) -> PollOutcome:
        """Take what is new at a site, and in its time what was edited or deleted; raises PollError.

        With `since`, read everything from then on again, and judge it.
        """
        started = self._now()
        counts: Counter[str] = Counter()
        error: str | None = None
        try:
            self._poll(name, counts, stopping, since)
            self._act(name, stopping)
        except CursorMoved:
            # Nobody's failure: what this poll has not taken the other one has, or the next one will.
            _log.info("another poll of the site was faster; this one ends", site=name)
        except (SiteError, StoreError) as problem:
            error = str(problem)
            retry_after, passes = getattr(problem, "retry_after", None), getattr(problem, "passes", True)
            raise PollError(error, retry_after=retry_after, passes=passes) from problem
        except Exception as problem:
            error = f"{type(problem).__name__}: {problem}"
            raise
        finally:
            # Until the next poll the server would close them, and thousands of sites would hold thousands of them.
            self._sites[name][0].close()
            self._note(
                name,
                Polled(
                    started_at=started,
                    ended_at=self._now(),
                    comments=counts["comments"],
                    findings=counts["findings"],
                    error=error,
                ),
            )
            self._tell_archive()
        return PollOutcome(comments=counts["comments"], findings=counts["findings"])

    def retire(self) -> None:
        """Close judges and sites, when the polls that run have ended."""
        with self._changed:
            self._is_retired = True
            is_idle = not self._running
        if is_idle:
            self._close()

    def _poll(self, name: str, counts: Counter[str], stopping: Callable[[], bool], since: datetime | None) -> None:
        site, settings = self._sites[name]
        now = self._now()
        oldest = since or now - timedelta(days=settings.polling.backfill_days)
        with self._store.write() as connection:
            place = watch_site(connection, name, since=oldest, now=now)
        cursor, rescanned, counts["pages"] = place.cursor, place.rescanned_at, place.pages
        for page in site.comments(since=cursor, oldest=oldest):
            self._take(site, page, counts)
            cursor = page.cursor
            if stopping():
                return
        every = timedelta(hours=settings.polling.rescan_hours)
        if since is None and rescanned is None:
            # What the first poll has just read need not be read again at once.
            self._note_rescan(name, now)
        elif since is not None or (every and rescanned is not None and not rescanned <= now < rescanned + every):
            self._rescan(site, cursor, since or now - timedelta(days=settings.polling.rescan_days), counts, stopping)
        if since is not None:
            counts["findings"] += self._pipeline.judge_again(name, since=since, now=self._now())

    def _act(self, name: str, stopping: Callable[[], bool]) -> None:
        """Carry out what moderators' decisions lead to at the site."""
        site, settings = self._sites[name]
        on_confirm = settings.decisions.on_confirm
        carry_out_planned(self._store, site, on_confirm, now=self._now, stopping=stopping)

    def _rescan(
        self, site: Site, cursor: Cursor, oldest: datetime, counts: Counter[str], stopping: Callable[[], bool]
    ) -> None:
        now = self._now()
        with self._store.read() as connection:
            known = living_ids(connection, site.name, since=oldest)
        for page in site.rescan(cursor, oldest=oldest, known=known):
            self._take(site, page, counts)
            if stopping():
                return
        self._note_rescan(site.name, now)

    def _take(self, site: Site, page: Page, counts: Counter[str]) -> None:
        taken = self._pipeline.take(site.name, self._completed(site, page), now=self._now(), pages=counts["pages"])
        counts["pages"] += 1
        counts["comments"] += taken.new + taken.edited + taken.deleted
        counts["findings"] += taken.found
        if taken.not_evaluated:
            _log.warning("comments were not evaluated", site=site.name, count=taken.not_evaluated)

    def _completed(self, site: Site, page: Page) -> Page:
        """Add the post and the earlier comments of every thread that nobody has the words of."""
        if not site.capabilities.threads:
            return page
        posts, comments = list(page.posts), list(page.comments)
        for id in sorted(self._pipeline.unseen(site.name, page)):
            try:
                thread = site.thread(id)
            except (LoginError, RateLimited):
                raise
            except SiteError as error:
                self._refused[site.name, id] += 1
                if not isinstance(error, NotFoundError) and self._refused[site.name, id] < _MOST_TRIES:
                    raise
                _log.warning("comments are judged without their post", site=site.name, thread=id, error=str(error))
                continue
            posts.append(replace(thread.post, id=id))
            comments = [*(Sighting(post_id=id, comment=comment) for comment in thread.comments), *comments]
        return replace(page, posts=posts, comments=comments)

    def _note(self, name: str, polled: Polled) -> None:
        try:
            with self._store.write() as connection:
                note_poll(connection, keep_site(connection, name, now=polled.ended_at), polled)
        except StoreError as error:
            # The poll itself has told of a store that fails; what it took is in the store.
            _log.warning("a poll could not be written down", site=name, error=str(error))

    def _note_rescan(self, name: str, now: datetime) -> None:
        with self._store.write() as connection:
            note_rescan(connection, name, now=now)

    def _tell_archive(self) -> None:
        # Whoever is at it tells what others have noted too; what comes too late is told after the next poll.
        if self._archive is None or not self._telling.acquire(blocking=False):
            return
        try:
            tell_archive(self._store, self._archive)
        except (ArchiveError, StoreError) as error:
            _log.warning("the archive could not be told; what it lacks stays noted", error=str(error))
        finally:
            self._telling.release()

    @contextmanager
    def _in_use(self) -> Iterator[None]:
        with self._changed:
            self._running += 1
        try:
            yield
        finally:
            with self._changed:
                self._running -= 1
                is_last = self._is_retired and not self._running
            if is_last:
                self._close()

    def _close(self) -> None:
        self._judges.close()
        for site, _ in self._sites.values():
            site.close()
