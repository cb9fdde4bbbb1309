"""Words credited to somebody who is not their source.

Reports a quotation that names one commenter, or the post's author, while the words stand in another one's comment,
and the one who is named has not said them. Words that the source itself quotes are left alone: they may well be the
named one's.

Reported::

    Ann: The dam will not hold another winter, and everyone on the council knows it.
    Joe: Did anybody ask the engineers before the vote?
    Ben: Joe wrote “The dam will not hold another winter, and everyone on the council knows it.” I doubt that.

Not reported::

    Ann: The dam will not hold another winter, and everyone on the council knows it.
    Joe: Did anybody ask the engineers before the vote?
    Ben: Ann wrote “The dam will not hold another winter, and everyone on the council knows it.” I doubt that.
"""

from bisect import bisect_right
from collections.abc import Iterator

from pydantic import Field

from rules.finding import Report, Severity
from rules.rule import Context, RuleOptions
from rules.view import Entry

ID = "misattributed-quote"
VERSION = 1
SEVERITY: Severity = "serious"


class Options(RuleOptions):
    """Hold the options of this rule."""

    min_words: int = Field(6, ge=1, description="shorter quotations are passed over: chance may repeat them")


def check(comment: Entry, context: Context, options: Options) -> Iterator[Report]:
    """Yield a report for each quotation that names the wrong member of the thread."""
    authors = context.view.authors
    for passage in context.passages(comment):
        source, credit = passage.source, passage.attribution
        if (
            passage.source_number is None
            or source is None
            or source.author is None
            or credit is None
            or passage.verdict != "attributed"
        ):
            continue
        if credit.type not in ("name", "handle") or credit.author is None:
            continue
        named, holder = credit.author.strip().casefold(), source.author.strip().casefold()
        if named == holder or named not in authors or len(passage.text.split()) < options.min_words:
            continue
        if (source.similarity or 0) < 0.9 or _quoted_by_source(context, passage.source_number, source.start or 0):
            continue
        yield Report(
            start=passage.start,
            end=passage.end,
            confidence=round(passage.confidence * (source.similarity or 0), 3),
            message=f"Credited to {credit.author}, but the words are {source.author}'s"
            + (" in the post." if source.kind == "post" else f" in comment {source.id}."),
            source=source,
            suggestion=f"These words seem to be {source.author}'s, not {credit.author}'s.",
        )


def _quoted_by_source(context: Context, number: int | None, at: int) -> bool:
    """Tell whether the source has the words in a quotation of its own."""
    if number is None:
        return False
    passages = context.passages(context.view.entries[number])
    place = bisect_right(passages, at, key=lambda passage: passage.start) - 1
    return place >= 0 and at < passages[place].end
