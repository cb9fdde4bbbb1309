"""What comments and browsers may send to the review page: it is shown as text, or refused, and acts on nothing."""

import re

import pytest

from adapters.thread import Post
from bot.store.database import Store
from bot.store.tables import comments, findings
from tests.reviewed import Browser, add_person, fill, found, states
from tests.stored import FISH, comment

BIDI = "\u202egnihsif rof drah\u202c"
FLAGS = "\N{REGIONAL INDICATOR SYMBOL LETTER D}\N{REGIONAL INDICATOR SYMBOL LETTER E}" * 50
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }} {% include 'base.html' %} ${7*7} %(name)s",
    "\r\nSet-Cookie: a=b\r\n\r\n<html>",
    BIDI,
    "Ѕеrіоuѕ аdmіn",
    "x" * 1_000_000,
    FLAGS,
    "=cmd|' /C calc'!A0",
    "javascript:alert(1)",
    "]]><!--<svg/onload=alert(1)>",
]
NAMES = ["script", "markup", "template", "header", "bidi", "homoglyph", "long", "flags", "formula", "url", "comment"]


def paths(store: Store) -> list[str]:
    with store.read() as connection:
        numbers = connection.execute(findings.select()).all()
        threads = {row.post_id for row in connection.execute(comments.select())}
    return ["/", *(f"/finding/{row.id}" for row in numbers), *(f"/thread/{thread}" for thread in threads)]


@pytest.mark.parametrize("text", HOSTILE, ids=NAMES)
def test_comments_are_only_text(store: Store, text: str) -> None:
    title = text[:400]
    said = comment("9", f"“{FISH}” {text}", author=text[:400], url="javascript:alert(1)")
    blog = fill(store)
    blog.take(comment("21", FISH, author=text[:400]), said, posts=[Post(id="other", title=title)], post="other")
    add_person(store, "ada")
    browser = Browser(store).log_in("ada")
    assert len(paths(store)) > 3
    for path in paths(store):
        page = browser.get(path)
        assert browser.status == 200
        assert "set-cookie" not in browser.headers
        assert re.findall(r"<script[^>]*>", page) == [
            '<script src="/static/htmx.min.js" defer>',
            '<script src="/static/review.js" defer>',
        ]
        assert "<img" not in page
        assert "<svg/" not in page
        assert 'href="javascript' not in page
        assert "\u202e" not in page
        assert "49" not in re.sub(r"\d+:\d+|[0-9a-f]{16,}", "", page) or "7 * 7" not in text
        assert not re.search(r"<[^>]*\son\w+=", page)
        assert len(page) < 400_000


@pytest.mark.parametrize("name", ["", "x" * 61, "a\u202eb", "a\nb", "a\x00b", " "])
def test_no_name_turns_or_hides_what_stands_beside_it(store: Store, name: str) -> None:
    add_person(store, "root", "admin")
    root = Browser(store).log_in("root")
    root.send("/people/invite", {"name": name, "role": "moderator", "all": "yes"})
    assert root.status == 422


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"do": "confirmed"},
        {"do": "deleted", "finding": "1"},
        {"do": "snoozed 0", "finding": "1"},
        {"do": "snoozed 99999999999999999999", "finding": "1"},
        {"do": "snoozed -1", "finding": "1"},
        {"do": "allow everything", "finding": "1"},
        {"do": "confirmed", "finding": "1 OR 1=1"},
        {"do": "confirmed", "finding": "٣"},
        {"do": "confirmed", "finding": "9" * 300},
        {"do": "confirmed", "finding": ["99999"]},
    ],
    ids=str,
)
def test_forms_that_are_not_ours_change_nothing(store: Store, form: dict[str, str]) -> None:
    fill(store)
    add_person(store, "ada")
    browser = Browser(store).log_in("ada")
    browser.send("/decide", form)
    assert browser.status in (200, 400, 404)
    assert set(states(store).values()) == {"open"}


@pytest.mark.parametrize("back", ["https://evil.example", "//evil.example", "/\r\nX: y", "/\\evil", ""])
def test_a_decision_leads_back_to_our_pages_only(store: Store, back: str) -> None:
    fill(store)
    add_person(store, "ada")
    browser = Browser(store).log_in("ada")
    browser.client.follow_redirects = False
    browser.send("/decide", {"do": "confirmed", "finding": found(store, "link-only").id, "back": back})
    assert browser.status == 303
    assert browser.headers["location"] == "/"


@pytest.mark.parametrize(
    "path",
    [
        "/?before=99999999999999999999&site=%00&rule=%27%3B--&words=%25_%5C%27%22",
        "/?words=%00&state=%00&age=%00",
        "/?words=" + "a+" * 90,
        "/rules/%00",
        "/rules/unattributed-quote?least=nan",
        "/rules/unattributed-quote?least=1e999&site=x",
        "/thread/1?from=99999999999",
        "/people/log?before=-1",
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/welcome/" + "x" * 5_000,
    ],
)
def test_strange_addresses_are_answered(store: Store, path: str) -> None:
    fill(store)
    add_person(store, "root", "admin")
    root = Browser(store).log_in("root")
    text = root.get(path)
    assert root.status in (200, 404)
    assert "Traceback" not in text
    assert "import" not in text
