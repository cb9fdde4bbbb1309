"""The sentence around a passage, as tokens: what attribution and kind read."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from rules.quotes.lexicon import TITLES
from rules.quotes.passage import Span

_REACH = 400
_TOKEN = re.compile(r"@?\w+(?:[.'’&-]\w+)*|[^\w\s]")
_ENDS = frozenset(".!?…")
_CLOSING = frozenset("”»›」』\"＂)]'’")
_DASHES = ("-", "–", "—", "―", "~")
# What stands for another passage in marks: its words are not the sentence's.
BLANK = "“”"
# A hard-wrapped line is at least this long before it goes on in the next.
_WRAPPED = 45
_SHORT_LINE = 60


class Tokens:
    """Hold the words and signs of a stretch of text: as written, in small letters, and where each starts."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.words: list[str] = _TOKEN.findall(text)
        self.lows: list[str] = _TOKEN.findall(text.lower().replace("’", "'"))
        if len(self.lows) != len(self.words):  # a few letters turn into two when made small
            self.lows = [word.lower().replace("’", "'") for word in self.words]

    @cached_property
    def starts(self) -> list[int]:
        """The offset of each token in the text."""
        return [match.start() for match in _TOKEN.finditer(self.text)]

    def __len__(self) -> int:
        return len(self.words)

    def between(self, first: int, stop: int) -> str:
        """Return the text from one token up to another."""
        return self.text[self.starts[first] : self.starts[stop - 1] + len(self.words[stop - 1])]

    def ends_sentence(self, place: int) -> bool:
        """Tell whether a token is the full stop, or such, of a sentence that another one follows."""
        if self.words[place] not in _ENDS:
            return False
        following = place + 1
        while following < len(self.words) and self.words[following] in _CLOSING:
            following += 1
        if following == len(self.words):
            return False
        if (
            self.starts[following] - self.starts[following - 1] < 2
            or not self.text[self.starts[following] - 1].isspace()
        ):
            return False
        first = self.words[following][0]
        if first.islower() or first in ",;:)":
            return False
        before = self.words[place - 1] if place else ""
        is_short = self.words[place] == "." and (before.lower() in TITLES or (len(before) == 1 and before.isupper()))
        return not is_short


EMPTY = Tokens("")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Hold the words around a passage: its sentence before and after it, and the line above when it opens a line.

    `leads` are those that lead to it: a sentence above that is over, and long, speaks of something else.
    `follows_sentence` says that a sentence ends right before the passage, `opens_text` that nothing stands before it.
    """

    before: Tokens
    after: Tokens
    above: Tokens
    leads: Sequence[Tokens]
    follows_sentence: bool
    opens_text: bool


def surroundings(text: str, spans: Sequence[Span], place: int) -> Surroundings:
    """Cut out the words around one of a text's passages; the other passages in marks are left out of them."""
    span = spans[place]
    before = _before(text, spans, place)
    line_start = before.rfind("\n") + 1
    above = EMPTY
    follows_sentence = False
    if before[line_start:].strip():
        tokens, follows_sentence = _last_sentence(_joined(before, line_start))
    else:
        tokens = EMPTY
        lines = before[:line_start].rstrip()
        above, _ = _last_sentence(_joined(lines, lines.rfind("\n") + 1))
    after = _after(text, spans, place, span.outer_end)
    is_over = len(above.text) > _SHORT_LINE and above.text.rstrip().endswith((".", "!", "?"))
    leads = [lead for lead in (tokens, EMPTY if is_over else above) if lead.words]
    opens_text = span.outer_start < _REACH and not before.strip()
    return Surroundings(tokens, after, above, leads, follows_sentence, opens_text)


def _before(text: str, spans: Sequence[Span], place: int) -> str:
    end = spans[place].outer_start
    begin = max(0, end - _REACH)
    parts = []
    for other in reversed(spans[:place]):
        if other.outer_end <= begin:
            break
        if other.form != "bare" and other.outer_end <= end:
            parts.append(text[other.outer_end : end])
            parts.append(BLANK if other.form == "marks" else "\n")
            end = other.outer_start
    parts.append(text[begin:end] if end > begin else "")
    return "".join(reversed(parts))


def _joined(text: str, line_start: int) -> str:
    """Return the line that ends the text, with those before it that were only wrapped."""
    while line_start > 1 and text[line_start : line_start + 1].islower():
        previous = text.rfind("\n", 0, line_start - 1) + 1
        if line_start - previous < _WRAPPED:
            break
        line_start = previous
    return text[line_start:]


def _last_sentence(text: str) -> tuple[Tokens, bool]:
    """Return the tokens of the last sentence; and whether it is over: then a passage after it stands by itself."""
    tokens = Tokens(text)
    count = len(tokens)
    over = text.rstrip().endswith((".", "!", "?", ".”", '."', "…", "?”", '?"'))
    for place in range(count - 2, -1, -1):
        if tokens.words[place] in _ENDS and tokens.ends_sentence(place):
            while place + 1 < count and tokens.words[place + 1] in _CLOSING:
                place += 1
            return Tokens(text[tokens.starts[place + 1] :]), over
    return tokens, over


def _after(text: str, spans: Sequence[Span], place: int, start: int) -> Tokens:
    stop = min(len(text), start + _REACH)
    parts = []
    for at in range(place + 1, len(spans)):
        other = spans[at]
        if other.outer_start >= stop:
            break
        if other.form != "bare" and other.outer_start >= start:
            parts.append(text[start : other.outer_start])
            parts.append(BLANK if other.form == "marks" else "\n")
            start = other.outer_end
    parts.append(text[start:stop] if stop > start else "")
    after = "".join(parts)
    line_end = after.find("\n")
    if line_end >= 0:
        if after[:line_end].strip(" \t.,"):
            following = after[line_end + 1 : line_end + 2]
            if not (line_end >= _WRAPPED and following.islower()):
                after = after[:line_end]
        else:
            # Nothing else stands on the passage's line: only a signature below it speaks of it.
            below = after[line_end:].lstrip().partition("\n")[0]
            after = below if below.startswith(_DASHES) and len(below) < _SHORT_LINE else ""
    tokens = Tokens(after)
    first = next((at for at, word in enumerate(tokens.words) if word[0].isalnum()), len(tokens))
    for end in range(first, len(tokens)):
        if tokens.words[end] in _ENDS and tokens.ends_sentence(end):
            return Tokens(after[: tokens.starts[end] + 1])
    return tokens
