"""Runs every rule over every comment of a thread.

The engine stores nothing and knows no clock: who calls it may pass `limit`, a context manager around each rule that
raises RuleTimeout when the rule has run too long. A rule that fails or is stopped yields a NotEvaluated record.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from adapters.thread import Thread
from rules.elsewhere import NOTHING_KNOWN, Elsewhere
from rules.finding import Finding, NotEvaluated, Report
from rules.rule import Context, Rule, RuleOptions, RuleTimeout
from rules.view import Entry


@dataclass(slots=True)
class Outcome:
    """Hold what the rules said of one comment; `quiet` is from rules on trial, `scores` are by rule id, 0 to 1."""

    comment: Entry
    findings: list[Finding] = field(default_factory=list)
    quiet: list[Finding] = field(default_factory=list)
    not_evaluated: list[NotEvaluated] = field(default_factory=list)
    scores: dict[str, float] = field(default_factory=dict)


class Engine:
    """Hold rules with their options, ready to run; `ruleset` is the hash of both, which every finding carries."""

    def __init__(
        self,
        rules: Sequence[Rule],
        options: Mapping[str, RuleOptions],
        *,
        limit: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        self._rules = [(rule, options.get(rule.ID) or rule.Options()) for rule in rules]
        self._limit = limit
        described = [(rule.ID, rule.VERSION, chosen.model_dump(mode="json")) for rule, chosen in self._rules]
        self.ruleset = _digest(json.dumps(described, sort_keys=True))

    def evaluate(
        self, thread: Thread, *, elsewhere: Elsewhere = NOTHING_KNOWN, with_scores: bool = False, first: int = 0
    ) -> tuple[Context, Iterator[Outcome]]:
        """Return the thread's context and, comment by comment in time order, what the rules say.

        `first` is the index of the first comment to be judged; those before it are context only.
        """
        context = Context(thread, elsewhere)
        return context, self.outcomes(context, first=first, with_scores=with_scores)

    def outcomes(self, context: Context, *, first: int = 0, with_scores: bool = False) -> Iterator[Outcome]:
        """Yield what the rules say of the comments of a context, in time order, from the one of index `first` on."""
        return (self._outcome(entry, context, with_scores) for entry in context.view.entries[first + 1 :])

    def _outcome(self, comment: Entry, context: Context, with_scores: bool) -> Outcome:
        outcome = Outcome(comment)
        for rule, options in self._rules:
            try:
                with self._limit():
                    reports = list(rule.check(comment, context, options))
                    if with_scores and (score := getattr(rule, "score", None)) is not None:
                        outcome.scores[rule.ID] = score(comment, context, options)
            except RuleTimeout as stop:
                outcome.not_evaluated.append(NotEvaluated(rule=rule.ID, comment_id=comment.id, reason=str(stop)))
            except Exception as error:  # noqa: BLE001  # whatever a rule does wrong, the other rules go on
                reason = f"{type(error).__name__}: {error}"
                outcome.not_evaluated.append(NotEvaluated(rule=rule.ID, comment_id=comment.id, reason=reason))
            else:
                if reports:
                    said = outcome.findings if options.report else outcome.quiet
                    said += self._findings(rule, options, comment, context, reports)
        return outcome

    def _findings(
        self, rule: Rule, options: RuleOptions, comment: Entry, context: Context, reports: Sequence[Report]
    ) -> Iterator[Finding]:
        text, thread = comment.document.text, context.view.thread
        seen: dict[str, int] = {}
        for report in reports:
            excerpt = text[report.start : report.end]
            # Words, not offsets, so that an edit elsewhere in the comment leaves the key as it is.
            words = " ".join(excerpt.casefold().split())
            seen[words] = seen.get(words, 0) + 1
            key = _digest("\0".join((thread.site or "", thread.id, comment.id, rule.ID, words, str(seen[words]))))
            yield Finding(
                rule=rule.ID,
                severity=options.severity or rule.SEVERITY,
                comment_id=comment.id,
                start=report.start,
                end=report.end,
                excerpt=excerpt,
                confidence=report.confidence,
                message=report.message,
                source=report.source,
                suggestion=report.suggestion,
                key=key,
                ruleset=self.ruleset,
            )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
