"""Coral against a small server that answers as its schema says."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from adapters.errors import BadReply, LoginError, RefusedError
from adapters.platforms import coral
from adapters.site import Site, open_site
from tests.servers.coral import CoralServer
from tests.servers.server import Answer


@pytest.fixture
def server() -> Iterator[CoralServer]:
    with CoralServer() as running:
        yield running


def opened(server: CoralServer, **given: object) -> Site:
    options = coral.Options(url=server.url, **{"token": {"env": "TOKEN"}, **given})
    return open_site("blog", "coral", options, environment={"TOKEN": "good"}, clock=server.clock)


@pytest.fixture
def site(server: CoralServer) -> Iterator[Site]:
    with opened(server) as made:
        yield made


def test_a_comment_is_told_as_it_is(server: CoralServer, site: Site) -> None:
    server.board.create("Glaze.", at=1_789_999_000.25, post=7)
    server.board.create("No.", parent=1, at=1_789_999_060, post=7, status="held")
    (page,) = site.comments()
    first, second = (one.comment for one in page.comments)
    assert (first.id, first.parent_id, first.author, first.status) == ("c-1", None, "Ada", "NONE")
    assert (first.body, first.url) == ("<div>Glaze.</div>", "https://kilns.example/st-7/?commentID=c-1")
    assert first.posted_at == datetime.fromtimestamp(1_789_999_000.25, UTC)
    assert (second.parent_id, second.status) == ("c-1", "PREMOD")
    thread = site.thread("st-7")
    assert (thread.title, thread.post.author, len(thread.comments)) == ("Kilns & clay", "Bo", 2)


def test_a_rejected_comment_is_gone_and_comes_back_when_it_is_approved(server: CoralServer, site: Site) -> None:
    server.board.create("Clay.")
    server.board.create("Glaze.", at=server.board.now + 1)
    site.mod("c-1").remove()
    (page,) = site.comments()
    assert (list(page.deleted), [one.comment.id for one in page.comments]) == (["c-1"], ["c-2"])
    assert site.comment("c-1") is None
    site.mod("c-1").approve()
    found = site.comment("c-1")
    assert found is not None
    assert found.comment.status == "APPROVED"


def test_what_is_approved_is_the_comment_as_it_was_read(server: CoralServer, site: Site) -> None:
    server.board.create("Clay.", status="held")
    edits: list[object] = []

    def edit(query: object) -> None:
        if "mutation" in query.json["query"]:
            edits.append(query)
            server.board.edit("1", "Buy kilns.")

    server.before = edit
    with pytest.raises(RefusedError, match="not found"):
        site.mod("c-1").approve()
    assert (len(edits), server.board.rows[1].status) == (1, "held")


def test_a_page_of_rejected_comments_does_not_end_the_walk(server: CoralServer, site: Site) -> None:
    for number in range(120):
        server.board.create(f"{number}", at=server.board.now - 500 + number, status="spam")
    server.board.create("At last.")
    found = [one.comment.id for page in site.comments() for one in page.comments]
    assert found == ["c-121"]


def test_only_an_answer_that_says_so_tells_that_a_comment_is_gone(server: CoralServer, site: Site) -> None:
    assert site.comment("c-9") is None
    server.answer = lambda query: Answer({"data": {}})
    with pytest.raises(BadReply):
        site.comment("c-9")


def test_check_names_what_is_missing(server: CoralServer, site: Site) -> None:
    with opened(server, site_id="s-2") as other:
        proofs = list(other.check())
        assert [(proof.name, proof.ok) for proof in proofs] == [("login", True), ("site", False)]
        assert proofs[-1].mend == "write one of these into site_id: s-1 (Kilns)"
    server.role = "COMMENTER"
    assert [(proof.name, proof.ok) for proof in site.check()] == [("rights", False)]
    with pytest.raises(LoginError, match="raw query not authorized"):
        list(site.comments())
