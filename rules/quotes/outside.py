"""Where a comment's words stand outside its thread: in the archive, and on the pages that it links to."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from rules.elsewhere import Elsewhere, OutsideText
from rules.finding import Source
from rules.quotes.alignment import Copy, RunIndex
from rules.view import Entry, ThreadView
from rules.words import SEED, Words

# Among very many comments chance and stock phrases repeat more words than within one thread.
_MIN_ARCHIVED = 12
_MAX_PAGES = 3


@dataclass(frozen=True, slots=True)
class OutsideSources:
    """Hold the outside texts that a comment has words of; `copies` are numbered by them."""

    texts: Sequence[OutsideText] = ()
    words: Sequence[Words] = ()
    copies: Sequence[Copy] = ()

    def source(self, copy: Copy) -> Source:
        """Describe the place a copy is from; similarity is the share of its words that are equal."""
        text, words = self.texts[copy.holder], self.words[copy.holder]
        return Source(
            kind=text.kind,
            id=text.id,
            author=text.author,
            url=text.url,
            start=words.start(copy.source_start),
            end=words.end(copy.source_end - 1),
            similarity=copy.similarity,
        )


NOWHERE = OutsideSources()


def find_outside(view: ThreadView, entry: Entry, in_thread: Sequence[Copy], elsewhere: Elsewhere) -> OutsideSources:
    """Find what an entry has from outside, but for the words that stand in its thread (`in_thread`, in order)."""
    if elsewhere.archive is None and elsewhere.pages is None:
        return NOWHERE
    if _longest_gap(in_thread, len(entry.words)) < SEED:
        return NOWHERE
    texts: list[OutsideText] = []
    if elsewhere.archive is not None:
        posted = entry.content.posted_at
        texts += [
            text
            for text in elsewhere.archive.holders(entry.words, site=view.thread.site, thread=view.thread.id)
            if posted is None or text.posted_at is None or text.posted_at <= posted
        ]
    if elsewhere.pages is not None:
        urls = dict.fromkeys(link.url for link in entry.document.links if not link.is_image)
        texts += filter(None, map(elsewhere.pages.page, islice(urls, _MAX_PAGES)))
    index = RunIndex()
    for text in texts:
        index.add(Words(text.text))
    copies = [
        copy
        for copy in index.copies(entry.words)
        if _is_apart(copy, in_thread) and (copy.matched >= _MIN_ARCHIVED or texts[copy.holder].kind == "page")
    ]
    return OutsideSources(texts, index.texts, copies)


def _is_apart(copy: Copy, others: Sequence[Copy]) -> bool:
    place = bisect_right(others, copy.start, key=lambda other: other.end)
    return place == len(others) or others[place].start >= copy.end


def _longest_gap(copies: Sequence[Copy], count: int) -> int:
    starts = [*(copy.start for copy in copies), count]
    ends = [0, *(copy.end for copy in copies)]
    return max(start - end for start, end in zip(starts, ends, strict=True))
