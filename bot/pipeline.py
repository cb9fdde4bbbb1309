"""A page of comments, from the platform to the outbox, in one transaction.

What the store holds after a page depends on what was seen, not on how often or how it was cut into pages: a page that
is taken twice changes nothing, and one that fails leaves nothing.
"""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from adapters.base import Page, Sighting
from adapters.thread import Thread
from bot.config import Config
from bot.elsewhere import Asked, open_outside
from bot.limits import time_limit
from bot.store.database import Store
from bot.store.findings import EVERY_RULE, Judged, Ledger, Reason, left_out
from bot.store.forgetting import mark_forgotten
from bot.store.sites import keep_site, lock_site, move_cursor, site_number
from bot.store.threads import (
    Kept,
    Place,
    StoredThread,
    erase_comments,
    keep_comments,
    keep_posts,
    load_thread,
    unseen_posts,
)
from bot.store.types import storable
from rules.elsewhere import Elsewhere
from rules.engine import Engine, Outcome
from rules.finding import NotEvaluated
from rules.registry import all_rules
from rules.rule import Context, Rule

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

    `elsewhere` gives what is known outside a thread; without it that is the configuration's archive. It is asked within
    the transaction, so it must not wait for a network. The archive is a file of its own, and is to be fed once `take`
    has returned.
    """

    def __init__(
        self,
        store: Store,
        config: Config,
        *,
        rules: Iterable[Rule] | None = None,
        elsewhere: Callable[[Thread], Elsewhere] | None = None,
    ) -> None:
        self._store, self._config, self._elsewhere = store, config, elsewhere or archived(config)
        self._rules = tuple(all_rules() if rules is None else rules)

    def unseen(self, site: str, page: Page) -> set[str]:
        """Return the ids of posts that a page's comments answer and nobody has the words of: ask the platform."""
        named = {sighting.post_id for sighting in page.comments} - {post.id for post in page.posts}
        with self._store.read() as connection:
            return unseen_posts(connection, site_number(connection, site), named)

    def take(self, site: str, page: Page, *, now: datetime) -> Taken:
        """Keep a page, run the rules where it changed something, and move the cursor; all of it or nothing.

        Raises CursorMoved where the cursor no longer stands at `page.after`, StoreError where the database fails.
        """
        with self._store.write() as connection:
            number = keep_site(connection, site, now=now)
            # First of all, for it locks the site.
            move_cursor(connection, number, after=page.after, to=page.cursor, now=now)
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
        self._judge_touched(connection, site, ledger, kept)
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
            self._judge_touched(connection, site, ledger, kept)
            return forgotten

    def _judge_touched(self, connection: Connection, site: str, ledger: Ledger, kept: Kept) -> None:
        for post, place in sorted(kept.touched.items()):
            self._judge(ledger, load_thread(connection, site, post), place, kept.edited_ids)

    def _judge(self, ledger: Ledger, stored: StoredThread, place: Place, edited: set[str]) -> None:
        """Run the rules over a thread from a place on: a later comment may have been about what changed there."""
        first = next((index for index, at in enumerate(stored.places) if at >= place), len(stored.places))
        if first == len(stored.places):
            return
        numbers = stored.numbers[first:]
        kept = ledger.kept(numbers)
        judged: list[Judged] = []
        gone: dict[int, Reason] = {}
        context: Context | None = None
        with time_limit(self._config.check.rule_seconds) as limit:
            engine = Engine(self._rules, self._config.rules, limit=limit)
            try:
                context, outcomes = engine.evaluate(
                    stored.thread, elsewhere=self._elsewhere(stored.thread), first=first
                )
                for comment_number, said in zip(numbers, outcomes, strict=True):
                    judged.append(_judged(comment_number, said))
            except Exception as error:  # noqa: BLE001  # a thread that cannot be judged must not hold up its site
                reason = f"{type(error).__name__}: {error}"
                for number, comment in list(zip(numbers, stored.thread.comments[first:], strict=True))[len(judged) :]:
                    aside = NotEvaluated(rule=EVERY_RULE, comment_id=comment.id, reason=reason)
                    judged.append(Judged(number, comment.id, [], [], [aside]))
            for one in judged:
                is_edited = one.comment_id in edited
                for row in left_out(kept[one.number], one):
                    gone[row.id] = _why_gone(context, one.comment_id, row.excerpt, limit) if is_edited else "changed"
        ledger.settle(judged, kept, gone)


def archived(config: Config) -> Callable[[Thread], Elsewhere]:
    """Return what gives, for a thread, what the configuration's archive knows."""
    asked = Asked(config.archive.path)
    return lambda thread: open_outside(asked, thread).elsewhere


def _judged(number: int, said: Outcome) -> Judged:
    return Judged(number, said.comment.id, said.findings, said.quiet, said.not_evaluated)


def _why_gone(
    context: Context | None, id: str, excerpt: str, limit: Callable[[], AbstractContextManager[object]]
) -> Reason:
    entry = context.view.comment(id) if context else None
    if context is None or entry is None:
        return "changed"
    try:
        with limit():
            at = entry.document.text.find(excerpt)
            passages = context.passages(entry)
    except Exception:  # noqa: BLE001  # the rules have told of it
        return "changed"
    if at == -1:
        return "removed"
    end = at + len(excerpt)
    is_credited = any(one.start < end and at < one.end and one.verdict == "attributed" for one in passages)
    return "credited" if is_credited else "changed"
