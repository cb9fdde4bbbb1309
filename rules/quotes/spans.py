"""Stretches of a comment that are set apart: in quotation marks, in block quotes, in `>` lines.

One pass over the marks with a stack. It never fails on marks that do not pair: an unclosed one ends with its
paragraph, a stray closing one at a paragraph's end takes back the quotation that seemed to end before it.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass

from rules.document import Document
from rules.quotes.passage import Span

# The class comes first so that the search can skip along; an apostrophe inside a word is no mark.
_MARK = re.compile(
    r"[“”„‟«»‹›「」『』\"‘’‚'＂`](?:(?<=[“”„‟«»‹›「」『』\"‚＂])|(?<=')'|(?<=`)`|(?<=[‘’'])(?!(?<=[^\W_].)[^\W_]))"
)
_CLOSERS = {
    "“": '”“"', "„": "“”‟", "‟": "”", "”": "”", "«": "»", "»": "«»", "‹": "›", "›": "‹", "「": "」", "『": "』",
    "‘": "’", "‚": "‘’", '"': '"”', "＂": "＂", "'": "'", "``": "''",
}  # fmt: skip
_ONLY_OPEN = frozenset(("„", "‚", "「", "『", "``"))
# Two apostrophes that open are a wiki's italics as often as a quotation.
_ONLY_CLOSE = frozenset(("」", "』", "''"))
_SINGLE = frozenset("‘’‚'‹›")
_STRAIGHT = frozenset(('"', "＂", "'", "''"))
_BEFORE_OPENING = frozenset('([{<—–-/…:*_~“„«‹‘‚"')
_AFTER_CLOSING = frozenset(')]}>.,;:!?—–-/…*_~”»›’"')
# Words that begin with an apostrophe.
_CLITIC = re.compile(r"(?:tis|twas|twere|em|cause|cos|til|till|n|round|bout|nuff|sup|s)\b|\d", re.I)
_PARAGRAPH_TAIL = re.compile(r"[ .!?)\n]*+")
_MAX_OPEN = 64
_MAX_PARAGRAPHS = 10
# A quotation that a stray closing mark takes back is a sentence, not a word in quotes.
_SENTENCE = 24


def find_spans(document: Document) -> list[Span]:
    """Return the outermost set-off spans in text order; code is left out."""
    spans: list[Span] = []
    for block in document.blocks_of("quote"):
        if not spans or block.start >= spans[-1].end:
            outer_start = block.lead[0] if block.lead else block.start
            while outer_start and document.text[outer_start - 1] in "> \t":
                outer_start -= 1
            spans.append(Span(block.start, block.end, outer_start, block.end, "block", author=block.author))
    starts, ends = [span.start for span in spans], [span.end for span in spans]

    def covered(at: int) -> bool:
        place = bisect_right(starts, at) - 1
        return place >= 0 and at < ends[place]

    marked = _in_marks(document)
    marked += [Span(q.start, q.end, q.start, q.end, "marks") for q in document.emphasis if q.kind == "q"]
    spans += [span for span in marked if not covered(span.start)]
    outermost: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if not outermost or span.start >= outermost[-1].end:
            outermost.append(span)
    return outermost


def _in_marks(document: Document) -> list[Span]:
    first = _MARK.search(document.text)
    if first is None:
        return []
    code = {at for q in document.emphasis if q.kind == "code" for at in (q.start, q.end)}
    pairing = _Pairing(document.text, sorted(code))
    for block in document.blocks:
        if block.kind in ("code", "quote"):
            pairing.give_up()  # no quotation in marks runs on behind it
        elif not block.depth and block.end > first.start():
            pairing.paragraph(block.start, block.end)
    pairing.give_up()
    return pairing.spans


@dataclass(slots=True)
class _Open:
    mark: str
    start: int
    end_of_paragraph: int | None = None
    paragraphs: int = 0


class _Pairing:
    """Pair marks over the paragraphs of one text; only the outermost pairs become spans."""

    def __init__(self, text: str, code: list[int]) -> None:
        self.spans: list[Span] = []
        self._text = text
        self._code = code  # starts and ends of inline code, in turn
        self._stack: list[_Open] = []
        self._inner: list[Span] = []

    def paragraph(self, start: int, end: int) -> None:
        """Pair the marks of one paragraph; what stays open may close in the next."""
        first_span = len(self.spans)
        for match in _MARK.finditer(self._text, start, end):
            if bisect_right(self._code, match.start()) % 2 == 0:
                self._mark(match[0], match.start(), match.end(), start, end, first_span)
        if self._stack:
            outer = self._stack[0]
            outer.paragraphs += 1
            if outer.end_of_paragraph is None:
                outer.end_of_paragraph = start + len(self._text[start:end].rstrip())
            if outer.mark in _SINGLE or outer.paragraphs > _MAX_PARAGRAPHS:
                self.give_up()
            else:
                del self._stack[1:]

    def give_up(self) -> None:
        """Take what is still open for closed at its paragraph's end, or for no quotation at all."""
        if self._stack:
            outer = self._stack[0]
            if self._inner or outer.mark in _STRAIGHT or outer.mark in _SINGLE or outer.end_of_paragraph is None:
                self.spans += self._inner
            else:
                inside = outer.start + len(outer.mark)
                if inside < outer.end_of_paragraph:
                    end = outer.end_of_paragraph
                    self.spans.append(Span(inside, end, outer.start, end, "marks", closed=False))
        self._stack.clear()
        self._inner.clear()

    def _mark(self, mark: str, at: int, after: int, start: int, end: int, first_span: int) -> None:
        before = self._text[at - 1] if at > start else ""
        following = self._text[after] if after < end else ""
        if mark in "‘’'" and self._is_apostrophe(before, following, after, mark):
            return
        opens = (not before or before.isspace() or before in _BEFORE_OPENING) and not (
            not following or following.isspace()
        )
        closes = (not following or following.isspace() or following in _AFTER_CLOSING) and not (
            not before or before.isspace()
        )
        if self._carried_on(mark, at, start, opens):
            return
        place = self._place_closed(mark)
        if place is not None and mark not in _ONLY_OPEN and self._is_closing(mark, place, before, opens, closes):
            self._close(place, at, after)
        elif self._is_opening(mark, opens, before):
            if len(self._stack) < _MAX_OPEN:
                self._stack.append(_Open(mark, at))
        elif mark == "”" and not self._stack and _PARAGRAPH_TAIL.fullmatch(self._text, after, end):
            self._take_back(at, after, first_span)

    def _place_closed(self, mark: str) -> int | None:
        """Return the innermost open quotation that a mark may close, one of its own kind of marks first."""
        fitting = [place for place, opened in enumerate(self._stack) if mark in _CLOSERS[opened.mark]]
        alike = [place for place in fitting if (self._stack[place].mark in _STRAIGHT) == (mark in _STRAIGHT)]
        return max(alike or fitting, default=None)

    def _is_apostrophe(self, before: str, following: str, after: int, mark: str) -> bool:
        if mark != "‘" and not any(o.mark in "‘‚'" for o in self._stack):
            return mark == "’" or before.isalnum() or bool(_CLITIC.match(self._text, after))
        return not before.isalnum() and before not in ".,!?…" and bool(_CLITIC.match(self._text, after))

    def _carried_on(self, mark: str, at: int, start: int, opens: bool) -> bool:
        """Handle an opening mark while a quotation of an earlier paragraph is open."""
        if not self._stack or self._stack[0].end_of_paragraph is None or mark != self._stack[0].mark or not opens:
            return False
        if not self._text[start:at].strip():
            self._stack[0].end_of_paragraph = None  # each paragraph of a long quotation opens anew
            return True
        self.give_up()
        return False

    def _is_closing(self, mark: str, place: int, before: str, opens: bool, closes: bool) -> bool:
        if mark in _STRAIGHT and mark != self._stack[place].mark and before.isdigit():
            return False  # inches
        if mark in _STRAIGHT or mark in "“‟" or mark == self._stack[place].mark == "»":
            return closes or not opens
        return True

    def _is_opening(self, mark: str, opens: bool, before: str) -> bool:
        if mark in _ONLY_CLOSE or (mark == "’"):
            return False
        if mark in _ONLY_OPEN or mark in "“«‹":
            return True
        return opens and not before.isalnum()

    def _close(self, place: int, at: int, after: int) -> None:
        opened = self._stack[place]
        del self._stack[place:]
        inside = opened.start + len(opened.mark)
        if not self._text[inside:at].strip():
            return
        span = Span(*_stripped(self._text, inside, at), opened.start, after, "marks")
        if self._stack:
            self._inner.append(span)
        else:
            self.spans.append(span)
            self._inner.clear()

    def _take_back(self, at: int, after: int, first_span: int) -> None:
        """Let a quotation that seemed to end run on to a closing mark that nothing opened."""
        for place in range(len(self.spans) - 1, first_span - 1, -1):
            span = self.spans[place]
            if span.end - span.start > _SENTENCE:
                self.spans[place:] = [Span(span.start, at, span.outer_start, after, "marks", closed=False)]
                return


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    inside = text[start:end]
    return start + len(inside) - len(inside.lstrip()), start + len(inside.rstrip())
