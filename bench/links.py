"""Measure `link-only` on the shared folder: `python bench/links.py ../shared [--misses] [--flags]`.

Prints one JSON line a measure: the URL finder on written texts, the rule on written comments, on the labelled threads
(by the ids of their comments), on both together, and the shares of real comments that it reports. `--misses` lists
what it got wrong, `--flags` every real comment that it reports.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from adapters.thread import Comment, Post, Thread
from bench.corpora import blogs, forum, labelled
from rules import link_only
from rules.engine import Engine
from rules.finding import Finding
from rules.links.urls import find_urls
from rules.view import Entry


@dataclass
class Score:
    """Count what was reported, what should have been, and both."""

    hit: int = 0
    found: int = 0
    wanted: int = 0
    misses: list[str] = field(default_factory=list)

    def add(self, text: str, *, is_found: bool, is_wanted: bool) -> None:
        self.hit += is_found and is_wanted
        self.found += is_found
        self.wanted += is_wanted
        if is_found != is_wanted:
            self.misses.append(f"{'false flag' if is_found else 'missed'}\t{' '.join(text.split())[:200]}")

    def __add__(self, other: "Score") -> "Score":
        return Score(self.hit + other.hit, self.found + other.found, self.wanted + other.wanted)

    def row(self, name: str) -> dict[str, object]:
        precision, recall = self.hit / max(1, self.found), self.hit / max(1, self.wanted)
        return {
            "score": name,
            "P": round(precision, 3),
            "R": round(recall, 3),
            "found": self.found,
            "wanted": self.wanted,
        }


def reports(threads: Iterable[Thread], *, trackbacks: bool = True) -> Iterator[tuple[Thread, Entry, Finding | None]]:
    """Yield each comment with what the rule says of it."""
    engine = Engine([link_only], {link_only.ID: link_only.Options(trackbacks=trackbacks)})
    for thread in threads:
        for outcome in engine.evaluate(thread)[1]:
            if outcome.not_evaluated:
                raise RuntimeError(f"{thread.id} {outcome.comment.id}: {outcome.not_evaluated[0].reason}")
            yield thread, outcome.comment, next(iter(outcome.findings), None)


def urls(shared: Path) -> Score:
    """Score the finder; each URL counts that it finds, misses or makes up."""
    score = Score()
    for case in json.loads((shared / "data" / "linkonly" / "url_cases.json").read_text("utf-8")):
        found = [case["text"][start:end] for start, end, _ in find_urls(case["text"])]
        for url in dict.fromkeys([*found, *case["urls"]]):
            score.add(f"{url} in {case['text']}", is_found=url in found, is_wanted=url in case["urls"])
    return score


def cases(shared: Path) -> Score:
    """Score single comments, each under an empty post."""
    score = Score()
    for case in json.loads((shared / "data" / "linkonly" / "linkonly_cases.json").read_text("utf-8")):
        comment = Comment(id="1", body=case["text"], format="plain")
        thread = Thread(site=None, id="t", title=None, url=None, post=Post(id="p"), comments=[comment])
        for _, entry, finding in reports([thread]):
            score.add(entry.content.body, is_found=finding is not None, is_wanted=bool(case["link_only"]))
    return score


def by_label(shared: Path, *, trackbacks: bool = True) -> Score:
    """Score the comments of the labelled threads, whose labels take trackbacks for link-only."""
    rows = map(json.loads, (shared / "labelled" / "labels.jsonl").read_text("utf-8").splitlines())
    wanted = {row["thread"]: set(map(str, row["link_only"])) for row in rows if "link_only" in row}
    score = Score()
    threads = (thread for thread in labelled(shared) if thread.id in wanted)
    for thread, entry, finding in reports(threads, trackbacks=trackbacks):
        text = f"{thread.id} {entry.id} {entry.author}: {entry.content.body}"
        score.add(text, is_found=finding is not None, is_wanted=entry.id in wanted[thread.id])
    return score


def real(name: str, threads: Iterable[Thread]) -> tuple[dict[str, object], list[str]]:
    """Return the shares of real comments that are reported, and those comments."""
    count = trackbacks = 0
    flags = []
    began = time.process_time()
    for _, entry, finding in reports(threads):
        count += 1
        if finding is not None:
            trackbacks += "trackback" in finding.message
            flags.append(f"{finding.message}\t{entry.author}\t{' '.join(entry.content.body.split())[:200]}")
    row = {
        "score": f"link-only, {name}",
        "comments": count,
        "share": round(len(flags) / max(1, count), 4),
        "share_trackbacks": round(trackbacks / max(1, count), 4),
        "share_others": round((len(flags) - trackbacks) / max(1, count), 4),
        "comments_per_s": round(count / (time.process_time() - began)),
    }
    return row, flags


def measure(shared: Path, *, with_misses: bool = False, with_flags: bool = False) -> list[dict[str, object]]:
    """Return all rows; prints what was asked for besides."""
    scores = {"URLs": urls(shared), "link-only cases": cases(shared), "link-only labelled": by_label(shared)}
    real_rows, flags = zip(*(real("blogs", blogs(shared)), real("forum", forum(shared))), strict=True)
    for line in [line for score in scores.values() for line in score.misses] if with_misses else []:
        print(line)
    for line in [line for some in flags for line in some] if with_flags else []:
        print(line)
    both = scores["link-only cases"] + scores["link-only labelled"]
    without = scores["link-only cases"] + by_label(shared, trackbacks=False)
    return [
        *(score.row(name) for name, score in scores.items()),
        both.row("link-only cases and labelled"),
        without.row("link-only cases and labelled, trackbacks = false"),
        *real_rows,
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shared", type=Path)
    parser.add_argument("--misses", action="store_true", help="list what was got wrong")
    parser.add_argument("--flags", action="store_true", help="list the real comments that are reported")
    options = parser.parse_args()
    for row in measure(options.shared, with_misses=options.misses, with_flags=options.flags):
        print(json.dumps(row, ensure_ascii=False))


if __name__ == "__main__":
    main()
