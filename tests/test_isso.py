"""Isso against a small server that answers as the real one does; the real one is in the contract."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.errors import BadReply, LoginError, NotFoundError
from adapters.platforms import isso
from adapters.site import Site, open_site
from tests.servers.isso import IssoServer, logged_in
from tests.servers.server import Answer


@pytest.fixture
def server() -> Iterator[IssoServer]:
    with IssoServer() as running:
        yield running


def opened(server: IssoServer, **given: object) -> Site:
    options = isso.Options(**{**logged_in(server.url), **given})
    return open_site("blog", "isso", options, environment={"PW": server.password}, clock=server.clock)


@pytest.fixture
def site(server: IssoServer) -> Iterator[Site]:
    with opened(server) as made:
        yield made


def test_answers_do_not_hide_what_answers_nothing(server: IssoServer, site: Site) -> None:
    first = server.board.create("First.", at=server.board.now - 900)
    for number in range(300):
        server.board.create(f"Answer {number}.", parent=int(first), at=server.board.now - 600 + number)
    (page, *_) = site.comments()
    # In Isso's own order, 300 answers stand behind it.
    new = server.board.create("Second.", at=server.board.now)
    assert new in {one.comment.id for page in site.comments(page.cursor) for one in page.comments}


def test_a_walk_makes_one_request_for_all_its_pages(server: IssoServer) -> None:
    for number in range(450):
        server.board.create(f"Comment {number}.", at=server.board.now - 450 * 60 + number * 60)
    with opened(server, password=None) as public:
        assert len({one.comment.id for page in public.comments() for one in page.comments}) == 450
    assert len(server.asked) == 1


def test_a_held_comment_is_told_as_the_queue_shows_it(server: IssoServer, site: Site) -> None:
    server.board.create("<b>Glaze</b> & *clay*", author="Anonymous", status="held")
    server.board.create("More.", author="Ada & Ben", status="held")
    (page,) = site.comments()
    more, glaze = (one.comment for one in page.comments)
    assert (glaze.body, glaze.format, glaze.author) == ("<b>Glaze</b> & *clay*", "markdown", None)
    assert (glaze.status, glaze.posted_at, more.author) == ("held", None, "Ada & Ben")
    assert glaze.url == "https://blog.example/kilns/#isso-1"
    assert {one.post_id for one in page.comments} == {"/kilns/"}
    site.mod("1").approve()
    found = site.comment("1")
    assert found is not None
    assert (found.comment.status, found.comment.format, found.comment.posted_at is None) == ("accepted", "html", False)


def test_a_session_that_has_ended_is_begun_anew(server: IssoServer, site: Site) -> None:
    server.board.create("Held.", status="held")
    list(site.comments())
    site._http._reading.cookies.clear()
    assert len([one for page in site.comments() for one in page.comments]) == 1


def test_what_is_switched_off_is_told(server: IssoServer, site: Site) -> None:
    server.shows_latest = False
    with pytest.raises(NotFoundError):
        list(site.comments())
    [proof] = site.check()
    assert "latest-enabled = true" in (proof.mend or "")
    server.shows_latest, answer = True, server.answer

    def disabled(query: object) -> object:
        found = answer(query)
        return type(found)(b"<html><body>Administration is disabled</body></html>") if "admin" in query.path else found

    server.answer = disabled
    with pytest.raises(LoginError, match="disabled"):
        list(site.comments())
    server.answer = lambda query: answer(query) if "admin" not in query.path else type(answer(query))(b"<p>Back soon.")
    with pytest.raises(BadReply, match="Back soon"):
        list(site.comments())


def test_a_deleted_comment_that_has_answers_is_gone(server: IssoServer, site: Site) -> None:
    first = server.board.create("First.")
    server.board.create("Answer.", parent=int(first))
    site.mod(first).remove()
    assert server.board.status(first) == "trash"
    assert site.comment(first) is None
    assert [comment.id for comment in site.thread("/kilns/").comments] == ["2"]


def test_what_a_real_one_showed_is_told_whole(server: IssoServer, shared: Path) -> None:
    log = (shared / "fixtures" / "isso_live" / "probe_isso.out").read_text("utf-8")
    line = next(line for line in log.splitlines() if line.startswith("## fetch 200 "))
    page = json.loads(line[line.index("} {") + 2 :])
    server.answer = lambda query: Answer(page)
    with opened(server, password=None) as public:
        thread = public.thread("/index.html")
    told = [(one.id, one.parent_id, one.author, one.body, one.status) for one in thread.comments]
    assert told == [(str(row["id"]), None, row["author"], row["text"], "accepted") for row in page["replies"]]
    times = [one.posted_at.timestamp() for one in thread.comments]
    assert times == pytest.approx([row["created"] for row in page["replies"]], abs=1e-5)


def test_the_queue_that_a_real_one_showed_is_told_whole(server: IssoServer, site: Site, shared: Path) -> None:
    queue = (shared / "fixtures" / "isso_live" / "out_admin.html").read_bytes()
    server.answer = lambda query: Answer(queue if "admin" in query.path else [])
    (page,) = site.comments()
    told = {(one.comment.id, one.comment.author, one.comment.body, one.comment.status) for one in page.comments}
    assert told == {(str(id), f"U{id - 1}", f"Held comment {id - 1}", "held") for id in (1, 2, 3)}
    assert {one.comment.url for one in page.comments} == {
        f"https://blog.example/index.html#isso-{id}" for id in (1, 2, 3)
    }
