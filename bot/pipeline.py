"""A page of comments, from the platform to the outbox, in one transaction.

What the store holds after a page depends on what was seen, not on how often or how it was cut into pages: a page that
is taken twice changes nothing, and one that fails leaves nothing.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from adapters.base import Page, Sighting
from bot.judging import EVERY_RULE, Case, Gone, Judged, Judges, Open
from bot.store.budget import within_budget
from bot.store.database import Store
from bot.store.findings import Ledger
from bot.store.forgetting import mark_forgotten
from bot.store.sites import keep_site, lock_site, move_cursor, site_number, watched_from
from bot.store.threads import (
    START,
    Kept,
    Place,
    StoredThread,
    erase_comments,
    keep_comments,
    keep_posts,
    load_thread,
    threads_since,
    unseen_posts,
)
from bot.store.types import storable
from bot.store.unarchived import note_texts

# What adapters call a comment that its author or a moderator has taken away; its words are not for keeping.
GONE = frozenset({"deleted", "removed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """Count what a page brought and what became of it."""

    new: int
    edited: int
    unchanged: int
    deleted: int
    found: int
    resolved: int
    not_evaluated: int


class Pipeline:
    """Take pages of comments into a store.

    `judges` are asked within the transaction, so they must not wait for a network. With `feeds_archive` it is noted
    what the archive, a file of its own, has to be told; see bot/store/unarchived.py.
    `shares` are those of bot/budget.py.
    """

    def __init__(
        self, store: Store, judges: Judges, *, feeds_archive: bool = False, shares: Mapping[str, float] | None = None
    ) -> None:
        self._store, self._judges, self._feeds_archive = store, judges, feeds_archive
        self._shares = shares or {}

    def unseen(self, site: str, page: Page) -> set[str]:
        """Return the ids of posts that a page's comments answer and nobody has the words of: ask the platform."""
        named = {sighting.post_id for sighting in page.comments} - {post.id for post in page.posts}
        if not named:
            return named
        with self._store.read() as connection:
            return unseen_posts(connection, site_number(connection, site), named)

    def take(self, site: str, page: Page, *, now: datetime, pages: int | None = None) -> Taken:
        """Keep a page, run the rules where it changed something, and move the cursor; all of it or nothing.

        Raises CursorMoved where the cursor no longer stands at `page.after`, or where the site has had other than
        `pages` pages before; StoreError where the database fails.
        """
        with self._store.write() as connection:
            number = keep_site(connection, site, now=now)
            # First of all, for it locks the site.
            move_cursor(connection, number, after=page.after, to=page.cursor, now=now, pages=pages)
            return self._take(connection, site, number, page, now)

    def _take(self, connection: Connection, site: str, number: int, page: Page, now: datetime) -> Taken:
        gone: dict[str, str | None] = dict.fromkeys(map(storable, page.deleted))
        here: list[Sighting] = []
        for sighting in page.comments:
            id, status = storable(sighting.comment.id), sighting.comment.status
            if status in GONE or id in gone:
                gone[id] = status
            else:
                here.append(sighting)
        kept = Kept()
        posts = keep_posts(connection, number, page.posts, {seen.post_id for seen in here}, kept, now=now)
        keep_comments(connection, number, here, posts, kept, now=now)
        erased = erase_comments(connection, number, gone, kept, now=now)
        ledger = Ledger(connection, number, now=now)
        ledger.erase(erased, gone)
        ledger.set_aside({id: {EVERY_RULE: reason} for id, reason in kept.aside.items()})
        self._judge_touched(connection, site, number, ledger, kept)
        self._note_texts(connection, kept)
        settled = ledger.settled
        return Taken(
            new=kept.new,
            edited=kept.edited,
            unchanged=kept.unchanged,
            deleted=kept.deleted,
            found=settled.found,
            resolved=settled.resolved,
            not_evaluated=settled.not_evaluated,
        )

    def forget(self, site: str, ids: Iterable[str], *, now: datetime) -> int:
        """Erase comments for good, whatever the platform shows later; return how many were known.

        Their places stay, without hash, name or words, so that the next poll does not bring them back.
        """
        with self._store.write() as connection:
            number = site_number(connection, site)
            if number is None:
                return 0
            lock_site(connection, number)
            kept = Kept()
            gone: dict[str, str | None] = dict.fromkeys(map(storable, ids))
            ledger = Ledger(connection, number, now=now)
            ledger.erase(erase_comments(connection, number, gone, kept, now=now), gone)
            forgotten = mark_forgotten(connection, number, gone)
            self._judge_touched(connection, site, number, ledger, kept)
            self._note_texts(connection, kept)
            return forgotten

    def judge_again(self, site: str, *, since: datetime, now: datetime) -> int:
        """Run the rules over the stored comments posted since then, thread by thread; return what they found anew."""
        found = 0
        with self._store.read() as connection:
            number = site_number(connection, site)
            if number is None:
                return 0
            posts = threads_since(connection, number, since=since)
        for post in posts:
            with self._store.write() as connection:
                lock_site(connection, number)
                ledger, kept = Ledger(connection, number, now=now), Kept()
                kept.touch(post, (since, 0, ""))
                self._judge_touched(connection, site, number, ledger, kept)
                found += ledger.settled.found
        return found

    def _note_texts(self, connection: Connection, kept: Kept) -> None:
        if self._feeds_archive:
            note_texts(connection, kept.texts)

    def _judge_touched(self, connection: Connection, site: str, number: int, ledger: Ledger, kept: Kept) -> None:
        """Run the rules over threads, each from a place on: a later comment may have been about what changed there."""
        if not kept.touched:
            return
        since = watched_from(connection, number)
        earliest: Place = START if since is None else (since, 0, "")
        stored: list[tuple[StoredThread, int]] = []
        for post, place in sorted(kept.touched.items()):
            thread = load_thread(connection, site, post)
            first = next((at for at, its in enumerate(thread.places) if its >= max(place, earliest)), None)
            if first is not None:
                stored.append((thread, first))
        known = ledger.kept([number for thread, first in stored for number in thread.numbers[first:]])
        cases = [_case(thread, first, known, kept.edited_ids) for thread, first in stored]
        judged: dict[int, Judged] = {}
        gone: dict[int, Gone] = {}
        for (thread, first), judgement in zip(stored, self._judges.judge(cases), strict=True):
            judged |= zip(thread.numbers[first:], judgement.judged, strict=True)
            gone |= judgement.gone
        ledger.settle(within_budget(connection, number, self._shares, judged, known), known, gone)


def _case(stored: StoredThread, first: int, known: Mapping[int, Sequence[Row[Any]]], edited: Set[str]) -> Case:
    comments = zip(stored.numbers[first:], stored.thread.comments[first:], strict=True)
    open = {comment.id: _open(known[number]) for number, comment in comments if known[number]}
    return Case(thread=stored.thread, first=first, open=open, edited=frozenset(edited & open.keys()))


def _open(rows: Sequence[Row[Any]]) -> list[Open]:
    return [Open(row.id, row.key, row.rule, row.excerpt) for row in rows if row.resolved_at is None]
