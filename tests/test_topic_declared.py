"""What a comment says of itself is believed; what it says of others, or in general, is not."""

import pytest

from rules.markup import render
from rules.topic.declared import declared
from rules.words import Words
from tests.test_off_topic import MILL, found

LENS = "Off topic, but which lens did you take that picture with?"


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
        ("Das hat nichts mit dem Thema zu tun, aber schön.", "Das hat nichts mit dem Thema zu tun, aber"),
        ("Cela n'a rien à voir avec le sujet, mais bravo.", "Cela n'a rien à voir avec le sujet, mais"),
        ("Esto no tiene nada que ver con el tema, pero gracias.", "Esto no tiene nada que ver con el tema, pero"),
        ("Questo non c'entra con l'articolo, ma grazie.", "Questo non c'entra con l'articolo, ma"),
        ("Um pouco fora do tópico, mas que lente era?", "Um pouco fora do tópico"),
        ("Sei que isto não tem nada a ver com o artigo.", "Sei que isto não tem nada a ver com o artigo"),
        ("Een beetje off-topic, maar welke lens was dat?", "Een beetje off-topic"),
        ("Ik weet, dit heeft niets met dit onderwerp te maken.", "Ik weet, dit heeft niets met dit onderwerp te maken"),
        ("Это не по теме, но какой это объектив?", "Это не по теме, но"),
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
        "This thread is off topic, but I like it.",
        "Das Wehr hat nichts mit dem Thema zu tun, aber schön ist es.",
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


def test_who_says_so_is_reported_with_the_words() -> None:
    [finding] = found(f"{MILL}Cleo: {LENS}\n", min_score=0.7)
    assert finding.message.startswith("Says so itself: “Off topic”. Of its 3 topic words, 0 % by weight")
    assert "New here" not in finding.message
    assert finding.confidence > 0.85


def test_a_test_of_the_form_is_reported() -> None:
    [finding] = found(f"{MILL}Cleo: Testing, testing\n", min_score=0.7)
    assert finding.message == "Says so itself: “Testing, testing”."


def test_who_says_so_in_the_threads_own_words_is_not_reported() -> None:
    question = (
        "will the sluice gates be replaced before the hotel is built, and does the parish pay the survey of the banks"
    )
    assert found(f"{MILL}Cleo: Off topic, but {question}, or the county's engineer?\n", min_score=0.7) == []


def test_an_answer_to_one_that_says_so_belongs_to_it() -> None:
    [finding] = found(f"{MILL}Cleo: {LENS}\nEve>5: Off topic as well: which camera?\n", min_score=0.7)
    assert finding.comment_id == "5"


@pytest.mark.parametrize(
    "text", ["\n" * 5_000 + "off topic", "sorry " * 5_000 + "off", "off " * 5_000 + "test", "[" * 9_000 + "OT"]
)
def test_hostile_text_says_nothing_of_itself(text: str) -> None:
    assert said_in(text) is None
