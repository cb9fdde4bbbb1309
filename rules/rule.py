"""What a rule is, and what it may look at.

A rule is a module (or any object) with ID, VERSION, SEVERITY, Options and `check`; one that can say of every comment
how near it is to being reported, 0 to 1, has a `score` of the same arguments too. It is pure: a comment and its
context in, reports out; it knows no clock, disk or network.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from adapters.thread import Thread
from rules.elsewhere import NOTHING_KNOWN, Elsewhere
from rules.finding import Report, Severity
from rules.links.history import LinkHistory
from rules.quotes.analysis import QuoteAnalysis
from rules.quotes.passage import Passage
from rules.topic.relevance import Relevance, TopicAnalysis
from rules.view import Entry, ThreadView

T = TypeVar("T")


class RuleTimeout(Exception):  # noqa: N818  # it is no error of the rule's code
    """Stop a rule that has run over its time budget."""


class RuleOptions(BaseModel):
    """Hold what every rule can be told in the configuration."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    report: bool = Field(True, description="false runs the rule without reporting: a quiet trial")
    severity: Severity | None = Field(None, description="info, warning or serious, in place of the rule's own")


class Context:
    """Be a thread with the analyses that rules share; each runs once a comment, in time order, when first asked for."""

    def __init__(self, thread: Thread, elsewhere: Elsewhere = NOTHING_KNOWN) -> None:
        self.view = ThreadView(thread)
        self.links = LinkHistory(self.view)
        self._passages = _InOrder(self.view, QuoteAnalysis(self.view, elsewhere).passages)
        self._topic = TopicAnalysis(self.view, elsewhere)
        self._relevance = _InOrder(self.view, self._topic.relevance)

    def grow(self, thread: Thread) -> None:
        """Go on with a thread that has gained comments at its end; what was analysed stays as it is."""
        self.view.grow(thread)

    def passages(self, entry: Entry) -> Sequence[Passage]:
        """Return the passages of somebody else's words in a comment or the post."""
        return self._passages.of(entry)

    def relevance(self, entry: Entry) -> Relevance:
        """Return how a comment relates to the post and to the comments before it."""
        return self._topic.weighed(entry, self._relevance.of(entry))


class _InOrder(Generic[T]):
    """Run an analysis over the entries in order, and keep each outcome, a failure too."""

    def __init__(self, view: ThreadView, analyse: Callable[[Entry], T]) -> None:
        self._view, self._analyse = view, analyse
        self._outcomes: list[T | Exception] = []

    def of(self, entry: Entry) -> T:
        while len(self._outcomes) <= entry.number:
            try:
                self._outcomes.append(self._analyse(self._view.entries[len(self._outcomes)]))
            except RuleTimeout as stop:
                # The limit is used up: whoever asks for a later entry goes on from here, within a limit of his own.
                self._outcomes.append(stop)
                raise
            except Exception as error:  # noqa: BLE001  # one entry's failure is its own, and is raised when asked for
                self._outcomes.append(error)
        outcome = self._outcomes[entry.number]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


class Rule(Protocol):
    """Name what a rule must have; `check` gets the comment, its context and an instance of its own Options."""

    @property
    def ID(self) -> str: ...  # noqa: N802  # a module's constant
    @property
    def VERSION(self) -> int: ...  # noqa: N802  # a module's constant
    @property
    def SEVERITY(self) -> Severity: ...  # noqa: N802  # a module's constant
    @property
    def Options(self) -> type[RuleOptions]: ...  # noqa: N802  # a module's class

    def check(self, comment: Entry, context: Context, options: Any) -> Iterator[Report]: ...
