"""Measure the off-topic rule on moved comments, labelled threads, moderators' labels and speed; a JSON line a figure.

    python bench/topic.py SHARED [--only NAME ...] [--plot docs/topic.svg]

Moved comments are scored with weights learned from other threads and with words counted without their blog, so that the
figures are those of an unseen blog. In the same run two controls: with the comment's length alone the AUC has to be .5,
and so it has to be with weights learned from shuffled labels.
"""

import gzip
import json
import random
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from adapters.saved.threads import read_threads
from bench.train_topic import FOLDS, Example, Neutral, fit, fold_of, site_posts
from rules.elsewhere import Elsewhere
from rules.topic.evidence import Evidence
from rules.topic.lexicon import Lexicon
from rules.topic.relevance import TopicAnalysis
from rules.view import ThreadView


def moved_set(shared: Path, name: str, lexicon: Lexicon, *, with_site: bool) -> list[Example]:
    """Return the comments of a set of moved ones, each with its evidence."""
    path = shared / "data" / "offtopic" / f"{name}.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        labels = {row["id"]: [bool(c.get("moved")) for c in row["comments"]] for row in map(json.loads, lines)}
    threads = read_threads(str(path), on_notice=lambda notice: None, on_bytes=lambda count: None)
    views = [ThreadView(thread) for thread in threads]
    elsewhere = Elsewhere(posts=site_posts(views, lexicon) if with_site else None)
    made = []
    for view in views:
        analysis = TopicAnalysis(view, elsewhere, lexicon=lexicon, model=Neutral())
        for entry, is_moved in zip(view.entries[1:], labels[view.thread.id], strict=True):
            said = analysis.said(entry)
            found = analysis.evidence(entry, said)
            analysis.learn(entry, said)
            made.append(Example(view.thread.id, tuple(found.signs.values()), found.stems, is_moved))
    return made


def figures(scores: np.ndarray, is_right: np.ndarray) -> dict[str, float]:
    """Return AUC (ties count half), and the share of right ones among the top 1 % and 5 %."""
    order = np.argsort(scores, kind="stable")
    ranks = np.empty(len(scores))
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    right, wrong = int(is_right.sum()), int((~is_right).sum())
    top = order[::-1]
    at = {share: float(is_right[top[: max(1, int(share * len(top)))]].mean()) for share in (0.01, 0.05)}
    auc = (ranks[is_right].sum() - right * (right + 1) / 2) / max(1, right * wrong)
    return {"auc": round(auc, 4), "p@1%": round(at[0.01], 3), "p@5%": round(at[0.05], 3)}


def held_out(
    training: Sequence[Example], test: Sequence[Example], signs: Sequence[str], *, shuffled: bool = False
) -> np.ndarray:
    """Return the score of each comment, by weights learned from the threads of other folds."""
    scores = np.zeros(len(test))
    for fold in range(FOLDS):
        kept = [example for example in training if fold_of(example.thread) != fold]
        if shuffled:
            labels = [example.is_moved for example in kept]
            random.Random(fold).shuffle(labels)  # noqa: S311  # no secret
            kept = [
                Example(one.thread, one.signs, one.stems, label, one.weight)
                for one, label in zip(kept, labels, strict=True)
            ]
        model = fit(kept, signs)
        for at, example in enumerate(test):
            if fold_of(example.thread) == fold:
                scores[at] = model.probability(evidence(example, signs))
    return scores


def evidence(example: Example, signs: Sequence[str]) -> Evidence:
    """Return an example's evidence as a model reads it."""
    return Evidence(dict(zip(signs, example.signs, strict=True)), example.stems, None)
