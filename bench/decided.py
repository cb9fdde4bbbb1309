"""How the rules fare on what moderators have decided: `quotewarden findings export --labelled FOLDER`.

    python bench/decided.py FOLDER

Of each rule, how many of the findings that were confirmed (`kept`) or dismissed (`kept_dismissed`) `check` still makes.
Comments that nobody decided on count for nothing. Prints one JSON line a rule.
"""

import argparse
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

COMMAND = Path(sys.executable).parent / "quotewarden"


def measure(folder: Path) -> list[dict[str, object]]:
    """Return a row of figures for each rule that was decided on."""
    command = [COMMAND, "check", "--exit-zero", "--output", "jsonl", folder / "threads"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603  # our own command
    made = {json.loads(line)["key"] for line in done.stdout.splitlines()}
    counts: dict[str, Counter[str]] = {}
    for decided in _decided(folder / "labels.jsonl"):
        of_rule = counts.setdefault(str(decided["rule"]), Counter())
        of_rule[str(decided["verdict"])] += 1
        of_rule[f"kept {decided['verdict']}"] += decided["key"] in made
    return [_row(rule, of_rule) for rule, of_rule in sorted(counts.items())]


def _decided(path: Path) -> Iterator[dict[str, object]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield from json.loads(line).get("decided", [])


def _row(rule: str, counts: Counter[str]) -> dict[str, object]:
    kept, kept_dismissed = counts["kept confirmed"], counts["kept dismissed"]
    return {
        "score": "decided",
        "rule": rule,
        "confirmed": counts["confirmed"],
        "dismissed": counts["dismissed"],
        "kept": kept,
        "kept_dismissed": kept_dismissed,
        "precision": round(kept / (kept + kept_dismissed), 3) if kept + kept_dismissed else None,
        "recall": round(kept / counts["confirmed"], 3) if counts["confirmed"] else None,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    for row in measure(parser.parse_args().folder):
        print(json.dumps(row, ensure_ascii=False))


if __name__ == "__main__":
    main()
