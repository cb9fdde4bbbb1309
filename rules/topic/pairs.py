"""Words that stand side by side, held against the other threads of a site: "of the valve" tells more than "valve".

Function words are words here. A site has a million pairs: they are kept as numbers in a few long arrays, sorted, and
all pairs of a comment are looked up at once. Sorting is dear: what is new waits until it is a part of the whole.
"""

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rules.topic.texts import PRIOR, SMOOTHING, Vector, chances

_ANY = 0.05  # a pair counts as if the site had it so many times more
_WAITING = 8  # what is new is sorted in once it is one part in so many
PAIR_SIGNS = (
    "pairs: share of either",
    "pairs: weight of either",
    "pairs: others before thread",
    "pairs: chance of thread",
    "pairs: even chance of post",
    "pairs: even chance of thread",
    "pairs: thread less best other",
    "pairs: post among others",
    "pairs: thread among others",
    "pairs: best among others",
)


@dataclass(frozen=True, slots=True)
class Pairs:
    """Hold the different pairs of a text as numbers in rising order, with how often it has each."""

    codes: NDArray[np.uint64] = field(default_factory=lambda: np.zeros(0, np.uint64))
    counts: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))


NO_PAIRS = Pairs()


class PairCounts:
    """Count the pairs of texts that come one by one."""

    def __init__(self) -> None:
        self.size = 0
        self._counts: dict[int, int] = {}

    def add(self, pairs: Pairs) -> None:
        """Add those of a text."""
        self.size += int(pairs.counts.sum())
        for code, n in zip(pairs.codes.tolist(), pairs.counts.tolist(), strict=True):
            self._counts[code] = self._counts.get(code, 0) + n

    def of(self, codes: Sequence[int]) -> Vector:
        """Return how often each pair came."""
        return np.array([self._counts.get(code, 0) for code in codes], np.float64)


def pairs_of(words: Sequence[str]) -> Pairs:
    """Return the pairs of folded words that stand side by side."""
    if len(words) < 2:
        return NO_PAIRS
    crc = zlib.crc32
    hashes = np.array([crc(word.encode("utf-8", "surrogatepass")) for word in words], np.uint64)
    return Pairs(*np.unique(hashes[:-1] << np.uint64(32) | hashes[1:], return_counts=True))


class SitePairs:
    """Know which threads of a site have which pairs."""

    def __init__(self) -> None:
        # The pairs, where those who have each begin among all who have one, and how much the site has of those before.
        self._codes = np.zeros(0, np.uint64)
        self._starts = np.zeros(1, np.int64)
        self._before = np.zeros(1, np.int64)
        # Of each who has a pair: its number, how often, and how much likelier it is to use the pair.
        self._threads = np.zeros(0, np.int32)
        self._counts = np.zeros(0, np.int32)
        self._ratios: Vector = np.zeros(0)
        self._sizes: list[int] = []
        self._size = 0
        self._new: list[tuple[int, Pairs]] = []

    def add(self, at: int, pairs: Pairs) -> None:
        """Add pairs to a thread, or to a new one after the last."""
        if at == len(self._sizes):
            self._sizes.append(0)
        size = int(pairs.counts.sum())
        self._sizes[at] += size
        self._size += size
        self._new.append((at, pairs))

    def signs(
        self,
        pairs: Pairs,
        post: PairCounts,
        comments: PairCounts,
        *,
        here: int | None,
        copied: int | None,
    ) -> dict[str, float]:
        """Return the signs about a comment under `post` and after `comments`; its copy in a thread does not count."""
        self._sort()
        if len(self._codes):
            at = np.minimum(np.searchsorted(self._codes, pairs.codes), len(self._codes) - 1)
            is_known = self._codes[at] == pairs.codes
        else:
            at, is_known = np.zeros(len(pairs.codes), np.int64), np.zeros(len(pairs.codes), np.bool_)
        low = self._starts[at]
        held = np.where(is_known, self._starts[at + is_known] - low, 0)
        rarity = self._rarity(np.where(is_known, self._before[at + is_known] - self._before[at], 0))
        ends = np.cumsum(held)
        places = np.arange(ends[-1] if len(ends) else 0) + np.repeat(low - ends + held, held)
        threads, count = self._threads[places], len(self._sizes)
        others = np.asarray(np.bincount(threads, self._ratios[places], count), np.float64)
        if copied is not None:
            # The copy's pairs are taken from its thread.
            size = max(0, self._sizes[copied] - int(pairs.counts.sum())) + SMOOTHING
            is_there = np.flatnonzero(threads == copied)
            which = np.repeat(np.arange(len(held)), held)[is_there]
            counts = self._counts[places][is_there] - pairs.counts[which]
            others[copied] = float(np.log1p(np.maximum(counts, 0) / size * rarity[which]).sum())
        if here is not None:
            others = np.delete(others, here)
        codes = pairs.codes.tolist()
        of_post, of_comments = post.of(codes), comments.of(codes)
        by_post = np.log1p(of_post / (post.size + SMOOTHING) * rarity)
        by_either = np.maximum(by_post, np.log1p(of_comments / (comments.size + SMOOTHING) * rarity))
        weights = np.log((count + 1) / (held + 0.5))
        total, shared = float(weights.sum()), float(weights[by_either > 0].sum())
        mine, mine_with_comments, length = float(by_post.sum()), float(by_either.sum()), len(codes) + 2
        even = math.sqrt(length)
        mean, most = float(others.sum()) / len(others), float(others.max())
        spread = math.sqrt(max(0.0, float(np.dot(others, others)) / len(others) - mean * mean)) + 1.0
        values = (
            shared / (total or 1.0),
            math.log1p(shared),
            math.log1p(99 * np.count_nonzero(others > mine_with_comments) / len(others)),
            *chances(others, mine_with_comments),
            *chances(others / even, mine / even, mine_with_comments / even),
            (mine_with_comments - most) / length,
            (mine - mean) / spread,
            (mine_with_comments - mean) / spread,
            (most - mean) / spread,
        )
        return dict(zip(PAIR_SIGNS, values, strict=True))

    def _rarity(self, counts: NDArray[np.int64]) -> Vector:
        """Return how rare pairs are that the site has so many times."""
        return np.asarray((self._size + PRIOR) / (counts + _ANY), np.float64)

    def _sort(self) -> None:
        """Sort in what has come since, once it is enough."""
        if not self._new or _WAITING * sum(len(pairs.codes) for _, pairs in self._new) < len(self._counts):
            return
        new = np.concatenate([pairs.codes for _, pairs in self._new])
        codes = np.concatenate([np.repeat(self._codes, np.diff(self._starts)), new])
        whose = [np.full(len(pairs.codes), at, np.int32) for at, pairs in self._new]
        threads = np.concatenate([self._threads, *whose])
        counts = np.concatenate([self._counts, *(pairs.counts.astype(np.int32) for _, pairs in self._new)])
        self._new.clear()
        if not len(codes):
            return
        order = np.lexsort((threads, codes))
        codes, threads = codes[order], threads[order]
        # A thread that has a pair in several texts is kept once.
        is_other = codes[1:] != codes[:-1]
        first = np.flatnonzero(np.append(True, is_other | (threads[1:] != threads[:-1])))
        codes, self._threads = codes[first], threads[first]
        self._counts = np.add.reduceat(counts[order], first)
        starts = np.flatnonzero(np.append(True, codes[1:] != codes[:-1]))
        self._codes, self._starts = codes[starts], np.append(starts, len(codes))
        of_each = np.add.reduceat(self._counts, starts, dtype=np.int64)
        self._before = np.append(0, np.cumsum(of_each))
        rarity = np.repeat(self._rarity(of_each), np.diff(self._starts))
        sizes = np.array(self._sizes, np.float64) + SMOOTHING
        self._ratios = np.log1p(self._counts / sizes[self._threads] * rarity)
