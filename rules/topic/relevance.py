"""Whether a comment still belongs to its thread, and what to tell of one that does not."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rules.elsewhere import NOTHING_KNOWN, Elsewhere
from rules.topic.declared import LIKELIER, declared
from rules.topic.evidence import Evidence, Said, ThreadTopic
from rules.topic.languages import language_of, stems_in
from rules.topic.lexicon import Lexicon, shipped
from rules.topic.model import Model, model_for
from rules.topic.pairs import NO_PAIRS, pairs_of
from rules.topic.parts import MOST_SENTENCES, farthest, sentences_of
from rules.topic.semantic import LANGUAGE, ThreadMeaning
from rules.topic.site import MOST_WORDS, SITE_SIGNS, SitePost
from rules.view import Entry, ThreadView
from rules.words import Words

# A thread's language is known once so many of its texts have shown theirs.
_LEARNED = 20
_AWAY = 5
# Reasons are worked out from this score on.
_TOLD = 0.1
# Below, a part that has left was next to never found, and most comments are below.
_LOOKED_INTO = 0.03
_MOST_OF_POST = 20_000
_BETWEEN_SENTENCES = re.compile(r"(?<=[.!?。！？])\s+|\n\s*\n")


@dataclass(frozen=True, slots=True)
class Relevance:
    """Hold how likely a comment has left its thread (0 to 1) and why.

    `stems` counts the different topic words of the comment, `size` those of the thread before it; `in_post` and
    `in_thread` are the shares of the comment's weight that each had used. `away` are words that nobody had used, in
    order, `sentence` is the post's that is nearest, `nearest` the number of the nearest earlier comment, `home` another
    post that is nearer. `language` is set where it is another than the thread's, which is `spoken`.
    `in_site` tells that other posts of its site were known, `by_meaning` that a sentence model took part; `evidence` is
    kept where one might. `part` is the same of the run of its sentences that shares least, by words alone, and there
    `span` tells where in the comment that is. `declared` is where it says itself that it does not belong.
    """

    score: float
    stems: int = 0
    size: int = 0
    in_post: float = 0.0
    in_thread: float = 0.0
    away: tuple[str, ...] = ()
    sentence: str | None = None
    nearest: int | None = None
    home: SitePost | None = None
    language: str | None = None
    spoken: str | None = None
    evidence: Evidence | None = None
    in_site: bool = False
    by_meaning: bool = False
    part: "Relevance | None" = None
    span: tuple[int, int] | None = None
    declared: tuple[int, int] | None = None

    @property
    def certainty(self) -> float:
        """How likely it is with what the comment says of itself."""
        if self.declared is None:
            return self.score
        odds = LIKELIER * self.score
        return odds / (odds + 1 - self.score)


class TopicAnalysis:
    """Learn what a thread talks about as it is read."""

    def __init__(
        self,
        view: ThreadView,
        elsewhere: Elsewhere = NOTHING_KNOWN,
        *,
        lexicon: Lexicon | None = None,
        model: Model | None = None,
    ) -> None:
        self._view = view
        self._lexicon = lexicon or shipped()
        self._model = (lambda evidence: model) if model is not None else model_for
        self._sentences: list[tuple[str, frozenset[str]]] | None = None
        self._said: dict[int, Said] = {}
        self._posts = elsewhere.posts
        self._meaning: ThreadMeaning | None = None
        self._find_sentences = elsewhere.sentences
        self._weighed: dict[int, Relevance] = {}
        self._languages: dict[str, int] = {}
        post = view.entries[0]
        title = Words(" ".join(filter(None, {view.thread.title, view.thread.post.title})))
        words = post.words.folded[:MOST_WORDS]
        self._hear(language_of(words, post.document.text))
        stems = stems_in(self.spoken)
        self._topic = ThreadTopic(
            self.said(post),
            (stem for word in title.folded if (stem := stems.of(word))),
            id=view.thread.id,
            site=elsewhere.posts,
        )

    @property
    def spoken(self) -> str | None:
        """The language that most texts of the thread are in, so far."""
        return max(self._languages, key=self._languages.__getitem__, default=None)

    def relevance(self, entry: Entry) -> Relevance:
        """Compare a comment with what came before it, then learn it; entries are to be given in time order."""
        said = self.said(entry)
        evidence = self.evidence(entry, said)
        found = self._judged(entry.words, said, evidence, declared(entry.document, said.words))
        if found.score >= _LOOKED_INTO and found.language is None and (span := self._span_of_part(entry, said)):
            words = Words(entry.document.text[slice(*span)])
            part = self._said_in(words, entry, said.language)
            found = replace(found, part=replace(self._judged(words, part, self.evidence(entry, part)), span=span))
        self.learn(entry, said)
        return found

    def said(self, entry: Entry) -> Said:
        """Return what an entry says."""
        return self._said_in(entry.words, entry, language_of(entry.words.folded[:MOST_WORDS], entry.document.text))

    def _said_in(self, words: Words, entry: Entry, language: str | None) -> Said:
        folded = words.folded[:MOST_WORDS]
        counts = self._counts(folded, language)
        author = (entry.author or "").strip().casefold()
        known = list(zip(counts, map(self._lexicon.look, counts), strict=True))
        pairs = pairs_of(folded) if self._posts is not None else NO_PAIRS
        return Said(counts, known, language, author, frozenset(folded), pairs)

    def _counts(self, folded: Sequence[str], language: str | None) -> Counter[str]:
        return Counter(filter(None, map(stems_in(language or self.spoken).of, folded)))

    def _span_of_part(self, entry: Entry, said: Said) -> tuple[int, int] | None:
        """Return where the part of a comment is that shares least; None where it is too short, or too long."""
        text = entry.document.text
        spans = sentences_of(text) if len(entry.words) <= MOST_WORDS else []
        if not 2 < len(spans) <= MOST_SENTENCES:
            return None
        sentences = [self._counts(Words(text[start:end]).folded, said.language) for start, end in spans]
        run = farthest(sentences, {stem: known.weight for stem, known in said.known}, self._topic.is_new)
        return (spans[run[0]][0], spans[run[1] - 1][1]) if run else None

    def evidence(self, entry: Entry, said: Said) -> Evidence:
        """Return the evidence about a comment, with the comments before it learned."""
        return self._topic.weigh(said, answered=self._said.get(self._answered(entry).number))

    def weighed(self, entry: Entry, found: Relevance) -> Relevance:
        """Return what was found of a comment, with what a sentence model says of it where there is one for it.

        The model takes a hundred times as long as all the rest: it is asked of a comment that is to be judged, not of
        all that come before it.
        """
        if found.evidence is None:
            return found
        known = self._weighed.get(entry.number)
        if known is None:
            evidence = self.with_meaning(entry, found.evidence)
            model = self._model(evidence)
            takes_part = not model.needs <= found.evidence.signs.keys()
            score = model.probability(evidence)
            # Where the whole is near in meaning, no part of it is far.
            part = found.part if score >= _LOOKED_INTO else None
            known = self._weighed[entry.number] = replace(found, score=score, by_meaning=takes_part, part=part)
        return known

    def with_meaning(self, entry: Entry, evidence: Evidence) -> Evidence:
        """Return the evidence about a comment with what a sentence model adds; the same where there is none."""
        if self._meaning is None:
            if self._find_sentences is None or (model := self._find_sentences()) is None:
                self._find_sentences = None
                return evidence
            self._meaning = ThreadMeaning(model, self._view, self._posts)
        signs = self._meaning.signs(
            entry, answered=self._answered(entry), nearest=evidence.nearest, homes=evidence.homes
        )
        return replace(evidence, signs={**evidence.signs, **signs})

    def _answered(self, entry: Entry) -> Entry:
        return self._view.parent(entry) or self._view.entries[self._view.before[entry.number]]

    def learn(self, entry: Entry, said: Said) -> None:
        """Take a comment in."""
        if not entry.is_post:
            self._said[entry.number] = said
            self._topic.learn(said)
            self._hear(said.language)

    def _judged(self, words: Words, said: Said, evidence: Evidence, where: tuple[int, int] | None = None) -> Relevance:
        score = self._model(evidence).probability(evidence)
        language, spoken = said.language, self.spoken
        can_add = self._find_sentences is not None and spoken == LANGUAGE and language in (None, LANGUAGE)
        is_told = can_add or score >= _TOLD or where is not None
        signs = evidence.signs
        return Relevance(
            score=score,
            stems=evidence.stems,
            size=self._topic.size,
            in_site=not SITE_SIGNS.isdisjoint(signs),
            in_post=signs["share of post"],
            in_thread=signs["share of thread"],
            away=self._away(words, said) if is_told else (),
            sentence=self._sentence(said) if is_told else None,
            nearest=evidence.nearest,
            home=evidence.home,
            language=language if spoken is not None and language != spoken else None,
            spoken=spoken,
            evidence=evidence if can_add else None,
            declared=where,
        )

    def _sentence(self, said: Said) -> str | None:
        """Return the sentence of the post that shares most with a comment."""
        if self._sentences is None:
            stems = stems_in(self.spoken)
            text = self._view.entries[0].document.text[:_MOST_OF_POST]
            self._sentences = [
                (one, frozenset(stem for word in Words(one).folded if (stem := stems.of(word))))
                for one in _BETWEEN_SENTENCES.split(text)
            ]
        own = {stem: known.weight for stem, known in said.known}
        shared = [(sum(own[stem] for stem in stems & own.keys()), one) for one, stems in self._sentences]
        best, sentence = max(shared, key=lambda one: one[0], default=(0.0, ""))
        return sentence if best > 0 else None

    def _away(self, words: Words, said: Said) -> tuple[str, ...]:
        """Return the words that nobody had used before and that tell most, in the comment's order."""
        stems = stems_in(said.language or self.spoken)
        first: dict[str, int] = {}
        for at, word in enumerate(words.folded[:MOST_WORDS]):
            if (stem := stems.of(word)) and self._topic.is_new(stem):
                first.setdefault(stem, at)
        # A word that nobody knows may be a slip of the keyboard: known ones go first.
        known, look = self._lexicon.stems, self._lexicon.look
        telling = sorted(first, key=lambda stem: (stem not in known, -look(stem).weight, first[stem]))[:_AWAY]
        return tuple(words.text[words.start(at) : words.end(at)] for at in sorted(first[stem] for stem in telling))

    def _hear(self, language: str | None) -> None:
        if language is not None and sum(self._languages.values()) < _LEARNED:
            self._languages[language] = self._languages.get(language, 0) + 1
