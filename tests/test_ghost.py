"""Ghost against a small server that answers as real replies of 5.130 do."""

import hmac
import json
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from adapters.errors import LoginError, NotFoundError, RefusedError, SecretError, Unsupported
from adapters.platforms import ghost
from adapters.site import Site, open_site
from tests.servers.ghost import KEY, OLD_POST, SECRET, GhostServer


@pytest.fixture
def server() -> Iterator[GhostServer]:
    with GhostServer() as running:
        yield running


def opened(server: GhostServer, *, key: str = KEY, **given: object) -> Site:
    options = ghost.Options(url=server.url, key={"env": "KEY"}, **given)
    return open_site("kilns", "ghost", options, environment={"KEY": key}, clock=server.clock)


@pytest.fixture
def site(server: GhostServer) -> Iterator[Site]:
    with opened(server) as made:
        yield made


def ids(site: Site, cursor: object = None) -> list[str]:
    return [one.comment.id for page in site.comments(cursor) for one in page.comments]


def asked(server: GhostServer, count: int = 0) -> list[str]:
    return [query.path.removeprefix("/ghost/api/admin/") for query in server.asked[count:]]


def test_a_comment_is_told_as_it_is(server: GhostServer, site: Site) -> None:
    board, at = server.board, server.board.now - 600
    first = board.create("Glaze is “glass” & sand.", author="Ada", at=at)
    answer = board.create("No.", author="Ben", parent=int(first), at=at + 60)
    board.create("Yes.", parent=int(answer), at=at + 120)
    board.create("Spam!", post=2, at=at + 180, status="held")
    board.edit(first, "Glaze is glass.")
    seen = {one.comment.id: one for page in site.comments() for one in page.comments}
    one = seen[server.id_of("1")].comment
    assert (one.parent_id, one.author, one.status, one.format) == (None, "Ada", "published", "html")
    assert (one.body, one.url) == ("<p>Glaze is glass.</p>", f"{server.url}/kilns-1/#ghost-comments")
    assert (one.posted_at, one.edited_at) == (datetime.fromtimestamp(at, UTC), datetime.fromtimestamp(board.now, UTC))
    assert [seen[server.id_of(id)].comment.parent_id for id in "23"] == [server.id_of("1"), server.id_of("2")]
    assert (seen[server.id_of("4")].comment.status, seen[server.id_of("4")].post_id) == ("hidden", server.post_id(2))
    # The same is told of each alone.
    for id, one in seen.items():
        live = site.comment(id)
        assert live is not None
        assert (live.post_id, live.comment) == (one.post_id, one.comment)


def test_each_request_is_signed_and_the_secret_stays_here(server: GhostServer, site: Site) -> None:
    ids(site)
    assert {query.headers["Accept-Version"] for query in server.asked} == {"v5.0"}
    for query in server.asked:
        scheme, token = query.headers["Authorization"].split(" ")
        signed, _, signature = token.rpartition(".")
        head, claims = (json.loads(urlsafe_b64decode(f"{part}==")) for part in signed.split("."))
        now = int(server.board.now)
        assert (scheme, head) == ("Ghost", {"alg": "HS256", "typ": "JWT", "kid": KEY[:24]})
        assert claims == {"iat": now, "exp": now + 300, "aud": "/admin/"}
        assert urlsafe_b64decode(f"{signature}==") == hmac.digest(bytes.fromhex(SECRET), signed.encode(), "sha256")
        assert SECRET not in f"{query.headers} {query.text}"


def test_a_token_goes_by_the_servers_clock(server: GhostServer) -> None:
    options = ghost.Options(url=server.url, key={"env": "KEY"})

    class Behind(type(server.clock)):
        def wall(self) -> float:
            return server.board.now - 1000

    with open_site("kilns", "ghost", options, environment={"KEY": KEY}, clock=Behind(server.board)) as site:
        with pytest.raises(LoginError, match="maxAge exceeded"):
            ids(site)
        assert ids(site) == []


@pytest.mark.parametrize("key", ["0123456789abcdef0123456789", "id:", ":00ff", "id:not-hex"])
def test_a_key_of_another_kind_is_told_without_a_request(server: GhostServer, key: str) -> None:
    with pytest.raises(SecretError, match="not the Content API key") as caught:
        opened(server, key=key)
    assert key not in str(caught.value)
    assert server.asked == []


def test_all_answers_of_a_comment_are_read(server: GhostServer, site: Site) -> None:
    board = server.board
    board.create("0", at=board.now - 900)
    board.create("1", at=board.now - 890)
    for number in range(3):
        board.create(f"few {number}", parent=1, at=board.now - 800)
    # More than a page of them, and most of one second.
    for number in range(230):
        board.create(f"many {number}", parent=2, at=board.now - 700 + max(0, number - 220))
    board.create("held", parent=2, status="held")
    board.create("gone", parent=2, status="trash")
    assert set(ids(site)) == {server.id_of(str(number)) for number in range(1, 237)}
    paths = asked(server)
    # What follows is asked for from the time of the last one on, and page by page within one second.
    assert paths.count(f"comments/{server.id_of('2')}/replies/") == 4
    assert not any(server.id_of("1") in path for path in paths)
    thread = site.thread(server.post_id(1))
    assert len(thread.comments) == 236
    assert {one.parent_id for one in thread.comments} == {None, server.id_of("1"), server.id_of("2")}


def test_a_deleted_comment_is_told_while_it_has_answers(server: GhostServer, site: Site) -> None:
    board = server.board
    board.create("gone", at=board.now - 900)
    board.create("answer", parent=1, at=board.now - 800)
    board.create("alone", at=board.now - 700)
    cursor = None
    for page in site.comments():
        cursor = page.cursor
    server.delete("1")
    server.delete("3")
    (page,) = [page for page in site.comments(cursor) if page.comments]
    assert list(page.deleted) == [server.id_of("1")]
    assert [(one.comment.id, one.comment.parent_id) for one in page.comments] == [
        (server.id_of("2"), server.id_of("1"))
    ]
    assert [site.comment(server.id_of(id)) for id in "13"] == [None, None]
    assert site.comment(server.id_of("99")) is None


def test_young_posts_are_followed_however_many(server: GhostServer, site: Site) -> None:
    server.more = 250
    server.board.create("0", post=1)
    server.board.create("old", post=OLD_POST)
    assert ids(site) == [server.id_of("1")]
    paths = asked(server)
    assert paths.count("posts/") == 3
    assert f"comments/post/{server.post_id(OLD_POST)}/" not in paths
    assert len(set(paths)) == 1 + 252
    with opened(server, days=500) as other:
        assert set(ids(other)) == {server.id_of("1"), server.id_of("2")}


def test_pages_that_have_not_changed_are_passed_over(server: GhostServer, site: Site) -> None:
    server.has_tags = True
    for number in range(150):
        server.board.create(f"{number}", at=server.board.now - 1000 + number)
    cursor = None

    def polled() -> tuple[list[str], list[str]]:
        nonlocal cursor
        before, found = len(server.asked), []
        for page in site.comments(cursor):
            cursor = page.cursor
            found += [one.comment.id for one in page.comments]
        return found, asked(server, before)

    assert len(polled()[0]) == 150
    assert polled()[0] == []
    server.board.edit("7", "changed")
    found, paths = polled()
    # The page of the edit, and not the one before it.
    assert len(found) == 50
    assert server.id_of("7") in found
    assert len(paths) == 4


def test_hiding_showing_and_deleting_are_one_request_each(server: GhostServer, site: Site) -> None:
    id = server.id_of(server.board.create("Clay."))
    mod = site.mod(id)
    for verb, status, said in (
        ("hold", "held", "hidden"), ("approve", "approved", "published"), ("remove", "trash", "deleted"),
    ):  # fmt: skip
        before = len(server.asked)
        getattr(mod, verb)()
        (query,) = [query for query in server.asked[before:] if query.method != "GET"]
        assert (query.method, query.path) == ("PUT", f"/ghost/api/admin/comments/{id}/")
        assert query.json == {"comments": [{"id": id, "status": said}]}
        assert server.board.status("1") == status
    with pytest.raises(Unsupported):
        mod.reply("Whose words?")
    with pytest.raises(NotFoundError, match="Resource could not be found"):
        site.mod(server.id_of("99")).hold()


def test_a_thread_has_its_post(server: GhostServer, site: Site) -> None:
    server.board.create("0")
    thread = site.thread(server.post_id(1))
    assert (thread.title, thread.url) == ("Kilns", f"{server.url}/kilns-1/")
    assert (thread.post.body, thread.post.author) == ("<p>Hot.</p>", "Cyd")
    assert thread.post.posted_at == datetime.fromtimestamp(int(server.board.now) - 86_400, UTC)


def test_check_names_what_is_missing(server: GhostServer, site: Site) -> None:
    assert [proof.name for proof in site.check() if proof.ok] == ["site", "login", "rights", "clock", "paging"]
    server.no_comments = 405, "Comments are not enabled for this site."
    proof = list(site.check())[-1]
    assert (proof.name, proof.ok, "not enabled" in proof.said) == ("rights", False, True)
    with pytest.raises(RefusedError, match="not enabled"):
        ids(site)
    # Older ones of Ghost 5.
    server.no_comments = 501, "The server does not support the functionality required to fulfill the request."
    proof = list(site.check())[-1]
    assert (proof.name, proof.ok, "update Ghost" in proof.said) == ("rights", False, True)
    with pytest.raises(LoginError, match="update Ghost"):
        ids(site)
    server.is_welcome = False
    proof = list(site.check())[-1]
    assert (proof.name, proof.ok, "Admin API key" in (proof.mend or "")) == ("login", False, True)
    with pytest.raises(LoginError, match="Unknown Admin API Key"):
        ids(site)
    server.answer = lambda query: type(server.failure("html"))(b"<title>A shop</title>", 404)
    (proof,) = site.check()
    assert (proof.name, proof.ok, "API URL" in (proof.mend or "")) == ("site", False, True)
