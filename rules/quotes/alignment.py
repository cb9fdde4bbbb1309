"""Runs of words that two texts share, and how they were changed on the way.

Seed and extend: every run of four words of the earlier texts is indexed; a run of the later text that is indexed is
extended word by word; runs of one source that follow each other closely are joined across small edits and cuts.
"""

from collections import Counter
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from difflib import SequenceMatcher

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
        self._first: dict[int, int] = {}  # most runs have one holder only
        self._more: dict[int, list[int]] = {}

    def add(self, text: Words, copies: Sequence[Copy] = ()) -> None:
        """Append a text; what it has from others (`copies`, in order) is theirs and is not looked for in it again."""
        keys = text.fingerprints
        base = len(self.texts) << _SHIFT
        self.texts.append(text)
        own, at = [], 0
        for copy in copies:
            own.append((at, copy.start))
            at = max(at, copy.end - SEED + 1)
        own.append((at, len(keys)))
        for start, end in own:
            self._add(keys[start:end], base + start)

    def _add(self, keys: Sequence[int], base: int) -> None:
        # From back to front, so that of a run that the text repeats the first stays; few texts repeat any.
        new = dict(zip(reversed(keys), range(base + len(keys) - 1, base - 1, -1), strict=True))
        again = [(key, at) for at, key in enumerate(keys, base) if new[key] != at] if len(new) < len(keys) else ()
        for key in new.keys() & self._first.keys():
            self._hold(key, new.pop(key))
        self._first.update(new)
        for key, posting in again:
            self._hold(key, posting)

    def _hold(self, key: int, posting: int) -> None:
        held = self._more.setdefault(key, [])
        if len(held) < _MAX_HOLDERS:
            held.append(posting)

    def copies(self, text: Words, *, last: Set[int] = frozenset(), cuts: Set[int] = frozenset()) -> list[Copy]:
        """Find the runs of SEED or more words that stand in an added text, from left to right.

        Where several hold a run the longest wins, of equally long ones the earliest; the texts numbered in `last` give
        way to all others. `cuts` are the words before which the text marks a cut with an ellipsis.
        """
        found: list[Copy] = []
        first, end = self._first, 0
        for place, key in enumerate(text.fingerprints):
            if key not in first or place < end:
                continue
            held = (first[key], *self._more.get(key, ()))
            best = max(self._runs(text.folded, place, held, last), default=None)
            if best is not None:
                length, _, holder, source = best
                run = place, source, length
                found.append(Copy(place, place + length, -holder, source, source + length, length, (run,)))
                end = place + length
        return _joined(found, cuts)

    def _runs(
        self, folded: Sequence[str], place: int, held: Sequence[int], last: Set[int]
    ) -> Iterator[tuple[int, bool, int, int]]:
        for posting in held:
            holder, source = posting >> _SHIFT, posting & _MASK
            other = self.texts[holder].folded
            limit = min(len(folded) - place, len(other) - source)
            length = 0
            while length < limit and folded[place + length] == other[source + length]:
                length += 1
            if length >= SEED:
                yield length, holder not in last, -holder, source


def _joined(copies: list[Copy], cuts: Set[int]) -> list[Copy]:
    groups: list[list[Copy]] = []
    for copy in copies:
        if groups and _goes_on(groups[-1][-1], copy, cuts):
            groups[-1].append(copy)
        else:
            groups.append([copy])
    return [
        Copy(
            group[0].start,
            group[-1].end,
            group[0].holder,
            group[0].source_start,
            group[-1].source_end,
            sum(copy.matched for copy in group),
            tuple(run for copy in group for run in copy.runs),
        )
        for group in groups
    ]


def _goes_on(before: Copy, copy: Copy, cuts: Set[int]) -> bool:
    gap, cut = copy.start - before.end, copy.source_start - before.source_end
    longest = _MARKED_CUT if copy.start in cuts else _GAP_IN_SOURCE
    return copy.holder == before.holder and gap <= _GAP_IN_COPY and -1 <= cut <= longest


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


def changed_words(copy: Sequence[str], source: Sequence[str]) -> list[tuple[list[str], list[str]]]:
    """Return the places where a copy differs from its source: (words of the source, words of the copy) each."""
    return [(list(source[a:b]), list(copy[c:d])) for a, b, c, d in differences(copy, source)]


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
        return _changed_words(copy, source, 0, 0)
    changes: list[tuple[int, int, int, int]] = []
    at = source_at = 0
    while at < len(copy) or source_at < len(source):
        own, other = copy[at : at + _PIECE], source[source_at : source_at + _PIECE]
        blocks = _matching(other, own)
        if blocks and (at + _PIECE < len(copy) or source_at + _PIECE < len(source)):
            # What comes after the last equal words may be equal to words of the next piece.
            source_end, end = blocks[-1][0] + blocks[-1][2], blocks[-1][1] + blocks[-1][2]
            own, other = own[:end], other[:source_end]
        changes += _changed_words(own, other, at, source_at)
        at, source_at = at + len(own), source_at + len(other)
    return changes


def _changed_words(
    copy: Sequence[str], source: Sequence[str], at: int, source_at: int
) -> list[tuple[int, int, int, int]]:
    matcher = SequenceMatcher(None, source, copy, autojunk=False)
    return [
        (source_at + a, source_at + b, at + c, at + d) for tag, a, b, c, d in matcher.get_opcodes() if tag != "equal"
    ]
