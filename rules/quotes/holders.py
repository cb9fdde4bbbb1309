"""Which texts hold runs of a comment's words: the choice among those that an index names, and their order.

An index says which texts have which of the comment's fingerprints. Fingerprints that lie close together in the comment
and are of one text make a cluster; rare ones weigh more. The heaviest clusters of every part of the comment are kept,
their texts are read and the words compared. The earliest of equal holders comes first; one that only quotes the words
gives way to whoever wrote them.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rules.quotes.fingerprints import GRAM
from rules.words import Words

# Fingerprints of one text that stand further apart in the comment are two passages.
_GAP = 10
# So many texts are read for one comment, and so many for one of its words.
_MAX_READ = 20
_MAX_ALIKE = 4
# A cluster that weighs less than this share of another in its place is chance.
_MIN_WEIGHT = 0.5
# The longer a comment, the more runs of it others share by chance. Twelve equal words in runs of four or more, which
# is what the analysis takes for a copy from the archive, have six runs of three at least.
_PER_RUN = 10
_LEAST_RUNS = 6
_LOOSE_END = 3
# So many words of a long copy tell which holder is the likeliest.
_COMPARED = 1000
# How far an edit may shift the words of one copy.
_DRIFT = 12
_MAX_HOLDERS = 12


@dataclass(frozen=True, slots=True)
class Cluster:
    """Hold the fingerprints `first` to `last` of the comment, some of which a text has."""

    text: int
    first: int
    last: int


@dataclass(frozen=True)
class Candidate:
    """Hold a text that may be a source; `quoted` are its words in marks or blocks, `rank` orders by age."""

    text: str
    quoted: Sequence[tuple[int, int]]
    rank: tuple[float, int]

    @cached_property
    def words(self) -> Words:
        """Its words."""
        return Words(self.text)


def likely_clusters(
    places: NDArray[np.int64], texts: NDArray[np.int64], *, count: int, total: int
) -> Sequence[Cluster]:
    """Return the clusters worth reading, heaviest first.

    `places` and `texts` say pairwise which of the comment's `count` fingerprints stands in which of `total` texts.
    """
    if not len(places):
        return ()
    weights = np.log2(1 + total / np.maximum(np.bincount(places, minlength=count), 1))
    texts, places = np.divmod(np.sort(texts * count + places), count)
    is_first = np.ones(len(places), bool)
    is_first[1:] = (texts[1:] != texts[:-1]) | (places[1:] - places[:-1] > _GAP)
    starts = np.flatnonzero(is_first)
    sizes = np.append(starts[1:], len(places)) - starts
    sums = np.add.reduceat(weights[places], starts)
    # What weighs little beside another text's cluster of the same words is chance; so is a short one in a long text.
    best = np.zeros(count)
    np.maximum.at(best, places, np.repeat(sums, sizes))
    least = _least_runs(count)
    kept = np.flatnonzero((sums >= _MIN_WEIGHT * np.maximum.reduceat(best[places], starts)) & (sizes >= least))
    # A single run of three words is all that is left of some short quotations.
    if len(kept) and sizes[kept].max() > 2:
        kept = kept[sizes[kept] > 1]
    kept = kept[np.lexsort((texts[starts[kept]], -sums[kept]))][: _MAX_READ * 16]
    chosen: list[Cluster] = []
    alike = [0] * count
    begins, ends = starts[kept], starts[kept] + sizes[kept] - 1
    for text, first, last in zip(texts[begins].tolist(), places[begins].tolist(), places[ends].tolist(), strict=True):
        here = range(first, last + 1)
        if sum(alike[place] for place in here) >= _MAX_ALIKE * len(here):
            continue
        for place in here:
            alike[place] += 1
        chosen.append(Cluster(text, first, last))
        if len(chosen) == _MAX_READ:
            break
    return chosen


@dataclass(frozen=True, slots=True)
class _Held:
    text: int
    start: int
    end: int
    matched: int
    is_quoted: bool
    rank: tuple[float, int]

    @property
    def order(self) -> tuple[int, bool, tuple[float, int]]:
        return -self.matched, self.is_quoted, self.rank


def likeliest(words: Words, clusters: Sequence[Cluster], candidates: dict[int, Candidate]) -> list[int]:
    """Return the texts that hold words of the comment, likeliest first, one for each part of it before any second."""
    if len(clusters) == 1:
        return list(candidates)
    where: dict[tuple[str, ...], int] = {}
    for place, gram in enumerate(_grams(words.folded)):
        where.setdefault(gram, place)
    pairs = {text: _pairs(candidate.words.folded, where) for text, candidate in candidates.items()}
    held = [
        _held(words.folded, cluster, candidates[cluster.text], pairs[cluster.text])
        for cluster in clusters
        if cluster.text in candidates
    ]
    first: dict[int, None] = {}
    second: dict[int, None] = {}
    covered = np.zeros(len(words) + 1, bool)
    least = _least_runs(len(words)) + GRAM - 1
    for one in sorted((one for one in held if one.matched >= least), key=lambda one: one.order):
        is_new = not covered[one.start : one.end].mean() > 0.5
        (first if is_new else second)[one.text] = None
        covered[one.start : one.end] = True
    return [*first, *(text for text in second if text not in first)][:_MAX_HOLDERS]


def _least_runs(count: int) -> int:
    return min(max(1, count // _PER_RUN), _LEAST_RUNS)


def _grams(folded: Sequence[str]) -> Iterator[tuple[str, ...]]:
    return zip(*(folded[shift:] for shift in range(GRAM)), strict=False)


def _pairs(folded: Sequence[str], where: dict[tuple[str, ...], int]) -> list[tuple[int, int]]:
    return [(where[gram], place) for place, gram in enumerate(_grams(folded)) if gram in where]


def _held(folded: Sequence[str], cluster: Cluster, candidate: Candidate, pairs: list[tuple[int, int]]) -> _Held:
    """Count the words that the text shares with a cluster's part of the comment, in order, around one diagonal."""
    start, end = max(0, cluster.first - _LOOSE_END), min(len(folded), cluster.last + GRAM + _LOOSE_END)
    last = min(cluster.last, cluster.first + _COMPARED)
    inside = [(own, other) for own, other in pairs if cluster.first <= own <= last]
    if not inside:  # the fingerprints met by chance
        return _Held(cluster.text, start, end, 0, False, candidate.rank)
    diagonals = Counter(other - own for own, other in inside)
    main = max(diagonals, key=lambda diagonal: (diagonals[diagonal], -diagonal))
    near = [other for own, other in inside if abs(other - own - main) <= _DRIFT]
    low, high = min(near), max(near) + GRAM
    source = candidate.words.folded[max(0, low - _LOOSE_END) : high + _LOOSE_END]
    matched = _common(folded[start : last + GRAM + _LOOSE_END], source)
    is_quoted = any(begin <= low and high <= stop for begin, stop in candidate.quoted)
    return _Held(cluster.text, start, end, matched, is_quoted, candidate.rank)


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """Return the length of the longest common subsequence, bit by bit in parallel (Hyyrö 2004)."""
    masks: dict[str, int] = {}
    for place, word in enumerate(one):
        masks[word] = masks.get(word, 0) | 1 << place
    full = (1 << len(one)) - 1
    row = full
    for word in other:
        if mask := masks.get(word):
            both = row & mask
            row = (row + both | row - both) & full
    return len(one) - row.bit_count()
