"""A quotation whose words are not those of its source.

Reports a quotation in marks or in a block that follows its source word for word but for a changed, added or dropped
word. Case, punctuation, spacing, cuts marked with … and additions in [brackets] are no changes.

Reported::

    Ann: The dam will not hold another winter, and everyone on the council knows it.
    Ben: Ann said “The dam will hold another winter, and everyone on the council knows it.” Good news!

Not reported::

    Ann: The dam will not hold another winter, and everyone on the council knows it.
    Ben: Ann said “the dam will not hold … and everyone on the council [of the town] knows it.” I doubt that.
"""

from collections.abc import Iterator

from pydantic import Field

from rules.finding import Report, Severity
from rules.rule import Context, RuleOptions
from rules.view import Entry

ID = "altered-quote"
VERSION = 1
SEVERITY: Severity = "warning"


class Options(RuleOptions):
    """Hold the options of this rule."""

    min_words: int = Field(6, ge=1, description="shorter quotations are passed over")
    min_similarity: float = Field(0.7, ge=0, le=1, description="a passage less like its source is a paraphrase")


def check(comment: Entry, context: Context, options: Options) -> Iterator[Report]:
    """Yield a report for each quotation that changes words of its source."""
    for passage in context.passages(comment):
        source = passage.source
        if source is None or not passage.changes or passage.form == "bare" or passage.verdict == "self":
            continue
        if len(passage.text.split()) < options.min_words or (source.similarity or 0) < options.min_similarity:
            continue
        yield Report(
            start=passage.start,
            end=passage.end,
            confidence=round(0.9 * (source.similarity or 0), 3),
            message="Not as its source has it: " + "; ".join(_change(*change) for change in passage.changes[:3]) + ".",
            source=source,
        )


def _change(was: str, now: str) -> str:
    if not now:
        return f"“{was}” is left out"
    return f"“{now}” stands for “{was}”" if was else f"“{now}” is added"
