"""Pasted articles, known by their head: a title line, a date line, a byline, a dateline."""

import re
from dataclasses import dataclass
from itertools import islice

from rules.quotes.passage import Span
from rules.titles import is_title

_DATE = re.compile(
    r"(?:\w+day,?\s+)?(?:\d{1,2}\.?\s+)?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|Mär|Mai|Okt|Dez|janv|févr|mars|"
    r"avril|juin|juil|août|sept|enero|febrero|marzo|abril|mayo|junio|julio|agosto|octubre|noviembre|diciembre)\w*\.?\s+"
    r"(?:\d{1,2},?\s+)?\d{4}(?:,?\s+(?:at\s+)?\d{1,2}:\d\d.{0,12})?|\d{4}-\d\d-\d\d|\d{1,2}[./]\d{1,2}[./]\d{2,4}",
    re.I,
)
_BYLINE = re.compile(
    r"(?:By|Von|Par|Por|От)\s+(?P<name>[^\W\d_a-z][\w.'’-]*(?:\s+(?:and\s+)?[^\W\d_a-z][\w.'’-]*){1,6})(?:,.{0,60})?"
)
_DATELINE = re.compile(r"[A-Z][A-Z .,'-]{2,30}(?:,\s+[A-Z][\w.]+)?\s*(?:\([\w ]{2,20}\)\s*)?[—–-]{1,2}\s+[A-Z\"“]")
# A line of the head, without the white space around it; and what a head without any of has one sign at most.
_LINE = re.compile(r"\S(?:[^\n]*\S)?")
_HINT = re.compile(r"\d{4}|\d[./]\d|(?:^|\n)\s*(?:By|Von|Par|Por|От)\s|[—–-] ?[A-Z\"“]")
_HEAD_LINES = 8
_HEAD = 4000


@dataclass(frozen=True, slots=True)
class Article:
    """Hold where a pasted article stands in the text, and the signs that told it."""

    start: int
    end: int
    author: str | None
    signs: tuple[str, ...]

    @property
    def span(self) -> Span:
        """The stretch of text that it is."""
        return Span(self.start, self.end, self.start, self.end, "bare")

    @property
    def probability(self) -> float:
        """How surely (0 to 1) it is one."""
        return min(0.95, 0.55 + 0.15 * len(self.signs))


def find_article(text: str) -> Article | None:
    """Return the article that the text seems to hold from some line on to its end: two signs of its head at least."""
    if not _HINT.search(text, 0, _HEAD):
        return None
    lines = list(islice(_LINE.finditer(text, 0, _HEAD), 2 * _HEAD_LINES))
    for first, match in enumerate(lines[:_HEAD_LINES]):
        line = match[0]
        dated = _DATELINE.match(line)
        if not dated and not _is_headline(line):
            continue
        signs = ["dateline" if dated else "title line"]
        author = None
        for below in (line[0] for line in lines[first + 1 : first + _HEAD_LINES]):
            if _DATE.fullmatch(below):
                signs.append("date line")
            elif byline := _BYLINE.fullmatch(below):
                signs.append("byline")
                author = byline["name"]
            elif not dated and _DATELINE.match(below):
                signs.append("dateline")
        if len(set(signs)) > 1:
            return Article(match.start(), len(text.rstrip()), author, tuple(dict.fromkeys(signs)))
    return None


def _is_headline(line: str) -> bool:
    return 10 < len(line) < 160 and line[-1] not in ".,;:" and len(line.split()) > 3 and is_title(line)
