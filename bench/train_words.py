"""Count in public threads and news how many texts have a stem, and write rules/topic/words.json.

    python bench/train_words.py SHARED

Texts are those of one of the two shared blogs, the forum, the issues, news and Usenet. The other blog is left out, so
that the figures of bench/topic.py, which are about its threads, are those of a blog that nobody counted. Stems that
fewer than five texts have are left out too.
"""

import argparse
import gzip
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench.corpora import blogs, forum, issues
from rules.topic.languages import language_of, stems_in
from rules.view import ThreadView
from rules.words import Words

ROOT = Path(__file__).parent.parent
LEFT_OUT = "haacked.com"
MIN_TEXTS = 5
MOST_STEMS = 40_000


def texts(shared: Path) -> Iterator[Words]:
    """Yield the words of every text learned from."""
    for corpus in (blogs, forum, issues):
        for thread in corpus(shared):
            if thread.site != LEFT_OUT:
                for entry in ThreadView(thread).entries:
                    yield entry.words
    for path, key in (("polnear/train", "text"), ("ng20/sample", "text"), ("pan13/dev", "src_text")):
        with gzip.open(shared / "data" / f"{path}.jsonl.gz", "rt", encoding="utf-8") as lines:
            for line in lines:
                yield Words(json.loads(line)[key])


def learn(shared: Path) -> dict[str, object]:
    """Return what goes into words.json."""
    holders: Counter[str] = Counter()
    count = 0
    for words in texts(shared):
        if (language := language_of(words.folded, words.text)) in (None, "English"):
            holders.update({stem for word in words.folded if (stem := stems_in(language).of(word))})
            count += 1
    kept = [(stem, n) for stem, n in holders.most_common(MOST_STEMS) if n >= MIN_TEXTS]
    return {"stems": " ".join(stem for stem, _ in kept), "per_million": [round(1e6 * n / count) for _, n in kept]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shared", type=Path)
    options = parser.parse_args()
    learned = json.dumps(learn(options.shared), separators=(",", ":"))
    (ROOT / "rules" / "topic" / "words.json").write_text(learned + "\n", "utf-8")


if __name__ == "__main__":
    main()
