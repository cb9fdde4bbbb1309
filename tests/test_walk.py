"""Walks over a listing: what is lost, which must be nothing, and what the cursor keeps."""

import json
import logging
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis.strategies import data, integers, sampled_from

from adapters.base import Ask, Batch, Cursor, Page, Sighting
from adapters.cursor import MOST_IDS, Place
from adapters.errors import BadReply, RefusedError
from adapters.thread import Comment
from adapters.walk import Step, Walker
from tests.board import Board, BoardPlatform, sighting

KINDS = [("ascending", "counts"), ("newest-first", "counts"), ("newest-first", "places")]
ORDERS = ("ascending", "newest-first", "by-thread")
OVERLAP = timedelta(seconds=120)


def platform(board: Board, kind: tuple[str, str] = KINDS[0], **given: int) -> BoardPlatform:
    return BoardPlatform(board, order=kind[0], tokens=kind[1], **given)


def walk(
    where: BoardPlatform, cursor: Cursor, *, oldest: float | None = None, pages: int | None = None, **given: object
) -> tuple[list[Step], Cursor]:
    """Walk on from a cursor, as it comes back from a store; stop after so many pages."""
    walker = Walker(
        listing=where.recent,
        order=where.capabilities.order,
        overlap=OVERLAP,
        now=datetime.fromtimestamp(where.board.now, UTC),
        oldest=datetime.fromtimestamp(oldest, UTC) if oldest else None,
        **given,
    )
    steps: list[Step] = []
    for step in walker.steps(cursor):
        assert step.page.after == cursor
        steps.append(step)
        cursor = json.loads(json.dumps(step.page.cursor, sort_keys=True))
        assert cursor == step.page.cursor
        if len(steps) == pages:
            break
    return steps, cursor


def ids(steps: list[Step]) -> set[str]:
    return {one.comment.id for step in steps for one in step.page.comments}


def fresh(steps: list[Step]) -> list[str]:
    return [one.comment.id for step in steps for one in step.fresh]


def filled(count: int, *, apart: float = 60.0) -> Board:
    board = Board()
    for number in range(count):
        board.create(f"comment {number}", at=board.now - (count - number) * apart)
    return board


@pytest.mark.parametrize("kind", KINDS)
def test_a_history_is_read_once_and_whole(kind: tuple[str, str]) -> None:
    board = filled(95)
    steps, cursor = walk(platform(board, kind), None)
    assert sorted(fresh(steps), key=int) == [str(number) for number in range(1, 96)]
    steps, again = walk(platform(board, kind), cursor)
    assert (fresh(steps), again, len(steps)) == ([], cursor, 1)


@pytest.mark.parametrize("kind", KINDS)
def test_what_comes_while_it_is_polled_is_not_lost(kind: tuple[str, str]) -> None:
    board, cursor, seen = filled(3), None, set[str]()
    where = platform(board, kind)

    def write() -> None:
        if len(board.rows) < 63:
            for number in range(3):
                # A slow transaction: it shows only now, with the time at which it began.
                board.create(f"burst {number}", at=board.now - number * 0.9)
            board.now += 0.2

    where.slip = write
    for _ in range(30):
        steps, cursor = walk(where, cursor)
        seen |= ids(steps)
    assert seen == {str(number) for number in range(1, 64)}


@pytest.mark.parametrize("kind", KINDS)
def test_more_comments_of_one_second_than_a_page_holds(kind: tuple[str, str]) -> None:
    board = filled(5)
    for number in range(47):
        board.create(f"import {number}", at=board.now)
    board.create("the next", at=board.now + 1)
    steps, cursor = walk(platform(board, kind), None)
    assert len(fresh(steps)) == len(set(fresh(steps))) == 53
    assert fresh(walk(platform(board, kind), cursor)[0]) == []


@pytest.mark.parametrize("kind", KINDS)
def test_pages_that_drift_while_comments_are_deleted(kind: tuple[str, str]) -> None:
    board = filled(80, apart=2)
    for number in range(25):
        board.create(f"tie {number}", at=board.now)
    where, doomed = platform(board, kind), iter(range(1, 200))

    def delete() -> None:
        # Two of the oldest and two of the newest go between any two requests.
        for id in (next(doomed), max(board.rows)):
            if id in board.rows and len(board.rows) > 40:
                board.delete(str(id))

    where.slip = delete
    steps, _ = walk(where, None)
    assert ids(steps) >= {str(id) for id in board.rows}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("pages", [1, 2, 3])
def test_a_walk_that_is_interrupted_leaves_no_gap(kind: tuple[str, str], pages: int) -> None:
    board, seen, cursor = filled(40), set[str](), None
    where = platform(board, kind)
    steps, cursor = walk(where, cursor)
    seen |= ids(steps)
    for number in range(57):
        board.create(f"later {number}", at=board.now + number * 30)
    board.now += 57 * 30
    for round in range(40):
        steps, cursor = walk(where, cursor, pages=pages)
        seen |= ids(steps)
        if round in (2, 4):
            # And while it is away, the head grows and its place moves.
            for _ in range(4):
                board.create("between", at=board.now)
            board.delete(str(max(board.rows) - 20))
        if len(steps) < pages:
            break
    steps, cursor = walk(where, cursor)
    seen |= ids(steps)
    assert seen >= {str(id) for id in board.rows}
    assert Place.of(cursor).walk is None


def test_an_interrupted_walk_goes_on_where_it_was() -> None:
    board = filled(300)
    where = platform(board, KINDS[2])
    _, cursor = walk(where, None, pages=12)
    assert Place.of(cursor).walk is not None
    where.asked.clear()
    steps, cursor = walk(where, cursor)
    # One look at the head, one at the place, and the rest.
    assert len(where.asked) == 1 + 1 + 18
    assert Place.of(cursor).walk is None
    assert min(ids(steps), key=int) == "1"


def test_a_place_that_moved_is_not_trusted() -> None:
    board = filled(100)
    where = platform(board, KINDS[1], step_back=0)
    steps, cursor = walk(where, None, pages=5)
    seen = ids(steps)
    for id in range(60, 90):
        board.delete(str(id))
    steps, cursor = walk(where, cursor)
    assert seen | ids(steps) >= {str(id) for id in board.rows}


def test_a_token_that_is_no_longer_taken_costs_only_requests() -> None:
    board = filled(60)
    where = platform(board, KINDS[2])
    steps, cursor = walk(where, None, pages=3)
    taken, expired = where.recent, [Place.of(cursor).walk.token]

    def forgetful(ask: Ask) -> Batch:
        if ask.token in expired:
            expired.clear()
            raise RefusedError("this token has expired")
        return taken(ask)

    where.recent = forgetful
    steps, cursor = walk(where, cursor)
    assert (len(ids(steps)), expired, Place.of(cursor).walk) == (60, [], None)


@pytest.mark.parametrize("kind", KINDS)
def test_the_first_walk_goes_back_no_further_than_it_is_told(kind: tuple[str, str]) -> None:
    board = filled(500)
    where = platform(board, kind)
    steps, cursor = walk(where, None, oldest=board.now - 60 * 25)
    assert len(where.asked) <= 5
    assert ids(steps) >= {str(number) for number in range(476, 501)}
    quiet = platform(filled(30), kind)
    steps, cursor = walk(quiet, None, oldest=quiet.board.now)
    assert "1" not in ids(steps)
    # Nothing was met, and still the next walk does not begin at the beginning.
    assert "1" not in ids(walk(quiet, cursor)[0])


@pytest.mark.parametrize("kind", KINDS)
def test_a_comment_from_the_future_does_not_hide_the_present(kind: tuple[str, str]) -> None:
    board = filled(3)
    board.create("from next year", at=board.now + 31_536_000)
    _, cursor = walk(platform(board, kind), None)
    for number in range(30):
        board.create(f"now {number}", at=board.now + number)
    board.now += 30
    steps, cursor = walk(platform(board, kind), cursor)
    assert len(fresh(steps)) == 30
    assert fresh(walk(platform(board, kind), cursor)[0]) == []


def test_a_cursor_stays_small() -> None:
    board = filled(5000, apart=0.01)
    _, cursor = walk(platform(board, size=500), None)
    assert len(Place.of(cursor).ground.seen) == MOST_IDS
    assert len(json.dumps(cursor)) < 100_000
    _, cursor = walk(platform(board, KINDS[2], size=500), None, pages=3)
    assert len(json.dumps(cursor)) < 200_000


@pytest.mark.parametrize(
    "cursor", ["", 7, [], {"at": "yesterday"}, {"at": 3, "seen": [1, [2, 3], ["a"]]}, {"walk": {"token": 1}}, {"x": {}}]
)
@pytest.mark.parametrize("kind", KINDS)
def test_a_cursor_that_is_not_understood_is_the_beginning(cursor: Cursor, kind: tuple[str, str]) -> None:
    steps, _ = walk(platform(filled(25), kind), cursor)
    assert len(fresh(steps)) == 25


def test_a_listing_that_goes_from_thread_to_thread_is_read_whole() -> None:
    board = Board()
    for number in range(30):
        board.create(f"{number}", at=board.now - 9000 + number * 250, post=number % 3)
    unchanged: set[str] = set()

    def listing(ask: Ask) -> Batch:
        post = int(ask.token or 0)
        following = str(post + 1) if post < 2 else None
        if ask.if_changed and str(post) in unchanged:
            return Batch(unchanged=True, next=following)
        return Batch(comments=[sighting(row) for row in board.listed() if row.post == post], next=following)

    def poll(cursor: Cursor, pages: int = 9, **given: object) -> tuple[list[Step], Cursor]:
        now = datetime.fromtimestamp(board.now, UTC)
        walker = Walker(listing=listing, order="by-thread", overlap=OVERLAP, now=now, **given)
        steps = [step for step, _ in zip(walker.steps(cursor), range(pages), strict=False)]
        return steps, steps[-1].page.cursor if steps else cursor

    steps, cursor = poll(None, 2)
    assert len(fresh(steps)) == 20
    # One that was interrupted has not known the third thread, however old it is.
    steps, cursor = poll(cursor)
    assert {str(number) for number in range(3, 31, 3)} <= set(fresh(steps))
    board.create("new, below all", at=board.now, post=2)
    steps, cursor = poll(cursor)
    assert fresh(steps) == ["31"]
    assert sum(len(step.page.comments) for step in steps) == 31
    unchanged |= {"0", "2"}
    steps, cursor = poll(cursor, if_changed=True)
    assert [step.page.comments[0].post_id for step in steps] == ["1"]
    oldest = datetime.fromtimestamp(board.now - 100, UTC)
    walker = Walker(listing=listing, order="by-thread", overlap=OVERLAP, now=oldest, oldest=oldest)
    assert sum(len(page.comments) for page in walker.again(cursor, (), lambda id: None)) == 31


def test_a_listing_that_goes_in_circles_is_left() -> None:
    def circle(ask: Ask) -> Batch:
        return Batch(comments=[Sighting(post_id="1", comment=Comment(id=ask.token or "0"))], next="1")

    for order in ORDERS:
        walker = Walker(listing=circle, order=order, overlap=OVERLAP, now=datetime.now(UTC))
        with pytest.raises(BadReply, match="in a circle"):
            list(walker.steps(None))
        with pytest.raises(BadReply, match="in a circle"):
            list(walker.again(None, (), lambda id: None))


def test_comments_without_times_are_told_apart_by_their_ids() -> None:
    rows = [Sighting(post_id="1", comment=Comment(id=str(number))) for number in range(50, 0, -1)]

    def listing(ask: Ask) -> Batch:
        at = int(ask.token or 0)
        return Batch(comments=rows[at : at + 10], next=str(at + 10) if at + 10 < len(rows) else None)

    for order in ORDERS:
        walker = Walker(listing=listing, order=order, overlap=OVERLAP, now=datetime.now(UTC))
        steps = list(walker.steps(None))
        assert len(fresh(steps)) == 50
        assert fresh(list(walker.steps(steps[-1].page.cursor))) == []


def test_a_listing_that_ends_too_soon_is_told(caplog: pytest.LogCaptureFixture) -> None:
    board = filled(4)
    where = platform(board, KINDS[1], size=1000)

    def last_four(ask: Ask) -> Batch:
        return Batch(comments=BoardPlatform.recent(where, ask).comments[:4], cut=True)

    where.recent = last_four
    _, cursor = walk(where, None)
    board.create("one more", at=board.now)
    with caplog.at_level(logging.WARNING):
        _, cursor = walk(where, cursor)
        assert caplog.messages == []
        for _ in range(9):
            board.create("too many", at=board.now)
        walk(where, cursor)
    assert caplog.messages == ["the listing ends above what is known: comments in between may be missing"]


def rescan(where: BoardPlatform, cursor: Cursor, known: set[str], *, oldest: float) -> tuple[list[Page], Cursor]:
    walker = Walker(
        listing=where.recent,
        order=where.capabilities.order,
        overlap=OVERLAP,
        now=datetime.fromtimestamp(where.board.now, UTC),
        oldest=datetime.fromtimestamp(oldest, UTC),
    )
    pages = list(walker.again(cursor, known, where.comment))
    at = cursor
    for page in pages:
        assert page.after == at
        at = page.cursor
    return pages, json.loads(json.dumps(at))


@pytest.mark.parametrize("kind", KINDS)
def test_rereading_finds_edits_and_what_is_gone(kind: tuple[str, str]) -> None:
    board = filled(60)
    where = platform(board, kind)
    _, cursor = walk(where, None)
    oldest = board.now - 60 * 40
    known = {str(number) for number in range(21, 61)}
    board.edit("30", "something else")
    board.delete("40")
    board.set("41", "trash")
    board.set("42", "spam")
    before = Place.of(cursor).ground
    pages, cursor = rescan(where, cursor, known, oldest=oldest)
    assert {one.comment.body for page in pages for one in page.comments if one.comment.id == "30"} == {"something else"}
    assert [id for page in pages for id in page.deleted] == []
    assert Place.of(cursor).missed == ("40", "41", "42")
    # It keeps the place of the polls.
    assert Place.of(cursor).ground == before
    steps, cursor = walk(where, cursor)
    assert (fresh(steps), Place.of(cursor).missed) == ([], ("40", "41", "42"))
    pages, cursor = rescan(where, cursor, known, oldest=oldest)
    assert [page.deleted for page in pages[:-1]] == [()] * (len(pages) - 1)
    assert list(pages[-1].deleted) == ["40", "41"]
    # What hides from the listing and answers when it is asked for is not gone.
    assert [(one.comment.id, one.comment.status) for one in pages[-1].comments] == [("42", "spam")]
    assert Place.of(cursor).missed == ()


def test_one_miss_is_forgiven() -> None:
    board = filled(20)
    where = platform(board)
    _, cursor = walk(where, None)
    known = {str(id) for id in board.rows}
    row = board.rows.pop(7)
    _, cursor = rescan(where, cursor, known, oldest=1)
    board.rows[7] = row
    pages, cursor = rescan(where, cursor, known, oldest=1)
    assert Place.of(cursor).missed == ()
    del board.rows[7]
    pages, cursor = rescan(where, cursor, known, oldest=1)
    assert list(pages[-1].deleted) == []


def test_rereading_goes_back_no_further_than_it_is_told() -> None:
    for kind in KINDS:
        where = platform(filled(1000), kind)
        rescan(where, None, set(), oldest=where.board.now - 60 * 30)
        assert len(where.asked) <= 6


@settings(max_examples=60, deadline=None)
@given(data())
def test_nothing_is_ever_lost(draw: object) -> None:
    kind = draw.draw(sampled_from(KINDS))
    board, cursor, seen, written = filled(draw.draw(integers(0, 30))), None, set[str](), 0
    where = platform(board, kind, size=draw.draw(integers(4, 12)), step_back=3)

    def happen() -> None:
        nonlocal written
        board.now += draw.draw(sampled_from((0.0, 0.5, 3.0, 200.0)))
        if written < 80:
            for _ in range(draw.draw(integers(0, 4))):
                board.create("new", at=board.now - draw.draw(sampled_from((0.0, 0.9, 60.0, 119.0))))
                written += 1
        if draw.draw(integers(0, 3)) == 0 and board.rows:
            board.delete(str(draw.draw(sampled_from(sorted(board.rows)))))

    where.slip = happen
    for _ in range(6):
        steps, cursor = walk(where, cursor, pages=draw.draw(sampled_from((1, 2, 50))))
        seen |= ids(steps)
    where.slip = lambda: None
    for _ in range(3):
        steps, cursor = walk(where, cursor)
        seen |= ids(steps)
    assert seen >= {str(id) for id in board.rows}
