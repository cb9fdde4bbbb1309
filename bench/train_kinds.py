"""Train the model that tells quotations from made-up speech, titles and terms, and print how well it does.

    python bench/train_kinds.py SHARED [--write]

Takes the passages in marks of the hand-labelled threads that the model decides on: those whose words stand nowhere
earlier in their thread, and the short ones that do; and of news with marked attributions (`polnear/train`), where what
lies in an attribution is a quotation. Prints how the model does on them, cross-validated by thread, then how the whole
engine does on the labelled threads when each is judged with weights that were trained without it; `--write` writes
rules/quotes/kinds.json.
"""

import argparse
import gzip
import importlib.util
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from adapters.saved.threads import read_threads
from adapters.thread import Comment, Post, Thread
from bot.check import quote_thread
from rules.elsewhere import NOTHING_KNOWN
from rules.quotes import kinds
from rules.quotes.analysis import QuoteAnalysis
from rules.quotes.kinds import find_signs, is_sure
from rules.view import ThreadView

ROOT = Path(__file__).parent.parent
FOLDS = 10
PENALTY = 2.0
NEWS_WEIGHT = 0.02
NEWS_DOCUMENTS = 400
Example = tuple[str, dict[str, float], bool]  # thread, signs, is a quotation


def signs_in(thread: Thread) -> Iterator[tuple[str, int, int, str, dict[str, float]]]:
    """Yield comment id, start, end, text and signs of each passage in marks that has no source in its thread."""
    view = ThreadView(thread)
    analysis = QuoteAnalysis(view, NOTHING_KNOWN)
    for entry in view.entries:
        for found in analysis.candidates(entry):
            if entry.number and not is_sure(found) and found.span.form == "marks":
                yield entry.id, found.span.start, found.span.end, found.text, find_signs(found)


def labelled(shared: Path) -> Iterator[Example]:
    """Yield the examples of the hand-labelled threads; a passage without a label is no quotation."""
    gold: dict[tuple[str, str], list[dict[str, str]]] = defaultdict(list)
    for line in (shared / "labelled" / "labels.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        gold[row["thread"], row.get("comment", "")] += row.get("passages", [])
    for path in sorted((shared / "labelled" / "threads").glob("*.json")):
        for thread in read_threads(str(path), on_notice=lambda notice: None, on_bytes=lambda count: None):
            for comment, _, _, text, signs in signs_in(thread):
                matches = [label for label in gold[path.stem, comment] if same_words(label["text"], text)]
                yield path.stem, signs, any(label["kind"] == "quotation" for label in matches)


def same_words(label: str, text: str) -> bool:
    """Tell whether two texts share half of their words; a long label has only its beginning and end."""
    a, b = (set(re.findall(r"\w+", part.lower())) for part in (label, text))
    if " ... " in label:
        return len(a & b) >= 0.8 * len(a)
    return len(a & b) >= 0.5 * len(a | b)


def news(shared: Path) -> Iterator[Example]:
    """Yield the examples of the news documents."""
    with gzip.open(shared / "data" / "polnear" / "train.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in islice(lines, NEWS_DOCUMENTS):
            row = json.loads(line)
            said = [tuple(place) for one in row["attributions"] for place in one["content"]]
            comment = Comment(id="1", body=row["text"], format="plain")
            thread = Thread(site=None, id=row["doc"], title=None, url=None, post=Post(id="p"), comments=[comment])
            for _, start, end, _, signs in signs_in(thread):
                is_quotation = any(min(end, b) - max(start, a) >= 0.5 * (end - start) for a, b in said)
                yield row["doc"], signs, is_quotation


def fit(x: np.ndarray, y: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return the weights of a logistic regression with a squared penalty (Newton's method); column 0 is free of it."""
    penalty = np.full(x.shape[1], PENALTY)
    penalty[0] = 1e-6
    beta = np.zeros(x.shape[1])
    for _ in range(30):
        p = 1 / (1 + np.exp(-x @ beta))
        gradient = x.T @ (weight * (y - p)) - penalty * beta
        hessian = (x * (weight * p * (1 - p))[:, None]).T @ x + np.diag(penalty)
        step = np.linalg.solve(hessian, gradient)
        beta += step
        if np.abs(step).max() < 1e-8:
            break
    return beta


def fold_of(thread: str) -> int:
    """Return the part of the threads that one belongs to: whole threads go to one fold."""
    return sum(map(ord, thread)) % FOLDS


class Training:
    """Hold the examples as numbers, ready to be fitted."""

    def __init__(self, own: list[Example], news: list[Example]) -> None:
        examples = own + news
        self.names = sorted({name for _, signs, _ in examples for name in signs})
        self.x = np.array([[1.0, *(signs.get(name, 0.0) for name in self.names)] for _, signs, _ in examples])
        self.y = np.array([float(is_quotation) for *_, is_quotation in examples])
        self.weight = np.array([1.0] * len(own) + [NEWS_WEIGHT] * len(news))
        self.fold = np.array([fold_of(thread) for thread, *_ in examples])
        self.own = len(own)

    def weights(self, *, without: int | None = None) -> dict[str, float]:
        """Return the weights by sign, trained without the threads of one fold."""
        kept = self.fold != without
        beta = fit(self.x[kept], self.y[kept], self.weight[kept])
        return {name: round(float(b), 3) for name, b in zip(["", *self.names], beta, strict=True)}

    def held_out(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the probability and the label of each labelled passage, judged without its own thread."""
        p = np.zeros(self.own)
        for k in range(FOLDS):
            weights = self.weights(without=k)
            beta = np.array([weights[name] for name in ["", *self.names]])
            test = np.flatnonzero(self.fold[: self.own] == k)
            p[test] = 1 / (1 + np.exp(-self.x[test] @ beta))
        return p, self.y[: self.own] == 1


def print_figures(p: np.ndarray, gold: np.ndarray) -> None:
    """Print how the model does on the passages that it decides on."""
    print(json.dumps({"cross-entropy": round(float(-np.mean(np.where(gold, np.log(p), np.log(1 - p)))), 4)}))
    for threshold in (0.3, 0.4, 0.5, 0.6, 0.7, 0.8):
        found = p >= threshold
        hit = int((found & gold).sum())
        figures = {
            "threshold": threshold,
            "P": round(hit / max(1, int(found.sum())), 3),
            "R": round(hit / max(1, int(gold.sum())), 3),
        }
        print(json.dumps({**figures, "found": int(found.sum()), "gold": int(gold.sum()), "of": len(gold)}))
    for low in (0.0, 0.2, 0.4, 0.6, 0.8):
        inside = (p >= low) & (p < low + 0.2)
        if inside.any():
            share = round(float(gold[inside].mean()), 2)
            print(json.dumps({"calibration from": low, "passages": int(inside.sum()), "are quotations": share}))


def whole_engine(shared: Path, training: Training) -> dict[str, Any]:
    """Return the shared scorer's figures for the labelled threads, each judged by weights trained without it."""
    spec = importlib.util.spec_from_file_location("score", shared / "score" / "score.py")
    score = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(score)
    folds = [training.weights(without=k) for k in range(FOLDS)]

    def run(words: list[str], path: str) -> tuple[list[dict[str, Any]], float]:
        with patch.object(kinds, "weights", lambda: folds[fold_of(Path(path).stem)]):
            return [
                dict(shown.record)
                for thread in read_threads(path, on_notice=lambda notice: None, on_bytes=lambda count: None)
                for shown, _ in quote_thread(thread).passages
            ], 0.0

    score.run = run
    figures = score.labelled(str(shared / "labelled" / "threads"), str(shared / "labelled" / "labels.jsonl"))
    kept = {name: figure for name, figure in figures.items() if name != "seconds"}
    return {"score": "labelled, each thread judged by weights trained without it", **kept}


def trained(shared: Path) -> Training:
    """Return what there is to learn from."""
    return Training(list(labelled(shared)), list(news(shared)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shared", type=Path)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    training = trained(options.shared)
    print_figures(*training.held_out())
    print(json.dumps(whole_engine(options.shared, training)))
    weights = training.weights()
    for name, value in sorted(weights.items(), key=lambda item: item[1]):
        print(f"{value:+.2f}  {name or '(before any sign)'}", file=sys.stderr)
    if options.write:
        path = ROOT / "rules" / "quotes" / "kinds.json"
        path.write_text(json.dumps(weights, indent=1, sort_keys=True, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
