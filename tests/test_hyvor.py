"""Hyvor Talk against a small server that answers as its documentation says."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from adapters.errors import NotFoundError
from adapters.platforms import hyvor
from adapters.site import Site, open_site
from tests.servers.hyvor import HyvorServer


@pytest.fixture
def server() -> Iterator[HyvorServer]:
    with HyvorServer() as running:
        yield running


def opened(server: HyvorServer, **given: object) -> Site:
    options = hyvor.Options(url=server.url, **{"website_id": 42, "api_key": {"env": "KEY"}, **given})
    return open_site("blog", "hyvor", options, environment={"KEY": "key"}, clock=server.clock)


@pytest.fixture
def site(server: HyvorServer) -> Iterator[Site]:
    with opened(server) as made:
        yield made


def test_a_comment_is_told_as_it_is(server: HyvorServer, site: Site) -> None:
    server.board.create("Glaze.", at=1_789_999_000, post=7)
    server.board.create("No.", parent=1, at=1_789_999_060, post=7, status="held", author="Guest")
    page = next(site.comments())
    second, first = (one.comment for one in page.comments)
    assert (first.id, first.parent_id, first.author, first.status) == ("1", None, "Ada", "published")
    assert (first.body, first.url) == ("<p>Glaze.</p>", "https://kilns.example/7/?ht-comment-id=1")
    assert first.posted_at == datetime.fromtimestamp(1_789_999_000, UTC)
    assert (second.parent_id, second.author, second.status) == ("1", None, "pending")
    thread = site.thread("7")
    assert (thread.title, thread.url) == ("Kilns & clay", "https://kilns.example/7/")
    assert [one.id for one in thread.comments] == ["1", "2"]


def test_a_page_that_is_shorter_than_asked_for_is_not_the_end(server: HyvorServer, site: Site) -> None:
    server.largest = 7
    for number in range(50):
        server.board.create(f"{number}", at=server.board.now - 500 + number)
    assert len({one.comment.id for page in site.comments() for one in page.comments}) == 50
    assert len(site.thread("1").comments) == 50


def test_deleted_comments_are_told_and_a_page_of_them_does_not_end_the_walk(server: HyvorServer, site: Site) -> None:
    for number in range(90):
        server.board.create(f"{number}", at=server.board.now - 500 + number, status="trash" if number else "approved")
    pages = list(site.comments())
    assert [one.comment.id for page in pages for one in page.comments] == ["1"]
    assert sum(len(page.deleted) for page in pages) == 89
    assert site.comment("2") is None
    with pytest.raises(NotFoundError, match="not the number of a comment"):
        site.comment("1/flags")


def test_check_names_what_is_missing(server: HyvorServer, site: Site) -> None:
    with opened(server, website_id=7) as other:
        assert [(proof.name, proof.ok) for proof in other.check()] == [("site", False)]
    server.is_welcome = False
    assert [(proof.name, proof.ok) for proof in site.check()] == [("login", False)]
