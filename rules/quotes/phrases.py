"""Noun phrases beside a verb of speech: pronouns, names, nouns with their articles."""

from dataclasses import dataclass
from typing import Literal

from rules.quotes.lexicon import (
    AUXILIARIES,
    CONJUNCTIONS,
    DATES,
    DEFINITE,
    HE,
    INDEFINITE,
    IT,
    MODALS,
    NO_NAME,
    PARTICLES,
    PREPOSITIONS,
    SOMEONE,
    SPEECH,
    THEY,
    TITLES,
    WE,
    WORKS,
    YOU,
    I,
)
from rules.quotes.sentence import Tokens

# Who a phrase means: somebody by name, a person by pronoun, a thing, or a noun after "the" or "some".
Who = Literal["name", "he", "it", "I", "we", "you", "they", "the", "some"]
SIGNS = frozenset(",;:.!?…-–—―()[]“”„«»‹›\"'’‘")

_ENDS = SIGNS | CONJUNCTIONS | MODALS | SPEECH.keys()
_SKIPPED = frozenset(("to", "also", "later", "then"))
_LONGEST_NAME = 8
_LONGEST_PHRASE = 10


@dataclass(frozen=True, slots=True)
class Subject:
    """Hold a noun phrase: its tokens, its words, and who it means."""

    first: int
    stop: int
    speaker: str
    who: Who


def pronoun(low: str) -> Who | None:
    """Return whom a word means when it is a pronoun."""
    low = low if low in SOMEONE else low.partition("'")[0]
    if low in HE:
        return "he"
    if low in I:
        return "I"
    if low in YOU:
        return "you"
    if low in WE:
        return "we"
    if low in THEY:
        return "they"
    if low in SOMEONE:
        return "some"
    return "it" if low in IT else None


def is_capital(word: str) -> bool:
    """Tell whether a word is written as a name or a handle."""
    return word[0].isupper() or (word[0] == "@" and len(word) > 1) or (len(word) > 2 and word[1:2].isupper())


def phrase_ending(tokens: Tokens, last: int) -> Subject | None:
    """Read the noun phrase that ends at a token: a pronoun, a name, or a noun with its article."""
    words, lows = tokens.words, tokens.lows
    if (who := pronoun(lows[last])) is not None:
        return Subject(last, last + 1, words[last], who)
    if words[last] in SIGNS or lows[last] in PREPOSITIONS or lows[last] in AUXILIARIES:
        return None
    first = last
    if is_capital(words[last]) and lows[last] not in WORKS:
        while first > 0 and last - first < _LONGEST_NAME:
            joins = first > 1 and lows[first - 1] in PARTICLES and is_capital(words[first - 2])
            if not (is_capital(words[first - 1]) or joins or _is_abbreviated(tokens, first - 1)):
                break
            first -= 1
        return _named(tokens, first, last + 1)
    while first >= 0 and last - first < _LONGEST_PHRASE:
        low = lows[first]
        if low in INDEFINITE or low in DEFINITE:
            return _phrase(tokens, first, last + 1) if first < last else None
        if low in _ENDS or pronoun(low):
            break
        first -= 1
    first += 1
    return _phrase(tokens, first, last + 1) if first <= last else None


def _phrase(tokens: Tokens, first: int, stop: int) -> Subject:
    lows = tokens.lows
    has_name = any(
        is_capital(word) and low not in NO_NAME and low not in WORKS
        for word, low in zip(tokens.words[first:stop], lows[first:stop], strict=True)
    )
    who: Who = "name" if has_name else "the" if lows[first] in DEFINITE else "some"
    return Subject(first, stop, tokens.between(first, stop), who)


def _is_abbreviated(tokens: Tokens, place: int) -> bool:
    """Tell whether a token is the full stop of a title or an initial."""
    if tokens.words[place] != "." or not place:
        return False
    return tokens.lows[place - 1] in TITLES or len(tokens.words[place - 1]) == 1


def _named(tokens: Tokens, first: int, stop: int) -> Subject | None:
    """Return the name in a run of capitalised words, without those that only open the sentence."""
    lows = tokens.lows
    while first < stop and (lows[first].rstrip(".") in NO_NAME or lows[first] in DATES or tokens.words[first] == "."):
        first += 1
    if first == stop or all(low in PARTICLES for low in lows[first:stop]):
        return None
    return Subject(first, stop, tokens.between(first, stop), "name")


def phrase_starting(tokens: Tokens, start: int, *, is_head: bool = False) -> Subject | None:
    """Read the noun phrase that begins at a token; `is_head`: of one without a name only what an article opens."""
    words, lows = tokens.words, tokens.lows
    count = len(words)
    while (
        not is_head and start < count and (lows[start].endswith("ly") or lows[start] in ("to", "also", "later", "then"))
    ):
        start += 1
    if start >= count or words[start] in SIGNS or lows[start] in PREPOSITIONS:
        return None
    if (who := pronoun(lows[start])) is not None:
        return Subject(start, start + 1, words[start], who)
    stop = start
    while stop < count and stop - start < _LONGEST_PHRASE and not is_capital(words[stop]):
        low = lows[stop]
        if (
            words[stop] in SIGNS
            or low in SPEECH
            or low in MODALS
            or low in CONJUNCTIONS
            or (is_head and low in PREPOSITIONS)
        ):
            break
        stop += 1
    if stop < count and is_capital(words[stop]):
        first = stop
        while stop < count and stop - first < _LONGEST_NAME:
            joins = lows[stop] in PARTICLES and stop + 1 < count and is_capital(words[stop + 1])
            if not (is_capital(words[stop]) or joins or _is_abbreviated(tokens, stop)):
                break
            stop += 1
        if words[stop - 1] == ".":
            stop -= 1
        named = _named(tokens, first, stop)
        if named is not None:
            return named
        if first > start:
            return None
        if stop < count and lows[first] in NO_NAME and lows[first] not in INDEFINITE | DEFINITE:
            return phrase_starting(tokens, stop, is_head=is_head)
    return _with_article(tokens, start)


def _with_article(tokens: Tokens, start: int) -> Subject | None:
    lows = tokens.lows
    if lows[start] not in INDEFINITE and lows[start] not in DEFINITE:
        return None
    stop = start + 1
    while stop < len(lows) and stop - start < _LONGEST_PHRASE:
        if lows[stop] in _ENDS or (lows[stop] in PREPOSITIONS and lows[stop] != "of"):
            break
        stop += 1
    return _phrase(tokens, start, stop) if stop > start + 1 else None


def first_subject(tokens: Tokens, verb: int) -> Subject | None:
    """Return the first subject of the sentence that a participle belongs to."""
    words, lows = tokens.words, tokens.lows
    for place in range(verb):
        if place and lows[place - 1] in PREPOSITIONS:
            continue
        if (who := pronoun(lows[place])) is not None:
            return Subject(place, place + 1, words[place], who)
        if is_capital(words[place]) and lows[place] not in NO_NAME and lows[place] not in DATES:
            stop = place + 1
            while stop < verb and is_capital(words[stop]):
                stop += 1
            return _named(tokens, place, stop)
    return None


def name_within(tokens: Tokens, first: int, stop: int) -> Subject | None:
    """Return the name that fills a stretch between two commas."""
    if first < stop and all(
        is_capital(word) or low in PARTICLES
        for word, low in zip(tokens.words[first:stop], tokens.lows[first:stop], strict=True)
    ):
        return _named(tokens, first, stop)
    return None
