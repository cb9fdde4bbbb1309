"""Copies without marks: which are quotations, where they end, and whose they are."""

from adapters.thread import Comment, Post, Thread
from rules.rule import Context

BREAD = "rye dough wants a long cold night before anybody turns on the oven at all"


def bare(*turns: tuple[str, str]) -> list[tuple[str, str]]:
    """Return of each passage without marks of the last comment its text and its source's id; the first is the post."""
    (author, body), *rest = turns
    comments = [
        Comment(id=str(number), author=name, body=text, format="plain") for number, (name, text) in enumerate(rest, 1)
    ]
    post = Post(id="p", author=author, body=body, format="plain")
    context = Context(Thread(site=None, id="t", title=None, url=None, post=post, comments=comments))
    entry = context.view.entries[-1]
    passages = context.passages(entry)
    assert all(passage.text == entry.document.text[passage.start : passage.end] for passage in passages)
    return [
        (passage.text, passage.source.id)
        for passage in passages
        if passage.form == "bare" and passage.source is not None
    ]


def test_a_copy_begins_with_its_sentence_though_another_began_alike() -> None:
    turns = [
        ("Host", "On bread."),
        ("Ida", "I do not think the salt is to blame here."),
        ("Ola", f"I do not think the {BREAD}."),
        ("Kim", f"I do not think the {BREAD}. So there."),
    ]
    assert bare(*turns) == [(f"I do not think the {BREAD}.", "2")]


def test_a_copy_takes_back_no_words_that_its_source_has_from_another() -> None:
    ida = "The crust is what the children leave on every plate."
    ola = f"Salt goes in last of all, as every baker in this town knows. {BREAD}."
    turns = [("Host", "On bread."), ("Ida", ida), ("Ola", f"{ida} {ola}"), ("Kim", f"{ida} {ola} So there.")]
    assert bare(*turns) == [(ida, "1"), (ola, "2")]


def test_a_line_of_few_words_is_a_copy_of_the_comment_that_is_answered() -> None:
    turns = [
        ("Host", "On bread."),
        ("Ida", "Salt first. Ovens are overrated anyway. Eat it raw."),
        ("Ola", "Ovens are overrated anyway.\n\nNot in my house."),
    ]
    assert bare(*turns) == [("Ovens are overrated anyway.", "1")]


def test_a_line_of_few_words_is_a_copy_beside_a_longer_one_of_the_same_source() -> None:
    source = f"{BREAD}. Ovens are overrated anyway."
    other = ("Kim", "Butter, please.")
    short = "Ovens are overrated anyway.\n\nNot in my house."
    turns = [("Host", "On bread."), ("Ida", source), other]
    assert bare(*turns, ("Ola", short)) == []
    assert bare(*turns, ("Ola", f"{BREAD}.\n\nThat is how it is.\n\n{short}")) == [
        (f"{BREAD}.", "1"),
        ("Ovens are overrated anyway.", "1"),
    ]


def test_a_line_of_few_words_inside_a_sentence_or_alone_is_chance() -> None:
    source = ("Ida", "Salt first. Ovens are overrated anyway. Eat it raw.")
    assert bare(("Host", "On bread."), source, ("Ola", "I say ovens are overrated anyway, or so.")) == []
    assert bare(("Host", "On bread."), source, ("Ola", "Ovens are overrated anyway.")) == []


def test_a_copy_of_common_words_is_no_chance_when_it_is_long_or_a_line() -> None:
    words = "If you do not know by now it will not help to tell you again"
    turns = [("Host", "On bread."), ("Ida", f"{words}."), ("Ola", f"And {words}, as they say.")]
    assert bare(*turns) == [(words, "1")]
    line = "I do not know what you find in it."
    assert bare(("Host", "On bread."), ("Ida", line), ("Ola", f"{line}\n\nRye.")) == [(line, "1")]
    assert bare(("Host", "On bread."), ("Ida", line), ("Ola", f"Well, {line} Rye.")) == []


def test_a_copy_ends_with_its_paragraph_though_the_next_word_is_alike() -> None:
    turns = [
        ("Host", "On bread."),
        ("Ida", f"{BREAD}. You know it."),
        ("Ola", f"{BREAD}.\n\nYou bake and I eat."),
    ]
    assert bare(*turns) == [(f"{BREAD}.", "1")]


def test_a_short_paragraph_of_the_source_is_part_of_the_copy() -> None:
    both = f"Not at all.\n\n{BREAD}."
    assert bare(("Host", "On bread."), ("Ida", both), ("Ola", f"{both}\n\nAgreed.")) == [(both, "1")]


def test_marks_at_the_end_of_a_copy_are_inside_it() -> None:
    line = "Bakers call the long cold night a “retard”."
    assert bare(("Host", "On bread."), ("Ida", line), ("Ola", f"{line}\n\nDo they?")) == [(line, "1")]


def test_code_and_addresses_and_program_output_are_no_quotations() -> None:
    for line in (
        "public class Oven : Kitchen { int Heat(); }",
        "https://rye.example/loaves/of/bread/and/salt/too",
        "Cannot find the oven module in any kitchen of this house",
        "y'^2 = x'^3 + A' * x'^2 + B' * x",
    ):
        assert bare(("Host", "On bread."), ("Ida", line), ("Ola", f"{line}\n\nDoes not work.")) == []


def test_a_person_who_cannot_find_something_is_no_program() -> None:
    line = "I cannot find anything on cold dough in the old cookbooks of my aunt."
    assert bare(("Host", "On bread."), ("Ida", line), ("Ola", f"{line}\n\nDid you look?")) == [(line, "1")]


def test_a_copy_between_marks_of_two_other_quotations_is_found() -> None:
    own = "My neighbour mixes it by hand, by ear and by the weather, and her loaves hold for a week in a linen sack."
    text = f'It is 12" wide, or "wider. {own} {own} {BREAD}. {own} Mine is 9" wide, or so.'
    assert bare(("Host", "On bread."), ("Ida", f"{BREAD}."), ("Ola", text)) == [(f"{BREAD}.", "1")]


def test_the_signs_before_the_lines_of_a_block_are_outside_of_a_copy() -> None:
    more = "Salt goes in last of all, as every baker in this town knows."
    turns = [("Host", "On bread."), ("Ida", f"{BREAD}. {more}"), ("Ola", f"> {BREAD}.\n\n{more}\n\nWhy?")]
    assert [text for text, _ in bare(*turns)] == [f"{BREAD}.\n\n{more}"]
