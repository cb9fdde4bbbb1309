"""Copies that no mark sets apart: which of them are quotations, which are chance, and which are code."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence, Set

from rules.quotes.alignment import Copy
from rules.quotes.passage import Span
from rules.quotes.sources import best_copy
from rules.stopwords import STOPWORDS
from rules.view import Entry
from rules.words import SEED, Words

# Fewer words are chance, unless they are a sentence.
_MIN_WORDS = 8
_MIN_SENTENCE = 6
# A run with fewer words that carry a meaning is a figure of speech, unless nobody says so many by chance.
_MIN_TELLING = 2
_LONG = 12

_BEFORE_SENTENCE = re.compile(r"[.!?…:][\"”’)]*\s|\n")
_AFTER_SENTENCE = re.compile(r"[\"”’)]*[^\S\n]*[.!?…\n]")
_PARAGRAPH_BREAK = re.compile(r"\n[^\S\n]*\n")

_IDENTIFIER = re.compile(r"\b\w+\.\w+\.\w+|\b[a-z]+[A-Z]\w*|\w::\w|\w->\w|=>")
_CAMEL_CASE = re.compile(r"\b[A-Z][a-z]+[A-Z]\w*")
_INNER_CAPITAL = re.compile(r"[A-Z](?<=[a-z].)")
_INNER_DOTS = re.compile(r"\.\w+\.\w")
# A program has no subject: "cannot find the file" is its output, "I cannot find it" is somebody's words.
_OUTPUT = re.compile(
    r"(?:^|[^\w\s,]\s*|\n\s*)"
    r"(?:could not|cannot|unable to|failed to) (?:load|find|open|create|read|write|connect|resolve)\b|"
    r"\b(?:permission|access) (?:is )?denied\b|\bobject reference not set\b|"
    r"\b\w*(?:Exception|Error)\b:|\berror \w*\d",
    re.I,
)
# One of these stands in whatever _OUTPUT finds; to look for them first is many times faster.
_OUTPUT_WORDS = ("could not ", "cannot ", "unable to ", "failed to ", "denied", "not set", "exception:", "error")
_STACK_FRAME = re.compile(r"at (?<=\bat )\w+\.\w+\(")


def with_bare(
    entry: Entry, spans: Sequence[Span], copies: Sequence[Copy], texts: Sequence[Words], answered: Set[int]
) -> Sequence[Span]:
    """Add the copies that no mark sets apart and that are too long for chance; one takes in the marks inside it.

    `texts` are what the copies are from. Of one that is `answered`, or that the entry plainly copies elsewhere, a few
    words are enough where they are a line of their own: so people answer point by point.
    """
    own, near = entry.words, set(answered)
    spans = [span for span in spans if not _is_mispaired(own, span, copies)]
    ends = [span.outer_end for span in spans]
    bare: list[Span] = []
    taken_in: set[Span] = set()

    def add(part: range) -> bool:
        start, end = own.start(part.start), own.end(part.stop - 1)
        first = bisect_right(ends, start)
        touching = spans[first : bisect_left(spans, end, first, key=lambda span: span.outer_start)]
        if not _takes_in(own, part, touching) or is_code(_shown(own, part)):
            return False
        if len(own.text[start:end].split()) < SEED:
            return False  # an address is many words, but no sentence
        for span in touching:
            # The marks inside a copy belong to it; the signs before the lines of a block do not.
            is_block = span.form == "block"
            start = min(start, span.start if is_block else span.outer_start)
            end = max(end, span.end if is_block else span.outer_end)
        while end < len(own.text) and own.text[end] in ".!?…":
            end += 1
        taken_in.update(touching)
        bare.append(Span(start, end, start, end, "bare"))
        return True

    short: list[Copy] = []
    for copy in copies:
        if copy.matched < _MIN_SENTENCE:
            short.append(copy)
            continue
        part = _within_paragraphs(own, copy, texts[copy.holder])
        if not _is_sure(own, part, copy):
            short.append(copy)
        elif add(part):
            near.add(copy.holder)
    for copy in short:
        if copy.holder in near:
            part = _within_paragraphs(own, copy, texts[copy.holder])
            if len(part) >= SEED and _is_line(own, part) and _is_apart(own, part, texts[copy.holder], copy):
                add(part)
    if not bare:
        return spans
    return sorted([*(span for span in spans if span not in taken_in), *bare], key=lambda span: span.start)


def _is_mispaired(own: Words, span: Span, copies: Sequence[Copy]) -> bool:
    """Tell marks that belong to two quotations from a pair: a long copy lies between or across them, but not most."""
    inside = own.within(span.start, span.end)
    if span.form != "marks" or len(inside) < 2 * _LONG:
        return False
    nearest = bisect_right(copies, inside.start, key=lambda copy: copy.end)
    touching = copies[nearest : bisect_left(copies, inside.stop, nearest, key=lambda copy: copy.start)]
    shared = (min(copy.end, inside.stop) - max(copy.start, inside.start) for copy in touching if copy.matched >= _LONG)
    return any(count > SEED for count in shared) and best_copy(copies, inside.start, inside.stop) is None


def _takes_in(own: Words, part: range, spans: Sequence[Span]) -> bool:
    """Tell whether a copy goes beyond what is marked in it, and what is marked hardly beyond the copy."""
    covered = 0
    for span in spans:
        inside = own.within(span.start, span.end)
        if inside.start < part.start - SEED or inside.stop > part.stop + SEED:
            return False
        covered += max(0, min(part.stop, inside.stop) - max(part.start, inside.start))
    return not spans or len(part) - covered >= SEED


def _within_paragraphs(own: Words, copy: Copy, source: Words) -> range:
    """Return the words of a copy without the few that chance adds on the other side of an empty line."""
    first, last = copy.start, copy.end
    few = min(SEED, last - first) - 1
    if "\n" in own.text[own.start(first) : own.start(first + few)]:
        for place in range(copy.start + 1, copy.start + few + 1):
            if _is_break(own, place) and not (
                _is_break(source, copy.source_start + place - copy.start) and _is_line(own, range(copy.start, place))
            ):
                first = place
    if "\n" in own.text[own.end(last - few - 1) : own.end(last - 1)]:
        for place in range(copy.end - 1, max(copy.end - few - 1, first), -1):
            if _is_break(own, place) and not (
                _is_break(source, copy.source_end - (copy.end - place)) and _is_line(own, range(place, copy.end))
            ):
                last = place
    return range(first, last)


def _is_break(words: Words, place: int) -> bool:
    """Tell whether a paragraph begins with a word."""
    return _PARAGRAPH_BREAK.search(_before(words, place)) is not None


def _is_sure(own: Words, part: range, copy: Copy) -> bool:
    matched = copy.matched - (copy.end - copy.start - len(part))
    if matched >= _LONG:
        return True
    if matched < _MIN_SENTENCE:
        return False
    # Many comments are one stock phrase: "Thanks for this, it saved my day."
    is_part, tells = len(part) < len(own), _telling(own, part) >= _MIN_TELLING
    if matched >= _MIN_WORDS:
        return tells or (is_part and _is_line(own, part) and _is_worded(own, part))
    return tells and _is_sentence(own, part)


def _telling(own: Words, part: range) -> int:
    return sum(len(word) > 2 for word in set(own.folded[part.start : part.stop]) - STOPWORDS)


def _is_worded(own: Words, part: range) -> bool:
    """Tell words from the letters and numbers of a formula."""
    return sum(len(word) > 1 for word in own.folded[part.start : part.stop]) >= SEED - 1


def _is_line(words: Words, part: range) -> bool:
    """Tell whether words fill a line, or several."""
    starts = part.start == 0 or "\n" in _before(words, part.start)
    return starts and (part.stop == len(words) or "\n" in _before(words, part.stop))


def _is_sentence(words: Words, part: range) -> bool:
    """Tell whether words are a whole sentence, or several."""
    before, after = _before(words, part.start), _before(words, part.stop)
    begins = part.start == 0 or _BEFORE_SENTENCE.search(before)
    ends = _AFTER_SENTENCE.match(after) or (part.stop == len(words) and not after.strip())
    return bool(begins and ends)


def _is_apart(own: Words, part: range, source: Words, copy: Copy) -> bool:
    """Tell whether a line, which is not the whole text, is a sentence in its source or tells something."""
    if len(part) == len(own):
        return False
    there = range(copy.source_start + part.start - copy.start, copy.source_end - (copy.end - part.stop))
    if _is_sentence(source, there):
        return _is_worded(own, part)
    return _telling(own, part) > _MIN_TELLING


def _before(words: Words, place: int) -> str:
    """Return what stands between a word and the one before it."""
    begin = words.end(place - 1) if place else 0
    return words.text[begin : words.start(place) if place < len(words) else len(words.text)]


def _shown(words: Words, part: range) -> str:
    """Return the text of words; of few that fill a line the whole line, for its signs tell whether it is code."""
    start, end = words.start(part.start), words.end(part.stop - 1)
    if len(part) < _LONG and _is_line(words, part):
        start = words.text.rfind("\n", 0, start) + 1
        end = after if (after := words.text.find("\n", end)) >= 0 else len(words.text)
    return words.text[start:end]


def is_code(text: str) -> bool:
    """Tell code and program output by their signs and names: people repeat them without quoting anybody."""
    weight = sum(map(text.count, "(){}[]<>=;_\\|"))
    if "::" in text or "->" in text or "=>" in text or _INNER_DOTS.search(text) or _INNER_CAPITAL.search(text):
        weight += 2 * len(_IDENTIFIER.findall(text)) + len(_CAMEL_CASE.findall(text))
    if weight and weight * 2 > len(text.split()):
        return True
    lower = text.lower()
    is_output = any(word in lower for word in _OUTPUT_WORDS) and _OUTPUT.search(text)
    return bool(is_output or _STACK_FRAME.search(text))
