"""WordPress against a small server that answers as the real one does."""

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from adapters.errors import BadReply, LoginError, NotFoundError, SecretError, Unsupported
from adapters.platforms import wordpress
from adapters.site import Site, open_site
from tests.servers.wordpress import WordPressServer

PASSWORD = "abcd efgh"  # noqa: S105  # nobody's


@pytest.fixture
def server() -> Iterator[WordPressServer]:
    with WordPressServer() as running:
        yield running


def opened(server: WordPressServer, **given: object) -> Site:
    options = wordpress.Options(url=server.url, **{"user": "admin", "password": {"env": "PW"}, **given})
    return open_site("blog", "wordpress", options, environment={"PW": PASSWORD})


@pytest.fixture
def site(server: WordPressServer) -> Iterator[Site]:
    with opened(server) as made:
        yield made


@pytest.fixture
def public(server: WordPressServer) -> Iterator[Site]:
    with opened(server, user=None, password=None) as made:
        yield made


@pytest.fixture
def by_feed(server: WordPressServer) -> Iterator[Site]:
    with opened(server, user=None, password=None, mode="feed") as made:
        yield made


def bodies(site: Site, cursor: object = None) -> list[str]:
    return [one.comment.body for page in site.comments(cursor) for one in page.comments]


def test_a_comment_is_told_as_it_is(server: WordPressServer, site: Site) -> None:
    server.board.create("Glaze is “glass”.", author="A &amp; B", at=1_789_999_000)
    server.board.create("No.", author="Anonymous", parent=1, status="held", at=1_789_999_060)
    (page,) = site.comments()
    first, second = (one.comment for one in page.comments)
    assert (first.id, first.parent_id, first.author, first.status) == ("1", None, "A & B", "approved")
    assert (first.body, first.format) == ("<p>Glaze is “glass”.</p>\n", "html")
    assert first.url == f"{server.url}/kilns/#comment-1"
    assert first.posted_at == datetime.fromtimestamp(1_789_999_000, UTC)
    assert (second.parent_id, second.author, second.status) == ("1", None, "hold")
    assert {one.post_id for one in page.comments} == {"1"}


def test_only_what_is_needed_is_asked_for(server: WordPressServer, site: Site) -> None:
    server.board.create("Clay.", at=server.board.now)
    list(site.comments())
    params = server.asked[-1].params
    assert params["status"] == "all"
    assert params["context"] == "edit"
    assert not {"author_email", "author_ip", "author_user_agent"} & set(params["_fields"].split(","))


def test_strangers_see_what_is_public(server: WordPressServer, public: Site) -> None:
    server.board.create("Seen.", at=server.board.now)
    held = server.board.create("Held.", status="held", at=server.board.now)
    assert bodies(public) == ["<p>Seen.</p>\n"]
    assert public.comment(held) is None
    assert public.capabilities.verbs == frozenset()
    with pytest.raises(Unsupported):
        public.mod("1").hold()
    assert all(query.method == "GET" and "Authorization" not in query.headers for query in server.asked)


def test_a_login_that_was_revoked_is_an_error_and_not_an_empty_list(server: WordPressServer, site: Site) -> None:
    server.board.create("Held.", status="held", at=server.board.now)
    assert len(bodies(site)) == 1
    server.is_welcome = False
    with pytest.raises(LoginError, match="the site answered 401") as caught:
        bodies(site)
    assert not caught.value.passes
    with pytest.raises(LoginError):
        site.comment("1")


def test_plain_permalinks_lead_to_rest_too(server: WordPressServer, site: Site) -> None:
    server.pretty = False
    server.board.create("Clay.", at=server.board.now)
    assert len(bodies(site)) == 1
    site.mod("1").hold()
    assert server.board.rows[1].status == "held"


def test_a_blog_without_rest_is_told_and_read_by_feed(server: WordPressServer, site: Site, by_feed: Site) -> None:
    server.has_rest = False
    for number in range(12):
        server.board.create(f"Comment {number}.", at=server.board.now + number, parent=1 if number == 11 else 0)
    with pytest.raises(NotFoundError):
        bodies(site)
    (proof,) = site.check()
    assert (proof.ok, proof.mend) == (False, 'let /wp-json through, or set mode = "feed"')
    (page,) = by_feed.comments()
    assert [one.comment.id for one in page.comments] == [str(number) for number in range(12, 2, -1)]
    newest = page.comments[0].comment
    assert (newest.body, newest.parent_id, newest.author) == ("<p>Comment 11.</p>", "1", "Ada")
    assert {one.post_id for one in page.comments} == {f"{server.url}/kilns/"}
    assert list(by_feed.comments(page.cursor)) == []
    server.board.now = datetime.now(UTC).timestamp()
    assert [(proof.name, proof.ok) for proof in by_feed.check()] == [("site", True), ("clock", True), ("paging", True)]


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"])
def test_a_blog_in_another_zone_loses_nothing(server: WordPressServer, site: Site, zone: str) -> None:
    server.zone = ZoneInfo(zone)
    server.board.create("Before.", at=server.board.now)
    (page,) = site.comments()
    server.board.create("After.", at=server.board.now + 1)
    assert bodies(site, page.cursor) == ["<p>Before.</p>\n", "<p>After.</p>\n"]


@pytest.mark.parametrize(
    ("zone", "back"), [("America/New_York", "2026-11-01T06:00:00+00:00"), ("Europe/Paris", "2026-10-25T01:00:00+00:00")]
)
def test_the_hour_that_comes_twice_loses_nothing(server: WordPressServer, site: Site, zone: str, back: str) -> None:
    server.zone = ZoneInfo(zone)
    turn, cursor, seen = datetime.fromisoformat(back).timestamp(), None, set[str]()
    for number in range(0, 9000, 300):
        server.board.create(f"{number}", at=turn - 3600 + number)
        for page in site.comments(cursor):
            cursor = page.cursor
            seen |= {one.comment.id for one in page.comments}
    assert len(seen) == len(server.board.rows) == 30


def test_the_verbs_do_what_they_say(server: WordPressServer, site: Site) -> None:
    server.board.create("Clay.")
    for verb, status in (("hold", "held"), ("approve", "approved"), ("spam", "spam"), ("remove", "trash")):
        getattr(site.mod("1"), verb)()
        assert server.board.rows[1].status == status
    assert site.comment("1") is None
    # WordPress answers 500 when a comment is so already.
    site.mod("1").remove()
    site.mod("1").approve()
    site.mod("1").reply("Whose words are <these> & those?")
    assert server.board.rows[2].text == "Whose words are &lt;these&gt; &amp; those?"
    with pytest.raises(NotFoundError):
        site.mod("77").hold()


def test_an_answer_that_was_saved_in_spite_of_an_error_is_not_sent_again(server: WordPressServer, site: Site) -> None:
    server.board.create("Clay.")
    site.comment("1")
    server.before = lambda query: server.faults.append("500-but-saved") if query.method == "POST" else None
    site.mod("1").reply("Whose <words>?")
    assert [query.method for query in server.asked].count("POST") == 1
    assert len(server.board.rows) == 2


def test_a_thread_has_its_post(server: WordPressServer, site: Site) -> None:
    for number in range(130):
        server.board.create(f"Comment {number}.", at=server.board.now - number // 50)
    thread = site.thread("1")
    assert (thread.title, thread.post.author, thread.post.body) == ("Kilns & clay", "Bo", "<p>Hot.</p>")
    assert (thread.url, len(thread.comments)) == (f"{server.url}/kilns/", 130)
    server.board.create("Elsewhere.", post=5)
    assert [comment.body for comment in site.thread("5").comments] == ["<p>Elsewhere.</p>\n"]
    with pytest.raises(NotFoundError):
        site.thread("6")


@pytest.mark.parametrize("cap", [1, 7, 10, 99])
@pytest.mark.parametrize("apart", [0, 1])
def test_a_plugin_that_caps_the_pages_loses_nothing(server: WordPressServer, site: Site, cap: int, apart: int) -> None:
    server.cap = cap
    for number in range(120):
        server.board.create(f"Comment {number}.", at=server.board.now + number * apart)
    assert {one.comment.id for page in site.comments() for one in page.comments} == set(map(str, range(1, 121)))


@pytest.mark.parametrize("cap", [10, 100])
@pytest.mark.parametrize("apart", [0, 1])
def test_comments_that_the_login_may_not_read_hide_no_others(
    server: WordPressServer, site: Site, cap: int, apart: int
) -> None:
    server.cap, server.hidden = cap, frozenset({2})
    for number in range(300):
        server.board.create("Clay.", post=1 + (20 <= number < 290), at=server.board.now + number * apart)
    shown = [*range(1, 21), *range(291, 301)]
    assert {one.comment.id for page in site.comments() for one in page.comments} == set(map(str, shown))


def test_what_is_no_list_of_comments_is_told(server: WordPressServer, site: Site) -> None:
    server.answer = lambda query: type(server)._list(server, query, True)
    with pytest.raises(BadReply, match="this is not the REST interface of WordPress"):
        bodies(site)


def test_check_names_what_is_missing(server: WordPressServer, site: Site) -> None:
    server.board.now = datetime.now(UTC).timestamp()
    assert [proof.name for proof in site.check() if proof.ok] == ["site", "login", "rights", "clock", "paging"]
    server.is_welcome = False
    proofs = list(site.check())
    assert [(proof.name, proof.ok) for proof in proofs] == [("site", True), ("login", False)]
    assert "application password" in (proofs[-1].mend or "")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"user": "bot"}, "go together"),
        ({"password": {"env": "PW"}}, "go together"),
        ({"user": "bot", "password": {"env": "PW"}, "mode": "feed"}, "no login"),
        ({"mode": "atom"}, "rest"),
        ({"user": "bot", "password": PASSWORD}, "a secret is not written here"),
    ],
)
def test_options_that_make_no_sense_are_refused(given: dict[str, object], told: str) -> None:
    with pytest.raises(ValueError, match=told) as caught:
        wordpress.Options(url="https://blog.example", **given)
    assert PASSWORD not in str(caught.value)


def test_a_secret_that_is_not_there_is_told_at_once() -> None:
    options = wordpress.Options(url="https://blog.example", user="bot", password={"env": "PW"})
    with pytest.raises(SecretError, match="PW is not set"):
        open_site("blog", "wordpress", options, environment={})
