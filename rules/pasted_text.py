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
from rules.quotes.articles import find_article
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
        if passage.is_paste and len(passage.text.split()) >= options.min_words:
            source = passage.source
            yield Report(
                start=passage.start,
                end=passage.end,
                confidence=passage.confidence,
                message=f"Repeats {_name(source)} nearly whole, and says nothing of it.",
                source=source,
            )
            return
    article = find_article(comment.document.text)
    if article is not None and _own_share(comment, article.start) <= options.max_own_words:
        yield Report(
            start=article.start,
            end=article.end,
            confidence=min(0.95, 0.55 + 0.15 * len(article.signs)),
            message=f"A pasted article ({', '.join(article.signs)})"
            + (f", by {article.author}" if article.author else "")
            + (", linked." if comment.document.links else ", with no link to it."),
            source=Source(kind="external", author=article.author),
        )


def _name(source: Source | None) -> str:
    if source is None or source.kind == "post":
        return "the post"
    if source.kind == "page":
        return "a page that it links to"
    return f"comment {source.id}" + (" of another thread" if source.kind == "archive" else "")


def _own_share(comment: Entry, article_start: int) -> float:
    own = comment.words.within(0, article_start)
    return len(own) / max(1, len(comment.words))
