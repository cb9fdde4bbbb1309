"""Disqus against a small server that answers as its documentation says."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from adapters.errors import LoginError, NotFoundError, RateLimited, RefusedError, SiteError
from adapters.platforms import disqus
from adapters.site import Site, open_site
from tests.servers.disqus import DisqusServer
from tests.servers.server import Answer

ENVIRONMENT = {"SECRET": "app secret", "TOKEN": "token"}


@pytest.fixture
def server() -> Iterator[DisqusServer]:
    with DisqusServer() as running:
        yield running


def opened(server: DisqusServer, **given: object) -> Site:
    keys = {"api_secret": {"env": "SECRET"}, "access_token": {"env": "TOKEN"}, "forum": "kilns"}
    options = disqus.Options(url=server.url, **{**keys, **given})
    return open_site("blog", "disqus", options, environment=ENVIRONMENT)


@pytest.fixture
def site(server: DisqusServer) -> Iterator[Site]:
    with opened(server) as made:
        yield made


def test_a_comment_is_told_as_it_is(server: DisqusServer, site: Site) -> None:
    server.board.create("Glaze.", author="A &amp; B", at=1_789_999_000, post=7)
    server.board.create("No.", parent=1, status="held", at=1_789_999_060, post=7)
    (page,) = site.comments()
    first, second = (one.comment for one in page.comments)
    assert (first.id, first.parent_id, first.author, first.status) == ("1", None, "A & B", "approved")
    assert (first.body, first.format, first.url) == ("<p>Glaze.</p>", "html", "https://kilns.example/7/#comment-1")
    assert first.posted_at == datetime.fromtimestamp(1_789_999_000, UTC)
    assert (second.parent_id, second.status) == ("1", "unapproved")
    assert {one.post_id for one in page.comments} == {"7"}
    thread = site.thread("7")
    assert (thread.title, thread.url, len(thread.comments)) == ("Kilns & clay", "https://kilns.example/7/", 2)


def test_strangers_see_what_is_public(server: DisqusServer) -> None:
    server.board.create("Seen.")
    server.board.create("Held.", status="held")
    with opened(server, access_token=None) as public:
        (page,) = public.comments()
        assert [one.comment.body for one in page.comments] == ["<p>Seen.</p>"]
        assert public.capabilities.verbs == frozenset()
        assert [proof.name for proof in public.check() if proof.ok][:2] == ["site", "login"]


def test_only_a_comment_that_is_said_not_to_be_there_is_gone(server: DisqusServer, site: Site) -> None:
    id = server.board.create("There.")
    assert site.comment("99") is None
    server.board.set(id, "trash")
    assert site.comment(id) is None
    server.board.set(id, "spam")
    found = site.comment(id)
    assert found is not None
    assert found.comment.status == "spam"
    server.answer = lambda query: Answer({"code": 2, "response": "Invalid argument, 'related': not valid"}, 400)
    with pytest.raises(RefusedError, match="not valid"):
        site.comment(id)


@pytest.mark.parametrize(
    ("code", "kind", "passes"),
    [
        (4, LoginError, False),
        (5, LoginError, False),
        (12, LoginError, False),
        (8, NotFoundError, False),
        (13, RateLimited, True),
        (14, RateLimited, True),
        (15, SiteError, True),
        (3, RefusedError, False),
    ],
)
def test_a_code_says_what_is_wrong_whatever_its_status(
    server: DisqusServer, site: Site, code: int, kind: type[SiteError], passes: bool
) -> None:
    server.answer = lambda query: Answer({"code": code, "response": "so it is"}, 400)
    with pytest.raises(SiteError, match="so it is") as caught:
        list(site.comments())
    assert type(caught.value) is kind
    assert caught.value.passes is passes
    assert "app secret" not in str(caught.value)
    with pytest.raises(kind):
        site.mod("1").spam()


def test_the_keys_of_what_changes_something_are_not_in_its_address(server: DisqusServer, site: Site) -> None:
    server.board.create("Clay.")
    site.mod("1").reply("Whose <words> are these?")
    (query,) = (query for query in server.asked if query.method == "POST")
    assert query.params == {}
    assert server.board.rows[2].text == "Whose &lt;words&gt; are these?"
    assert server.board.rows[2].parent == 1


def test_check_names_what_is_missing(server: DisqusServer, site: Site) -> None:
    with opened(server, forum="glaze") as other:
        assert [(proof.name, proof.ok) for proof in other.check()] == [("site", False)]
    server.is_welcome = False
    assert [(proof.name, proof.ok) for proof in site.check()] == [("login", False)]
