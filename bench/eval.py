"""Scores on the shared real threads: prints one JSON line a measure.

    python bench/eval.py SHARED [--only NAME ...] [--decided FOLDER]

Where SHARED is absent, says so in one line and does nothing. With --decided, the rules are scored on what moderators
have decided too: see bench/decided.py.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench.corrupt import measure as measure_corrupt
from bench.decided import measure as measure_decided
from bench.links import measure as measure_links
from bench.pages import measure as measure_pages
from bench.pan13 import measure as measure_pan13
from bench.topic import measure as measure_topic
from bench.train_kinds import trained, whole_engine

COMMAND = Path(sys.executable).parent / "quotewarden"


def scored(shared: Path, *words: str) -> dict[str, object]:
    """Run the shared scorer on the installed command and return its figures."""
    command = [sys.executable, str(shared / "score" / "score.py"), *words]
    done = subprocess.run(  # noqa: S603  # our own command
        command, capture_output=True, text=True, check=True, env={**os.environ, "QUOTEWARDEN": str(COMMAND)}
    )
    figures: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return figures


Rows = dict[str, object] | list[dict[str, object]]


def measures(shared: Path) -> dict[str, Callable[[], Rows]]:
    """Return what can be measured, by name: a row of figures, or several."""
    data = shared / "data"
    return {
        "pages": lambda: {"score": "pages", **{k: v for k, v in measure_pages(shared).items() if k != "misses"}},
        "labelled": lambda: scored(
            shared, "labelled", str(shared / "labelled" / "threads"), str(shared / "labelled" / "labels.jsonl")
        ),
        "labelled-unseen": lambda: whole_engine(shared, trained(shared)),
        "iac": lambda: scored(shared, "iac", str(data / "iac4forums" / "developers.jsonl.gz")),
        "polnear": lambda: scored(shared, "polnear", str(data / "polnear" / "dev.jsonl.gz")),
        "moved-random": lambda: scored(shared, "offtopic", str(data / "offtopic" / "moved-random.jsonl.gz")),
        "moved-hard": lambda: scored(shared, "offtopic", str(data / "offtopic" / "moved-hard.jsonl.gz")),
        "topic": lambda: measure_topic(shared),
        "link-only": lambda: measure_links(shared),
        "corrupt": lambda: measure_corrupt(shared),
        "pan13": lambda: measure_pan13(shared),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shared", type=Path)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--decided", type=Path)
    options = parser.parse_args()
    if options.decided is not None:
        for row in measure_decided(options.decided):
            print(json.dumps(row, ensure_ascii=False), flush=True)
    if not options.shared.is_dir():
        print(f"{options.shared} is not there: nothing to score")
        return
    for name, measure in measures(options.shared).items():
        if not options.only or name in options.only:
            began = time.monotonic()
            figures = measure()
            *rows, last = figures if isinstance(figures, list) else [figures]
            for row in (*rows, {**last, "took_s": round(time.monotonic() - began, 1)}):
                print(json.dumps(row, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
