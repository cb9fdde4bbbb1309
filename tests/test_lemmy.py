"""Lemmy against a small server that speaks version 3 or 4 of its API, as its own client has them."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from adapters.errors import LoginError, NotFoundError, RefusedError, Unsupported
from adapters.platforms import lemmy
from adapters.platforms.lemmy import _page_at
from adapters.site import Site, open_site
from tests.servers.lemmy import Lemmy4Server, LemmyServer


@pytest.fixture(params=[LemmyServer, Lemmy4Server], ids=["v3", "v4"])
def server(request: pytest.FixtureRequest) -> Iterator[LemmyServer]:
    with request.param() as running:
        yield running


def opened(server: LemmyServer, **login: object) -> Site:
    options = lemmy.Options(url=f"{server.url}/c/clay", **login)
    return open_site("clay", "lemmy", options, environment={"PW": "pass"}, clock=server.clock)


@pytest.fixture
def site(server: LemmyServer) -> Iterator[Site]:
    with opened(server, user="warden", password={"env": "PW"}) as made:
        yield made


@pytest.fixture
def public(server: LemmyServer) -> Iterator[Site]:
    with opened(server) as made:
        yield made


def ids(site: Site, cursor: object = None) -> list[str]:
    return [one.comment.id for page in site.comments(cursor) for one in page.comments]


def test_a_comment_is_told_as_it_is(server: LemmyServer, site: Site) -> None:
    first = server.board.create("Glaze is *glass*.", author="ada@elsewhere.example", at=1_789_999_000.25)
    server.board.create("No.", parent=1, at=1_789_999_060)
    server.board.create("Yes.", parent=2, at=1_789_999_070, status="held")
    server.board.edit(first, "Glaze is glass.")
    (page,) = site.comments()
    third, second, one = (sighting.comment for sighting in page.comments)
    assert (one.id, one.parent_id, one.author, one.status) == ("1", None, "ada@elsewhere.example", None)
    assert (one.body, one.format, one.url) == ("Glaze is glass.", "markdown", f"{server.url}/comment/1")
    assert one.posted_at == datetime.fromtimestamp(1_789_999_000.25, UTC)
    assert one.edited_at == datetime.fromtimestamp(server.board.now, UTC)
    assert (second.parent_id, second.author, third.parent_id) == ("1", "Ada", "2")
    assert (third.status, third.body) == ("held", "Yes.")
    assert {sighting.post_id for sighting in page.comments} == {"1"}


def test_the_version_is_asked_for_once(server: LemmyServer, site: Site) -> None:
    server.board.create("Clay.")
    assert ids(site) == ids(site) == ["1"]
    paths = [query.path for query in server.asked]
    assert paths.count("/api/v4/site") == 1
    assert paths.count("/api/v3/site") == (server.version == 3)
    assert server.logins == 1


def test_a_token_that_was_taken_back_is_asked_for_anew(server: LemmyServer, site: Site) -> None:
    server.board.create("Clay.")
    ids(site)
    server.logins += 1
    site.mod("1").reply("Whose words?")
    assert (len(server.board.rows), server.logins) == (2, 3)


@pytest.mark.parametrize("start", range(40, 2000, 7))
def test_a_page_begins_where_it_is_wanted_or_a_little_before(start: int) -> None:
    number, size = _page_at(start)
    assert 25 <= size <= 50
    assert (number - 1) * size <= start < number * size
    # It always gets on.
    assert number * size - 10 > start


def test_strangers_see_what_is_public(server: LemmyServer, public: Site) -> None:
    server.board.create("Seen.")
    held = server.board.create("Held.", status="held")
    assert ids(public) == ["1"]
    assert public.comment(held) is None
    with pytest.raises(Unsupported):
        public.mod("1").hold()
    assert all("Authorization" not in query.headers for query in server.asked)
    assert all(proof.ok for proof in public.check())


def test_the_verbs_do_what_they_say(server: LemmyServer, site: Site) -> None:
    server.board.create("Clay.")
    for verb, status in (("hold", "held"), ("approve", "approved"), ("remove", "held")):
        getattr(site.mod("1"), verb)()
        assert server.board.rows[1].status == status
    assert site.comment("1") is not None
    site.mod("1").reply("Whose *words*?")
    assert server.board.rows[2].text == r"Whose \*words\*?"
    site.mod("1").report("Unattributed.")
    assert server.reports == [("1", "Unattributed.")]
    with pytest.raises(NotFoundError):
        site.mod("77").hold()
    with pytest.raises(Unsupported):
        site.mod("1").spam()


def test_deleted_comments_are_gone(server: LemmyServer, site: Site) -> None:
    server.board.create("Clay.")
    view = server._view
    server._view = lambda row, has_token: {
        **view(row, has_token), "comment": {**view(row, has_token)["comment"], "deleted": True, "content": "Clay."}
    }  # fmt: skip
    (page,) = site.comments()
    assert (page.deleted, page.comments[0].comment.body) == (["1"], "")
    assert site.comment("1") is None


def test_a_thread_has_its_post(server: LemmyServer, site: Site) -> None:
    for number in range(130):
        server.board.create(f"{number}", parent=number // 3, at=server.board.now + number)
    thread = site.thread("1")
    assert (thread.title, thread.post.author, thread.post.body) == ("Kilns & clay", "Bo", "Hot.")
    assert thread.url == f"{server.url}/post/1"
    truth = {str(row.id): str(row.parent) if row.parent else None for row in server.board.rows.values()}
    assert {one.id: one.parent_id for one in thread.comments} == truth


def test_a_community_that_is_not_there_is_told(server: LemmyServer) -> None:
    options = lemmy.Options(url=f"{server.url}/c/loam")
    with open_site("loam", "lemmy", options, environment={}) as site, pytest.raises(NotFoundError, match="community"):
        ids(site)


def test_check_names_what_is_missing(server: LemmyServer, site: Site) -> None:
    server.board.create("Clay.")
    assert [proof.name for proof in site.check() if proof.ok] == ["site", "login", "rights", "clock", "paging"]
    server.moderates = False
    rights = next(proof for proof in site.check() if not proof.ok)
    assert (rights.name, "appoint" in (rights.mend or "")) == ("rights", True)
    with pytest.raises((RefusedError, LoginError)):
        site.mod("1").hold()
    server.is_welcome = False
    assert [(proof.name, proof.ok) for proof in site.check()] == [("site", True), ("login", False)]


@pytest.mark.parametrize(
    ("given", "told"),
    [({"url": "https://lemmy.example"}, "SERVER/c/NAME"), ({"user": "warden"}, "go together")],
)
def test_options_that_make_no_sense_are_refused(given: dict[str, object], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        lemmy.Options(**{"url": "https://lemmy.example/c/clay", **given})
