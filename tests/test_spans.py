"""Quotation marks and blocks: which stretches of a text they set apart."""

from itertools import pairwise

import pytest

from adapters.thread import Format
from rules.markup import render
from rules.quotes.passage import Span
from rules.quotes.spans import find_spans


def spans(body: str, format: Format = "plain") -> list[tuple[str, str]]:
    """Return each span's text without its marks, and with them."""
    document = render(body, format)
    return [
        (document.text[span.start : span.end], document.text[span.outer_start : span.outer_end])
        for span in find_spans(document)
    ]


def inside(body: str, format: Format = "plain") -> list[str]:
    """Return the text of each span without its marks."""
    return [text for text, _ in spans(body, format)]


@pytest.mark.parametrize(
    "quotation",
    [
        "“the loaf is done”",
        '"the loaf is done"',
        "‘the loaf is done’",
        "'the loaf is done'",
        "``the loaf is done''",
        "„the loaf is done“",
        "„the loaf is done”",
        "„the loaf is done‟",
        "‚the loaf is done‘",
        "‚the loaf is done’",
        "«the loaf is done»",
        "« the loaf is done »",
        "«\u00a0the loaf is done\u00a0»",
        "»the loaf is done«",
        "»the loaf is done»",
        "”the loaf is done”",
        "‹the loaf is done›",
        "›the loaf is done‹",
        "「the loaf is done」",
        "『the loaf is done』",
        "＂the loaf is done＂",
        "‟the loaf is done”",
    ],
)
@pytest.mark.parametrize("around", ["{}", "She said {} again.", "({})", "—{}—", "so: {}, yes", "all {}.\nnext line"])
def test_marks_of_every_kind(quotation: str, around: str) -> None:
    assert spans(around.format(quotation)) == [("the loaf is done", quotation)]


def test_offsets_are_those_of_the_text() -> None:
    assert find_spans(render("He said “rye, rye” and “salt”.", "plain")) == [
        Span(9, 17, 8, 18, "marks"),
        Span(24, 28, 23, 29, "marks"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "I don't know, it's Ida's loaf and it isn't salted",
        "I don’t know, it’s Ida’s loaf and it isn’t salted",
        "the bakers' rye and the millers' flour",
        "the bakers’ rye and the millers’ flour",
        "back in the '90s and the ’80s we baked",
        "rock 'n' roll and 'twas so, 'til the end",
        "’twas the ’em and the ’cause",
        'a 12" pan and a 9" tin',
        "a 5'10\" baker",
        "no marks at all",
        "“” and \"\" and “ ” and ''",
        '" alone',
        "alone ' here",
        "it ends” here, and so” on",
        "closed only」 and 』",
    ],
)
def test_nothing_is_set_apart(text: str) -> None:
    assert spans(text) == []


def test_an_apostrophe_does_not_end_a_quotation_in_single_marks() -> None:
    assert inside("He said 'don't salt Ida's loaf' twice") == ["don't salt Ida's loaf"]
    assert inside("He said ‘don’t salt Ida’s loaf’ twice") == ["don’t salt Ida’s loaf"]


def test_a_decade_beside_a_quotation() -> None:
    assert inside("the '90s “rye” craze of the '90s") == ["rye"]


@pytest.mark.parametrize(
    ("text", "outermost"),
    [
        ("“one ‘two’ three”", ["one ‘two’ three"]),
        ("\"one 'two' three\"", ["one 'two' three"]),
        ("‘one “two” three’", ["one “two” three"]),
        ('"one "two" three"', ['one "two" three']),
        ("„one ‚two‘ three“", ["one ‚two‘ three"]),
        ("«one “two” three»", ["one “two” three"]),
        ("『one 「two」 three』", ["one 「two」 three"]),
        ("“one” “two”", ["one", "two"]),
        ("“one”“two”", ["one", "two"]),
        ("“one.” She said. “two?”", ["one.", "two?"]),
        ("“one “two” three”", ["one “two” three"]),
    ],
)
def test_only_the_outermost_of_nested_marks_count(text: str, outermost: list[str]) -> None:
    assert inside(text) == outermost


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("“one «two” three»", ["one «two"]),
        ("«one “two» three”", ["one “two"]),
        ('“one "two” three"', ['one "two']),
    ],
)
def test_crossed_marks_end_with_the_first_that_was_opened(text: str, found: list[str]) -> None:
    assert inside(text) == found


def test_a_quotation_of_several_paragraphs_that_each_open_anew() -> None:
    text = "He wrote “One loaf.\n\n“Two loaves.\n\n“Three loaves.” Enough."
    assert inside(text) == ["One loaf.\n\n“Two loaves.\n\n“Three loaves."]


def test_a_quotation_of_several_paragraphs_that_opens_once() -> None:
    assert inside("“One loaf.\n\nTwo loaves.” Enough.") == ["One loaf.\n\nTwo loaves."]


def test_a_new_quotation_ends_one_that_was_left_open_a_paragraph_before() -> None:
    document = render("He wrote “One loaf.\n\nShe wrote “two loaves”.", "plain")
    found = find_spans(document)
    assert [(document.text[span.start : span.end], span.closed) for span in found] == [
        ("One loaf.", False),
        ("two loaves", True),
    ]


def test_an_unclosed_quotation_ends_with_its_paragraph() -> None:
    document = render("He wrote “One loaf. \n\nI did not.", "plain")
    (span,) = find_spans(document)
    assert document.text[span.start : span.end] == "One loaf."
    assert not span.closed


def test_an_unclosed_quotation_does_not_run_on_for_ever() -> None:
    assert inside("“one\n\n" + "rye\n\n" * 20 + "end” of it") == ["one"]


@pytest.mark.parametrize("mark", ['"', "'", "‘"])
def test_an_unclosed_mark_that_may_be_something_else_opens_nothing(mark: str) -> None:
    assert spans(f"He wrote {mark}One loaf.\n\nI did not.") == []


def test_marks_inside_an_unclosed_quotation_stand_for_themselves() -> None:
    assert inside("He “wrote that «one loaf» and ‘two loaves’ are enough.") == ["one loaf", "two loaves"]


def test_a_stray_closing_mark_takes_back_the_end_before_it() -> None:
    document = render("He said “I have baked the rye on Monday.” and then I left.”", "plain")
    (span,) = find_spans(document)
    assert document.text[span.start : span.end] == "I have baked the rye on Monday.” and then I left."
    assert document.text[span.outer_start : span.outer_end].endswith("left.”")
    assert not span.closed


def test_a_stray_closing_mark_does_not_take_back_a_word_in_quotes() -> None:
    assert inside("He said “rye” and then I left.”") == ["rye"]


@pytest.mark.parametrize(
    ("body", "format"),
    [
        ('`x = "rye"` has “salt”', "markdown"),
        ('```\nx = "rye"\n```\n\nhas “salt”', "markdown"),
        ('<code>x = "rye"</code> has “salt”', "html"),
        ('<pre>x = "rye"</pre>has “salt”', "html"),
        ('<pre>x = "rye</pre>has “salt”', "html"),
    ],
)
def test_marks_in_code_are_left_out(body: str, format: Format) -> None:
    assert inside(body, format) == ["salt"]


def test_a_mark_in_code_does_not_close_a_quotation() -> None:
    assert inside("<p>“rye <code>”</code> salt”</p>", "html") == ["rye ” salt"]


def test_q_elements_are_quotations_without_marks() -> None:
    assert spans("<q>the loaf is done</q> and <q>a “rye” <q>b</q></q>", "html") == [
        ("the loaf is done", "the loaf is done"),
        ("a “rye” b", "a “rye” b"),
    ]


def test_a_q_element_inside_marks_belongs_to_them() -> None:
    assert inside("“the <q>loaf</q> is done”", "html") == ["the loaf is done"]


def test_blocks_take_in_the_marks_and_blocks_inside_them() -> None:
    body = "<blockquote>“rye” and <blockquote>salt</blockquote></blockquote><p>“flour”</p>"
    document = render(body, "html")
    found = find_spans(document)
    assert [(document.text[span.start : span.end], span.form) for span in found] == [
        ("“rye” and\n\nsalt", "block"),
        ("flour", "marks"),
    ]


def test_no_quotation_in_marks_runs_on_behind_a_block() -> None:
    assert inside("<p>“rye</p><blockquote>salt</blockquote><p>flour”</p>", "html") == ["rye", "salt"]


def test_a_block_takes_its_header_and_signs_for_its_marks() -> None:
    (found,) = spans("Marta wrote:\n> rye keeps\n> for a week\nno")
    assert found == ("rye keeps\n> for a week", "Marta wrote:\n> rye keeps\n> for a week")
    assert [span.author for span in find_spans(render("Marta wrote:\n> rye keeps\nno", "plain"))] == ["Marta"]


def test_spans_do_not_overlap_and_keep_their_order() -> None:
    body = "“a «b” c» <q>d “e</q> f” <blockquote>g “h</blockquote> i” “j <blockquote>k</blockquote> l”"
    found = find_spans(render(body, "html"))
    assert len(found) > 3
    assert all(one.end <= other.start for one, other in pairwise(found))
