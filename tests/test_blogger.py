"""Blogger against a small server that answers as its reference says."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from adapters.errors import LoginError, NotFoundError, RateLimited
from adapters.platforms import blogger
from adapters.site import Site, open_site
from tests.servers.blogger import BloggerServer
from tests.servers.server import Answer

ENVIRONMENT = {"SECRET": "s", "TOKEN": "leave", "KEY": "key"}
LEAVE = {"client_id": "bot", "client_secret": {"env": "SECRET"}, "refresh_token": {"env": "TOKEN"}}


@pytest.fixture
def server() -> Iterator[BloggerServer]:
    with BloggerServer() as running:
        yield running


def opened(server: BloggerServer, **given: object) -> Site:
    options = blogger.Options(url=server.url, **{"blog": "https://kilns.example", **(given or LEAVE)})
    return open_site("blog", "blogger", options, environment=ENVIRONMENT)


@pytest.fixture
def site(server: BloggerServer) -> Iterator[Site]:
    with opened(server) as made:
        yield made


def test_a_comment_is_named_by_its_post_and_its_id(server: BloggerServer, site: Site) -> None:
    server.board.create("Glaze.", at=1_789_999_000, post=7)
    server.board.create("No.", parent=1, at=1_789_999_060, post=7, status="held", author="Anonymous")
    (page,) = site.comments()
    first, second = (one.comment for one in page.comments)
    assert (first.id, first.url, first.status) == ("7.1", "https://kilns.example/7.html#c1", "live")
    assert (second.parent_id, second.author, second.status) == ("7.1", None, "pending")
    assert first.posted_at == datetime.fromtimestamp(1_789_999_000, UTC)
    thread = site.thread("7")
    assert (thread.title, thread.post.author, thread.post.body) == ("Kilns & clay", "Bo", "<p>Hot.</p>")
    assert [one.id for one in thread.comments] == ["7.1", "7.2"]


@pytest.mark.parametrize("newest_first", [True, False])
def test_in_whatever_order_it_lists_nothing_is_lost(server: BloggerServer, site: Site, newest_first: bool) -> None:
    server.newest_first = newest_first
    cursor, seen = None, set[str]()
    for number in range(1, 8):
        for tie in range(60):
            server.board.create(f"{tie}", at=server.board.now - 5000 + 500 * number + tie // 20)
        for page in site.comments(cursor):
            cursor = page.cursor
            seen |= {one.comment.id for one in page.comments}
    assert seen == {f"1.{id}" for id in server.board.rows}


def test_a_post_is_asked_for_its_address_once(server: BloggerServer, site: Site) -> None:
    for number in range(20):
        server.board.create(f"{number}", at=server.board.now + number, post=number % 2)
    (page,) = site.comments()
    list(site.comments(page.cursor))
    assert sum(query.params.get("fields") == "url" for query in server.asked) == 2


def test_a_comment_whose_words_were_taken_away_is_gone(server: BloggerServer, site: Site) -> None:
    server.board.create("There.")
    server.board.set("1", "spam")
    found = site.comment("1.1")
    assert found is not None
    assert found.comment.status == "spam"
    server.board.set("1", "trash")
    assert site.comment("1.1") is None
    assert site.comment("1.99") is None
    for odd in ("1", "1.x", "a.1", "1.1/../2"):
        with pytest.raises(NotFoundError, match="not a comment of Blogger"):
            site.comment(odd)


def test_a_token_is_asked_for_once_and_anew_when_it_is_refused(server: BloggerServer, site: Site) -> None:
    server.board.create("Clay.")
    for _ in range(3):
        list(site.comments())
    assert [query.path for query in server.asked].count("/token") == 1
    assert all(b"leave" not in query.path.encode() for query in server.asked)
    server.is_welcome = False
    with pytest.raises(LoginError, match="Token has been revoked"):
        list(site.comments())


def test_a_limit_that_is_told_as_403_is_a_limit(server: BloggerServer) -> None:
    with opened(server, api_key={"env": "KEY"}) as public:
        server.answer = lambda query: Answer({"error": {"code": 403, "message": "User Rate Limit Exceeded"}}, 403)
        with pytest.raises(RateLimited):
            list(public.comments())
        server.answer = lambda query: Answer({"error": {"code": 403, "message": "Comments are hidden"}}, 403)
        with pytest.raises(LoginError):
            list(public.comments())


def test_check_names_what_is_missing(server: BloggerServer, site: Site) -> None:
    with opened(server, api_key={"env": "KEY"}, blog="https://glaze.example") as other:
        assert [(proof.name, proof.ok) for proof in other.check()] == [("site", False)]
    server.is_welcome = False
    (proof,) = site.check()
    assert (proof.name, proof.ok) == ("login", False)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "one login is wanted"),
        ({"client_id": "bot"}, "go together"),
        ({**LEAVE, "api_key": {"env": "KEY"}}, "one login is wanted"),
    ],
)
def test_options_that_make_no_sense_are_refused(given: dict[str, object], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        blogger.Options(blog="42", **given)
