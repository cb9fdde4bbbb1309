"""The languages of the review page: every text has its translation, and a language is one file."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from bot.review import language as languages_module
from bot.review.language import chosen, language, languages
from bot.store.database import Store
from tests.conftest import ROOT
from tests.reviewed import NOW, Browser, add_person, fill

PAGES = ROOT / "bot" / "review"
LANGUAGES = sorted((PAGES / "locale").glob("*.po"))
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
KEYWORDS = {"_": None, "mark": None, "text": None, "gettext": None, "ngettext": (1, 2), "count": (1, 2)}


def messages() -> dict[str | tuple[str, ...], str]:
    """Return every text of the review page, with the place of one of its uses."""
    found = extract_from_dir(PAGES, METHODS, keywords=KEYWORDS, strip_comment_tags=False)
    return {message: f"{name}:{line}" for name, line, message, *_ in found if message}


def placeholders(text: str) -> list[str]:
    return sorted(re.findall(r"%\(\w+\)s|%(?!\()", text))


@pytest.mark.parametrize("path", LANGUAGES, ids=lambda path: path.stem)
def test_every_text_is_translated(path: Path) -> None:
    with path.open("rb") as file:
        catalogue: Catalog = read_po(file, abort_invalid=True)
    wanted = messages()
    assert len(wanted) > 200
    known = {message.id: message for message in catalogue if message.id}
    assert {message: place for message, place in wanted.items() if message not in known} == {}
    assert known.keys() - wanted.keys() == set()
    for message in known.values():
        assert not message.fuzzy, message.id
        ids = [message.id] if isinstance(message.id, str) else list(message.id)
        texts = [message.string] if isinstance(message.string, str) else list(message.string)
        for text in texts:
            assert text, message.id
            assert placeholders(text) == placeholders(ids[-1]), message.id


@pytest.mark.parametrize(
    ("wanted", "accepted", "code"),
    [
        (None, "de-AT,de;q=0.9,en;q=0.8", "de"),
        (None, "fr,de;q=0.5", "de"),
        (None, "fr", "en"),
        (None, "", "en"),
        ("en", "de", "en"),
        ("de", "en", "de"),
        ("../../etc/passwd", "*;q=x,,;;", "en"),
    ],
)
def test_the_language_is_the_persons_else_the_browsers(wanted: str | None, accepted: str, code: str) -> None:
    assert chosen(wanted, accepted).code == code


def test_numbers_times_and_shares_are_written_as_the_language_does() -> None:
    german = language("de")
    assert german.count("%(num)s finding confirmed.", "%(num)s findings confirmed.", 1200) == "1.200 Funde bestätigt."
    assert german.count("%(num)s finding confirmed.", "%(num)s findings confirmed.", 1) == "1 Fund bestätigt."
    assert german.percent(0.9999) == "99\N{NO-BREAK SPACE}%"
    assert german.ago(NOW, NOW.replace(hour=NOW.hour + 3)) == "vor 3 Stunden"
    assert language("en").percent(1) == "100%"


def test_a_third_language_is_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "fr.po").write_text('msgid "Queue"\nmsgstr "File"\n', "utf-8")
    monkeypatch.setattr(languages_module, "_folder", lambda: tmp_path)
    languages.cache_clear()
    language.cache_clear()
    try:
        assert languages() == {"en": "English", "fr": "Français"}
        assert chosen(None, "fr").text("Queue") == "File"
    finally:
        languages.cache_clear()
        language.cache_clear()


def test_the_pages_speak_german(store: Store) -> None:
    fill(store)
    add_person(store, "ada")
    browser = Browser(store).log_in("ada")
    browser.send("/account/language", {"language": "de"})
    text = browser.get("/")
    assert '<html lang="de">' in text
    assert "Zu entscheiden" in text
    assert "Zitat ohne Namen" in text
    assert 'lang="en" dir="ltr">Hanne Vik&#39;s words' in text  # what a rule says is English
    browser.client.headers["accept-language"] = "de"
    browser.send("/logout", {})
    assert "Anmelden" in browser.text


@pytest.mark.parametrize(
    ("code", "seconds", "told"),
    [("en", 0, "1 second ago"), ("de", 0.4, "vor 1 Sekunde"), ("en", -7200, "2 hours ago"), ("en", 7200, "in 2 hours")],
)
def test_what_has_just_happened_is_not_still_to_come(code: str, seconds: float, told: str) -> None:
    assert language(code).ago(NOW + timedelta(seconds=seconds), NOW) == told
