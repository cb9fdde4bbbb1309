"""Words with their places: what matching, topic and residue all count in."""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

# Scripts written without spaces: each character is taken for a word.
_IDEOGRAPHS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_JOINED = "'’\u00ad\u200b\u200c\u200d\u2060\ufeff"
_WORD = re.compile(rf"[^\W_]+(?:[{_JOINED}]+[^\W_]+)*")
_SPLIT_WORD = re.compile(
    rf"[{_IDEOGRAPHS}]|(?:(?![{_IDEOGRAPHS}])[^\W_])+(?:[{_JOINED}]+(?:(?![{_IDEOGRAPHS}])[^\W_])+)*"
)
_HAS_IDEOGRAPH = re.compile(f"[{_IDEOGRAPHS}]")
_DROPPED = str.maketrans({"’": "'", "\u00ad": "", "\u200b": "", "\u200c": "", "\u200d": "", "\u2060": "", "\ufeff": ""})


@dataclass(frozen=True, slots=True)
class Words:
    """Hold the words of a text, folded, and where each starts and ends in it."""

    folded: Sequence[str]
    starts: Sequence[int]
    ends: Sequence[int]

    def __len__(self) -> int:
        return len(self.folded)

    def within(self, start: int, end: int) -> range:
        """Return the indices of the words that lie inside a span of the text."""
        return range(bisect_left(self.starts, start), bisect_right(self.ends, end))


def words(text: str) -> Words:
    """Find the words of a text; letters and digits, with inner apostrophes."""
    pattern = _SPLIT_WORD if _HAS_IDEOGRAPH.search(text) else _WORD
    found = list(pattern.finditer(text))
    folded = [match[0].lower() for match in found] if text.isascii() else [fold(match[0]) for match in found]
    return Words(folded, [match.start() for match in found], [match.end() for match in found])


def fold(word: str) -> str:
    """Return a word as matching compares it: no case, one apostrophe, compatibility forms and accents' order alike."""
    return unicodedata.normalize("NFKC", word.translate(_DROPPED)).casefold()


def grams(folded: Sequence[str], size: int) -> Iterator[tuple[str, ...]]:
    """Yield every run of `size` words."""
    return zip(*(folded[shift:] for shift in range(size)), strict=False)
