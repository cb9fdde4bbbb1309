"""Mastodon against a small server that answers as its documentation and real replies have it."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from adapters.errors import LoginError, NotFoundError, Unsupported
from adapters.platforms import mastodon
from adapters.site import Site, open_site
from tests.servers.mastodon import MastodonServer


@pytest.fixture
def server() -> Iterator[MastodonServer]:
    with MastodonServer() as running:
        yield running


def opened(server: MastodonServer, **given: object) -> Site:
    options = mastodon.Options(url=f"{server.url}/@kilns", **given)
    return open_site("kilns", "mastodon", options, environment={"TOKEN": "token"}, clock=server.clock)


@pytest.fixture
def site(server: MastodonServer) -> Iterator[Site]:
    with opened(server, token={"env": "TOKEN"}) as made:
        yield made


@pytest.fixture
def public(server: MastodonServer) -> Iterator[Site]:
    with opened(server) as made:
        yield made


def ids(site: Site, cursor: object = None) -> list[str]:
    return [one.comment.id for page in site.comments(cursor) for one in page.comments]


def test_an_answer_is_told_as_it_is(server: MastodonServer, site: Site) -> None:
    first = server.board.create("Glaze is “glass”.", author="ada@elsewhere.example", at=1_789_999_000.25)
    server.board.create("No.", parent=1, at=1_789_999_060)
    server.board.create("Elsewhere.", post=5, at=1_789_999_070)
    server.board.edit(first, "Glaze is glass.")
    seen = {one.comment.id: one for page in site.comments() for one in page.comments}
    one = seen["1001"].comment
    assert (one.parent_id, one.author, one.status, one.format) == (None, "ada@elsewhere.example", None, "html")
    assert (one.body, one.url) == ("<p>Glaze is glass.</p>", f"{server.url}/@ada@elsewhere.example/1")
    assert one.posted_at == datetime.fromtimestamp(1_789_999_000.25, UTC)
    assert one.edited_at == datetime.fromtimestamp(server.board.now, UTC)
    assert seen["1002"].comment.parent_id == "1001"
    assert {id: one.post_id for id, one in seen.items()} == {"1001": "1", "1002": "1", "1003": "5"}
    live = site.comment("1002")
    assert live is not None
    assert (live.post_id, live.comment.parent_id) == ("1", "1001")


def test_an_answer_that_came_late_from_another_server_is_new(server: MastodonServer, site: Site) -> None:
    server.board.create("0", at=server.board.now)
    cursor = None
    for page in site.comments():
        cursor = page.cursor
    server.board.create("late", at=server.board.now - 36_000)
    assert [one.comment.id for step in site.steps(cursor) for one in step.fresh] == ["1002"]


def test_an_idle_poll_asks_for_the_posts_and_their_contexts_only(server: MastodonServer, site: Site) -> None:
    server.board.create("0")
    ids(site)
    asked = len(server.asked)
    ids(site)
    paths = [query.path for query in server.asked[asked:]]
    assert paths == [f"/api/v1/{path}" for path in ("accounts/7/statuses", "statuses/2/context", "statuses/1/context")]


def test_posts_are_followed_page_by_page_as_long_as_they_are_young(server: MastodonServer, site: Site) -> None:
    server.older = 100
    server.board.create("0")
    assert ids(site) == ["1001"]
    assert [query.params.get("max_id") for query in server.asked if query.path.endswith("statuses")] == [
        None, "861", "821",
    ]  # fmt: skip
    server.clock.sleep(15 * 86_400)
    server._post = lambda id, **kind: {**type(server)._post(server, id, **kind), "created_at": "2026-09-01T00:00:00Z"}
    asked = len(server.asked)
    assert ids(site) == []
    assert len(server.asked) == asked + 1


def test_what_is_said_to_one_person_is_no_comment(server: MastodonServer, site: Site) -> None:
    server.board.create("0")
    server.visibility = "direct"
    assert ids(site) == []
    server.visibility = "private"
    assert ids(site) == ["1001"]


def test_a_post_that_is_deleted_between_two_requests_ends_nothing(server: MastodonServer, site: Site) -> None:
    server.board.create("0", post=5)
    server.board.create("0", post=1)
    server.before = lambda query: server.board.rows.pop(1, None) if query.path.endswith("/5/context") else None
    assert ids(site) == ["1002"]


def test_strangers_see_the_first_answers(server: MastodonServer, public: Site) -> None:
    for number in range(70):
        server.board.create(f"{number}", at=server.board.now + number)
    assert len(ids(public)) == 60
    with pytest.raises(Unsupported):
        public.mod("1001").report("Hm.")
    assert all("Authorization" not in query.headers for query in server.asked)
    assert all(proof.ok for proof in public.check())


def test_answers_name_whom_they_answer_and_carry_a_key(server: MastodonServer, site: Site) -> None:
    server.board.create("Clay.", author="ada@elsewhere.example")
    server.visibility = "unlisted"
    site.mod("1001").reply("Whose <words>?")
    sent = server.asked[-1]
    assert server.board.rows[2].text == "@ada@elsewhere.example Whose <words>?"
    assert sent.json["visibility"] == "unlisted"
    assert sent.headers["Idempotency-Key"]
    site.mod("1001").report("x" * 2000)
    assert server.reports == [("1", "x" * 1000)]
    with pytest.raises(NotFoundError):
        site.mod("5000").reply("Hm?")


def test_a_thread_has_its_post(server: MastodonServer, site: Site) -> None:
    server.board.create("0")
    thread = site.thread("1")
    assert (thread.post.body, thread.post.author, thread.url) == ("<p>Hot.</p>", "kilns", f"{server.url}/@kilns/1")


def test_check_names_what_is_missing(server: MastodonServer, site: Site) -> None:
    server.board.create("Clay.")
    assert [proof.name for proof in site.check() if proof.ok] == ["login", "site", "clock", "paging"]
    server.is_welcome = False
    (proof,) = site.check()
    assert (proof.name, proof.ok, "access token" in (proof.mend or "")) == ("login", False, True)
    with pytest.raises(LoginError, match="The access token is invalid"):
        ids(site)
    options = mastodon.Options(url=f"{server.url}/@nobody")
    with open_site("nobody", "mastodon", options, environment={}, clock=server.clock) as other:
        (proof,) = other.check()
    assert (proof.name, proof.ok) == ("site", False)


@pytest.mark.parametrize("url", ["https://social.example", "https://social.example/@kilns/17"])
def test_the_address_of_an_account_is_wanted(url: str) -> None:
    with pytest.raises(ValueError, match="https://SERVER/@NAME"):
        mastodon.Options(url=url)
