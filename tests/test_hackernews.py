"""Hacker News against a small server that answers as its API and the search of it are documented to."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from adapters.errors import BadReply, Unsupported
from adapters.platforms import hackernews
from adapters.site import Site, open_site
from tests.servers.hackernews import HackerNewsServer
from tests.servers.server import Answer


@pytest.fixture
def server() -> Iterator[HackerNewsServer]:
    with HackerNewsServer() as running:
        yield running


def opened(server: HackerNewsServer, **given: object) -> Site:
    options = hackernews.Options(url=server.url, **given)
    return open_site("hn", "hackernews", options, environment={}, clock=server.clock)


@pytest.fixture
def site(server: HackerNewsServer) -> Iterator[Site]:
    with opened(server, stories=(1,)) as made:
        yield made


def ids(site: Site, cursor: object = None) -> list[str]:
    return [one.comment.id for page in site.comments(cursor) for one in page.comments]


def test_a_comment_is_told_as_it_is(server: HackerNewsServer, site: Site) -> None:
    server.board.create("Glaze & glass.", at=1_789_999_000)
    server.board.create("No.", parent=1, author="Ben", at=1_789_999_060)
    server.board.create("Elsewhere.", post=5)
    (page,) = site.comments()
    second, first = (one.comment for one in page.comments)
    assert (first.id, first.parent_id, first.author, first.status) == ("1001", None, "Ada", None)
    assert (first.body, first.format) == ("Glaze &amp; glass.", "html")
    assert first.url == "https://news.ycombinator.com/item?id=1001"
    assert first.posted_at == datetime.fromtimestamp(1_789_999_000, UTC)
    assert (second.parent_id, second.author) == ("1001", "Ben")
    assert {one.post_id for one in page.comments} == {"1"}


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"stories": (1, 5)}, {"1", "5"}),
        ({"author": "Bo"}, {"1", "5", "6"}),
        ({"domain": "kilns.example"}, {"1", "5", "6"}),
        ({"domain": "example"}, {"1", "5", "6"}),
        ({"domain": "lns.example"}, set()),
        ({"author": "Cy"}, set()),
        ({"author": "Cy", "stories": (6,)}, {"6"}),
    ],
)
def test_stories_are_chosen_by_number_author_or_host(
    server: HackerNewsServer, given: dict[str, object], wanted: set[str]
) -> None:
    for post in (1, 5, 6):
        server.board.create("0", post=post)
    with opened(server, **given) as site:
        assert {one.post_id for page in site.comments() for one in page.comments} == wanted
        assert next(proof.ok for proof in site.check()) == bool(wanted)


def test_a_story_that_is_new_is_read_at_the_next_poll(server: HackerNewsServer) -> None:
    server.board.create("0")
    with opened(server, author="Bo") as site:
        (page,) = site.comments()
        server.board.create("1", post=5)
        assert set(ids(site, page.cursor)) == {"1001", "1002"}


def test_more_than_the_search_shows_is_read(server: HackerNewsServer, site: Site) -> None:
    for number in range(2500):
        server.board.create(f"{number}", at=server.board.now - 2500 + number)
    assert len(set(ids(site))) == 2500


def test_what_became_of_a_comment_is_told_by_its_own_api(server: HackerNewsServer, site: Site) -> None:
    for number in range(3):
        server.board.create(f"{number}", parent=number)
    live = site.comment("1003")
    assert live is not None
    assert (live.post_id, live.comment.parent_id, live.comment.status) == ("1", "1002", None)
    server.board.set("3", "spam")
    dead = site.comment("1003")
    assert dead is not None
    assert dead.comment.status == "dead"
    server.board.delete("3")
    assert site.comment("1003") is None
    server._item = lambda id: None
    assert site.comment("1001") is None


def test_a_thread_is_one_request(server: HackerNewsServer, site: Site) -> None:
    for number in range(60):
        server.board.create(f"{number}", parent=number // 2, at=server.board.now + number)
    thread = site.thread("1")
    assert (thread.title, thread.post.author, thread.post.url) == ("Kilns & clay", "Bo", server.link)
    truth = {server.id_of(str(row.id)): row.parent for row in server.board.rows.values()}
    assert {one.id: int(one.parent_id or 1000) - 1000 for one in thread.comments} == truth
    assert len(server.asked) == 1


def test_nothing_can_be_done(server: HackerNewsServer, site: Site) -> None:
    with pytest.raises(Unsupported):
        site.mod("1001").reply("Whose words?")
    assert server.asked == []


def test_what_is_no_search_is_told(server: HackerNewsServer, site: Site) -> None:
    server._search = lambda query: Answer({"message": "index is being rebuilt"})
    with pytest.raises(BadReply, match="no hits of a search"):
        ids(site)


def test_hacker_news_itself_is_asked_at_its_own_hosts() -> None:
    options = hackernews.Options(url="https://news.ycombinator.com", author="Bo")
    with open_site("hn", "hackernews", options, environment={}) as site:
        assert site._platform._search == "https://hn.algolia.com"
        assert site._platform._items == "https://hacker-news.firebaseio.com"


def test_something_must_be_chosen() -> None:
    with pytest.raises(ValueError, match="give stories, author or domain"):
        hackernews.Options(url="https://news.ycombinator.com")
