"""Walks over a platform's listing that lose no comment, however it changes under them.

An ascending listing is asked from a time on, a window before the last comment known, and then from the time of each
batch's last comment: no count of pages drifts when comments are deleted. A listing that begins with the newest is
walked down until a whole batch below that window is known; the cursor keeps its ground until then, so a walk that is
interrupted leaves no gap, and a later one goes on where it was if the same comments still stand there. A listing that
goes from thread to thread is read whole each time, but for the threads that the server says have not changed.
"""

import logging
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from adapters.base import Ask, Batch, Cursor, Order, Page, Sighting
from adapters.cursor import MOST_IDS, Ground, Place, Walk
from adapters.errors import BadReply, NotFoundError, RefusedError

Listing = Callable[[Ask], Batch]

# Direct reads of comments that a re-reading did not find; the others have their turn at the next one.
MOST_DIRECT_READS = 200

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Step:
    """Hold a page, and those of its comments that the cursor before it did not know."""

    page: Page
    fresh: tuple[Sighting, ...]


def ascend(listing: Listing, since: datetime | None, *, if_changed: bool = False) -> Iterator[Batch]:
    """Yield everything posted since a time, in batches that overlap by the comments of one instant."""
    token: str | None = None
    followed: set[tuple[datetime | None, str]] = set()
    while True:
        batch = listing(Ask(since=since, token=token, if_changed=if_changed))
        yield batch
        if_changed = False
        if batch.next is None or batch.unchanged:
            return
        last = _last_time(batch)
        if last is not None and (since is None or last > since):
            since, token = last, None
            continue
        # More comments of one instant than a batch holds, or not in the order of time.
        token = batch.next
        if (since, token) in followed:
            raise BadReply("the listing leads in a circle")
        followed.add((since, token))


@dataclass(frozen=True, slots=True, kw_only=True)
class Walker:
    """Walk one site's listing; `overlap` is the window that is read again, `oldest` bounds the first walk."""

    listing: Listing
    order: Order
    overlap: timedelta
    now: datetime
    oldest: datetime | None = None
    if_changed: bool = False

    def steps(self, cursor: Cursor) -> Iterator[Step]:
        """Yield pages from a cursor on; it is safe to stop after any. None at all when the server saw no change."""
        place = Place.of(cursor)
        match self.order:
            case "ascending":
                return self._up(place, cursor)
            case "newest-first":
                return self._down(place, cursor)
        return self._around(place, cursor)

    def again(self, cursor: Cursor, known: Collection[str], gone: "DirectRead") -> Iterator[Page]:
        """Yield everything since `oldest` anew, and at last what is gone of the comments known.

        A comment counts as gone when two re-readings in a row did not find it, nor does a direct read.
        """
        present: set[str] = set()
        for batch in self._everything():
            present.update(one.comment.id for one in batch.comments)
            yield Page(after=cursor, cursor=cursor, posts=batch.posts, comments=batch.comments, deleted=batch.deleted)
        place = Place.of(cursor)
        missing = sorted(set(known) - present)
        twice = [id for id in missing if id in set(place.missed)]
        found, deleted = [], []
        for id in twice[:MOST_DIRECT_READS]:
            sighting = gone(id)
            if sighting is None:
                deleted.append(id)
            else:
                found.append(sighting)
        settled = {*deleted, *(one.comment.id for one in found)}
        missed = tuple(id for id in missing if id not in settled)[:MOST_IDS]
        after = replace(place, missed=missed).cursor() if missed != place.missed else cursor
        yield Page(after=cursor, cursor=after, comments=found, deleted=deleted)

    def _everything(self) -> Iterator[Batch]:
        if self.order == "ascending":
            yield from ascend(self.listing, self.oldest)
            return
        token: str | None = None
        followed: set[str] = set()
        while True:
            batch = self.listing(Ask(token=token))
            yield batch
            if batch.next is None or (self.order == "newest-first" and self._is_known(batch, Ground())):
                return
            token = _followed(batch.next, followed)

    def _up(self, place: Place, cursor: Cursor) -> Iterator[Step]:
        ground = place.ground
        since = ground.at - self.overlap if ground.at else self.oldest
        for batch in ascend(self.listing, since, if_changed=self.if_changed):
            if batch.unchanged:
                return
            fresh = self._fresh(batch, ground)
            ground = ground.met(batch.comments, self.overlap, self.now).since(self.oldest)
            after, cursor = cursor, replace(place, ground=ground, walk=None).cursor()
            yield _step(batch, after, cursor, fresh)

    def _around(self, place: Place, cursor: Cursor) -> Iterator[Step]:
        ground, token = place.ground, None
        followed: set[str] = set()
        while True:
            batch = self.listing(Ask(token=token, if_changed=self.if_changed))
            if not batch.unchanged:
                fresh = self._fresh(batch, place.ground)
                ground = ground.met(batch.comments, self.overlap, self.now)
                # Until the last thread, only what was met counts as known, and not all that is older.
                known = replace(ground, at=place.ground.at) if batch.next else ground.since(self.oldest)
                after, cursor = cursor, replace(place, ground=known, walk=None).cursor()
                yield _step(batch, after, cursor, fresh)
            if batch.next is None:
                return
            token = _followed(batch.next, followed)

    def _down(self, place: Place, cursor: Cursor) -> Iterator[Step]:
        ground, left = place.ground, place.walk
        head, touched, token = Ground(), False, None
        followed: set[str] = set()
        # Ids that this walk itself has shown, as far as they may come again.
        shown: set[str] = set()
        batch = self.listing(Ask(if_changed=self.if_changed and left is None))
        if batch.unchanged:
            return
        while True:
            shown.update(left.head.seen if left else ())
            fresh = tuple(one for one in self._fresh(batch, ground) if one.comment.id not in shown)
            head = head.met(batch.comments, self.overlap, self.now)
            touched = touched or any(ground.knows(one, self.overlap) for one in batch.comments)
            following = batch.next
            if following is None or self._is_known(batch, ground):
                if batch.cut and ground.seen and batch.comments and not touched:
                    _log.warning("the listing ends above what is known: comments in between may be missing")
                place = replace(place, ground=ground.under(head, self.overlap).since(self.oldest), walk=None)
                yield _step(batch, cursor, place.cursor(), fresh)
                return
            if left is None:
                walk = Walk(head, token, _edge(batch)) if token else None
                place = replace(place, walk=walk)
            # Until it meets the head of an interrupted walk, the cursor keeps that walk's place.
            after, cursor = cursor, place.cursor() if left is None else cursor
            yield _step(batch, after, cursor, fresh)
            shown = {*head.seen, *_edge(batch)}
            if left is not None and self._is_known(batch, left.head):
                head = left.head.under(head, self.overlap)
                resumed, edge = self._resumed(left), left.edge
                token, left = left.token, None
                if resumed is not None:
                    batch = resumed
                    shown.update(edge)
                    followed.clear()
                    continue
            token = _followed(following, followed)
            batch = self.listing(Ask(token=token))

    def _resumed(self, left: Walk) -> Batch | None:
        """Return the batch that an interrupted walk took last, None when other comments stand there now."""
        with suppress(RefusedError, NotFoundError):
            batch = self.listing(Ask(token=left.token))
            if {one.comment.id for one in batch.comments} & set(left.edge):
                return batch
        return None

    def _is_known(self, batch: Batch, ground: Ground) -> bool:
        """Tell whether a whole batch has been met, and reaches below the window in which one may turn up late."""
        if ground.at is None and self.oldest is not None:
            ground = Ground(self.oldest + self.overlap)
        undated = all(one.comment.posted_at is None for one in batch.comments)
        is_deep = undated or any(ground.covers(one, self.overlap) for one in batch.comments)
        return is_deep and bool(batch.comments) and all(ground.knows(one, self.overlap) for one in batch.comments)

    def _fresh(self, batch: Batch, ground: Ground) -> tuple[Sighting, ...]:
        return tuple(one for one in batch.comments if not ground.knows(one, self.overlap))


DirectRead = Callable[[str], Sighting | None]


def _step(batch: Batch, after: Cursor, cursor: Cursor, fresh: tuple[Sighting, ...]) -> Step:
    page = Page(after=after, cursor=cursor, posts=batch.posts, comments=batch.comments, deleted=batch.deleted)
    return Step(page, fresh)


def _last_time(batch: Batch) -> datetime | None:
    """Return the time of the last comment of a batch that is in the order of time, None of any other."""
    times = [one.comment.posted_at for one in batch.comments]
    dated = [time for time in times if time is not None]
    return dated[-1] if dated and len(dated) == len(times) and dated == sorted(dated) else None


def _edge(batch: Batch) -> tuple[str, ...]:
    return tuple(one.comment.id for one in batch.comments)


def _followed(token: str, followed: set[str]) -> str:
    if token in followed:
        raise BadReply("the listing leads in a circle")
    followed.add(token)
    return token
