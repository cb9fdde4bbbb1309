"""Train the model that tells quotations from made-up speech, titles and terms, and print how well it does.

    python bench/train_kinds.py SHARED [--write]

Takes the passages in marks of four or more words whose words stand nowhere earlier in their thread: of the
hand-labelled threads, and of news with marked attributions (`polnear/train`), where what lies in an attribution is a
quotation. News differs from comments, so it gets a sign of its own, which is left out of the weights. Prints precision,
recall and F1 cross-validated by thread; `--write` writes rules/quotes/kinds.json.
"""

import argparse
import gzip
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from adapters.saved.threads import read_threads
from adapters.thread import Comment, Post, Thread
from rules.elsewhere import NOTHING_KNOWN
from rules.quotes.analysis import QuoteAnalysis
from rules.quotes.kinds import NAME_SIZE, find_signs
from rules.view import ThreadView

ROOT = Path(__file__).parent.parent
NEWS = "(news)"
FOLDS = 10
PENALTY = 1.0
NEWS_WEIGHT = 0.02
NEWS_DOCUMENTS = 400
Example = tuple[str, dict[str, float], bool]  # thread, signs, is a quotation


def signs_in(thread: Thread) -> Iterator[tuple[str, int, int, str, dict[str, float]]]:
    """Yield comment id, start, end, text and signs of each passage in marks that has no source in its thread."""
    view = ThreadView(thread)
    analysis = QuoteAnalysis(view, NOTHING_KNOWN)
    for entry in view.entries:
        for found in analysis.candidates(entry):
            span = found.span
            place = analysis.place(entry, found)
            if entry.number and span.form == "marks" and (place is None or found.count <= NAME_SIZE):
                signs = find_signs(
                    span,
                    found.text,
                    found.count,
                    found.around,
                    found.credit,
                    place=place,
                    company=found.company,
                    shared=analysis.shared(entry, found),
                )
                yield entry.id, span.start, span.end, found.text, signs


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shared", type=Path)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    own, other = list(labelled(options.shared)), list(news(options.shared))
    examples = own + other
    names = sorted({name for _, signs, _ in examples for name in signs})
    x = np.array([[1.0, *(signs.get(name, 0.0) for name in names)] for _, signs, _ in examples])
    y = np.array([float(is_quotation) for *_, is_quotation in examples])
    weight = np.array([1.0] * len(own) + [NEWS_WEIGHT] * len(other))
    # Whole threads go to one fold.
    fold = np.array([sum(map(ord, thread)) % FOLDS for thread, *_ in examples])
    p = np.zeros(len(own))
    for k in range(FOLDS):
        beta = fit(x[fold != k], y[fold != k], weight[fold != k])
        test = np.flatnonzero(fold[: len(own)] == k)
        p[test] = 1 / (1 + np.exp(-x[test] @ beta))
    gold = y[: len(own)] == 1
    print(json.dumps({"cross-entropy": round(float(-np.mean(np.where(gold, np.log(p), np.log(1 - p)))), 4)}))
    for threshold in (0.3, 0.4, 0.5, 0.6, 0.7, 0.8):
        found = p >= threshold
        hit = int((found & gold).sum())
        precision, recall = hit / max(1, int(found.sum())), hit / max(1, int(gold.sum()))
        figures = {"threshold": threshold, "P": round(precision, 3), "R": round(recall, 3), "found": int(found.sum())}
        print(json.dumps({**figures, "gold": int(gold.sum()), "of": len(own)}))
    calibration = [
        (
            round(low / 5, 1),
            int(((p >= low / 5) & (p < (low + 1) / 5)).sum()),
            float(gold[(p >= low / 5) & (p < (low + 1) / 5)].mean().round(2)),
        )
        for low in range(5)
        if ((p >= low / 5) & (p < (low + 1) / 5)).any()
    ]
    print(json.dumps({"calibration (from, passages, share that are quotations)": calibration}))
    beta = fit(x, y, weight)
    weights = {"": round(float(beta[0]), 3)}
    weights |= {name: round(float(b), 3) for name, b in zip(names, beta[1:], strict=True) if name != NEWS}
    for name, value in sorted(weights.items(), key=lambda item: item[1]):
        print(f"{value:+.2f}  {name}", file=sys.stderr)
    if options.write:
        path = ROOT / "rules" / "quotes" / "kinds.json"
        path.write_text(json.dumps(weights, indent=1, sort_keys=True, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
