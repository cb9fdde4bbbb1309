"""Digests through a real mail server: what arrives there, and what happens when it says no."""

import multiprocessing
import os
import ssl
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import trustme

from bot.config import Config
from bot.config_moderators import MailOptions
from bot.digest.bounces import note_bounce
from bot.digest.rounds import Rounds
from bot.digest.smtp import send
from bot.store.database import Store, open_store
from bot.store.mails import mail_history
from bot.store.polls import site_states
from tests.digests import MORNING, Desk, config_of
from tests.mail_server import PASSWORD, USER, Inbox, mail_server
from tests.stored import FIRST, FISH, LINK, PILOT, QUOTED, SITE, comment


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def context(authority: trustme.CA) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(made)
    return made


@pytest.fixture(autouse=True)
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    monkeypatch.setenv("SSL_CERT_FILE", str(path))


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_text(PASSWORD)
    return path


@pytest.fixture
def inbox(context: ssl.SSLContext) -> Iterator[Inbox]:
    with mail_server(context) as opened:
        yield opened


PILOT_QUOTED = comment("9", f"“{FISH}” The tide came late that year.", minute=40, author="Rolf")


def history(store: Store) -> list[Any]:
    """Return the mails, the newest first."""
    with store.read() as connection:
        return list(mail_history(connection, limit=100))


def text_of(mail: EmailMessage) -> str:
    """Return the plain part."""
    part = mail.get_body(("plain",))
    assert isinstance(part, EmailMessage)
    return str(part.get_content())


def send_and_die(url: str, config: Config, now: datetime) -> None:
    """Make a round, in a process of its own, that ends when the server has taken the mail."""

    def deadly(options: MailOptions, content: str, *, recipient: str) -> None:
        send(options, content, recipient=recipient)
        os._exit(9)

    with open_store(url) as store:
        Rounds(config, store, now=lambda: now, send=deadly)()


def desk_with_findings(store: Store, inbox: Inbox, secret: Path, **rest: object) -> Desk:
    desk = Desk(store, config_of(inbox=inbox, secret=secret, **rest), send=send)
    desk.blog.take(FIRST, PILOT, QUOTED, LINK)
    desk.round()
    return desk


def test_a_digest_arrives_over_starttls_with_both_parts(store: Store, inbox: Inbox, secret: Path) -> None:
    desk = desk_with_findings(store, inbox, secret)
    assert desk.round(MORNING).sent == 1
    [(recipients, mail)] = inbox.taken
    assert (recipients, inbox.logins, inbox.secured) == (["ada@mail.test"], [USER], [True])
    assert mail["To"] == "ada@mail.test"
    assert mail["From"] == "Quotewarden <quotewarden@mail.test>"
    assert mail["Subject"] == f"{SITE}: 2 findings"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Unsubscribe"].startswith("<https://mod.example/unsubscribe/")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Date"].datetime == MORNING
    plain, html = mail.iter_parts()
    assert (plain.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert "Marguerite" in plain.get_content()
    assert "Nobody who sells fish for a living" in html.get_content()
    assert mail.defects == plain.defects == html.defects == []
    assert max(map(len, inbox.raw[0].split(b"\r\n"))) < 998


def test_tls_from_the_start_and_a_login(store: Store, context: ssl.SSLContext, secret: Path) -> None:
    with mail_server(context, security="tls") as inbox:
        desk = desk_with_findings(store, inbox, secret, mail={"security": "tls"})
        assert desk.round(MORNING).sent == 1
        assert (len(inbox.mails), inbox.logins) == (1, [USER])


def test_a_certificate_of_another_name_or_signer_sends_nothing(
    store: Store, inbox: Inbox, secret: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    desk = desk_with_findings(store, inbox, secret)
    assert (desk.round(MORNING).failed, inbox.raw, inbox.logins) == (1, [], [])
    assert "no secure connection to 127.0.0.1: " in history(store)[0].error


def test_a_wrong_password_keeps_the_mail_until_it_is_mended(store: Store, inbox: Inbox, secret: Path) -> None:
    secret.write_text("wrong")
    desk = desk_with_findings(store, inbox, secret)
    assert desk.round(MORNING).failed == 1
    assert history(store)[0].error.startswith("the login was refused: 535")
    secret.write_text(PASSWORD)
    assert desk.round(MORNING + timedelta(minutes=6)).sent == 1
    assert len(inbox.mails) == 1


def test_a_password_is_not_said_where_the_way_is_not_secret(
    store: Store, context: ssl.SSLContext, secret: Path
) -> None:
    with mail_server(context, security="none") as inbox:
        desk = desk_with_findings(store, inbox, secret)
        assert desk.round(MORNING).failed == 1
        assert (inbox.logins, inbox.raw) == ([], [])
    assert "STARTTLS" in history(store)[0].error


def test_a_refused_recipient_is_told_in_status_and_the_findings_come_again(
    store: Store, inbox: Inbox, secret: Path
) -> None:
    desk = desk_with_findings(store, inbox, secret)
    inbox.answers["RCPT"] = ["550 5.1.1 no such mailbox"]
    assert desk.round(MORNING).failed == 1
    [mail] = history(store)
    assert (mail.state, mail.content) == ("refused", None)
    with store.read() as connection:
        [state] = site_states(connection, now=MORNING)
    assert state.mail_errors == ["mail to ada: refused: the recipient was refused: 550 5.1.1 no such mailbox"]
    assert state.waiting == 2
    # Not at once: only the next digest tells them again.
    assert desk.round(MORNING + timedelta(hours=1)).made == 0
    assert desk.round(MORNING + timedelta(days=1)).sent == 1
    assert "Marguerite" in text_of(inbox.mails[0])
    assert inbox.mails[0]["Message-ID"] != mail.message_id


@pytest.mark.parametrize("command", ["RCPT", "DATA"])
def test_what_is_put_off_is_tried_again_later_and_later(store: Store, inbox: Inbox, secret: Path, command: str) -> None:
    desk = desk_with_findings(store, inbox, secret)
    inbox.answers[command] = ["451 4.7.1 greylisted"] * 3
    tried = []
    for minute in range(120):
        done = desk.round(MORNING + timedelta(minutes=minute))
        tried += [minute] if done.failed or done.sent else []
    assert tried == [0, 5, 15, 35]
    [mail] = history(store)
    assert (mail.state, mail.tries, mail.error) == ("sent", 4, None)
    assert [one["Message-ID"] for one in inbox.mails] == [mail.message_id]


def test_a_server_that_is_down_is_waited_for(store: Store, context: ssl.SSLContext, secret: Path) -> None:
    with mail_server(context) as inbox:
        desk = desk_with_findings(store, inbox, secret)
    assert desk.round(MORNING).failed == 1
    assert "refused" in history(store)[0].error.lower()
    with mail_server(context, port=inbox.port) as back:
        assert desk.round(MORNING + timedelta(minutes=4)).sent == 0
        assert desk.round(MORNING + timedelta(minutes=5)).sent == 1
        assert len(back.mails) == 1


def test_a_server_that_never_comes_back_is_given_up_after_days(store: Store, inbox: Inbox, secret: Path) -> None:
    desk = desk_with_findings(store, inbox, secret, schedule="0 7 1 1 *")
    desk.rounds().send_now("ada")
    assert len(inbox.mails) == 1
    desk.blog.take(PILOT_QUOTED)
    inbox.answers["DATA"] = ["451 not now"] * 100
    desk.rounds().send_now("ada")
    for hour in range(6 * 24):
        desk.round(MORNING + timedelta(hours=hour))
    assert [mail.state for mail in history(store)] == ["given up", "sent"]
    assert desk.blog.waiting() == [("9", "unattributed-quote")]


def test_a_death_between_sending_and_marking_sends_the_very_same_mail(
    store: Store, inbox: Inbox, secret: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = desk_with_findings(store, inbox, secret)

    def die(*args: object, **rest: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("bot.digest.sending.mark_sent", die)
        with pytest.raises(KeyboardInterrupt):
            desk.round(MORNING)
    # What is found meanwhile is no reason to say something else.
    desk.blog.take(PILOT_QUOTED)
    assert desk.round(MORNING + timedelta(minutes=1)).sent == 0
    assert desk.round(MORNING + timedelta(minutes=5)).sent == 1
    first, second = inbox.raw
    assert first == second
    assert desk.round(MORNING + timedelta(minutes=60)).sent == 0
    assert [mail.state for mail in history(store)] == ["sent"]


def test_a_process_that_is_killed_after_sending_sends_the_very_same_mail(
    store: Store, inbox: Inbox, secret: Path
) -> None:
    desk = desk_with_findings(store, inbox, secret)
    context = multiprocessing.get_context("spawn")
    url = str(store.engine.url.render_as_string(hide_password=False))
    child = context.Process(target=send_and_die, args=(url, desk.config, MORNING))
    child.start()
    child.join(60)
    assert (child.exitcode, len(inbox.raw)) == (9, 1)
    assert desk.round(MORNING + timedelta(minutes=5)).sent == 1
    assert inbox.raw[0] == inbox.raw[1]
    assert desk.round(MORNING + timedelta(minutes=60)).sent == 0


def test_mails_about_a_site_are_one_thread(store: Store, inbox: Inbox, secret: Path) -> None:
    desk = desk_with_findings(store, inbox, secret)
    desk.round(MORNING)
    desk.blog.take(PILOT_QUOTED)
    desk.round(MORNING + timedelta(days=1))
    first, second = inbox.mails
    root = first["References"]
    assert (first["In-Reply-To"], first["List-Id"].strip("<>")) == (root, root.strip("<>").replace("@", "."))
    assert second["References"].split() == [root, first["Message-ID"]]
    assert second["In-Reply-To"] == first["Message-ID"]


def test_a_mail_that_came_back_is_noted_and_told_again(store: Store, inbox: Inbox, secret: Path) -> None:
    desk = desk_with_findings(store, inbox, secret)
    desk.round(MORNING)
    [mail] = history(store)
    bounce = BOUNCE.format(message_id=mail.message_id, action="delayed").replace("\n", "\r\n").encode()
    assert note_bounce(store, bounce) is None
    assert note_bounce(store, bounce.replace(b"delayed", b"failed").replace(b"@mail.test>", b"@other.test>")) is None
    told = note_bounce(store, bounce.replace(b"delayed", b"failed"))
    assert told == f"ada, {SITE}: smtp; 550 5.1.1 user unknown"
    assert [one.state for one in history(store)] == ["bounced"]
    assert desk.round(MORNING + timedelta(days=1)).sent == 1


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe", b"Subject: hello\r\n\r\nhow are you", b"Content-Type: multipart/report"]
)
def test_what_is_no_bounce_is_none(store: Store, content: bytes) -> None:
    assert note_bounce(store, content) is None


BOUNCE = """\
From: MAILER-DAEMON@mx.test
To: quotewarden@mail.test
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="part"

--part
Content-Type: text/plain

It could not be delivered.

--part
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.test

Final-Recipient: rfc822; ada@mail.test
Action: {action}
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 user
 unknown

--part
Content-Type: text/rfc822-headers

From: Quotewarden <quotewarden@mail.test>
Message-ID: {message_id}

--part--
"""
