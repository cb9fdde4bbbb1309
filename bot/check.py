"""The dry run: a thread in, findings or passages out."""

from dataclasses import dataclass, field

from adapters.thread import Thread
from bot.config import Config
from bot.elsewhere import NOT_ASKED, Asked, Outside, open_outside
from bot.limits import time_limit
from bot.records import Record, finding_record, not_evaluated_record, passage_record, scores_record
from rules.engine import Engine
from rules.registry import all_rules
from rules.rule import Context
from rules.view import Entry


@dataclass(slots=True)
class Shown:
    """Hold a record with the texts that a person wants to see beside it."""

    record: Record
    text: str
    source_text: str | None


@dataclass(slots=True)
class Checked:
    """Hold what the rules said of one thread."""

    thread: Record
    comments: int
    findings: list[Shown] = field(default_factory=list)
    not_evaluated: list[Record] = field(default_factory=list)
    scores: list[Record] = field(default_factory=list)


def check_thread(
    config: Config, rule_ids: frozenset[str], with_scores: bool, thread: Thread, *, asked: Asked = NOT_ASKED
) -> Checked:
    """Run the rules over one thread; `rule_ids` names those whose findings are wanted, all of them when empty."""
    rules = [rule for rule in all_rules() if not rule_ids or rule.ID in rule_ids]
    checked = Checked(
        {"site": thread.site, "id": thread.id, "title": thread.title, "url": thread.url}, len(thread.comments)
    )
    with time_limit(config.check.rule_seconds) as limit:
        outside = open_outside(asked, thread)
        engine = Engine(rules, config.rules, limit=limit)
        context, outcomes = engine.evaluate(thread, elsewhere=outside.elsewhere, with_scores=with_scores)
        sources = _Sources(context, outside)
        for outcome in outcomes:
            comment = outcome.comment
            for finding in outcome.findings:
                record = finding_record(thread, comment, finding)
                checked.findings.append(Shown(record, comment.document.text, sources.text(record["source"])))
            checked.not_evaluated += [not_evaluated_record(thread, record) for record in outcome.not_evaluated]
            if with_scores:
                checked.scores.append(scores_record(thread, comment, outcome.scores))
    return checked


@dataclass(slots=True)
class Quoted:
    """Hold the passages of one thread."""

    thread: Record
    comments: int
    passages: list[tuple[Shown, tuple[str, ...]]] = field(default_factory=list)


def quote_thread(thread: Thread, *, asked: Asked = NOT_ASKED) -> Quoted:
    """Find every passage of one thread, in the post and in the comments, with the reasons for its verdict."""
    outside = open_outside(asked, thread)
    context = Context(thread, outside.elsewhere)
    quoted = Quoted(
        {"site": thread.site, "id": thread.id, "title": thread.title, "url": thread.url}, len(thread.comments)
    )
    sources = _Sources(context, outside)
    for entry in context.view.entries:
        for passage in context.passages(entry):
            record = passage_record(thread, entry, passage)
            shown = Shown(record, entry.document.text, sources.text(record["source"]))
            quoted.passages.append((shown, passage.reasons))
    return quoted


class _Sources:
    """Find the text of a source in its thread or outside."""

    def __init__(self, context: Context, outside: Outside) -> None:
        self._outside = outside
        self._entries: dict[tuple[str, str], Entry] = {
            ("post" if entry.is_post else "comment", entry.id): entry for entry in context.view.entries
        }

    def text(self, source: Record | None) -> str | None:
        if source is None:
            return None
        entry = self._entries.get((source["kind"], source["id"]))
        return entry.document.text if entry else self._outside.text(source)
