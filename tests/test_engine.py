"""The engine: what a rule may do wrong without harm, and what each finding carries."""

import time
from types import SimpleNamespace

from bot.limits import time_limit
from rules import link_only, unattributed_quote
from rules.engine import Engine
from rules.finding import Report
from rules.rule import RuleOptions
from tests.dialogue import thread_of

THREAD = thread_of("Ann: https://mills.example/history\nBen: A word, and another.")


def rule(check, id: str = "test-rule") -> SimpleNamespace:
    return SimpleNamespace(ID=id, VERSION=1, SEVERITY="info", Options=RuleOptions, check=check)


def whole(comment, context, options):
    yield Report(start=0, end=len(comment.document.text), confidence=0.5, message="all of it")


def fails(comment, context, options):
    yield Report(start=0, end=1, confidence=0.5, message="half")
    raise LookupError("no such word")


def hangs(comment, context, options):
    while True:
        time.sleep(0.001)
    yield


def test_a_failing_rule_is_told_and_the_others_go_on() -> None:
    _, outcomes = Engine([rule(fails, "fails"), rule(whole, "whole")], {}).evaluate(THREAD)
    first, second = outcomes
    assert [(r.rule, r.comment_id, r.reason) for r in first.not_evaluated] == [
        ("fails", "1", "LookupError: no such word")
    ]
    assert [f.rule for f in first.findings] == ["whole"]
    assert [f.excerpt for f in second.findings] == ["A word, and another."]


def test_a_rule_over_its_time_is_stopped_and_told() -> None:
    with time_limit(0.05) as limit:
        _, outcomes = Engine([rule(hangs, "hangs"), rule(whole, "whole")], {}, limit=limit).evaluate(THREAD)
        first = next(outcomes)
    assert [(r.rule, r.reason) for r in first.not_evaluated] == [("hangs", "ran longer than 0.05 s")]
    assert [f.rule for f in first.findings] == ["whole"]


def test_a_failure_of_the_shared_analysis_is_told_by_each_rule_that_needs_it(mocker) -> None:
    mocker.patch("rules.quotes.analysis.find_spans", side_effect=ValueError("broken"))
    _, outcomes = Engine([unattributed_quote, link_only], {}).evaluate(THREAD)
    first = next(outcomes)
    assert [(r.rule, r.reason) for r in first.not_evaluated] == [("unattributed-quote", "ValueError: broken")]
    assert [f.rule for f in first.findings] == ["link-only"]


def test_a_quiet_rule_runs_without_reporting() -> None:
    seen = []

    def counts(comment, context, options):
        seen.append(comment.id)
        yield from whole(comment, context, options)

    _, outcomes = Engine([rule(counts)], {"test-rule": RuleOptions(report=False)}).evaluate(THREAD)
    assert [outcome.findings for outcome in outcomes] == [[], []]
    assert seen == ["1", "2"]


def test_the_ruleset_changes_with_options_and_versions_only() -> None:
    base = Engine([link_only], {}).ruleset
    assert Engine([link_only], {"link-only": link_only.Options()}).ruleset == base
    assert Engine([link_only], {"link-only": link_only.Options(max_words=0)}).ruleset != base
    newer = SimpleNamespace(
        **{name: getattr(link_only, name) for name in ("ID", "SEVERITY", "Options", "check")}, VERSION=99
    )
    assert Engine([newer], {}).ruleset != base
    _, outcomes = Engine([link_only], {}).evaluate(THREAD)
    assert next(outcomes).findings[0].ruleset == base


def test_a_key_outlives_an_edit_elsewhere_in_the_comment() -> None:
    said = "Ann: The mill wheel has not turned since the frost.\nJoe: No?\n"
    keys = []
    for after in ("True.", "Something else altogether."):
        _, outcomes = Engine([unattributed_quote], {}).evaluate(
            thread_of(said + f"Ben: “The mill wheel has not turned since the frost.” {after}")
        )
        *_, last = outcomes
        keys += [finding.key for finding in last.findings]
    assert len(keys) == 2
    assert keys[0] == keys[1]


def test_severity_can_be_set() -> None:
    _, outcomes = Engine([link_only], {"link-only": link_only.Options(severity="serious")}).evaluate(THREAD)
    assert next(outcomes).findings[0].severity == "serious"


def test_a_timeout_in_the_shared_analysis_spends_one_limit_only(mocker) -> None:
    mocker.patch("rules.quotes.analysis.find_spans", side_effect=lambda document: time.sleep(30))
    began = time.monotonic()
    with time_limit(0.05) as limit:
        _, outcomes = Engine([unattributed_quote], {}, limit=limit).evaluate(THREAD)
        assert [len(outcome.not_evaluated) for outcome in outcomes] == [1, 1]
    assert time.monotonic() - began < 10
