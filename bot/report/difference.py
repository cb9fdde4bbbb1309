"""Two versions of the same words, and where they differ."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby

# Longer texts would hold up who waits for them, and nobody compares so many words by eye.
_MOST_WORDS = 400
# Texts that differ more are no two versions of one.
_LEAST_ALIKE = 0.5
_WORD = re.compile(r"\S+\s*")
_SIGNS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Part:
    """Hold a stretch of a text; `differs` where the other has other words."""

    text: str
    differs: bool = False


def compare(one: str, other: str) -> tuple[Sequence[Part], Sequence[Part]]:
    """Return both texts in parts, with the words marked in which they differ beyond case and punctuation."""
    mine, yours = _WORD.findall(one), _WORD.findall(other)
    if max(len(mine), len(yours)) > _MOST_WORDS:
        return [Part(one)], [Part(other)]
    matcher = SequenceMatcher(None, [_folded(word) for word in mine], [_folded(word) for word in yours], autojunk=False)
    if matcher.ratio() < _LEAST_ALIKE:
        return [Part(one)], [Part(other)]
    left, right = [True] * len(mine), [True] * len(yours)
    for block in matcher.get_matching_blocks():
        left[block.a : block.a + block.size] = [False] * block.size
        right[block.b : block.b + block.size] = [False] * block.size
    lead, other_lead = _lead(one), _lead(other)
    return _parts(lead, mine, left), _parts(other_lead, yours, right)


def shorten(parts: Sequence[Part], longest: int, tail: int) -> Sequence[Part]:
    """Return parts that have no more than `longest` characters, the last `tail` of them from the end."""
    if sum(len(part.text) for part in parts) <= longest:
        return parts
    head = _first(parts, longest - tail)
    turned = [Part(part.text[::-1], part.differs) for part in reversed(parts)]
    end = [Part(part.text[::-1], part.differs) for part in reversed(_first(turned, tail))]
    return [*head, Part(" … "), *end]


def _first(parts: Sequence[Part], characters: int) -> list[Part]:
    taken: list[Part] = []
    for part in parts:
        if characters <= 0:
            break
        text = part.text[:characters]
        # Cut at a word's end, if there is one.
        if len(text) < len(part.text) and " " in text:
            text = text.rsplit(" ", 1)[0]
        taken.append(Part(text, part.differs))
        characters -= len(part.text)
    return taken


def _parts(lead: str, words: Sequence[str], differs: Sequence[bool]) -> Sequence[Part]:
    # A sign by itself is no difference.
    marked = [(word, is_other and bool(_folded(word))) for word, is_other in zip(words, differs, strict=True)]
    parts = [Part(lead)] if lead else []
    for is_other, run in groupby(marked, key=lambda pair: pair[1]):
        text = "".join(word for word, _ in run)
        # The space after the last marked word is not marked.
        bare = text.rstrip() if is_other else text
        parts += [Part(bare, is_other)] + ([Part(text[len(bare) :])] if len(bare) < len(text) else [])
    return parts


def _lead(text: str) -> str:
    return text[: len(text) - len(text.lstrip())]


def _folded(word: str) -> str:
    return _SIGNS.sub("", word.casefold())
