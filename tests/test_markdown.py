"""Plain text that is sent as Markdown shows as it was."""

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from adapters.markdown import is_same, written

SIGNS = st.sampled_from([*"ab1 \\`*_{}[]()<>#~|^&!-+=.:\n", "1.", "&lt;", "<b>", "__", "    "])


@given(st.lists(SIGNS, max_size=30).map("".join))
def test_it_shows_as_it_is(text: str) -> None:
    shown = MarkdownIt("commonmark").render(written(text))
    assert set(re.findall(r"<(\w+)", shown)) <= {"p", "br"}
    assert unescape(re.sub(r"</?p>|<br />", " ", shown)).split() == text.split()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Whose *words* are <these> & those?", r"Whose \*words\* are \<these\> \& those?"),
        ("See https://blog.example/a_b?c=*d*#e.", "See https://blog.example/a_b?c=*d*#e."),
        ("1. clay\n- loam\n2) slip", "1\\. clay\n\\- loam\n2\\) slip"),
    ],
)
def test_only_what_is_mark_up_is_escaped(text: str, wanted: str) -> None:
    assert written(text) == wanted


def test_blanks_make_no_difference() -> None:
    assert is_same(" a\n\nb ", "a b")
    assert not is_same("a", "a b")
