"""A live site: its pages, its stream, and what is done to its comments, written down first and read back."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from adapters.base import Action, Ask, Batch, PlatformOptions, Proof
from adapters.errors import LoginError, NotFoundError, OutcomeUnknown, RateLimited, RefusedError, SiteError, Unsupported
from adapters.http import Http
from adapters.ledger import MemoryLedger
from adapters.platforms import wordpress
from adapters.registry import find_platform, platforms
from adapters.site import Site, open_site
from tests.board import Board, BoardPlatform, failed, saved_then_failed
from tests.clocks import BoardClock


@pytest.fixture
def board() -> Board:
    made = Board()
    for number in range(5):
        made.create(f"comment {number}", at=made.now - 600 + number * 60)
    return made


@pytest.fixture
def platform(board: Board) -> BoardPlatform:
    return BoardPlatform(board)


@pytest.fixture
def site(platform: BoardPlatform, board: Board) -> Site:
    http = Http(PlatformOptions(url="http://blog.test"))
    clock = BoardClock(board)
    return Site("blog", platform, http, overlap=timedelta(seconds=120), ledger=MemoryLedger(), clock=clock)


def test_pages_hang_together(site: Site, board: Board) -> None:
    for number in range(30):
        board.create(f"more {number}", at=board.now + number)
    cursor = None
    for page in site.comments():
        assert page.after == cursor
        cursor = page.cursor
    assert cursor is not None
    # Nothing new: the window is read again, and the cursor stays.
    again = list(site.comments(cursor))
    assert [page.after for page in again] == [page.cursor for page in again] == [cursor] * 4


def test_not_modified_is_asked_for_only_where_the_last_page_was_taken(site: Site, platform: BoardPlatform) -> None:
    (page,) = site.comments()
    (page,) = site.comments(page.cursor)
    assert [ask.if_changed for ask in platform.asked] == [False, True]
    # A page that was not taken, or taken from elsewhere, must come whole the next time.
    next(site.comments(page.cursor))
    list(site.comments(page.cursor))
    list(site.comments(None))
    assert [ask.if_changed for ask in platform.asked[2:]] == [True, False, False]
    platform.recent = lambda ask: Batch(unchanged=True)
    assert list(site.comments(page.cursor)) == []


def test_a_comment_can_be_moderated(site: Site, board: Board) -> None:
    live = site.comment("3")
    assert live is not None
    assert (live.comment.body, live.post_id) == ("comment 2", "1")
    live.mod.hold()
    assert board.rows[3].status == "held"
    live.mod.approve()
    assert board.rows[3].status == "approved"
    live.mod.spam()
    assert board.rows[3].status == "spam"
    live.mod.reply("Whose words are these?")
    assert (board.rows[6].parent, board.rows[6].text) == (3, "Whose words are these?")
    live.mod.remove()
    assert site.comment("3") is None
    assert site.comment("99") is None


def test_a_verb_that_is_not_there_sends_nothing(site: Site, platform: BoardPlatform) -> None:
    with pytest.raises(Unsupported, match="blog: `report` cannot be done here; there is approve, hold, remove") as told:
        site.mod("3").report("Copied.")
    assert platform.sent == []
    assert not told.value.passes


def test_an_action_of_the_same_key_is_done_once(site: Site, platform: BoardPlatform) -> None:
    for _ in range(3):
        site.mod("3").hold(key="decision-7")
    assert platform.sent == [("hold", "3", None)]
    site.mod("3").approve()
    site.mod("3").hold()
    assert len(platform.sent) == 3


def test_an_action_that_was_saved_in_spite_of_an_error_is_done(site: Site, platform: BoardPlatform) -> None:
    platform.acts = saved_then_failed
    for _ in range(2):
        site.mod("3").reply("Whose words are these?", key="k")
    assert len(platform.sent) == 1
    assert [row.text for row in platform.board.rows.values()].count("Whose words are these?") == 1


def test_an_action_that_cannot_be_seen_is_not_sent_again_until_it_is_read_back(
    site: Site, platform: BoardPlatform
) -> None:
    platform.acts = failed
    with pytest.raises(OutcomeUnknown):
        site.mod("3").hold(key="k")
    took, platform.took = platform.took, lambda verb, id, text: None
    with pytest.raises(OutcomeUnknown, match="that cannot be seen"):
        site.mod("3").hold(key="k")
    assert len(platform.sent) == 1
    platform.took, platform.acts = took, lambda act: act()
    site.mod("3").hold(key="k")
    assert (len(platform.sent), platform.board.rows[3].status) == (2, "held")


def test_an_action_that_a_crash_left_open_is_read_back_first(platform: BoardPlatform) -> None:
    from adapters.ledger import carry_out

    ledger = MemoryLedger()
    action = Action(verb="reply", comment_id="3", text="Whose words are these?", key="k")
    assert ledger.begin(action) is None
    platform.board.create("Whose words are these?", parent=3)
    carry_out(action, platform, ledger)
    assert (platform.sent, ledger.begin(action)) == ([], "done")


def test_an_action_that_was_refused_may_be_tried_again(site: Site, platform: BoardPlatform) -> None:
    def refuse(act: object) -> None:
        raise LoginError("the site answered 403")

    platform.acts = refuse
    with pytest.raises(LoginError):
        site.mod("3").hold(key="k")
    platform.acts = lambda act: act()
    site.mod("3").hold(key="k")
    assert platform.board.rows[3].status == "held"


def test_reading_back_may_fail_too(site: Site, platform: BoardPlatform) -> None:
    def unreadable(verb: str, id: str, text: str | None) -> bool:
        raise RateLimited("busy", retry_after=9)

    platform.acts, platform.took = failed, unreadable
    with pytest.raises(OutcomeUnknown):
        site.mod("3").hold(key="k")


def test_a_thread_comes_in_order_and_whole(site: Site, platform: BoardPlatform, board: Board) -> None:
    board.create("an orphan", parent=77, at=1.0)
    thread = site.thread("1")
    assert [comment.id for comment in thread.comments] == ["6", "1", "2", "3", "4", "5"]
    assert thread.comments[0].parent_id is None
    with pytest.raises(NotFoundError):
        site.thread("8")


def take(stream: object, count: int) -> list[str | None]:
    return [one.comment.id if one else None for _, one in zip(range(count), stream, strict=False)]


def test_a_stream_gives_every_comment_once_and_goes_on(site: Site, board: Board) -> None:
    stream = site.stream.comments(pause_after=1)
    assert take(stream, 5) == ["1", "2", "3", "4", "5"]
    assert take(stream, 2) == [None, None]
    board.create("new", at=board.now)
    assert take(stream, 1) == ["6"]
    slept = site._clock.slept
    assert len(slept) == 4
    assert all(later > earlier / 2 for earlier, later in pairwise(slept))
    assert max(slept) <= 60


def test_a_stream_waits_longer_while_nothing_comes(site: Site) -> None:
    stream = site.stream.comments(skip_existing=True, pause_after=0)
    assert take(stream, 12) == [None] * 12
    assert 30 <= site._clock.slept[-1] <= 60


@pytest.mark.parametrize("order", ["ascending", "newest-first"])
def test_a_stream_can_skip_what_is_there(order: str, board: Board) -> None:
    platform = BoardPlatform(board, order=order)
    clock = BoardClock(board)
    http = Http(PlatformOptions(url="http://blog.test"))
    site = Site("blog", platform, http, overlap=timedelta(seconds=120), ledger=MemoryLedger(), clock=clock)
    for seconds in (200, 119, 1):
        board.create("there before", at=board.now - seconds)
    stream = site.stream.comments(skip_existing=True, pause_after=0)
    assert take(stream, 1) == [None]
    board.create("new", at=board.now + 1)
    assert take(stream, 3) == ["9", None, None]


def test_a_stream_begins_where_its_cursor_stands(site: Site, board: Board) -> None:
    stream = site.stream.comments(pause_after=0)
    assert take(stream, 6)[-1] is None
    kept = site.stream.cursor
    board.create("new", at=board.now)
    site.stream.cursor = kept
    assert take(site.stream.comments(pause_after=0), 2) == ["6", None]


def test_a_stream_waits_out_what_passes_and_raises_the_rest(site: Site, platform: BoardPlatform) -> None:
    taken, troubles = platform.recent, [RateLimited("busy", retry_after=77), SiteError("broken"), LoginError("no")]

    def troubled(ask: Ask) -> Batch:
        if troubles:
            raise troubles.pop(0)
        return taken(ask)

    platform.recent = troubled
    stream = site.stream.comments()
    with pytest.raises(LoginError):
        next(stream)
    assert site._clock.slept[0] == 77
    assert take(site.stream.comments(), 1) == ["1"]


def test_check_says_what_holds(site: Site, platform: BoardPlatform) -> None:
    assert [(proof.name, proof.ok) for proof in site.check()] == [("login", True), ("clock", True), ("paging", True)]
    site._http.skew = -300.0
    proofs = list(site.check())
    assert [proof.said for proof in proofs if not proof.ok] == ["the server's clock is 300 s behind ours"]
    platform.recent = lambda ask: Batch(comments=[*reversed(BoardPlatform.recent(platform, ask).comments)])
    assert [proof.said for proof in site.check()][-1] == "comments do not come in the order of time"
    platform.recent = lambda ask: Batch(comments=BoardPlatform.recent(platform, Ask()).comments, next="2")
    assert [proof.said for proof in site.check()][-1] == "the second page is the first one again"

    def refused() -> object:
        yield Proof(name="site", ok=True, said="it answers")
        raise LoginError("the site answered 401")

    platform.prove = refused
    assert [(proof.name, proof.ok) for proof in site.check()] == [("site", True), ("site", False)]


def test_the_platforms_are_known_by_name() -> None:
    names = [platform.NAME for platform in platforms()]
    assert len(names) == len(set(names))
    assert {"wordpress", "feed", "reddit"} <= set(names)
    assert find_platform("wordpress") is wordpress
    with pytest.raises(Unsupported, match="unknown platform 'wordprss'; there are wordpress, "):
        find_platform("wordprss")


def test_a_login_is_not_sent_over_plain_http() -> None:
    login = {"user": "bot", "password": {"env": "PW"}}
    for url in ("http://blog.example", "http://93.184.215.14/blog"):
        with pytest.raises(RefusedError, match="blog: a login is not sent over plain http"):
            open_site("blog", "wordpress", wordpress.Options(url=url, **login), environment={"PW": "x"})
    for url in (
        "https://blog.example",
        "http://wordpress:8080",
        "http://10.0.0.7",
        "http://[::1]",
        "http://b.internal",
    ):
        open_site("blog", "wordpress", wordpress.Options(url=url, **login), environment={"PW": "x"}).close()
    open_site("blog", "wordpress", wordpress.Options(url="http://blog.example")).close()


def test_the_window_is_never_under_two_grains(board: Board) -> None:
    options = wordpress.Options(url="https://blog.example", overlap_seconds=0)
    with open_site("blog", "wordpress", options) as site:
        assert site._walker(None).overlap == timedelta(seconds=2)
    assert datetime.now(UTC) - site._walker(None).now < timedelta(minutes=1)
