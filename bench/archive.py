"""Measure ways to keep the archive's index on the same posts and the same quotations, in one run.

    python bench/archive.py [--shared DIR] [--posts N] [--queries N] [--only NAME ...]

Every way is built from the posts' own words (what a post quotes is cut out of it) in a process of its own, and asked
for real quotations of 10 to 30 words: word for word, and with two words cut and a letter changed; then for comments
made of three quotations from three posts. All rank what they find with the same code. An answer
is right when it is the post that the forum's own markup names, or an older one with the very same words.
The process is killed in the middle of adding too, and what is left is opened. Prints one JSON line a way; `cpu_ms` is
the processor's time, which other work on the machine disturbs less than `wall_ms`. Without tantivy (the extra `peers`)
its two lines are left out.
"""

import argparse
import gzip
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench.indexes import PEERS, Peer
from bot.archive.texts import ArchivedText
from rules.words import Words

ROOT = Path(__file__).parent.parent
CRASH_BATCH = 250


@dataclass(frozen=True)
class Query:
    """Hold a quotation's words, the same with three edits, and the post that it is from."""

    words: list[str]
    edited: list[str]
    source: int


def posts(dump: Path, most: int) -> Iterator[tuple[dict, str, str]]:
    """Yield posts with their thread and their own words."""
    with gzip.open(dump, "rt", encoding="utf-8") as lines:
        for line in lines:
            thread = json.loads(line)
            for post in thread["posts"]:
                kept, at = [], 0
                for start, end in sorted((quote["start"], quote["end"]) for quote in post["quotes"]):
                    kept.append(post["text"][at:start])
                    at = max(at, end)
                yield post, thread["discussion"], "\n\n".join([*kept, post["text"][at:]])
                if not (most := most - 1):
                    return


def load(dump: Path, most: int, queries: int) -> tuple[list[ArchivedText], list[Query]]:
    """Return the posts, named by their index, and quotations whose words stand in one of them."""
    texts: list[ArchivedText] = []
    numbers: dict[int, int] = {}
    quoted: list[tuple[int, str]] = []
    for post, thread, own in posts(dump, most):
        numbers[post["id"]] = len(texts)
        posted = datetime.fromtimestamp(post["ts"], UTC) if post["ts"] else None
        name = str(len(texts))
        texts.append(ArchivedText(site="f", thread=thread, kind="comment", id=name, text=own, posted_at=posted))
        quoted += [
            (quote["quote_id"], post["text"][quote["start"] : quote["end"]])
            for quote in post["quotes"]
            if quote["quote_id"]
        ]
    chance = random.Random(11)  # noqa: S311  # nothing secret
    chance.shuffle(quoted)
    found: list[Query] = []
    for source, text in quoted:
        words = list(Words(text).folded)
        if 10 <= len(words) <= 30 and source in numbers and holds(texts[numbers[source]], words):
            found.append(Query(words, edited(words, chance), numbers[source]))
            if len(found) == queries:
                break
    return texts, found


def holds(text: ArchivedText, words: list[str]) -> bool:
    """Tell whether a text has these words in a row."""
    return f" {' '.join(words)} " in f" {' '.join(Words(text.text).folded)} "


def edited(words: list[str], chance: random.Random) -> list[str]:
    """Cut two words and change a letter of a third."""
    left = words.copy()
    for _ in range(2):
        del left[chance.randrange(len(left))]
    at = chance.choice([number for number, word in enumerate(left) if len(word) > 1] or [0])
    place = chance.randrange(len(left[at]))
    letter = chance.choice("abcdefghijklmnopqrstuvwxyz".replace(left[at][place], ""))
    left[at] = left[at][:place] + letter + left[at][place + 1 :]
    return left


def is_right(texts: Sequence[ArchivedText], query: Query, answer: int) -> bool:
    """Tell whether an answer is the source, or older and of the same words."""
    if answer == query.source:
        return True
    age, gold = texts[answer].posted_at, texts[query.source].posted_at
    return age is not None and gold is not None and age <= gold and holds(texts[answer], query.words)


def asked(peer: Peer, texts: Sequence[ArchivedText], queries: Sequence[Query], kind: str) -> dict[str, object]:
    """Ask for each quotation thrice; of its times the least counts, so that the machine's other work does not."""
    right = 0
    times: list[tuple[float, float]] = []
    for query in queries:
        words = Words(" ".join(query.words if kind == "verbatim" else query.edited))
        answers, *took = answered(peer, words)
        right += bool(answers) and is_right(texts, query, answers[0])
        times.append((took[0], took[1]))
    return {f"recall_{kind}": round(right / len(queries), 4), **milliseconds(kind, times)}


def answered(peer: Peer, words: Words) -> tuple[list[int], float, float]:
    """Return what a way answers, and the least time by the wall's clock and the processor's of three."""
    walls, cpus = [], []
    for _ in range(3):
        began, used = time.perf_counter(), time.thread_time()
        answers = peer.holders(words)
        walls.append(time.perf_counter() - began)
        cpus.append(time.thread_time() - used)
    return answers, min(walls), min(cpus)


def milliseconds(kind: str, times: Sequence[tuple[float, float]]) -> dict[str, object]:
    """Return the median and the 95th percentile of both clocks."""
    walls, cpus = zip(*times, strict=True)
    return {f"wall_ms_{kind}": percentiles(walls), f"cpu_ms_{kind}": percentiles(cpus)}


def percentiles(times: Sequence[float]) -> list[float]:
    """Return the median and the 95th percentile in milliseconds."""
    ordered = sorted(times)
    return [round(1000 * ordered[int(len(ordered) * share)], 3) for share in (0.5, 0.95)]


def together(peer: Peer, texts: Sequence[ArchivedText], queries: Sequence[Query]) -> dict[str, object]:
    """Return the share of quotations found when a comment has three, between words of its own."""
    chance = random.Random(5)  # noqa: S311  # nothing secret
    right, times = 0, []
    threes = [queries[start : start + 3] for start in range(0, len(queries) - 2, 3)]
    for three in threes:
        parts: list[str] = []
        for query in three:
            # Another post's words in disorder: such as people use, and nobody's.
            own = list(Words(chance.choice(texts).text).folded[:80])
            chance.shuffle(own)
            parts += [*own, *query.words]
        answers, *took = answered(peer, Words(" ".join(parts)))
        times.append((took[0], took[1]))
        right += sum(any(is_right(texts, query, answer) for answer in answers) for query in three)
    return {"recall_three_in_one": round(right / (3 * len(threes)), 4), **milliseconds("three_in_one", times)}


def timed(work: Callable[[], object]) -> float:
    """Return how many seconds a piece of work takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def measure(name: str, dump: Path, folder: Path, most: int, count: int) -> dict[str, object]:
    """Build one way's index and measure it."""
    texts, queries = load(dump, most, count)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    peer = PEERS[name](folder / "full")
    used = time.process_time()
    built = timed(lambda: peer.add(texts))
    used = time.process_time() - used
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    index, kept = peer.sizes()
    row: dict[str, object] = {
        "bench": "archive",
        "way": name,
        "posts": len(texts),
        "queries": len(queries),
        "posts_per_s": round(len(texts) / built),
        "posts_per_cpu_s": round(len(texts) / used),
        "index_bytes_a_post": round(index / len(texts)),
        "text_bytes_a_post": round(kept / len(texts)),
        "grown_mb_while_adding": round((peak - before) / 1024),
    }
    for kind in ("verbatim", "edited"):
        row |= asked(peer, texts, queries, kind)
    row |= together(peer, texts, queries)
    chance = random.Random(3)  # noqa: S311  # nothing secret
    gone = [texts[number] for number in chance.sample(range(len(texts)), 20)]
    row["remove_one_ms"] = percentiles([timed(lambda text=text: peer.remove(text)) for text in gone])
    row["add_one_ms"] = percentiles([timed(lambda text=text: peer.add([text])) for text in gone])
    row["recall_after_upkeep"] = asked(peer, texts, queries[:500], "verbatim")["recall_verbatim"]
    row["kills_survived"] = f"{sum(survives(name, dump, folder / str(n), n) for n in range(5))} of 5"
    return row


def survives(name: str, dump: Path, folder: Path, number: int) -> bool:
    """Kill a process that adds batches; tell whether what it left opens and has whole batches only."""
    command = [sys.executable, __file__, "--crash", name, str(folder), "--dump", str(dump)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as child:  # noqa: S603  # ourselves
        stdout = child.stdout
        if stdout is None:
            return False
        for _ in range(3 + number):
            stdout.readline()
        time.sleep(0.03 * number)
        child.send_signal(signal.SIGKILL)
    try:
        left = PEERS[name](folder).count()
    except Exception as error:  # noqa: BLE001  # any failure is the answer
        print(f"{name}: {error}", file=sys.stderr)
        return False
    return left > 0 and left % CRASH_BATCH == 0


def crash(name: str, folder: Path, dump: Path) -> None:
    """Add batches until killed, a line after each."""
    texts, _ = load(dump, 40 * CRASH_BATCH, 1)
    peer = PEERS[name](folder)
    for start in range(0, len(texts), CRASH_BATCH):
        peer.add(texts[start : start + CRASH_BATCH])
        os.write(1, b"added\n")
    time.sleep(60)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared")
    parser.add_argument("--dump", type=Path)
    parser.add_argument("--posts", type=int, default=1_000_000)
    parser.add_argument("--queries", type=int, default=2000)
    parser.add_argument("--only", nargs="*", default=list(PEERS))
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--crash", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    dump = options.dump or options.shared / "data" / "iac4forums" / "scale-100k.jsonl.gz"
    if options.crash:
        crash(options.crash[0], Path(options.crash[1]), dump)
        return
    if not dump.exists():
        print(f"{dump} is not there: nothing to measure")
        return
    if options.one:
        folder = Path(tempfile.mkdtemp())
        try:
            print(json.dumps(measure(options.one, dump, folder, options.posts, options.queries)), flush=True)
        finally:
            shutil.rmtree(folder)
        return
    for name in options.only:
        if "tantivy" in name and not find_spec("tantivy"):
            print("tantivy is not installed: pip install -e '.[peers]'", file=sys.stderr)
            continue
        command = [sys.executable, __file__, "--one", name, "--dump", str(dump), "--posts", str(options.posts)]
        subprocess.run([*command, "--queries", str(options.queries)], check=True)  # noqa: S603  # ourselves


if __name__ == "__main__":
    main()
