"""A comment that has left both the post and what the thread was discussing.

Reports a comment of some length hardly a topic word of which anybody used before it: not the post, not an earlier
comment, not the one it answers. It says nothing of short comments: a few words carry no topic.

Reported::

    post: The council voted last night to keep the old dam. The engineers had asked for a new spillway.
    Ann: The spillway is the cheap part. The reservoir is what the farmers fear.
    Ben: My grandmother always cooked rabbit stew with carrots, thyme, garlic and plenty of cider, simmered overnight in
      an iron kettle until tender, and nobody since has matched her delicious gravy or her crusty sourdough bread.

Not reported::

    post: The council voted last night to keep the old dam. The engineers had asked for a new spillway.
    Ann: The engineers know that the dam wall moves when the reservoir is full, and the council knows it too, whatever
      the farmers in the valley say about a spillway.
"""

import math
from collections.abc import Iterator

from pydantic import Field

from rules.finding import Report, Severity
from rules.rule import Context, RuleOptions
from rules.topic.relevance import Relevance
from rules.view import Entry

ID = "off-topic"
VERSION = 1
SEVERITY: Severity = "info"


# A thread that has hardly begun, under a post that is not at hand, has no topic to leave.
_MIN_KNOWN = 12


class Options(RuleOptions):
    """Hold the options of this rule."""

    min_score: float = Field(0.95, ge=0, le=1, description="report from this score on")
    min_topic_words: int = Field(20, ge=5, description="comments with fewer words that carry a topic are passed over")


def check(comment: Entry, context: Context, options: Options) -> Iterator[Report]:
    """Yield a report for a comment that shares next to nothing with its thread."""
    relevance = context.relevance(comment)
    sureness = _score(relevance)
    if sureness < options.min_score or relevance.topic_words < options.min_topic_words:
        return
    if relevance.known_words < _MIN_KNOWN:
        return
    text = comment.document.text
    yield Report(
        start=len(text) - len(text.lstrip()),
        end=len(text.rstrip()),
        confidence=round(sureness, 3),
        message=f"Of its {relevance.topic_words} topic words the thread had used {_known(relevance)} before.",
    )


def score(comment: Entry, context: Context, options: Options) -> float:
    """Return how far a comment is from its thread, 0 to 1; near one half when it is too short to tell."""
    return round(_score(context.relevance(comment)), 4)


def _score(relevance: Relevance) -> float:
    # Few words are weak evidence either way: their shares pull less.
    weight = min(1.0, relevance.topic_words / 20)
    near = 5 * relevance.in_post + 9 * relevance.in_thread + 3 * relevance.in_parent
    return 1 / (1 + math.exp(-weight * (3.2 - near)))


def _known(relevance: Relevance) -> str:
    return str(round(relevance.in_thread * relevance.topic_words) or "none")
