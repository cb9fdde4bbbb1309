"""What a confirmed finding leads to at its site."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from adapters.base import Action, PlatformOptions
from adapters.errors import RateLimited, RefusedError, SiteError
from adapters.http import Http
from adapters.site import Site
from bot.acting import carry_out_planned, reply_text
from bot.config import ConfigError, check_config
from bot.config_moderators import OnConfirm
from bot.decisions import decide, undo
from bot.store.actions import MOST_TRIES, StoreLedger
from bot.store.audit import audited
from bot.store.database import Store
from bot.store.tables import actions, comments, findings
from tests.board import Board, BoardPlatform, failed, saved_then_failed
from tests.clocks import BoardClock
from tests.stored import FIRST, FISH, NOON, PILOT, QUOTED, SITE, Blog, comment

LATER = NOON + timedelta(hours=3)
HOLD = {"action": "hold"}


def configured(on_confirm: dict[str, Any] | None) -> Any:
    site: dict[str, Any] = {"platform": "feed", "url": "https://harbour.example/feed"}
    if on_confirm is not None:
        site["on_confirm"] = on_confirm
    return check_config({"sites": {SITE: site}}, name="the test's")


class Acted:
    """Be a site with a finding on comment 5, its board, and whoever carries out what is decided."""

    def __init__(self, store: Store, on_confirm: dict[str, Any] | None, *seen: Any) -> None:
        self.store, self.now = store, LATER
        self.blog = Blog(store)
        self.blog.take(*(seen or (FIRST, PILOT, QUOTED)))
        self.board = Board()
        for _ in range(40):
            self.board.create("words")
        self.platform = BoardPlatform(self.board)
        self.config = configured(on_confirm)
        self.ledger = StoreLedger(store, SITE, now=lambda: self.now)
        clock, http = BoardClock(self.board), Http(PlatformOptions(url="http://blog.test"))
        overlap = timedelta(seconds=120)
        self.site = Site(SITE, self.platform, http, overlap=overlap, ledger=self.ledger, clock=clock)

    def say(self, verdict: Any = "confirmed", *, finding: int = 1, **rest: Any) -> int:
        with self.store.write() as connection:
            said = {"moderator": "ada", "now": self.now, "config": self.config, **rest}
            return decide(connection, finding, verdict, **said).decision.id

    def take_back(self, decision: int) -> None:
        with self.store.write() as connection:
            undo(connection, decision, moderator="ada", now=self.now)

    def carry_out(self, *, stopping: Callable[[], bool] = lambda: False) -> int:
        on_confirm = self.config.sites[SITE].decisions.on_confirm
        return carry_out_planned(self.store, self.site, on_confirm, now=lambda: self.now, stopping=stopping)

    def told(self) -> list[tuple[Any, ...]]:
        return self.blog.rows(actions, "id", "verb", "outcome", "error")

    def findings(self) -> list[int]:
        return [number for (number,) in self.blog.rows(findings, "id")]


def test_nothing_is_done_unless_the_configuration_wants_it(store: Store) -> None:
    acted = Acted(store, None)
    acted.say()
    assert (acted.carry_out(), acted.told(), acted.platform.sent) == (0, [], [])
    other = Acted(store, {"action": "hold", "rules": ["link-only"]})
    other.say("confirmed", replace=True)
    assert other.told() == []


def test_a_confirmed_comment_is_held_once_and_shown_again_when_that_is_taken_back(store: Store) -> None:
    acted = Acted(store, HOLD)
    decision = acted.say()
    assert acted.told() == [(1, "hold", None, None)]
    assert acted.carry_out() == 1
    assert acted.carry_out() == 0
    assert acted.platform.sent == [("hold", "5", None)]
    acted.take_back(decision)
    assert acted.carry_out() == 1
    assert acted.platform.sent[1:] == [("approve", "5", None)]
    assert [row[1:] for row in acted.told()] == [("hold", "done", None), ("approve", "done", None)]
    with store.read() as connection:
        said = [(row.what, row.who, (row.detail or {}).get("outcome")) for row in audited(connection, limit=9)]
    assert said == [
        ("approve", None, "done"),
        ("undone", "ada", None),
        ("hold", None, "done"),
        ("confirmed", "ada", None),
        ("hold", "ada", "planned"),
    ]


@pytest.mark.parametrize("verdict", ["dismissed", "snoozed", "note"])
def test_nothing_is_done_for_anything_but_a_confirmation(store: Store, verdict: Any) -> None:
    acted = Acted(store, HOLD)
    acted.say(verdict, until=LATER + timedelta(days=1) if verdict == "snoozed" else None)
    assert acted.told() == []


def test_a_second_confirmation_plans_nothing_more(store: Store) -> None:
    acted = Acted(store, HOLD)
    acted.say()
    acted.say(moderator="grace")
    acted.say(moderator="grace", replace=True)
    assert acted.carry_out() == 1


def test_what_is_taken_back_in_time_is_never_sent(store: Store) -> None:
    acted = Acted(store, HOLD)
    acted.take_back(acted.say())
    assert acted.carry_out() == 0
    assert acted.told() == [(1, "hold", "dropped", "taken back in time")]
    acted.say()
    acted.say("dismissed", moderator="grace", replace=True)
    assert acted.carry_out() == 0
    assert acted.platform.sent == []


def test_a_comment_that_changed_or_went_before_its_turn_is_left_alone(store: Store) -> None:
    acted = Acted(store, HOLD)
    acted.say()
    acted.blog.take(replace(QUOTED, body=QUOTED.body + " Twice."))
    assert acted.carry_out() == 0
    assert acted.told() == [(1, "hold", "dropped", "the comment was changed since")]
    acted.take_back(1)
    acted.say()
    acted.blog.take(deleted=["5"])
    assert acted.carry_out() == 0
    assert acted.told()[1:] == [(2, "hold", "dropped", "the comment is gone")]


def test_a_comment_out_of_sight_is_not_held_lest_an_undo_show_it(store: Store) -> None:
    acted = Acted(store, HOLD, FIRST, PILOT, replace(QUOTED, status="hold"))
    acted.take_back(acted.say())
    assert acted.carry_out() == 0
    assert acted.told() == [(1, "hold", "dropped", "the comment is out of sight already")]


@pytest.mark.parametrize("status", [None, "approved", "shown", "NONE"])
def test_a_comment_that_everybody_sees_is_held_whatever_its_platform_calls_that(store: Store, status: Any) -> None:
    acted = Acted(store, HOLD, FIRST, PILOT, replace(QUOTED, status=status))
    acted.say()
    assert acted.carry_out() == 1


def test_what_the_configuration_wants_no_more_is_dropped(store: Store) -> None:
    acted = Acted(store, HOLD)
    acted.say()
    acted.config = configured(None)
    assert acted.carry_out() == 0
    assert acted.told() == [(1, "hold", "dropped", "the configuration does not want it any more")]


def test_no_more_is_done_in_a_day_than_the_cap_and_the_rest_waits(store: Store) -> None:
    quotes = [comment(str(number), f"“{FISH}” So it was.", author=f"reader {number}") for number in range(5, 10)]
    acted = Acted(store, {**HOLD, "per_day": 2}, FIRST, PILOT, *quotes)
    decided = [acted.say(finding=number) for number in acted.findings()]
    assert len(decided) >= 5
    assert acted.carry_out() == 2
    assert acted.carry_out() == 0
    acted.take_back(decided[0])
    assert acted.carry_out() == 1  # to take something back counts for nothing
    acted.now += timedelta(days=1)
    assert acted.carry_out() == 2
    assert [verb for verb, _, _ in acted.platform.sent] == ["hold", "hold", "approve", "hold", "hold"]


def test_an_outcome_that_is_not_known_is_looked_up_and_never_sent_blindly(store: Store) -> None:
    acted = Acted(store, HOLD)
    acted.say()
    acted.platform.acts = saved_then_failed
    assert acted.carry_out() == 1
    assert acted.platform.sent == [("hold", "5", None)]
    assert [row[2] for row in acted.told()] == ["done"]


def test_what_nobody_can_tell_is_tried_a_few_times_with_a_look_first(store: Store) -> None:
    acted = Acted(store, HOLD)
    acted.say()
    acted.platform.acts = failed
    acted.platform.took = lambda *asked: None  # type: ignore[method-assign]  # nobody can see
    for _ in range(2 * MOST_TRIES):
        acted.carry_out()
        acted.now += timedelta(minutes=16)
    assert acted.platform.sent == [("hold", "5", None)]
    assert [row[2] for row in acted.told()] == ["unknown"]
    assert acted.blog.rows(actions, "tries", "text") == [(MOST_TRIES, None)]


@pytest.mark.parametrize(("problem", "tries"), [(RefusedError("no"), 1), (RateLimited("later"), MOST_TRIES)])
def test_what_is_refused_ends_and_what_passes_is_tried_again(store: Store, problem: SiteError, tries: int) -> None:
    def refuse(act: object) -> None:
        raise problem

    acted = Acted(store, HOLD)
    decision = acted.say()
    acted.platform.acts = refuse
    for _ in range(2 * MOST_TRIES):
        acted.carry_out()
        acted.carry_out()  # too soon
        acted.now += timedelta(minutes=16)
    assert len(acted.platform.sent) == tries
    assert acted.told() == [(1, "hold", "refused", str(problem))]
    acted.take_back(decision)
    assert acted.carry_out() == 0
    assert len(acted.platform.sent) == tries


def test_who_died_over_an_action_is_followed_up_without_sending_twice(store: Store) -> None:
    class Killed(BaseException):
        pass

    def die(act: Any) -> None:
        act()
        raise Killed

    acted = Acted(store, HOLD)
    acted.say()
    acted.platform.acts = die
    with pytest.raises(Killed):
        acted.carry_out()
    acted.platform.acts = lambda act: act()
    assert acted.carry_out() == 0  # whoever it was may still be at it
    acted.now += timedelta(minutes=16)
    assert acted.carry_out() == 1
    assert acted.platform.sent == [("hold", "5", None)]


def test_two_that_carry_out_at_once_do_it_once(store: Store) -> None:
    acted = Acted(store, HOLD)
    acted.say()
    start, done = threading.Barrier(4), []

    def one() -> None:
        start.wait(20)
        done.append(acted.carry_out())

    at_once = [threading.Thread(target=one) for _ in range(4)]
    for thread in at_once:
        thread.start()
    for thread in at_once:
        thread.join(60)
    assert sorted(done) == [0, 0, 0, 1]
    assert len(acted.platform.sent) == 1


def test_a_stop_leaves_the_rest_for_later(store: Store) -> None:
    acted = Acted(store, HOLD)
    acted.say()
    assert acted.carry_out(stopping=lambda: True) == 0
    assert acted.platform.sent == []


def test_the_ledger_knows_what_was_done_outside_of_any_plan(store: Store) -> None:
    acted = Acted(store, None)
    for _ in range(2):
        acted.site.mod("5").hold(key="by hand")
    assert acted.platform.sent == [("hold", "5", None)]
    assert acted.ledger.begin(Action(verb="hold", comment_id="5", text=None, key="by hand")) == "done"


# Replies.


def test_a_reply_names_the_author_and_the_comment_and_its_text_is_not_kept(store: Store) -> None:
    acted = Acted(store, {"action": "reply"})
    decision = acted.say()
    assert acted.carry_out() == 1
    assert acted.platform.sent == [("reply", "5", "These words seem to be Hanne Vik's, comment 1.")]
    assert acted.blog.rows(actions, "text") == [(None,)]
    acted.take_back(decision)
    assert acted.carry_out() == 0  # what was said stays said
    assert len(acted.platform.sent) == 1


def source(**change: Any) -> dict[str, Any]:
    return {"kind": "comment", "id": "1", "author": "Hanne Vik", "url": None, **change}


def replied(store: Store, template: str, **change: Any) -> str | None:
    with store.write() as connection:
        connection.execute(update(findings).values(source=source(**change)))
        row = connection.execute(select(findings)).one()
        return reply_text(connection, template, row)


@pytest.mark.parametrize(
    "name",
    [
        "{0.__class__}",
        "{author}",
        "%(author)s",
        "<script>alert(1)</script>",
        "[spam](https://spam.example)",
        "https://spam.example",
        "spam.example",
        "www.spam",
        "@everyone",
        "#1",
        "Bill\nBcc: x",
        "\u202eevil",
        "x" * 61,
        "*bold*",
        "`code`",
        "",
        None,
    ],
)
def test_a_name_that_is_not_fit_to_be_repeated_leaves_the_reply_unsaid(store: Store, name: str | None) -> None:
    Acted(store, {"action": "reply"})
    assert replied(store, "These are {author}'s.", author=name) is None


@pytest.mark.parametrize("name", ["Hanne Vik", "J. R. O’Neill-Smith", "Ж. Иванова", "山田太郎", "Ann (mod) & Co"])
def test_names_of_people_are_repeated(store: Store, name: str) -> None:
    Acted(store, {"action": "reply"})
    assert replied(store, "These are {author}'s.", author=name) == f"These are {name}'s."


def test_a_reply_is_left_unsaid_where_what_it_names_is_not_known(store: Store) -> None:
    Acted(store, {"action": "reply"})
    assert replied(store, "See {comment}.", kind="page", id=None, url="https://spam.example") is None
    assert replied(store, "See {link}.", kind="page", id=None, url="https://spam.example") is None
    assert replied(store, "See {link}.") is None
    assert replied(store, "See {comment}.", id="77") is None
    with store.write() as connection:
        connection.execute(update(comments).values(url="https://harbour.example/#1"))
    assert replied(store, "See {link}.") == "See https://harbour.example/#1."
    with store.write() as connection:
        connection.execute(update(comments).values(url="javascript:alert(1)"))
    assert replied(store, "See {link}.") is None
    assert replied(store, "Please say whose words these are.", kind="unknown") == "Please say whose words these are."


def test_a_reply_to_nobody_is_noted_as_not_sent(store: Store) -> None:
    acted = Acted(store, {"action": "reply"})
    with store.write() as connection:
        connection.execute(update(findings).values(source=source(author=None)))
    acted.say()
    assert acted.carry_out() == 0
    assert acted.told() == [(1, "reply", "dropped", "the source has no name to tell, or no place")]


@pytest.mark.parametrize(
    "text", ["{0.__class__}", "{author.body}", "{", "}", "{}", "{{author}}", "{author!r}", "{name}"]
)
def test_a_template_that_names_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"on_confirm\.text: .*author, comment or link"):
        configured({"action": "reply", "text": text})


def test_an_action_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"on_confirm\.action"):
        configured({"action": "remove"})
    with pytest.raises(ConfigError, match="no rule 'quotes'"):
        configured({"action": "hold", "rules": ["quotes"]})
    assert OnConfirm(action="hold").per_day == 20
