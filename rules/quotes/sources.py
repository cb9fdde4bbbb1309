"""Where a comment's words stood before: in the post or in an earlier comment of the thread."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import partial

from rules.finding import Source
from rules.quotes.alignment import Copy, RunIndex, extended
from rules.view import Entry, ThreadView
from rules.words import Words

_ELLIPSIS = re.compile(r"\.\.+|…|\. \. \.")


class ThreadSources:
    """Index a thread as it is read, so that each entry is searched against those before it."""

    def __init__(self, view: ThreadView) -> None:
        self._view = view
        self._index = RunIndex()
        self._own: dict[str, set[int]] = {}
        self._copies: dict[int, Sequence[Copy]] = {}

    def copies(self, entry: Entry) -> Sequence[Copy]:
        """Find what an entry repeats of those before it; its author's own words only where nobody else has them."""
        for earlier in self._view.entries[len(self._index.texts) : entry.number]:
            self._index.add(earlier.words, self._copies.pop(earlier.number, ()))
            if earlier.author:
                self._own.setdefault(earlier.author.strip().casefold(), set()).add(earlier.number)
        own = self._own.get(entry.author.strip().casefold(), set()) if entry.author else set()
        found = self._copies[entry.number] = self._index.copies(entry.words, last=own, is_cut=partial(_is_cut, entry))
        return found

    def answered(self, entry: Entry) -> Entry:
        """Return what an entry answers: its parent, else the comment before it, else the post."""
        return self._view.parent(entry) or self._view.entries[self._view.before[entry.number]]

    @property
    def texts(self) -> Sequence[Words]:
        """The words of the entries indexed so far, by their numbers."""
        return self._index.texts

    def source(self, copy: Copy) -> Source:
        """Describe the place a copy is from; similarity is the share of its words that are equal."""
        holder = self._view.entries[copy.holder]
        return Source(
            kind="post" if holder.is_post else "comment",
            id=holder.id,
            author=holder.author,
            url=holder.content.url,
            start=holder.words.start(copy.source_start),
            end=holder.words.end(copy.source_end - 1),
            similarity=copy.similarity,
        )

    def holder(self, copy: Copy) -> Entry:
        """Return the entry that a copy is from."""
        return self._view.entries[copy.holder]


def copy_of(words: Words, part: range, copies: Sequence[Copy], texts: Sequence[Words]) -> Copy | None:
    """Return what a part of a text, given by its words, has from one of the `texts`, when that is most of it."""
    copy = best_copy(copies, part.start, part.stop) if part else None
    return copy and extended(copy, words, texts[copy.holder], part.start, part.stop)


def _is_cut(entry: Entry, place: int) -> bool:
    """Tell whether an ellipsis stands right before a word."""
    between = entry.document.text[entry.words.end(place - 1) : entry.words.start(place)]
    return _ELLIPSIS.search(between) is not None


def best_copy(copies: Sequence[Copy], first: int, last: int) -> Copy | None:
    """Return what the words `first` to `last` have from one holder, when that is most of them.

    The holder of most words wins, the earliest of equals; runs of the same holder count together.
    """
    nearest = bisect_right(copies, first, key=lambda copy: copy.end)
    touching = copies[nearest : bisect_left(copies, last, nearest, key=lambda copy: copy.start)]
    if len(touching) == 1 and first <= touching[0].start and touching[0].end <= last:
        return touching[0] if touching[0].matched * 2 >= last - first else None
    shares: dict[int, list[Copy]] = {}
    for copy in touching:
        for at, source, length in copy.runs:
            start, end = max(at, first), min(at + length, last)
            if end > start:
                source_start, source_end = source + start - at, source + end - at
                shares.setdefault(copy.holder, []).append(
                    Copy(start, end, copy.holder, source_start, source_end, end - start)
                )
    if not shares:
        return None
    holder = max(shares, key=lambda number: (sum(copy.matched for copy in shares[number]), -number))
    runs = shares[holder]
    matched = sum(copy.matched for copy in runs)
    if matched * 2 < last - first:
        return None
    return Copy(
        min(copy.start for copy in runs),
        max(copy.end for copy in runs),
        holder,
        min(copy.source_start for copy in runs),
        max(copy.source_end for copy in runs),
        matched,
    )
