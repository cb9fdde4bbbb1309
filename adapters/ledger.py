"""Something done to a comment: written down, sent once, and read back where its outcome is not known."""

from adapters.base import Action, Ledger, Outcome, Platform
from adapters.errors import OutcomeUnknown, SiteError


class MemoryLedger:
    """Remember actions as long as the process lives."""

    def __init__(self) -> None:
        self._outcomes: dict[str, Outcome] = {}

    def begin(self, action: Action) -> Outcome | None:
        """Write an action down; return what was known of its key."""
        known = self._outcomes.get(action.key)
        if known != "done":
            self._outcomes[action.key] = "unknown"
        return known

    def end(self, action: Action, outcome: Outcome) -> None:
        """Write down what became of it."""
        self._outcomes[action.key] = outcome


def carry_out(action: Action, platform: Platform, ledger: Ledger) -> None:
    """Carry an action out, unless it was done before.

    One whose outcome is not known is read back, and sent only when it plainly was not done. Raises OutcomeUnknown
    when that stays open, else the SiteError by which the site refused it.
    """
    known = ledger.begin(action)
    if known == "done":
        return
    if known == "unknown" and (took := _took(action, platform)) is not False:
        _settle(action, ledger, took, OutcomeUnknown("it may have been done before, and that cannot be seen"))
        return
    try:
        platform.act(action.verb, action.comment_id, action.text)
    except OutcomeUnknown as error:
        _settle(action, ledger, _took(action, platform), error)
    except SiteError:
        ledger.end(action, "refused")
        raise
    else:
        ledger.end(action, "done")


def _took(action: Action, platform: Platform) -> bool | None:
    try:
        return platform.took(action.verb, action.comment_id, action.text)
    except SiteError:
        return None


def _settle(action: Action, ledger: Ledger, took: bool | None, doubt: OutcomeUnknown) -> None:
    ledger.end(action, "done" if took else "unknown")
    if not took:
        raise doubt
