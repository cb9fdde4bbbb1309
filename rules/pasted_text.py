"""A comment that is somebody else's text, with little or nothing of its own.

Reports a comment that repeats an earlier comment or the post nearly whole without a word about it, and one that holds
an article: known by its head (title line, date line, byline, dateline). A byline or a link says whose it is, and the
report tells so; it is still a paste.

Reported::

    Ann: Council Votes To Keep The Old Dam
      4 November 2017
      After nine hours of debate the council has voted to keep the old dam, and to ask the engineers later.
      By Rosa Lindqvist

Reported::

    Ann: The dam will not hold another winter, and everyone on the council knows it. The engineers told us in May.
    Joe: Did anybody ask them before the vote?
    Ben: The dam will not hold another winter, and everyone on the council knows it. The engineers told us in May.

Not reported::

    Ann: Rosa Lindqvist had a good piece on 4 November 2017 about the council's vote to keep the old dam.
"""

from collections.abc import Iterator

from pydantic import Field

from rules.finding import Report, Severity, Source
from rules.quotes.passage import Passage
from rules.rule import Context, RuleOptions
from rules.view import Entry

ID = "pasted-text"
VERSION = 1
SEVERITY: Severity = "warning"


class Options(RuleOptions):
    """Hold the options of this rule."""

    min_words: int = Field(15, ge=1, description="a shorter copy is no paste")
    max_own_words: float = Field(0.25, ge=0, le=1, description="the share of the comment that may be its author's own")


def check(comment: Entry, context: Context, options: Options) -> Iterator[Report]:
    """Yield a report for a comment that is a paste."""
    total = len(comment.words)
    if total < options.min_words:
        return
    for passage in context.passages(comment):
        if not passage.is_paste or len(passage.text.split()) < options.min_words:
            continue
        if passage.source is None and len(comment.words.within(0, passage.start)) > options.max_own_words * total:
            continue
        yield Report(
            start=passage.start,
            end=passage.end,
            confidence=passage.confidence,
            message=_message(passage, is_linked=bool(comment.document.links)),
            source=passage.source or Source(kind="external", author=_byline(passage)),
        )
        return


def _message(passage: Passage, *, is_linked: bool) -> str:
    if passage.source is not None:
        return f"Repeats {_name(passage.source)} nearly whole, and says nothing of it."
    author = _byline(passage)
    what = passage.reasons[0]
    return (
        what[:1].upper()
        + what[1:]
        + (f", by {author}" if author else "")
        + (", linked." if is_linked else ", with no link to it.")
    )


def _byline(passage: Passage) -> str | None:
    credit = passage.attribution
    return credit.author if credit is not None and credit.type == "byline" else None


def _name(source: Source) -> str:
    if source.kind == "post":
        return "the post"
    if source.kind == "page":
        return "a page that it links to"
    return f"comment {source.id}" + (" of another thread" if source.kind == "archive" else "")
