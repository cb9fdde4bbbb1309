"""Comments a second and peak memory of `check`, on text made here and on real threads when they are there.

    python bench/check.py [--comments N] [--jobs N] [--shared DIR]

The made text is the threads of examples/ repeated, with every comment's words varied so that no comment is a copy by
chance. Each run is a process of its own; prints one JSON line a run.
"""

import argparse
import gzip
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

ROOT = Path(__file__).parent.parent
COMMAND = Path(sys.executable).parent / "quotewarden"
SYLLABLES = "ba ke li mo nu ra se ti vo wa zel dor fin gar hum jas lek mir nol pos".split()


def varied(comments: int, per_thread: int = 50) -> Iterator[dict]:
    """Yield threads of own text: example comments with every third word made up anew; one in ten quotes another."""
    sys.path.insert(0, str(ROOT))
    from adapters.saved.threads import read_threads

    bodies = [
        comment.body
        for path in sorted((ROOT / "examples").iterdir())
        for thread in read_threads(str(path), on_notice=lambda notice: None, on_bytes=lambda count: None)
        for comment in thread.comments
        if comment.format == "plain"
    ]
    chance = random.Random(7)  # noqa: S311  # nothing secret

    def rewrite(body: str) -> str:
        return " ".join(
            "".join(chance.choices(SYLLABLES, k=chance.randint(1, 4))) if chance.random() < 0.33 else word
            for word in body.split(" ")
        )

    for number in range(0, comments, per_thread):
        said: list[str] = []
        rows = []
        for place in range(min(per_thread, comments - number)):
            body = rewrite(chance.choice(bodies))
            if said and chance.random() < 0.1:
                body = f"“{chance.choice(said)[:160]}” {body}"
            said.append(body)
            rows.append({"id": str(place), "author": chance.choice(SYLLABLES), "body": body, "format": "plain"})
        post = {"id": "p", "title": "made", "author": "host", "body": rewrite(bodies[0]), "format": "plain"}
        yield {"site": "made", "id": str(number), "post": post, "comments": rows}


def forum(path: Path, comments: int) -> Iterator[dict]:
    """Yield the threads of a forum dump in the native format, up to a number of comments."""
    taken = 0
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            thread = json.loads(line)
            first, *rest = thread["posts"]
            rows = [{"id": str(p["id"]), "author": p["author"], "body": p["text"], "format": "plain"} for p in rest]
            taken += len(rows)
            post = {"id": str(first["id"]), "author": first["author"], "body": first["text"], "format": "plain"}
            yield {"site": "forum", "id": str(thread["discussion"]), "post": post, "comments": rows}
            if taken >= comments:
                return


def measure(name: str, threads: Iterator[dict], jobs: int) -> dict[str, object]:
    """Check the threads in a process of its own; memory is its children's too."""
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", delete=False, encoding="utf-8") as file:
        comments = words = 0
        for thread in threads:
            comments += len(thread["comments"])
            words += sum(len(row["body"].split()) for row in thread["comments"])
            file.write(json.dumps(thread) + "\n")
    try:
        command = [str(COMMAND), "check", file.name, "--output", "jsonl", "--exit-zero", "--jobs", str(jobs)]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        began = time.monotonic()
        findings = subprocess.run(command, check=True, capture_output=True).stdout.count(b"\n")  # noqa: S603  # our own command
        took = time.monotonic() - began
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    finally:
        Path(file.name).unlink()
    return {
        "bench": f"check {name}",
        "jobs": jobs,
        "comments": comments,
        "words_per_comment": round(words / max(1, comments)),
        "findings": findings,
        "comments_per_s": round(comments / took),
        "comments_per_cpu_s": round(comments / (after.ru_utime - before.ru_utime)),
        "peak_mb": round(after.ru_maxrss / 1024),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--comments", type=int, default=100_000)
    parser.add_argument("--jobs", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared")
    options = parser.parse_args()
    dump = options.shared / "data" / "iac4forums" / "scale-100k.jsonl.gz"
    for jobs in options.jobs:
        print(json.dumps(measure("made", varied(options.comments), jobs)), flush=True)
        if dump.exists():
            print(json.dumps(measure("scale-100k", islice(forum(dump, options.comments), None), jobs)), flush=True)


if __name__ == "__main__":
    main()
