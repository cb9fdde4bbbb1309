"""A rule's budget over a watched site: what is over it is kept, and not told."""

from collections.abc import Iterator
from itertools import pairwise

import pytest

from adapters.thread import Comment
from bot.budget import shares
from bot.config import check_config
from bot.store.database import Store
from bot.store.tables import findings
from rules.finding import Report
from rules.rule import RuleOptions
from tests.stored import Blog, comment


class Eager:
    """Be a rule that reports every comment of more than a word."""

    ID, VERSION, SEVERITY, Options = "eager", 1, "info", RuleOptions

    def check(self, comment: object, context: object, options: object) -> Iterator[Report]:
        if " " in comment.document.text:
            yield Report(start=0, end=4, confidence=1.0, message="has words")


def page(first: int, last: int) -> list[Comment]:
    return [comment(f"{number:03}", f"remark number {number}", minute=number) for number in range(first, last)]


def told(blog: Blog) -> list[str]:
    return [id for id, _ in blog.waiting()]


def test_what_is_over_the_budget_is_kept_quietly(store: Store) -> None:
    blog = Blog(store, rules=[Eager()], shares={"eager": 0.1})
    blog.take(*page(1, 26))
    assert told(blog) == ["001", "011", "021"]
    assert sorted(quiet for (quiet,) in blog.rows(findings, "quiet")) == [False] * 3 + [True] * 22


@pytest.mark.parametrize("cuts", [(1, 26), (1, 3, 12, 26), (1, 11, 12, 21, 22, 26)])
def test_pages_may_be_cut_anywhere(store: Store, cuts: tuple[int, ...]) -> None:
    blog = Blog(store, rules=[Eager()], shares={"eager": 0.1})
    for first, last in pairwise(cuts):
        blog.take(*page(first, last))
    assert told(blog) == ["001", "011", "021"]


def test_what_was_told_stays_told_when_it_is_judged_again(store: Store) -> None:
    blog = Blog(store, rules=[Eager()], shares={"eager": 0.1})
    blog.take(*page(1, 13))
    blog.take(*page(1, 13))
    blog.take(comment("001", "one", minute=1))
    assert ("001", "eager", "changed") in blog.findings() or ("001", "eager", "removed") in blog.findings()
    blog.take(*page(13, 15))
    assert "011" in told(blog)


def test_a_rule_without_a_share_has_no_budget(store: Store) -> None:
    blog = Blog(store, rules=[Eager()], shares={"off-topic": 0.01})
    blog.take(*page(1, 6))
    assert len(told(blog)) == 5


def test_the_configuration_gives_the_shares() -> None:
    assert shares(check_config({}, name="the test's")) == {"off-topic": 0.01}
    config = check_config({"rules": {"off-topic": {"max_share": 0.05}}}, name="the test's")
    assert shares(config) == {"off-topic": 0.05}


def test_many_findings_change_at_once(store: Store) -> None:
    blog = Blog(store, rules=[Eager()])
    blog.take(*page(1, 6))
    blog.take(comment("001", "gone", minute=1), comment("002", "gone", minute=2))
    assert told(blog) == ["003", "004", "005"]
