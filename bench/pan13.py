"""Pasted passages in whole documents: `python bench/pan13.py SHARED [--show]`.

Each pair of documents of the plagiarism corpus is a thread: the source is the post, the suspicious document a comment.
What is traced to the post is scored as PAN does (Potthast et al. 2010, An Evaluation Framework for Plagiarism
Detection): precision and recall in characters of both documents, macro-averaged over detections and cases;
granularity, the detections of a case that is found; plagdet, their F1 divided by log2(1 + granularity).

Two rows: `matching` takes the runs of words that thread matching finds and, as entries to PAN do, joins those that lie
near each other in both documents and drops short ones (documents share titles and stock phrases, which nobody marked
as a case); `passages` takes what the analysis of a comment makes of them, as it stands.
"""

import gzip
import json
import math
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from adapters.thread import Comment, Post, Thread
from rules.quotes.sources import ThreadSources
from rules.rule import Context
from rules.view import ThreadView

Span = tuple[int, int]
Match = tuple[Span, Span]  # in the suspicious document, in the source


# In characters.
JOINED = 300
SHORTEST = 250


def thread_of(suspicious: str, source: str) -> Thread:
    """Return a pair of documents as a post and its comment."""
    return Thread(
        site=None,
        id="t",
        title=None,
        url=None,
        post=Post(id="p", author="source", body=source, format="plain"),
        comments=[Comment(id="1", author="copyist", body=suspicious, format="plain")],
    )


def matched(thread: Thread) -> list[Match]:
    """Return the runs of words that the comment shares with the post, joined over gaps."""
    view = ThreadView(thread)
    post, comment = view.entries
    found: list[Match] = []
    for copy in ThreadSources(view).copies(comment):
        here = comment.words.start(copy.start), comment.words.end(copy.end - 1)
        there = post.words.start(copy.source_start), post.words.end(copy.source_end - 1)
        if found and all(0 <= new[0] - old[1] <= JOINED for old, new in zip(found[-1], (here, there), strict=True)):
            (begin, _), (source_begin, _) = found.pop()
            here, there = (begin, here[1]), (source_begin, there[1])
        found.append((here, there))
    return [(here, there) for here, there in found if here[1] - here[0] >= SHORTEST]


def passages(thread: Thread) -> list[Match]:
    """Return the passages of the comment that are traced to the post."""
    context = Context(thread)
    return [
        ((passage.start, passage.end), (passage.source.start, passage.source.end))
        for passage in context.passages(context.view.entries[1])
        if passage.source is not None and passage.source.start is not None and passage.source.end is not None
    ]


def overlap(one: Span, other: Span) -> int:
    """Return how many characters two spans share."""
    return max(0, min(one[1], other[1]) - max(one[0], other[0]))


def touch(one: Match, other: Match) -> bool:
    """Tell whether two matches share characters in both documents."""
    return overlap(one[0], other[0]) > 0 and overlap(one[1], other[1]) > 0


def covered(span: Span, others: Iterable[Span]) -> int:
    """Return how many characters of a span the others cover together."""
    total, at = 0, span[0]
    for start, end in sorted(others):
        start, end = max(start, at), min(end, span[1])
        total, at = total + max(0, end - start), max(at, end)
    return total


def shares(ones: Sequence[Match], others: Sequence[Match]) -> list[float]:
    """Return of each match the share of its characters, in both documents, that the others cover."""
    result = []
    for one in ones:
        touching = [other for other in others if touch(one, other)]
        size = sum(end - start for start, end in one)
        result.append(sum(covered(one[side], [other[side] for other in touching]) for side in (0, 1)) / size)
    return result


def measure(shared: Path, *, show: bool = False) -> list[dict[str, object]]:
    """Return the figures over all pairs, in two rows."""
    return [scored(shared, "matching", matched, show=show), scored(shared, "passages", passages, show=show)]


def scored(shared: Path, name: str, find: Callable[[Thread], list[Match]], *, show: bool) -> dict[str, object]:
    """Return the figures of one way to find what is copied."""
    precisions: list[float] = []
    recalls: list[float] = []
    pieces: list[int] = []
    pairs, seconds = 0, 0.0
    with gzip.open(shared / "data" / "pan13" / "dev.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            began = time.perf_counter()
            found = find(thread_of(row["susp_text"], row["src_text"]))
            seconds += time.perf_counter() - began
            pairs += 1
            cases: list[Match] = [(tuple(case["this"]), tuple(case["source"])) for case in row["cases"]]
            by_case, by_found = shares(cases, found), shares(found, cases)
            recalls += by_case
            precisions += by_found
            pieces += [count for case in cases if (count := sum(touch(case, one) for one in found))]
            if show and (min(by_case, default=1) < 0.98 or min(by_found, default=1) < 0.9 or len(found) != len(cases)):
                told = {"susp": row["susp"], "src": row["src"], "cases": cases, "recalls": by_case}
                print(json.dumps({**told, "found": found, "precisions": by_found}), file=sys.stderr)
    precision = sum(precisions) / max(1, len(precisions))
    recall = sum(recalls) / max(1, len(recalls))
    granularity = sum(pieces) / max(1, len(pieces))
    f1 = 2 * precision * recall / max(1e-9, precision + recall)
    return {
        "score": "pan13",
        "of": name,
        "plagdet": round(f1 / math.log2(1 + granularity), 4),
        "P": round(precision, 4),
        "R": round(recall, 4),
        "granularity": round(granularity, 4),
        "cases": len(recalls),
        "found": len(precisions),
        "pairs_per_s": round(pairs / seconds, 1),
    }


def main() -> None:
    if len(sys.argv) < 2 or not Path(sys.argv[1]).is_dir():
        print(f"{sys.argv[1] if len(sys.argv) > 1 else 'SHARED'} is not there: nothing to score")
        return
    for row in measure(Path(sys.argv[1]), show="--show" in sys.argv):
        print(json.dumps(row))


if __name__ == "__main__":
    main()
