"""The sentence model of the extra: what it knows, that it is the right one, and what off-topic makes of it."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bot import sentence_model as module
from bot.check import check_thread
from bot.config import check_config
from bot.elsewhere import ask_settings
from bot.sentence_model import NotAtHandError, PackagedFile, SentenceModel, installed
from rules import off_topic
from rules.elsewhere import Elsewhere
from rules.engine import Engine
from rules.rule import Context
from rules.topic.semantic import Vectors
from rules.topic.site import MIN_POSTS, SitePost, SitePosts
from tests.dialogue import thread_of

ORCHARD = """
post: The frost of last week took most of the blossom in our orchard. We lit small fires between the rows, and where
  the smoke stayed low the apple trees came through. The pears on the slope are lost, and so are the early plums
  by the wall.
Ann: Next year we should wrap the young trees in fleece before a cold night, as they do it in the valley.
Bob: My grandfather kept bees among the pears, and in a year of frost they had nothing to fly to until June.
"""
NEAR = "Burning damp straw when the temperature drops shields fruit buds from freezing."
FAR = (
    "The new tariff of the phone company charges roaming twice, and their support line keeps customers waiting an hour "
    "before someone reads the same script aloud again."
)


@pytest.fixture
def sentence_model() -> SentenceModel:
    """The real model, which is no part of `dev`: off-topic finds other comments with it, and takes its time."""
    try:
        return installed()
    except NotAtHandError as reason:
        pytest.skip(f"{reason}: pip install -c constraints.txt -e '.[semantic]'")


def relevances(dialogue: str, model: SentenceModel | None, site: SitePosts | None = None) -> list[float]:
    context = Context(thread_of(dialogue), Elsewhere(posts=site, sentences=lambda: model))
    return [context.relevance(entry).score for entry in context.view.entries[1:]]


def test_means_alike_lies_near_and_what_is_foreign_lies_far(sentence_model: SentenceModel) -> None:
    vectors = sentence_model.vectors(
        [
            "A cold night killed the flowers of the fruit trees.",
            "Frost destroyed the blossom in the orchard.",
            "The train to the coast was cancelled for want of a driver.",
        ]
    )
    assert vectors.shape == (3, 384)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    assert vectors[0] @ vectors[1] > 0.6
    assert abs(vectors[0] @ vectors[2]) < 0.2


def test_a_text_has_the_same_vector_in_any_company(sentence_model: SentenceModel) -> None:
    texts = [NEAR, "Yes.", FAR, *(line for line in ORCHARD.splitlines() if line)]
    together = sentence_model.vectors(texts)
    for size in (1, 2, 3):
        fresh = SentenceModel(sentence_model._tokenizer, sentence_model._session)
        split = [fresh.vectors(texts[at : at + size]) for at in reversed(range(0, len(texts), size))]
        assert np.array_equal(np.concatenate(split[::-1]), together)


@pytest.mark.parametrize(
    "text", ["", " ", "\ud800 half a character", "x" * 100_000, "a\0b", "\u202e\u200b", "火の用心" * 400]
)
def test_takes_any_text(sentence_model: SentenceModel, text: str) -> None:
    [vector] = sentence_model.vectors([text])
    assert np.isfinite(vector).all()


def test_runs_a_text_once(sentence_model: SentenceModel) -> None:
    runs = []

    class Session:
        def run(self, *arguments: object) -> object:
            runs.append(arguments)
            return sentence_model._session.run(*arguments)

    model = SentenceModel(sentence_model._tokenizer, Session())
    assert np.array_equal(model.vectors([NEAR, FAR, NEAR]), model.vectors([NEAR, FAR, NEAR]))
    assert len(runs) == 2


def test_knows_a_comment_that_says_it_in_other_words(sentence_model: SentenceModel) -> None:
    *_, by_words = relevances(f"{ORCHARD}Cid: {NEAR}\n", None)
    *_, by_meaning = relevances(f"{ORCHARD}Cid: {NEAR}\n", sentence_model)
    *_, of_far = relevances(f"{ORCHARD}Cid: {FAR}\n", sentence_model)
    assert by_meaning < by_words / 2
    assert of_far > 10 * by_meaning


def test_says_that_it_took_part(sentence_model: SentenceModel) -> None:
    thread = thread_of(f"{ORCHARD}Cid: {FAR}\n")
    config = check_config({"rules": {"off-topic": {"min_score": 0.3}}}, name="test")
    said = check_thread(config, frozenset(), False, thread, asked=ask_settings(config)).findings
    [finding] = [one.record for one in said if one.record["rule"] == "off-topic"]
    assert finding["message"].endswith("The sentence model finds it far in meaning too.")


def test_can_be_switched_off(sentence_model: SentenceModel) -> None:
    assert ask_settings(check_config({}, name="test")).sentences
    config = check_config({"rules": {"off-topic": {"sentence_model": False}}}, name="test")
    assert not ask_settings(config).sentences


def test_is_asked_only_of_english(sentence_model: SentenceModel) -> None:
    german = """
    post: Der Frost der letzten Woche hat fast alle Blüten in unserem Garten zerstört, und auch die Birnen sind hin.
    Ann: Wir sollten die jungen Bäume im nächsten Jahr einpacken, bevor es wieder so kalt wird wie in dieser Nacht.
    """
    assert relevances(german, sentence_model) == relevances(german, None)


class Counting:
    """Count the texts that a model is asked for, those of one call and another alike."""

    def __init__(self) -> None:
        self.texts: set[str] = set()

    def vectors(self, texts: Sequence[str]) -> Vectors:
        self.texts.update(texts)
        return np.ones((len(texts), 2), np.float32)


def test_costs_the_same_in_a_long_thread() -> None:
    asked = []
    for length in (100, 400):
        lines = "".join(
            f"N{number}: Remark {number} says that the frost of the night was hard.\n" for number in range(length)
        )
        model = Counting()
        context = Context(thread_of(f"{ORCHARD}{lines}Cid: {NEAR}\n"), Elsewhere(sentences=lambda model=model: model))
        context.relevance(context.view.entries[-1])
        asked.append(len(model.texts))
    assert asked[0] == asked[1] <= 40


def test_finds_the_same_however_a_thread_comes_in(sentence_model: SentenceModel) -> None:
    site = SitePosts()
    for number in range(MIN_POSTS):
        site.add(SitePost(str(number), f"Letter {number}"), f"What reader {number} wrote about phones and trains.")
    thread = thread_of(f"{ORCHARD}Cid: {NEAR}\nDan: {FAR}\n")
    whole = Context(thread, Elsewhere(posts=site, sentences=lambda: sentence_model))
    growing = Context(replace(thread, comments=thread.comments[:1]), Elsewhere(posts=site, sentences=installed))
    growing.grow(replace(thread, comments=thread.comments[:3]))
    early = growing.relevance(growing.view.entries[3]).score
    growing.grow(thread)
    late = [growing.relevance(entry).score for entry in reversed(growing.view.entries[1:])][::-1]
    assert late == [whole.relevance(entry).score for entry in whole.view.entries[1:]]
    assert early == late[2]


def test_refuses_another_file(sentence_model: SentenceModel, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "other_model").mkdir()
    (tmp_path / "other_model" / "__init__.py").write_text("raise SystemExit('it is not to be run')")
    path = tmp_path / "other_model" / "model.onnx"
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(module, "_MODEL", PackagedFile("other_model", "model.onnx", module._MODEL.sha256))
    assert f"{path} cannot be read" in (module.what_is_wrong() or "")
    path.write_bytes(b"another model")
    module._loaded.cache_clear()
    assert module.what_is_wrong() == (
        f"off-topic goes by words alone, without the sentence model: {path} is not the file that the weights were "
        "learned with: install quotewarden[semantic] anew"
    )
    find = module.sentences()
    assert find is not None
    assert find() is None
    thread = thread_of(f"{ORCHARD}Cid: {FAR}\n")
    engine = Engine([off_topic], {off_topic.ID: off_topic.Options(min_score=0.1)})
    _, outcomes = engine.evaluate(thread, elsewhere=Elsewhere(sentences=find))
    assert [outcome.not_evaluated for outcome in outcomes] == [[], [], []]


def test_says_nothing_where_nobody_has_installed_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MODEL", PackagedFile("no_such_package", "model.onnx", ""))
    assert module.sentences() is None
    assert module.what_is_wrong() is None
    with pytest.raises(NotAtHandError, match="no-such-package is not installed") as raised:
        installed()
    assert raised.value.is_missing


def test_says_which_library_is_missing(sentence_model: SentenceModel, monkeypatch: pytest.MonkeyPatch) -> None:
    module._loaded.cache_clear()
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    assert "onnxruntime cannot be loaded" in (module.what_is_wrong() or "")
    module._loaded.cache_clear()
