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
