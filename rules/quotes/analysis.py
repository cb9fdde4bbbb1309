"""The passages of a thread's entries: one analysis that the quote rules and the `quotes` command share."""

from collections.abc import Sequence
from dataclasses import dataclass

from rules.elsewhere import Elsewhere, OutsideText
from rules.finding import Source
from rules.markup.quoting import unquoted
from rules.quotes.alignment import Copy, changed_words
from rules.quotes.attribution import find_attribution, is_addressed, surroundings
from rules.quotes.bare import is_code, with_bare
from rules.quotes.kinds import judge_kind
from rules.quotes.outside import OutsideSources, find_outside
from rules.quotes.passage import Passage, Span
from rules.quotes.sources import ThreadSources, copy_of
from rules.quotes.spans import find_spans
from rules.quotes.verdicts import judge
from rules.view import Entry, ThreadView
from rules.words import Words

# Fewer words in marks are a term.
_MIN_MARKED = 4
_WHOLE_COMMENT = 0.8


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

    def passages(self, entry: Entry) -> Sequence[Passage]:
        """Return the passages of an entry in text order; entries are to be asked for in time order."""
        copies = self._sources.copies(entry)
        outside = find_outside(self._view, entry, copies, self._elsewhere)
        answered = {self._view.before[entry.number]} | (
            {parent.number} if (parent := self._view.parent(entry)) else set()
        )
        spans = with_bare(entry, find_spans(entry.document), copies, self._sources.texts, answered)
        if outside.copies:
            spans = with_bare(entry, spans, outside.copies, outside.words, frozenset())
        passages = (self._passage(entry, span, copies, outside) for span in spans)
        return [passage for passage in passages if passage is not None]

    def _origin(self, entry: Entry, part: range, copies: Sequence[Copy], outside: OutsideSources) -> _Origin | None:
        texts = self._sources.texts
        if copy := copy_of(entry.words, part, copies, texts):
            return _Origin(copy, texts[copy.holder], self._sources.source(copy), self._sources.holder(copy))
        if copy := copy_of(entry.words, part, outside.copies, outside.words):
            return _Origin(copy, outside.words[copy.holder], outside.source(copy), outside.texts[copy.holder])
        return None

    def _passage(self, entry: Entry, span: Span, copies: Sequence[Copy], outside: OutsideSources) -> Passage | None:
        inside = entry.words.within(span.start, span.end)
        if len(inside) < _MIN_MARKED:
            return None
        text = entry.document.text[span.start : span.end]
        if span.form != "bare" and is_code(text):
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
            changes=_changes(entry, origin) if origin is not None else (),
            source_number=in_thread.number if in_thread is not None else None,
            is_paste=whole and span.form == "bare" and judgement.verdict == "unattributed",
            confidence=round(kind.probability * judgement.confidence, 3),
            reasons=(*kind.reasons, judgement.reason),
        )


def _changes(entry: Entry, origin: _Origin) -> tuple[tuple[str, str], ...]:
    """Return the words that a copy changes, leaving out what it cuts with … and adds in [brackets]."""
    copy = origin.copy
    if copy.matched == copy.end - copy.start == copy.source_end - copy.source_start:
        return ()
    changed = changed_words(
        entry.words.folded[copy.start : copy.end], origin.words.folded[copy.source_start : copy.source_end]
    )
    text = entry.document.text[entry.words.start(copy.start) : entry.words.end(copy.end - 1)]
    if "[" in text:
        return ()
    if "…" in text or ".." in text:
        changed = [(was, now) for was, now in changed if now]
    return tuple((" ".join(was), " ".join(now)) for was, now in changed)
