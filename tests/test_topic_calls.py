"""Whom a comment calls by name, and what follows from it."""

from collections.abc import Sequence

import pytest

from rules.elsewhere import Elsewhere
from rules.topic.calls import called, names_of
from rules.topic.evidence import Evidence
from rules.topic.relevance import TopicAnalysis
from rules.topic.site import MIN_POSTS, SitePost, SitePosts
from rules.view import ThreadView
from tests.dialogue import thread_of

WEIR = """
post: The parish repairs the weir below the old mill, and asks who will lend a barge for the stones.
Ann Carter: The barge of the fishing club lies idle, ask them.
"""


@pytest.mark.parametrize(
    ("text", "at", "first"),
    [
        ("@Ann: the barge leaks.", ("Ann",), None),
        ("@ Ann and @Jo-Beth, the barge leaks, @Ann", ("Ann", "Jo-Beth"), None),
        ("Hi Ann, the barge leaks.", (), "Ann"),
        ("Ann Carter: the barge leaks.", (), "Ann"),
        ("Danke Ann! Der Kahn leckt.", (), "Ann"),
        ("The barge leaks, Ann.", (), None),
        ("Write to ann@mill.example about the barge.", (), None),
        ("", (), None),
        ("@" * 3_000, (), None),
    ],
)
def test_names_are_found_where_somebody_is_called(text: str, at: Sequence[str], first: str | None) -> None:
    assert (called(text).at, called(text).first) == (at, first)


def test_somebody_is_called_by_parts_of_the_name_or_all_of_it_in_one() -> None:
    assert names_of(" Ann de Carter ") == {"ann", "carter", "anndecarter"}


def site(*writers: tuple[int, str]) -> SitePosts:
    posts = SitePosts()
    for number in range(MIN_POSTS + 4):
        posts.add(SitePost(f"other-{number}"), f"Notes on hedge number {number}, its thorns, berries and birds.")
    for number, author in writers:
        posts.add_comment(f"other-{number}", f"My {author.casefold()} hedge has thorns.", author)
    return posts


def evidence(comment: str, posts: SitePosts | None) -> Evidence:
    view = ThreadView(thread_of(f"{WEIR}Ben: {comment}\n"))
    analysis = TopicAnalysis(view, Elsewhere(posts=posts))
    analysis.relevance(view.entries[1])
    return analysis.evidence(view.entries[2], analysis.said(view.entries[2]))


@pytest.mark.parametrize(
    ("comment", "is_here"),
    [("@ann, it leaks.", 1.0), ("@AnnCarter it leaks", 1.0), ("Hi Ann, it leaks.", 1.0), ("@Zed, it leaks.", 0.0)],
)
def test_who_has_written_before_is_here(comment: str, is_here: float) -> None:
    assert evidence(comment, None).signs["calls somebody here"] == is_here


@pytest.mark.parametrize(
    ("comment", "stranger"),
    [
        ("@Zed, it leaks.", "Zed"),  # writes under another post
        ("@Ann, it leaks.", None),  # here as well
        ("@Anni, it leaks.", None),  # may be Ann
        ("@Barge, it leaks.", None),  # a word of the thread
        ("@Omar, it leaks.", None),  # writes nowhere
        ("@Owner, it leaks.", None),  # writes everywhere
        ("Zed, it leaks.", None),  # may be no name
    ],
)
def test_a_stranger_writes_under_another_post(comment: str, stranger: str | None) -> None:
    writers = [(3, "Zed"), (4, "Ann"), (5, "Anni"), (6, "Barge"), *((number, "Owner") for number in range(20))]
    found = evidence(comment, site(*writers))
    assert found.stranger == stranger
    assert found.signs["calls somebody of another thread"] == float(stranger is not None)


def test_of_a_thread_alone_nobody_is_a_stranger() -> None:
    found = evidence("@Zed, it leaks.", None)
    assert found.stranger is None
    assert "calls somebody of another thread" not in found.signs
