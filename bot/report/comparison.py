"""A passage and its source side by side, cut to what a person reads, with the words marked in which the two differ."""

import unicodedata
from dataclasses import dataclass

from bot.report.excerpt import excerpt, showable
from rules.quotes.alignment import differences
from rules.words import Words

# What is the same for longer loses its middle; what is left of a passage is no longer than that.
_SAME = 260
_LONGEST = 800
# Of longer passages the beginning is compared.
_COMPARED = 6_000
# Where more of the words differ, to mark them tells nothing.
_MOST_MARKED = 0.6


@dataclass(frozen=True, slots=True)
class Piece:
    """Hold a run of a passage's text, and whether the other side has other words there."""

    text: str
    differs: bool = False


@dataclass(frozen=True, slots=True)
class Side:
    """Hold a passage in pieces, with a little of what stands around it; safe to show."""

    before: str
    pieces: tuple[Piece, ...]
    after: str

    @property
    def passage(self) -> str:
        """The passage in one piece."""
        return "".join(piece.text for piece in self.pieces)


def side(text: str, start: int, end: int, *, marked: tuple[tuple[int, int], ...] = ()) -> Side:
    """Cut a passage out of its text; `marked` are spans of the text, in order, that differ."""
    around = excerpt(text, start, end)
    pieces: list[Piece] = []
    at = start
    for first, last in marked:
        pieces += [Piece(text[at:first]), Piece(text[first:last], differs=True)]
        at = last
    pieces.append(Piece(text[at:end]))
    return Side(around.before, tuple(_shortened([piece for piece in pieces if piece.text])), around.after)


def compare(text: str, span: tuple[int, int], source: str, source_span: tuple[int, int]) -> tuple[Side, Side]:
    """Return a passage and its source, each with the words marked that the other has not."""
    own = Words(text[span[0] : min(span[1], span[0] + _COMPARED)])
    other = Words(source[source_span[0] : min(source_span[1], source_span[0] + _COMPARED)])
    changes = differences(own.folded, other.folded)
    if max(span[1] - span[0], source_span[1] - source_span[0]) > _COMPARED and changes:
        # Where one of the two is cut off, what comes last has lost its counterpart.
        changes = [change for change in changes if change[3] < len(own) and change[1] < len(other)]
    marked = sum(change[3] - change[2] for change in changes)
    if marked > _MOST_MARKED * max(1, len(own)):
        changes = []
    here = tuple((span[0] + own.start(c), span[0] + own.end(d - 1)) for _, _, c, d in changes if d > c)
    there = tuple(
        (source_span[0] + other.start(a), source_span[0] + other.end(b - 1)) for a, b, _, _ in changes if b > a
    )
    return side(text, *span, marked=here), side(source, *source_span, marked=there)


def cut(text: str, longest: int) -> str:
    """Cut a text at a word's end, else between two characters as they are seen; what is cut ends with an ellipsis."""
    if len(text) <= longest:
        return text
    head = text[: _safe(text, longest)]
    at_word = head.rfind(" ")
    return (head[:at_word] if at_word > longest // 2 else head) + "…"


def _shortened(pieces: list[Piece]) -> list[Piece]:
    left = _LONGEST
    short: list[Piece] = []
    for place, piece in enumerate(pieces):
        text = piece.text
        if not piece.differs and len(text) > _SAME:
            text = _without_middle(text, place == 0, place == len(pieces) - 1)
        if len(text) > left:
            short.append(Piece(showable(cut(text, left)), piece.differs))
            break
        short.append(Piece(showable(text), piece.differs))
        left -= len(text)
    return short


def _without_middle(text: str, is_first: bool, is_last: bool) -> str:
    head, tail = (170, 80) if is_first else (110, 110) if not is_last else (170, 80)
    start = text[: _safe(text, head)]
    end = text[_safe(text, len(text) - tail) :]
    return f"{start.rsplit(' ', 1)[0]} … {end.split(' ', 1)[-1]}"


def _safe(text: str, at: int) -> int:
    """Return the nearest place at or before `at` that parts no character from its marks, and no flag in two."""
    lowest = max(0, at - 64)
    while at > lowest and at < len(text) and _clings(text, at):
        at -= 1
    return at


def _clings(text: str, at: int) -> bool:
    here, before = text[at], text[at - 1]
    if before == "\u200d" or here == "\u200d" or unicodedata.category(here) in ("Mn", "Me", "Mc"):
        return True
    if "\U0001f3fb" <= here <= "\U0001f3ff":
        return True
    if not ("\U0001f1e6" <= here <= "\U0001f1ff"):
        return False
    first = at
    while first and "\U0001f1e6" <= text[first - 1] <= "\U0001f1ff":
        first -= 1
    return (at - first) % 2 == 1
