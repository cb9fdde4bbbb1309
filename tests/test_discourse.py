"""Discourse against a small server that answers as its source has it, in new versions and in old ones."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from adapters.errors import BadReply, LoginError, NotFoundError, RefusedError, Unsupported
from adapters.platforms import discourse
from adapters.site import Site, open_site
from tests.servers.discourse import DiscourseServer, OldDiscourseServer
from tests.servers.server import Answer


@pytest.fixture(params=[DiscourseServer, OldDiscourseServer], ids=["new", "old"])
def server(request: pytest.FixtureRequest) -> Iterator[DiscourseServer]:
    with request.param() as running:
        yield running


def opened(server: DiscourseServer, **login: object) -> Site:
    options = discourse.Options(url=server.url, **login)
    return open_site("forum", "discourse", options, environment={"KEY": "key"}, clock=server.clock)


@pytest.fixture
def site(server: DiscourseServer) -> Iterator[Site]:
    with opened(server, user="warden", api_key={"env": "KEY"}) as made:
        yield made


@pytest.fixture
def public(server: DiscourseServer) -> Iterator[Site]:
    with opened(server) as made:
        yield made


def ids(site: Site, cursor: object = None) -> list[str]:
    return [one.comment.id for page in site.comments(cursor) for one in page.comments]


def queued(server: DiscourseServer, id: int, *, ago: float, topic: int | None = 1) -> None:
    """Let a post wait in the review queue."""
    at = datetime.fromtimestamp(server.board.now - ago, UTC).isoformat()
    server.queue[id] = {
        "id": id, "type": "ReviewableQueuedPost", "status": 0, "version": 3, "topic_id": topic, "created_at": at,
        "payload": {"raw": f"Waiting {id}.", "reply_to_post_number": 2}, "target_created_by": {"username": "Cy"},
    }  # fmt: skip


def test_a_post_is_told_as_it_is(server: DiscourseServer, site: Site) -> None:
    first = server.board.create("Glaze is “glass”.", at=1_789_999_000)
    server.board.create("No.", author="Ben", parent=1, status="held", at=1_789_999_060.25)
    server.board.edit(first, "Glaze is glass.")
    seen = [sighting for page in site.comments() for sighting in page.comments]
    second, one = (sighting.comment for sighting in seen)
    assert (one.id, one.parent_id, one.author, one.status, one.format) == ("1001", None, "Ada", None, "html")
    assert one.body == "<p>Glaze is glass.</p>"
    assert one.url == f"{server.url}/t/kilns/1/2"
    assert one.posted_at == datetime.fromtimestamp(1_789_999_000, UTC)
    assert one.edited_at == datetime.fromtimestamp(server.board.now, UTC)
    assert (second.parent_id, second.author, second.status) == ("1001", "Ben", "hidden")
    assert {sighting.post_id for sighting in seen} == {"1"}


def test_a_post_that_answers_one_of_another_page_is_asked_for_it_once(server: DiscourseServer, site: Site) -> None:
    server.board.create("0", at=server.board.now - 900)
    for number in range(59):
        server.board.create(f"{number}", at=server.board.now - 800 + number)
    for number in range(3):
        server.board.create(f"late {number}", parent=1, at=server.board.now - 9 + number)
    seen = {one.comment.id: one.comment.parent_id for page in site.comments() for one in page.comments}
    assert [seen[str(1061 + number)] for number in range(3)] == ["1001"] * 3
    assert [query.path for query in server.asked].count("/posts/by_number/1/2.json") == 1


def test_posts_that_nobody_may_see_hide_no_others(server: DiscourseServer, site: Site) -> None:
    """More of them than a page spans: at the top, and further down."""
    for number in range(400):
        server.board.create(f"{number}", at=server.board.now - 400 + number)
    server.unlisted |= {*range(1100, 1260), *range(1320, 1401)}
    wanted = {str(id) for id in range(1001, 1401)} - set(map(str, server.unlisted))
    assert set(ids(site)) == wanted
    (*_, last) = site.comments()
    server.board.create("new", at=server.board.now)
    assert "1401" in ids(site, last.cursor)


def test_a_forum_without_posts_is_empty(site: Site) -> None:
    assert ids(site) == []


def test_what_waits_in_the_queue_is_read_at_its_time(server: DiscourseServer, site: Site, public: Site) -> None:
    for number in range(120):
        server.board.create(f"{number}", at=server.board.now - 1200 + number * 10)
    for number in range(25):
        queued(server, 500 + number, ago=5 + 45 * number)
    queued(server, 900, ago=9000)
    queued(server, 901, ago=50, topic=None)
    (*pages,) = site.comments()
    times = [one.comment.posted_at for page in pages for one in page.comments]
    assert times == sorted(times, reverse=True)
    waiting = {one.comment.id: one.comment for page in pages for one in page.comments if one.comment.status == "held"}
    assert set(waiting) == {f"queued-{id}" for id in (*range(500, 525), 900)}
    one = waiting["queued-500"]
    assert (one.body, one.author, one.parent_id, one.format) == ("Waiting 500.", "Cy", "1001", "markdown")
    assert len(times) == 146
    assert ids(site, pages[-1].cursor)[:2] == ["queued-500", "1120"]
    assert not any(id.startswith("queued") for id in ids(public))


def test_what_waits_in_the_queue_is_let_out_or_rejected(server: DiscourseServer, site: Site) -> None:
    server.board.create("Clay.")
    for id in (500, 501, 502):
        queued(server, id, ago=5)
    site.mod("queued-500").approve()
    site.mod("queued-501").remove()
    site.mod("queued-502").hold()
    assert [server.queue[id]["status"] for id in (500, 501, 502)] == [1, 2, 0]
    assert site.comment("queued-500") is None
    assert site.comment("queued-502") is not None
    assert site.comment("queued-503") is None
    with pytest.raises(RefusedError, match="waits in the review queue"):
        site.mod("queued-502").reply("Whose words?")


def test_strangers_see_what_is_public(server: DiscourseServer, public: Site) -> None:
    server.board.create("Seen.", at=server.board.now)
    held = server.board.create("Held.", status="held", at=server.board.now)
    assert ids(public) == ["1001"]
    assert public.comment(server.id_of(held)) is None
    with pytest.raises(Unsupported):
        public.mod("1001").hold()
    assert all(query.method == "GET" and "Api-Key" not in query.headers for query in server.asked)


def test_a_thread_has_its_post_and_no_notices(server: DiscourseServer, site: Site) -> None:
    for number in range(70):
        server.board.create(f"{number}", parent=number // 2, at=server.board.now + number)
    thread = site.thread("1")
    assert (thread.title, thread.post.author, thread.post.body) == ("Kilns & clay", "Bo", "<p>Hot.</p>")
    assert thread.url == f"{server.url}/t/kilns/1/1"
    rows = server.board.rows.values()
    assert {one.id: one.parent_id for one in thread.comments} == {
        server.id_of(str(row.id)): server.id_of(str(row.parent)) if row.parent else None for row in rows
    }
    assert [query.path for query in server.asked].count("/t/1/posts.json") == 3


def test_the_verbs_do_what_they_say(server: DiscourseServer, site: Site) -> None:
    server.board.create("Clay.")
    for verb, status in (
        ("hold", "held"), ("approve", "approved"), ("spam", "spam"), ("approve", "approved"), ("remove", "trash"),
        ("approve", "approved"),
    ):  # fmt: skip
        getattr(site.mod("1001"), verb)()
        assert server.board.rows[1].status == status
    sent = len(server.asked)
    site.mod("1001").approve()
    assert [query.method for query in server.asked[sent:]] == ["GET"]
    site.mod("1001").reply("Whose *words*?")
    assert server.board.rows[2].text == r"Whose \*words\*?"
    site.mod("1001").report("Unattributed.")
    assert server.reports == [("1", "Unattributed.")]
    with pytest.raises(NotFoundError):
        site.mod("5000").hold()


def test_a_topic_is_not_taken_for_a_comment(server: DiscourseServer, site: Site) -> None:
    server.board.create("Clay.")
    shown = server._shown
    server._shown = lambda row, staff, **kind: {**shown(row, staff, **kind), "post_number": 1}
    with pytest.raises(RefusedError, match="begins a topic"):
        site.mod("1001").remove()
    pages = list(site.comments())
    assert "<p>Clay.</p>" in {post.body for page in pages for post in page.posts}
    assert [one for page in pages for one in page.comments] == []


def test_a_key_that_was_taken_back_is_an_error_and_not_an_empty_list(server: DiscourseServer, site: Site) -> None:
    server.board.create("Clay.")
    ids(site)
    server.is_welcome = False
    for ask in (lambda: ids(site), lambda: site.comment("1001"), lambda: site.mod("1001").hold()):
        with pytest.raises(LoginError, match="It is so: invalid_access"):
            ask()


def test_check_names_what_is_missing(server: DiscourseServer, site: Site, public: Site) -> None:
    server.board.create("Clay.")
    assert [proof.name for proof in site.check() if proof.ok] == ["site", "login", "rights", "clock", "paging"]
    assert all(proof.ok for proof in public.check())
    server.is_staff = False
    rights = next(proof for proof in site.check() if not proof.ok)
    assert (rights.name, "moderator" in (rights.mend or "")) == ("rights", True)
    assert ids(site) == ["1001"]


def test_what_is_no_list_of_posts_is_told(server: DiscourseServer, site: Site) -> None:
    server._latest = lambda before, staff: Answer({"failed": "no"})
    with pytest.raises(BadReply, match="no list of posts"):
        ids(site)


def test_names_and_keys_of_other_scripts_are_sent_or_told(server: DiscourseServer) -> None:
    server.board.create("Clay.")
    with opened(server, user="håkon-жук", api_key={"env": "KEY"}) as site:
        assert ids(site) == ["1001"]
    assert server.asked[-1].headers["Api-Username"].encode("latin-1").decode() == "håkon-жук"
    options = discourse.Options(url=server.url, user="warden", api_key={"env": "KEY"})
    with (
        open_site("forum", "discourse", options, environment={"KEY": "ключ"}) as site,
        pytest.raises(RefusedError, match="cannot be sent") as caught,
    ):
        ids(site)
    assert "ключ" not in str(caught.value)


def test_a_user_needs_a_key() -> None:
    with pytest.raises(ValueError, match="go together"):
        discourse.Options(url="https://forum.example", user="warden")
