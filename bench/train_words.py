"""Count words in public threads and news, and write rules/topic/words.json: how rare each is, and its vector.

    python bench/train_words.py SHARED OUT [--without blogs|haacked ...]

Needs scipy (the `train` extra). Texts are the shared blogs, forum, issues, news and Usenet; never the German corpus of
moderators' labels, whose licence forbids it. Stems that fewer than five texts have are left out.
"""

import argparse
import gzip
import json
import sys
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import svds

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench.corpora import blogs, forum, issues
from rules.topic.languages import language_of, stems_in
from rules.view import ThreadView
from rules.words import Words

DIMENSIONS = 64
WINDOW = 12
NEAR = 5
MIN_TEXTS = 5
MOST_WEIGHED = 40_000
MOST_VECTORS = 20_000


def texts(shared: Path, without: frozenset[str]) -> Iterator[Words]:
    """Yield the words of every text learned from."""
    for name, corpus in (("blogs", blogs), ("forum", forum), ("issues", issues)):
        for thread in corpus(shared):
            if name not in without and (thread.site or "").split(".")[0] not in without:
                for entry in ThreadView(thread).entries:
                    yield entry.words
    for path, key in (("polnear/train", "text"), ("ng20/sample", "text"), ("pan13/dev", "src_text")):
        with gzip.open(shared / "data" / f"{path}.jsonl.gz", "rt", encoding="utf-8") as lines:
            for line in lines:
                yield Words(json.loads(line)[key])


def learn(shared: Path, without: frozenset[str] = frozenset()) -> dict[str, object]:
    """Return what goes into words.json."""
    kept: list[list[str]] = []
    for words in texts(shared, without):
        if (language := language_of(words.folded, words.text)) in (None, "English"):
            stems = stems_in(language)
            kept.append([stem for word in words.folded if (stem := stems.of(word))])
    holders = Counter(stem for text in kept for stem in set(text))
    stems_kept = [stem for stem, n in holders.most_common(MOST_WEIGHED) if n >= MIN_TEXTS]
    vectors = word_vectors(kept, stems_kept[:MOST_VECTORS])
    per_million = np.array([round(1e6 * holders[stem] / len(kept)) for stem in stems_kept], "<u4")
    scale = 127 / np.abs(vectors).max(axis=1, keepdims=True)
    return {
        "stems": " ".join(stems_kept),
        "per_million": b64encode(per_million.tobytes()).decode(),
        "dimensions": DIMENSIONS,
        "vectors": b64encode((vectors * scale).round().astype(np.int8).tobytes()).decode(),
    }


def word_vectors(kept: list[list[str]], vocabulary: list[str]) -> np.ndarray:
    """Return a vector for each word: the positive mutual information of words near each other, factored."""
    at = {stem: row for row, stem in enumerate(vocabulary)}
    size = len(vocabulary)
    ids = np.concatenate([[at.get(stem, -1) for stem in text] + [-1] * WINDOW for text in kept]).astype(np.int32)
    pairs = sparse.csr_matrix((size, size), dtype=np.float32)
    for distance in range(1, WINDOW + 1):
        one, other = ids[:-distance], ids[distance:]
        both = (one >= 0) & (other >= 0) & (one != other)
        share = np.full(int(both.sum()), 1.0 if distance <= NEAR else 0.5, np.float32)
        pairs = pairs + sparse.coo_matrix((share, (one[both], other[both])), shape=(size, size)).tocsr()
    pairs = (pairs + pairs.T).tocoo()
    total = np.maximum(np.asarray(pairs.tocsr().sum(axis=1)).ravel(), 1e-9)
    smoothed = total**0.75 / (total**0.75).sum()
    information = np.log(pairs.data / (total[pairs.row] * smoothed[pairs.col]))
    positive = sparse.csr_matrix((np.maximum(information, 0), (pairs.row, pairs.col)), shape=(size, size))
    left, strength, _ = svds(positive, k=DIMENSIONS, random_state=1)
    vectors = left * np.sqrt(strength)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shared", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--without", nargs="*", default=[])
    options = parser.parse_args()
    learned = learn(options.shared, frozenset(options.without))
    options.out.write_text(json.dumps(learned) + "\n", "utf-8")
    print(f"{len(str(learned['stems']).split())} stems, {options.out.stat().st_size / 1e6:.1f} MB in {options.out}")


if __name__ == "__main__":
    main()
