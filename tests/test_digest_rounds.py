"""When who is told what: schedules, alerts, quiet hours, caps, and nothing twice."""

import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from sqlalchemy import insert

from bot.config_moderators import ModeratorOptions
from bot.decisions import decide
from bot.digest.message import addresses_of
from bot.digest.smtp import SendError
from bot.digest.times import is_quiet, next_due
from bot.store.database import Store
from bot.store.mails import mail_history, subscribe, unsubscribe
from bot.store.polls import Polled, note_poll
from bot.store.tables import not_evaluated
from tests.digests import MORNING, Desk, config_of
from tests.stored import CREDITED, FIRST, FISH, LINK, PILOT, QUOTED, SITE, comment

AGAIN = comment("9", f"“{FISH}” The tide came late that year.", minute=40, author="Rolf")
WRONG = comment("8", "As Pavel put it, “" + PILOT.body + "” I was not.", minute=41, author="Hanne Vik")
DAY = timedelta(days=1)


def desk_of(store: Store, *seen: Any, **rest: Any) -> Desk:
    """Return a desk whose first round is over: ada waits for the first time of her schedule."""
    way = {"send": rest.pop("send")} if "send" in rest else {}
    desk = Desk(store, config_of(**rest), **way)
    desk.blog.take(FIRST, PILOT, *seen)
    desk.round()
    return desk


def told(desk: Desk) -> list[tuple[str, int]]:
    """Return kind and findings of each mail, the oldest first."""
    with desk.store.read() as connection:
        return [(row.kind, row.findings) for row in reversed(mail_history(connection, limit=100))]


def states(desk: Desk) -> list[str]:
    with desk.store.read() as connection:
        return [row.state for row in reversed(mail_history(connection, limit=100))]


def plain_of(content: str) -> str:
    """Return the plain part of a mail, its lines joined."""
    message = email.message_from_string(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    part = message.get_body(("plain",))
    assert isinstance(part, EmailMessage)
    return " ".join(part.get_content().split())


# When


@pytest.mark.parametrize(
    ("schedule", "zone", "after", "due"),
    [
        ("0 7 * * *", "Europe/Berlin", "2026-03-28T06:00", ["2026-03-29T05:00", "2026-03-30T05:00"]),
        ("0 7 * * *", "Europe/Berlin", "2026-10-24T05:00", ["2026-10-25T06:00", "2026-10-26T06:00"]),
        # 02:30 comes twice, and counts once.
        ("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00", ["2026-10-25T00:30", "2026-10-26T01:30"]),
        # 02:30 does not come, and is made up for.
        ("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00", ["2026-03-29T01:30", "2026-03-30T00:30"]),
        ("0 * * * *", "Europe/Berlin", "2026-10-24T23:30", ["2026-10-25T00:00", "2026-10-25T01:00"]),
        ("0 8 * * 1-5", "America/New_York", "2026-11-26T14:00", ["2026-11-27T13:00", "2026-11-30T13:00"]),
        ("30 0 * * *", "Asia/Kathmandu", "2026-05-01T00:00", ["2026-05-01T18:45", "2026-05-02T18:45"]),
    ],
)
def test_a_schedule_is_kept_through_changes_of_the_clock(schedule: str, zone: str, after: str, due: list[str]) -> None:
    moderator = ModeratorOptions(schedule=schedule, timezone=zone)
    found, at = [], datetime.fromisoformat(after).replace(tzinfo=UTC)
    for _ in due:
        following = next_due(moderator, after=at)
        assert following is not None
        at = following.astimezone(UTC)
        found.append(f"{at:%Y-%m-%dT%H:%M}")
    assert found == due


def test_a_day_that_never_comes_is_never_due() -> None:
    assert next_due(ModeratorOptions(schedule="0 7 31 2 *"), after=MORNING) is None


@pytest.mark.parametrize(
    ("hours", "quiet", "loud"),
    [
        ("22:00-07:00", ["22:00", "23:59", "00:00", "06:59"], ["07:00", "12:00", "21:59"]),
        ("12:00-13:30", ["12:00", "13:29"], ["11:59", "13:30", "00:00"]),
        ("08:00-08:00", [], ["08:00", "20:00"]),
    ],
)
def test_quiet_hours_go_by_the_clock_on_the_wall(hours: str, quiet: list[str], loud: list[str]) -> None:
    moderator = ModeratorOptions(quiet_hours=hours, timezone="Europe/Berlin")

    def is_quiet_at(at: str, offset: str) -> bool:
        return is_quiet(moderator, now=datetime.fromisoformat(f"2026-{offset[:5]}T{at}:00{offset[5:]}"))

    for day in ("01-15+01:00", "07-15+02:00"):
        assert [at for at in quiet if not is_quiet_at(at, day)] == []
        assert [at for at in loud if is_quiet_at(at, day)] == []


def test_a_digest_comes_at_its_time_and_once(store: Store) -> None:
    desk = desk_of(store, QUOTED)
    minutes = [desk.round(MORNING + timedelta(minutes=minute)).made for minute in range(-3, 4)]
    assert minutes == [0, 0, 0, 1, 0, 0, 0]
    assert desk.round(MORNING + DAY).made == 0
    assert told(desk) == [("digest", 1)]


def test_digests_that_were_missed_are_made_up_for_by_one(store: Store) -> None:
    desk = desk_of(store, QUOTED)
    assert [desk.round(MORNING + 4 * DAY + timedelta(hours=hour)).made for hour in range(3)] == [1, 0, 0]


def test_a_new_moderator_waits_for_the_first_time_of_the_schedule(store: Store) -> None:
    desk = Desk(store, config_of())
    desk.blog.take(FIRST, PILOT, QUOTED)
    assert [desk.round(MORNING + timedelta(minutes=minute)).made for minute in (-1, 0)] == [0, 1]


def test_nothing_is_sent_in_quiet_hours_and_it_comes_after_them(store: Store) -> None:
    desk = desk_of(store, QUOTED, LINK, quiet_hours="06:00-08:00", alert_severity="warning")
    assert told(desk) == [("alert", 1)]
    desk.blog.take(AGAIN)
    rounds = [desk.round(MORNING + timedelta(minutes=minute)).made for minute in (0, 30, 59, 60, 61)]
    assert rounds == [0, 0, 0, 2, 0]
    assert told(desk) == [("alert", 1), ("alert", 1), ("digest", 1)]


def test_a_mail_that_waits_is_not_sent_in_quiet_hours_either(store: Store) -> None:
    desk = desk_of(store, QUOTED, quiet_hours="08:00-09:00")
    with store.write() as connection:
        note_poll(connection, 1, Polled(started_at=MORNING, ended_at=MORNING, error="503"))
    down = Desk(store, desk.config, send=refuse)
    assert down.round(MORNING).failed == 1
    assert desk.round(MORNING + timedelta(minutes=65)).sent == 0
    assert desk.round(MORNING + timedelta(minutes=120)).sent == 1


def refuse(*mail: object, **rest: object) -> None:
    raise SendError("the server is down", is_server=True)


# What


def test_only_what_a_moderator_wants_is_told(store: Store) -> None:
    others = {
        "rules": {"address": "rules@mail.test", "rules": ["link-only"]},
        "grave": {"address": "grave@mail.test", "severity": "serious"},
        "elsewhere": {"address": "elsewhere@mail.test", "sites": []},
    }
    desk = desk_of(store, QUOTED, LINK, severity="warning", others=others)
    desk.round(MORNING)
    assert [to for to, _ in desk.sent] == ["ada@mail.test", "rules@mail.test"]
    assert [("Marguerite" in content, "Pavel" in content) for _, content in desk.sent] == [(True, False), (False, True)]
    assert desk.blog.waiting() == []


def test_each_moderator_is_told_once_whatever_the_others_schedule(store: Store) -> None:
    weekly = {"address": "bob@mail.test", "schedule": "0 7 * * 0"}
    desk = desk_of(store, QUOTED, others={"bob": weekly})
    desk.round(MORNING)
    assert desk.blog.waiting() == [("5", "unattributed-quote")]
    for day in range(1, 9):
        desk.round(MORNING + day * DAY)
    assert [to for to, _ in desk.sent] == ["ada@mail.test", "bob@mail.test"]
    assert desk.blog.waiting() == []


def test_what_resolved_itself_before_its_turn_is_not_told_and_after_it_is_named(store: Store) -> None:
    desk = desk_of(store, QUOTED, only_if_any=False)
    desk.round(MORNING)
    desk.blog.now = MORNING + timedelta(hours=1)
    desk.blog.take(CREDITED, AGAIN)
    desk.blog.take(replace(AGAIN, body="Never mind."))
    desk.round(MORNING + DAY)
    assert told(desk) == [("digest", 1), ("digest", 0)]
    content = desk.sent[1][1]
    plain = plain_of(content)
    assert "Nothing to look at." in plain
    assert "- Marguerite, quotation without a name in The old harbour bridge: says now whose words they are" in plain
    assert "Rolf" not in plain


def test_a_site_that_cannot_be_polled_and_what_was_not_judged_are_something(store: Store) -> None:
    desk = desk_of(store)
    desk.round(MORNING)
    assert told(desk) == []
    at = MORNING + timedelta(hours=3)
    with store.write() as connection:
        for minute in range(3):
            begun = at + timedelta(minutes=minute)
            note_poll(connection, 1, Polled(started_at=begun, ended_at=begun, error="it answered 503"))
        row = {"site_id": 1, "platform_id": "2", "rule": "off-topic", "reason": "it took too long", "noted_at": at}
        connection.execute(insert(not_evaluated).values(**row))
    desk.round(MORNING + DAY)
    [(_, content)] = desk.sent
    assert f"Subject: {SITE}: could not be polled, 1 not evaluated" in content
    assert "This site could not be polled since Monday 10:00" in content
    assert "Off topic on 1 comment: it took too long" in content


def test_what_is_over_the_cap_is_summed_up_and_counts_as_told(store: Store) -> None:
    many = [comment(str(100 + one), f"https://bridges.example/{one}", minute=50, author=f"x{one}") for one in range(60)]
    desk = desk_of(store, QUOTED, *many)
    desk.round(MORNING)
    [(_, content)] = desk.sent
    assert told(desk) == [("digest", 61)]
    assert f"Subject: {SITE}: 61 findings" in content
    assert "46 more than fit into one mail: 46 link-only." in content
    assert "Marguerite" in content
    assert len(content) < 100_000
    desk.round(MORNING + DAY)
    assert len(desk.sent) == 1


def test_what_a_moderator_decided_on_is_not_told(store: Store) -> None:
    desk = desk_of(store, QUOTED, LINK)
    with store.write() as connection:
        decide(connection, 1, "dismissed", moderator="bob", now=desk.now)
    desk.round(MORNING)
    assert told(desk) == [("digest", 1)]


# Alerts


def test_an_alert_comes_at_once_and_is_not_told_again(store: Store) -> None:
    desk = desk_of(store, LINK, alert_severity="serious")
    desk.blog.take(QUOTED, WRONG)
    assert desk.round().sent == 1
    [(_, content)] = desk.sent
    assert f"Subject: {SITE}: 1 serious finding in =?utf-8?" in content
    assert "Hanne Vik" in content
    assert "Marguerite" not in content
    assert desk.round().made == 0
    desk.round(MORNING)
    assert told(desk) == [("alert", 1), ("digest", 2)]
    assert "Marguerite" in desk.sent[1][1]


def test_alerts_over_the_cap_wait_and_come_as_one(store: Store) -> None:
    desk = desk_of(store, alert_severity="info", alerts_per_hour=2)
    start = desk.now
    made = []
    for minute in range(1, 70):
        if minute % 5 == 0 and minute < 40:
            desk.blog.take(comment(str(200 + minute), f"https://bridges.example/{minute}", minute=minute))
        made.append(desk.round(start + timedelta(minutes=minute)).made)
    assert [minute for minute, one in enumerate(made, 1) if one] == [5, 10, 65]
    assert told(desk) == [("alert", 1), ("alert", 1), ("alert", 5)]


def test_a_refused_alert_is_no_reason_for_another(store: Store) -> None:
    desk = desk_of(store, alert_severity="info", send=refuse_for_good)
    desk.blog.take(QUOTED)
    assert [desk.round().made for _ in range(5)] == [1, 0, 0, 0, 0]
    assert states(desk) == ["refused"]
    assert desk.round(MORNING).made == 1
    assert told(desk) == [("alert", 1), ("digest", 1)]


def refuse_for_good(*mail: object, **rest: object) -> None:
    raise SendError("550 no", passes=False)


# To whom


def test_nothing_is_sent_to_an_address_that_the_configuration_does_not_name_any_more(store: Store) -> None:
    desk = desk_of(store, QUOTED)
    Desk(store, desk.config, send=refuse).round(MORNING)
    moved = Desk(store, config_of(address="new@mail.test"))
    assert moved.round(MORNING + timedelta(minutes=5)).sent == 1
    [(to, content)] = moved.sent
    assert (to, addresses_of(content)) == ("new@mail.test", ("quotewarden@mail.test", "new@mail.test"))
    with store.read() as connection:
        [mail] = mail_history(connection, limit=9)
    assert f"Message-ID: {mail.message_id}" in content


def test_a_mail_to_a_moderator_who_has_left_is_withdrawn(store: Store) -> None:
    desk = desk_of(store, QUOTED)
    Desk(store, desk.config, send=refuse).round(MORNING)
    left = Desk(store, desk.config.model_copy(update={"moderators": {}}))
    assert left.round(MORNING + timedelta(minutes=5)).sent == 0
    assert (left.sent, states(left)) == ([], ["withdrawn"])


def test_who_wants_no_more_mails_gets_none_until_he_does(store: Store) -> None:
    desk = desk_of(store, QUOTED)
    Desk(store, desk.config, send=refuse).round(MORNING)
    with store.write() as connection:
        unsubscribe(connection, "ada", 1, now=MORNING)
    desk.round(MORNING + timedelta(minutes=5))
    desk.round(MORNING + DAY)
    assert (desk.sent, states(desk)) == ([], ["withdrawn"])
    with store.write() as connection:
        subscribe(connection, "ada", None)
    assert desk.round(MORNING + 2 * DAY).sent == 1
    assert "Marguerite" in desk.sent[0][1]


# What was deleted


def test_a_mail_that_waits_forgets_the_words_of_a_comment_that_was_deleted(store: Store) -> None:
    desk = desk_of(store, QUOTED, LINK)
    Desk(store, desk.config, send=refuse).round(MORNING)
    desk.blog.take(deleted=["5"])
    with store.read() as connection:
        assert [mail.content for mail in mail_history(connection, limit=9)] == [None]
    assert desk.round(MORNING + timedelta(minutes=5)).sent == 1
    [(_, content)] = desk.sent
    assert ("Pavel" in content, "Marguerite" in content, "sells fish" in content) == (True, False, False)
    with store.read() as connection:
        [mail] = mail_history(connection, limit=9)
    assert f"Message-ID: {mail.message_id}" in content
    assert (mail.findings, mail.content) == (1, None)


def test_a_mail_of_which_nothing_is_left_is_withdrawn(store: Store) -> None:
    desk = desk_of(store, QUOTED)
    Desk(store, desk.config, send=refuse).round(MORNING)
    desk.blog.take(deleted=["5"])
    desk.round(MORNING + timedelta(minutes=5))
    assert (desk.sent, states(desk)) == ([], ["withdrawn"])


def test_a_round_that_dies_between_sites_makes_no_digest_twice(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = desk_of(store, QUOTED, only_if_any=False)

    def die(*args: object, **rest: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("bot.digest.rounds.note_made", die)
        with pytest.raises(KeyboardInterrupt):
            desk.round(MORNING)
    assert desk.round(MORNING + timedelta(minutes=1)).made == 0
    assert told(desk) == [("digest", 1)]


def test_two_who_send_at_once_send_once(store: Store) -> None:
    desk = desk_of(store, QUOTED)
    other = Desk(store, desk.config)

    def meanwhile(options: object, content: str, *, recipient: str) -> None:
        # While one hands the mail over, another process makes its round.
        other.round(MORNING)
        desk.sent.append((recipient, content))

    slow = Desk(store, desk.config, send=meanwhile)
    assert slow.round(MORNING).sent == 1
    assert (len(desk.sent), other.sent, states(desk)) == (1, [], ["sent"])
