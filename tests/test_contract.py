"""Every live platform, held to one contract: nothing is lost, doubled or done twice, whatever happens meanwhile."""

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from pytest_mock import MockerFixture
from urllib3.util.retry import Retry

from adapters.base import SHOWN, VERBS, Ask, Batch, Verb
from adapters.errors import LoginError, NotFoundError, OutcomeUnknown, RateLimited, SiteError, Unsupported
from adapters.walk import Step, Walker, _step
from tests.contract import Contract, Stage
from tests.servers import (
    blogger,
    coral,
    discourse,
    disqus,
    ghost,
    github,
    hackernews,
    hyvor,
    isso,
    lemmy,
    mastodon,
    real_ghost,
    real_isso,
    real_waline,
    real_wordpress,
    reddit,
    remark42,
    waline,
    wordpress,
)

# In the order of the registry.
CONTRACTS: tuple[Contract, ...] = (
    *wordpress.CONTRACTS,
    *real_wordpress.CONTRACTS,
    *isso.CONTRACTS,
    *real_isso.CONTRACTS,
    *waline.CONTRACTS,
    *real_waline.CONTRACTS,
    *ghost.CONTRACTS,
    *real_ghost.CONTRACTS,
    *reddit.CONTRACTS,
    *discourse.CONTRACTS,
    *mastodon.CONTRACTS,
    *lemmy.CONTRACTS,
    *hackernews.CONTRACTS,
    *disqus.CONTRACTS,
    *remark42.CONTRACTS,
    *blogger.CONTRACTS,
    *github.CONTRACTS,
    *coral.CONTRACTS,
    *hyvor.CONTRACTS,
)
SMALL = [one for one in CONTRACTS if not isinstance(one.serve, str)]
every = pytest.mark.parametrize("contract", CONTRACTS, ids=lambda one: one.name)
# Those whose servers go wrong when they are told to.
small = pytest.mark.parametrize("contract", SMALL, ids=lambda one: one.name)


@pytest.fixture
def stage(request: pytest.FixtureRequest, contract: Contract, mocker: MockerFixture) -> Iterator[Stage]:
    mocker.patch.object(Retry, "sleep")
    if isinstance(contract.serve, str):
        server = request.getfixturevalue(contract.serve)
        server.reset()
        with contract.stage(server) as stage:
            yield stage
    else:
        with contract.serve() as server, contract.stage(server) as stage:
            yield stage


@every
def test_a_comment_is_told_as_it_is(stage: Stage) -> None:
    at = stage.board.now - 3600
    first = stage.board.create("The kiln was cold.", author="Ada", at=at)
    answer = stage.board.create("It was lit at six.", author="Ben", parent=int(first), at=at + 60)
    held = stage.board.create("Buy kilns here.", author="Eve", at=at + 120, status="held")
    stage.poll()
    one, other = (stage.seen[stage.id_of(id)] for id in (first, answer))
    assert "The kiln was cold." in one.comment.body
    assert "It was lit at six." in other.comment.body
    assert (one.comment.author, other.comment.author) == ("Ada", "Ben")
    assert (one.comment.parent_id, other.comment.parent_id) == (None, stage.id_of(first))
    assert one.post_id == other.post_id
    grain = timedelta(seconds=stage.site.capabilities.grain)
    for sighting, posted in ((one, at), (other, at + 60)):
        assert sighting.comment.posted_at is not None
        assert abs(sighting.comment.posted_at - datetime.fromtimestamp(posted, UTC)) < grain
        assert sighting.comment.edited_at is None
    assert (stage.id_of(held) in stage.seen) == ("held" in stage.sees)
    statuses = {sighting.comment.status for sighting in (one, other)}
    assert {status.lower() for status in statuses if status is not None} <= SHOWN
    if "held" in stage.sees:
        assert (stage.seen[stage.id_of(held)].comment.status or "").lower() not in {"", *SHOWN}


@every
def test_sixty_comments_in_a_burst_while_it_is_polled(stage: Stage) -> None:
    stage.write(3, before=30)
    left = 60

    def write() -> None:
        nonlocal left
        for late in range(min(3, left)):
            # A slow transaction: it shows only now, with the time at which it began.
            stage.board.create(f"burst {left}", at=stage.board.now - late * 0.9)
            left -= 1

    with stage.server.meanwhile(write):
        for _ in range(600):
            stage.poll()
            if not left:
                break
    stage.poll()
    assert left == 0
    assert stage.missed() == set()


@every
def test_more_comments_of_one_second_than_a_page_holds(stage: Stage) -> None:
    count = min(250, stage.contract.reach or 250)
    stage.board.create("before", at=stage.board.now - 60)
    for half in (count // 2, count - count // 2):
        for number in range(half):
            stage.board.create(f"tie {number}", at=int(stage.board.now) - 10)
        stage.poll()
        assert stage.missed() == set()
    stage.board.create("after", at=int(stage.board.now) - 9)
    assert stage.poll() == [stage.id_of(str(stage.board.listed()[-1].id))]


@every
def test_a_comment_that_is_approved_late(stage: Stage) -> None:
    late = stage.board.create("held for an hour", at=stage.board.now - 3600, status="held")
    others = stage.write(4)
    stage.poll()
    assert (stage.id_of(late) in stage.seen) == ("held" in stage.sees)
    stage.board.set(late, "approved")
    stage.poll()
    stage.reread(seconds=7200)
    assert stage.seen[stage.id_of(late)].comment.status == stage.seen[others[0]].comment.status


@every
def test_an_edit(stage: Stage) -> None:
    edited = stage.board.create("It was the council.", at=stage.board.now - 3600)
    stage.write(4)
    stage.poll()
    stage.board.edit(edited, "It was the mayor.")
    stage.poll()
    stage.reread(seconds=7200)
    found = stage.seen[stage.id_of(edited)].comment
    if "edited" in stage.sees:
        assert "It was the mayor." in found.body
        assert "It was the council." not in found.body
    if found.edited_at is not None:
        assert abs(found.edited_at.timestamp() - stage.board.now) < 60


@every
def test_a_comment_with_answers_is_deleted(stage: Stage) -> None:
    gone = stage.board.create("Soon gone.", at=stage.board.now - 3600)
    answers = {
        stage.id_of(stage.board.create(f"answer {number}", parent=int(gone), at=stage.board.now - 3000 + number))
        for number in range(3)
    }
    stage.write(4)
    stage.poll()
    assert stage.missed() == set()
    stage.server.delete(gone)
    stage.poll()
    # Some platforms take the answers away too.
    left = {stage.id_of(str(row.id)) for row in stage.shown()}
    lost = {stage.id_of(gone), *answers} - left
    assert stage.id_of(gone) in lost
    pages = [*stage.reread(seconds=7200), *stage.reread(seconds=7200)]
    assert stage.deleted == (lost if "deleted" in stage.sees else set())
    assert {one.comment.id for page in pages for one in page.comments} >= left
    if "deleted" in stage.sees:
        assert [stage.site.comment(id) for id in lost] == [None] * len(lost)
    for id in left:
        assert stage.site.comment(id) is not None


@every
@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kathmandu"])
def test_a_site_whose_clock_is_not_utc(stage: Stage, zone: str) -> None:
    stage.server.zone = ZoneInfo(zone)
    for number in range(3):
        at = int(stage.board.now) - 3 + number
        id = stage.id_of(stage.board.create(f"words {number}", at=at))
        assert id in stage.poll()
        assert stage.seen[id].comment.posted_at == datetime.fromtimestamp(at, UTC)
    assert stage.poll() == []


@every
def test_pages_that_drift_while_comments_are_deleted(stage: Stage) -> None:
    stage.write(230, apart=2, before=30)
    for number in range(20):
        stage.board.create(f"tie {number}", at=int(stage.board.now) - 5)

    def delete() -> None:
        rows = stage.board.listed()
        for row in (rows[0], rows[-1]):
            if len(rows) > 60:
                stage.server.delete(str(row.id))

    with stage.server.meanwhile(delete):
        stage.poll()
    stage.poll()
    assert len(stage.shown()) >= min(60, stage.contract.reach or 60)
    assert stage.missed() == set()


@every
def test_verbs_do_what_they_say_and_others_send_nothing(stage: Stage) -> None:
    id = stage.board.create("Clay.", at=stage.board.now - 60)
    mod = stage.site.mod(stage.id_of(id))
    for verb in ("hold", "spam", "approve", "reply", "report", "remove"):
        arguments = ("Whose words are <these> & those?",) if verb in ("reply", "report") else ()
        act: Callable[..., None] = getattr(mod, verb)
        if verb in stage.verbs:
            act(*arguments)
            assert effects(stage, verb, id) == 1, verb
        else:
            with pytest.raises(Unsupported):
                act(*arguments)


@small
def test_a_verb_that_is_not_there_makes_no_request(stage: Stage) -> None:
    for verb in set(VERBS) - stage.verbs:
        with pytest.raises(Unsupported):
            do(stage, verb, "1", key="k")
    assert stage.server.asked == []


@every
def test_a_thread_has_all_its_comments(stage: Stage) -> None:
    stage.write(120, apart=2)
    stage.poll()
    post = next(iter(stage.seen.values())).post_id
    if not stage.site.capabilities.threads:
        with pytest.raises(Unsupported):
            stage.site.thread(post)
        return
    thread = stage.site.thread(post)
    assert thread.id == thread.post.id == post
    assert {one.id for one in thread.comments} == {stage.id_of(str(row.id)) for row in stage.shown()}
    times = [one.posted_at for one in thread.comments if one.posted_at]
    assert times == sorted(times)
    with pytest.raises(NotFoundError):
        stage.site.thread(stage.contract.no_thread.format(url=stage.server.url))


@every
def test_the_check_holds_where_all_is_well(stage: Stage) -> None:
    stage.write(10)
    proofs = list(stage.site.check())
    assert {proof.name for proof in proofs} >= {"site", "clock", "paging"}
    assert [proof.said for proof in proofs if not proof.ok] == []


@small
def test_a_reply_that_nothing_has_changed(stage: Stage) -> None:
    stage.server.has_tags = True
    stage.write(5, before=120)
    stage.poll()
    assert stage.poll() == []
    pages = list(stage.site.comments(stage.cursor))
    assert not (pages and stage.contract.is_conditional)
    # Whatever goes wrong in between, what comes then is seen.
    new = stage.board.create("new")
    with stage.failing("500"), pytest.raises(SiteError):
        stage.poll()
    assert stage.poll() == [stage.id_of(new)]
    assert stage.poll() == []


@small
def test_a_site_that_wants_to_be_left_alone(stage: Stage) -> None:
    stage.write(5)
    with stage.failing("429"), pytest.raises(RateLimited) as caught:
        stage.poll()
    assert 0 < (caught.value.retry_after or 0) <= 60
    asked = len(stage.server.asked)
    with pytest.raises(RateLimited):
        stage.poll()
    assert len(stage.server.asked) == asked
    stage.server.clock.sleep(61)
    stage.poll()
    assert stage.missed() == set()


@small
@pytest.mark.parametrize("fault", ["500", "502-html", "html", "half", "reset"])
def test_a_reply_that_is_none(stage: Stage, fault: str) -> None:
    stage.write(250)
    with stage.failing(fault):
        failed(stage)
    # And in the middle of a walk.
    stage.take(next(stage.site.comments(stage.cursor)))
    with stage.failing(fault):
        failed(stage)
    stage.poll()
    assert stage.missed() == set()


@pytest.mark.parametrize("contract", [one for one in CONTRACTS if one.is_revocable], ids=lambda one: one.name)
def test_a_login_that_is_revoked_midway(stage: Stage) -> None:
    stage.write(250)
    pages = stage.site.comments(stage.cursor)
    stage.take(next(pages))
    stage.server.is_welcome = False
    if stage.contract.logs_in:
        with pytest.raises(LoginError) as caught:
            stage.poll_on(pages)
        assert not caught.value.passes
        assert "\n" not in str(caught.value)
        with pytest.raises(LoginError):
            stage.poll()
        refused = [proof for proof in stage.site.check() if not proof.ok]
        assert [proof.name for proof in refused] in (["login"], ["rights"])
        assert refused[0].mend
    for verb in stage.verbs:
        with pytest.raises(LoginError):
            do(stage, verb, str(stage.board.listed()[0].id), key=verb)
    stage.server.is_welcome = True
    stage.poll()
    assert stage.missed() == set()


@small
@pytest.mark.parametrize("verb", VERBS)
def test_an_action_that_is_saved_and_answered_500(stage: Stage, verb: Verb) -> None:
    if verb not in stage.verbs:
        assert verb not in stage.site.capabilities.verbs
        return
    id = stage.board.create("Clay.", status="held" if verb == "approve" else "approved")
    with stage.failing("500-but-saved", changes=True):
        known = tried(stage, verb, id)
        # Asked for again, it is looked for first.
        assert tried(stage, verb, id) == known
    assert len(stage.changes()) == 1
    assert effects(stage, verb, id) == 1


@small
@pytest.mark.parametrize("verb", VERBS)
def test_an_action_that_is_not_saved_and_answered_500(stage: Stage, verb: Verb) -> None:
    if verb not in stage.verbs:
        assert verb not in stage.site.capabilities.verbs
        return
    id = stage.board.create("Clay.", status="held" if verb == "approve" else "approved")
    with stage.failing("500", changes=True):
        assert not tried(stage, verb, id)
    assert effects(stage, verb, id) == 0
    # It is sent again only where it can be seen that it was not done.
    done = tried(stage, verb, id)
    assert (len(stage.changes()), effects(stage, verb, id)) == ((2, 1) if done else (1, 0))


@small
def test_a_history_of_ten_thousand_comments(stage: Stage) -> None:
    stage.write(10_000, posts=100)
    fresh = stage.poll()
    assert stage.missed() == set()
    assert len(fresh) == len(set(fresh)) == len(stage.shown()) == min(10_000, stage.contract.reach or 10_000)
    walked = len(stage.server.asked)
    assert stage.poll() == []
    # Where comments are listed of one post only, those of each are asked for again.
    most = walked if stage.site.capabilities.order == "by-thread" else max(3, walked // 10)
    assert len(stage.server.asked) - walked <= most


@small
def test_what_has_left_the_listing_unread_is_told(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    stage.write(5)
    stage.poll()
    with caplog.at_level(logging.WARNING):
        for number in range(2 * (stage.contract.reach or 50)):
            stage.board.create(f"more {number}", at=stage.board.now + number)
        stage.server.clock.sleep(2 * (stage.contract.reach or 50))
        stage.poll()
    assert stage.missed() == set()
    assert ["may be missing" in said for said in caplog.messages] == ([True] if stage.contract.reach else [])


@pytest.mark.parametrize(
    "scenario",
    [test_sixty_comments_in_a_burst_while_it_is_polled, test_more_comments_of_one_second_than_a_page_holds],
)
@pytest.mark.parametrize("contract", [wordpress.CONTRACTS[0], real_wordpress.CONTRACTS[0]], ids=lambda one: one.name)
def test_the_contract_breaks_a_cursor_that_asks_strictly_after(
    stage: Stage, mocker: MockerFixture, scenario: Callable[[Stage], None]
) -> None:
    def strictly_after(walker: Walker, place: object, cursor: dict[str, str] | None) -> Iterator[Step]:
        """Take the date of the last comment for the cursor, as pollers often do."""
        last, token = cursor["last"] if cursor else None, None
        while True:
            since = datetime.fromisoformat(last) + timedelta(seconds=1) if last else None
            batch: Batch = walker.listing(Ask(since=since, token=token))
            last = batch.comments[-1].comment.posted_at.isoformat() if batch.comments else last
            after, cursor = cursor, {"last": last}
            yield _step(batch, after, cursor, tuple(batch.comments))
            if batch.next is None:
                return

    mocker.patch.object(Walker, "_up", strictly_after)
    with pytest.raises(AssertionError):
        scenario(stage)
    assert stage.missed()


def do(stage: Stage, verb: Verb, id: str, *, key: str) -> None:
    """Do something to a comment of the board."""
    arguments = ("Whose words?",) if verb in ("reply", "report") else ()
    getattr(stage.site.mod(stage.id_of(id)), verb)(*arguments, key=key)


def tried(stage: Stage, verb: Verb, id: str) -> bool:
    """Do something, the same one each time; tell whether it is known to be done."""
    try:
        do(stage, verb, id, key="the same")
    except OutcomeUnknown:
        return False
    return True


def effects(stage: Stage, verb: Verb, id: str) -> int:
    """Count how often something was done to a comment of the board."""
    if verb == "reply":
        return sum(row.parent == int(id) for row in stage.board.listed())
    if verb == "report":
        return sum(reported == id for reported, _ in stage.server.reports)
    status = stage.board.status(id)
    return int(status == stage.contract.outcomes[verb] or (verb == "remove" and status is None))


def failed(stage: Stage) -> None:
    """Poll, which must fail in one line and be worth trying again, and move nothing."""
    before = stage.cursor
    with pytest.raises(SiteError) as caught:
        stage.poll()
    assert caught.value.passes
    assert "\n" not in str(caught.value)
    assert stage.cursor == before
