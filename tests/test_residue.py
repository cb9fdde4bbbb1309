"""What a comment says besides its links."""

import pytest

from adapters.thread import Format
from rules.links.residue import find_residue
from rules.markup import render


def residue(body: str, format: Format = "plain") -> tuple[list[str], list[str]] | None:
    """Return the URLs of a comment and the words outside them; None when it has no link."""
    found = find_residue(render(body, format))
    return None if found is None else (list(found.urls), list(found.words))


@pytest.mark.parametrize("body", ["rye bread", "see main.py", "5.30 or so", "e.g. rye", "I.", ""])
def test_a_text_without_a_link_has_no_residue(body: str) -> None:
    assert residue(body) is None


@pytest.mark.parametrize(
    ("body", "urls", "words"),
    [
        ("https://rye.example/a", ["https://rye.example/a"], []),
        ("see here: https://rye.example/a?b=c#d !", ["https://rye.example/a?b=c#d"], []),
        ("(www.rye.com) bread", ["http://www.rye.com"], ["bread"]),
        ("https://rye.example\nhttps://salt.example", ["https://rye.example", "https://salt.example"], []),
        ("bake rye.com and salt.org", ["http://rye.com", "http://salt.org"], ["bake"]),
    ],
)
def test_typed_urls_and_the_words_beside_them(body: str, urls: list[str], words: list[str]) -> None:
    assert residue(body) == (urls, words)


def test_an_anchor_that_shows_its_url_is_one_link() -> None:
    body = '<a href="https://rye.example/a">https://rye.example/a</a> bread <a href="https://salt.example">salt</a>'
    assert residue(body, "html") == (["https://rye.example/a", "https://salt.example"], ["bread"])


def test_urls_run_together_into_one_long_word_are_one_link() -> None:
    body = "http://rye.example/" * 1_000
    assert residue(body + " bread") == ([body], ["bread"])
