"""`quotewarden digest` as a moderator's administrator uses it, the page that ends mails, and other channels."""

import json
import logging
import re
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from pytest_httpserver import HTTPServer
from starlette.testclient import TestClient
from typer.testing import CliRunner

from bot.cli import app
from bot.config import load_config
from bot.digest.channels import notify, short
from bot.digest.links import read_unsubscribe
from bot.digest.making import Maker
from bot.digest.smtp import SendError
from bot.doctor import examine
from bot.review.app import build_app
from bot.store.database import Store, open_store
from bot.store.keys import LINKS, signing_key
from bot.store.mails import unsubscribed_sites
from tests.digests import MORNING, Desk, config_of
from tests.stored import FIRST, LINK, PILOT, QUOTED, SITE, Blog


@pytest.fixture
def home(tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a configuration and a store with two findings; mail goes to a port where nobody listens."""
    shutil.copyfile(sqlite_template, tmp_path / "store.db")
    with open_store(f"sqlite:///{tmp_path / 'store.db'}") as store:
        Blog(store).take(FIRST, PILOT, QUOTED, LINK)
    (tmp_path / "quotewarden.toml").write_text(
        f"""
        [store]
        url = "sqlite:///{tmp_path / "store.db"}"
        [web]
        url = "https://mod.example"
        [mail]
        server = "127.0.0.1"
        port = 1
        sender = "quotewarden@mail.test"
        [moderators.ada]
        address = "ada@mail.test"
        [moderators.bob]
        address = "bob@mail.test"
        rules = ["link-only"]
        [sites."{SITE}"]
        platform = "feed"
        url = "https://{SITE}/comments.xml"
        """
    )
    monkeypatch.chdir(tmp_path)
    handlers = list(logging.getLogger().handlers)
    yield tmp_path
    # `send` logs to a stream that ends with it.
    structlog.reset_defaults()
    logging.getLogger().handlers = handlers


def run(*arguments: str, code: int = 0, **rest: Any) -> str:
    done = CliRunner().invoke(app, ["digest", *arguments], **rest)
    assert done.exit_code == code, done.output
    return done.output


def test_preview_shows_each_moderators_digest_and_tells_nobody(home: Path) -> None:
    first = run("preview")
    assert first.count(SITE) == 2
    assert "Quotation without a name" in first
    assert run("preview") == first
    assert "Marguerite" not in run("preview", "--moderator", "bob")
    assert "no mail was made yet" in run("history")


def test_preview_as_plain_text_is_that_of_the_mail(home: Path) -> None:
    plain = run("preview", "--plain", "--moderator", "ada")
    assert plain.startswith(f"{SITE}: 2 findings\n")
    assert "   | “[Nobody who sells fish for a living" in plain


def test_preview_in_a_browser_writes_a_page(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    monkeypatch.setattr("tempfile.tempdir", str(home))
    told = run("preview", "--open", "--moderator", "ada")
    [page] = home.glob("quotewarden-*.html")
    assert opened == [page.as_uri()]
    assert told == f"ada, {SITE}: {page}\n"
    assert "Marguerite" in page.read_text("utf-8")


def test_send_now_says_what_could_not_be_sent_and_history_says_why(home: Path) -> None:
    assert "2 made, 0 sent, 2 could not be sent\n" in run("send", "--now", code=3)
    assert "0 made, 0 sent, 0 could not be sent\n" in run("send", "--now")
    records = [json.loads(line) for line in run("history", "--json").splitlines()]
    assert [(one["moderator"], one["findings"], one["state"], one["tries"]) for one in records] == [
        ("bob", 1, "waiting", 1),
        ("ada", 2, "waiting", 1),
    ]
    assert all("refused" in one["error"] for one in records)
    assert "waiting" in run("history", "--moderator", "ada")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["preview", "--moderator", "eve"], "no moderator 'eve' in the configuration; there are ada, bob"),
        (["preview", "--site", "x"], f"no site 'x' in the configuration; there are {SITE}"),
        (["send", "--site", SITE], "--moderator and --site: go with --now"),
        (["subscribe", "eve"], "no moderator 'eve' in the configuration; there are ada, bob"),
    ],
)
def test_a_wrong_name_is_said_in_one_line(
    home: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said in run(*arguments, code=2)


def test_a_bounce_that_is_none_of_ours_changes_nothing(home: Path) -> None:
    assert run("bounce", code=1, input=b"Subject: hello\r\n\r\nhow are you?") == "no mail of ours came back\n"


def test_doctor_tries_the_mail_server(home: Path) -> None:
    [proof] = [proof for proof in examine(load_config(home / "quotewarden.toml")) if proof.name == "mail"]
    assert (proof.ok, proof.mend) == (False, "see docs/digest.md")
    assert "127.0.0.1: " in proof.said


# The end of mails


def unsubscribe_link(store: Store) -> str:
    desk = Desk(store, config_of())
    desk.blog.take(FIRST, PILOT, QUOTED)
    digest = Maker(desk.config, store, now=lambda: MORNING).preview("ada", SITE)
    assert digest is not None
    assert digest.unsubscribe_url is not None
    return digest.unsubscribe_url.removeprefix("https://mod.example")


def ended(store: Store) -> set[int | None]:
    with store.read() as connection:
        return unsubscribed_sites(connection, "ada")


def test_one_click_ends_the_mails_about_a_site_and_opening_the_link_does_not(store: Store) -> None:
    path = unsubscribe_link(store)
    client = TestClient(build_app(store, config_of(), clock=lambda: MORNING), base_url="https://mod.example")
    page = client.get(path)
    assert (page.status_code, ended(store)) == (200, set())
    assert "ada" in page.text
    # As RFC 8058 has it: no cookie, no referrer, this body.
    assert client.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert ended(store) == {1}
    assert "no more mails about this site" in client.get(path).text
    client.post(path, data={"do": "all"})
    assert None in ended(store)
    client.post(path, data={"do": "again"})
    assert ended(store) == set()


@pytest.mark.parametrize("change", ["", "x", "A"])
def test_a_forged_link_ends_nothing(store: Store, change: str) -> None:
    path = unsubscribe_link(store)
    client = TestClient(build_app(store, config_of(), clock=lambda: MORNING), base_url="https://mod.example")
    forged = path[:-8] + change
    assert client.get(forged).status_code == 404
    assert client.post(forged).status_code == 404
    assert ended(store) == set()


def test_a_link_that_decides_is_none_that_unsubscribes(store: Store) -> None:
    desk = Desk(store, config_of())
    desk.blog.take(FIRST, PILOT, QUOTED)
    digest = Maker(desk.config, store, now=lambda: MORNING).preview("ada", SITE)
    assert digest is not None
    with store.write() as connection:
        key = signing_key(connection, LINKS, now=MORNING)
    for link in digest.items[0].claims[0].decisions:
        assert read_unsubscribe(key, link.url.rpartition("/")[2]) is None


def test_links_in_mails_lead_to_pages_that_decide(store: Store) -> None:
    desk = Desk(store, config_of())
    desk.blog.take(FIRST, PILOT, QUOTED)
    desk.round()
    desk.round(MORNING)
    links = sorted(set(re.findall(r"https://mod\.example(/d/[\w.-]+)", desk.sent[0][1].replace("=\r\n", ""))))
    assert len(links) == 4
    client = TestClient(build_app(store, desk.config, clock=lambda: MORNING), base_url="https://mod.example")
    assert [client.get(link).status_code for link in links] == [200] * 4


# Other channels: apprise loads a module that Python is about to drop.
drops_modules = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


@drops_modules
def test_a_short_form_goes_to_a_channel(store: Store, httpserver: HTTPServer, tmp_path: Path) -> None:
    httpserver.expect_request("/room", method="POST").respond_with_data("ok")
    room = tmp_path / "room"
    room.write_text(f"json://127.0.0.1:{httpserver.port}/room")
    desk = Desk(store, config_of(address=None, channels=[{"file": str(room)}]))
    desk.blog.take(FIRST, PILOT, QUOTED, LINK)
    desk.round()
    assert desk.round(MORNING).sent == 1
    [(request, _)] = httpserver.log
    said = json.loads(request.data)
    assert said["title"] == f"{SITE}: 2 findings"
    assert "Marguerite in The old harbour bridge: quotation without a name," in said["message"]
    assert said["message"].endswith(f"https://mod.example/?site={SITE}")


@drops_modules
def test_mail_and_channel_are_each_sent_once(store: Store, httpserver: HTTPServer, tmp_path: Path) -> None:
    httpserver.expect_ordered_request("/room").respond_with_data("down", status=503)
    httpserver.expect_request("/room").respond_with_data("ok")
    room = tmp_path / "room"
    room.write_text(f"json://127.0.0.1:{httpserver.port}/room")
    desk = Desk(store, config_of(channels=[{"file": str(room)}]))
    desk.blog.take(FIRST, PILOT, QUOTED)
    desk.round()
    done = desk.round(MORNING)
    assert (done.made, done.sent, done.failed, len(desk.sent)) == (2, 1, 1, 1)
    done = desk.round(MORNING + timedelta(minutes=5))
    assert (done.made, done.sent, done.failed, len(desk.sent)) == (0, 1, 0, 1)


@drops_modules
def test_a_channel_that_nobody_knows_is_an_error_that_does_not_say_its_address(tmp_path: Path) -> None:
    room = tmp_path / "room"
    room.write_text("nonsense-token-123")
    config = config_of(channels=[{"file": str(room)}])
    with pytest.raises(SendError) as raised:
        notify(config.moderators["ada"].channels[0], json.dumps({"title": "x", "body": "y"}))
    assert "nonsense" not in str(raised.value)


def test_a_short_form_is_short(store: Store) -> None:
    many = [
        LINK.__class__(id=str(n), author="x" * 80, body=f"https://x.example/{n}", format="plain") for n in range(90)
    ]
    desk = Desk(store, config_of())
    desk.blog.take(FIRST, *many)
    digest = Maker(desk.config, store, now=lambda: MORNING).preview("ada", SITE)
    assert digest is not None
    said = json.loads(short(digest))
    assert len(said["body"]) <= 1800
    assert "more finding" in said["body"]
