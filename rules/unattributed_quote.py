"""Somebody else's words without saying whose they are.

Reports a quotation in marks, in a block or with no mark at all when a reader of the comment cannot tell who said it:
no name, no work, no link, and it does not plainly answer the post or the comment before. The source is named when the
words stand earlier in the thread. Made-up speech, titles and terms in quotation marks are no quotations.

A comment that is nothing but a paste is left to `pasted-text`.

Reported::

    Ann: The dam will not hold another winter, and everyone on the council knows it.
    Joe: Did anybody ask the engineers before the vote?
    Ben: “The dam will not hold another winter, and everyone on the council knows it.” Lovely weather, though.

Not reported::

    Ann: The dam will not hold another winter, and everyone on the council knows it.
    Joe: Did anybody ask the engineers before the vote?
    Ben: Ann said “The dam will not hold another winter, and everyone on the council knows it.” I doubt that.

Not reported::

    Ann: I am tired of people who say “I don't care what happens to the valley” and then complain.
"""

from collections.abc import Iterator

from pydantic import Field

from rules.finding import Report, Severity, Source
from rules.quotes.passage import Passage
from rules.rule import Context, RuleOptions
from rules.view import Entry

ID = "unattributed-quote"
VERSION = 1
SEVERITY: Severity = "warning"


class Options(RuleOptions):
    """Hold the options of this rule."""

    min_confidence: float = Field(0.6, ge=0, le=1, description="report only what is at least this sure")


def check(comment: Entry, context: Context, options: Options) -> Iterator[Report]:
    """Yield a report for each quotation whose source the comment does not tell."""
    for passage in context.passages(comment):
        if passage.verdict != "unattributed" or passage.confidence < options.min_confidence or passage.is_paste:
            continue
        yield Report(
            start=passage.start,
            end=passage.end,
            confidence=passage.confidence,
            message=_message(passage),
            source=passage.source or Source(kind="unknown"),
            suggestion=_suggestion(passage.source),
        )


def _message(passage: Passage) -> str:
    source = passage.source
    if source is None:
        return "A quotation from outside the thread, and nothing says whose words it is."
    if source.kind == "post":
        return "The post's words, and nothing says so."
    if source.kind == "page":
        return "The words of a page that the comment links to, and nothing says so."
    if source.kind == "archive":
        return f"{source.author or 'Another commenter'}'s words from another thread, and nothing says so."
    return f"{source.author or 'Another commenter'}'s words from comment {source.id}, and nothing says so."


def _suggestion(source: Source | None) -> str | None:
    if source is None:
        return None
    if source.kind == "post":
        return "These words seem to be the post's."
    if source.kind == "page":
        return f"These words seem to be from {source.url}."
    if source.kind == "archive":
        return f"These words seem to be {source.author or 'another commenter'}'s, {source.url or source.id}."
    return f"These words seem to be {source.author or 'another commenter'}'s, comment {source.id}."
