"""Words with their places: what matching, topic and residue all count in."""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate
from operator import add

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


def fold(word: str) -> str:
    """Return a word as matching compares it: no case, one apostrophe, compatibility forms and accents' order alike."""
    return unicodedata.normalize("NFKC", word.translate(_DROPPED)).casefold()


def _folded_byte(byte: int) -> int:
    """Return the Latin-1 character that one folds to, a space for one that parts words, 0 for one that is neither."""
    character = chr(byte)
    if character == "'":
        return byte
    if character in _JOINED or not byte:
        return 0
    folded = fold(character) if _WORD.match(character) else " "
    return ord(folded) if len(folded) == 1 and ord(folded) < 256 else 0


# Nearly all comments fit in Latin-1 but for these marks. One byte a character can be folded and parted in C.
_MARKS = (("’", "'"), ("“", '"'), ("”", '"'), ("…", "."), ("–", "-"), ("—", "-"), ("‘", '"'))
_FOLDED = bytes(map(_folded_byte, range(256)))
_GAPS = bytes(120 if byte == 32 else 32 for byte in range(256))
_APOSTROPHES = re.compile(rb"'+")


class Words:
    """Hold the words of a text, folded; where each starts and ends in it is worked out when first asked for."""

    def __init__(self, text: str) -> None:
        self.text = text
        parted = _parted(text)
        self._is_parted = parted is not None
        if parted is not None:
            self.folded: Sequence[str] = parted.decode("latin-1").split()
        else:
            self.folded = [word.lower() if word.isascii() else fold(word) for word in word_pattern(text).findall(text)]

    def __len__(self) -> int:
        return len(self.folded)

    @cached_property
    def _starts(self) -> Sequence[int]:
        parted = _parted(self.text) if self._is_parted else None
        if parted is None:
            return [match.start() for match in word_pattern(self.text).finditer(self.text)]
        # What stands between the words, in turn with them, leads from start to start.
        gaps = parted.translate(_GAPS).split()
        first = len(gaps.pop(0)) if parted[:1] == b" " and gaps else 0
        return list(accumulate(map(add, map(len, self.folded), map(len, gaps)), initial=first))[: len(self.folded)]

    @cached_property
    def _ends(self) -> Sequence[int]:
        if not self._is_parted:
            return [match.end() for match in word_pattern(self.text).finditer(self.text)]
        return list(map(add, self._starts, map(len, self.folded)))

    def start(self, index: int) -> int:
        """Return the offset of a word in the text."""
        return self._starts[index]

    def end(self, index: int) -> int:
        """Return the offset after a word in the text."""
        return self._ends[index]

    def within(self, start: int, end: int) -> range:
        """Return the indices of the words that lie inside a span of the text."""
        first, stop = bisect_left(self._starts, start), bisect_left(self._starts, end)
        return range(first, stop - (stop > first and self._ends[stop - 1] > end))

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """The different words."""
        return frozenset(self.folded)

    def find(self, words: Sequence[str]) -> int | None:
        """Return where some words first follow each other, if they do."""
        if not self.vocabulary.issuperset(words):
            return None
        at = self._spelled.find(f" {' '.join(words)} ")
        return None if at < 0 else self._spelled.count(" ", 0, at)

    @cached_property
    def _spelled(self) -> str:
        return f" {' '.join(self.folded)} "

    @cached_property
    def fingerprints(self) -> Sequence[int]:
        """A hash of each run of SEED words, by the index of its first; alike within one process only."""
        return list(map(hash, zip(*(self.folded[shift:] for shift in range(SEED)), strict=False)))


def word_pattern(text: str) -> re.Pattern[str]:
    """Return the pattern of a word in the scripts of a text."""
    return _SPLIT_WORD if not text.isascii() and _HAS_IDEOGRAPH.search(text) else _WORD


def _parted(text: str) -> bytes | None:
    """Return the text folded, a byte a character, with spaces for all that is no word; None where that cannot be."""
    if not text.isascii():
        for mark, plain in _MARKS:
            text = text.replace(mark, plain)
    try:
        parted = text.encode("latin-1").translate(_FOLDED)
    except UnicodeEncodeError:
        return None
    if b"\0" in parted:
        return None
    if b" '" in parted or b"' " in parted or parted[:1] == b"'" or parted[-1:] == b"'":
        return _APOSTROPHES.sub(_inside_word, parted)
    return parted


def _inside_word(apostrophes: re.Match[bytes]) -> bytes:
    start, end = apostrophes.span()
    parted = apostrophes.string
    inside = 0 < start and end < len(parted) and parted[start - 1] != 32 and parted[end] != 32
    return apostrophes[0] if inside else b" " * (end - start)
