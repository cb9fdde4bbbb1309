"""The review page as a browser without scripts sees it."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete

from bot.config import check_config
from bot.store.audit import audited
from bot.store.database import Store, open_store
from bot.store.tables import audit, findings, invitations
from tests.reviewed import ADDRESS, NOW, PASSWORD, Browser, add_person, fill, found, states
from tests.stored import CREDITED, SITE, comment

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def ada(store: Store) -> Browser:
    """A moderator who looks at a blog with two findings."""
    fill(store)
    add_person(store, "ada")
    return Browser(store).log_in("ada")


def test_the_queue_shows_passage_source_reason_and_buttons(ada: Browser) -> None:
    text = ada.get("/")
    assert ada.status == 200
    assert "<mark>Nobody who sells fish for a living can live through two summers without the road.</mark>" in text
    assert "<bdi>Hanne Vik</bdi>, <bdi>comment 1</bdi>" in text
    assert "Hanne Vik&#39;s words from comment 1, and nothing says so." in text
    assert text.count('name="do" value="confirmed"') == 3  # two findings, and those picked
    assert text.index("Marguerite") < text.index("Pavel")  # the newest first


def test_a_decision_is_made_and_taken_back(store: Store, ada: Browser) -> None:
    row = found(store, "unattributed-quote")
    ada.get("/")
    text = ada.send("/decide", {"finding": row.id, "do": "dismissed wrong-source", "back": "/"})
    assert states(store)["unattributed-quote"] == "dismissed"
    assert "1 finding dismissed." in text
    [decision] = re.findall(r'name="decision" value="(\d+)"', text)
    text = ada.send("/undo", {"decision": decision, "back": "/"})
    assert states(store)["unattributed-quote"] == "open"
    assert "1 decision taken back." in text
    assert "taken back" not in ada.get("/")


def test_many_are_decided_at_once_and_taken_back_at_once(store: Store, ada: Browser) -> None:
    numbers = [found(store, rule).id for rule in ("unattributed-quote", "link-only")]
    ada.get("/")
    text = ada.send("/decide", {"finding": numbers, "do": "snoozed 7", "many": "yes", "back": "/"})
    assert set(states(store).values()) == {"snoozed"}
    assert "2 findings snoozed." in text
    assert "All done" in text
    ada.send("/undo", {"decision": re.findall(r'name="decision" value="(\d+)"', text), "back": "/"})
    assert set(states(store).values()) == {"open"}


def test_a_script_gets_only_the_card(store: Store, ada: Browser) -> None:
    row = found(store, "link-only")
    ada.get("/")
    text = ada.send("/decide", {"finding": row.id, "do": "confirmed"}, headers={"HX-Request": "true"})
    assert text.lstrip().startswith("<article")
    assert "Confirmed" in text
    assert "Undo" in text


def test_a_changed_comment_is_shown_again_before_it_is_decided_on(store: Store) -> None:
    blog = fill(store)
    add_person(store, "ada")
    browser = Browser(store).log_in("ada")
    row = found(store, "unattributed-quote")
    [seen] = re.findall(rf'name="revision-{row.id}" value="(\w+)"', browser.get(f"/finding/{row.id}"))[:1]
    blog.take(CREDITED)
    text = browser.send("/decide", {"finding": row.id, "do": "confirmed", f"revision-{row.id}": seen, "back": "/"})
    assert "was changed since you saw it" in text
    assert states(store)["unattributed-quote"] == "resolved"


def test_two_moderators_on_one_finding(store: Store, ada: Browser) -> None:
    add_person(store, "bo")
    bo = Browser(store).log_in("bo")
    row = found(store, "link-only")
    ada.send("/decide", {"finding": row.id, "do": "confirmed", "back": "/"})
    text = bo.send("/decide", {"finding": row.id, "do": "dismissed other", "back": "/"})
    assert "ada has confirmed it already" in text
    assert "Undo" not in text
    assert states(store)["link-only"] == "confirmed"


def test_a_note_is_kept_in_the_history(store: Store, ada: Browser) -> None:
    row = found(store, "link-only")
    page = f"/finding/{row.id}"
    text = ada.send("/decide", {"finding": row.id, "do": "note", "note": "Pavel does <b>that</b> a lot", "back": page})
    assert ada.path == page
    assert "Pavel does &lt;b&gt;that&lt;/b&gt; a lot" in text
    assert states(store)["link-only"] == "open"


@pytest.mark.parametrize(
    ("query", "rules"),
    [
        ("", {"unattributed-quote", "link-only"}),
        ("rule=link-only", {"link-only"}),
        ("words=bridges.example", {"link-only"}),
        ("words=marguerite", {"unattributed-quote"}),
        ("words=harbour+bridge", {"unattributed-quote", "link-only"}),
        ("words=100%25", set()),
        ("sure=0.9", {"link-only"}),
        ("age=day", {"unattributed-quote", "link-only"}),
        ("age=older", set()),
        ("state=confirmed", set()),
        (f"site={SITE}", {"unattributed-quote", "link-only"}),
        ("state=nonsense&age=nonsense&sure=nonsense&before=nonsense", {"unattributed-quote", "link-only"}),
    ],
)
def test_the_queue_is_filtered_and_searched(store: Store, ada: Browser, query: str, rules: set[str]) -> None:
    text = ada.get(f"/?{query}")
    assert ada.status == 200
    shown = {int(number) for number in re.findall(r'data-finding="(\d+)"', text)}
    with store.read() as connection:
        assert {row.rule for row in connection.execute(findings.select()) if row.id in shown} == rules


def test_the_queue_goes_on_where_the_page_ended(store: Store) -> None:
    links = [comment(str(number), f"https://bridges.example/{number}", author="Pavel") for number in range(100, 160)]
    fill(store, *links)
    add_person(store, "ada")
    browser = Browser(store).log_in("ada")
    seen: list[int] = []
    path: str | None = "/"
    while path:
        numbers = [int(number) for number in re.findall(r'data-finding="(\d+)"', browser.get(path))]
        assert len(numbers) <= 25
        seen += numbers
        following = re.search(r'rel="next" href="([^"]+)"', browser.text)
        path = following[1].replace("&amp;", "&") if following else None
    assert seen == sorted(set(seen), reverse=True)
    assert len(seen) == 62


def test_nobody_sees_what_is_of_others_sites(store: Store) -> None:
    fill(store)
    add_person(store, "eve", sites=frozenset({"elsewhere.example"}))
    browser = Browser(store).log_in("eve")
    row = found(store, "link-only")
    assert "data-finding" not in browser.get("/")
    assert SITE not in browser.get("/")
    assert SITE not in browser.get("/sites")
    with store.read() as connection:
        thread = connection.exec_driver_sql("SELECT post_id FROM comments").scalar()
    for path in (f"/finding/{row.id}", f"/thread/{thread}", "/finding/99999", "/thread/x"):
        browser.get(path)
        assert browser.status == 404, path
    browser.send("/decide", {"finding": row.id, "do": "confirmed"})
    assert browser.status == 404
    assert states(store)["link-only"] == "open"


@pytest.mark.parametrize("path", ["/", "/finding/1", "/thread/1", "/sites", "/rules", "/rules/link-only", "/people"])
def test_every_page_wants_a_login(store: Store, path: str) -> None:
    browser = Browser(store)
    browser.get(path)
    assert browser.path == "/login"


def test_a_viewer_decides_nothing(store: Store) -> None:
    fill(store)
    add_person(store, "vi", "viewer")
    browser = Browser(store).log_in("vi")
    assert 'value="confirmed"' not in browser.get("/").replace('option value="confirmed"', "")
    browser.get("/account")
    browser.send("/decide", {"finding": found(store, "link-only").id, "do": "confirmed"})
    assert browser.status == 403
    assert states(store)["link-only"] == "open"


def test_a_moderator_looks_after_no_accounts(store: Store, ada: Browser) -> None:
    for path in ("/people", "/people/log"):
        ada.get(path)
        assert ada.status == 403
    ada.get("/account")
    ada.send("/people/invite", {"name": "mallory", "role": "admin", "all": "yes"})
    assert ada.status == 403


@pytest.mark.parametrize("token", ["", "0" * 64, "é"])
def test_a_form_without_its_token_does_nothing(store: Store, ada: Browser, token: str) -> None:
    ada.client.post("/decide", data={"csrf": token, "finding": found(store, "link-only").id, "do": "confirmed"})
    assert states(store)["link-only"] == "open"


def test_a_token_is_of_one_session_only(store: Store, ada: Browser) -> None:
    stranger = Browser(store)
    stranger.get("/login")
    ada.send("/decide", {"csrf": stranger.csrf(), "finding": found(store, "link-only").id, "do": "confirmed"})
    assert ada.status == 403
    assert "That form is too old" in ada.text


@pytest.mark.parametrize("part", [0, 1], ids=["token", "signature"])
def test_a_cookie_that_was_changed_is_nobodys(store: Store, ada: Browser, part: int) -> None:
    parts = ada.client.cookies["quotewarden"].rsplit(".", 1)
    # Its first letter: some of the last one's bits say nothing.
    parts[part] = ("A" if parts[part][0] != "A" else "B") + parts[part][1:]
    ada.client.cookies.set("quotewarden", ".".join(parts))
    ada.get("/")
    assert ada.path == "/login"


def test_the_cookie_is_kept_from_scripts_and_other_sites(store: Store) -> None:
    browser = Browser(store)
    browser.get("/login")
    assert "HttpOnly" in browser.headers["set-cookie"]
    assert "samesite=lax" in browser.headers["set-cookie"].lower()
    assert "Secure" not in browser.headers["set-cookie"]
    config = check_config({"web": {"url": "https://mod.example"}}, name="the test's")
    secure = Browser(store, config=config)
    secure.client.base_url = "https://mod.example"
    secure.get("/login")
    assert "Secure" in secure.headers["set-cookie"]
    assert "max-age" in secure.headers["strict-transport-security"]


@pytest.mark.parametrize("path", ["/login", "/nothing", "/static/review.css", "/"])
def test_every_reply_has_the_headers(store: Store, path: str) -> None:
    browser = Browser(store)
    headers = browser.client.get(path, follow_redirects=False).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == ("public, max-age=3600" if path.startswith("/static") else "no-store")


def test_another_name_for_the_page_is_refused(store: Store) -> None:
    browser = Browser(store)
    assert browser.client.get("/login", headers={"host": "evil.example"}).status_code == 400


def test_a_body_that_no_form_has_is_refused(store: Store, ada: Browser) -> None:
    answer = ada.client.post("/decide", content=b"csrf=" + b"x" * 400_000, headers={"content-type": FORM})
    assert answer.status_code == 413
    assert "That is too long" in answer.text


def test_logging_in_and_out(store: Store) -> None:
    fill(store)
    add_person(store, "ada")
    browser = Browser(store)
    browser.get("/?rule=link-only")
    assert browser.path == "/login"
    before = browser.client.cookies["quotewarden"]
    browser.send("/login", {"name": "ada", "password": PASSWORD, "next": "/?rule=link-only"})
    assert browser.path == "/"
    assert "Only a link" in browser.text
    assert browser.client.cookies["quotewarden"] != before
    browser.send("/logout", {})
    browser.get("/")
    assert browser.path == "/login"


@pytest.mark.parametrize(("name", "password"), [("ada", "wrong"), ("nobody", PASSWORD), ("ADA", PASSWORD), ("", "")])
def test_a_wrong_login_is_refused_in_the_same_words(store: Store, name: str, password: str) -> None:
    add_person(store, "ada")
    browser = Browser(store)
    browser.get("/login")
    browser.send("/login", {"name": name, "password": password})
    assert browser.status == 401
    assert "This name and password do not match." in browser.text


def test_guessing_a_password_is_slowed_down(store: Store) -> None:
    add_person(store, "ada")
    browser = Browser(store)
    browser.get("/login")
    for _ in range(5):
        browser.send("/login", {"name": "ada", "password": "wrong"})
        assert browser.status == 401
    browser.send("/login", {"name": "ada", "password": PASSWORD})
    assert browser.status == 429
    browser.now = NOW + timedelta(minutes=16)
    browser.send("/login", {"name": "ada", "password": PASSWORD})
    assert browser.path == "/"


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_a_login_leads_nowhere_else(store: Store, target: str) -> None:
    add_person(store, "ada")
    browser = Browser(store)
    browser.get("/login", params={"next": target})
    browser.client.follow_redirects = False
    browser.send("/login", {"name": "ada", "password": PASSWORD, "next": target})
    assert browser.headers["location"] == "/"


def test_sessions_end_when_they_are_not_used_and_with_the_account(store: Store) -> None:
    number = add_person(store, "ada")
    browser = Browser(store).log_in("ada")
    browser.now = NOW + timedelta(days=15)
    browser.get("/")
    assert browser.path == "/login"
    add_person(store, "root", "admin")
    browser.now = NOW
    browser.log_in("ada")
    root = Browser(store).log_in("root")
    root.send(f"/people/{number}", {"role": "moderator", "all": "yes", "disabled": "yes"})
    browser.get("/")
    assert browser.path == "/login"


def test_somebody_is_invited_once(store: Store) -> None:
    fill(store)
    add_person(store, "root", "admin")
    root = Browser(store).log_in("root")
    text = root.send("/people/invite", {"name": "Zoë", "role": "moderator", "site": SITE})
    [path] = re.findall(rf"<code>{ADDRESS}(/welcome/[\w-]+)</code>", text)
    guest = Browser(store)
    guest.get(path)
    assert "Zoë" in guest.text
    guest.send(path, {"name": "root", "password": PASSWORD, "again": "another password"})
    assert "The two passwords differ." in guest.text
    guest.send(path, {"password": "short", "again": "short"})
    assert guest.status == 422
    guest.send(path, {"name": "root", "password": PASSWORD, "again": PASSWORD})
    assert guest.path == "/"
    assert ">Zoë</a>" in guest.text
    guest.get(path)
    assert guest.status == 404
    with store.read() as connection:
        told = [(row.who, row.what) for row in audited(connection, limit=10)]
    assert ("Zoë", "made an account") in told
    assert ("root", "invited") in told


def test_an_administrator_of_some_sites_has_no_power_over_the_others(store: Store) -> None:
    fill(store)
    root = add_person(store, "root", "admin")
    add_person(store, "eve", "admin", frozenset({SITE}))
    eve = Browser(store).log_in("eve")
    assert "root" not in eve.get("/people")
    eve.send("/people/invite", {"name": "root", "role": "viewer", "all": "yes"})
    assert eve.status == 403
    eve.get("/people")
    eve.send(f"/people/{root}", {"role": "viewer", "all": "yes", "disabled": "yes"})
    assert eve.status == 404
    eve.get("/people")
    eve.send("/people/invite", {"name": "mallory", "role": "admin", "all": "yes", "site": "elsewhere.example"})
    with store.read() as connection:
        kept = connection.execute(invitations.select().where(invitations.c.name == "mallory")).one()
    assert kept.sites == []


def test_the_last_administrator_stays_one(store: Store) -> None:
    number = add_person(store, "root", "admin")
    root = Browser(store).log_in("root")
    text = root.send(f"/people/{number}", {"role": "viewer", "all": "yes"})
    assert "The last administrator of all sites must stay one." in text
    root.get("/people")
    assert root.status == 200


def test_a_password_is_changed_by_those_who_know_it(store: Store) -> None:
    add_person(store, "ada")
    browser, other = Browser(store).log_in("ada"), Browser(store)
    other.get("/login")
    other.send("/login", {"name": "ada", "password": PASSWORD})
    new = "another long password"
    browser.send("/account/password", {"old": "wrong", "password": new, "again": new})
    assert browser.status == 422
    browser.send("/account/password", {"old": PASSWORD, "password": new, "again": new})
    assert "The password is set" in browser.text
    other.get("/")
    assert other.path == "/login"
    other.send("/login", {"name": "ada", "password": new})
    assert other.path == "/"


def test_the_thread_shows_every_passage_by_its_verdict(store: Store, ada: Browser) -> None:
    with store.read() as connection:
        thread = connection.exec_driver_sql("SELECT post_id FROM comments").scalar()
    text = ada.get(f"/thread/{thread}")
    assert re.search(r'<mark class="unattributed"[^>]*>Nobody who sells fish', text)
    assert text.count('class="entry') == 5
    assert "(no name given)" in text  # not by colour alone


def test_a_finding_has_its_thread_its_history_and_its_siblings(store: Store) -> None:
    again = comment("7", "“Nobody who sells fish for a living can live through two summers without the road.” Indeed.")
    fill(store, again)
    add_person(store, "ada")
    browser = Browser(store).log_in("ada")
    with store.read() as connection:
        numbers = [row.id for row in connection.execute(findings.select()) if row.rule == "unattributed-quote"]
    assert len(numbers) == 2
    text = browser.get(f"/finding/{numbers[0]}")
    assert "The northern pier was looked at" in text
    assert f'href="/finding/{numbers[1]}"' in text
    assert "Found" in text


def test_a_deleted_comment_leaves_no_word(store: Store) -> None:
    blog = fill(store)
    add_person(store, "ada")
    browser = Browser(store).log_in("ada")
    number = found(store, "unattributed-quote").id
    blog.take(deleted=["5"])
    text = browser.get(f"/finding/{number}")
    assert browser.status == 200
    assert "Marguerite" not in text
    assert "The comment was deleted, and its words with it." in text
    assert browser.get("/?state=resolved").count("data-finding") == 1


def test_a_threshold_is_tried_and_then_set(store: Store) -> None:
    fill(store)
    add_person(store, "root", "admin")
    root = Browser(store).log_in("root")
    text = root.get(f"/rules/unattributed-quote?least=95&site={SITE}")
    assert "1 → 0" in text
    assert "Open ones that would be kept quiet" in text
    assert states(store)["unattributed-quote"] == "open"
    text = root.send("/rules/unattributed-quote", {"site": SITE, "least": "95", "do": "set"})
    assert "The threshold is set." in text
    assert f'<span dir="auto">{SITE}</span>: 95%' in text
    root.send("/rules/unattributed-quote", {"site": SITE, "least": "-1", "do": "set"})
    assert root.status == 400
    root.get("/rules/no-such-rule")
    assert root.status == 404


def test_the_rules_tell_how_often_they_were_right(store: Store, ada: Browser) -> None:
    ada.send("/decide", {"finding": found(store, "link-only").id, "do": "confirmed"})
    text = ada.get("/rules")
    assert ada.status == 200
    assert "1 of 1" in text
    assert "1 of 4" in text  # comments flagged


def test_a_store_that_is_gone_is_told(tmp_path: Path) -> None:
    with open_store(f"sqlite:///{tmp_path / 'store.db'}") as store:
        add_person(store, "ada")
        browser = Browser(store).log_in("ada")
        with store.write() as connection:
            connection.exec_driver_sql("DROP TABLE sessions")
        text = browser.get("/")
        assert browser.status == 503
        assert "The store cannot be reached" in text
        assert str(tmp_path) not in text


def test_a_blog_may_be_empty(store: Store) -> None:
    add_person(store, "root", "admin")
    root = Browser(store).log_in("root")
    for path in ("/", "/sites", "/rules", "/rules/link-only", "/people", "/people/log", "/account"):
        root.get(path)
        assert root.status == 200, path


def test_a_log_with_nothing_in_it_says_so(store: Store) -> None:
    add_person(store, "root", "admin")
    with store.write() as connection:
        connection.execute(delete(audit))
    page = Browser(store).log_in("root").get("/people/log")
    assert "Nothing was done yet" in page
    assert "<table" not in page
