"""Waline against a small server that answers as the real one does; the real one is in the contract."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.errors import BadReply, LoginError, NotFoundError, RefusedError
from adapters.platforms import waline
from adapters.platforms.waline import _following, _size
from adapters.site import Site, open_site
from tests.servers.server import Answer, Query
from tests.servers.waline import PASSWORD, WalineServer, logged_in


@pytest.fixture
def server() -> Iterator[WalineServer]:
    with WalineServer() as running:
        yield running


def opened(server: WalineServer, **given: object) -> Site:
    options = waline.Options(**{**logged_in(server.url), **given})
    return open_site("blog", "waline", options, environment={"PW": PASSWORD}, clock=server.clock)


@pytest.fixture
def site(server: WalineServer) -> Iterator[Site]:
    with opened(server) as made:
        yield made


def test_each_page_begins_within_the_one_before_it() -> None:
    offset = 0
    for _ in range(2000):
        end = offset + _size(offset)
        following = _following(end)
        assert offset < following <= end - 20
        assert following % _size(following) == 0
        assert 50 <= _size(following) <= 100
        offset = following


def test_a_comment_is_told_with_its_state(server: WalineServer, site: Site) -> None:
    server.board.create("Glaze.", author="A &amp; B")
    server.board.create("Held.", status="held", parent=1)
    server.board.create("Bought.", status="spam")
    (page,) = site.comments()
    told = {one.comment.id: one.comment for one in page.comments}
    assert {id: one.status for id, one in told.items()} == {"1": "approved", "2": "waiting", "3": "spam"}
    assert (told["1"].author, told["1"].body, told["2"].parent_id) == ("A & B", "<p>Glaze.</p>\n", "1")
    assert told["2"].url == "https://blog.example/post/1#2"
    assert [query.path for query in server.asked].count("/api/token") == 1


def test_what_is_gone_is_looked_for_once(server: WalineServer, site: Site) -> None:
    for number in range(250):
        server.board.create(f"Comment {number}.", at=server.board.now - number * 60)
    list(site.comments())
    asked = len(server.asked)
    assert [site.comment(str(id)) for id in range(900, 950)] == [None] * 50
    assert len(server.asked) - asked <= 5
    # What is there is read anew each time.
    server.board.set("7", "held")
    found = site.comment("7")
    assert found is not None
    assert found.comment.status == "waiting"


def test_a_comment_that_is_not_there_is_not_changed(server: WalineServer, site: Site) -> None:
    server.board.create("Clay.")
    with pytest.raises(NotFoundError):
        site.mod("99").hold()
    with pytest.raises(NotFoundError):
        site.mod("99").reply("Whose?")
    assert len(server.board.rows) == 1


def test_a_login_that_does_not_suffice_is_told(server: WalineServer, site: Site) -> None:
    server.is_admin = False
    assert [(proof.name, proof.ok) for proof in site.check()] == [("site", True), ("login", True), ("rights", False)]
    server.is_welcome = False
    assert [(proof.name, proof.ok) for proof in site.check()] == [("site", True), ("login", False)]
    with pytest.raises(LoginError, match="refuses the mail address or the password"):
        list(opened(server).comments())


def test_errors_that_come_as_successes_are_errors(server: WalineServer, site: Site) -> None:
    list(site.comments())
    server.answer = lambda query: Answer({"errno": 1000, "errmsg": "Comment too fast!"})
    with pytest.raises(RefusedError, match="Waline answers 1000: Comment too fast!"):
        site.mod("1").reply("Whose?")
    server.answer = lambda query: Answer({"hello": "world"})
    with pytest.raises(BadReply, match="not the interface of Waline"):
        list(site.comments())


def test_options_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="go together"):
        waline.Options(url="https://comments.example", email="bot@blog.example")


def test_what_a_real_one_showed_is_told_whole(server: WalineServer, shared: Path) -> None:
    log = (shared / "fixtures" / "waline_live" / "probe_waline.out").read_text("utf-8")
    line = next(line for line in log.splitlines() if line.startswith("## list 200 "))
    page = json.loads(line[line.index("} {") + 2 :])
    server.answer = lambda query: Answer(page)
    with opened(server, email=None, password=None) as public:
        thread = public.thread("/post/1")
    rows = [row for root in page["data"]["data"] for row in (root, *root["children"])]
    assert len(thread.comments) == page["data"]["count"] == 4
    assert {(one.id, one.parent_id, one.author, one.body, one.status) for one in thread.comments} == {
        (str(row["objectId"]), str(row["pid"]) if row["pid"] else None, row["nick"], row["comment"], row["status"])
        for row in rows
    }
    assert {one.posted_at.timestamp() * 1000 for one in thread.comments} == {row["time"] for row in rows}


def test_a_count_of_pages_that_is_wrong_ends_where_the_comments_do(server: WalineServer, site: Site) -> None:
    server.board.create("Clay.", at=server.board.now)
    [told] = [one for page in site.comments() for one in page.comments]
    honest = server.answer

    def boasting(query: Query) -> Answer:
        answer = honest(query)
        if query.method == "GET" and isinstance(answer.body, dict) and "totalPages" in answer.body.get("data", ()):
            answer.body["data"]["totalPages"] = 10**9
        return answer

    server.answer = boasting  # type: ignore[method-assign]  # what the real one never does
    before = len(server.asked)
    assert [one.id for one in site.thread(told.post_id).comments] == [told.comment.id]
    assert site.comment("no such") is None
    assert [one.comment.id for page in site.comments() for one in page.comments] == [told.comment.id]
    assert len(server.asked) - before < 10
