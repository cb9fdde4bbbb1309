"""Whether a passage is a quotation at all, or made-up speech, a title, a term.

Readable signs, weighed by hand; the sum is a log-odds. A third to a half of what stands in marks is no quotation.
"""

import math
import re
from dataclasses import dataclass

from rules.quotes.attribution import Surroundings
from rules.quotes.lexicon import HYPOTHETICAL, NAMING
from rules.quotes.passage import Attribution, Span
from rules.titles import is_title

_HYPOTHETICAL = re.compile(HYPOTHETICAL, re.I)
_NAMING = re.compile(NAMING + r"\W*(?:\w+\W+){0,2}$", re.I)
_FIRST_PERSON = re.compile(r"\b(?:I|I'm|I've|I'd|my|me)\b")


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
    """Weigh the signs for and against a quotation; `count` is the number of its words, `is_copy` says
    that they stand earlier in the thread."""
    if is_copy:
        return KindJudgement(0.97, ("the words stand earlier in the thread",))
    if span.form == "block":
        return KindJudgement(0.95, ("set off as a block",))
    signs: list[tuple[float, str]] = [(-1.6, "in quotation marks")]
    if attribution is not None and attribution.type in ("name", "handle", "byline"):
        signs.append((3.0, f"credited: {attribution.text}"))
    if attribution is not None and attribution.type in ("link", "pronoun", "vague", "work"):
        signs.append((1.0, f"leads to a source: {attribution.text}"))
    if is_addressed:
        signs.append((1.2, "said to be the other's words"))
    # "Ann said that if ..." is Ann's "if"; "Ann might say" is nobody's speech.
    credited = attribution is not None and attribution.type in ("name", "handle")
    if _HYPOTHETICAL.search(attribution.text if credited and attribution else around.before):
        signs.append((-1.8, "made-up speech"))
    if _NAMING.search(around.before):
        signs.append((-2.0, "named as a term or title"))
    if is_title(text):
        signs.append((-2.5, "written as a title"))
    if not around.before.strip() and not around.after.strip():
        signs.append((0.8, "stands alone"))
    elif not around.before.strip():
        signs.append((0.6, "opens the line"))
    if count >= 12:
        signs.append((1.0 + min(1.5, (count - 12) / 12), "long"))
    if text[:1].isupper() and text.rstrip()[-1:] in ".!?…":
        signs.append((0.5, "a whole sentence"))
    if _FIRST_PERSON.search(text) and count < 15:
        signs.append((-0.5, "speaks as I"))
    total = sum(weight for weight, _ in signs)
    reasons = tuple(name for weight, name in sorted(signs, key=lambda sign: -abs(sign[0])) if weight * total > 0)
    return KindJudgement(1 / (1 + math.exp(-total)), reasons)
