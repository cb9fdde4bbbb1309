"""Measure the off-topic rule on moved comments, labelled threads, moderators' labels and speed; a JSON line a figure.

    python bench/topic.py SHARED [--only moved blogs parts labelled speed omp] [--plot docs/topic.svg]
        [--semantic [--vectors FILE]]

Moved comments are scored with weights learned from other threads and with words counted without their blog, so that the
figures are those of an unseen blog. In the same run two controls: with the comment's length alone the AUC has to be .5,
and so it has to be with weights learned from shuffled labels. With --semantic the installed sentence model takes part,
and FILE keeps what it said for the next run; of speed nothing is kept.
"""

import argparse
import gzip
import json
import random
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from adapters.saved.threads import read_threads
from adapters.thread import Thread
from bench import omp
from bench.corpora import blogs, labelled
from bench.figures import figures
from bench.train_topic import FOLDS, Example, Neutral, all_examples, fit, fold_of, kinds, site_posts, site_threads
from bench.vectors import kept_vectors
from bot.budget import allowed
from rules import off_topic
from rules.elsewhere import Elsewhere
from rules.engine import Engine
from rules.rule import Context
from rules.topic.evidence import Evidence
from rules.topic.lexicon import Lexicon, shipped
from rules.topic.relevance import TopicAnalysis
from rules.topic.semantic import FindSentences
from rules.view import ThreadView


def moved_set(
    shared: Path, name: str, lexicon: Lexicon, *, with_site: bool, sentences: FindSentences | None = None
) -> list[Example]:
    """Return the comments of a set of moved ones, each with its evidence."""
    views, labels = moved_threads(shared, name)
    elsewhere = Elsewhere(posts=site_posts(views, lexicon) if with_site else None, sentences=sentences)
    made = []
    for view in views:
        analysis = TopicAnalysis(view, elsewhere, lexicon=lexicon, model=Neutral())
        for entry, is_moved in zip(view.entries[1:], labels[view.thread.id], strict=True):
            said = analysis.said(entry)
            found = analysis.with_meaning(entry, analysis.evidence(entry, said))
            analysis.learn(entry, said)
            made.append(Example(view.thread.id, dict(found.signs), found.stems, is_moved))
    return made


def held_out(
    training: Sequence[Example], test: Sequence[Example], signs: Sequence[str], *, shuffled: bool = False
) -> np.ndarray:
    """Return the score of each comment, by weights learned from the threads of other folds.

    A comment that lacks some of the signs, for one in another language, is scored by what all have.
    """
    by_all = [sign for sign in signs if all(sign in example.signs for example in test)]
    scores = np.zeros(len(test))
    for fold in range(FOLDS):
        kept = [example for example in training if fold_of(example.thread) != fold]
        if shuffled:
            labels = [example.is_moved for example in kept]
            random.Random(fold).shuffle(labels)  # noqa: S311  # no secret
            kept = [replace(one, is_moved=label) for one, label in zip(kept, labels, strict=True)]
        models = [fit(kept, some) for some in ([signs] if len(by_all) == len(signs) else [signs, by_all])]
        for at, example in enumerate(test):
            if fold_of(example.thread) == fold:
                model = next(model for model in models if model.needs <= example.signs.keys())
                scores[at] = model.probability(evidence(example))
    return scores


def evidence(example: Example) -> Evidence:
    """Return an example's evidence as a model reads it."""
    return Evidence(example.signs, example.stems)


def moved_rows(
    shared: Path, plot: Path | None = None, sentences: FindSentences | None = None
) -> Iterator[dict[str, object]]:
    """Yield the figures on moved comments: with the site's other posts, without them, and the two controls."""
    training = all_examples(shared, shipped(), with_site=True, sentences=sentences)
    models = kinds(training)
    for name in ("moved-random", "moved-hard"):
        test = moved_set(shared, name, shipped(), with_site=True, sentences=sentences)
        is_moved = np.array([example.is_moved for example in test])
        for kind, signs in models.items():
            scores = held_out(training, test, signs)
            told = f"{kind}, and meaning" if sentences is not None else kind
            yield {"score": name, "evidence": told, **figures(scores, is_moved)}
        if plot is not None and name == "moved-random":
            plot.write_text(reliability(scores, is_moved), "utf-8")
        signs = models["thread and site"]
        yield {"score": name, "control": "length alone", **figures(held_out(training, test, []), is_moved)}
        by_chance = held_out(training, test, signs, shuffled=True)
        yield {"score": name, "control": "shuffled labels", **figures(by_chance, is_moved)}


def blogs_rows(shared: Path, sentences: FindSentences | None = None) -> Iterator[dict[str, object]]:
    """Yield how well a blog's moved comments are told by weights that have not seen it, and by some that have.

    The training examples serve as the test, each thread by weights learned from others; six in seven are moved.
    """
    made = all_examples(shared, shipped(), with_site=True, sentences=sentences)
    site_of = {thread.id: site for site, threads in site_threads(shared).items() for thread in threads}
    for kind, signs in kinds(made).items():
        usable = [example for example in made if example.signs.keys() >= set(signs)]
        for blog in sorted({site_of[example.thread] for example in usable}):
            test = [example for example in usable if site_of[example.thread] == blog]
            is_moved = np.array([example.is_moved for example in test])
            stranger = fit([example for example in usable if site_of[example.thread] != blog], signs)
            by_others = np.array([stranger.probability(evidence(example)) for example in test])
            yield {
                "score": "another blog",
                "evidence": kind,
                "blog": blog,
                "comments": len(test),
                "auc by the others": figures(by_others, is_moved)["auc"],
                "auc by its own too": figures(held_out(usable, test, signs), is_moved)["auc"],
            }


def parts_rows(shared: Path) -> Iterator[dict[str, object]]:
    """Yield how many moved comments of every second thread are reported whole, and how many more by a part of them.

    By the shipped weights; for each the number of reports and of those that are right.
    """
    options = off_topic.Options()
    for name in ("moved-random", "moved-hard"):
        views, labels = moved_threads(shared, name)
        for posts in (None, site_posts(views, shipped())):
            least = options.min_score if posts is None else options.min_score_in_site
            whole, more = [], []
            for view in views[::2]:
                analysis = TopicAnalysis(view, Elsewhere(posts=posts))
                for entry, is_moved in zip(view.entries[1:], labels[view.thread.id], strict=True):
                    found = analysis.relevance(entry)
                    if found.score >= least:
                        whole.append(is_moved)
                    elif found.part and found.part.score >= least:
                        more.append(is_moved)
            yield {
                "score": name,
                "reports": "with other posts" if posts else "thread alone",
                "whole": [len(whole), sum(whole)],
                "by a part": [len(more), sum(more)],
            }


def moved_threads(shared: Path, name: str) -> tuple[list[ThreadView], dict[str, list[bool]]]:
    """Return the threads of a set of moved comments, and by thread which of its comments were moved there."""
    path = shared / "data" / "offtopic" / f"{name}.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        labels = {row["id"]: [bool(c.get("moved")) for c in row["comments"]] for row in map(json.loads, lines)}
    threads = read_threads(str(path), on_notice=lambda notice: None, on_bytes=lambda count: None)
    return [ThreadView(thread) for thread in threads], labels


def labelled_row(
    shared: Path, min_score: float | None = None, sentences: FindSentences | None = None
) -> dict[str, object]:
    """Return how right the rule is on the hand-labelled threads, within its budget over all of them as one site."""
    gold: dict[str, set[str]] = {}
    spam: dict[str, set[str]] = {}
    for line in (shared / "labelled" / "labels.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        if "off_topic" in row:
            gold[row["thread"]], spam[row["thread"]] = set(row["off_topic"]), set(row["spam"])
    options = (
        off_topic.Options()
        if min_score is None
        else off_topic.Options(min_score=min_score, min_score_in_site=min_score)
    )
    engine = Engine([off_topic], {off_topic.ID: options})
    found: list[tuple[float, str, str]] = []
    comments = 0
    threads = list(labelled(shared))
    sites: dict[str | None, list[ThreadView]] = {}
    for thread in threads:
        sites.setdefault(thread.site, []).append(ThreadView(thread))
    posts = {site: site_posts(views, shipped()) for site, views in sites.items()}
    for thread in threads:
        comments += len(thread.comments)
        for outcome in engine.evaluate(thread, elsewhere=Elsewhere(posts=posts[thread.site], sentences=sentences))[1]:
            found += [(finding.confidence, thread.id, outcome.comment.id) for finding in outcome.findings]
    kept = sorted(found, reverse=True)[: allowed(options.max_share, comments)]
    right = sum(comment in gold[thread] for _, thread, comment in kept)
    is_spam = sum(comment in spam[thread] - gold[thread] for _, thread, comment in kept)
    return {
        "score": "labelled threads",
        "min_score": [options.min_score, options.min_score_in_site],
        "comments": comments,
        "reported": len(kept),
        "off-topic": right,
        "spam": is_spam,
        "precision": round(right / max(1, len(kept)), 3),
        "precision with spam": round((right + is_spam) / max(1, len(kept)), 3),
        "reports": [f"{thread} {comment} {confidence:.2f}" for confidence, thread, comment in kept],
    }


def speed_rows(shared: Path, sentences: FindSentences | None = None) -> Iterator[dict[str, object]]:
    """Yield how many comments a second one core judges, in threads of several lengths made of real comments.

    Their text is parted into words before the clock starts, for the other rules need that too.
    """
    threads = list(blogs(shared))
    pool = [comment for thread in threads for comment in thread.comments]
    post = max(threads, key=lambda thread: len(thread.comments)).post
    # The sentence model takes a hundred times as long: as many comments tell as much, of a thread that is as long.
    for length in (200, 1_000, 5_000):
        comments = [replace(comment, id=str(number)) for number, comment in enumerate(pool[:length])]
        thread = Thread(site=None, id="t", title=None, url=None, post=post, comments=comments)
        context = Context(thread, Elsewhere(sentences=sentences))
        for entry in context.view.entries:
            _ = entry.words
        judged = context.view.entries[1:] if sentences is None else context.view.entries[-200:]
        began = time.process_time()
        for entry in judged:
            list(off_topic.check(entry, context, off_topic.Options()))
        seconds = time.process_time() - began
        yield {
            "score": "speed",
            "comments": length,
            "comments a second": round(len(judged) / seconds, 1 if sentences else None),
        }


def reliability(scores: np.ndarray, is_moved: np.ndarray) -> str:
    """Return a plot of how often comments of a score were moved, as SVG; perfect confidence is the diagonal."""
    edges = (0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.001)
    dots = []
    for low, high in pairwise(edges):
        here = (scores >= low) & (scores < high)
        if here.any():
            x, y = 40 + 300 * float(scores[here].mean()), 320 - 300 * float(is_moved[here].mean())
            dots.append(
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4"/>'
                f'<text x="{x + 6:.1f}" y="{y + 12:.1f}">{int(here.sum())}</text>'
            )
    ticks = "".join(
        f'<text x="{40 + 300 * at}" y="336" text-anchor="middle">{at:g}</text>'
        f'<text x="34" y="{324 - 300 * at}" text-anchor="end">{at:g}</text>'
        for at in (0, 0.25, 0.5, 0.75, 1)
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 380 370" font-family="sans-serif" font-size="10">'
        '<rect width="380" height="370" fill="#fff"/>'
        '<path d="M40 20V320H340" fill="none" stroke="#000"/>'
        '<path d="M40 320L340 20" stroke="#999" stroke-dasharray="4"/>'
        f'{ticks}<text x="190" y="356" text-anchor="middle">score (below each dot: how many comments)</text>'
        '<text x="12" y="170" text-anchor="middle" transform="rotate(-90 12 170)">share that was moved</text>'
        f'<g fill="#06c">{"".join(dots)}</g></svg>\n'
    )


def measure(shared: Path) -> list[dict[str, object]]:
    """Return every row of figures."""
    return [*moved_rows(shared), labelled_row(shared), *speed_rows(shared), *omp.measure(shared)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shared", type=Path)
    parser.add_argument("--only", nargs="*", default=["moved", "blogs", "parts", "labelled", "speed", "omp"])
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--semantic", action="store_true")
    parser.add_argument("--vectors", type=Path)
    options = parser.parse_args()
    sentences = kept_vectors(options.vectors) if options.semantic else None
    rows: dict[str, Callable[[], Iterable[dict[str, object]]]] = {
        "moved": lambda: moved_rows(options.shared, options.plot, sentences),
        "blogs": lambda: blogs_rows(options.shared, sentences),
        "parts": lambda: parts_rows(options.shared),
        "labelled": lambda: [labelled_row(options.shared, sentences=sentences)],
        "speed": lambda: speed_rows(options.shared, kept_vectors(None) if options.semantic else None),
        "omp": lambda: omp.measure(options.shared),
    }
    for name in options.only:
        for row in rows[name]():
            print(json.dumps(row, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
