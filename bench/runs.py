"""Measure which runs of words an edited quotation still shares with its source, and how many of them a post has.

    python bench/runs.py [--shared DIR] [--queries N]

A quotation of 10 to 30 words with two words cut and a letter changed is missed when it has none of the runs kept of its
source. Winnowing keeps of every `window` runs that follow each other the one with the least hash. Prints one JSON line
a choice.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import xxhash

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench.archive import ROOT, load
from rules.words import Words

CHOICES = (3, 1), (3, 2), (3, 3), (4, 1), (4, 2), (5, 1), (5, 4)


def hashes(words: Sequence[str], length: int) -> list[int]:
    """Return a hash of each run of so many words."""
    runs = zip(*(words[shift:] for shift in range(length)), strict=False)
    return [xxhash.xxh3_64_intdigest(" ".join(run).encode()) for run in runs]


def winnowed(values: Sequence[int], window: int) -> set[int]:
    """Return the least of each window."""
    if len(values) <= window:
        return set(values)
    return {min(values[at : at + window]) for at in range(len(values) - window + 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared")
    parser.add_argument("--queries", type=int, default=3000)
    options = parser.parse_args()
    dump = options.shared / "data" / "iac4forums" / "scale-100k.jsonl.gz"
    if not dump.exists():
        print(f"{dump} is not there: nothing to measure")
        return
    texts, queries = load(dump, 1_000_000, options.queries)
    some = [list(Words(text.text).folded) for text in texts[:: max(1, len(texts) // 5000)]]
    sources = {query.source: list(Words(texts[query.source].text).folded) for query in queries}
    for length, window in CHOICES:
        kept = {source: winnowed(hashes(words, length), window) for source, words in sources.items()}
        missed = sum(kept[query.source].isdisjoint(hashes(query.edited, length)) for query in queries)
        row = {
            "bench": "runs",
            "words": length,
            "window": window,
            "kept_a_post": round(sum(len(winnowed(hashes(words, length), window)) for words in some) / len(some), 1),
            "missed_edited": round(missed / len(queries), 4),
        }
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
