"""Whether a reader of the comment can tell whose the words are."""

from dataclasses import dataclass

from rules.elsewhere import OutsideText
from rules.quotes.candidate import Candidate
from rules.quotes.passage import Verdict
from rules.view import Entry, ThreadView, same_author

_TELLING = frozenset(("name", "handle", "work", "link", "byline", "pronoun"))


# A block whose words stand nowhere in the thread is mostly paraphrase, code or a lost line; a long one is a paste.
_LONG_BLOCK = 25
_LONGEST_DIALOGUE = 40
# A comment that is only a few words of another echoes it; one of more words copies it.
_LONG_COPY = 9
# Made-up speech in somebody's mouth keeps most of his words.
_MOSTLY_SHARED = 0.7


@dataclass(frozen=True, slots=True)
class Judgement:
    """Hold a verdict, how sure it is (0 to 1), and why."""

    verdict: Verdict
    confidence: float
    reason: str


def judge(view: ThreadView, entry: Entry, candidate: Candidate, *, is_whole_comment: bool) -> Judgement:
    """Decide on a quotation's verdict."""
    form, count, credit = candidate.span.form, candidate.count, candidate.credit
    origin = candidate.origin
    holder = origin.holder if origin is not None else None
    attribution = credit.attribution
    if holder is not None and same_author(holder, entry):
        return Judgement("self", 0.95, "the author's own earlier words")
    clause = credit.clause
    if holder is None and clause is not None and clause.who == "I" and clause.tense == "past":
        return Judgement("self", 0.7, f"the author's own words: {clause.text}")
    if attribution is not None and attribution.type in _TELLING:
        return Judgement("attributed", 0.9, f"credited: {attribution.text}")
    if attribution is not None and attribution.type == "vague":
        return Judgement("unattributed", 0.85, f"no source in {attribution.text!r}")
    if credit.is_addressed and not isinstance(holder, OutsideText):
        return Judgement("implied", 0.85, "given to the person spoken to")
    if holder is None:
        if form == "block" and (entry.number == 1 or count < _LONG_BLOCK):
            return Judgement("implied", 0.55, "a short block answers somebody, most likely the post or its parent")
        if form == "marks" and candidate.shared >= _MOSTLY_SHARED:
            return Judgement("implied", 0.6, "puts the words of what it answers in its own way")
        return Judgement("unattributed", 0.9, "nothing says whose words these are")
    if isinstance(holder, OutsideText):
        where = "on a page that the comment links to" if holder.kind == "page" else "in another thread"
        return Judgement("unattributed", 0.9, f"the words stand {where}, and nothing says so")
    is_copy = form == "bare" and is_whole_comment and count >= _LONG_COPY
    if holder.is_post and is_copy and origin is not None and origin.copy.similarity == 1:
        return Judgement("unattributed", 0.8, "repeats the post without saying so")
    if holder.is_post:
        return Judgement("implied", 0.9, "the words are the post's")
    if is_copy:
        return Judgement("unattributed", 0.9, "repeats a comment without saying so")
    parent = view.parent(entry)
    if parent is not None:
        if parent is holder:
            return Judgement("implied", 0.9, "answers the comment that it quotes")
    elif holder.number == view.before[entry.number]:
        return Judgement("implied", 0.85, "answers the comment just before")
    elif _is_dialogue(view, entry, holder):
        return Judgement("implied", 0.8, "a dialogue of two")
    return Judgement("unattributed", 0.9, "the words are another commenter's, and nothing says so")


def _is_dialogue(view: ThreadView, entry: Entry, holder: Entry) -> bool:
    """Tell whether nobody else has written in the thread."""
    if entry.number > _LONGEST_DIALOGUE:
        return False
    return all(same_author(other, entry) or same_author(other, holder) for other in view.entries[1 : entry.number])
