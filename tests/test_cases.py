"""Each rule on its cases: what it must report, and what it must leave alone."""

import tomllib
from pathlib import Path

import pytest

from rules.engine import Engine
from rules.registry import RULES
from tests.dialogue import thread_of

FOLDER = Path(__file__).parent / "cases"
CASES = [
    pytest.param(path.stem, case, id=f"{path.stem}: {case['name']}")
    for path in sorted(FOLDER.glob("*.toml"))
    for case in tomllib.loads(path.read_text("utf-8"))["case"]
]


@pytest.mark.parametrize(("rule_id", "case"), CASES)
def test_case(rule_id: str, case: dict) -> None:
    rule = next(rule for rule in RULES if rule_id == rule.ID)
    thread = thread_of(case["thread"], format=case.get("format", "plain"))
    _, outcomes = Engine([rule], {}).evaluate(thread)
    found = [(outcome, finding) for outcome in outcomes for finding in outcome.findings]
    expected = case.get("expect", [])
    assert [(f.comment_id, f.excerpt) for _, f in found] == [(e["comment"], e["excerpt"]) for e in expected]
    for (outcome, finding), wanted in zip(found, expected, strict=True):
        assert outcome.comment.document.text[finding.start : finding.end] == finding.excerpt
        if "source" in wanted:
            assert finding.source is not None
            named = finding.source.kind + (f":{finding.source.id}" if finding.source.kind == "comment" else "")
            assert named == wanted["source"]
        if "message" in wanted:
            assert wanted["message"] in finding.message


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.ID)
def test_every_rule_has_passing_failing_and_near_cases(rule) -> None:
    cases = tomllib.loads((FOLDER / f"{rule.ID}.toml").read_text("utf-8"))["case"]
    assert sum(bool(case.get("expect")) for case in cases) >= 2
    assert sum(not case.get("expect") for case in cases) >= 3
