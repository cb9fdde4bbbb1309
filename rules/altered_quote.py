"""A quotation whose words are not those of its source.

Reports a quotation in marks or in a block that follows its source word for word but for changed, added or dropped
words that change what is said: another word of meaning, another number, a negation more or less, a clause left out.

No findings are: case, punctuation, spacing and typographic signs; cuts marked with …, ... or [...], and cut ends;
additions in [brackets] and (sic); small words of grammar (a for the, in for on); another form or spelling of a word
(says for said, colour for color, don't for do not); slips of typing, and slips that the writer mends; I for you;
addresses, code and masked words. A quotation that differs more than `min_similarity` allows is a paraphrase. Where
the words around it say that it is a proposal or a parody ("it should read …", "you mean …", "translation: …"), or
that nobody said it, and where the source was edited after the comment was written, nothing is reported.

Reported::

    Ann: The dam will not hold another winter, and everyone on the council knows it.
    Ben: Ann said “The dam will hold another winter, and everyone on the council knows it.” Good news!

Reported::

    Ann: The mason says that the wall, if nobody drains the meadow first, will stand for ninety years.
    Ben: > The mason says that the wall will stand for ninety years.
      Then let us build it, Ann.

Not reported::

    Ann: The dam will not hold another winter, and everyone on the council knows it.
    Ben: Ann said “the dam will not hold … and everyone on the council [of the town] knows it.” I doubt that.

Not reported::

    Ann: The dam will not hold another winter, and everyone on the concil knows it.
    Ben: “The dam won't hold another winter, and everyone in the council knows it.” So what do we do?

Not reported::

    Ann: The dam will not hold another winter, and everyone on the council knows it.
    Ben: That should read “The dam will not hold another spring, and everyone on the council knows it.”
"""

import re
from collections.abc import Iterator

from pydantic import Field

from adapters.thread import Comment
from rules.finding import Report, Severity
from rules.quotes.credit import may_be_one
from rules.quotes.passage import Passage
from rules.quotes.wording import is_telling
from rules.rule import Context, RuleOptions
from rules.view import Entry

ID = "altered-quote"
VERSION = 2
SEVERITY: Severity = "warning"

_LEAD = 140
_TAIL = 60
# The writer proposes other words, makes fun of the source's, or says that they were not said.
_SAY = r"(?:said|say|says|saying|claim\w*|wrote|write|written|state\w*|mean\w*|ask\w*)"
_PROPOSED = re.compile(
    r"\b(?:(?:typos?|misspell\w*|misspelt|spelling|gramm[ae]r\w*|translation|translates?|(?:re|para)phras(?:e|ed|ing)|"
    r"re-?word\w*|ftfy|fixed (?:it|that)|correct(?:ed|ion)|my version|your own medicine)(?:\W+\w+){0,8}\W*|"
    r"(?:(?:should|ought to|supposed to|meant to|would|could|might|may|must)(?: \w+){0,4}? "
    r"(?:be|been|read|say|said|write|written|state|ask)|"
    r"if (?:i|you|we|he|she|they|one|someone)(?: \w+){0,3}? (?:say|said|ask|asked|wrote)|"
    r"(?:than|like|as|of) (?:me|you|us|him|her|them|someone|somebody) saying|"
    r"(?:you|he|she|they|i) (?:really |actually |probably |surely )?(?:mean|meant)|in other words|put another way|"
    r"reads? (?:more )?like|(?:some|any)thing (?:like|along)|change (?:\w+ ){1,4}to|replace\w*|"
    r"what if|as if|imagine|suppose|let['’]?s (?:try|say|rewrite)|try this|edited|"
    r"(?:never|not|nobody|nowhere|no one|\w+n['’]t|when did i|where did i|who)"
    rf"(?: ever| even| just| once| exactly| actually)? {_SAY})\b"
    r"(?:[^\w.!?]+\w+){0,5}[^\w.!?]*)\Z",
    re.I,
)
_PROPOSED_AFTER = re.compile(
    r"\A\W*(?:\w+\W+){0,2}?"
    r"(?:should (?:be|read|say)|ought to (?:be|read)|is (?:probably )?(?:a typo|misspelled)|ftfy|(?:there,? )?fixed)\b",
    re.I,
)


class Options(RuleOptions):
    """Hold the options of this rule."""

    min_words: int = Field(8, ge=1, description="shorter quotations are passed over: they are given from memory")
    min_similarity: float = Field(
        0.7, ge=0, le=1, description="a passage with a smaller share of its source's words is a paraphrase"
    )


def check(comment: Entry, context: Context, options: Options) -> Iterator[Report]:
    """Yield a report for each quotation that changes words of its source."""
    for passage in context.passages(comment):
        source = passage.source
        if source is None or not passage.changes or passage.form == "bare" or passage.verdict in (None, "self"):
            continue
        count = len(passage.text.split())
        similarity = 1 - sum(len(now.split()) for _, now in passage.changes) / count
        if count < options.min_words or similarity < options.min_similarity:
            continue
        telling = [change for change in passage.changes if is_telling(*change)]
        if not telling or _is_elsewhere(comment, context, passage) or _is_proposed(comment, passage):
            continue
        if _is_edited_since(comment, context, passage):
            continue
        yield Report(
            start=passage.start,
            end=passage.end,
            confidence=round(0.9 * similarity, 3),
            message="Not as its source has it: " + "; ".join(_change(*change) for change in telling[:3]) + ".",
            source=source,
        )


def _is_elsewhere(comment: Entry, context: Context, passage: Passage) -> bool:
    """Tell whether comment and source quote the same text from elsewhere: either may be the one that changed it."""
    credit, source = passage.attribution, passage.source
    if credit is None or source is None or passage.source_number is None or source.start is None:
        return False
    if credit.type in ("link", "byline"):
        return True
    known = credit.comment is not None or may_be_one(credit.author or "", source.author or "")
    named = credit.type == "name" and not known
    if not named and (credit.type != "work" or source.kind == "post"):
        return False
    _, found, between = comment.document.text[max(0, passage.start - _LEAD) : passage.start].rpartition(credit.text)
    if found and len(between.split()) < 5 and not re.search(r"[.!?]\s|\n\s*\n", between):
        return True
    start, end = source.start, source.end or source.start
    others = context.passages(context.view.entries[passage.source_number])
    return any(other.start < end and start < other.end for other in others)


def _is_proposed(comment: Entry, passage: Passage) -> bool:
    text = comment.document.text
    lead = text[max(0, passage.start - _LEAD) : passage.start].rpartition("\n\n")[2]
    return bool(_PROPOSED.search(lead) or _PROPOSED_AFTER.search(text[passage.end : passage.end + _TAIL]))


def _is_edited_since(comment: Entry, context: Context, passage: Passage) -> bool:
    """Tell whether the source was changed after the comment quoted it."""
    if passage.source_number is None:
        return False
    held, written = context.view.entries[passage.source_number].content, comment.content.posted_at
    edited = held.edited_at if isinstance(held, Comment) else None
    return edited is not None and written is not None and edited > written


def _change(was: str, now: str) -> str:
    if not now:
        return f"“{was}” is left out"
    return f"“{now}” stands for “{was}”" if was else f"“{now}” is added"
