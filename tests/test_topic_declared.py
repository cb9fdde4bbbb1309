"""What a comment says of itself is believed; what it says of others, or in general, is not."""

import pytest

from adapters.thread import Comment, Post, Thread
from rules import off_topic
from rules.engine import Engine
from rules.finding import Finding
from rules.markup import render
from rules.topic.declared import declared
from rules.words import Words
from tests.test_off_topic import MILL


def said_in(body: str, form: str = "plain") -> str | None:
    document = render(body, form)
    where = declared(document, frozenset(Words(document.text).folded))
    return document.text[slice(*where)] if where else None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("OT: which theme is this?", "OT"),
        ("[OT] which theme is this?", "OT"),
        ("Off-topic, but which lens was that?", "Off-topic"),
        ("Hi Ida, slightly off topic: which lens was that?", "Hi Ida, slightly off topic"),
        ("Sorry to go off topic here. Which lens was that?", "Sorry to go off topic"),
        ("I know this is way off topic, which lens was that?", "I know this is way off topic"),
        ("This is a little off topic, I fear, but which lens was that?", "This is a little off topic, I fear, but"),
        ("Not related to this post: does your feed work?", "Not related to this post"),
        ("This has nothing to do with mills, but does your feed work?", "This has nothing to do with mills, but"),
        ("Oops, I wrote that under the wrong post, excuse me.", "Oops, I wrote that under the wrong post"),
        ("Lovely.\nOff topic: I am looking for the lens that took the second picture.", "Off topic"),
        ("Etwas off-topic, aber welches Objektiv war das?", "Etwas off-topic"),
        ("Ich weiß, das gehört nicht hierher. Welches Objektiv war das?", "Ich weiß, das gehört nicht hierher"),
        ("Désolé, c'est un peu hors sujet. Quel objectif ?", "Désolé, c'est un peu hors sujet"),
        ("Perdón por el fuera de tema, ¿qué objetivo era?", "Perdón por el fuera de tema"),
        ("Извините за оффтоп, какой это объектив?", "Извините за оффтоп"),
        ("Scusate, forse sono fuori tema: che obiettivo era?", "Scusate, forse sono fuori tema"),
        ("testing", "testing"),
        ("  This is just a test, please ignore!  ", "This is just a test, please ignore!"),
        ("Nur ein Test.", "Nur ein Test."),
    ],
)
def test_a_comment_that_says_so_is_found(text: str, words: str) -> None:
    assert said_in(text) == words


@pytest.mark.parametrize(
    "text",
    [
        "Off-topic comments are deleted here, as you well know.",
        "Your comment about the lens is off topic, but I like it.",
        "What Ben says is off topic, I find.",
        "Off topic?",
        "Sorry, but the weir has nothing to do with the hotel, as the engineer showed.",
        "The old testament (OT) knows no mills: bread was ground by hand.",
        "“Off topic, but” is how all my uncle's letters begin.",
        "The weir holds, and the gates hold, and the wheel turns when there is water. (Sorry for the off topic.)",
        "The gates were put in the wrong place, and the plan was not related to the survey.",
        "We test the gates in spring.",
        "The test went well",
    ],
)
def test_what_is_said_of_others_is_not_taken_for_it(text: str) -> None:
    assert said_in(text) is None


def test_words_of_another_in_a_quotation_are_not_the_comments_own() -> None:
    assert said_in("> Off topic, but which lens was that?\n\nA borrowed one, with a scratch.", "markdown") is None
    assert said_in("> Which lens was that?\n\nOff topic, but it was a borrowed one.", "markdown") == "Off topic"


def found(*bodies: str, parent: str | None = None) -> list[Finding]:
    comments = [
        Comment(id=str(n), author=f"Guest {n}", body=body, format="plain", parent_id=parent if n > 1 else None)
        for n, body in enumerate(bodies, 1)
    ]
    post = Post(id="p", author=None, body=MILL.replace("post: ", ""), format="plain")
    _, outcomes = Engine([off_topic], {}).evaluate(
        Thread(site=None, id="t", title=None, url=None, post=post, comments=comments)
    )
    return [finding for outcome in outcomes for finding in outcome.findings]


def test_who_says_so_is_reported_with_the_words() -> None:
    [finding] = found("Off topic, but which lens did you take that picture with?")
    assert finding.message.startswith("Says so itself: “Off topic”.")
    assert finding.confidence > 0.85


def test_a_test_of_the_form_is_reported() -> None:
    [finding] = found("Testing, testing")
    assert finding.message.startswith("Says so itself: “Testing, testing”.")


def test_who_says_so_in_the_threads_own_words_is_not_reported() -> None:
    assert not found(
        "Off topic, but will the sluice gates be replaced before the hotel is built, and does the parish pay "
        "the survey of the banks, or the county's engineer, or the buyer?"
    )


def test_an_answer_to_one_that_says_so_belongs_to_it() -> None:
    [finding] = found(
        "Off topic, but which lens did you take that picture with?", "Off topic as well: which camera?", parent="1"
    )
    assert finding.comment_id == "1"


@pytest.mark.parametrize(
    "text", ["\n" * 5_000 + "off topic", "sorry " * 5_000 + "off", "off " * 5_000 + "test", "[" * 9_000 + "OT"]
)
def test_hostile_text_says_nothing_of_itself(text: str) -> None:
    assert said_in(text) is None or text.startswith("\n")
