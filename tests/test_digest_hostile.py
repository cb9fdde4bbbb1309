"""What a comment cannot do to the mail that tells of it."""

import email
import email.policy
import json
import re
from email.message import EmailMessage
from html.parser import HTMLParser
from io import StringIO

import pytest
from rich.console import Console
from sqlalchemy import update

from bot.digest.channels import disarmed, short
from bot.digest.content import Digest, safe_url
from bot.digest.making import Maker
from bot.digest.terminal import show
from bot.report.comparison import cut
from bot.store.database import Store
from bot.store.tables import comments, findings, posts
from tests.digests import MORNING, Desk, config_of
from tests.stored import FIRST, FISH, PILOT, QUOTED, SITE

# The elements and attributes that our own template has.
OURS = {
    "html", "head", "meta", "title", "style", "body", "div", "table", "tbody", "tr", "td", "span", "p", "bdi", "h2",
    "a", "u", "br", "ul", "li", "strong",
}  # fmt: skip
OUR_ATTRIBUTES = {
    "lang", "dir", "charset", "name", "content", "class", "role", "aria-hidden", "style", "href", "align", "width",
}  # fmt: skip

HOSTILE = {
    "script": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "markup": "</td></tr></table></body><style>*{display:none}</style><a href='javascript:alert(1)'>x</a><!--",
    "header": "x\r\nBcc: everybody@evil.test\r\n\r\n<html>",
    "folded header": "x\n Subject: other\nContent-Type: text/html",
    "boundary": "--===============\r\nContent-Type: text/html\r\n\r\n<b>x</b>",
    "template": "{{ 7 * 191 }}{% for x in cycler.__init__ %}{{ digest }}{% endfor %}#{1+1}${7*191}%(x)s",
    "bidi": "\u202eevil\u202c \u2066\u2067\u2069\u2069\u2069 \u200f\u061c txt.exe",
    "escape": "\x1b]8;;https://evil.test\x07x\x1b\\ \x00\x07\x08\x85\u2028\u2029",
    "homoglyph": "Hаnnе Vik",
    "long word": "w" * 1_000_000,
    "flags": "🇩🇪" * 3_000,
    "family": "👩\u200d👩\u200d👧\u200d👦" * 2_000,
    "zalgo": "e" + "\u0301" * 20_000,
    "surrogate": "x\ud800y",
    "dot": "\n.\nQUIT\n",
    "from": "\nFrom evil\n",
    "encoded word": "=?utf-8?q?=0d=0aBcc:_x@evil.test?=",
}


class Elements(HTMLParser):
    """Collect what a page is made of."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name == "href"]


def desk_with(store: Store, words: str) -> Desk:
    """Return a desk with a finding, where all that came from outside holds these words."""
    desk = Desk(store, config_of())
    desk.blog.take(FIRST, PILOT, QUOTED)
    at = "https://harbour.example/" + words
    with store.write() as connection:
        connection.execute(update(posts).values(title=words, author=words, url=at))
        body = f"{words} “{FISH}” {words}"
        changed = {"author": words[:400], "body": body, "url": at, "platform_id": words[:400]}
        connection.execute(update(comments).where(comments.c.platform_id == "5").values(**changed))
        source = {
            "kind": "comment",
            "id": "1",
            "author": words,
            "url": at,
            "start": 0,
            "end": len(FISH),
            "similarity": 1,
        }
        told = {"message": words, "suggestion": words, "source": source}
        connection.execute(update(findings).values(start=len(words) + 2, end=len(words) + 2 + len(FISH), **told))
    desk.round()
    return desk


def digest_of(desk: Desk) -> Digest:
    made = Maker(desk.config, desk.store, now=lambda: MORNING).preview("ada", SITE)
    assert made is not None
    return made


@pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_comment_changes_no_header_and_brings_no_markup(store: Store, words: str) -> None:
    desk = desk_with(store, words)
    desk.round(MORNING)
    [(to, content)] = desk.sent
    assert to == "ada@mail.test"
    assert content.isascii()
    assert len(content) < 60_000
    message = email.message_from_string(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert message.keys() == KEYS
    assert message["Subject"] == f"{SITE}: 1 finding"
    assert message["To"] == "ada@mail.test"
    assert [part.get_content_type() for part in message.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    assert [part.defects for part in message.walk()] == [[], [], []]
    text, html = (part.get_content() for part in message.iter_parts())
    found = Elements()
    found.feed(html)
    assert found.elements <= OURS
    assert found.attributes <= OUR_ATTRIBUTES
    assert [link for link in found.links if not re.fullmatch(r"https://(mod|harbour)\.example/[!-~]*", link)] == []
    for shown in (text, html):
        assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2028\u2029\ufeff\ud800-\udfff]", shown)
        assert "1337" not in shown
        assert "Nobody who sells fish" in shown
    assert [line for line in text.splitlines() if not LINE.fullmatch(line)] == []


# Every line is ours, or what stands in it comes after words of ours.
LINE = re.compile(
    r"|harbour\.example: 1 finding|Monday, 2 March 2026, .*|Thread: .*|        .*|https://harbour\.example/[!-~]*|-+"
    r"|1\. .*, comment .*|   Quotation without a name, \d+% sure|   Why: .*|   The (comment:|source: .*)|   \| .*"
    r"|   (Comment|Source): https://harbour\.example/[!-~]*|   \S+: https://mod\.example/d/[!-~]*"
    r"|A passage stands between .*|A finding is a hint .*|(Review page|No more mails about this site): https://mod[!-~]*"
)

KEYS = [
    "From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "List-Id", "List-Unsubscribe",
    "List-Unsubscribe-Post", "Auto-Submitted", "X-Auto-Response-Suppress", "MIME-Version", "Content-Type",
    "Content-Language",
]  # fmt: skip


@pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_title_does_nothing_in_the_subject_of_an_alert(store: Store, words: str) -> None:
    desk = desk_with(store, words)
    desk.config = config_of(alert_severity="info")
    desk.round()
    [(_, content)] = desk.sent
    message = email.message_from_string(content, policy=email.policy.default)
    assert message.keys() == KEYS
    assert str(message["Subject"]).startswith(f"{SITE}: 1 finding in “")
    assert len(str(message["Subject"])) < 120
    assert max(map(len, content.split("\r\n"))) < 998


@pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_comment_does_nothing_to_a_terminal_or_a_channel(store: Store, words: str) -> None:
    digest = digest_of(desk_with(store, words))
    console = Console(file=StringIO(), width=100, force_terminal=False, highlight=False)
    show(digest, console)
    printed = console.file.getvalue()  # type: ignore[attr-defined]  # it is a StringIO
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", printed)
    said = json.loads(short(digest))
    assert len(said["body"]) <= 1800
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", said["body"])


def test_flags_and_marks_are_not_cut_in_two() -> None:
    assert cut("🇩🇪" * 50, 21) == "🇩🇪" * 10 + "…"
    assert cut("a👩\u200d👩\u200d👧b", 5) == "a…"
    assert cut("cafe\u0301s", 4) == "caf…"
    assert cut("a word and another", 12) == "a word and…"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://harbour.example/a?b=c#d", "https://harbour.example/a?b=c#d"),
        ("http://harbour.example:8080", "http://harbour.example:8080"),
        ("https://hаrbour.example/", "https://xn--hrbour-3nf.example/"),
        ('https://harbour.example/"onclick="x', "https://harbour.example/%22onclick=%22x"),
        ("https://harbour.example/\r\nBcc: x", "https://harbour.example/%0D%0ABcc:%20x"),
        ("https://harbour.example/\u202egpj", "https://harbour.example/%E2%80%AEgpj"),
        ("https://bank.example@evil.test/", None),
        ("https://user:word@evil.test/", None),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("//evil.test", None),
        ("https://", None),
        ("https://[::1", None),
        ("https://x.example:port/", None),
        ("https://x.example/" + "a" * 5000, None),
        ("", None),
        (None, None),
    ],
)
def test_only_addresses_of_the_web_are_linked(url: str | None, shown: str | None) -> None:
    assert safe_url(url) == shown


def test_nobody_is_called_in_a_channel() -> None:
    assert disarmed("@everyone <!channel> <@U123>") == "@\u2060everyone <\u2060!channel> <@\u2060U123>"
