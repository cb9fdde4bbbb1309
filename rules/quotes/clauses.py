"""Who is said to speak in the sentence around a passage.

A cue is a verb of speech; its subject is looked for before it ("Ann Lee, the mayor, said"), after it ("sagte
Lindner"), and where a participle has none of its own, at the head of the sentence ("Ann left, saying").
"""

from dataclasses import dataclass
from typing import Literal

from rules.quotes.lexicon import (
    ACCORDING,
    AUXILIARIES,
    CONJUNCTIONS,
    DATES,
    DEFINITE,
    HE,
    HEARD,
    INDEFINITE,
    IT,
    MODALS,
    NO_NAME,
    NOUNS_TOO,
    PARTICLES,
    PASSIVE,
    PREPOSITIONS,
    SPEECH,
    THEY,
    TITLES,
    WE,
    WEAK_SPEECH,
    YOU,
    I,
)
from rules.quotes.sentence import Tokens

Who = Literal["name", "he", "it", "I", "we", "you", "they", "the", "some"]
Tense = Literal["past", "present", "other"]

_OPENING = frozenset("“„«‹「『‘\"＂'")
_SIGNS = frozenset(",;:.!?…-–—―()[]“”„«»‹›\"'’‘")
_CLOSING = frozenset('”"»')
_DASHES = frozenset("-–—―~")
_MOST_BETWEEN = 24
_LONGEST_NAME = 8
_LONGEST_PHRASE = 10


@dataclass(frozen=True, slots=True)
class Clause:
    """Hold the clause that tells of speech: words, speaker's words, kind of speaker, tense, and its first token."""

    text: str
    speaker: str
    who: Who
    tense: Tense
    first: int


@dataclass(frozen=True, slots=True)
class _Subject:
    first: int
    stop: int
    speaker: str
    who: Who


def clause_before(tokens: Tokens) -> Clause | None:
    """Return the clause nearest before a passage that says who speaks."""
    words, lows = tokens.words, tokens.lows
    for verb in range(len(lows) - 1, -1, -1):
        low = lows[verb]
        if low in ACCORDING:
            if clause := _according(tokens, verb):
                return clause
            continue
        tense = SPEECH.get(low)
        if tense is None or (verb and words[verb][0].isupper()):
            continue
        if verb and (lows[verb - 1] in ("and", "but") or (tense == "ing" and words[verb - 1] == ",")):
            # "Ann laughed and said", "Ann left, saying": the subject is the sentence's.
            subject, is_real = _head(tokens, verb), True
        else:
            subject, is_real = _left_of(tokens, verb)
        if subject is None and low not in WEAK_SPEECH and tense in ("past", "present"):
            subject = _right_of(tokens, verb + 1)
            # "“…,” said Ann, who knows", or "as wrote Ann:" with nothing after it.
            is_inverted = not verb or words[verb - 1] in _CLOSING or words[verb - 2 : verb] == ["”", ","]
            if subject is not None and not is_inverted and any(word not in ",:–—-“”" for word in words[subject.stop :]):
                subject = None
        if subject is None and tense == "ing":
            subject = _head(tokens, verb)
        if subject is not None and not _is_doubtful(low, subject, verb):
            if subject.who == "he" and (name := _named_speaker(tokens, verb)):
                # "Ann says she thinks": she is Ann.
                subject = _Subject(subject.first, subject.stop, name, "name")
            if tense == "base" and subject.first and lows[subject.first - 1] in HEARD:
                tense = "past"
            return _clause(tokens, subject, verb, tense, is_real)
    return None


def _named_speaker(tokens: Tokens, stop: int) -> str | None:
    """Return the name that an earlier verb of speech of the sentence has for its subject."""
    for verb in range(stop - 2, 0, -1):
        low = tokens.lows[verb]
        if low in SPEECH and low not in WEAK_SPEECH and low not in NOUNS_TOO and tokens.words[verb][0].islower():
            subject, _ = _left_of(tokens, verb)
            if subject is not None and subject.who == "name":
                return subject.speaker
    return None


def _is_doubtful(low: str, subject: _Subject, verb: int) -> bool:
    """Tell whether a word that is more than a verb of speech may be something else here."""
    if low in NOUNS_TOO:
        last = subject.speaker.split()[-1]
        if subject.stop != verb or last.endswith(("'s", "’s", "s'")) or (subject.who == "name" and last[0].islower()):
            return True
    return low in NOUNS_TOO | WEAK_SPEECH and subject.who not in ("name", "he", "you", "I")


def clause_after(tokens: Tokens) -> Clause | None:
    """Return the clause right after a passage that says who has spoken it: "Ann said", "said Ann", "— Ann"."""
    words, lows = tokens.words, tokens.lows
    start = 0
    while start < len(words) and words[start] in ",.;:!?":
        start += 1
    if start == len(words):
        return None
    if words[start] in _DASHES or words[start] == "(":
        return _signature(tokens, start)
    if lows[start] == "as":
        start += 1
    clause = _verb_first(tokens, start) or _subject_first(tokens, start)
    if clause is not None:
        return clause
    if start < len(words) and lows[start] in ACCORDING:
        return _according(tokens, start)
    # The sentence goes on, and tells the speaker between commas.
    for place in range(start + 1, len(words)):
        if words[place] == ",":
            clause = _verb_first(tokens, place + 1) or _subject_first(tokens, place + 1)
            if clause is not None:
                return clause
    return None


def _clause(tokens: Tokens, subject: _Subject, verb: int, tense: str, is_real: bool = True) -> Clause:
    first, stop = min(subject.first, verb), max(subject.stop, verb + 1)
    told: Tense = "other" if not is_real or tense in ("base", "ing") else "past" if tense == "past" else "present"
    return Clause(tokens.between(first, stop), subject.speaker, subject.who, told, first)


def _verb_first(tokens: Tokens, start: int) -> Clause | None:
    if start >= len(tokens) or tokens.lows[start] not in SPEECH:
        return None
    subject = _right_of(tokens, start + 1)
    if subject is None:
        return None
    return _clause(tokens, subject, start, SPEECH[tokens.lows[start]])


def _subject_first(tokens: Tokens, start: int) -> Clause | None:
    """Read a subject, what is set in after it, and its verb; a verb that leads on to another passage is that one's."""
    words, lows = tokens.words, tokens.lows
    subject = _right_of(tokens, start, is_head=True)
    if subject is None:
        return None
    place, is_real = subject.stop, True
    limit = min(len(words), place + _MOST_BETWEEN)
    while place < limit:
        low = lows[place]
        if low in ("(", ","):
            place = _set_in(words, lows, place, limit)
            if place < 0:
                return None
        elif low in MODALS:
            is_real = False
        elif low == "to":
            return None
        elif low in SPEECH and SPEECH[low] != "ing" and words[place][0].islower():
            following = place + 1
            if following < len(words) and words[following] == ":":
                following += 1
            if following < len(words) and words[following] in _OPENING:
                return None
            if _is_doubtful(low, subject, place):
                return None
            first = _Subject(subject.first, subject.stop, _speaker(tokens, subject, place), subject.who)
            return _clause(tokens, first, place, SPEECH[low], is_real)
        elif words[place] in _SIGNS or low in CONJUNCTIONS or (_pronoun(low) and low != "who"):
            return None
        place += 1
    return None


def _set_in(words: list[str], lows: list[str], place: int, limit: int) -> int:
    """Return where something set in after a subject, between brackets or commas, ends; -1 when it does not."""
    closing = ")" if words[place] == "(" else ","
    for at in range(place + 1, limit):
        if words[at] == closing:
            following = at + 1
            while following < limit and (lows[following] in AUXILIARIES or lows[following].endswith("ly")):
                following += 1
            if closing == ")" or (following < limit and lows[following] in SPEECH):
                return at
        elif words[at] in ";:?!" or (words[at] == "." and closing == "," and words[at + 1 : at + 2] != [","]):
            return -1
    return -1


def _speaker(tokens: Tokens, subject: _Subject, verb: int) -> str:
    """Return the subject with the words that belong to it: "White House secretary Josh Earnest", not "White House"."""
    stop = subject.stop
    while stop < verb and (tokens.words[stop] not in _SIGNS) and not _is_between(tokens.lows[stop]):
        stop += 1
    return tokens.between(subject.first, stop)


def _is_between(low: str) -> bool:
    return low in AUXILIARIES or low in MODALS or low in PREPOSITIONS or low in DATES or low.endswith("ly")


def _signature(tokens: Tokens, start: int) -> Clause | None:
    words = tokens.words
    while start < len(words) and (words[start] in _DASHES or words[start] == "("):
        start += 1
    while start < len(words) and tokens.lows[start] in ("by", "from", "via", "per", "source", ":"):
        start += 1
    subject = _right_of(tokens, start)
    if subject is None or subject.who != "name":
        return None
    if subject.stop < len(words) and words[subject.stop] not in ",.)(:;-–—":
        return None
    return Clause(tokens.between(0, subject.stop), subject.speaker, "name", "past", 0)


def _according(tokens: Tokens, cue: int) -> Clause | None:
    lows, start = tokens.lows, cue + 1
    if lows[cue] in ("according", "courtesy"):
        if start >= len(lows) or lows[start] not in ("to", "of"):
            return None
        start += 1
    subject = _right_of(tokens, start)
    if subject is None or (
        lows[cue] not in ("according", "zufolge", "selon", "según", "согласно") and subject.who != "name"
    ):
        return None
    if subject.who not in ("name", "he", "the"):
        return None
    return Clause(tokens.between(cue, subject.stop), subject.speaker, subject.who, "present", cue)


def _left_of(tokens: Tokens, verb: int) -> tuple[_Subject | None, bool]:
    """Return the subject that stands before a verb, and whether the verb tells of something real."""
    lows, words = tokens.lows, tokens.words
    place, is_real = verb - 1, True
    while place >= 0:
        low = lows[place]
        if low in MODALS:
            is_real = False
        elif low in PASSIVE and SPEECH[lows[verb]] != "ing":
            return None, is_real
        elif low in DATES:
            if place and lows[place - 1] in PREPOSITIONS:
                place -= 1
        elif (
            low not in AUXILIARIES and not (low.endswith("ly") and len(low) > 4) and low not in SPEECH and low != "and"
        ):
            break
        elif low in ("and", *SPEECH):
            # "She smiled and said": the verb before shares its subject.
            if low == "and" and not (place and lows[place - 1] in SPEECH):
                break
        place -= 1
    if place < 0:
        return None, is_real
    if lows[place] == "who":
        place -= 1
        if place >= 0 and words[place] == ",":
            place -= 1
    elif words[place] == ")":
        place = _back_to(words, place, "(") - 1
        if place >= 0 and words[place] == ",":
            place -= 1
    if place >= 0 and words[place] in (",", "–", "—", "-"):
        opening = _back_to(words, place, words[place])
        if opening <= 0:
            return None, is_real
        place = opening - 1
        if words[place] == ")":
            place = _back_to(words, place, "(") - 1
    return (_phrase_ending(tokens, place) if place >= 0 else None), is_real


def _back_to(words: list[str], place: int, sign: str) -> int:
    for at in range(place - 1, max(-1, place - _MOST_BETWEEN), -1):
        if words[at] == sign:
            return at
    return -1


def _pronoun(low: str) -> Who | None:
    low = low.partition("'")[0]
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
    return "it" if low in IT else None


def _is_capital(word: str) -> bool:
    return word[0].isupper() or (word[0] == "@" and len(word) > 1) or (len(word) > 2 and word[1:2].isupper())


def _phrase_ending(tokens: Tokens, last: int) -> _Subject | None:
    """Read the noun phrase that ends at a token: a pronoun, a name, or a noun with its article."""
    words, lows = tokens.words, tokens.lows
    if (who := _pronoun(lows[last])) is not None:
        return _Subject(last, last + 1, words[last], who)
    if words[last] in _SIGNS or lows[last] in PREPOSITIONS or lows[last] in AUXILIARIES:
        return None
    first = last
    if _is_capital(words[last]):
        while first > 0 and last - first < _LONGEST_NAME:
            before = lows[first - 1]
            if not (
                _is_capital(words[first - 1]) or (before in PARTICLES and first > 1 and _is_capital(words[first - 2]))
            ):
                if not (
                    words[first - 1] == "." and first > 1 and (lows[first - 2] in TITLES or len(words[first - 2]) == 1)
                ):
                    break
            first -= 1
        return _named(tokens, first, last + 1)
    while first >= 0 and last - first < _LONGEST_PHRASE:
        low = lows[first]
        if low in INDEFINITE or low in DEFINITE:
            if first == last:
                return None
            who = "some" if low in INDEFINITE else "the"
            return _Subject(
                first, last + 1, tokens.between(first, last + 1), _named_within(tokens, first, last + 1) or who
            )
        if low in CONJUNCTIONS or low in SPEECH or low in MODALS or words[first] in _SIGNS or _pronoun(low):
            break
        first -= 1
    first += 1
    if first > last:
        return None
    who = _named_within(tokens, first, last + 1) or "some"
    return _Subject(first, last + 1, tokens.between(first, last + 1), who)


def _named_within(tokens: Tokens, first: int, stop: int) -> Who | None:
    has_name = any(
        _is_capital(word) and low not in NO_NAME
        for word, low in zip(tokens.words[first:stop], tokens.lows[first:stop], strict=True)
    )
    return "name" if has_name else None


def _named(tokens: Tokens, first: int, stop: int) -> _Subject | None:
    """Return the name in a run of capitalised words, without those that only open the sentence."""
    lows = tokens.lows
    while first < stop and (lows[first].rstrip(".") in NO_NAME or lows[first] in DATES or tokens.words[first] == "."):
        first += 1
    if first == stop or all(low in PARTICLES for low in lows[first:stop]):
        return None
    return _Subject(first, stop, tokens.between(first, stop), "name")


def _right_of(tokens: Tokens, start: int, *, is_head: bool = False) -> _Subject | None:
    """Read the noun phrase that begins at a token; `is_head`: of one without a name only what an article opens."""
    words, lows = tokens.words, tokens.lows
    count = len(words)
    while (
        not is_head and start < count and (lows[start].endswith("ly") or lows[start] in ("to", "also", "later", "then"))
    ):
        start += 1
    if start >= count or words[start] in _SIGNS or lows[start] in PREPOSITIONS:
        return None
    if (who := _pronoun(lows[start])) is not None:
        return _Subject(start, start + 1, words[start], who)
    stop = start
    while stop < count and stop - start < _LONGEST_PHRASE and not _is_capital(words[stop]):
        low = lows[stop]
        if (
            words[stop] in _SIGNS
            or low in SPEECH
            or low in MODALS
            or low in CONJUNCTIONS
            or (is_head and low in PREPOSITIONS)
        ):
            break
        stop += 1
    if stop < count and _is_capital(words[stop]):
        first = stop
        while stop < count and stop - first < _LONGEST_NAME:
            is_short = words[stop] == "." and (lows[stop - 1] in TITLES or len(words[stop - 1]) == 1)
            joins = lows[stop] in PARTICLES and stop + 1 < count and _is_capital(words[stop + 1])
            if not (_is_capital(words[stop]) or is_short or joins):
                break
            stop += 1
        if words[stop - 1] == ".":
            stop -= 1
        named = _named(tokens, first, stop)
        if named is not None:
            return named
        if first == start:
            return (
                _right_of(tokens, stop, is_head=is_head)
                if stop < count and lows[first] in NO_NAME and lows[first] not in INDEFINITE | DEFINITE
                else _with_article(tokens, start, is_head)
            )
        return None
    return _with_article(tokens, start, is_head)


def _with_article(tokens: Tokens, start: int, is_head: bool) -> _Subject | None:
    lows, words = tokens.lows, tokens.words
    if lows[start] not in INDEFINITE and lows[start] not in DEFINITE:
        return None
    stop = start + 1
    while stop < len(words) and stop - start < _LONGEST_PHRASE:
        low = lows[stop]
        if (
            words[stop] in _SIGNS
            or low in SPEECH
            or low in MODALS
            or low in CONJUNCTIONS
            or (low in PREPOSITIONS and low != "of")
        ):
            break
        stop += 1
    if stop == start + 1:
        return None
    who: Who = "some" if lows[start] in INDEFINITE else "the"
    return _Subject(start, stop, tokens.between(start, stop), _named_within(tokens, start, stop) or who)


def _head(tokens: Tokens, verb: int) -> _Subject | None:
    """Return the first subject of the sentence that a participle belongs to."""
    words, lows = tokens.words, tokens.lows
    for place in range(verb):
        if place and lows[place - 1] in PREPOSITIONS:
            continue
        if (who := _pronoun(lows[place])) is not None:
            return _Subject(place, place + 1, words[place], who)
        if _is_capital(words[place]) and lows[place] not in NO_NAME and lows[place] not in DATES:
            stop = place + 1
            while stop < verb and _is_capital(words[stop]):
                stop += 1
            return _named(tokens, place, stop)
    return None
