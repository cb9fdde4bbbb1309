"""Every rule, in the order in which findings of one comment are told."""

from functools import cache
from importlib.metadata import entry_points
from typing import cast

from rules import altered_quote, link_only, misattributed_quote, off_topic, pasted_text, unattributed_quote
from rules.rule import Rule

# The quote rules come first: they are what the moderator is here for. Topic is last: it is the least certain.
RULES: tuple[Rule, ...] = (
    unattributed_quote,
    misattributed_quote,
    altered_quote,
    pasted_text,
    link_only,
    off_topic,
)


@cache  # to look for them takes longer than to run them on a thread
def all_rules() -> tuple[Rule, ...]:
    """Return the rules, those of third parties (entry point group `quotewarden.rules`) last."""
    return (*RULES, *(cast(Rule, point.load()) for point in entry_points(group="quotewarden.rules")))
