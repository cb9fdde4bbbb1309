"""Words with their places: what matching, topic and residue all count in."""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise

# The words in a run that matching looks up: four are rare enough to seed a copy, and every ten-word quote with two
# changes still has a run of them.
SEED = 4

# Scripts written without spaces: each character is taken for a word.
_IDEOGRAPHS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_JOINED = "'’\u00ad\u200b\u200c\u200d\u2060\ufeff"
_WORD = re.compile(rf"[^\W_]+(?:[{_JOINED}]+[^\W_]+)*")
_SPLIT_WORD = re.compile(
    rf"[{_IDEOGRAPHS}]|(?:(?![{_IDEOGRAPHS}])[^\W_])+(?:[{_JOINED}]+(?:(?![{_IDEOGRAPHS}])[^\W_])+)*"
)
_HAS_IDEOGRAPH = re.compile(f"[{_IDEOGRAPHS}]")
_DROPPED = str.maketrans({"’": "'", "\u00ad": "", "\u200b": "", "\u200c": "", "\u200d": "", "\u2060": "", "\ufeff": ""})


class Words:
    """Hold the words of a text, folded; where each starts and ends in it is worked out when first asked for."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._pattern = _SPLIT_WORD if not text.isascii() and _HAS_IDEOGRAPH.search(text) else _WORD
        if text.isascii():
            self.folded: Sequence[str] = self._pattern.findall(text.lower())
        else:
            self.folded = [word.lower() if word.isascii() else fold(word) for word in self._pattern.findall(text)]

    def __len__(self) -> int:
        return len(self.folded)

    @cached_property
    def spans(self) -> Sequence[tuple[int, int]]:
        """Where each word starts and ends in the text."""
        return list(map(re.Match.span, self._pattern.finditer(self._text)))

    def start(self, index: int) -> int:
        """Return the offset of a word in the text."""
        return self.spans[index][0]

    def end(self, index: int) -> int:
        """Return the offset after a word in the text."""
        return self.spans[index][1]

    def within(self, start: int, end: int) -> range:
        """Return the indices of the words that lie inside a span of the text."""
        first, stop = bisect_left(self.spans, (start, 0)), bisect_left(self.spans, (end, 0))
        return range(first, stop - (stop > first and self.end(stop - 1) > end))

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """The different words."""
        return frozenset(self.folded)

    def find(self, words: Sequence[str]) -> int | None:
        """Return where two or three words first follow each other, if they do."""
        places = [self._pairs.get(pair) for pair in pairwise(words)]
        if not places or None in places:
            return None
        at = places[0]
        return at if at is not None and list(self.folded[at : at + len(words)]) == list(words) else None

    @cached_property
    def _pairs(self) -> dict[tuple[str, str], int]:
        return {pair: at for at, pair in reversed(list(enumerate(pairwise(self.folded))))}

    @cached_property
    def fingerprints(self) -> Sequence[int]:
        """A hash of each run of SEED words, by the index of its first; alike within one process only."""
        return [hash(gram) for gram in zip(*(self.folded[shift:] for shift in range(SEED)), strict=False)]


def fold(word: str) -> str:
    """Return a word as matching compares it: no case, one apostrophe, compatibility forms and accents' order alike."""
    return unicodedata.normalize("NFKC", word.translate(_DROPPED)).casefold()
