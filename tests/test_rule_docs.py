"""The examples in each rule's documentation do what it says they do."""

import re
from textwrap import dedent

import pytest

from rules.engine import Engine
from rules.registry import RULES
from tests.dialogue import thread_of

EXAMPLES = [
    pytest.param(rule, heading, body, id=f"{rule.ID} {number} {heading}")
    for rule in RULES
    for number, (heading, body) in enumerate(
        re.findall(r"^(Reported|Not reported)::\n\n((?:    .*\n|\n)+)", (rule.__doc__ or "") + "\n", re.M), 1
    )
]


@pytest.mark.parametrize(("rule", "heading", "body"), EXAMPLES)
def test_documented_example(rule, heading: str, body: str) -> None:
    thread = thread_of(dedent(body))
    _, outcomes = Engine([rule], {}).evaluate(thread)
    *_, last = outcomes
    assert bool(last.findings) is (heading == "Reported")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.ID)
def test_every_rule_documents_both(rule) -> None:
    assert {p.values[1] for p in EXAMPLES if p.values[0] is rule} == {"Reported", "Not reported"}
