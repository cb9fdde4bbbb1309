"""The thread that it began with: exactly its findings, and nothing else."""

import json
from pathlib import Path

from adapters.saved.threads import read_threads
from rules.engine import Engine
from rules.registry import RULES


def test_seed_thread(shared: Path) -> None:
    folder = shared / "threads" / "seed"
    expected = json.loads((folder / "expected.json").read_text("utf-8"))
    (thread,) = read_threads(str(folder / "albukamal.txt"), on_notice=lambda notice: None, on_bytes=lambda count: None)
    assert {comment.id: comment.author for comment in thread.comments} == expected["authors"]
    context, outcomes = Engine(RULES, {}).evaluate(thread)
    found = [finding for outcome in outcomes for finding in outcome.findings]
    wanted = expected["must_report"]
    for row in wanted:
        (match,) = [
            f
            for f in found
            if (f.rule, f.comment_id) == (row["rule"], row["comment"]) and row.get("excerpt", "") in f.excerpt
        ]
        if row.get("source"):
            assert match.source is not None
            assert match.source.kind == row["source"]["kind"]
            assert match.source.author == row["source"].get("author")
    assert len(found) == len(wanted)
    for row in expected["must_not_report"]:
        assert not [f for f in found if (f.rule, f.comment_id) == (row["rule"], row["comment"])]
    for row in expected["attributed"]:
        entry = next(entry for entry in context.view.entries if entry.id == row["comment"])
        verdicts = [
            (p.verdict, p.attribution and p.attribution.author)
            for p in context.passages(entry)
            if row["excerpt"] in p.text
        ]
        assert verdicts == [("attributed", row["author"])]
