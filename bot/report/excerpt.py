"""A passage cut out of its comment, with a little of what stands around it."""

import re
from dataclasses import dataclass

_AROUND = 90
_LONGEST = 480
_TAIL = 120
# Escape sequences and marks that turn the direction of text must not reach a terminal or a page.
_UNSHOWABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_LINE_ENDS = re.compile("[\n\u2028\u2029]+")


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Hold the words before, of and after a passage, safe to show, cut at word ends."""

    before: str
    passage: str
    after: str


def excerpt(text: str, start: int, end: int) -> Excerpt:
    """Cut a passage out of a text with up to a line of context on each side; a long one loses its middle."""
    passage = text[start:end]
    if len(passage) > _LONGEST:
        passage = passage[: _LONGEST - _TAIL].rsplit(" ", 1)[0] + " … " + passage[-_TAIL:].split(" ", 1)[-1]
    before = text[max(0, start - _AROUND) : start]
    if start > _AROUND:
        before = "…" + before.split(" ", 1)[-1]
    after = text[end : end + _AROUND]
    if end + _AROUND < len(text):
        after = after.rsplit(" ", 1)[0] + "…"
    return Excerpt(showable(before.lstrip("\n")), showable(passage), showable(after.rstrip("\n")))


def showable(text: str) -> str:
    """Return text without characters that would act on what shows it."""
    return _UNSHOWABLE.sub("\N{REPLACEMENT CHARACTER}", _LINE_ENDS.sub("\n", text))
