"""Reddit against a small server that answers as its API is documented to, and as clients of it have met it."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from adapters.errors import BadReply, LoginError, NotFoundError, RateLimited, Unsupported
from adapters.platforms import reddit
from adapters.site import Site, open_site
from tests.servers.reddit import RedditServer
from tests.servers.server import Answer

SECRETS = {"SECRET": "app-secret", "LEAVE": "leave", "PW": "pass"}
BY_LEAVE = {"refresh_token": {"env": "LEAVE"}}
BY_SCRIPT = {"user": "warden", "password": {"env": "PW"}}


@pytest.fixture
def server() -> Iterator[RedditServer]:
    with RedditServer() as running:
        yield running


def opened(server: RedditServer, **login: object) -> Site:
    given = {"client_id": "app", "client_secret": {"env": "SECRET"}, **login}
    options = reddit.Options(url=f"{server.url}/r/clay", **given)
    return open_site("clay", "reddit", options, environment=SECRETS, clock=server.clock)


@pytest.fixture
def site(server: RedditServer) -> Iterator[Site]:
    with opened(server, **BY_LEAVE) as made:
        yield made


def ids(site: Site, cursor: object = None) -> set[str]:
    return {one.comment.id for page in site.comments(cursor) for one in page.comments}


def test_a_comment_is_told_as_it_is(server: RedditServer, site: Site) -> None:
    first = server.board.create("Glaze is *glass* & <air>.", at=1_789_999_000)
    server.board.create("No.", parent=1, author="[deleted]", at=1_789_999_060, status="held")
    server.board.edit(first, "Glaze is *glass* &amp; <air>.")
    (page,) = site.comments()
    second, first_seen = (one.comment for one in page.comments)
    assert (first_seen.id, first_seen.parent_id, first_seen.author) == ("1", None, "Ada")
    assert (first_seen.status, first_seen.format) == (None, "markdown")
    assert first_seen.body == "Glaze is *glass* &amp; <air>."
    assert first_seen.url == "https://www.reddit.com/r/clay/comments/1/kilns/1/"
    assert first_seen.posted_at == datetime.fromtimestamp(1_789_999_000, UTC)
    assert first_seen.edited_at == datetime.fromtimestamp(server.board.now, UTC)
    assert (second.parent_id, second.author, second.status) == ("1", None, "held")
    assert {one.post_id for one in page.comments} == {"1"}
    assert all(query.params["raw_json"] == "1" for query in server.asked if query.method == "GET")


@pytest.mark.parametrize("login", [BY_LEAVE, BY_SCRIPT, {}], ids=["leave", "script", "app"])
def test_every_login_gets_a_token_once_and_a_new_one_before_it_ends(
    server: RedditServer, login: dict[str, object]
) -> None:
    server.board.create("Clay.")
    with opened(server, **login) as site:
        assert ids(site) == ids(site) == {"1"}
        assert server.issued == 1
        server.clock.sleep(server.seconds - 30)
        assert ids(site) == {"1"}
        assert server.issued == 2
        assert all(query.headers["Authorization"] for query in server.asked)
        assert [query.path for query in server.asked].count("/r/clay/comments") == 3
    assert site.capabilities.verbs == (reddit.CAPABILITIES.verbs if login else frozenset())


def test_a_token_that_ends_early_is_renewed_and_the_request_is_carried_out_once(
    server: RedditServer, site: Site
) -> None:
    server.board.create("Clay.")
    assert ids(site) == {"1"}
    server._until.clear()
    site.mod("1").reply("Whose words?")
    assert (len(server.board.rows), server.issued) == (2, 2)


def test_a_login_that_was_revoked_is_an_error_and_not_an_empty_list(server: RedditServer) -> None:
    for login in (BY_LEAVE, BY_SCRIPT):
        server.is_welcome = True
        with opened(server, **login) as site:
            server.board.create("Clay.")
            assert ids(site)
            server.is_welcome = False
            for ask in (lambda site=site: ids(site), lambda site=site: site.mod("1").hold()):
                with pytest.raises(LoginError, match="invalid_grant") as caught:
                    ask()
                assert not caught.value.passes
                assert not set(SECRETS.values()) & set(str(caught.value).split())
    assert server.board.rows[1].status == "approved"


def test_the_listing_is_followed_to_its_end_though_its_anchors_are_deleted(server: RedditServer, site: Site) -> None:
    for number in range(450):
        server.board.create(f"{number}", at=server.board.now - 450 + number)
    seen: set[str] = set()
    for page in site.comments():
        seen |= {one.comment.id for one in page.comments}
        for last in page.comments[-3:]:
            # The next page begins after the last comment of this one.
            server.board.delete(last.comment.id)
    assert len(seen) == 450


def test_what_is_new_is_found_though_the_newest_known_comment_was_deleted(server: RedditServer, site: Site) -> None:
    for number in range(5):
        newest = server.board.create(f"{number}", at=server.board.now - 5 + number)
    (page,) = site.comments()
    server.board.delete(newest)
    server.board.create("New.", at=server.board.now)
    assert "6" in ids(site, page.cursor)


def test_the_listing_says_where_it_is_cut(server: RedditServer, site: Site, caplog: pytest.LogCaptureFixture) -> None:
    server.shows = 150
    server.board.create("0", at=server.board.now - 9000)
    (page,) = site.comments()
    for number in range(200):
        server.board.create(f"{number}", at=server.board.now - 200 + number)
    assert len(ids(site, page.cursor)) == 150
    assert "comments in between may be missing" in caplog.text


def test_a_thread_has_the_comments_that_its_page_leaves_out(server: RedditServer, site: Site) -> None:
    server.board.create("0")
    for number in range(1, 9):
        server.board.create(f"deep {number}", parent=number, at=server.board.now + number)
    for number in range(260):
        server.board.create(f"wide {number}", at=server.board.now + 20 + number)
    server.board.create("elsewhere", post=5)
    thread = site.thread("1")
    assert (thread.title, thread.post.author, thread.post.body) == ("Kilns & clay", "Bo", "Hot.")
    assert thread.site == "reddit.com/r/clay"
    truth = {
        str(row.id): str(row.parent) if row.parent else None for row in server.board.rows.values() if row.post == 1
    }
    assert {one.id: one.parent_id for one in thread.comments} == truth
    paths = [query.path for query in server.asked]
    assert paths.count("/api/morechildren") == 3
    assert paths.count("/comments/1/_/3") == 1
    with pytest.raises(NotFoundError):
        site.thread("6")


def test_comments_that_vanished_meanwhile_do_not_hold_a_thread_up(server: RedditServer, site: Site) -> None:
    for number in range(30):
        server.board.create(f"{number}", at=server.board.now + number)
    server.before = lambda query: server.board.rows.pop(25, None) if query.path == "/api/morechildren" else None
    assert len(site.thread("1").comments) == 29


def test_the_verbs_do_what_they_say(server: RedditServer, site: Site) -> None:
    server.board.create("Clay.")
    for verb, status in (
        ("hold", "held"), ("approve", "approved"), ("spam", "spam"), ("approve", "approved"), ("remove", "held")
    ):  # fmt: skip
        getattr(site.mod("1"), verb)()
        assert server.board.rows[1].status == status
    live = site.comment("1")
    assert live is not None
    assert (live.comment.status, live.comment.body) == ("held", "Clay.")
    site.mod("1").reply("Whose words are *these*?")
    assert server.board.rows[2].text == r"Whose words are \*these\*?"
    site.mod("1").report("x" * 300)
    assert server.reports == [("1", "x" * 100)]
    with pytest.raises(NotFoundError):
        site.mod("77").hold()
    with pytest.raises(NotFoundError, match="has been deleted"):
        site.mod("77").reply("Hm?")


def test_a_refusal_that_is_answered_with_200_is_one(server: RedditServer, site: Site) -> None:
    server.board.create("Clay.")
    ids(site)
    said = {"json": {"errors": [["RATELIMIT", "take a break for 4 minutes", "ratelimit"]]}}
    server._act = lambda verb, form: Answer(said)
    with pytest.raises(RateLimited, match="take a break"):
        site.mod("1").reply("Whose words?")


def test_deleted_and_removed_comments_are_gone(server: RedditServer, site: Site) -> None:
    first, second = server.board.create("Clay."), server.board.create("Loam.", status="held")
    server.board.delete(first)
    assert site.comment(first) is None
    assert site.comment(second) is not None
    server.moderates = False
    assert site.comment(second) is None


def test_what_is_no_listing_is_told(server: RedditServer, site: Site) -> None:
    server._listed = lambda query: Answer({"reason": "private"})
    with pytest.raises(BadReply, match="no listing of comments"):
        ids(site)


def test_check_names_what_is_missing(server: RedditServer, site: Site) -> None:
    server.board.now = datetime.now(UTC).timestamp()
    server.board.create("Clay.")
    assert [proof.name for proof in site.check() if proof.ok] == ["login", "site", "rights", "clock", "paging"]
    server.moderates = False
    said = {proof.name: proof for proof in site.check()}
    assert not said["rights"].ok
    assert "moderator" in (said["rights"].mend or "")
    server.is_welcome = False
    (proof,) = site.check()
    assert (proof.name, proof.ok) == ("login", False)
    assert "client_id" in (proof.mend or "")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"url": "https://www.reddit.com"}, "/r/NAME"),
        ({"url": "https://www.reddit.com/r/clay/comments/1"}, "/r/NAME"),
        ({"user": "warden"}, "go together"),
        ({**BY_LEAVE, **BY_SCRIPT}, "one login"),
        ({**BY_SCRIPT, "client_secret": None}, "client_secret"),
        ({"client_secret": "app-secret"}, "a secret is not written here"),
    ],
)
def test_options_that_make_no_sense_are_refused(given: dict[str, object], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        reddit.Options(**{"url": "https://www.reddit.com/r/clay", "client_id": "app", **given})


def test_reddit_itself_is_asked_at_its_own_hosts() -> None:
    options = reddit.Options(url="https://old.reddit.com/r/clay/", client_id="app")
    with open_site("clay", "reddit", options, environment={}) as site:
        assert site._platform._api == "https://oauth.reddit.com"
        assert {host for host, _ in site._http._allowed} == {"old.reddit.com", "www.reddit.com", "oauth.reddit.com"}


def test_an_app_reads_only(server: RedditServer) -> None:
    with opened(server) as site, pytest.raises(Unsupported):
        site.mod("1").hold()
