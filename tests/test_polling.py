"""Polls: what a site shows reaches the store with its context, once, and what was edited or deleted is found again."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import chain, repeat

import pytest
from pytest_mock import MockerFixture

from adapters.errors import BadReply, NotFoundError
from adapters.platforms import wordpress
from bot.config import Config, check_config
from bot.daemon.polls import PollError
from bot.decisions import decide
from bot.store.database import Store
from bot.store.tables import actions, comments, posts
from tests.board import Board
from tests.mini_wordpress import MiniWordPress
from tests.stored import Blog
from tests.test_faults import LINE, SITE, START, Watched

POST = "The council decides on Thursday whether the old bridge by the harbour is mended."


@pytest.fixture
def server() -> Iterator[MiniWordPress]:
    serving = MiniWordPress(Board(now=START.timestamp()), posts={1: POST, 2: "Another one."})
    yield serving
    serving.close()


@pytest.fixture
def config(server: MiniWordPress) -> Config:
    site = {"platform": "wordpress", "url": server.url, "backfill_days": 2, "rescan_hours": 1, "rescan_days": 5}
    return check_config({"sites": {SITE: site}}, name="the test's")


@pytest.fixture
def watched(store: Store, server: MiniWordPress, config: Config) -> Iterator[Watched]:
    followed = Watched(store, server, config)
    yield followed
    followed.poller.retire()


def found(watched: Watched) -> list[tuple[str, str, str | None]]:
    return Blog(watched.store).findings()


def at(days: float) -> float:
    return START.timestamp() + days * 86_400


def test_a_new_thread_comes_with_its_post_and_earlier_comments(watched: Watched) -> None:
    old = watched.board.create(LINE + " So I said.", author="Ada", at=at(-30))
    watched.board.create("The pier is older than that.", author="Ben", at=at(-29))
    new = watched.board.create(f"“{LINE}” Well. “{POST}” is what it says.", author="Eve", at=at(-1))
    watched.poll()
    assert sorted(watched.ids()) == ["1", "2", "3"]
    assert POST in Blog(watched.store).rows(posts, "body")[0][0]
    # The post's words need no name, and the old comment is where the others are from.
    assert found(watched) == [(new, "unattributed-quote", None)]
    with watched.store.read() as connection:
        [source] = connection.exec_driver_sql("SELECT source FROM findings").scalars()
    assert f'"id": "{old}"' in str(source).replace("'", '"')


def test_what_is_older_than_the_site_is_watched_for_is_not_judged(watched: Watched) -> None:
    watched.board.create("https://bridges.example/old", author="Ada", at=at(-30))
    new = watched.board.create("https://bridges.example/new", author="Ben", at=at(-1))
    watched.poll()
    assert found(watched) == [(new, "link-only", None)]
    watched.poller.poll(SITE, since=START - timedelta(days=40))
    assert [comment for comment, _, _ in found(watched)] == ["1", "2"]


def test_edits_and_deletions_are_found_by_reading_again(watched: Watched) -> None:
    edited = watched.board.create("https://bridges.example/a", author="Ada", at=at(-1))
    gone = watched.board.create("https://bridges.example/b", author="Ben", at=at(-1))
    watched.board.create("So late that the others lie outside of what every poll reads again.", at=at(0))
    watched.poll()
    watched.board.edit(edited, "I have taken the address back, it was wrong.")
    watched.board.delete(gone)
    watched.poll()
    assert [reason for _, _, reason in found(watched)] == [None, None]
    for _ in range(2):
        watched.now += timedelta(hours=2)
        watched.poll()
    assert found(watched) == [(edited, "link-only", "removed"), (gone, "link-only", "deleted")]
    assert Blog(watched.store).rows(comments, "platform_id", "body")[1] == (gone, "")


def test_a_comment_that_moves_to_another_thread_is_kept_once(watched: Watched) -> None:
    watched.board.create("Nothing to see.", author="Ada", at=at(-1), post=1)
    watched.poll()
    watched.board.rows[1] = replace(watched.board.rows[1], post=2, text="No.")
    watched.now += timedelta(hours=2)
    watched.poll()
    assert Blog(watched.store).rows(comments, "platform_id", "body") == [("1", "<p>No.</p>")]


@pytest.mark.parametrize(("error", "tries"), [(NotFoundError("gone"), 1), (BadReply("500"), 3)])
def test_a_thread_that_cannot_be_shown_holds_its_comments_up_only_so_long(
    watched: Watched, mocker: MockerFixture, error: Exception, tries: int
) -> None:
    new = watched.board.create("https://bridges.example/a", author="Ada", at=at(-1))
    site, _ = watched.poller._sites[SITE]
    mocker.patch.object(site._platform, "thread", side_effect=error)
    for _ in range(tries - 1):
        with pytest.raises(PollError):
            watched.poll()
    assert watched.ids() == []
    watched.poll()
    assert found(watched) == [(new, "link-only", None)]


def test_a_stop_ends_a_poll_after_the_page_in_hand(watched: Watched, mocker: MockerFixture) -> None:
    mocker.patch.object(wordpress, "PER_PAGE", 10)
    for number in range(60):
        watched.board.create(f"Nothing {number}.", at=at(-1) + number)
    mocker.patch.object(watched.poller._sites[SITE][0]._platform, "thread", side_effect=NotFoundError("no"))
    asked = chain([False], repeat(True))
    watched.poller.poll(SITE, stopping=lambda: next(asked))
    assert 10 < len(watched.ids()) < 30
    watched.poll()
    assert len(watched.ids()) == 60


def test_a_poller_that_is_retired_closes_once_its_last_poll_has_ended(watched: Watched, mocker: MockerFixture) -> None:
    closed = mocker.spy(watched.poller._judges, "close")
    with watched.poller._in_use():
        watched.poller.retire()
        assert closed.call_count == 0
    assert closed.call_count == 1


def test_what_was_decided_is_carried_out_with_the_next_poll(store: Store, server: MiniWordPress) -> None:
    site = {"platform": "wordpress", "url": server.url, "on_confirm": {"action": "hold", "rules": ["link-only"]}}
    config = check_config({"sites": {SITE: site}}, name="the test's")
    watched = Watched(store, server, config)
    watched.board.create("https://bridges.example/a", author="Ada", at=at(-1))
    watched.poll()
    with store.write() as connection:
        decide(connection, 1, "confirmed", moderator="ada", now=watched.now, config=config)
    watched.poll()
    # Without a login the site lets nobody hold anything: that ends it, and the poll goes on.
    [(verb, outcome, error)] = Blog(store).rows(actions, "verb", "outcome", "error")
    assert (verb, outcome) == ("hold", "refused")
    assert "`hold` cannot be done here" in error
    watched.poller.retire()
