"""The passages of a thread's entries: one analysis that the quote rules and the `quotes` command share."""

from collections.abc import Sequence

from rules.markup.quoting import unquoted
from rules.quotes.alignment import Copy, changed_words
from rules.quotes.attribution import find_attribution, is_addressed, surroundings
from rules.quotes.kinds import judge_kind
from rules.quotes.passage import Passage, Span
from rules.quotes.sources import ThreadSources, best_copy
from rules.quotes.spans import find_spans
from rules.quotes.verdicts import judge
from rules.view import Entry, ThreadView
from rules.words import Words

# Fewer words in marks are a term; fewer without marks are chance.
_MIN_MARKED = 4
_MIN_BARE = 8
_MIN_BARE_SENTENCE = 6
_WHOLE_COMMENT = 0.8


class QuoteAnalysis:
    """Analyse the entries of one thread, each against those before it."""

    def __init__(self, view: ThreadView) -> None:
        self._view = view
        self._sources = ThreadSources(view)

    def passages(self, entry: Entry) -> Sequence[Passage]:
        """Return the passages of an entry in text order; entries are to be asked for in time order."""
        copies = self._sources.copies(entry)
        found = []
        spans = find_spans(entry.document)
        for span in spans:
            passage = self._passage(entry, span, copies)
            if passage is not None:
                found.append(passage)
        for span in self._bare_spans(entry, copies, spans):
            passage = self._passage(entry, span, copies)
            if passage is not None:
                found.append(passage)
        return sorted(found, key=lambda passage: passage.start)

    def _bare_spans(self, entry: Entry, copies: Sequence[Copy], spans: Sequence[Span]) -> list[Span]:
        """Return copies outside the marked spans that are too long for chance."""
        text, own = entry.document.text, entry.words
        bare = []
        for copy in copies:
            start, end = own.starts[copy.start], own.ends[copy.end - 1]
            if any(span.outer_start < end and start < span.outer_end for span in spans):
                continue
            whole = _ends_sentence(text, end) and _begins_sentence(text, start)
            if copy.matched >= _MIN_BARE or (whole and copy.matched >= _MIN_BARE_SENTENCE):
                while end < len(text) and text[end] in ".!?…":
                    end += 1
                bare.append(Span(start, end, start, end, "bare"))
        return bare

    def _passage(self, entry: Entry, span: Span, copies: Sequence[Copy]) -> Passage | None:
        inside = entry.words.within(span.start, span.end)
        copy = best_copy(copies, inside.start, inside.stop) if inside else None
        if len(inside) < _MIN_MARKED and copy is None:
            return None
        text = entry.document.text[span.start : span.end]
        shown = unquoted(text) if span.form == "block" else text
        around = surroundings(entry.document.text, span)
        attribution = find_attribution(self._view, entry, span, around)
        addressed = is_addressed(around)
        kind = judge_kind(
            span,
            shown,
            _slice(entry.words, inside),
            around,
            attribution,
            is_copy=copy is not None,
            is_addressed=addressed,
        )
        source = self._sources.source(copy) if copy is not None else None
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
            self._sources.holder(copy) if copy is not None else None,
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
            changes=self._changes(entry, copy) if copy is not None else (),
            source_number=copy.holder if copy is not None else None,
            is_paste=whole and span.form == "bare" and judgement.verdict == "unattributed",
            confidence=round(kind.probability * judgement.confidence, 3),
            reasons=(*kind.reasons, judgement.reason),
        )

    def _changes(self, entry: Entry, copy: Copy) -> tuple[tuple[str, str], ...]:
        """Return the words that a copy changes, leaving out what it cuts with … and adds in [brackets]."""
        holder = self._sources.holder(copy)
        changed = changed_words(
            entry.words.folded[copy.start : copy.end], holder.words.folded[copy.source_start : copy.source_end]
        )
        text = entry.document.text[entry.words.starts[copy.start] : entry.words.ends[copy.end - 1]]
        if "[" in text:
            return ()
        if "…" in text or ".." in text:
            changed = [(was, now) for was, now in changed if now]
        return tuple((" ".join(was), " ".join(now)) for was, now in changed)


def _slice(whole: Words, part: range) -> Words:
    return Words(
        whole.folded[part.start : part.stop], whole.starts[part.start : part.stop], whole.ends[part.start : part.stop]
    )


def _begins_sentence(text: str, start: int) -> bool:
    before = text[max(0, start - 20) : start].rstrip(" \t")[-1:]
    return not before or before in ".!?…:\n>"


def _ends_sentence(text: str, end: int) -> bool:
    following = text[end : end + 1]
    return not following or following in ".!?…\n"
