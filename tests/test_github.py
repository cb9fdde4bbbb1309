"""GitHub Discussions against a small server that answers as its schema says."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from adapters.errors import LoginError, NotFoundError, RateLimited
from adapters.platforms import github
from adapters.site import Site, open_site
from tests.servers.github import GitHubServer
from tests.servers.server import Answer


@pytest.fixture
def server() -> Iterator[GitHubServer]:
    with GitHubServer() as running:
        yield running


def opened(server: GitHubServer, **given: object) -> Site:
    options = github.Options(url=f"{server.url}/kilns/blog", **{"token": {"env": "TOKEN"}, **given})
    return open_site("blog", "github", options, environment={"TOKEN": "good"}, clock=server.clock)


@pytest.fixture
def site(server: GitHubServer) -> Iterator[Site]:
    with opened(server) as made:
        yield made


def test_a_comment_is_told_as_it_is(server: GitHubServer, site: Site) -> None:
    server.board.create("Glaze is *glass*.", at=1_789_999_000, post=7)
    server.board.create("No.", parent=1, at=1_789_999_060, post=7, status="held")
    (page,) = site.comments()
    first, second = (one.comment for one in page.comments)
    assert (first.id, first.parent_id, first.author, first.format) == ("DC_1", None, "Ada", "markdown")
    assert (first.url, first.status) == ("https://github.com/kilns/blog/discussions/7#discussioncomment-1", "shown")
    assert first.posted_at == datetime.fromtimestamp(1_789_999_000, UTC)
    assert (second.parent_id, second.status) == ("DC_1", "off-topic")
    assert {one.post_id for one in page.comments} == {"D_7"}
    thread = site.thread("D_7")
    assert (thread.title, thread.post.body, thread.post.format) == ("kilns/", "Kilns *and* clay", "markdown")
    assert [one.id for one in thread.comments] == ["DC_1", "DC_2"]


def test_an_idle_poll_costs_one_request_whatever_there_is(server: GitHubServer, site: Site) -> None:
    for number in range(1_500):
        server.board.create(f"{number}", at=server.board.now - 1_500 + number, post=number % 12)
    seen: set[str] = set()
    cursor = None
    for _ in range(2):
        for page in site.comments(cursor):
            cursor = page.cursor
            seen |= {one.comment.id for one in page.comments}
        server.clock.sleep(60)
    assert len(seen) == 1_500
    asked = len(server.asked)
    assert list(site.comments(cursor)) == []
    assert len(server.asked) - asked == 1
    late = server.board.create("An answer to the first of all.", parent=1, post=0)
    (page,) = site.comments(cursor)
    assert [one.comment.id for one in page.comments if one.comment.id not in seen] == [server.id_of(late)]


def test_an_answer_in_the_second_of_the_last_update_is_not_missed(server: GitHubServer, site: Site) -> None:
    for number in range(30):
        server.board.create(f"{number}", at=server.board.now - 30 + number)
    server.board.create("Now.", at=server.board.now)
    (page,) = site.comments()
    # Deep in the thread, where what came along does not show it.
    late = server.board.create("At once.", parent=1, at=server.board.now)
    found = [one.comment.id for page in site.comments(page.cursor) for one in page.comments]
    assert server.id_of(late) in found


def test_all_answers_to_one_comment_are_read(server: GitHubServer, site: Site) -> None:
    server.board.create("Top.", at=server.board.now - 1000)
    for number in range(230):
        server.board.create(f"{number}", at=server.board.now - 900 + number, parent=1)
    (page,) = site.comments()
    assert len(page.comments) == 231
    assert len(site.thread("D_1").comments) == 231


def test_a_deleted_comment_with_answers_is_told_at_once(server: GitHubServer, site: Site) -> None:
    server.board.create("Gone.", at=server.board.now - 60)
    server.board.create("Answer.", parent=1)
    server.delete("1")
    (page,) = site.comments()
    assert (list(page.deleted), [one.comment.id for one in page.comments]) == (["DC_1"], ["DC_2"])
    assert site.comment("DC_1") is None
    assert [one.id for one in site.thread("D_1").comments] == ["DC_2"]


def test_an_answer_goes_where_the_thread_can_hold_it(server: GitHubServer, site: Site) -> None:
    server.board.create("Top.")
    server.board.create("Under it.", parent=1)
    site.mod("DC_2").reply("Whose words?")
    # GitHub knows two levels only.
    assert server.board.rows[3].parent == 1
    with pytest.raises(NotFoundError):
        site.mod("DC_99").reply("Whose words?")


def test_a_limit_is_told_as_one(server: GitHubServer, site: Site) -> None:
    said = {"errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}]}
    left = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(server.board.now) + 70)}
    server.answer = lambda query: Answer(said, 200, left)
    with pytest.raises(RateLimited, match="API rate limit exceeded"):
        list(site.comments())
    with pytest.raises(RateLimited, match="to be left alone for 70 s"):
        list(site.comments())
    assert len(server.asked) == 1


def test_check_names_what_is_missing(server: GitHubServer, site: Site) -> None:
    server.permission = "READ"
    proofs = {proof.name: proof.said for proof in site.check()}
    assert proofs["rights"] == "the token's user, bot, may read and answer, and do nothing to others' comments"
    with opened(server, category="Glaze") as other:
        (proof,) = other.check()
        assert (proof.name, proof.ok, proof.mend) == (
            "site",
            False,
            "write one of these into category: Comments, Ideas",
        )
        with pytest.raises(NotFoundError, match="there are Comments, Ideas"):
            list(other.comments())
    server.is_welcome = False
    assert [(proof.name, proof.ok) for proof in site.check()] == [("login", False)]
    with pytest.raises(LoginError, match="Bad credentials"):
        list(site.comments())


def test_an_address_that_is_no_repository_is_refused() -> None:
    for odd in ("https://github.com/kilns", "https://github.com/kilns/blog/discussions"):
        with pytest.raises(ValueError, match="address of a repository"):
            github.Options(url=odd, token={"env": "TOKEN"})
