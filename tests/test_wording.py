"""Which changes of words change what is said."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from adapters.thread import Comment
from rules import altered_quote
from rules.engine import Engine
from rules.quotes.wording import is_telling
from tests.dialogue import thread_of


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("miller", "mayor"),
        ("not", ""),
        ("", "never"),
        ("can", "can't"),
        ("legal", "illegal"),
        ("moral", "amoral"),
        ("possible", "impossible"),
        ("million", "billion"),
        ("twelve", "20"),
        ("he", "she"),
        ("all", "some"),
        ("if", ""),
        ("unless it rains", ""),
        ("", "salt"),
    ],
)
def test_a_change_of_meaning_is_telling(was: str, now: str) -> None:
    assert is_telling(was, now)


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("the", "a"),
        ("in", "on"),
        ("says", "said"),
        ("colour", "color"),
        ("realise", "realize"),
        ("do not", "don't"),
        ("it's", "it is"),
        ("its", "it's"),
        ("cannot", "can't"),
        ("cant", "can't"),
        ("keper", "keeper"),
        ("form", "from"),
        ("seperate", "separate"),
        ("mill wheel", "millwheel"),
        ("government", "govt"),
        ("twelve", "12"),
        ("i", "you"),
        ("my", "your"),
        ("woman", "women"),
    ],
)
def test_a_variant_is_not(was: str, now: str) -> None:
    assert not is_telling(was, now)


def test_a_source_that_was_edited_after_the_comment_is_no_measure() -> None:
    thread = thread_of("""
        Ann: The lock takes 12 barges an hour, and the boatmen pay two shillings for every ton of coal.
        Ben: “The lock takes 21 barges an hour, and the boatmen pay two shillings for every ton of coal.” So few?
    """)
    ann, ben = thread.comments

    def found(edited_at: datetime | None) -> int:
        written: list[Comment] = [
            replace(ann, edited_at=edited_at),
            replace(ben, posted_at=datetime(2020, 5, 2, tzinfo=UTC)),
        ]
        _, outcomes = Engine([altered_quote], {}).evaluate(replace(thread, comments=written))
        return sum(len(outcome.findings) for outcome in outcomes)

    assert found(None) == 1
    assert found(datetime(2020, 5, 1, tzinfo=UTC)) == 1
    assert found(datetime(2020, 5, 3, tzinfo=UTC)) == 0
