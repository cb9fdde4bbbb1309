"""Digests through a real mail server: what arrives there, and what happens when it says no."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from bot.digest.smtp import send
from bot.store.database import Store
from tests.digests import MORNING, Desk, config_of
from tests.mail_server import PASSWORD, USER, Inbox, mail_server
from tests.stored import FIRST, LINK, QUOTED, SITE


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


def desk_with_findings(store: Store, inbox: Inbox, secret: Path, **rest: object) -> Desk:
    desk = Desk(store, config_of(inbox=inbox, secret=secret, **rest), send=send)
    desk.blog.take(FIRST, QUOTED, LINK)
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
