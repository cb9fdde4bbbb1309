"""The passages of a thread's entries: one analysis that the quote rules and the `quotes` command share."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rules.elsewhere import Elsewhere
from rules.finding import Source
from rules.markup.quoting import unquoted
from rules.quotes.alignment import Copy
from rules.quotes.articles import Article, find_article
from rules.quotes.attribution import Credit, Credits
from rules.quotes.bare import is_code, with_bare
from rules.quotes.candidate import Candidate, Company, Origin, Place
from rules.quotes.kinds import is_sure, judge_kind
from rules.quotes.names import Members
from rules.quotes.outside import OutsideSources, find_outside
from rules.quotes.passage import Passage, Span
from rules.quotes.sentence import surroundings
from rules.quotes.sources import ThreadSources, copy_of
from rules.quotes.spans import find_spans
from rules.quotes.verdicts import judge
from rules.quotes.wording import changes
from rules.stopwords import STOPWORDS
from rules.view import Entry, ThreadView

# Fewer words in marks are a term.
_MIN_MARKED = 4
_MIN_ECHO = 2
# Each is looked for in the whole of what the comment answers.
_MOST_ECHOES = 500
_MIN_ARTICLE = 15
_WHOLE_COMMENT = 0.8
# The characters between two quotations of one speaker.
_CARRIED = 120
# Whoever answers a quotation mostly stands this near to it.
_NEAR = 20


class QuoteAnalysis:
    """Analyse the entries of one thread, each against those before it and against what is known elsewhere."""

    def __init__(self, view: ThreadView, elsewhere: Elsewhere) -> None:
        self._view = view
        self._elsewhere = elsewhere
        self._sources = ThreadSources(view)
        self._members = Members(view)
        self._quoted: dict[int, list[Span]] = {}  # what entries quote from outside the thread
        self._spelled: dict[int, str] = {}

    def passages(self, entry: Entry) -> Sequence[Passage]:
        """Return the passages of an entry in text order; entries are to be asked for in time order."""
        return [self._judged(entry, candidate) for candidate in self.candidates(entry)]

    def candidates(self, entry: Entry) -> Sequence[Candidate]:
        """Return what may be a passage in text order; entries are to be asked for in time order."""
        self._members.learn(entry)
        copies = self._sources.copies(entry)
        outside = find_outside(self._view, entry, copies, self._elsewhere)
        answered = frozenset((self._sources.answered(entry).number,))
        spans = with_bare(entry, find_spans(entry.document), copies, self._sources.texts, answered)
        if outside.copies:
            spans = with_bare(entry, spans, outside.copies, outside.words, frozenset())
        article = None
        if len(entry.words) >= _MIN_ARTICLE and not any(copy.matched >= _MIN_ARTICLE for copy in copies):
            article = find_article(entry.document.text)
        if article is not None:
            spans = [*(span for span in spans if span.outer_end <= article.start), article.span]
        credits = Credits(self._members, entry)
        found: list[Candidate] = []
        echoes = 0
        for place, span in enumerate(spans):
            inside = entry.words.within(span.start, span.end)
            text = entry.document.text[span.start : span.end]
            if len(inside) < _MIN_ECHO or (span.form != "bare" and is_code(text)):
                continue
            if len(inside) < _MIN_MARKED:
                echoes += 1
                origin = self._echo(entry, inside) if span.form == "marks" and echoes <= _MOST_ECHOES else None
                if origin is None:
                    continue
            else:
                origin = self._origin(entry, inside, copies, outside)
            if origin is not None and origin.is_quoted and origin.place == "elsewhere" and span.form == "bare":
                continue  # both quote somebody else
            around = surroundings(entry.document.text, spans, place)
            credit = credits.find(span, around, _author(origin))
            if credit.attribution is None and origin is None and found:
                credit = _carried_on(entry.document.text, found[-1], span, credit)
            shown = unquoted(text) if span.form == "block" else text
            candidate = Candidate(span, shown, len(inside), origin, around, credit)
            if article is not None and span == article.span and origin is None:
                candidate = replace(candidate, article=article)
            found.append(candidate if is_sure(candidate) else replace(candidate, shared=self._shared(entry, inside)))
        if quoted := [one.span for one in found if one.origin is None and one.span.form != "bare"]:
            self._quoted[entry.number] = quoted
        return _in_company(found)

    def _shared(self, entry: Entry, part: range) -> float:
        """Return the share (0 to 1) of the telling words that the post or what the entry answers has too."""
        telling = {word for word in entry.words.folded[part.start : part.stop] if len(word) > 2} - STOPWORDS
        if not telling:
            return 0.0
        earlier = (self._sources.answered(entry), self._view.entries[0])
        return max(len(telling & holder.words.vocabulary) for holder in earlier) / len(telling)

    def _origin(self, entry: Entry, part: range, copies: Sequence[Copy], outside: OutsideSources) -> Origin | None:
        texts = self._sources.texts
        if copy := copy_of(entry.words, part, copies, texts):
            return self._of_entry(entry, copy)
        if copy := copy_of(entry.words, part, outside.copies, outside.words):
            text = outside.texts[copy.holder]
            return Origin(copy, outside.words[copy.holder], outside.source(copy), text, "elsewhere")
        return None

    def _of_entry(self, entry: Entry, copy: Copy) -> Origin:
        holder, source = self._sources.holder(copy), self._sources.source(copy)
        is_answered = holder is self._sources.answered(entry)
        place: Place = "post" if holder.is_post else "answered" if is_answered else "elsewhere"
        return Origin(copy, holder.words, source, holder, place, self._is_quoted(copy.holder, source))

    def _is_quoted(self, number: int, source: Source) -> bool:
        """Tell whether a source lies for the most part in what its entry quotes from outside the thread."""
        quoted = self._quoted.get(number, ())
        start, end = source.start or 0, source.end or 0
        first = bisect_right(quoted, start, key=lambda span: span.end)
        return any(
            min(end, span.end) - max(start, span.start) > (end - start) / 2 for span in quoted[first : first + 2]
        )

    def _echo(self, entry: Entry, part: range) -> Origin | None:
        """Find a few words in what the entry answers, or in the post: too few to be looked up elsewhere."""
        for holder in (self._sources.answered(entry), self._view.entries[0]):
            at = holder.words.find(entry.words.folded[part.start : part.stop])
            if at is not None:
                copy = Copy(part.start, part.stop, holder.number, at, at + len(part), len(part))
                return self._of_entry(entry, copy)
        return None

    def _judged(self, entry: Entry, candidate: Candidate) -> Passage:
        span, origin, credit = candidate.span, candidate.origin, candidate.credit
        if candidate.article is not None:
            return _pasted(candidate, candidate.article)
        kind = judge_kind(candidate)
        source, holder = (origin.source, origin.holder) if origin is not None else (None, None)
        if kind.probability < 0.5:
            return Passage(
                start=span.start,
                end=span.end,
                text=candidate.text,
                form=span.form,
                kind="not-quotation",
                verdict=None,
                attribution=credit.attribution,
                source=source,
                confidence=round(1 - kind.probability, 3),
                reasons=kind.reasons,
            )
        whole = candidate.count >= _WHOLE_COMMENT * len(entry.words)
        judgement = judge(self._view, entry, candidate, is_whole_comment=whole)
        return Passage(
            start=span.start,
            end=span.end,
            text=candidate.text,
            form=span.form,
            kind="quotation",
            verdict=judgement.verdict,
            attribution=credit.attribution,
            source=source,
            changes=self._changes(entry, span, origin) if origin is not None else (),
            source_number=holder.number if isinstance(holder, Entry) else None,
            is_paste=whole and span.form == "bare" and judgement.verdict == "unattributed",
            confidence=round(kind.probability * judgement.confidence, 3),
            reasons=(*kind.reasons, judgement.reason),
        )

    def _changes(self, entry: Entry, span: Span, origin: Origin) -> tuple[tuple[str, str], ...]:
        """Return the words that a passage changes, leaving out what it cuts with … and adds in [brackets].

        What somebody else wrote just so, quoting the source in pieces of his choice, is changed by nobody but him.
        """
        part, holder, copy = entry.words.within(span.start, span.end), origin.holder, origin.copy
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


def _pasted(candidate: Candidate, article: Article) -> Passage:
    """Return the passage of a pasted article: its byline says whose it is, and so does a link."""
    credit = candidate.credit.attribution
    return Passage(
        start=article.start,
        end=article.end,
        text=candidate.text,
        form="bare",
        kind="quotation",
        verdict="attributed" if credit is not None and credit.type != "vague" else "unattributed",
        attribution=credit,
        source=None,
        is_paste=True,
        confidence=article.probability,
        reasons=(f"a pasted article ({', '.join(article.signs)})",),
    )


def _carried_on(text: str, before: Candidate, span: Span, credit: Credit) -> Credit:
    """Let a quotation go on under the name of the one before it: close behind it, or one more block from outside."""
    known = before.credit.attribution
    if known is None or credit.clause is not None or credit.is_addressed or before.span.form != span.form:
        return credit
    if span.form == "block":
        return replace(credit, attribution=known) if before.origin is None and known.type != "vague" else credit
    between = text[before.span.outer_end : span.outer_start]
    if known.type not in ("name", "handle", "pronoun") or len(between) > _CARRIED or "\n" in between.strip(" \t\n"):
        return credit
    return replace(credit, attribution=known)


def _in_company(candidates: Sequence[Candidate]) -> Sequence[Candidate]:
    marked = sum(candidate.span.form == "marks" for candidate in candidates)
    if marked < 2:
        return candidates
    credited = sum(candidate.span.form == "marks" and candidate.is_credited for candidate in candidates)
    found = []
    for candidate in candidates:
        others = credited - (candidate.span.form == "marks" and candidate.is_credited)
        found.append(replace(candidate, company=Company(others / (marked - 1), others)))
    return found


def _author(origin: Origin | None) -> Entry | None:
    """Return the entry of the thread whose own the words are."""
    if origin is None or origin.is_quoted or not isinstance(origin.holder, Entry):
        return None
    return origin.holder
