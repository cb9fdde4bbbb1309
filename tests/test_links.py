"""The links of mails: what they are made of, and where they lead."""

import json
import re
from base64 import urlsafe_b64encode
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from bot.config import check_config
from bot.decisions import decide
from bot.links import LinkAction, LinkError, read, sign
from bot.review.app import build_app
from bot.store.allowances import listed_allowances
from bot.store.database import Store
from bot.store.keys import LINKS, signing_key
from bot.store.tables import comments, decisions, findings
from tests.stored import CREDITED, FIRST, FISH, NOON, PILOT, QUOTED, SITE, Blog, comment

KEY = bytes(range(32))
LATER = NOON + timedelta(hours=3)
EXPIRY = LATER + timedelta(days=14)
MAIL = {"server": "localhost", "sender": "q@harbour.example"}
CONFIG = check_config(
    {
        "mail": MAIL,
        "moderators": {"ada": {"address": "ada@harbour.example"}, "grace": {"sites": ["*"]}},
    },
    name="the test's",
)


def token(key: bytes = KEY, **rest: Any) -> str:
    wanted = {"finding": 1, "revision": "abc", "action": "confirm", "moderator": "ada", "expiry": EXPIRY, **rest}
    return sign(key, **wanted)


def test_a_link_says_what_it_was_signed_for_and_fits_in_an_address() -> None:
    made = token(moderator="Ada “the first”, née Ŵ/?#")
    assert re.fullmatch(r"[A-Za-z0-9_.\-]{60,300}", made)
    link = read(KEY, made, now=LATER)
    assert (link.finding, link.revision, link.action, link.expiry) == (1, "abc", "confirm", EXPIRY)
    assert link.moderator == "Ada “the first”, née Ŵ/?#"


@pytest.mark.parametrize("change", [{"action": "dismiss"}, {"finding": 2}, {"moderator": "grace"}, {"revision": "x"}])
def test_each_link_has_a_name_of_its_own(change: dict[str, Any]) -> None:
    assert read(KEY, token(), now=LATER).digest != read(KEY, token(**change), now=LATER).digest


def forged() -> list[str]:
    made = token()
    payload, signature = made.rsplit(".", 1)
    other = urlsafe_b64encode(json.dumps([1, "abc", "confirm", "grace", 4_000_000_000]).encode()).decode().rstrip("=")
    return [
        "",
        ".",
        "x",
        made[:-1],
        made[1:],
        payload,
        f"{other}.{signature}",
        f"{payload}.{'A' * len(signature)}",
        token(bytes(32)),
        token(action="delete"),
        "a" * 100_000,
        "." * 900,
        "ж.ж",
        f"{made}\0",
    ]


@pytest.mark.parametrize("text", forged(), ids=lambda text: text[:20])
def test_what_was_not_signed_by_us_is_forged(text: str) -> None:
    with pytest.raises(LinkError) as told:
        read(KEY, text, now=LATER)
    assert told.value.kind == "forged"


def test_a_link_runs_out() -> None:
    assert read(KEY, token(), now=EXPIRY - timedelta(seconds=1)).finding == 1
    with pytest.raises(LinkError) as told:
        read(KEY, token(), now=EXPIRY)
    assert told.value.kind == "expired"


def test_a_key_is_made_once_and_stays(store: Store) -> None:
    with store.write() as connection:
        first = signing_key(connection, LINKS, now=NOON)
        assert len(first) == 32
        assert signing_key(connection, "sessions", now=NOON) != first
    with store.write() as connection:
        assert signing_key(connection, LINKS, now=LATER) == first


# The pages.


class Mail:
    """Be a mail with links about the only finding of a site, and a browser that opens them without keeping cookies."""

    def __init__(self, store: Store, *seen: Any, config: Any = CONFIG) -> None:
        self.store, self.now = store, LATER
        self.blog = Blog(store)
        self.blog.take(*(seen or (FIRST, PILOT, QUOTED)))
        self.client = TestClient(build_app(store, config, clock=lambda: self.now), base_url="http://127.0.0.1:9481")
        self.client.headers["accept-language"] = "en"
        with store.write() as connection:
            self.key = signing_key(connection, LINKS, now=NOON)
            self.finding = connection.execute(select(findings.c.id)).scalar_one()
            self.revision = connection.execute(
                select(comments.c.hash).where(comments.c.id == findings.c.comment_id)
            ).scalar_one()

    def link(self, action: LinkAction, **rest: Any) -> str:
        wanted = {"finding": self.finding, "revision": self.revision, "moderator": "ada", "expiry": EXPIRY, **rest}
        return "/d/" + sign(self.key, action=action, **wanted)

    def open(self, path: str) -> Any:
        self.client.cookies.clear()
        return self.client.get(path)

    def press(self, path: str, **form: str) -> Any:
        self.client.cookies.clear()
        return self.client.post(path, data=form)

    def told(self) -> list[tuple[Any, ...]]:
        return self.blog.rows(decisions, "verdict", "moderator", "reason")

    def state(self) -> str:
        return str(self.blog.rows(findings, "state")[0][0])


@pytest.fixture
def mail(store: Store) -> Mail:
    return Mail(store)


def test_to_open_a_link_shows_and_changes_nothing_however_often(mail: Mail) -> None:
    for method in ("GET", "HEAD", "GET"):
        page = mail.client.request(method, mail.link("confirm"))
        assert page.status_code == 200
        assert "set-cookie" not in page.headers
    assert "Confirm this finding?" in page.text
    assert FISH.replace("'", "&#39;") in page.text
    assert (mail.state(), mail.told()) == ("open", [])


@pytest.mark.parametrize(
    ("action", "form", "state", "told"),
    [
        ("confirm", {}, "confirmed", ("confirmed", "ada", None)),
        ("dismiss", {"reason": "wrong-source"}, "dismissed", ("dismissed", "ada", "wrong-source")),
        ("dismiss", {"reason": "<b>"}, "dismissed", ("dismissed", "ada", "attributed")),
        ("snooze", {"days": "30"}, "snoozed", ("snoozed", "ada", None)),
        ("allow", {"kind": "thread"}, "dismissed", ("dismissed", "ada", "allowed-here")),
    ],
)
def test_the_button_does_what_the_link_is_for(
    mail: Mail, action: LinkAction, form: dict[str, str], state: str, told: tuple[Any, ...]
) -> None:
    page = mail.press(mail.link(action), **form)
    assert page.status_code == 200
    assert "Undo" in page.text
    assert (mail.state(), mail.told()) == (state, [told])


def test_what_a_link_did_it_takes_back_once_and_is_used_then(mail: Mail) -> None:
    link = mail.link("confirm")
    undo = re.search(r'name="undo" value="(\d+)"', mail.press(link).text)
    assert undo is not None
    assert 'name="undo"' in mail.open(link).text
    page = mail.press(link, undo=undo[1])
    assert "Taken back" in page.text
    assert mail.state() == "open"
    for again in (mail.open(link), mail.press(link), mail.press(link, undo=undo[1])):
        assert again.status_code == 410
        assert "This link was used before" in again.text
    assert mail.state() == "open"
    assert mail.press(mail.link("dismiss")).status_code == 200
    assert mail.state() == "dismissed"


def test_a_second_click_decides_once(mail: Mail) -> None:
    link = mail.link("snooze")
    for _ in range(3):
        assert mail.press(link, days="7").status_code == 200
    assert len(mail.told()) == 1


def test_a_link_takes_back_nothing_but_its_own(mail: Mail) -> None:
    mail.press(mail.link("confirm"))
    page = mail.press(mail.link("dismiss", moderator="grace"), undo="1")
    assert page.status_code == 404
    assert mail.state() == "confirmed"


def test_of_two_moderators_the_second_is_told_and_may_insist(mail: Mail) -> None:
    mail.press(mail.link("confirm"))
    second = mail.link("dismiss", moderator="grace")
    for page in (mail.open(second), mail.press(second, reason="other")):
        assert page.status_code == 200
        assert "ada has confirmed it already" in page.text
    assert mail.state() == "confirmed"
    assert mail.press(second, reason="other", replace="yes").status_code == 200
    assert mail.state() == "dismissed"
    # What Ada's link did is no longer hers to take back.
    assert mail.open(mail.link("confirm")).status_code == 410


def test_a_link_to_a_comment_that_was_edited_says_so_and_does_nothing(mail: Mail) -> None:
    link = mail.link("confirm")
    mail.blog.take(replace(QUOTED, body=QUOTED.body + " Twice."))
    for page in (mail.open(link), mail.press(link)):
        assert page.status_code == 409
        assert "The comment was changed since" in page.text
    assert mail.told() == []


def test_a_link_to_a_comment_that_was_credited_or_deleted_or_forgotten(mail: Mail) -> None:
    link = mail.link("confirm")
    mail.blog.take(CREDITED)
    assert mail.press(link).status_code == 409
    mail.blog.take(QUOTED)
    mail.blog.take(deleted=["5"])
    page = mail.open(link)
    assert page.status_code == 200
    assert "The comment was deleted" in page.text
    assert FISH not in page.text
    assert mail.press(link).status_code == 200
    assert mail.state() == "confirmed"
    mail.blog.pipeline.forget(SITE, ["5"], now=LATER)
    gone = mail.open(mail.link("dismiss"))
    assert (gone.status_code, "forgotten on request" in gone.text) == (410, True)


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"moderator": "mallory"}, 403, "nobody&#39;s any more"),
        ({"expiry": LATER}, 410, "has run out"),
        ({"finding": 99}, 404, "is not whole"),
        ({"revision": ""}, 409, "was changed since"),
    ],
)
def test_other_links_say_kindly_why_they_do_nothing(
    mail: Mail, change: dict[str, Any], status: int, words: str
) -> None:
    link = mail.link("confirm", **change)
    for page in (mail.open(link), mail.press(link)):
        assert page.status_code == status
        assert words in page.text
    assert mail.told() == []


def test_a_moderator_of_another_site_has_no_say(store: Store) -> None:
    feed = {"platform": "feed", "url": "https://pier.example/feed"}
    config = check_config(
        {"sites": {"pier.example": feed}, "moderators": {"ada": {"sites": ["pier.example"]}}}, name=""
    )
    mail = Mail(store, config=config)
    assert mail.press(mail.link("confirm")).status_code == 403
    assert mail.state() == "open"


@pytest.mark.parametrize("path", ["/d/", "/d/x", "/d/x/y", "/d/%00", f"/d/{'x' * 4000}", "/d/%ff"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_what_is_no_link_leads_nowhere(mail: Mail, method: str, path: str) -> None:
    page = mail.client.request(method, path)
    assert page.status_code in (404, 405)
    assert "Traceback" not in page.text


def test_forms_that_nobody_sends_do_no_harm(mail: Mail) -> None:
    link = mail.link("confirm")
    assert mail.press(link, undo="999999999999999999").status_code == 404
    assert mail.press(link, undo="1; DROP TABLE decisions", note="x" * 100_000).status_code == 200
    assert len(str(mail.blog.rows(decisions, "note")[0][0])) == 2000
    too_many = {f"field {number}": "" for number in range(200)}
    assert mail.client.post(mail.link("dismiss"), data=too_many).status_code == 400


HOSTILE = "<script>alert(1)</script>\"' onload=x {{ 7*7 }} {% raw %} \u202egnp.exe \x1b[31m"


def test_nothing_in_a_comment_or_a_name_acts_on_the_page(store: Store) -> None:
    config = check_config({"moderators": {"ada": {}, "<img src=x>": {}}}, name="the test's")
    hostile = comment("5", f"“{FISH}” {HOSTILE}", author=HOSTILE, url="javascript:alert(1)")
    mail = Mail(store, FIRST, PILOT, hostile, config=config)
    for action in ("confirm", "dismiss", "snooze", "allow"):
        page = mail.open(mail.link(action, moderator="<img src=x>"))
        assert page.status_code == 200
        shown = page.text
        assert "<script>alert" not in shown
        assert "<img" not in shown
        assert "javascript:" not in shown
        assert "{{ 7*7 }}" in shown
        assert "\u202e" not in shown
        assert "\x1b" not in shown
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "'unsafe-inline'" not in policy
    assert (page.headers["cache-control"], page.headers["x-frame-options"]) == ("no-store", "DENY")
    assert page.headers["referrer-policy"] in ("no-referrer", "same-origin")


def test_never_again_from_a_mail_covers_what_was_chosen(store: Store) -> None:
    mail = Mail(store)
    page = mail.open(mail.link("allow"))
    assert re.findall(r'name="kind" value="(\w+)"', page.text) == ["author", "thread", "phrase"]
    mail.press(mail.link("allow"), kind="phrase", every="yes", note="our motto")
    with store.read() as connection:
        (allowed,) = listed_allowances(connection)
    assert (allowed.rule, allowed.kind, allowed.moderator, allowed.note) == ("*", "phrase", "ada", "our motto")


def test_a_comment_without_a_name_offers_no_never_for_its_author(store: Store) -> None:
    mail = Mail(store, FIRST, PILOT, replace(QUOTED, author=None))
    assert re.findall(r'name="kind" value="(\w+)"', mail.open(mail.link("allow")).text) == ["thread", "phrase"]
    assert mail.press(mail.link("allow")).status_code == 200
    assert mail.state() == "dismissed"


def test_a_decision_by_hand_makes_the_link_a_second_one(mail: Mail) -> None:
    with mail.store.write() as connection:
        decide(connection, mail.finding, "dismissed", moderator=None, now=LATER)
    assert "somebody has dismissed it already" in mail.open(mail.link("confirm")).text
