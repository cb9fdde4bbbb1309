"""Who a comment says a passage is from: clauses of speech in five languages, names, works, carried speakers."""

import pytest

from adapters.thread import Comment, Post, Thread
from rules.quotes.passage import Passage
from rules.rule import Context

DAM = "The dam will not hold another winter"
DAMM = "Der Damm wird diesen Winter nicht überstehen"
BARRAGE = "Le barrage ne passera pas l’hiver"
PRESA = "La presa no aguantará otro invierno"
PLOTINA = "Плотина не выдержит ещё одной зимы"


def passages(body: str, *authors: str) -> list[Passage]:
    comments = [
        Comment(id=str(number), author=author, body="Good morning from the valley.", format="plain")
        for number, author in enumerate(authors, 1)
    ]
    comments.append(Comment(id="last", author="Olaf", body=body, format="plain"))
    post = Post(id="p", author="Host", body="On dams.", format="plain")
    context = Context(Thread(site="s", id="t", title=None, url=None, post=post, comments=comments))
    return list(context.passages(context.view.entries[-1]))


def credit(body: str, *authors: str) -> tuple[str, str | None] | None:
    [passage] = passages(body, *authors)
    return (passage.attribution.type, passage.attribution.author) if passage.attribution else None


@pytest.mark.parametrize(
    "body",
    [
        f"“{DAM},” said Vera Lind.",
        f"“{DAM},” Vera Lind said on Friday.",
        f"“{DAM},” said old Vera Lind, who knows.",
        f"“{DAM},” Vera Lind (a mason by trade) said later.",
        f"“{DAM},” Vera Lind, a mason of the upper valley, has told the council.",
        f"Vera Lind said that “{DAM}” and left.",
        f"Last Monday Vera Lind also wrote: “{DAM}.”",
        f"The mason, Vera Lind, said “{DAM}.”",
        f"Vera Lind, mason and mother of three, said “{DAM}.”",
        f"Vera Lind laughed and said “{DAM}.”",
        f"Vera Lind shook her head, saying “{DAM}.”",
        f"Vera Lind says she thinks “{DAM}.”",
        f"As Vera Lind once put it, “{DAM}.”",
        f"According to Vera Lind, “{DAM}.”",
        f"In the words of Vera Lind, “{DAM}.”",
        f"“{DAM}.” — Vera Lind",
        f"“{DAM}.”\n— Vera Lind",
        f"“{DAM}” (Vera Lind)",
    ],
)
def test_a_name_is_found_beside_the_words(body: str) -> None:
    [passage] = passages(body)
    assert passage.attribution is not None
    assert passage.attribution.type == "name"
    assert passage.attribution.author is not None
    assert "Vera Lind" in passage.attribution.author


@pytest.mark.parametrize(
    ("body", "type", "author"),
    [
        (f"Die Maurerin Vera Lind sagte: „{DAMM}.“", "name", "Vera Lind"),
        (f"„{DAMM}“, sagte Vera Lind gestern.", "name", "Vera Lind"),
        (f"Laut Vera Lind „{DAMM}“.", "name", "Vera Lind"),
        (f"Wie es im Artikel heißt: „{DAMM}.“", "work", "im Artikel"),
        (f"Sie schrieb: „{DAMM}.“", "pronoun", "Sie"),
        (f"Jemand hat mal gesagt: „{DAMM}.“", "vague", "Jemand"),
        (f"Le maire, Luc Morel, a déclaré : « {BARRAGE}. »", "name", "Luc Morel"),
        (f"« {BARRAGE} », a dit Luc Morel hier.", "name", "Luc Morel"),
        (f"Selon Luc Morel, « {BARRAGE} ».", "name", "Luc Morel"),
        (f"« {BARRAGE} », écrit-il.", "pronoun", "il"),
        (f"Dans l’article : « {BARRAGE}. »", "work", None),
        (f"El alcalde Juan Rey dijo: «{PRESA}».", "name", "Juan Rey"),
        (f"«{PRESA}», afirmó Juan Rey.", "name", "Juan Rey"),
        (f"Según Juan Rey, «{PRESA}».", "name", "Juan Rey"),
        (f"En el artículo se dice que «{PRESA}».", "work", "el artículo"),
        (f"Как сказал Олег Вик, «{PLOTINA}».", "name", "Олег Вик"),
        (f"«{PLOTINA}», — сказал Олег Вик.", "name", "Олег Вик"),
        (f"По словам Олега Вика, «{PLOTINA}».", "name", "Олега Вика"),
        (f"Она сказала: «{PLOTINA}».", "pronoun", "Она"),
        (f"Кто-то написал: «{PLOTINA}».", "vague", "Кто-то"),
    ],
)
def test_other_languages_credit_in_their_own_way(body: str, type: str, author: str | None) -> None:
    [passage] = passages(body)
    assert passage.attribution is not None
    assert passage.attribution.type == type
    if author is None:
        assert passage.attribution.author is None
    else:
        assert (passage.attribution.author or "").endswith(author)
    assert passage.kind == "quotation"
    assert passage.verdict == ("unattributed" if type == "vague" else "attributed")


@pytest.mark.parametrize(
    "body",
    [
        "Leute, die sagen „mir ist es egal, was aus dem Tal wird“, verstehe ich nicht.",
        "Der sogenannte „Damm der tausend Wunder“ ist marode.",
        "La soi-disant « digue des mille merveilles » est pourrie.",
        "La llamada «presa de las mil maravillas» está podrida.",
        "Так называемая «плотина тысячи и одного чуда» давно сгнила.",
        "People who say “I don't care what happens to the valley” have never been there.",
    ],
)
def test_typical_speech_and_names_of_things_are_no_quotations(body: str) -> None:
    assert [passage.kind for passage in passages(body)] == ["not-quotation"]


@pytest.mark.parametrize(
    ("body", "authors", "author"),
    [
        (f"@Vera: “{DAM}.” Indeed!", ["Vera Lind"], "Vera Lind"),
        (f"@Old Vera “{DAM}.” Indeed!", ["Old Vera Lind", "Old Vera"], "Old Vera"),
        (f"As Bob wrote: “{DAM}.”", ["Robert Hill"], "Robert Hill"),
        (f"As VL wrote: “{DAM}.”", ["Vera Lind"], "Vera Lind"),
        (f"As Johansen wrote: “{DAM}.”", ["Ida Johannsen"], "Ida Johannsen"),
        (f"Vera, you wrote “{DAM}.”", ["Vera Lind"], "Vera Lind"),
        (f"Comment 1 says: “{DAM}.”", ["Vera Lind"], "Vera Lind"),
        (f"vera @ 1: “{DAM}.”", ["Vera Lind"], "Vera Lind"),
    ],
)
def test_names_resolve_to_those_who_have_written(body: str, authors: list[str], author: str) -> None:
    [passage] = passages(body, *authors)
    assert passage.attribution is not None
    assert passage.attribution.author == author
    assert passage.attribution.comment == str(authors.index(author) + 1)


def test_a_stranger_is_not_taken_for_a_member_with_a_name_like_his() -> None:
    assert credit(f"As Tom wrote: “{DAM}.”", "Tim Hill") == ("name", "Tom")


def test_a_speaker_is_carried_on_to_the_next_words_close_behind() -> None:
    first, second = passages(f"“{DAM},” Vera Lind said. “The council has known it since the flood.”")
    assert first.attribution is not None
    assert first.attribution == second.attribution


def test_another_speaker_ends_what_is_carried() -> None:
    body = f"“{DAM},” Vera Lind said. “I have heard that often enough,” Olga Brandt answered."
    assert [(p.attribution.author if p.attribution else None) for p in passages(body)] == ["Vera Lind", "Olga Brandt"]


def test_the_sentence_before_speaks_of_the_words_before() -> None:
    body = f"“{DAM},” Vera Lind said. Nobody answered. “We can all go home now,” he told them."
    assert [(p.attribution.author if p.attribution else None) for p in passages(body)] == ["Vera Lind", "he"]


@pytest.mark.parametrize(
    "body",
    [
        f"Somebody at the inn said: “{DAM}.”",
        f"A man at the inn said: “{DAM}.”",
        f"I read somewhere: “{DAM}.”",
        f"The mayor was asked about it: “{DAM}.”",
        f"Nobody has tweets like these: “{DAM}.”",
    ],
)
def test_what_names_nobody_credits_nobody(body: str) -> None:
    [passage] = passages(body)
    assert passage.verdict in (None, "unattributed")
    assert passage.attribution is None or passage.attribution.type == "vague"
