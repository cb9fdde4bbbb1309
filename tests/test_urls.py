"""Which addresses are found in a text, and which of them lead to one page."""

import pytest

from rules.links.identity import address
from rules.links.urls import find_urls, registered_domain


def found(text: str) -> list[str]:
    """Return the addresses as they stand in a text."""
    return [text[start:end] for start, end, _ in find_urls(text)]


@pytest.mark.parametrize(
    "text",
    [
        "rye bread",
        "see main.py",
        "README.md and setup.sh",
        "asp.net, node.js and socket.io",
        "we use Octokit.NET",
        "5.30 or so",
        "v1.2.3",
        "e.g. rye",
        "the end.So we left",
        "it was good.it really was",
        "Rye.Then salt",
        "ida@rye.example",
        "ida@rye.com",
        "rye.bread",
        "...",
        "://",
        "",
    ],
)
def test_what_is_only_written_like_an_address(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("https://rye.example/a", ["https://rye.example/a"]),
        ("see https://rye.example/a?b=c#d !", ["https://rye.example/a?b=c#d"]),
        ("(see https://rye.example/a_(b)).", ["https://rye.example/a_(b)"]),
        ("“https://rye.example/a”", ["https://rye.example/a"]),
        ("„https://rye.example/a“ sagt", ["https://rye.example/a"]),
        ("«https://rye.example/a»", ["https://rye.example/a"]),
        ("https://rye.example/パン。次", ["https://rye.example/パン"]),
        ("https://rye.example/a…", ["https://rye.example/a"]),
        ("https://rye.example/a\u202c tail", ["https://rye.example/a"]),
        ("www.rye.example, then", ["www.rye.example"]),
        ("bake rye.com and salt.org!", ["rye.com", "salt.org"]),
        ("пекарня.рф", ["пекарня.рф"]),
        ("docs.rs/rye and rye.md", ["docs.rs/rye"]),
        ("(www.rye.blog/a)", ["www.rye.blog/a"]),
        ("rye.dev/a but not rye.works", ["rye.dev/a"]),
        ("http://10.0.0.1:8080/x", ["http://10.0.0.1:8080/x"]),
        ("ftp://rye.example/pub", ["ftp://rye.example/pub"]),
        ("HTTPS://RYE.EXAMPLE/A", ["HTTPS://RYE.EXAMPLE/A"]),
        ("https://rye.example/a,https://salt.example/b", ["https://rye.example/a,https://salt.example/b"]),
        ("http://rye.example/ahttps://salt.example/b", ["http://rye.example/ahttps://salt.example/b"]),
        ("[1] https://rye.example/a [2] https://salt.example/b", ["https://rye.example/a", "https://salt.example/b"]),
    ],
)
def test_addresses_in_a_text(text: str, urls: list[str]) -> None:
    assert found(text) == urls


def test_an_address_without_scheme_is_given_one() -> None:
    assert find_urls("rye.com/a") == [(0, 9, "http://rye.com/a")]
    assert find_urls("(www.rye.example)") == [(1, 16, "http://www.rye.example")]


@pytest.mark.parametrize(
    ("host", "domain"),
    [("www.rye.co.uk", "rye.co.uk"), ("a.b.rye.org", "rye.org"), ("rye.example", "rye.example"), ("rye", "rye")],
)
def test_what_is_registered_of_a_host(host: str, domain: str) -> None:
    assert registered_domain(host) == domain


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://rye.example/a", "http://www.rye.example/a/"),
        ("https://rye.example/a", "https://RYE.example:443/a#top"),
        ("https://rye.example/a?x=1&y=2", "https://rye.example/a?y=2&x=1"),
        ("https://rye.example/a", "//rye.example/a"),
        ("https://rye.example/%C3%A9", "https://rye.example/é"),
        ("https://xn--80ajpngj0i.xn--p1ai/a", "https://пекарня.рф/a"),
        ("https://rye.example/a", "https://rye.exa\u00admple/a\u202c"),
        ("https://rye.example/a", "https://rye.example/a?utm_source=mail&fbclid=1"),
    ],
)
def test_one_page_however_it_is_written(one: str, other: str) -> None:
    first, second = address(one), address(other)
    assert first is not None
    assert second is not None
    assert first.page == second.page


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://rye.example/a", "https://rye.example/b"),
        ("https://rye.example/a", "https://rye.example/A"),
        ("https://rye.example/a", "https://m.rye.example/a"),
        ("https://rye.example/a", "https://rye.example:8080/a"),
        ("https://rye.example/?id=1", "https://rye.example/?id=2"),
        ("https://rye.example/a", "https://rуe.example/a"),  # its second letter is Cyrillic
        ("https://rye.example/#!a", "https://rye.example/#!b"),
    ],
)
def test_different_pages(one: str, other: str) -> None:
    first, second = address(one), address(other)
    assert first is not None
    assert second is not None
    assert first.page != second.page


def test_tracking_is_set_apart() -> None:
    link = address("https://rye.example/a?id=7&utm_source=mail&gclid=x")
    assert link is not None
    assert link.tracking == ("utm_source=mail", "gclid=x")
    assert link.page == "rye.example/a?id=7"


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "mailto:ida@rye.example",
        "https://",
        "https://[",
        "https://rye:x/",
        "",
    ],
)
def test_what_leads_to_no_page(url: str) -> None:
    assert address(url) is None


@pytest.mark.parametrize(
    ("url", "is_shortened", "is_media"),
    [
        ("https://bit.ly/3abc", True, False),
        ("https://bit.ly/", False, False),
        ("https://youtu.be/x", False, True),
        ("https://m.youtube.com/watch?v=x", False, True),
        ("https://rye.example/loaf.JPG?size=2", False, True),
        ("https://rye.example/loaf", False, False),
        ("https://notyoutube.com/x", False, False),
    ],
)
def test_kinds_of_addresses(url: str, is_shortened: bool, is_media: bool) -> None:
    link = address(url)
    assert link is not None
    assert (link.is_shortened, link.is_media) == (is_shortened, is_media)


@pytest.mark.parametrize(
    ("url", "name", "is_named"),
    [
        ("https://idarye.com/a", "Ida Rye", True),
        ("https://blog.ida-rye.co.uk/a", "Ida Rye", True),
        ("https://ryebaker.net", "RyeBaker.net", True),
        ("https://idarye.com", "Ída Rye", True),
        ("https://idarye.com", "Ida", False),
        ("https://rye.com", "Rye", False),
        ("https://github.com/idarye", "Ida Rye", False),
        ("https://idarye.com", "", False),
    ],
)
def test_a_host_that_is_named_like_an_author(url: str, name: str, is_named: bool) -> None:
    link = address(url)
    assert link is not None
    assert link.is_named(name) is is_named
