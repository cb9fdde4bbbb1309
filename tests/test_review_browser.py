"""The review page in Chromium: by keyboard, by touch, without scripts, and as those see it who cannot."""

import shutil
import socket
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from bot.links import sign
from bot.review.app import build_app
from bot.review.security import kept_token, new_token
from bot.review.server import ReviewServer, first_invitation
from bot.store.database import Store, open_store
from bot.store.keys import LINKS, signing_key
from bot.store.people import account, begin_session
from bot.store.tables import comments, findings
from tests.reviewed import CONFIG, NOW, PASSWORD, add_person, fill, found, states
from tests.stored import CREDITED, SITE, Blog

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is missing: apt install chromium")

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser without a window."""
    with sync_playwright() as playwright:
        # As root, which the gate may be, Chromium has no sandbox; it opens our own pages only.
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def kept(tmp_path: Path, sqlite_template: Path) -> Iterator[Store]:
    """A store in a file."""
    shutil.copyfile(sqlite_template, tmp_path / "store.db")
    with open_store(f"sqlite:///{tmp_path / 'store.db'}") as store:
        yield store


@pytest.fixture
def blog(kept: Store) -> Blog:
    """A blog with two findings: a link, and a quotation, which comes first."""
    return fill(kept)


@pytest.fixture
def url(kept: Store) -> Iterator[str]:
    """The address of a review page over the store."""
    app = build_app(kept, CONFIG, clock=lambda: NOW)
    listening = socket.create_server(("127.0.0.1", 0))
    listening.setblocking(False)
    server = ReviewServer(app, listening)
    server.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.stop()


Open = Callable[..., Page]


@pytest.fixture
def visit(chromium: Browser, kept: Store, url: str) -> Iterator[Open]:
    """Open pages as somebody with an account; whatever a page complains of in the console fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def opened(name: str | None = "ada", path: str = "/", role: Any = "admin", **options: Any) -> Page:
        context = chromium.new_context(base_url=url, locale=options.pop("locale", "en-GB"), **options)
        contexts.append(context)
        if name is not None:
            with kept.read() as connection:
                known = account(connection, name)
            number = known.id if known else add_person(kept, name, role)
            token = new_token()
            with kept.write() as connection:
                begin_session(connection, kept_token(token), number, now=NOW)
            seal = build_app(kept, CONFIG, clock=lambda: NOW).state.review.seal
            context.add_cookies([{"name": "quotewarden", "value": seal.cookie(token), "url": url}])
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def test_the_first_account_is_made_by_the_link_of_the_console(kept: Store, url: str, visit: Open) -> None:
    fill(kept)
    page = visit(None)
    expect(page.get_by_text("Nobody has an account yet.")).to_be_visible()
    link = first_invitation(kept, CONFIG, now=NOW)
    assert link is not None
    page.goto(link.replace("http://127.0.0.1:9481", url))
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password, twelve").fill(PASSWORD)
    page.get_by_label("The password again").fill(PASSWORD)
    page.get_by_role("button", name="Make the account").click()
    expect(page.get_by_role("heading", name="To decide")).to_be_visible()
    assert first_invitation(kept, CONFIG, now=NOW) is None
    page.get_by_role("button", name="Log out").click()
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.locator(".card[data-finding]")).to_have_count(2)


def test_a_keyboard_is_enough(kept: Store, blog: Blog, visit: Open) -> None:
    page = visit()
    quotation, link = page.locator(".card[data-finding]").all()
    page.keyboard.press("j")
    expect(link).to_have_attribute("aria-current", "true")
    page.keyboard.press("k")
    expect(quotation).to_have_attribute("aria-current", "true")
    page.keyboard.press("c")
    expect(page.get_by_role("status").filter(has_text="Confirmed")).to_be_visible()
    assert states(kept)["unattributed-quote"] == "confirmed"
    expect(page.locator(".card[data-finding]")).to_have_attribute("aria-current", "true")
    page.keyboard.press("d")
    page.keyboard.press("4")
    expect(page.get_by_text("Dismissed: allowed here")).to_be_visible()
    assert states(kept)["link-only"] == "dismissed"
    page.keyboard.press("u")
    expect(page.locator(".card[data-finding]")).to_have_count(1)
    assert states(kept)["link-only"] == "open"
    page.keyboard.press("s")
    page.keyboard.press("2")
    expect(page.get_by_text("Snoozed until")).to_be_visible()
    assert states(kept)["link-only"] == "snoozed"
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_a_finding_is_opened_by_a_key(blog: Blog, visit: Open) -> None:
    page = visit()
    page.keyboard.press("o")
    page.wait_for_url("**/finding/*")
    expect(page.get_by_role("heading", name="Quotation without a name")).to_be_visible()
    page.keyboard.press("c")
    expect(page.get_by_text("1 finding confirmed.")).to_be_visible()


def test_keys_do_nothing_while_somebody_writes(kept: Store, blog: Blog, visit: Open) -> None:
    page = visit()
    page.keyboard.press("/")
    page.keyboard.type("cds")
    assert page.get_by_label("Search").input_value() == "cds"
    assert set(states(kept).values()) == {"open"}


def test_many_are_picked_decided_and_undone(kept: Store, blog: Blog, visit: Open) -> None:
    page = visit()
    bar = page.get_by_role("form", name="Decide on those picked")
    expect(bar).to_be_hidden()
    page.keyboard.press("x")
    expect(bar.get_by_text("1 picked")).to_be_visible()
    bar.get_by_role("button", name="All").click()
    expect(bar.get_by_text("2 picked")).to_be_visible()
    bar.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("2 findings confirmed.")).to_be_visible()
    assert set(states(kept).values()) == {"confirmed"}
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".card[data-finding]")).to_have_count(2)
    assert set(states(kept).values()) == {"open"}


def test_two_moderators_on_one_finding(kept: Store, blog: Blog, visit: Open) -> None:
    ada, bo = visit("ada"), visit("bo")
    ada.keyboard.press("c")
    expect(ada.get_by_role("status").filter(has_text="Confirmed")).to_be_visible()
    bo.keyboard.press("d")
    bo.keyboard.press("1")
    expect(bo.get_by_text("ada has confirmed it already")).to_be_visible()
    assert states(kept)["unattributed-quote"] == "confirmed"


def test_a_comment_that_changed_meanwhile_is_shown_anew(kept: Store, blog: Blog, visit: Open) -> None:
    page = visit()
    blog.take(CREDITED)
    page.keyboard.press("c")
    expect(page.get_by_text("The comment was changed since you saw it.")).to_be_visible()
    assert states(kept)["unattributed-quote"] == "resolved"


def test_what_could_not_be_saved_is_told(kept: Store, blog: Blog, chromium: Browser, visit: Open) -> None:
    page = visit()
    # Not listened to any more: Chromium itself complains of a request that fails.
    quiet = page.context.new_page()
    quiet.goto("/")
    quiet.context.set_offline(True)
    quiet.keyboard.press("c")
    expect(quiet.get_by_role("alert")).to_contain_text("That was not saved")
    expect(quiet.locator(".card[data-finding]")).to_have_count(2)
    assert set(states(kept).values()) == {"open"}


def test_a_mails_link_shows_first_and_acts_then(kept: Store, blog: Blog, visit: Open) -> None:
    row = found(kept, "unattributed-quote")
    with kept.write() as connection:
        key = signing_key(connection, LINKS, now=NOW)
        words = connection.execute(comments.select().where(comments.c.id == row.comment_id)).one()
    said: dict[str, Any] = {"action": "dismiss", "moderator": "ada", "expiry": NOW + timedelta(days=1)}
    path = f"/d/{sign(key, finding=row.id, revision=words.hash, **said)}"
    page = visit(None, path=path, java_script_enabled=False)
    expect(page.get_by_role("heading", name="Dismiss this finding?")).to_be_visible()
    assert states(kept)["unattributed-quote"] == "open"
    page.get_by_label("Wrong source").check()
    page.get_by_role("button", name="Dismiss").click()
    expect(page.get_by_text("Your decision is kept: wrong source.")).to_be_visible()
    assert states(kept)["unattributed-quote"] == "dismissed"
    page.goto(path)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", name="Taken back")).to_be_visible()
    assert states(kept)["unattributed-quote"] == "open"


def test_a_threshold_is_tried_before_it_is_set(kept: Store, blog: Blog, visit: Open) -> None:
    page = visit(path="/rules")
    page.get_by_role("link", name="Quotation without a name").click()
    page.get_by_label("At least this sure").fill("95")
    page.get_by_label("Site").select_option(SITE)
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_text("1 → 0")).to_be_visible()
    assert states(kept)["unattributed-quote"] == "open"
    page.get_by_role("button", name=f"Set 95% at {SITE}").click()
    expect(page.get_by_text("The threshold is set.")).to_be_visible()


def test_the_thread_has_its_passages_coloured(kept: Store, blog: Blog, visit: Open) -> None:
    page = visit(path=f"/finding/{found(kept, 'unattributed-quote').id}")
    page.get_by_role("link", name="The whole thread").click()
    passage = page.locator("mark.unattributed").filter(has_text="Nobody who sells fish")
    expect(passage).to_be_visible()
    plain = page.locator(".entry .body").first.evaluate("(node) => getComputedStyle(node).backgroundColor")
    assert passage.evaluate("(node) => getComputedStyle(node).backgroundColor") != plain


def test_without_scripts_everything_is_read_and_decided(kept: Store, blog: Blog, visit: Open) -> None:
    page = visit(java_script_enabled=False)
    first = page.locator(".card[data-finding]").first
    first.get_by_text("Dismiss").click()
    first.get_by_role("button", name="Not a quotation").click()
    expect(page.get_by_text("1 finding dismissed.")).to_be_visible()
    assert states(kept)["unattributed-quote"] == "dismissed"
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("1 decision taken back.")).to_be_visible()
    page.get_by_label("Pick", exact=True).first.check()
    page.get_by_role("form", name="Decide on those picked").get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("1 finding confirmed.")).to_be_visible()
    page.get_by_label("State").select_option("confirmed")
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".card[data-finding]")).to_have_count(1)


def paths(store: Store) -> list[str]:
    """Return the paths of all pages."""
    with store.read() as connection:
        number = connection.execute(findings.select()).first()
        thread = connection.execute(comments.select()).first()
    assert number is not None
    assert thread is not None
    trial = f"/rules/unattributed-quote?least=95&site={SITE}"
    own = ["/", "/?state=dismissed", f"/finding/{number.id}", f"/thread/{thread.post_id}", "/sites", "/rules", trial]
    return [*own, "/people", "/people/log", "/account"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1200])
def test_every_page_is_accessible_and_fits(kept: Store, blog: Blog, visit: Open, scheme: Any, width: int) -> None:
    page = visit(color_scheme=scheme, viewport={"width": width, "height": 844})
    for path in paths(kept):
        page.goto(path)
        for menu in page.locator("article details.menu > summary").all()[:2]:
            menu.click()
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
        result = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}})
        assert result.violations_count == 0, f"{path}: {result.generate_report()}"


@pytest.mark.parametrize("path", ["/login", "/welcome/x"])
def test_the_pages_before_the_login_are_accessible(kept: Store, chromium: Browser, url: str, path: str) -> None:
    context = chromium.new_context(base_url=url)
    page = context.new_page()
    page.goto(path)
    result = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}})
    assert result.violations_count == 0, result.generate_report()
    context.close()
