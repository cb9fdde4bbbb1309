"""Ghost on a real server, and how far the small one is like it. Only when asked: QUOTEWARDEN_SLOW=1."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from adapters.errors import LoginError, NotFoundError, RefusedError
from adapters.platforms import ghost as platform
from adapters.site import Site, open_site
from tests.servers.ghost import KEY, GhostServer
from tests.servers.real_ghost import RealGhost

ANOTHER = f"{'7f' * 12}:{'5a' * 32}"
NOWHERE = "6a" + "f" * 22


def opened(server: RealGhost | GhostServer, key: str = KEY) -> Site:
    options = platform.Options(url=server.url, key={"env": "KEY"})
    return open_site("kilns", "ghost", options, environment={"KEY": key}, clock=server.clock)


@pytest.fixture
def site(ghost: RealGhost) -> Iterator[Site]:
    ghost.reset()
    with opened(ghost) as made:
        yield made


def public(ghost: RealGhost, post: int = 1) -> list[str]:
    """Return the words that everybody reads below a post."""
    address = f"{ghost.url}/members/api/comments/post/{ghost.board.post_id(post)}/"
    rows = requests.get(address, timeout=60).json()["comments"]
    return [one["html"] for row in rows for one in (row, *row["replies"]) if one["html"]]


def test_what_members_write_change_and_delete_is_seen(ghost: RealGhost, site: Site) -> None:
    board = ghost.board
    first = board.write("Glaze is <glass> & sand.")
    answer = board.write("It is not.", author="Ben", parent=first)
    other = board.write("Which clay?", author="Cay", post=2)
    board.edit(first, "Glaze is glass.")
    seen, cursor = {}, None
    for page in site.comments():
        cursor = page.cursor
        seen.update((one.comment.id, one) for one in page.comments)
    one, two, three = (seen[ghost.id_of(id)] for id in (first, answer, other))
    assert (one.comment.body, one.comment.author, one.comment.status) == ("<p>Glaze is glass.</p>", "Ada", "published")
    assert one.comment.edited_at is not None
    assert (two.comment.parent_id, two.comment.author, two.comment.edited_at) == (one.comment.id, "Ben", None)
    assert (one.post_id, three.post_id) == (board.post_id(1), board.post_id(2))
    assert one.comment.url == f"{ghost.url}/kilns-1/#ghost-comments"
    for id, known in seen.items():
        live = site.comment(id)
        assert live is not None
        assert (live.post_id, live.comment) == (known.post_id, known.comment)
    # The first is told to be gone, having an answer; the last is found by reading again.
    for id in (first, other):
        board.delete(id)
    gone = {id for page in site.comments(cursor) for id in page.deleted}
    assert gone == {one.comment.id}
    assert [site.comment(ghost.id_of(id)) for id in (first, other)] == [None, None]
    assert [comment.id for comment in site.thread(board.post_id(1)).comments] == [two.comment.id]


def test_what_is_done_shows_to_everybody(ghost: RealGhost, site: Site) -> None:
    id = ghost.board.write("Bought words.")
    ghost.board.write("An answer.", author="Ben", parent=id)
    mod = site.mod(ghost.id_of(id))
    shown = ["<p>Bought words.</p>", "<p>An answer.</p>"]
    assert public(ghost) == shown
    mod.hold()
    assert (public(ghost), ghost.board.status(id)) == (shown[1:], "held")
    mod.approve()
    assert (public(ghost), ghost.board.status(id)) == (shown, "approved")
    mod.remove()
    assert (public(ghost), ghost.board.status(id)) == (shown[1:], "trash")
    with pytest.raises(NotFoundError):
        site.mod(NOWHERE).hold()


def test_more_answers_than_a_page_within_one_second(ghost: RealGhost, site: Site) -> None:
    board = ghost.board
    at = int(board.now) - 500
    top = board.create("Which clay?", at=at)
    answers = {board.create(f"answer {number}", parent=int(top), at=at + number // 110) for number in range(115)}
    under = board.create("To the last.", parent=int(max(answers, key=int)), at=at + 9)
    seen = {one.comment.id: one.comment for page in site.comments() for one in page.comments}
    assert set(seen) == {ghost.id_of(id) for id in (top, *answers, under)}
    assert seen[ghost.id_of(under)].parent_id == ghost.id_of(max(answers, key=int))
    assert len(site.thread(board.post_id(1)).comments) == len(seen)


def test_what_has_not_changed_is_not_sent_again(ghost: RealGhost, site: Site) -> None:
    ghost.board.create("Clay.", at=ghost.board.now - 3600)
    cursor = None
    for _ in range(2):
        for page in site.comments(cursor):
            cursor = page.cursor
    assert list(site.comments(cursor)) == []
    ghost.board.create("Sand.", post=2)
    assert [one.comment.body for page in site.comments(cursor) for one in page.comments] == ["<p>Sand.</p>"]


def test_a_key_that_ends_and_comments_that_are_off(ghost: RealGhost, site: Site) -> None:
    ghost.board.create("Clay.")
    assert [proof.name for proof in site.check() if proof.ok] == ["site", "login", "rights", "clock", "paging"]
    try:
        ghost.board.allow_comments("off")
        with pytest.raises(RefusedError, match="not enabled"):
            list(site.comments())
        assert [(proof.name, "Access" in (proof.mend or "")) for proof in site.check() if not proof.ok] == [
            ("rights", True)
        ]
        # Only members who pay may write, and everybody's comments are read.
        ghost.board.allow_comments("paid")
        assert len([one for page in site.comments() for one in page.comments]) == 1
    finally:
        ghost.board.allow_comments("all")
    integration = ghost.board.integrate(ANOTHER)
    with opened(ghost, ANOTHER) as other:
        assert len([one for page in other.comments() for one in page.comments]) == 1
        ghost.board.ask("DELETE", f"integrations/{integration}")
        with pytest.raises(LoginError, match="Unknown Admin API Key"):
            list(other.comments())
        with pytest.raises(LoginError):
            other.mod(NOWHERE).hold()
    with opened(ghost, f"{KEY.partition(':')[0]}:{'5a' * 32}") as wrong:
        assert [proof.name for proof in wrong.check() if not proof.ok] == ["login"]


def shape(value: Any) -> Any:
    """Return what a reply has, without what it says."""
    match value:
        case dict():
            return {name: shape(one) for name, one in value.items()}
        case list():
            return [shape(one) for one in value]
        case None | bool():
            return value
    return type(value).__name__


def test_the_small_server_answers_as_the_real_one(ghost: RealGhost, site: Site) -> None:
    replies: dict[str, list[object]] = {}
    with GhostServer() as small:
        for server, post in ((ghost, ghost.board.post_id(1)), (small, small.post_id(1))):
            board, at = server.board, int(server.board.now) - 900
            top = board.create("Clay.", at=at)
            answer = board.create("Sand.", author="Ben", parent=int(top), at=at + 1)
            under = board.create("Glass.", parent=int(answer), at=at + 2)
            gone = board.create("Gone.", parent=int(top), at=at + 3)
            board.create("To one that is gone.", parent=int(gone), at=at + 4)
            held = board.create("Held.", at=at + 5, status="held")
            board.edit(top, "Clay, edited.")
            server.delete(gone)
            ids = {
                name: server.id_of(id) for name, id in {"top": top, "under": under, "gone": gone, "held": held}.items()
            }
            with opened(server) as other:
                headers = other._platform._headers()  # type: ignore[attr-defined]  # as the adapter signs them
            since, listed = "'2020-01-01 00:00:00'", "limit=100&order=id%20desc"
            asked = {
                "listing": f"comments/post/{post}/?{listed}",
                "listing below": f"comments/post/{post}/?{listed}&filter=id:<'{ids['held']}'",
                "listing of nothing": f"comments/post/{NOWHERE}/?{listed}",
                "replies": f"comments/{ids['top']}/replies/?limit=100&page=1&filter=created_at:>={since}",
                "replies of nothing": f"comments/{NOWHERE}/replies/?limit=100&page=1",
                "nothing": f"comments/{NOWHERE}/",
                "all": "comments/",
                "no post": f"posts/{NOWHERE}/?formats=html",
                **{name: f"comments/{id}/" for name, id in ids.items()},
                **{f"{name} whole": f"comments/{id}/?include=member,post,parent" for name, id in ids.items()},
            }
            for name, path in asked.items():
                reply = requests.get(f"{server.url}/ghost/api/admin/{path}", headers=headers, timeout=60)
                errors = [(error["message"], error["code"]) for error in reply.json().get("errors", ())]
                told = errors or shape(reply.json())
                replies.setdefault(name, []).append((reply.status_code, told))
    for name, (real, small_one) in replies.items():
        assert small_one == real, name
