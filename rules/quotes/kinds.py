"""Whether a passage is a quotation at all, or made-up speech, a title, a term.

A third to a half of what stands in marks is no quotation. Readable signs are weighed by a small logistic model; its
weights are learned by `bench/train_kinds.py` and kept in `kinds.json`. Where rules are sure the model is not asked:
words that stand earlier in the thread, and blocks, are quotations.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from rules.quotes.candidate import Candidate
from rules.quotes.lexicon import (
    DEFINITE,
    INDEFINITE,
    NAMING,
    POSSESSIVES,
    PREPOSITIONS,
    SAYINGS,
    SPEECH,
    UNREAL,
    YOU,
    I,
)
from rules.quotes.sentence import Tokens
from rules.titles import is_title

_FIRST_PERSON = re.compile(r"\b(?:I|I['’]m|I['’]ve|I['’]d|I['’]ll|my|me|we|our|us)\b")
_SECOND_PERSON = re.compile(r"\b(?:you|your|you['’]re)\b", re.I)
_SEVERAL = re.compile(r"[.!?]\s+[A-Z]")
_GENERIC = frozenset(("they", "we", "you", "I"))
_FUNCTION = frozenset(
    "is was are were and but or in on at to of for from by with as because when which who that then than so if while "
    "not it i you he she we they said says seems means does did has had would could will can just only".split()
)
# Longer titles are rare, and longer noun phrases are somebody's words.
NAME_SIZE = 7
_LONG = 15
_NEAR = 8
# Signs that decide by themselves, unless another speaks against them: too rare in what the model learned from.
_SURE = (
    (("a name and a colon before it",), "made-up speech", 0.85),
    (("credited to a name that spoke",), "made-up speech", 0.85),
    (("credited to a pronoun that spoke",), "made-up speech", 0.8),
    (("a named work says it",), "made-up speech", 0.8),
    (("from a named work", "a colon before it", "a whole sentence"), "made-up speech", 0.75),
    (("said by somebody unnamed in the past", "a colon before it"), "made-up speech", 0.75),
)


@dataclass(frozen=True, slots=True)
class KindJudgement:
    """Hold the probability (0 to 1) that a passage is a quotation, and the signs that spoke."""

    probability: float
    reasons: tuple[str, ...]


def is_sure(candidate: Candidate) -> bool:
    """Tell whether a candidate is a quotation by its form or its source alone."""
    span, origin = candidate.span, candidate.origin
    return span.form == "block" or (origin is not None and (span.form != "marks" or candidate.count > NAME_SIZE))


def judge_kind(candidate: Candidate) -> KindJudgement:
    """Weigh the signs for and against a quotation."""
    if is_sure(candidate):
        if candidate.origin is not None:
            return KindJudgement(0.97, ("the words stand earlier in the thread",))
        return KindJudgement(0.95, ("set off as a block",))
    learned = weights()
    found = find_signs(candidate)
    for signs, against, probability in _SURE:
        if all(sign in found for sign in signs) and against not in found:
            return KindJudgement(probability, signs)
    spoken = sorted(
        ((learned.get(name, 0.0) * value, name) for name, value in found.items()), key=lambda sign: -abs(sign[0])
    )
    total = learned[""] + sum(weight for weight, _ in spoken)
    reasons = tuple(name for weight, name in spoken[:4] if weight * total > 0)
    return KindJudgement(1 / (1 + math.exp(-total)), reasons)


def _ends_in_phrase(before: Tokens) -> bool:
    if not before.words:
        return False
    last = before.lows[-1]
    return (
        last in INDEFINITE
        or last in DEFINITE
        or last in POSSESSIVES
        or last in ("of", "with", "for", "as", "no", "custom", "new", "old")
    )


def _noun_follows(after: Tokens) -> bool:
    return (
        bool(after.words)
        and after.text[:1].isspace()
        and after.words[0][0].islower()
        and after.lows[0] not in _FUNCTION
    )


def find_signs(candidate: Candidate) -> dict[str, float]:
    """Return the signs that a passage in marks shows, by name; their values are 1, or a measure from 0 to about 3."""
    text, count, credit, company = candidate.text, candidate.count, candidate.credit, candidate.company
    before, after, above = candidate.around.before, candidate.around.after, candidate.around.above
    place = candidate.origin.place if candidate.origin is not None else None
    lead = before if before.words else above
    attribution, clause = credit.attribution, credit.clause
    type = attribution.type if attribution is not None else ""
    named = type in ("name", "handle")
    begin = clause.first if clause is not None and credit.is_before else len(lead.lows) - _NEAR
    unreal = sum(low in UNREAL for low in lead.lows[max(0, begin) :])
    told = clause is not None and clause.tense != "other" and not unreal
    who = clause.who if clause is not None else ""
    last = lead.lows[-1] if lead.words else ""
    alone = not before.words and not after.words
    signs = {
        "stands in the post": place == "post",
        "stands in the comment answered": place == "answered",
        "stands in another comment": place == "elsewhere",
        "addressed and stands earlier": place is not None and credit.is_addressed,
        "a title that stands earlier": place is not None and is_title(text),
        "part of a phrase and stands earlier": place is not None and (_ends_in_phrase(before) or _noun_follows(after)),
        "credited to a name": named,
        "credited to a name that spoke": named and told,
        "has a byline": type == "byline",
        "beside a link": type == "link",
        "from a named work": type == "work",
        "credited to a pronoun": type == "pronoun",
        "credited to a pronoun that spoke": type == "pronoun" and told,
        "credited to nobody in particular": who in ("they", "we"),
        "said by somebody unnamed": who in ("some", "the"),
        "said by somebody unnamed in the past": who in ("some", "the")
        and told
        and clause is not None
        and clause.tense == "past",
        "the author speaks": who == "I",
        "said to be the other's words": credit.is_addressed,
        "said to be the other's words, plainly": credit.is_addressed and not unreal,
        "made-up speech": unreal > 0,
        "made-up speech, twice": unreal > 1,
        "typical speech": who in _GENERIC and not told,
        "a verb of speech before it": any(low in SPEECH for low in lead.lows[-3:]),
        "called a saying or a quotation": any(low in SAYINGS for low in lead.lows[-6:]),
        "read or heard somewhere": type == "vague" and who == "I",
        "named as a term or title": any(low in NAMING for low in before.lows[-3:]),
        "part of a noun phrase": _ends_in_phrase(before),
        "a preposition before it": last in PREPOSITIONS,
        "a noun follows": _noun_follows(after),
        "written as a title": is_title(text),
        "stands alone": alone,
        "opens the line": not before.words and bool(after.words),
        "a named work says it": type == "work" and told,
        "a name and a colon before it": named and last in (":", "-", "–", "—"),
        "a colon before it": last in (":", "-", "–", "—"),
        "a comma before it": last == ",",
        "begins with a capital": text[:1].isupper(),
        "ends as a sentence": text.rstrip()[-1:] in ".!",
        "a question": text.rstrip()[-1:] == "?",
        "cut with an ellipsis": "…" in text or "..." in text,
        "speaks as I or we": bool(_FIRST_PERSON.search(text)),
        "speaks to you": bool(_SECOND_PERSON.search(text)),
        "a pronoun before it": any(low in YOU or low in I for low in before.lows[-4:]),
        "a whole sentence": text[:1].isupper() and text.rstrip()[-1:] in ".!?" and count > 3,
        "opens the comment": candidate.around.opens_text,
        "shares words with what is answered": candidate.shared,
        "says that of it": bool(after.words)
        and after.lows[0] in ("that", "this", "is", "was", "means", "does", "sounds", "seems"),
        "two or three words": count < 4,
        "four or five words": 3 < count < 6,
        "long": math.log2(count / 10) if count > 10 else 0.0,
        "stands alone and is long": alone and count >= _LONG,
        "several sentences": bool(_SEVERAL.search(text)),
        "no closing mark": not candidate.span.closed,
        "among credited quotations": company.share,
        "among many credited quotations": company.credited > 2 and company.share >= 0.5,
    }
    return {name: float(value) for name, value in signs.items() if value}


@cache
def weights() -> Mapping[str, float]:
    """Return the learned weight of each sign; that of "" counts before any sign."""
    learned: dict[str, float] = json.loads((files("rules.quotes") / "kinds.json").read_text("utf-8"))
    return learned
