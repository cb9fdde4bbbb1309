"""How many comments of a site a rule may report: its least certain findings must not drown a moderator.

A rule whose options have a `max_share` reports no more than that share of a site's comments, counted in the order in
which they come, so that nothing rests on a comment that comes later.
"""

import math
from collections import Counter
from collections.abc import Mapping

from bot.check import Checked, Shown
from bot.config import Config


def shares(config: Config) -> Mapping[str, float]:
    """Return the share of comments that a rule may report, by rule, for those that have one."""
    found = {rule: getattr(options, "max_share", None) for rule, options in config.rules.items()}
    return {rule: share for rule, share in found.items() if share is not None}


def allowed(share: float, seen: int) -> int:
    """Return how many of so many comments may be reported: a part of one counts as one."""
    return math.ceil(share * seen)


class RunBudget:
    """Keep a run over saved threads within the budget of each site; `over` counts by rule what was left out."""

    def __init__(self, shares: Mapping[str, float]) -> None:
        self._shares = shares
        self._seen: Counter[str | None] = Counter()
        self._used: Counter[tuple[str | None, str]] = Counter()
        self.over: Counter[str] = Counter()

    def apply(self, checked: Checked) -> None:
        """Leave out of what the rules said of a thread what is over the budget, the least certain first."""
        site = checked.thread["site"]
        self._seen[site] += checked.comments
        for rule, share in self._shares.items():
            said = [shown for shown in checked.findings if shown.record["rule"] == rule]
            left = max(0, allowed(share, self._seen[site]) - self._used[site, rule])
            over = sorted(said, key=_certainty)[left:]
            self._used[site, rule] += len(said) - len(over)
            self.over[rule] += len(over)
            checked.findings = [shown for shown in checked.findings if not any(shown is one for one in over)]


def _certainty(shown: Shown) -> float:
    return -float(shown.record["confidence"])
