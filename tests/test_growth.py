"""A thread that is read as it grows is judged as one that is read at once: no verdict rests on a later comment."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.saved.threads import read_threads
from adapters.thread import Comment, Post, Thread
from bot.records import passage_record
from rules.engine import Engine
from rules.registry import all_rules
from rules.rule import Context
from tests.conftest import ROOT
from tests.dialogue import thread_of

LATER_NAMES = """
post: The council voted last night to keep the old dam.
Ann: As Bob said: "the wall moves when the reservoir is full, and everybody knows it".
Bob Lund: The wall moves when the reservoir is full, and everybody knows it. I measured it.
Bob: I am another one. Ann wrote "the wall moves when the reservoir is full".
Eve: Bob said: "The wall moves when the reservoir is full, and everybody knows it."
"""


def threads() -> Iterator[Thread]:
    for path in sorted((ROOT / "examples").iterdir()):
        yield from read_threads(str(path), on_notice=print, on_bytes=lambda count: None)
    yield thread_of(LATER_NAMES)
    # A parent that stands later in the thread than its answer: a clock was wrong.
    first = Comment(id="1", parent_id="2", author="Ann", body="“The spillway is the cheap part of it.” No!")
    second = Comment(id="2", author="Ben", body="The spillway is the cheap part of it.")
    yield Thread(site=None, id="t", title=None, url=None, post=Post(id="p"), comments=[first, second])


def said(context: Context, number: int) -> object:
    engine = Engine(all_rules(), {})
    entry = context.view.entries[number]
    outcome = next(engine.outcomes(context, first=number - 1))
    passages = [passage_record(context.view.thread, entry, passage) for passage in context.passages(entry)]
    assert outcome.not_evaluated == []
    return outcome.findings, outcome.quiet, passages


@pytest.mark.parametrize("thread", [pytest.param(thread, id=thread.id) for thread in threads()])
def test_a_thread_that_grows_is_judged_like_a_whole_one(thread: Thread) -> None:
    whole = Context(thread)
    grown = Context(replace(thread, comments=[]))
    for number in range(1, len(thread.comments) + 1):
        start = replace(thread, comments=thread.comments[:number])
        grown.grow(start)
        assert said(grown, number) == said(whole, number) == said(Context(start), number)


def test_labelled_threads_are_judged_alike_too(shared: Path) -> None:
    for path in sorted((shared / "labelled" / "threads").iterdir())[:8]:
        for thread in read_threads(str(path), on_notice=print, on_bytes=lambda count: None):
            whole, grown = Context(thread), Context(replace(thread, comments=[]))
            for number in range(1, len(thread.comments) + 1):
                grown.grow(replace(thread, comments=thread.comments[:number]))
                assert said(grown, number) == said(whole, number)
