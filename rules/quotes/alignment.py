"""Runs of words that two texts share, and how they were changed on the way.

Seed and extend: every run of four words of the earlier texts is indexed; a run of the later text that is indexed is
extended word by word; runs of one source that follow each other closely are joined across small edits and cuts.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import compress
from operator import ne

from rules.words import SEED, Words

# Only the earliest holders of a run count: a source is the first to have said it, and hostile repetition stays cheap.
_MAX_HOLDERS = 12
# Words that may stand between two runs of one copy: changed ones in the copy, cut ones in the source.
_GAP_IN_COPY = 3
_GAP_IN_SOURCE = 6
# Words that a cut marked with an ellipsis may leave out.
_MARKED_CUT = 60
# The words of a passage's end that may be looked for around the copy found.
_LOOSE_END = 8
# Comparing word by word costs as many steps as pairs of equal words; plain text of a thousand words has some 10,000.
_MAX_PAIRS = 40_000
_PIECE = 200
_REACH_IN_SOURCE = 20
# Fewer words that stand elsewhere too are chance.
_MIN_TAKEN = 8
# Lists are compared so many words at a time, in C.
_STRIDE = 16
_SHIFT = 24
_MASK = (1 << _SHIFT) - 1


@dataclass(frozen=True, slots=True)
class Copy:
    """Hold a stretch of words that stands in an earlier text; all four are word indices, `matched` counts equal words.

    `runs` are the equal stretches that it is joined from: start, start in the source, and length of each.
    """

    start: int
    end: int
    holder: int
    source_start: int
    source_end: int
    matched: int
    runs: tuple[tuple[int, int, int], ...] = ()

    @property
    def similarity(self) -> float:
        """The share of the words that are equal, of the longer side."""
        return round(self.matched / max(self.end - self.start, self.source_end - self.source_start), 3)


class RunIndex:
    """Keep the runs of SEED words of the texts given so far, numbered in the order of `add`."""

    def __init__(self) -> None:
        self.texts: list[Words] = []
        self._taken: list[list[int]] = []  # of each text where the words that it has from others end
        self._first: dict[int, int] = {}  # most runs have one holder only
        self._more: dict[int, list[int]] = {}

    def add(self, text: Words, copies: Sequence[Copy] = ()) -> None:
        """Append a text; what it has from others (`copies`, in order) is theirs and is not looked for in it again."""
        keys = text.fingerprints
        base = len(self.texts) << _SHIFT
        self.texts.append(text)
        self._taken.append([copy.end for copy in copies if copy.matched >= _MIN_TAKEN])
        at = 0
        for copy in copies:
            self._add(keys[at : copy.start], base + at)
            at = max(at, copy.end - SEED + 1)
        self._add(keys[at:], base + at)

    def _add(self, keys: Sequence[int], base: int) -> None:
        postings = range(base, base + len(keys))
        held = list(map(self._first.setdefault, keys, postings))
        for key, posting in compress(zip(keys, postings, strict=True), map(ne, held, postings)):
            more = self._more.setdefault(key, [])
            if len(more) < _MAX_HOLDERS:
                more.append(posting)

    def copies(
        self, text: Words, *, last: Set[int] = frozenset(), is_cut: Callable[[int], bool] = lambda place: False
    ) -> list[Copy]:
        """Find the runs of SEED or more words that stand in an added text, from left to right.

        Where several hold a run the longest wins, of equally long ones the earliest; the texts numbered in `last` give
        way to all others. `is_cut` tells whether the text marks a cut with an ellipsis right before a word.
        """
        keys = text.fingerprints
        runs: list[_Run] = []
        hits = list(compress(range(len(keys)), map(self._first.__contains__, keys)))
        at = 0
        while at < len(hits):
            run = self._longest(text.folded, hits[at], keys[hits[at]], last)
            if run is None:
                at += 1
            else:
                runs.append(self._reaching_back(text.folded, run, runs))
                at = bisect_left(hits, run[0] + run[2], at)
        return _joined(runs, is_cut)

    def _longest(self, folded: Sequence[str], place: int, key: int, last: Set[int]) -> "_Run | None":
        best, rank = None, (SEED - 1, True, 0, 0)
        for posting in (self._first[key], *self._more.get(key, ())):
            holder, source = posting >> _SHIFT, posting & _MASK
            length = _alike(folded, place, self.texts[holder].folded, source)
            if (found := (length, holder not in last, -holder, source)) > rank and length >= SEED:
                best, rank = (place, source, length, holder), found
        return best

    def _reaching_back(self, folded: Sequence[str], run: "_Run", runs: "list[_Run]") -> "_Run":
        """Give a run the words before it that shorter runs, which chance found first, have taken from it.

        It takes no more than it has, so that all the steps back together are no more than the words, and nothing that
        its source has from others.
        """
        place, source, length, holder = run
        other, taken, back = self.texts[holder].folded, self._taken[holder], 0
        nearest = bisect_left(taken, source + SEED) - 1
        reach = min(length, place, source - taken[nearest] if nearest >= 0 else source)
        while back < reach and folded[place - back - 1] == other[source - back - 1]:
            back += 1
        while runs and runs[-1][0] + runs[-1][2] > place - back:
            start, at, size, whose = runs.pop()
            if size >= min(length, _MIN_TAKEN):
                runs.append((start, at, size, whose))
                back = place - start - size
            elif (kept := place - back - start) >= SEED:
                runs.append((start, at, kept, whose))
        return place - back, source - back, length + back, holder


# Equal words: start, start in the source, how many, number of the source.
_Run = tuple[int, int, int, int]


def _alike(one: Sequence[str], at: int, other: Sequence[str], start: int) -> int:
    """Count the words from two places on that are equal, stride by stride."""
    length = 0
    while True:
        here, there = one[at + length : at + length + _STRIDE], other[start + length : start + length + _STRIDE]
        if here != there or not here:
            break
        length += len(here)
    for word, counterpart in zip(here, there, strict=False):
        if word != counterpart:
            break
        length += 1
    return length


def _joined(runs: Sequence[_Run], is_cut: Callable[[int], bool]) -> list[Copy]:
    groups: list[list[_Run]] = []
    for run in runs:
        if groups and _goes_on(groups[-1][-1], run, is_cut):
            groups[-1].append(run)
        else:
            groups.append([run])
    return [
        Copy(
            group[0][0],
            group[-1][0] + group[-1][2],
            group[0][3],
            group[0][1],
            group[-1][1] + group[-1][2],
            sum(length for _, _, length, _ in group),
            tuple(run[:3] for run in group),
        )
        for group in groups
    ]


def _goes_on(before: _Run, run: _Run, is_cut: Callable[[int], bool]) -> bool:
    if before[3] != run[3]:
        return False
    gap, cut = run[0] - before[0] - before[2], run[1] - before[1] - before[2]
    if gap > _GAP_IN_COPY or not -1 <= cut <= _MARKED_CUT:
        return False
    return cut <= _GAP_IN_SOURCE or is_cut(run[0])


def extended(copy: Copy, text: Words, source: Words, first: int, last: int) -> Copy:
    """Stretch a copy to the ends of a marked passage, words `first` to `last`, where its source goes on alike.

    A changed word near an end leaves too short a run to be found by itself.
    """
    start, source_start, source_end, matched = copy.start, copy.source_start, copy.source_end, copy.matched
    lead, tail = copy.start - first, last - copy.end
    if 0 < lead <= _LOOSE_END:
        window = max(0, source_start - lead - _GAP_IN_COPY)
        blocks = _matching(source.folded[window:source_start], text.folded[first : copy.start])
        if sum(size for *_, size in blocks) * 2 >= lead:
            start, source_start = first, window + blocks[0][0]
            matched += sum(size for *_, size in blocks)
    end = copy.end
    if 0 < tail <= _LOOSE_END:
        window = min(len(source), source_end + tail + _GAP_IN_COPY)
        blocks = _matching(source.folded[source_end:window], text.folded[copy.end : last])
        if sum(size for *_, size in blocks) * 2 >= tail:
            end, source_end = last, source_end + blocks[-1][0] + blocks[-1][2]
            matched += sum(size for *_, size in blocks)
    return Copy(start, end, copy.holder, source_start, source_end, matched)


def _matching(source: Sequence[str], copy: Sequence[str]) -> list[tuple[int, int, int]]:
    matcher = SequenceMatcher(None, source, copy, autojunk=False)
    return [(block.a, block.b, block.size) for block in matcher.get_matching_blocks() if block.size]


def differences(copy: Sequence[str], source: Sequence[str]) -> list[tuple[int, int, int, int]]:
    """Return where a copy differs from its source: start and end in the source, start and end in the copy each.

    Where words recur so often that comparing all with all would take too long, it is done piece by piece, and of a
    source much longer than the copy only the ends are compared.
    """
    reach, left_out = _REACH_IN_SOURCE * (len(copy) + 10), 0
    if len(source) > 2 * reach:
        left_out = len(source) - 2 * reach
        source = [*source[:reach], *source[-reach:]]
    found = _differences(copy, source)
    return [(a + left_out * (a > reach), b + left_out * (b > reach), c, d) for a, b, c, d in found]


def _differences(copy: Sequence[str], source: Sequence[str]) -> list[tuple[int, int, int, int]]:
    counts = Counter(source)
    if sum(counts[word] for word in copy) <= _MAX_PAIRS:
        return _unequal(copy, source, 0, 0)
    changes: list[tuple[int, int, int, int]] = []
    at = source_at = 0
    while at < len(copy) or source_at < len(source):
        own, other = copy[at : at + _PIECE], source[source_at : source_at + _PIECE]
        blocks = _matching(other, own)
        if blocks and (at + _PIECE < len(copy) or source_at + _PIECE < len(source)):
            # What comes after the last equal words may be equal to words of the next piece.
            source_end, end = blocks[-1][0] + blocks[-1][2], blocks[-1][1] + blocks[-1][2]
            own, other = own[:end], other[:source_end]
        changes += _unequal(own, other, at, source_at)
        at, source_at = at + len(own), source_at + len(other)
    return changes


def _unequal(copy: Sequence[str], source: Sequence[str], at: int, source_at: int) -> list[tuple[int, int, int, int]]:
    matcher = SequenceMatcher(None, source, copy, autojunk=False)
    return [
        (source_at + a, source_at + b, at + c, at + d) for tag, a, b, c, d in matcher.get_opcodes() if tag != "equal"
    ]
