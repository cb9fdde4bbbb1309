"""The passages of a thread's entries: one analysis that the quote rules and the `quotes` command share."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rules.elsewhere import Elsewhere, OutsideText
from rules.finding import Source
from rules.markup.quoting import unquoted
from rules.quotes.alignment import Copy
from rules.quotes.attribution import find_attribution, is_addressed, surroundings
from rules.quotes.kinds import judge_kind
from rules.quotes.outside import OutsideSources, find_outside
from rules.quotes.passage import Passage, Span
from rules.quotes.sources import ThreadSources, copy_of
from rules.quotes.spans import find_spans
from rules.quotes.verdicts import judge
from rules.quotes.wording import changes
from rules.stopwords import STOPWORDS
from rules.view import Entry, ThreadView
from rules.words import SEED, Words

# Fewer words in marks are a term; fewer without marks are chance.
_MIN_MARKED = 4
_MIN_BARE = 8
_MIN_BARE_SENTENCE = 6
# A run with fewer words that carry a meaning is a figure of speech.
_MIN_TELLING = 2
_IDENTIFIER = re.compile(r"\b\w+\.\w+\.\w+|\b[a-z]+[A-Z]\w*|\w::\w|\w->\w|=>")
_BEGINNING = re.compile(r"(?:[.!?…:][\"”’)]*\s+|\n[>\s]*)$")
_CAMEL_CASE = re.compile(r"\b[A-Z][a-z]+[A-Z]\w*")
_OUTPUT = re.compile(
    r"\b(?:could not|cannot|can't|unable to|failed to) (?:load|find|open|create|read|write|connect|resolve)\b|"
    r"\b(?:permission|access) (?:is )?denied\b|\bobject reference not set\b|\bat \w+\.\w+\(|"
    r"\b\w*(?:Exception|Error)\b:|\berror \w*\d",
    re.I,
)
_WHOLE_COMMENT = 0.8
# Whoever answers a quotation mostly stands this near to it.
_NEAR = 20


@dataclass(frozen=True, slots=True)
class _Origin:
    """Hold where a passage's words stood before."""

    copy: Copy
    words: Words
    source: Source
    holder: Entry | OutsideText


class QuoteAnalysis:
    """Analyse the entries of one thread, each against those before it and against what is known elsewhere."""

    def __init__(self, view: ThreadView, elsewhere: Elsewhere) -> None:
        self._view = view
        self._elsewhere = elsewhere
        self._sources = ThreadSources(view)
        self._spelled: dict[int, str] = {}

    def passages(self, entry: Entry) -> Sequence[Passage]:
        """Return the passages of an entry in text order; entries are to be asked for in time order."""
        copies = self._sources.copies(entry)
        outside = find_outside(self._view, entry, copies, self._elsewhere)
        known = sorted((*copies, *outside.copies), key=lambda copy: copy.start) if outside.copies else copies
        spans = _with_bare(entry, find_spans(entry.document), known)
        passages = (self._passage(entry, span, copies, outside) for span in spans)
        return [passage for passage in passages if passage is not None]

    def _origin(self, entry: Entry, part: range, copies: Sequence[Copy], outside: OutsideSources) -> _Origin | None:
        texts = self._sources.texts
        if copy := copy_of(entry.words, part, copies, texts):
            return _Origin(copy, texts[copy.holder], self._sources.source(copy), self._sources.holder(copy))
        if copy := copy_of(entry.words, part, outside.copies, outside.words):
            return _Origin(copy, outside.words[copy.holder], outside.source(copy), outside.texts[copy.holder])
        return None

    def _changes(self, entry: Entry, part: range, origin: _Origin) -> tuple[tuple[str, str], ...]:
        """Return the words that a passage changes, leaving out what it cuts with … and adds in [brackets].

        What somebody else wrote just so, quoting the source in pieces of his choice, is changed by nobody but him.
        """
        holder, copy = origin.holder, origin.copy
        source_text = holder.document.text if isinstance(holder, Entry) else holder.text
        found = changes(entry.document.text, entry.words, part, source_text, origin.words, copy)
        if not found:
            return ()
        own = f" {' '.join(entry.words.folded[part.start : part.stop])} "
        around = origin.words.folded[max(0, copy.source_start - len(part)) : copy.source_end + len(part)]
        if own in f" {' '.join(around)} " or any(own in text for text in self._spelled_before(entry)):
            return ()
        return tuple(found)

    def _spelled_before(self, entry: Entry) -> Iterator[str]:
        """Yield the words of the entries that stand shortly before one, each a string."""
        near = range(max(0, entry.number - _NEAR), entry.number)
        for number in [number for number in self._spelled if number not in near]:
            del self._spelled[number]
        for number in near:
            if number not in self._spelled:
                self._spelled[number] = f" {' '.join(self._view.entries[number].words.folded)} "
            yield self._spelled[number]

    def _passage(self, entry: Entry, span: Span, copies: Sequence[Copy], outside: OutsideSources) -> Passage | None:
        inside = entry.words.within(span.start, span.end)
        if len(inside) < _MIN_MARKED:
            return None
        text = entry.document.text[span.start : span.end]
        if _is_code(text):
            return None
        origin = self._origin(entry, inside, copies, outside)
        shown = unquoted(text) if span.form == "block" else text
        around = surroundings(entry.document.text, span)
        source, holder = (origin.source, origin.holder) if origin is not None else (None, None)
        in_thread = holder if isinstance(holder, Entry) else None
        attribution = find_attribution(self._view, entry, span, around, in_thread)
        addressed = is_addressed(around)
        kind = judge_kind(
            span,
            shown,
            len(inside),
            around,
            attribution,
            is_copy=origin is not None,
            is_addressed=addressed,
        )
        if kind.probability < 0.5:
            return Passage(
                start=span.start,
                end=span.end,
                text=shown,
                form=span.form,
                kind="not-quotation",
                verdict=None,
                attribution=attribution,
                source=source,
                confidence=round(1 - kind.probability, 3),
                reasons=kind.reasons,
            )
        whole = len(inside) >= _WHOLE_COMMENT * len(entry.words)
        judgement = judge(
            self._view,
            entry,
            span.form,
            len(inside),
            holder,
            attribution,
            is_addressed=addressed,
            is_whole_comment=whole,
        )
        return Passage(
            start=span.start,
            end=span.end,
            text=shown,
            form=span.form,
            kind="quotation",
            verdict=judgement.verdict,
            attribution=attribution,
            source=source,
            changes=self._changes(entry, inside, origin) if origin is not None else (),
            source_number=in_thread.number if in_thread is not None else None,
            is_paste=whole and span.form == "bare" and judgement.verdict == "unattributed",
            confidence=round(kind.probability * judgement.confidence, 3),
            reasons=(*kind.reasons, judgement.reason),
        )


def _with_bare(entry: Entry, spans: Sequence[Span], copies: Sequence[Copy]) -> Sequence[Span]:
    """Add the copies that no mark sets apart and that are too long for chance; one takes in the marks inside it."""
    text, own = entry.document.text, entry.words
    ends = [span.outer_end for span in spans]
    bare: list[Span] = []
    taken_in: set[Span] = set()
    for copy in copies:
        if copy.matched < _MIN_BARE_SENTENCE:
            continue
        start, end = own.start(copy.start), own.end(copy.end - 1)
        first = bisect_right(ends, start)
        touching = spans[first : bisect_left(spans, end, first, key=lambda span: span.outer_start)]
        inside = [own.within(span.start, span.end) for span in touching]
        covered = sum(max(0, min(copy.end, part.stop) - max(copy.start, part.start)) for part in inside)
        if any(part.start < copy.start - SEED or part.stop > copy.end + SEED for part in inside):
            continue
        if (touching and copy.end - copy.start - covered < SEED) or _is_code(text[start:end]):
            continue
        whole = _ends_sentence(text, end) and _begins_sentence(text, start)
        telling = [word for word in set(own.folded[copy.start : copy.end]) - STOPWORDS if len(word) > 2]
        if (copy.matched >= _MIN_BARE or whole) and len(telling) >= _MIN_TELLING:
            while end < len(text) and text[end] in ".!?…":
                end += 1
            taken_in.update(touching)
            bare.append(Span(start, end, start, end, "bare"))
    return sorted([*(span for span in spans if span not in taken_in), *bare], key=lambda span: span.start)


def _is_code(text: str) -> bool:
    """Tell code and program output by their signs and names: people repeat them without quoting anybody."""
    signs = sum(text.count(sign) for sign in "(){}[]<>=;_\\|")
    names = 2 * len(_IDENTIFIER.findall(text)) + len(_CAMEL_CASE.findall(text))
    return (signs + names) * 2 > len(text.split()) or bool(_OUTPUT.search(text))


def _begins_sentence(text: str, start: int) -> bool:
    before = text[max(0, start - 20) : start]
    return not before.strip() or before.endswith("\n") or bool(_BEGINNING.search(before))


def _ends_sentence(text: str, end: int) -> bool:
    following = text[end : end + 1]
    return not following or following in ".!?…\n"
