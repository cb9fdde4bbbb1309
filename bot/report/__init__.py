"""How findings and passages are shown: to programs, on a terminal, as a page."""

from typing import Protocol

from bot.check import Checked, Quoted


class CheckReporter(Protocol):
    """Show the findings of threads as they come."""

    def add(self, checked: Checked) -> None: ...
    def finish(self, *, unread: int) -> None: ...


class QuotesReporter(Protocol):
    """Show the passages of threads as they come."""

    def add(self, quoted: Quoted) -> None: ...
    def finish(self, *, unread: int) -> None: ...


def check_reporter(output: str, *, with_scores: bool) -> CheckReporter:
    """Return the reporter of findings for a form of output."""
    if output == "text":
        from bot.report.terminal import FindingsOnTerminal

        return FindingsOnTerminal()
    if output == "html":
        from bot.report.page import FindingsPage

        return FindingsPage()
    from bot.report.machine import FindingsAsJson, FindingsAsLines

    return FindingsAsLines() if output == "jsonl" else FindingsAsJson(with_scores=with_scores)


def quotes_reporter(output: str, *, explain: bool) -> QuotesReporter:
    """Return the reporter of passages for a form of output."""
    if output == "text":
        from bot.report.terminal import PassagesOnTerminal

        return PassagesOnTerminal(explain=explain)
    from bot.report.machine import PassagesAsJson, PassagesAsLines

    return PassagesAsLines(explain=explain) if output == "jsonl" else PassagesAsJson(explain=explain)
