"""Remark42 against a small server that answers as its own source says."""

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from adapters.errors import LoginError, NotFoundError, RefusedError
from adapters.platforms import remark42
from adapters.site import Site, open_site
from tests.servers.remark42 import Remark42Server
from tests.servers.server import Answer


@pytest.fixture
def server() -> Iterator[Remark42Server]:
    with Remark42Server() as running:
        yield running


@pytest.fixture
def site(server: Remark42Server) -> Iterator[Site]:
    options = remark42.Options(url=server.url, site="kilns", password={"env": "PW"})
    with open_site("blog", "remark42", options, environment={"PW": "admin pass"}, clock=server.clock) as made:
        yield made


def test_a_comment_is_named_by_its_address(server: Remark42Server, site: Site) -> None:
    server.board.create("Glaze.", at=1_789_999_000.25, post=7)
    server.board.create("No.", parent=1, at=1_789_999_060, post=7)
    server.board.edit("2", "Yes.")
    (page,) = site.comments()
    first, second = (one.comment for one in page.comments)
    assert first.id == first.url == "https://kilns.example/7/#remark42__comment-00000001"
    assert (second.parent_id, second.body) == (first.id, "<p>Yes.</p>\n")
    assert first.posted_at == datetime.fromtimestamp(1_789_999_000.25, UTC)
    assert (first.edited_at, second.edited_at) == (None, datetime.fromtimestamp(server.board.now, UTC))
    assert {one.post_id for one in page.comments} == {"https://kilns.example/7/"}
    thread = site.thread("https://kilns.example/7/")
    assert (thread.title, thread.url, len(thread.comments)) == ("Kilns & clay", "https://kilns.example/7/", 2)


def test_more_comments_than_the_listing_shows_are_read_page_by_page(server: Remark42Server, site: Site) -> None:
    for number in range(1200):
        server.board.create(f"{number}", at=server.board.now - 6000 + number, post=number % 7)
    server.board.create("Old.", at=1_600_000_000, post=99)
    oldest = datetime.fromtimestamp(server.board.now - 9000, UTC)
    pages = list(site.comments(None, oldest=oldest))
    assert sum(len(page.comments) for page in pages) == 1200
    assert [query.params["url"] for query in server.asked if query.path.endswith("/find")] == [
        f"https://kilns.example/{number}/" for number in range(7)
    ]
    # No more than ten requests a second, which is what the server allows.
    assert sum(server.clock.slept) > 0.8
    server.delete("1")
    gone = server.id_of("1")
    again = list(site.rescan(pages[-1].cursor, oldest=oldest, known=[gone]))
    # Page by page, what is deleted is said to be so.
    assert [list(page.deleted) for page in again] == [[gone], []]


def test_the_hour_that_comes_twice_loses_nothing(server: Remark42Server, site: Site) -> None:
    server.zone = ZoneInfo("America/Chicago")
    turn, cursor, seen = datetime(2026, 11, 1, 7, tzinfo=UTC).timestamp(), None, set[str]()
    for number in range(0, 9000, 300):
        server.board.now = turn - 3600 + number
        server.board.create(f"{number}")
        for page in site.comments(cursor):
            cursor = page.cursor
            seen |= {one.comment.id for one in page.comments}
    assert len(seen) == len(server.board.rows) == 30


def test_only_a_comment_that_the_store_does_not_have_is_gone(server: Remark42Server, site: Site) -> None:
    id = server.id_of(server.board.create("There."))
    server.board.set("1", "trash")
    assert site.comment(id) is None
    assert site.comment("https://kilns.example/1/#remark42__comment-99") is None
    server.answer = lambda query: Answer({"code": 1, "details": "can't get comment", "error": "disk failure"}, 400)
    with pytest.raises(RefusedError, match="disk failure"):
        site.comment(id)
    with pytest.raises(NotFoundError, match="not the address of a comment"):
        site.comment("1")
    with pytest.raises(NotFoundError):
        site.comment("https://kilns.example/1/#remark42__comment-../../admin/user/x")


def test_check_names_what_is_missing(server: Remark42Server, site: Site) -> None:
    server.is_welcome = False
    assert [(proof.name, proof.ok) for proof in site.check()] == [("site", True), ("login", False)]
    with pytest.raises(LoginError):
        site.mod(server.id_of(server.board.create("Clay."))).remove()
    options = remark42.Options(url=server.url, site="glaze")
    with open_site("blog", "remark42", options) as other:
        (proof,) = other.check()
    assert (proof.ok, "not found" in proof.said) == (False, True)
