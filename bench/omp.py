"""How far moderators' own labels can be told: the One Million Posts corpus, German, measured and nothing kept.

    python bench/omp.py SHARED

The corpus has no article texts, so that the rule itself has nothing to hold a comment against. What is measured is what
its kinds of evidence are worth there: the comment's own words (hashed words and runs of letters), how near it is to the
comment answered and to the other comments under the article. How often moderators took comments under the same article
for off-topic is measured apart: it does harm. Kernel ridge regression, the authors' ten folds; the
threshold of F1 is chosen on the folds learned from. The licence (CC BY-NC-SA) forbids to ship what is learned here.
"""

import csv
import gzip
import json
import math
import sys
import zlib
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench.figures import figures
from rules.topic.languages import stems_in
from rules.words import Words

SIZE = 1 << 13
RIDGE = 1.5
PRIOR = 6.0
WEIGHTS = {"words": 1.0, "article": 0.12, "nearness": 0.02}
CUTS = np.arange(0.6, 0.96, 0.01)


def measure(shared: Path) -> dict[str, object]:
    """Return F1, AUC and precision at the top, with and without what is known of the article."""
    with gzip.open(shared / "data" / "offtopic" / "omp_offtopic.csv.gz", "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    labels = np.array([row["Value"] == "1" for row in rows])
    folds = np.array([row["Fold"] for row in rows])
    articles = [row["ID_Article"] for row in rows]
    words = hashed([row["text"] or "" for row in rows])
    near = nearness(rows)
    return {
        "score": "omp",
        **judged(words, near, articles, folds, labels, with_article=False),
        "with the article's history": judged(words, near, articles, folds, labels, with_article=True),
    }


def judged(
    words: np.ndarray,
    near: np.ndarray,
    articles: list[str],
    folds: np.ndarray,
    labels: np.ndarray,
    *,
    with_article: bool,
) -> dict[str, float]:
    """Return the figures of one way to judge, each fold by what the others teach."""
    scores = np.zeros(len(labels))
    is_cut = np.zeros(len(labels), bool)
    base = WEIGHTS["words"] * words @ words.T + WEIGHTS["nearness"] * near @ near.T
    for fold in sorted(set(folds)):
        train, held = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        kernel = base
        if with_article:
            history = rates(articles, labels, set(train.tolist()))
            kernel = base + WEIGHTS["article"] * np.outer(history, history)
        own = kernel[np.ix_(train, train)]
        target = labels[train] - labels[train].mean()
        inverse = np.linalg.inv(own + RIDGE * np.eye(len(train)))
        weights = inverse @ target
        # What each would be given by the others (leave one out, in closed form): the cut is chosen on that.
        left_out = target - weights / np.diag(inverse)
        cut = max(np.quantile(left_out, CUTS), key=lambda at: f1(left_out >= at, labels[train]))
        scores[held] = kernel[np.ix_(held, train)] @ weights
        is_cut[held] = scores[held] >= cut
    return {"f1": round(f1(is_cut, labels), 3), **figures(scores, labels)}


def f1(said: np.ndarray, labels: np.ndarray) -> float:
    """Return the harmonic mean of precision and recall."""
    return 2 * float((said & labels).sum()) / max(1.0, float(said.sum() + labels.sum()))


def rates(articles: list[str], labels: np.ndarray, known: set[int]) -> np.ndarray:
    """Return for each comment how often others under its article are off-topic, scaled; its own label never counts."""
    mean = float(labels[list(known)].mean())
    hits, counts = Counter[str](), Counter[str]()
    for at in known:
        hits[articles[at]] += int(labels[at])
        counts[articles[at]] += 1
    rate = np.array(
        [
            (hits[article] - own * int(labels[at]) + PRIOR * mean) / (counts[article] - own + PRIOR)
            for at, article in enumerate(articles)
            for own in [int(at in known)]
        ]
    )
    logit = np.log(rate / (1 - rate))
    return np.asarray((logit - logit.mean()) / logit.std())


def hashed(texts: list[str]) -> np.ndarray:
    """Return unit vectors of the words and of the runs of three to five letters of each text."""
    rows = []
    holders = Counter[int]()
    for text in texts:
        folded = Words(text).folded
        parts = [f"w {word}" for word in folded] + [
            spelled[at : at + n]
            for word in folded
            for spelled in [f"_{word}_"]
            for n in (3, 4, 5)
            for at in range(len(spelled) - n + 1)
        ]
        row = Counter(zlib.crc32(part.encode()) % SIZE for part in parts)
        holders.update(row.keys())
        rows.append(row)
    out = np.zeros((len(texts), SIZE), np.float32)
    for at, row in enumerate(rows):
        for column, n in row.items():
            out[at, column] = (1 + math.log(n)) * math.log((len(texts) + 1) / holders[column])
    return out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-9)


def nearness(rows: list[dict[str, str]]) -> np.ndarray:
    """Return how near each comment is to the one answered and to its article's others, and its length; standardised."""
    stems = stems_in("German")
    texts = [Counter(filter(None, map(stems.of, Words(row["text"] or "").folded))) for row in rows]
    of_article: dict[str, Counter[str]] = defaultdict(Counter)
    for row, text in zip(rows, texts, strict=True):
        of_article[row["ID_Article"]].update(text.keys())
    found = []
    for row, text in zip(rows, texts, strict=True):
        parent = set(filter(None, map(stems.of, Words(row["parent_text"] or "").folded)))
        others = of_article[row["ID_Article"]]
        size = len(text) + 1
        shared = sum(others[stem] > 1 for stem in text) / size
        answered = sum(stem in parent for stem in text) / size
        found.append([shared, answered, math.log(size), float(bool(row["ID_Parent_Post"]))])
    x = np.array(found)
    return np.asarray((x - x.mean(axis=0)) / x.std(axis=0))


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]))))
