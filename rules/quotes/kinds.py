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

from rules.quotes.attribution import Surroundings
from rules.quotes.lexicon import HYPOTHETICAL, NAMING, PRONOUNS, SPEECH_VERBS, VAGUE
from rules.quotes.passage import Attribution, Span
from rules.titles import is_title

_HYPOTHETICAL = re.compile(HYPOTHETICAL, re.I)
_NAMING = re.compile(NAMING + r"\W*(?:\w+\W+){0,2}$", re.I)
_FIRST_PERSON = re.compile(r"\b(?:I|I['’]m|I['’]ve|I['’]d|I['’]ll|my|me|we|our|us)\b")
_SECOND_PERSON = re.compile(r"\b(?:you|your|you['’]re)\b", re.I)
_SPEECH_BEFORE = re.compile(rf"\b{SPEECH_VERBS}\b[^\w]*(?:\w+\W+){{0,3}}$", re.I)
_TYPICAL_SPEECH = re.compile(
    rf"\b(?:{VAGUE}|we|you|I|one)\b(?:\W+\w+){{0,4}}?\W+(?:say|saying|says|think|thinking|ask|asking|go|going)\b", re.I
)
_NOUN_PHRASE = re.compile(
    r"\b(?:an?|the|this|that|those|these|of|with|for|as|my|your|his|her|our|their|its|some|any|no|custom|new|old)\s*$",
    re.I,
)
_NOUN_AFTER = re.compile(
    r"^\s+(?!(?:is|was|are|were|and|but|or|in|on|at|to|of|for|from|by|with|as|because|when|which|who|that|then|than|so|"
    r"if|while|not|it|i|you|he|she|we|they|said|says|seems|means|does|did|has|had|would|could|will|can|just|only)\b)[a-z]"
)
# Longer titles are rare, and longer noun phrases are somebody's words.
_NAME_SIZE = 7
_SAID = re.compile(rf"\b(?!saying|says\s+things){SPEECH_VERBS}\b", re.I)
_LONG = 15
# Signs that decide by themselves, unless another speaks against them, and how often they are right.
_SURE = (
    ("said by somebody named", "made-up speech", 0.85),
    ("credited to a pronoun", "made-up speech", 0.8),
    ("stands alone and is long", "typical speech", 0.73),
)
_PRONOUN_BEFORE = re.compile(rf"\b{PRONOUNS}\b", re.I)


@dataclass(frozen=True, slots=True)
class KindJudgement:
    """Hold the probability (0 to 1) that a passage is a quotation, and the signs that spoke."""

    probability: float
    reasons: tuple[str, ...]


def judge_kind(
    span: Span,
    text: str,
    count: int,
    around: Surroundings,
    attribution: Attribution | None,
    *,
    is_copy: bool,
    is_addressed: bool,
) -> KindJudgement:
    """Weigh the signs for and against a quotation.

    `count` is the number of its words, `is_copy` says that they stand earlier in the thread.
    """
    if is_copy and span.form == "marks" and count <= _NAME_SIZE and _is_name(text, around):
        return KindJudgement(0.3, ("a name that the thread uses",))
    if is_copy:
        return KindJudgement(0.97, ("the words stand earlier in the thread",))
    if span.form == "block":
        return KindJudgement(0.95, ("set off as a block",))
    weights = _weights()
    found = find_signs(span, text, count, around, attribution, is_addressed=is_addressed)
    for name, against, probability in _SURE:
        if name in found and against not in found:
            return KindJudgement(probability, (name,))
    spoken = sorted(((weights[name] * value, name) for name, value in found.items()), key=lambda sign: -abs(sign[0]))
    total = weights[""] + sum(weight for weight, _ in spoken)
    reasons = tuple(name for weight, name in spoken[:4] if weight * total > 0)
    return KindJudgement(1 / (1 + math.exp(-total)), reasons)


def _is_name(text: str, around: Surroundings) -> bool:
    in_phrase = _NOUN_PHRASE.search(around.before) is not None and _NOUN_AFTER.match(around.after) is not None
    return is_title(text) or in_phrase


def find_signs(
    span: Span, text: str, count: int, around: Surroundings, attribution: Attribution | None, *, is_addressed: bool
) -> dict[str, float]:
    """Return the signs that a passage in marks shows, by name; their values are 1, or a measure from 0 to about 3."""
    before, after = around.before, around.after
    credit = attribution.type if attribution is not None else ""
    named = credit in ("name", "handle")
    lead = before or around.above
    # "Ann said that if ..." is Ann's "if"; "Ann might say" is nobody's speech.
    cue = attribution.text if named and attribution is not None else lead
    signs = {
        "credited to a name": named,
        "has a byline": credit == "byline",
        "beside a link": credit == "link",
        "from a named work": credit == "work",
        "credited to a pronoun": credit == "pronoun",
        "credited to nobody in particular": credit == "vague",
        "said to be the other's words": is_addressed,
        "made-up speech": bool(_HYPOTHETICAL.search(cue)),
        "typical speech": bool(_TYPICAL_SPEECH.search(lead)),
        "a verb of speech before it": bool(_SPEECH_BEFORE.search(lead)),
        "named as a term or title": bool(_NAMING.search(before)),
        "part of a noun phrase": bool(_NOUN_PHRASE.search(before)),
        "a noun follows": bool(_NOUN_AFTER.match(after)),
        "written as a title": is_title(text),
        "stands alone": not before.strip() and not after.strip(),
        "opens the line": not before.strip() and bool(after.strip()),
        "a colon before it": lead.rstrip().endswith((":", "--", "-")),
        "a comma before it": before.rstrip().endswith(","),
        "begins with a capital": text[:1].isupper(),
        "ends as a sentence": text.rstrip()[-1:] in ".!",
        "a question": text.rstrip()[-1:] == "?",
        "cut with an ellipsis": "…" in text or "..." in text,
        "speaks as I or we": bool(_FIRST_PERSON.search(text)),
        "speaks to you": bool(_SECOND_PERSON.search(text)),
        "a pronoun before it": bool(_PRONOUN_BEFORE.search(before)),
        "four or five words": count < 6,
        "long": math.log2(count / 10) if count > 10 else 0.0,
        "stands alone and is long": not before.strip() and not after.strip() and count >= _LONG,
        "said by somebody named": named and bool(_SAID.search(cue)),
        "several sentences": bool(re.search(r"[.!?]\s+[A-Z]", text)),
        "no closing mark": not span.closed,
    }
    return {name: float(value) for name, value in signs.items() if value}


@cache
def _weights() -> Mapping[str, float]:
    weights: dict[str, float] = json.loads((files("rules.quotes") / "kinds.json").read_text("utf-8"))
    return weights
