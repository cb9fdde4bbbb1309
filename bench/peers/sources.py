"""Finding where a short quotation is from, side by side.

    python bench/peers/sources.py SHARED [--posts N] [--queries N]

Takes forum posts, each without what it quotes, and real quotations of 10 to 30 words whose source is among them; once
as they stand, once edited (two words cut, a letter missing). Every method indexes the same posts and answers the same
queries in one run: posts indexed a second, how often the first answer is the source, median and 95th percentile of the
time a query takes, and the ratio to this program's thread matching. A peer that is not installed is left out. Needs
the extra `peers`.
"""

import argparse
import gzip
import json
import random
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from rules.quotes.alignment import RunIndex
from rules.words import Words

SEED = 20
Posts = Mapping[str, str]  # id, text; in the order of time
Find = Callable[[str], str | None]  # a quotation's source


def thread_matching(posts: Posts) -> Find:
    """Take all posts for one thread."""
    index, ids = RunIndex(), list(posts)
    for text in posts.values():
        index.add(Words(text))

    def find(text: str) -> str | None:
        best = max(index.copies(Words(text)), key=lambda copy: copy.matched, default=None)
        return None if best is None else ids[best.holder]

    return find


def datasketch_at(threshold: float) -> Callable[[Posts], Find]:
    """Return MinHash with LSH over runs of three words, as datasketch has it."""

    def build(posts: Posts) -> Find:
        from datasketch import MinHash, MinHashLSH

        def sketch(text: str) -> MinHash:
            made = MinHash(num_perm=128)
            made.update_batch([gram.encode() for gram in grams(text)])
            return made

        index = MinHashLSH(threshold=threshold, num_perm=128)
        held = {}
        for id, text in posts.items():
            held[id] = sketch(text)
            index.insert(id, held[id])

        def find(text: str) -> str | None:
            query = sketch(text)
            return max(index.query(query), key=lambda id: query.jaccard(held[id]), default=None)

        return find

    return build


def rensa_at(threshold: float) -> Callable[[Posts], Find]:
    """Return MinHash with LSH over runs of three words, as rensa has it."""

    def build(posts: Posts) -> Find:
        from rensa import RMinHash, RMinHashLSH

        def sketch(text: str) -> RMinHash:
            made = RMinHash(num_perm=128, seed=SEED)
            made.update(list(grams(text)))
            return made

        index, ids = (
            RMinHashLSH(threshold=threshold, num_perm=128, num_bands=16 if threshold >= 0.5 else 64),
            list(posts),
        )
        held = []
        for number, text in enumerate(posts.values()):
            held.append(sketch(text))
            index.insert(number, held[number])

        def find(text: str) -> str | None:
            query = sketch(text)
            best = max(index.query(query), key=lambda number: query.jaccard(held[number]), default=None)
            return None if best is None else ids[best]

        return find

    return build


def rapidfuzz(posts: Posts) -> Find:
    """Compare with every post."""
    from rapidfuzz import fuzz, process

    texts = {id: " ".join(Words(text).folded) for id, text in posts.items()}

    def find(text: str) -> str | None:
        query = " ".join(Words(text).folded)
        # A post that is shorter than the query would be looked for in it.
        longer = {id: text for id, text in texts.items() if len(text) >= len(query)}
        best = process.extractOne(query, longer, scorer=fuzz.partial_ratio, score_cutoff=80, processor=None)
        return None if best is None else best[2]

    return find


def tantivy_by(kind: str) -> Callable[[Posts], Find]:
    """Return tantivy's index, asked for the phrase or for the words."""

    def build(posts: Posts) -> Find:
        import tantivy

        schema = tantivy.SchemaBuilder()
        schema.add_text_field("id", stored=True, tokenizer_name="raw")
        schema.add_text_field("body", stored=False)
        index = tantivy.Index(schema.build())
        writer = index.writer(heap_size=100_000_000, num_threads=1)
        for id, text in posts.items():
            writer.add_document(tantivy.Document(id=id, body=text))
        writer.commit()
        writer.wait_merging_threads()
        index.reload()
        searcher = index.searcher()

        def find(text: str) -> str | None:
            words = " ".join(re.findall(r"\w+", text.lower()))  # AND and OR in capitals are operators
            query = index.parse_query(f'"{words}"' if kind == "phrase" else words, ["body"])
            hits = searcher.search(query, 1).hits
            return searcher.doc(hits[0][1])["id"][0] if hits else None

        return find

    return build


# name: what must be installed, how to build it, how many queries it gets (None: all).
# An archive index joins here as ("", build, None); `build` takes the posts and returns what finds a source.
METHODS: Mapping[str, tuple[str, Callable[[Posts], Find], int | None]] = {
    "thread matching": ("", thread_matching, None),
    "datasketch LSH 0.5": ("datasketch", datasketch_at(0.5), None),
    "datasketch LSH 0.1": ("datasketch", datasketch_at(0.1), None),
    "rensa LSH 0.5": ("rensa", rensa_at(0.5), None),
    "rensa LSH 0.1": ("rensa", rensa_at(0.1), None),
    "rapidfuzz partial_ratio": ("rapidfuzz", rapidfuzz, 20),
    "tantivy phrase": ("tantivy", tantivy_by("phrase"), None),
    "tantivy BM25": ("tantivy", tantivy_by("words"), None),
}


def grams(text: str) -> Iterator[str]:
    """Yield the runs of three words."""
    words = Words(text).folded
    return (" ".join(words[at : at + 3]) for at in range(max(1, len(words) - 2)))


def read(shared: Path, most: int, queries: int) -> tuple[Posts, list[tuple[str, str]]]:
    """Return the posts without what they quote, and quotations with the id of their source."""
    posts: dict[str, str] = {}
    asked: list[tuple[str, str]] = []
    with gzip.open(shared / "data" / "iac4forums" / "scale-100k.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            for post in json.loads(line)["posts"]:
                own, at = [], 0
                for quote in sorted(post["quotes"], key=lambda quote: quote["start"]):
                    own.append(post["text"][at : quote["start"]])
                    at = max(at, quote["end"])
                    quoted = post["text"][quote["start"] : quote["end"]]
                    if 10 <= len(quoted.split()) <= 30:
                        asked.append((quoted, str(quote["quote_id"])))
                posts[str(post["id"])] = " ".join([*own, post["text"][at:]])
                if len(posts) == most:
                    break
            if len(posts) == most:
                break
    held = {}

    def stands(quoted: str, id: str) -> bool:
        if id not in held:
            held[id] = f" {' '.join(Words(posts[id]).folded)} "
        return f" {' '.join(Words(quoted).folded)} " in held[id]

    asked = [(quoted, id) for quoted, id in asked if id in posts and stands(quoted, id)]
    random.Random(SEED).shuffle(asked)  # noqa: S311  # no secret is made of it
    return posts, asked[:queries]


def edited(text: str, seed: int) -> str:
    """Return a quotation with two words cut and a letter missing."""
    rng = random.Random(seed)  # noqa: S311  # no secret is made of it
    words = text.split()
    at = rng.randrange(2, len(words) - 4)
    del words[at : at + 2]
    long = [place for place, word in enumerate(words) if len(word) > 4] or [0]
    place = rng.choice(long)
    words[place] = words[place][:2] + words[place][3:]
    return " ".join(words)


def answers(find: Find, asked: Iterable[tuple[str, str]]) -> tuple[float, list[float]]:
    """Return the share of sources found, and the milliseconds that each query took."""
    right, times = 0, []
    for text, source in asked:
        began = time.perf_counter()
        found = find(text)
        times.append(1000 * (time.perf_counter() - began))
        right += found == source
    return right / max(1, len(times)), times


def measure(posts: Posts, asked: Sequence[tuple[str, str]]) -> Iterator[dict[str, object]]:
    """Yield a row of figures for each method."""
    changed = [(edited(text, number), source) for number, (text, source) in enumerate(asked)]
    base: float | None = None
    for name, (package, build, most) in METHODS.items():
        if package and not find_spec(package):
            yield {"method": name, "left out": f"{package} is not installed"}
            continue
        began = time.perf_counter()
        find = build(posts)
        built = time.perf_counter() - began
        found, times = answers(find, asked[:most])
        found_edited, _ = answers(find, changed[:most])
        median = statistics.median(times)
        base = median if base is None else base
        yield {
            "method": name,
            "posts_per_s": round(len(posts) / built),
            "R@1": round(found, 3),
            "R@1 edited": round(found_edited, 3),
            "p50_ms": round(median, 3),
            "p95_ms": round(sorted(times)[int(0.95 * len(times))], 3),
            "queries": len(times),
            "time to thread matching's": round(median / base, 2),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shared", type=Path)
    parser.add_argument("--posts", type=int, default=10_000)
    parser.add_argument("--queries", type=int, default=500)
    options = parser.parse_args()
    if not options.shared.is_dir():
        print(f"{options.shared} is not there: nothing to score")
        return
    posts, asked = read(options.shared, options.posts, options.queries)
    print(json.dumps({"posts": len(posts), "queries": len(asked)}), flush=True)
    for row in measure(posts, asked):
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
