"""A comment that is nothing but links.

Reports a comment that has a link and no words of its own about it: a bare link, a list of links, a link with its own
title, a link with an empty word ("this", "see here", "^^").

Reported::

    Ann: https://dams.example/report

Reported::

    Ann: this! https://dams.example/report

Not reported::

    Ann: The engineers measured the wall last spring, their figures are in https://dams.example/report
"""

from collections.abc import Iterator

from pydantic import Field

from rules.finding import Report, Severity
from rules.links.residue import Residue, find_residue
from rules.rule import Context, RuleOptions
from rules.view import Entry

ID = "link-only"
VERSION = 1
SEVERITY: Severity = "info"


class Options(RuleOptions):
    """Hold the options of this rule."""

    max_words: int = Field(2, ge=0, description="words of its own that still leave a comment link-only")


def check(comment: Entry, context: Context, options: Options) -> Iterator[Report]:
    """Yield a report for a comment of links alone."""
    residue = find_residue(comment.document)
    if residue is None or not (len(residue.words) <= options.max_words or residue.is_titled):
        return
    text = comment.document.text
    start = len(text) - len(text.lstrip())
    yield Report(
        start=start,
        end=max(start, len(text.rstrip())),
        confidence=0.95 if not residue.words else 0.85,
        message=_message(residue),
    )


def score(comment: Entry, context: Context, options: Options) -> float:
    """Return 1 for a comment of links alone, falling with each word of its own, 0 without a link."""
    residue = find_residue(comment.document)
    if residue is None:
        return 0.0
    return 0.9 if residue.is_titled else round(1 / (1 + len(residue.words) / 3), 4)


def _message(residue: Residue) -> str:
    links = "a link" if len(residue.urls) == 1 else f"{len(residue.urls)} links"
    return f"Nothing but {links}" + (" under its title." if residue.is_titled else ".")
