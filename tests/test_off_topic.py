"""Off-topic: what it weighs, how it is told, its budget, and what must not upset it."""

from collections.abc import Mapping, Sequence

import pytest

from adapters.thread import Comment, Post, Thread
from bot.budget import RunBudget, allowed
from bot.check import Checked, Shown
from rules import off_topic
from rules.elsewhere import Elsewhere
from rules.engine import Engine
from rules.finding import Finding
from rules.rule import Context
from rules.topic.evidence import Evidence
from rules.topic.languages import language_of, stems_in
from rules.topic.model import shipped
from rules.topic.parts import MOST_SENTENCES, farthest, sentences_of
from rules.topic.relevance import TopicAnalysis
from rules.topic.site import MIN_POSTS, SitePost, SitePosts
from rules.view import ThreadView
from rules.words import Words
from tests.dialogue import thread_of

MILL = """
post: The parish has sold the mill to a man from the city, who means to make a hotel of it. The weir stays
  public, and so does the towpath along the river to the chapel. The council meets on Thursday to vote about the
  sluice gates, which have rusted since the flood, and about the road to the mill, which lorries will need if the
  hotel is to be built before next summer. The last miller left in March. His wheel still turns when the river is
  high, and the children still fish from the weir, though the sign forbids it. The buyer promises forty jobs, a
  ferry for walkers, a museum room with the old millstones, and a new roof for the barn where the parish keeps its
  boats. Critics say that the hotel will close the bridge to carts, that guests will park along the chapel wall,
  and that nobody has asked the owners of the meadows downstream, who were flooded twice after the gates stuck.
  The county's engineer wants the gates replaced first, at the buyer's cost, and a survey of the banks. Whoever
  wishes to speak on Thursday must tell the clerk by Wednesday noon.
Ann: The weir needs work as well, and the parish has no money for it. The survey of the banks alone will cost
  more than the boats are worth.
Carl: The road past the chapel is too narrow for lorries. They tried it after the flood and took a piece of the
  wall along.
Dora: Why does nobody ask the fishing club? They have looked after the weir and the sluice gates for thirty
  years, long before the county sent an engineer.
Hugo: Forty jobs is what they promised for the ferry too, and then two students sold tickets for one summer.
"""
CAKE = (
    "Whisk some eggs with caster sugar until pale, fold in sifted flour, melted butter and lemon zest, pour everything "
    "into a greased tin, bake for an hour, cool completely, then spread raspberry jam and vanilla cream on the sponges."
)
CREAM = "My raspberry jam and vanilla cream never set, however cool the sponge; does whisking egg whites help?"


def found(
    dialogue: str, elsewhere: Elsewhere | None = None, *, min_score: float = 0.5, **options: object
) -> list[Finding]:
    engine = Engine(
        [off_topic], {off_topic.ID: off_topic.Options(min_score=min_score, min_score_in_site=min_score, **options)}
    )
    _, outcomes = engine.evaluate(thread_of(dialogue), elsewhere=elsewhere or Elsewhere())
    outcomes = list(outcomes)
    assert [outcome.not_evaluated for outcome in outcomes if outcome.not_evaluated] == []
    return [finding for outcome in outcomes for finding in outcome.findings]


def test_says_what_led_away_and_what_was_nearest() -> None:
    [finding] = found(f"{MILL}Ben: {CAKE} Eat them along the towpath.\n", min_score=0.1)
    assert finding.comment_id == "5"
    assert "Has left both the post and the thread." in finding.message
    assert "New here: sifted, flour" in finding.message
    assert "Nearest in the post: “The weir stays public, and so does the towpath along the river" in finding.message


def test_a_sub_thread_is_reported_once_at_its_root() -> None:
    answers = f"Ben: {CAKE}\nEve>5: {CREAM}\nFay>6: Margarine ruins such sponges, Grandmother Hilda always said so.\n"
    assert [finding.comment_id for finding in found(MILL + answers)] == ["5"]


BAKING = f"{CAKE} Margarine spoils the texture, and so do cold eggs, lumpy batter, stale yeast or chocolate sprinkles."
GATES = "The sluice gates have rusted since the flood, and the council will vote about them on Thursday."


@pytest.mark.parametrize(("before", "after"), [(f"{GATES} ", ""), ("", f" {GATES}")])
def test_of_a_comment_that_stays_in_part_the_rest_is_told(before: str, after: str) -> None:
    [finding] = found(f"{MILL}Ben: {before}{BAKING}{after}\n", min_score=0.7)
    assert finding.excerpt == BAKING
    assert finding.message.startswith("Most of it has left both the post and the thread.")
    assert "New here:" in finding.message


def test_an_aside_is_nobodys_concern() -> None:
    long = (
        f"{GATES} The hotel needs the road for lorries before next summer, and the chapel wall will suffer again. "
        "The county's engineer promised a survey of the banks, and the owners of the meadows downstream wait for it. "
        "The fishing club mends the weir, the parish keeps its boats in the barn, and the buyer promises a ferry. "
    )
    aside = (
        "My aunt bakes sponges with raspberry jam. She whisks six eggs with caster sugar, and never measures any flour."
    )
    assert found(f"{MILL}Ben: {long}{aside}\n") == []


FAR, ALSO_FAR, NEAR = [f"far{n}" for n in range(6)], [f"farther{n}" for n in range(6)], ["near"]


@pytest.mark.parametrize(
    ("sentences", "weight_of_near", "run"),
    [
        ([NEAR, FAR, ALSO_FAR], 1, (1, 3)),
        ([FAR, ALSO_FAR, NEAR], 1, (0, 2)),
        ([FAR, ALSO_FAR, NEAR], 9, None),  # less than most of it
        ([FAR, ALSO_FAR], 1, None),  # all of it
        ([NEAR, FAR + ALSO_FAR, NEAR], 1, (0, 2)),  # one sentence may be a figure of speech
        ([NEAR, FAR, FAR], 1, None),  # too few words to tell
        ([], 1, None),
    ],
)
def test_the_part_is_most_of_a_comment_and_shares_least(
    sentences: list[list[str]], weight_of_near: float, run: tuple[int, int] | None
) -> None:
    weights = {stem: weight_of_near if stem == "near" else 1.0 for stems in sentences for stem in stems}
    assert farthest(sentences, weights, lambda stem: stem != "near") == run


def test_sentences_end_at_marks_and_at_empty_lines() -> None:
    text = "  One, v1.2 of it. Two!\n\nThree\n \nfour\nfive?"
    assert [text[start:end] for start, end in sentences_of(text)] == [
        "One, v1.2 of it.",
        "Two!",
        "Three",
        "four\nfive?",
    ]
    assert len(sentences_of("A. " * 1000)) == MOST_SENTENCES + 1
    assert sentences_of(" \n ") == []


def test_answers_to_what_the_thread_discusses_belong_to_it() -> None:
    assert found(f"{MILL}Eve>3: The fishing club has forty members, and half mended those sluice gates.\n") == []


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (
            "Das glaube ich nicht, denn wer soll das alles bezahlen, wenn die Gemeinde kein Geld mehr hat?",
            "German",
        ),
        ("Je ne sais pas qui va payer tout cela, parce que la commune n'a plus un sou dans sa caisse.", "French"),
        ("No sé quién va a pagar todo esto, porque el pueblo ya no tiene dinero para una cosa así.", "Spanish"),
        ("Я не знаю, кто будет за это платить, потому что у нас больше нет денег на такие дела.", "Russian"),
        ("Δεν ξέρω ποιος θα πληρώσει για όλα αυτά, γιατί ο δήμος δεν έχει πια λεφτά για τέτοια πράγματα.", "Greek"),
    ],
)
def test_another_language_is_said_to_be_that(text: str, language: str) -> None:
    [finding] = found(f"{MILL}Ben: {text}\n")
    assert finding.message == f"Is in {language}, and the thread in English: its topic was not looked at."
    assert found(f"{MILL}Ben: {text}\n", other_languages=False) == []
    context = Context(thread_of(f"{MILL}Ben: {text}\n"))
    assert off_topic.score(context.view.entries[5], context, off_topic.Options()) <= 0.05


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("English: councils", "council"),
        ("German: Dämme", "Damm"),
        ("French: barrages", "barrage"),
        ("Spanish: embalses", "embalse"),
        ("Russian: плотины", "плотина"),
    ],
)
def test_inflected_words_share_a_stem(one: str, other: str) -> None:
    language, word = one.split(": ")
    stems = stems_in(language)
    assert stems.of(word.casefold()) == stems.of(other.casefold()) != ""


def test_a_list_of_nouns_has_no_language() -> None:
    text = "Premium leather handbags, Swiss watches, designer sunglasses, worldwide shipping"
    assert language_of(Words(text).folded, text) is None


def site_of(titles: Sequence[str]) -> SitePosts:
    site = SitePosts()
    for number, title in enumerate(titles):
        site.add(SitePost(f"other-{number}", title), title)
    return site


def test_names_the_post_that_a_comment_was_meant_for() -> None:
    fillers = [
        f"Minutes of meeting {number}: drains, lamps and benches in street {number}" for number in range(MIN_POSTS)
    ]
    baking = (
        "Baking day: whisk eggs and caster sugar, fold in sifted flour and butter, layer raspberry jam, vanilla cream"
    )
    [finding] = found(f"{MILL}Ben: {CAKE}\n", Elsewhere(posts=site_of([*fillers, baking])))
    assert f"Looks meant for “{baking[:60]}" in finding.message
    [finding] = found(f"{MILL}Ben: {CAKE}\n")
    assert "Looks meant for" not in finding.message


def signs_of(text: str, site: SitePosts) -> Mapping[str, float]:
    view = ThreadView(thread_of(f"{MILL}Ben: {text}\n"))
    analysis = TopicAnalysis(view, Elsewhere(posts=site))
    for entry in view.entries[:-1]:
        analysis.learn(entry, analysis.said(entry))
    return analysis.evidence(view.entries[-1], analysis.said(view.entries[-1])).signs


def test_what_other_threads_discuss_counts_like_their_posts() -> None:
    site = site_of([f"Minutes of meeting {number}: drains in street {number}" for number in range(MIN_POSTS)])
    before = signs_of(CAKE, site)
    site.add_comment("other-3", CREAM)
    after = signs_of(CAKE, site)
    assert after["ratio of best of other threads"] > before["ratio of best of other threads"] + 0.5
    assert after["chance of thread"] < before["chance of thread"]
    assert after["ratio of best of other posts"] == before["ratio of best of other posts"]


def test_a_copy_of_the_comment_says_nothing_of_where_it_belongs() -> None:
    site = site_of([f"Minutes of meeting {number}: drains in street {number}" for number in range(MIN_POSTS)])
    before = signs_of(CAKE, site)
    for thread in ("other-3", "other-4"):
        site.add_comment(thread, CAKE)
    after = signs_of(CAKE, site)
    assert after["ratio of best of other threads"] == pytest.approx(before["ratio of best of other threads"])
    assert after["company of post"] == pytest.approx(before["company of post"], abs=0.05)


def test_a_site_may_grow_while_a_thread_is_read() -> None:
    site = site_of([f"Minutes of meeting {number}: drains in street {number}" for number in range(MIN_POSTS)])
    view = ThreadView(thread_of(f"{MILL}Ben: {CAKE}\n"))
    analysis = TopicAnalysis(view, Elsewhere(posts=site))
    for entry in view.entries[1:]:
        relevance = analysis.relevance(entry)
        site.add(SitePost(f"late-{entry.number}"), CAKE)
    assert relevance.home is not None
    assert relevance.home.id.startswith("late-")


def test_few_posts_tell_nothing_of_a_site() -> None:
    baking = "Baking day: whisk eggs and caster sugar, fold in sifted flour and butter, layer raspberry jam"
    [finding] = found(f"{MILL}Ben: {CAKE}\n", Elsewhere(posts=site_of([baking])))
    assert "Looks meant for" not in finding.message


@pytest.mark.parametrize(
    "text",
    [
        "x" * 1_000_000,
        "ha" * 300_000 + " " + "no " * 100_000,
        "🐇🍲🔥" * 200,
        "\u202e\u200b\u200d" * 50,
        "\ud800 broken",
        "' ’ ' don't '' l’ ’",
        "1 2 3 4.5 6,7 " * 40,
        "",
        "   \n\n ",
        "水" * 5_000,
        "a b c d e f g h i j",
    ],
    ids=lambda text: ascii(text[:12]),
)
def test_hostile_text_is_passed_over(text: str) -> None:
    comments = [Comment(id="1", author="Ann", body=text, format="plain")]
    thread = Thread(site=None, id="t", title=None, url=None, post=thread_of(MILL).post, comments=comments)
    _, outcomes = Engine([off_topic], {}).evaluate(thread, with_scores=True)
    [outcome] = outcomes
    assert outcome.not_evaluated == []
    assert 0 <= outcome.scores[off_topic.ID] <= 1


def test_hostile_post_leaves_its_thread_alone() -> None:
    for body in ("", "🐇" * 500, "x" * 500_000, "\ud800"):
        thread = Thread(
            site=None,
            id="t",
            title=None,
            url=None,
            post=Post(id="p", body=body, format="plain"),
            comments=[Comment(id="1", author="Ann", body=CAKE, format="plain")],
        )
        _, outcomes = Engine([off_topic], {}).evaluate(thread)
        [outcome] = outcomes
        assert (outcome.findings, outcome.not_evaluated) == ([], [])


def test_each_kind_of_evidence_has_a_model() -> None:
    with_meaning, with_site, meant, alone = shipped()
    assert alone.needs < with_site.needs < with_meaning.needs
    assert alone.needs < meant.needs < with_meaning.needs
    for model in shipped():
        calm = Evidence(dict(zip(model.signs, model.means, strict=True)), 20)
        assert 0 < model.probability(calm) < 0.2


def checked(site: str, comments: int, certainties: Sequence[float]) -> Checked:
    shown = [
        Shown({"rule": rule, "confidence": one}, "", None) for one in certainties for rule in ("off-topic", "link-only")
    ]
    return Checked({"site": site}, comments, findings=shown)


def test_a_run_keeps_each_site_within_its_budget() -> None:
    budget = RunBudget({"off-topic": 0.01})
    first, second, other = checked("a", 40, [0.8, 0.9]), checked("a", 80, [0.7, 0.6]), checked("b", 5, [0.5])
    for thread in (first, second, other):
        budget.apply(thread)
    kept = [
        [one.record["confidence"] for one in t.findings if one.record["rule"] == "off-topic"]
        for t in (first, second, other)
    ]
    assert kept == [[0.9], [0.7], [0.5]]
    assert budget.over == {"off-topic": 2}
    assert sum(one.record["rule"] == "link-only" for one in first.findings) == 2


def test_a_part_of_a_comment_counts_as_one() -> None:
    assert [allowed(0.01, seen) for seen in (1, 100, 101)] == [1, 1, 2]


def test_drifting_with_the_thread_is_told_apart() -> None:
    bread = "Ida: The last miller baked rye bread with caraway, sourdough from a crock older than the wheel.\n"
    findings = found(f"{MILL}{bread}Ben: Rye bread with caraway! My sourdough crock is older still.\n", min_score=0.0)
    assert findings[-1].comment_id == "6"
    assert findings[-1].message.startswith("Has drifted from the post with the thread.")
    assert "Nearest comment: 5 by Ida." in findings[-1].message
