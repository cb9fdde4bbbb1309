"""Rules that fail or are on trial, comments that nobody expects, and words from the archive."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from adapters.thread import Comment, Thread
from bot.archive.texts import texts_of
from bot.archive.writer import ArchiveWriter
from bot.config import ArchiveOptions, check_config
from bot.store.database import Store
from bot.store.tables import comments, findings, not_evaluated
from rules.finding import Report
from rules.rule import RuleOptions
from tests.stored import BRIDGE, CONFIG, FISH, LINK, NOON, PILOT, SITE, Blog, comment

UNATTRIBUTED = "unattributed-quote"


class Poisoned:
    """Be a rule that chokes on some comments."""

    ID, VERSION, SEVERITY, Options = "poisoned", 1, "info", RuleOptions

    def check(self, comment: object, context: object, options: object) -> Iterator[Report]:
        if "poison" in comment.document.text:
            raise ValueError("choked")
        yield Report(start=0, end=4, confidence=1.0, message="has words")


@pytest.fixture
def blog(store: Store) -> Blog:
    return Blog(store)


def test_a_comment_that_a_rule_chokes_on_is_set_aside_and_the_page_goes_on(store: Store) -> None:
    blog = Blog(store, rules=[Poisoned()])
    taken = blog.take(comment("1", "good words"), comment("2", "poison"), comment("3", "good words"))
    assert (taken.new, taken.found, taken.not_evaluated) == (3, 2, 1)
    assert blog.rows(not_evaluated, "platform_id", "rule", "reason") == [("2", "poisoned", "ValueError: choked")]
    blog.take(comment("2", "good words"))
    assert blog.rows(not_evaluated, "platform_id") == []
    assert [row[0] for row in blog.findings()] == ["1", "2", "3"]


def test_a_rule_that_chokes_later_resolves_nothing(store: Store) -> None:
    blog = Blog(store, rules=[Poisoned()])
    blog.take(comment("1", "good words"))
    blog.take(comment("1", "good words and poison"))
    assert blog.findings() == [("1", "poisoned", None)]


@pytest.mark.parametrize(
    "poison",
    [
        comment("x" * 3000, "words", posted_at=NOON),
        comment("2", None, posted_at=NOON),
    ],
    ids=["a long id", "no body"],
)
def test_a_comment_that_cannot_be_stored_is_set_aside_and_the_page_goes_on(blog: Blog, poison: Comment) -> None:
    taken = blog.take(LINK, poison)
    assert (taken.new, taken.not_evaluated) == (1, 1)
    assert blog.waiting() == [("4", "link-only")]
    assert blog.take(poison).not_evaluated == 0
    assert [row[1] for row in blog.rows(not_evaluated, "platform_id", "rule")] == ["*"]


@pytest.mark.parametrize(
    "odd",
    [
        comment("2", "a\0b \ud83d https://bridges.example/", posted_at=NOON),
        comment("2", "early", posted_at=datetime.min.replace(tzinfo=timezone(timedelta(hours=9)))),
        comment("2", "late", posted_at=datetime.max.replace(tzinfo=timezone(timedelta(hours=-9)))),
        comment("2", "no time", posted_at=None, minute=1),
        comment("2", "local", posted_at=NOON.replace(tzinfo=None)),
        comment("\ud800", "odd id", posted_at=NOON),
        comment("2", "long name", author="n" * 10_000),
        comment("2", "", posted_at=NOON),
    ],
    ids=["characters", "early", "late", "no time", "no zone", "odd id", "long name", "empty"],
)
def test_an_odd_comment_is_kept_like_any_other(blog: Blog, odd: Comment) -> None:
    assert (blog.take(odd, LINK).new, blog.take(odd).unchanged) == (2, 1)
    assert len(blog.rows(comments, "id")) == 2


def test_a_rule_on_trial_keeps_its_findings_and_tells_nobody(store: Store) -> None:
    quiet = check_config({"rules": {"link-only": {"report": False}}}, name="the test's")
    blog = Blog(store, config=quiet)
    blog.take(LINK)
    assert blog.rows(findings, "rule", "quiet") == [("link-only", True)]
    assert blog.waiting() == []
    heard = Blog(store)
    heard.take(replace(LINK, body=LINK.body + " "))
    assert heard.rows(findings, "quiet") == [(False,)]
    assert heard.waiting() == [("4", "link-only")]


def test_words_from_the_archive_are_known_and_a_missing_archive_resolves_nothing(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    held = f"{FISH} The council was told so before, in another year, by everybody who was asked."
    old = comment("90", held, author="Ingrid", minute=1)
    thread = Thread(
        site=SITE,
        id="old",
        title=None,
        url=None,
        post=replace(BRIDGE, id="old"),
        comments=[old],
    )
    with ArchiveWriter(path, create=True) as writer:
        writer.add(texts_of(thread))
    config = CONFIG.model_copy(update={"archive": ArchiveOptions(path=path)})
    blog = Blog(store, config=config)
    blog.take(PILOT, comment("6", f"“{held}” Well."))
    (source,) = [row[0] for row in blog.rows(findings, "source")]
    assert (source["kind"], source["id"]) == ("archive", "90")
    gone = CONFIG.model_copy(update={"archive": ArchiveOptions(path=tmp_path / "none.db")})
    assert Blog(store, config=gone).take(comment("6", f"“{held}” Well now.")).not_evaluated == 1
    assert [row[2] for row in blog.findings()] == [None]
