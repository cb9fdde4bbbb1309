"""What moderators say of findings, and what comes of it."""

import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from bot.config import check_config
from bot.decisions import Stale, Verdict, allow_like, decide, history, standing_decision, undo, wake
from bot.precision import precision
from bot.store.allowances import allow, disallow, listed_allowances
from bot.store.audit import audited
from bot.store.database import Store
from bot.store.errors import StoreError
from bot.store.listing import listed
from bot.store.mails import NewMail, keep_mail
from bot.store.tables import allowances, comments, decisions, deliveries, findings, outbox, thresholds
from bot.store.telling import note_told
from bot.store.thresholds import SILENT, keep_wanted, least_confidence, set_threshold
from tests.stored import BRIDGE, CREDITED, FIRST, FISH, LINK, NOON, PILOT, QUOTED, SITE, Blog, comment, finding_rows

UNATTRIBUTED = "unattributed-quote"
LATER = NOON + timedelta(days=1)


@pytest.fixture
def blog(store: Store) -> Blog:
    """A site with one finding, in which Marguerite quotes Hanne Vik."""
    blog = Blog(store)
    blog.take(FIRST, PILOT, QUOTED)
    return blog


def say(store: Store, verdict: Verdict, *, finding: int = 1, moderator: str = "ada", **rest: Any) -> Any:
    rest.setdefault("now", LATER)
    with store.write() as connection:
        return decide(connection, finding, verdict, moderator=moderator, **rest)


def states(blog: Blog) -> list[str]:
    return [state for _, state in blog.rows(findings, "id", "state")]


def revision(connection: Connection, id: str = "5") -> str:
    return connection.execute(select(comments.c.hash).where(comments.c.platform_id == id)).scalar_one()


@pytest.mark.parametrize("verdict", ["confirmed", "dismissed"])
def test_a_decision_takes_the_finding_out_of_the_queue_and_the_outbox(blog: Blog, verdict: Verdict) -> None:
    decided = say(blog.store, verdict, reason="attributed", note="  said above \n")
    assert (decided.is_new, decided.state, decided.decision.moderator) == (True, verdict, "ada")
    assert decided.decision.note == "said above"
    assert decided.decision.reason == ("attributed" if verdict == "dismissed" else None)
    assert (states(blog), blog.waiting()) == ([verdict], [])
    with blog.store.read() as connection:
        assert revision(connection) == history(connection, 1)[0].revision


def test_the_second_moderator_is_told_who_was_first_and_nothing_changes(blog: Blog) -> None:
    say(blog.store, "dismissed")
    second = say(blog.store, "confirmed", moderator="grace", now=LATER + timedelta(minutes=1))
    assert (second.is_new, second.state) == (False, "dismissed")
    assert (second.decision.verdict, second.decision.moderator, second.decision.decided_at) == (
        "dismissed",
        "ada",
        LATER,
    )
    assert len(blog.rows(decisions, "id")) == 1
    replaced = say(blog.store, "confirmed", moderator="grace", replace=True)
    assert (replaced.is_new, replaced.state) == (True, "confirmed")


def test_of_two_moderators_at_once_one_decides(store: Store) -> None:
    blog = Blog(store)
    blog.take(FIRST, PILOT, QUOTED)
    start, outcomes = threading.Barrier(8), []

    def one(number: int) -> None:
        start.wait(20)
        outcomes.append(say(store, ("confirmed", "dismissed")[number % 2], moderator=f"moderator {number}"))

    at_once = [threading.Thread(target=one, args=(number,)) for number in range(8)]
    for thread in at_once:
        thread.start()
    for thread in at_once:
        thread.join(60)
    assert [outcome.is_new for outcome in outcomes].count(True) == 1
    assert len({(outcome.decision.id, outcome.state) for outcome in outcomes}) == 1
    assert len(blog.rows(decisions, "id")) == 1


def test_a_decision_on_a_comment_that_was_edited_since_is_stale(blog: Blog) -> None:
    with blog.store.read() as connection:
        before = revision(connection)
    blog.take(replace(QUOTED, body=QUOTED.body + " Twice."))
    with pytest.raises(Stale, match="changed since") as told:
        say(blog.store, "confirmed", revision=before)
    assert told.value.kind == "edited"
    assert blog.rows(decisions, "id") == []
    with blog.store.read() as connection:
        now = revision(connection)
    assert say(blog.store, "confirmed", revision=now).is_new


def test_a_change_of_status_alone_does_not_make_a_decision_stale(blog: Blog) -> None:
    with blog.store.read() as connection:
        before = revision(connection)
    blog.take(replace(QUOTED, status="hold"))
    assert say(blog.store, "confirmed", revision=before).is_new


def test_a_deleted_comment_can_be_decided_on_and_a_forgotten_one_not(blog: Blog) -> None:
    with blog.store.read() as connection:
        before = revision(connection)
    blog.take(deleted=["5"])
    assert states(blog) == ["resolved"]
    assert say(blog.store, "confirmed", revision=before).state == "confirmed"
    assert blog.rows(findings, "state", "resolved_reason") == [("confirmed", "deleted")]
    blog.pipeline.forget(SITE, ["5"], now=LATER)
    with pytest.raises(Stale, match="forgotten on request") as told:
        say(blog.store, "dismissed", replace=True)
    assert told.value.kind == "forgotten"


def test_a_note_goes_when_its_comment_is_forgotten(blog: Blog) -> None:
    say(blog.store, "dismissed", note="Marguerite is Hanne's sister")
    blog.pipeline.forget(SITE, ["5"], now=LATER)
    assert blog.rows(decisions, "verdict", "note") == [("dismissed", None)]


def test_a_finding_that_resolved_itself_can_be_decided_on_and_undone(blog: Blog) -> None:
    blog.take(CREDITED)
    assert states(blog) == ["resolved"]
    decided = say(blog.store, "confirmed")
    assert decided.state == "confirmed"
    with blog.store.write() as connection:
        assert undo(connection, decided.decision.id, moderator="ada", now=LATER) == "resolved"
    assert blog.waiting() == []


def test_what_the_rules_say_after_a_decision_counts_once_it_is_undone(blog: Blog) -> None:
    decided = say(blog.store, "dismissed")
    assert blog.take(CREDITED).resolved == 0
    assert states(blog) == ["dismissed"]
    blog.take(QUOTED)
    assert states(blog) == ["dismissed"]
    blog.take(CREDITED)
    with blog.store.write() as connection:
        assert undo(connection, decided.decision.id, moderator="ada", now=LATER) == "resolved"


def test_undo_brings_back_what_was_before_and_only_once(blog: Blog) -> None:
    first = say(blog.store, "dismissed").decision.id
    second = say(blog.store, "confirmed", replace=True).decision.id
    with blog.store.write() as connection, pytest.raises(StoreError, match="another one stands in its place"):
        undo(connection, first, moderator="ada", now=LATER)
    for number, state in ((second, "dismissed"), (first, "open")):
        with blog.store.write() as connection:
            assert undo(connection, number, moderator="grace", now=LATER) == state
    assert (states(blog), blog.waiting()) == (["open"], [("5", UNATTRIBUTED)])
    with blog.store.write() as connection, pytest.raises(StoreError, match="taken back before"):
        undo(connection, first, moderator="ada", now=LATER)
    with blog.store.write() as connection, pytest.raises(StoreError, match="no decision 99"):
        undo(connection, 99, moderator="ada", now=LATER)
    with blog.store.read() as connection:
        assert standing_decision(connection, 1) is None
        said = [(row.what, row.who) for row in audited(connection, limit=9)]
    assert said == [("undone", "grace"), ("undone", "grace"), ("confirmed", "ada"), ("dismissed", "ada")]


def test_what_was_told_is_not_told_again_after_an_undo(blog: Blog) -> None:
    with blog.store.write() as connection:
        connection.execute(update(outbox).values(sent_at=NOON))
    decided = say(blog.store, "dismissed")
    with blog.store.write() as connection:
        undo(connection, decided.decision.id, moderator="ada", now=LATER)
    assert blog.rows(outbox, "sent_at") == [(NOON,)]


def test_a_snoozed_finding_wakes_and_is_told_once_more(blog: Blog) -> None:
    with blog.store.write() as connection:
        connection.execute(update(outbox).values(sent_at=NOON))
        named = {"message_id": "<1@mail.test>", "moderator": "ada", "channel": "mail", "kind": "digest"}
        mail = NewMail(site=1, findings=1, since=NOON, content="", **named)
        note_told(connection, keep_mail(connection, mail, now=NOON), "ada", [1])
    until = LATER + timedelta(days=7)
    assert say(blog.store, "snoozed", until=until).state == "snoozed"
    blog.take(replace(QUOTED, body=QUOTED.body + " Twice."))
    assert states(blog) == ["snoozed"]
    assert wake(blog.store, now=until - timedelta(seconds=1)) == 0
    assert wake(blog.store, now=until) == 1
    assert wake(blog.store, now=until) == 0
    assert (states(blog), blog.waiting()) == (["open"], [("5", UNATTRIBUTED)])
    assert blog.rows(deliveries, "finding_id") == []


def test_a_snooze_ends_when_the_finding_resolves_itself(blog: Blog) -> None:
    say(blog.store, "snoozed", until=LATER + timedelta(days=7))
    blog.take(CREDITED)
    assert states(blog) == ["resolved"]
    assert wake(blog.store, now=LATER + timedelta(days=8)) == 0
    assert blog.rows(findings, "state", "snoozed_until") == [("resolved", None)]


def test_a_note_changes_nothing_and_stands_beside_a_decision(blog: Blog) -> None:
    assert say(blog.store, "note", note="asked Marguerite").state == "open"
    say(blog.store, "confirmed")
    assert say(blog.store, "note", note="she answered").is_new
    assert states(blog) == ["confirmed"]


def test_a_decision_on_nothing_is_told(blog: Blog) -> None:
    with pytest.raises(StoreError, match="no such finding"):
        say(blog.store, "confirmed", finding=99)
    with pytest.raises(ValueError, match="lasts until"):
        say(blog.store, "snoozed")


def test_a_page_that_was_read_before_a_decision_does_not_undo_it(blog: Blog, store: Store) -> None:
    class Meanwhile:
        def judge(self, cases: Any) -> Any:
            judgement = blog.pipeline._judges.judge(cases)
            if not store.is_sqlite:
                say(store, "confirmed")
            return judgement

        def close(self) -> None: ...

    if store.is_sqlite:
        pytest.skip("SQLite lets nobody decide while a page is taken")
    late = Blog(store)
    late.pipeline._judges = Meanwhile()  # the page's judges ask a moderator in between
    late.take(CREDITED)
    assert blog.rows(findings, "state", "resolved_reason") == [("confirmed", "credited")]


# Allowances.


def again(number: str, **rest: Any) -> Any:
    return comment(number, f"“{FISH}” I keep coming back to that.", **rest)


@pytest.mark.parametrize("kind", ["author", "thread", "phrase"])
def test_never_for_the_like_dismisses_and_keeps_later_ones_quiet(blog: Blog, kind: Any) -> None:
    blog.take(again("6", author="Marguerite"))
    assert len(blog.waiting()) == 2
    with blog.store.write() as connection:
        allow_like(connection, 1, kind, moderator="ada", now=LATER)
    assert states(blog) == ["dismissed", "quiet"]
    assert blog.waiting() == []
    assert blog.take(again("7", author="Marguerite")).found == 1
    assert states(blog) == ["dismissed", "quiet", "quiet"]
    with blog.store.read() as connection:
        (allowed,) = listed_allowances(connection)
        assert (allowed.site, allowed.rule, allowed.kind, allowed.hushed) == (SITE, UNATTRIBUTED, kind, 2)
        assert list(listed(connection, only_open=True)) == []


def test_an_allowance_covers_nothing_else(blog: Blog) -> None:
    with blog.store.write() as connection:
        for kind, value in (("author", "Hanne Vik"), ("thread", "pier"), ("phrase", "sells fish")):
            allow(connection, 1, rule=UNATTRIBUTED, kind=kind, value=value, moderator="ada", now=LATER)
        allow(connection, 1, rule="link-only", kind="author", value="Marguerite", moderator="ada", now=LATER)
    assert blog.take(again("6", author="Marguerite")).found == 1
    assert states(blog) == ["open", "open"]


def test_a_phrase_is_its_words_whatever_their_marks_and_a_part_of_it_is_covered(blog: Blog) -> None:
    with blog.store.write() as connection:
        phrase = "As she said: NOBODY who sells fish, for a living, can live through two summers without the road!"
        assert allow(connection, 1, rule="*", kind="phrase", value=phrase, moderator="ada", now=LATER) == 1
    assert states(blog) == ["quiet"]


def test_an_allowance_without_anything_to_go_by_is_refused(blog: Blog) -> None:
    with blog.store.write() as connection, pytest.raises(StoreError, match="no phrase to go by"):
        allow(connection, 1, rule="*", kind="phrase", value=" “…” ", moderator="ada", now=LATER)
    with blog.store.write() as connection:
        connection.execute(update(comments).values(author=None))
    with pytest.raises(StoreError, match="no author to go by"), blog.store.write() as connection:
        allow_like(connection, 1, "author", moderator="ada", now=LATER)
    assert states(blog) == ["open"]


def test_an_allowance_taken_back_tells_of_what_it_kept_quiet_unless_another_covers_it(blog: Blog) -> None:
    with blog.store.write() as connection:
        for kind, value in (("author", "Marguerite"), ("thread", "bridge")):
            allow(connection, 1, rule=UNATTRIBUTED, kind=kind, value=value, moderator="ada", now=LATER)
        assert disallow(connection, 1, moderator="ada", now=LATER) == 0
    assert states(blog) == ["quiet"]
    with blog.store.write() as connection:
        assert disallow(connection, 2, moderator="ada", now=LATER) == 1
    assert (states(blog), blog.waiting()) == (["open"], [("5", UNATTRIBUTED)])
    with blog.store.write() as connection, pytest.raises(StoreError, match="no allowance 2"):
        disallow(connection, 2, moderator="ada", now=LATER)


def test_to_undo_never_again_takes_the_allowance_back(blog: Blog) -> None:
    blog.take(again("6", author="Marguerite"))
    with blog.store.write() as connection:
        decided = allow_like(connection, 1, "author", moderator="ada", now=LATER)
    with blog.store.write() as connection:
        assert undo(connection, decided.decision.id, moderator="ada", now=LATER) == "open"
    assert states(blog) == ["open", "open"]
    assert blog.rows(allowances, "id") == []


def test_a_confirmed_finding_is_not_hushed_by_an_allowance(blog: Blog) -> None:
    say(blog.store, "confirmed")
    with blog.store.write() as connection:
        allow(connection, 1, rule="*", kind="author", value="Marguerite", moderator="ada", now=LATER)
    assert states(blog) == ["confirmed"]


@pytest.mark.parametrize("value", ["x" * 5000, "ж" * 5000, "\0\ud800 a b c", "words " * 2000, "水" * 3000])
def test_allowances_of_any_length_and_letters_are_kept(blog: Blog, value: str) -> None:
    with blog.store.write() as connection:
        for kind in ("author", "thread", "phrase"):
            allow(connection, 1, rule="*", kind=kind, value=value, moderator="ada", now=LATER)
    assert len(blog.rows(allowances, "id")) == 3


# Precision and thresholds.


def test_precision_counts_the_decisions_that_stand_by_site_rule_and_week(store: Store) -> None:
    blog = Blog(store)
    blog.take(FIRST, PILOT, LINK, QUOTED, again("6"), again("7"))
    sunday = datetime(2026, 3, 8, 23, 59, 59, tzinfo=UTC)
    numbers = {(row[1], row[0]) for row in blog.rows(findings, "id", "rule")}
    quotes = sorted(number for rule, number in numbers if rule == UNATTRIBUTED)
    (link,) = (number for rule, number in numbers if rule == "link-only")
    for number, verdict, at in (
        (link, "dismissed", sunday),
        (quotes[0], "confirmed", sunday),
        (quotes[1], "dismissed", sunday),
        (quotes[2], "confirmed", sunday + timedelta(seconds=1)),
    ):
        say(store, verdict, finding=number, now=at)
    say(store, "confirmed", finding=quotes[1], now=sunday, replace=True)
    with store.read() as connection:
        counts = precision(connection, since=NOON)
        assert precision(connection, since=sunday + timedelta(seconds=1)) == counts[2:]
        assert precision(connection, since=NOON, sites_of=["other"]) == []
    assert [(one.site, one.rule, one.week, one.confirmed, one.dismissed) for one in counts] == [
        (SITE, "link-only", date(2026, 3, 2), 0, 1),
        (SITE, UNATTRIBUTED, date(2026, 3, 2), 2, 0),
        (SITE, UNATTRIBUTED, date(2026, 3, 9), 1, 0),
    ]


def of(*counts: tuple[float, int, int]) -> list[tuple[float, bool]]:
    return [
        (confidence, is_confirmed)
        for confidence, right, wrong in counts
        for is_confirmed in [True] * right + [False] * wrong
    ]


@pytest.mark.parametrize(
    ("decided", "least"),
    [
        ([], 0.0),
        (of((0.5, 0, 19)), 0.0),  # too few to say anything
        (of((0.5, 0, 20)), SILENT),
        (of((0.5, 20, 0)), 0.0),
        (of((0.9, 20, 0), (0.7, 1, 0), (0.6, 5, 5)), 0.7),
        (of((0.9, 5, 0), (0.6, 5, 10)), SILENT),  # five in a row prove nothing
        (of((0.9, 10, 0), (0.6, 2, 10)), 0.9),
        (of((0.9, 10, 10), (0.5, 400, 0)), 0.0),  # what counts is all that is told
        (of((0.9, 9, 1), (0.8, 9, 1)), SILENT),  # just 90 % may be luck
    ],
)
def test_the_least_confidence_that_holds_nine_of_ten(decided: list[tuple[float, bool]], least: float) -> None:
    assert least_confidence(decided, 0.9) == least


def wanting(share: float | None) -> Any:
    site = {"platform": "feed", "url": "https://harbour.example/feed"}
    if share is not None:
        site["wanted_precision"] = {UNATTRIBUTED: share}
    return check_config({"sites": {SITE: site}}, name="the test's")


def test_decisions_move_the_threshold_and_later_findings_under_it_are_quiet(store: Store) -> None:
    blog = Blog(store)
    blog.take(FIRST, PILOT, *(again(str(number)) for number in range(5, 31)))
    with store.write() as connection:
        keep_wanted(connection, wanting(0.9), now=NOON)
    numbers = sorted(number for rule, number in blog.rows(findings, "rule", "id") if rule == UNATTRIBUTED)
    for number in numbers[:19]:
        say(store, "dismissed", finding=number)
    blog.take(again("40"))
    assert ("40", UNATTRIBUTED) in blog.waiting()
    last = say(store, "dismissed", finding=numbers[19]).decision.id
    assert blog.rows(thresholds, "rule", "least", "wanted") == [(UNATTRIBUTED, SILENT, 0.9)]
    blog.take(again("41"))
    assert ("41", UNATTRIBUTED) not in blog.waiting()
    with store.read() as connection:
        rows = finding_rows(connection)
    assert {row["comment"] for row in rows if row["quiet_reason"] == "threshold"} == {"41"}
    # What was open before stays so, and a decision that is taken back counts no more.
    blog.take(replace(again("40"), body=again("40").body + " Often."))
    assert ("40", UNATTRIBUTED) in blog.waiting()
    with store.write() as connection:
        undo(connection, last, moderator="ada", now=LATER)
    assert blog.rows(thresholds, "least", "confirmed", "dismissed") == [(0.0, 0, 19)]
    with store.write() as connection:
        keep_wanted(connection, wanting(None), now=NOON)
    assert blog.rows(thresholds, "rule") == []


def test_a_moderator_sets_a_threshold_where_no_precision_is_wanted(store: Store) -> None:
    blog = Blog(store)
    with store.write() as connection:
        keep_wanted(connection, wanting(0.9), now=NOON)
        site = connection.execute(select(thresholds.c.site_id)).scalar_one()
        set_threshold(connection, site, UNATTRIBUTED, 0.99, moderator="ada", now=NOON)
        set_threshold(connection, site, "link-only", 1.0, moderator="ada", now=NOON)
        set_threshold(connection, site, "link-only", 1.01, moderator="ada", now=NOON)
    assert blog.rows(thresholds, "rule", "least", "moderator") == [
        ("link-only", 1.01, "ada"),
        (UNATTRIBUTED, 0.0, None),
    ]
    blog.take(FIRST, PILOT, LINK, QUOTED, posts=(BRIDGE,))
    assert sorted(blog.rows(findings, "rule", "quiet_reason"), key=str) == [
        ("link-only", "threshold"),
        (UNATTRIBUTED, None),
    ]
