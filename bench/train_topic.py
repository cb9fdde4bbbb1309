"""Train the model that tells comments which have left their thread.

    python bench/train_topic.py SHARED [--semantic [--vectors FILE]]

Comments are moved under other posts: each comment of the shared blogs and forum threads is an example of one that
belongs, and comments of other threads of the same site, put in its place, are some of those that do not: half of them
from any thread, half from the three whose posts are nearest. Writes rules/topic/model.json, learned from all threads,
or with --semantic rules/topic/semantic.json, whose signs are those and the installed sentence model's; `bench/topic.py`
prints how well such weights do on threads that they were not learned from.
"""

import argparse
import json
import math
import random
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from adapters.thread import Thread
from bench.corpora import blogs, forum
from bench.vectors import kept_vectors
from rules.elsewhere import Elsewhere
from rules.topic.lexicon import Lexicon, shipped
from rules.topic.model import KNOTS, Model, design
from rules.topic.relevance import TopicAnalysis
from rules.topic.semantic import SITE_MEANING_SIGNS, FindSentences
from rules.topic.site import SITE_SIGNS, SitePost, SitePosts
from rules.view import Entry, ThreadView

ROOT = Path(__file__).parent.parent
FOLDS = 5
PENALTY = 3.0
# A place teaches more, the more comments are put there in turn.
DRAWS = 3
# What a site's moderator sees: one in twenty has left the topic.
PREVALENCE = 0.05
MOST_COMMENTS = 24
# Without other posts a thread's beginning teaches best: later comments of the long ones would count for most.
MOST_COMMENTS_ALONE = 12
FORUM_THREADS = 60
FORUM_WEIGHT = 0.3


@dataclass(frozen=True)
class Example:
    """Hold one comment in one place: the signs by name, its length in stems, and whether it was moved there."""

    thread: str
    signs: dict[str, float]
    stems: int
    is_moved: bool
    place: int = 1
    weight: float = 1.0


class Neutral(Model):
    """Be no model: while examples are made nobody asks for a score."""

    def __init__(self) -> None:
        super().__init__((), (), (), np.zeros(len(KNOTS)))


def examples(
    threads: Sequence[Thread],
    lexicon: Lexicon,
    *,
    with_site: bool,
    seed: int = 1,
    weight: float = 1.0,
    sentences: FindSentences | None = None,
) -> list[Example]:
    """Return each comment of the threads where it stands, with some from elsewhere put in its place."""
    rng = random.Random(seed)  # noqa: S311  # no secret
    views = [ThreadView(thread) for thread in threads]
    near = nearest_posts(views)
    elsewhere = Elsewhere(posts=site_posts(views, lexicon) if with_site else None, sentences=sentences)
    made = []

    def any_but(here: int) -> int:
        return rng.choice([at for at in (rng.randrange(len(views)) for _ in range(9)) if at != here] or [here])

    for here, view in enumerate(views):
        analysis = TopicAnalysis(view, elsewhere, lexicon=lexicon, model=Neutral())
        for entry in view.entries[1 : MOST_COMMENTS + 1]:
            others = (there for _ in range(DRAWS) for there in (any_but(here), rng.choice(near[here])))
            for other in (entry, *(moved(rng.choice(views[there].entries[1:]), entry) for there in others)):
                found = analysis.with_meaning(other, analysis.evidence(other, analysis.said(other)))
                is_moved = other is not entry
                made.append(Example(view.thread.id, dict(found.signs), found.stems, is_moved, entry.number, weight))
            analysis.learn(entry, analysis.said(entry))
    return made


def site_posts(views: Sequence[ThreadView], lexicon: Lexicon) -> SitePosts:
    """Return the posts of threads, with their comments, as those of one site."""
    site = SitePosts(lexicon=lexicon)
    for view in views:
        post = view.thread.post
        site.add(SitePost(view.thread.id, post.title, post.url), view.entries[0].document.text)
        for entry in view.entries[1:]:
            if site.wants_comments(view.thread.id):
                site.add_comment(view.thread.id, entry.document.text, entry.author)
    return site


def moved(other: Entry, place: Entry) -> Entry:
    """Return an entry with another's words and author in the place of one."""
    entry = Entry(place.number, other.content)
    entry.__dict__["document"], entry.__dict__["words"] = other.document, other.words
    return entry


def nearest_posts(views: Sequence[ThreadView]) -> list[list[int]]:
    """Return for each thread the three whose posts are likest to its own."""
    counts = [Counter(word for word in view.entries[0].words.folded if len(word) > 2) for view in views]
    holders = Counter(word for count in counts for word in count)
    vectors: list[dict[str, float]] = []
    index: dict[str, list[tuple[int, float]]] = {}
    for at, count in enumerate(counts):
        vector = {
            word: (1 + math.log(n)) * math.log(len(views) / holders[word])
            for word, n in count.items()
            if holders[word] < max(2, len(views) / 4)
        }
        length = math.sqrt(sum(x * x for x in vector.values())) or 1
        vectors.append({word: x / length for word, x in vector.items()})
        for word, x in vectors[-1].items():
            index.setdefault(word, []).append((at, x))
    near = []
    for at, vector in enumerate(vectors):
        likeness: Counter[int] = Counter()
        for word, x in vector.items():
            for other, y in index[word]:
                likeness[other] += x * y  # type: ignore[assignment]  # a Counter of numbers
        del likeness[at]
        near.append([other for other, _ in likeness.most_common(3)] or [(at + 1) % len(views)])
    return near


def fit(made: Sequence[Example], signs: Sequence[str], *, penalty: float = PENALTY) -> Model:
    """Return the model that the examples teach which have the signs (logistic regression, Newton's method).

    It is for the true prevalence.
    """
    most = MOST_COMMENTS_ALONE if SITE_SIGNS.isdisjoint(signs) else MOST_COMMENTS
    made = [example for example in made if example.place <= most and example.signs.keys() >= set(signs)]
    inputs = np.array([[example.signs[sign] for sign in signs] for example in made])
    is_moved = np.array([example.is_moved for example in made])
    weight = np.array([example.weight for example in made])
    share = PREVALENCE / (1 - PREVALENCE) * weight[~is_moved].sum() / weight[is_moved].sum()
    weight = np.where(is_moved, weight * share, weight)
    means = np.average(inputs, axis=0, weights=weight)
    deviations = np.sqrt(np.average((inputs - means) ** 2, axis=0, weights=weight)) + 1e-9
    x = design(inputs, [example.stems for example in made], means, deviations)
    beta = np.zeros(x.shape[1])
    ridge = np.full(x.shape[1], penalty)
    ridge[: len(KNOTS)] = 1e-3
    for _ in range(25):
        p = 1 / (1 + np.exp(-np.clip(x @ beta, -30, 30)))
        gradient = x.T @ (weight * (is_moved - p)) - ridge * beta
        hessian = (x * (weight * p * (1 - p))[:, None]).T @ x + np.diag(ridge)
        step = np.linalg.solve(hessian, gradient)
        beta += step
        if np.abs(step).max() < 1e-6:
            break
    return Model(signs, means.tolist(), deviations.tolist(), beta)


def packed(model: Model) -> dict[str, object]:
    """Return what goes into model.json."""
    length_alone, *rows = np.round(model.weights.T, 4).tolist()
    return {
        "knots": KNOTS,
        "length alone": length_alone,
        "signs": {
            sign: {"mean": round(mean, 4), "deviation": round(deviation, 4), "weights": row}
            for sign, mean, deviation, row in zip(model.signs, model.means, model.deviations, rows, strict=True)
        },
    }


def fold_of(thread: str) -> int:
    """Return the part of the threads that one belongs to: whole threads go to one fold."""
    return sum(map(ord, thread)) % FOLDS


def site_threads(shared: Path) -> dict[str, list[Thread]]:
    """Return the threads learned from, by site; those without comments teach nothing."""
    by_site: dict[str, list[Thread]] = {}
    for thread in (*blogs(shared), *list(forum(shared))[:FORUM_THREADS]):
        if thread.comments:
            title = thread.id.replace("-aspx", "").replace("-", " ") if thread.site else None
            titled = replace(thread, post=replace(thread.post, title=title))
            by_site.setdefault(thread.site or "forum", []).append(titled)
    return by_site


def all_examples(
    shared: Path, lexicon: Lexicon, *, with_site: bool, sentences: FindSentences | None = None
) -> list[Example]:
    """Return the examples of every site; the forum's count less."""
    return [
        example
        for site, threads in site_threads(shared).items()
        for example in examples(
            threads,
            lexicon,
            with_site=with_site,
            weight=FORUM_WEIGHT if site == "forum" else 1.0,
            sentences=sentences,
        )
    ]


def kinds(made: Sequence[Example]) -> dict[str, list[str]]:
    """Return the signs that a model may use, for each kind of evidence that may be at hand."""
    signs = list(max(made, key=lambda example: len(example.signs)).signs)
    of_site = SITE_SIGNS | SITE_MEANING_SIGNS
    return {"thread": [sign for sign in signs if sign not in of_site], "thread and site": signs}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shared", type=Path)
    parser.add_argument("--semantic", action="store_true")
    parser.add_argument("--vectors", type=Path, help="a file that keeps vectors for the next run")
    options = parser.parse_args()
    sentences = kept_vectors(options.vectors) if options.semantic else None
    made = all_examples(options.shared, shipped(), with_site=True, sentences=sentences)
    models = {name: packed(fit(made, signs)) for name, signs in kinds(made).items()}
    name = "semantic.json" if options.semantic else "model.json"
    (ROOT / "rules" / "topic" / name).write_text(json.dumps(models, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
