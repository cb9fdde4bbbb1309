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
    HEARD,
    MODALS,
    NOUNS_TOO,
    PASSIVE,
    PREPOSITIONS,
    SPEECH,
    WEAK_SPEECH,
)
from rules.quotes.phrases import (
    SIGNS,
    Subject,
    Who,
    first_subject,
    name_within,
    phrase_ending,
    phrase_starting,
    pronoun,
)
from rules.quotes.sentence import Tokens

Tense = Literal["past", "present", "other"]

_OPENING = frozenset("“„«‹「『‘\"＂'")
_CLOSING = frozenset('”"»')
_DASHES = frozenset("-–—―~")
_PERFECT = frozenset("a ont hat haben ha han had has".split())
_BETWEEN = AUXILIARIES | MODALS | PREPOSITIONS | DATES
_MOST_BETWEEN = 24


@dataclass(frozen=True, slots=True)
class Clause:
    """Hold the clause that tells of speech: words, speaker's words, kind of speaker, tense, and its first token."""

    text: str
    speaker: str
    who: Who
    tense: Tense
    first: int


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
            subject, is_real = first_subject(tokens, verb), True
        else:
            subject, is_real = _left_of(tokens, verb)
        if subject is None and low not in WEAK_SPEECH and tense in ("past", "present"):
            subject = phrase_starting(tokens, verb + 1)
            # "“…,” said Ann, who knows", or "as wrote Ann:" with nothing after it.
            is_inverted = not verb or words[verb - 1] in _CLOSING or words[verb - 2 : verb] == ["”", ","]
            if subject is not None and not is_inverted and any(word not in ",:–—-“”" for word in words[subject.stop :]):
                subject = None
        if subject is None and tense == "ing":
            subject = first_subject(tokens, verb)
        if subject is not None and not _is_doubtful(low, subject, verb):
            if subject.who == "he" and (name := _named_speaker(tokens, verb)):
                # "Ann says she thinks": she is Ann.
                subject = Subject(subject.first, subject.stop, name, "name")
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


def _is_doubtful(low: str, subject: Subject, verb: int) -> bool:
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
        return _verb_first(tokens, start + 1) or _signature(tokens, start)
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


def _clause(tokens: Tokens, subject: Subject, verb: int, tense: str, is_real: bool = True) -> Clause:
    first, stop = min(subject.first, verb), max(subject.stop, verb + 1)
    told: Tense = "other" if not is_real or tense in ("base", "ing") else "past" if tense == "past" else "present"
    return Clause(tokens.between(first, stop), subject.speaker, subject.who, told, first)


def _verb_first(tokens: Tokens, start: int) -> Clause | None:
    lows = tokens.lows
    if start < len(lows) and "-" in lows[start]:
        # French: "dit-il".
        verb, _, speaker = lows[start].partition("-")
        if verb in SPEECH and (who := pronoun(speaker.removeprefix("t-"))) is not None:
            return Clause(tokens.words[start], speaker, who, "past", start)
    if start + 1 < len(lows) and lows[start] in _PERFECT:
        start += 1
    if start >= len(lows) or lows[start] not in SPEECH:
        return None
    subject = phrase_starting(tokens, start + 1)
    if subject is None:
        return None
    return _clause(tokens, subject, start, SPEECH[tokens.lows[start]])


def _subject_first(tokens: Tokens, start: int) -> Clause | None:
    """Read a subject, what is set in after it, and its verb; a verb that leads on to another passage is that one's."""
    words, lows = tokens.words, tokens.lows
    subject = phrase_starting(tokens, start, is_head=True)
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
            first = Subject(subject.first, subject.stop, _speaker(tokens, subject, place), subject.who)
            return _clause(tokens, first, place, SPEECH[low], is_real)
        elif words[place] in SIGNS or low in CONJUNCTIONS or (pronoun(low) and low != "who"):
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


def _speaker(tokens: Tokens, subject: Subject, verb: int) -> str:
    """Return the subject with the words that belong to it: "White House secretary Josh Earnest", not "White House"."""
    stop = subject.stop
    while stop < verb and tokens.lows[stop] not in _BETWEEN | SIGNS and not tokens.lows[stop].endswith("ly"):
        stop += 1
    return tokens.between(subject.first, stop)


def _signature(tokens: Tokens, start: int) -> Clause | None:
    words = tokens.words
    while start < len(words) and (words[start] in _DASHES or words[start] == "("):
        start += 1
    while start < len(words) and tokens.lows[start] in ("by", "from", "via", "per", "source", ":"):
        start += 1
    subject = phrase_starting(tokens, start)
    if subject is None or subject.who != "name":
        return None
    if subject.stop < len(words) and words[subject.stop] not in ",.)(:;-–—":
        return None
    return Clause(tokens.between(0, subject.stop), subject.speaker, "name", "past", 0)


def _according(tokens: Tokens, cue: int) -> Clause | None:
    lows, start = tokens.lows, cue + 1
    if lows[cue] in ("according", "courtesy", "words", "mots", "palabras"):
        if start >= len(lows) or lows[start] not in ("to", "of", "de"):
            return None
        start += 1
    subject = phrase_starting(tokens, start)
    if subject is None or (
        lows[cue] not in ("according", "zufolge", "selon", "según", "согласно") and subject.who != "name"
    ):
        return None
    if subject.who not in ("name", "he", "the"):
        return None
    return Clause(tokens.between(cue, subject.stop), subject.speaker, subject.who, "present", cue)


def _left_of(tokens: Tokens, verb: int) -> tuple[Subject | None, bool]:
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
        elif low == "and":
            # "She smiled and said": the verb before shares its subject.
            if not place or lows[place - 1] not in SPEECH:
                break
        elif low not in AUXILIARIES and low not in SPEECH and not (low.endswith("ly") and len(low) > 4):
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
        named = name_within(tokens, opening + 1, place)
        place = opening - 1
        if named is not None and words[place][0].islower():
            return named, is_real  # "the mayor, Ann Lee, said"
        if words[place] == ")":
            place = _back_to(words, place, "(") - 1
    return (phrase_ending(tokens, place) if place >= 0 else None), is_real


def _back_to(words: list[str], place: int, sign: str) -> int:
    for at in range(place - 1, max(-1, place - _MOST_BETWEEN), -1):
        if words[at] == sign:
            return at
    return -1
