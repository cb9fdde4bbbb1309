"""Threads saved as text: plain text in its many forms, and Movable Type exports."""

import io
import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.errors import ReadError
from adapters.saved import movabletype, plain_text
from adapters.saved.source import Notice, Source
from adapters.saved.text_dates import read_date
from adapters.saved.text_headers import find_headers
from adapters.saved.text_lines import is_chrome
from adapters.thread import Comment, Thread

QUARTER_PAST = datetime(2019, 5, 4, 15, 15, tzinfo=UTC)
SHARED = Path(__file__).parents[2] / "shared"


def _open(text: str | bytes, notices: list[Notice] | None = None) -> Source:
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    with patch.object(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data))):
        return Source("-", on_notice=(notices if notices is not None else []).append, on_bytes=lambda _: None)


def read(text: str | bytes) -> Thread:
    source = _open(text)
    assert plain_text.recognises(source.head)
    (thread,) = plain_text.read(source)
    return thread


def _authors(thread: Thread) -> dict[str, str | None]:
    return {comment.id: comment.author for comment in thread.comments}


def _by_id(thread: Thread) -> dict[str, Comment]:
    return {comment.id: comment for comment in thread.comments}


@pytest.mark.skipif(not SHARED.exists(), reason="needs the shared threads")
def test_seed_gives_its_sixteen_authors() -> None:
    seed = SHARED / "threads" / "seed"
    thread = read((seed / "albukamal.txt").read_bytes())
    assert _authors(thread) == json.loads((seed / "expected.json").read_text())["authors"]
    comments = _by_id(thread)
    assert comments["5"].body.startswith("Now that the Tiger Force")
    assert "Tiger Force" not in comments["4"].body
    assert thread.post.body.endswith("pl")


def test_numbered_names_and_a_number_without_a_name() -> None:
    thread = read(
        "The post\n\nSecond paragraph\n\n"
        "  8. Ida says:\n\n    One.\n    7. no comment, its number is past\n\n    1. a\n    2. b\n\n"
        "  9. Somebody without a name.\n    More of it.\n\n"
        "  10. Jan van Dam says:\n\n    Ida said: no.\n\n      Set in.\n\n"
        "  11. The last, without a name too.\n"
    )
    assert thread.post.body == "The post\n\nSecond paragraph"
    assert _authors(thread) == {"8": "Ida", "9": None, "10": "Jan van Dam", "11": None}
    comments = _by_id(thread)
    assert comments["8"].body == "One.\n7. no comment, its number is past\n\n1. a\n2. b"
    assert comments["9"].body == "Somebody without a name.\nMore of it."
    assert comments["10"].body == "Ida said: no.\n\n  Set in."
    assert {comment.format for comment in thread.comments} == {"plain"}
    assert {comment.parent_id for comment in thread.comments} == {None}


def test_numbered_header_quoted_in_a_comment_does_not_split_it() -> None:
    headers = "".join(f"{number}. Ida says:\n\nWords.\n\n" for number in range(1, 9))
    thread = read(headers + "9. Bo says:\n\nYou wrote:\n3. Ida says:\nWords.\nNo.\n")
    assert [comment.id for comment in thread.comments] == [str(number) for number in range(1, 10)]
    assert thread.comments[-1].body == "You wrote:\n3. Ida says:\nWords.\nNo."


def test_indented_headers_answer_the_one_above() -> None:
    thread = read(
        "1. Ida says:\n\n   a\n\n   1. Bo says:\n\n      b\n\n      1. Cy says:\n\n         c\n\n"
        "   2. Di says:\n\n      d\n\n2. Ed says:\n\n   e\n"
    )
    parents = [(comment.author, comment.parent_id) for comment in thread.comments]
    assert parents == [("Ida", None), ("Bo", "1"), ("Cy", "1.1"), ("Di", "1"), ("Ed", None)]
    assert len({comment.id for comment in thread.comments}) == 5
    assert [comment.body for comment in thread.comments] == ["a", "b", "c", "d", "e"]


@pytest.mark.parametrize(
    ("first", "second", "posted_at"),
    [
        ("Ida Ley wrote on 4 May 2019:", "Bo wrote on 5 May 2019:", datetime(2019, 5, 4, tzinfo=UTC)),
        (
            "Ida Ley said on May 4, 2019 at 3:15 pm:",
            "Bo said on May 5, 2019 at 12:01 am:",
            QUARTER_PAST,
        ),
        (
            "On Sat, May 4, 2019 at 3:15 PM, Ida Ley <ida@example.org> wrote:",
            "On May 5, 2019, Bo wrote:",
            QUARTER_PAST,
        ),
        (
            "Ida Ley schrieb am 4. Mai 2019 um 15:15 Uhr:",
            "Bo schreibt am 5.5.2019:",
            QUARTER_PAST,
        ),
        (
            "Am 4. Mai 2019 um 15:15 schrieb Ida Ley:",
            "Am 5. Mai 2019 schrieb Bo:",
            QUARTER_PAST,
        ),
        (
            "Ida Ley a écrit le 4 mai 2019 à 15 h 15 :",
            "Bo a écrit le 5 mai 2019 :",
            QUARTER_PAST,
        ),
        ("Ida Ley dijo el 4 de mayo de 2019:", "Bo escribió el 5 de mayo de 2019:", datetime(2019, 5, 4, tzinfo=UTC)),
        ("Ida Ley says:\nMay 4, 2019 at 3:15 pm", "Bo says:\nMay 5, 2019 at 1 pm", QUARTER_PAST),
        ("Ida Ley sagt:\n4. Mai 2019 um 15:15", "Bo sagt:\n5. Mai 2019 um 10:00", QUARTER_PAST),
        ("Ida Ley dit :\n4 mai 2019 à 15:15", "Bo dit :\n5 mai 2019 à 10:00", QUARTER_PAST),
        ("Ida Ley dice:\n\n2019-05-04 15:15", "Bo dijo:\n\n2019-05-05 10:00", QUARTER_PAST),
        ("Ida Ley, on May 4th, 2019 at 3:15 pm said:", "Bo, on May 5th, 2019 said:", QUARTER_PAST),
        ("Ida Ley\nMay 4, 2019 at 3:15 pm", "Bo\nMay 5, 2019 at 3:16 pm", QUARTER_PAST),
        ("Ida Ley • 3 hours ago", "Bo · 2 days ago", None),
        ("− Ida Ley  Mod • an hour ago • edited", "+ Bo • 2 years ago", None),
        ("#1 Ida Ley on 4 May 2019", "#2 Bo", datetime(2019, 5, 4, tzinfo=UTC)),
        ("1) Ida Ley", "2) Bo", None),
        ("Ida Ley says:", "Bo says:", None),
        ("Ida Ley said...", "Bo said...", None),
    ],
)
def test_forms(first: str, second: str, posted_at: datetime | None) -> None:
    thread = read(f"A post.\n\n{first}\n\nThe first\ncomment.\n\n> a quotation\n\nEnd.\n\n{second}\n\nThe second.\n")
    assert thread.post.body == "A post."
    one, two = thread.comments
    assert (one.author, one.posted_at, one.id) == ("Ida Ley", posted_at, "1")
    assert one.body == "The first\ncomment.\n\n> a quotation\n\nEnd."
    assert (two.author, two.body, two.parent_id) == ("Bo", "The second.", None)


def test_what_looks_like_a_header_in_a_comment_is_text() -> None:
    thread = read(
        "Ida wrote on 4 May 2019 at 10:20:\n"
        "> On 3 May 2019, Bo wrote:\n> Words.\n\nOn 3 May 2019, Bo wrote:\n> More.\n\nAnd mike says: no.\n"
        "Bo says:\nyes\n\nBo wrote on 5 May 2019 at 10:20:\nIn 2019 • 3 of us were ago • there.\n"
    )
    assert [comment.author for comment in thread.comments] == ["Ida", "Bo"]
    assert "And mike says: no.\nBo says:\nyes" in thread.comments[0].body


def test_mail_quotation_does_not_split_a_thread_of_mails() -> None:
    thread = read(
        "On 4 May 2019, Ida wrote:\n\nFirst.\n\nOn 1 May 2019, Cy wrote:\n> Old.\n\nStill Ida.\n\n"
        "On 5 May 2019, Bo wrote:\n\nSecond.\n\nOn 6 May 2019, Di wrote:\n\nThird.\n"
    )
    assert [comment.author for comment in thread.comments] == ["Ida", "Bo", "Di"]
    assert thread.comments[0].body.endswith("Still Ida.")


def test_disqus_buttons_go_and_words_stay() -> None:
    thread = read(
        "Ida • 3 hours ago\nFirst line.\n\nsee more\n12 △ ▽ • Reply • Share ›\n\n"
        "Bo  Ida • 2 hours ago\n42\nReply\nShare ›\n\n"
        " • an hour ago\nReply is what I say.\n5\nReply\n"
    )
    ida, bo, nameless = thread.comments
    assert ida.body == "First line."
    assert (bo.author, bo.parent_id, bo.body) == ("Bo", ida.id, "42")
    assert (nameless.author, nameless.body) == (None, "Reply is what I say.")


def test_date_below_no_name_opens_a_nameless_comment() -> None:
    thread = read(
        "Ida says:\nMay 4, 2019 at 3:15 pm\n\nA title\nMay 1, 2019\nof an article.\n\nMay 4, 2019 at 3:20 pm\n\n"
        "No name.\n\nBo says:\nMay 4, 2019 at 3:25 pm\n\nEnd.\n"
    )
    assert [comment.author for comment in thread.comments] == ["Ida", None, "Bo"]
    assert thread.comments[0].body == "A title\nMay 1, 2019\nof an article."


def test_first_line_that_lost_its_indentation() -> None:
    thread = read("1. Ida says:\n\n    a\n\n  2. Bo says:\n\n    b\n\n  3. Cy says:\n\n    c\n")
    assert [comment.parent_id for comment in thread.comments] == [None, None, None]


def test_windows_line_ends() -> None:
    thread = read("Post\r\n\r\nIda wrote on 4 May 2019:\r\n\r\na\r\n\r\nb\r\n\r\nBo wrote on 4 May 2019:\r\nc\r\n")
    assert [comment.body for comment in thread.comments] == ["a\n\nb", "c"]


def test_only_numbers() -> None:
    thread = read("4. First of all, this.\n\n5. Second, that.\nAnd more.\n\n6. Third.\n")
    assert [(comment.id, comment.author) for comment in thread.comments] == [("4", None), ("5", None), ("6", None)]
    assert thread.comments[1].body == "Second, that.\nAnd more."


@pytest.mark.parametrize(
    "text", ["Only prose.\n\nAnd more of it.", '{"comments": []}', "<p>a</p>\n1. a says:\n2. b says:"]
)
def test_no_form(text: str) -> None:
    assert not plain_text.recognises(text)


def test_forced_without_a_form_tells_what_to_do() -> None:
    with pytest.raises(ReadError, match="wrote on DATE"):
        list(plain_text.read(_open("Only prose.")))


@pytest.mark.parametrize(
    "text",
    [
        "2017",
        "42",
        "4",
        "10:30",
        "I was there on 4 May",
        "he did 3",
        "many years",
        "",
        "May",
        "x" * 100_000,
        "99.99.9999 x",
    ],
)
def test_no_date(text: str) -> None:
    assert read_date(text) is None


@pytest.mark.parametrize(
    "text", ["4/5/2019", "3 hours ago", "vor 3 Stunden", "il y a 2 jours", "hace 3 días", "31.2.2019"]
)
def test_date_without_a_moment(text: str) -> None:
    found = read_date(text)
    assert found is not None
    assert found.moment is None


LINES = st.one_of(
    st.sampled_from(
        [
            *("", "1. Ida says:", "  2. Bo says:", "3. Words here", "1.", "#4 Cy", "#", "Ida says:", "says:", ":", "…"),
            *(
                "May 4, 2019 at 3:15 pm",
                "Bo • 3 hours ago",
                "• 2 days ago",
                "Reply",
                "12",
                "Share ›",
                "-----",
                "    deep",
            ),
            *("> On 4 May 2019, Ida wrote:", "On 4 May 2019, Bo wrote:", "Ida wrote on 4 May 2019:", "\t\ttab"),
        ]
    ),
    st.text(st.characters(exclude_characters="\n\r\x00", exclude_categories=("Cs", "Cc")), max_size=30),
)


@settings(max_examples=150, deadline=None)
@given(lines=st.lists(LINES, min_size=1, max_size=25))
def test_every_character_ends_in_one_place(lines: list[str]) -> None:
    text = "Words.\n" + "\n".join(lines)
    lines = text.split("\n")
    headers = find_headers(lines)
    try:
        (thread,) = plain_text.read(_open(text))
    except ReadError:
        assert not headers
        return
    assert len({comment.id for comment in thread.comments}) == len(thread.comments) == len(headers)
    opening = {line for header in headers for line in range(header.line, header.end)}
    # Buttons stay in the middle of a text and go at its ends, so they are counted on neither side.
    kept = [line for at, line in enumerate(lines) if at not in opening and not is_chrome(line.strip(), votes=True)]
    given_text = "".join(kept) + "".join(header.rest for header in headers)
    bodies = [thread.post.body, *(comment.body for comment in thread.comments)]
    if any(header.rest and is_chrome(header.rest, votes=True) for header in headers):
        return
    read_lines = [line for body in bodies for line in body.split("\n") if not is_chrome(line.strip(), votes=True)]
    assert sorted("".join(given_text.split())) == sorted("".join("".join(read_lines).split()))


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"{number}. Ida says:\n\n    Words, and he said: more of them.\n\n" for number in range(1, 6000)),
        ("On 4 " + ", 5 a" * 30 + " wrote:\n") * 3000,
        (" " * 190 + "x:\n") * 10_000,
        "says " * 20_000 + ":\n" + "1. Ida says:\n" + "word " * 20_000 + "\n2. Bo says:\n" + ": " * 50_000,
        ("•" + " " * 90 + "x" + " " * 90 + "•\n") * 10_000,
    ],
)
def test_time_is_linear(text: str) -> None:
    started = time.process_time()
    find_headers(text.split("\n"))
    assert time.process_time() - started < 3


MOVABLE = """AUTHOR: Ida Ley
TITLE: On tea
BASENAME: on_tea
STATUS: Publish
CONVERT BREAKS: 1
DATE: 05/04/2019 03:15:00 PM
-----
BODY:
Tea is <em>good</em>.

--
-----
So is this line after a rule.
-----
EXTENDED BODY:
More tea.
-----
COMMENT:
AUTHOR: Bo
EMAIL: bo@example.org
IP: 192.0.2.1
URL: http://example.org/
DATE: 05/05/2019 12:05:00 AM
I like it.
TITLE: is no field here

URL: nor is this
-----
COMMENT:
AUTHOR:
DATE: 05/06/2019 12:05:00 PM
Nameless.
-----
PING:
TITLE: Elsewhere
URL: http://example.com/
IP: 192.0.2.2
BLOG NAME: Else
DATE: 05/07/2019 12:05:00 PM
Tea elsewhere ...
-----
--------
AUTHOR: Ida Ley
TITLE: No comments
DATE: 05/08/2019 03:15:00 PM
-----
BODY:
Nothing.
-----
--------
AUTHOR: Ida Ley
TITLE: Third
UNIQUE URL: http://example.org/third.html
DATE: 13/13/2019
-----
BODY:
Three.
-----
COMMENT:
AUTHOR: Cy
DATE: 05/09/2019 23:05:00
Late.
-----
--------
"""


def test_movable_type() -> None:
    notices: list[Notice] = []
    source = _open(MOVABLE, notices)
    assert movabletype.recognises(source.head)
    first, third = movabletype.read(source)
    assert (first.id, first.title, first.post.author) == ("on_tea", "On tea", "Ida Ley")
    assert first.post.posted_at == QUARTER_PAST
    assert first.post.body == "Tea is <em>good</em>.\n\n--\n-----\nSo is this line after a rule.\n\nMore tea."
    bo, nameless = first.comments
    assert (bo.id, bo.author, bo.posted_at) == ("1", "Bo", datetime(2019, 5, 5, 0, 5, tzinfo=UTC))
    assert bo.body == "I like it.\nTITLE: is no field here\n\nURL: nor is this"
    assert (bo.format, bo.url) == ("html", None)
    assert (nameless.author, nameless.body) == (None, "Nameless.")
    assert (third.id, third.url, third.post.posted_at) == (
        "http://example.org/third.html",
        "http://example.org/third.html",
        None,
    )
    assert third.comments[0].posted_at == datetime(2019, 5, 9, 23, 5, tzinfo=UTC)
    assert [notice.text for notice in notices] == ["1 trackbacks left out"]


def test_movable_type_without_comments() -> None:
    with pytest.raises(ReadError, match="without any comment"):
        list(movabletype.read(_open("AUTHOR: Ida\nTITLE: x\n-----\nBODY:\nWords.\n-----\n--------\n")))


@settings(max_examples=100, deadline=None)
@given(lines=st.lists(st.one_of(st.sampled_from(MOVABLE.split("\n")), st.text(max_size=10)), max_size=30))
def test_movable_type_raises_only_read_errors(lines: list[str]) -> None:
    try:
        threads = list(movabletype.read(_open("AUTHOR: x\n" + "\n".join(lines))))
    except ReadError:
        return
    assert all(thread.comments for thread in threads)


@pytest.mark.skipif(not SHARED.exists(), reason="needs the shared fixtures")
def test_movable_type_fixtures_are_recognised() -> None:
    paths = sorted((SHARED / "fixtures" / "movabletype").glob("*.txt"))
    assert paths
    for path in paths:
        head = path.read_text()
        assert movabletype.recognises(head)
        assert not plain_text.recognises(head)
