"""How well altered and wrongly credited quotations are found, on real quotations that are corrupted on purpose.

    python bench/corrupt.py SHARED [--half held|seen|both] [--limit N] [--show N] [--untouched]

Takes quotations of the shared threads that stand word for word in the post or in an earlier comment by somebody else,
and writes each anew in marks or as a block: corrupted in one way (a word swapped, a negation dropped or added, a
clause cut without an ellipsis, a number changed; a name that is another member's), and, several for each corrupted
one, as an honest writer might (verbatim, other case, other punctuation, a marked cut, [brackets], a cut end, wrapped
lines, typographic signs; the right name, also in short). The same seed makes the same cases. Half of the threads
("seen") were read while the rules were written; figures are of the other half.

A corrupted case is found when its rule reports the passage; of an altered one the report must name the changed words.
Whatever the rule reports on an honest case is false. With `--untouched`, tells what the rules report on the threads
as they are.
"""

import argparse
import json
import random
import sys
import time
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from adapters.thread import Thread
from bench.corpora import CORPORA
from bench.corruptions import LIMITS, SEED, Case, altered_cases, misattributed_cases, quotations
from rules import altered_quote, misattributed_quote
from rules.engine import Engine
from rules.words import Words

RULES = {altered_quote.ID: altered_quote, misattributed_quote.ID: misattributed_quote}


def is_found(case: Case) -> tuple[bool, str]:
    """Tell whether the case's rule reports its passage as it must, or at all, and what it says."""
    context, _ = Engine([RULES[case.rule]], {}).evaluate(case.thread)
    rule = RULES[case.rule]
    reports = list(rule.check(context.view.entries[-1], context, rule.Options()))
    said = " | ".join(report.message for report in reports)
    if case.planted is None:
        return bool(reports), said
    text, words = context.view.entries[-1].document.text, set(Words(case.quoted).folded)
    for report in reports:
        own = set(Words(text[report.start : report.end]).folded)
        named = set(Words(report.message).folded)
        if len(own & words) * 2 >= len(words) and all(set(Words(word).folded) <= named for word in case.planted):
            return True, said
    return False, said


def cases(shared: Path, half: str, limit: int) -> Iterator[Case]:
    """Yield the cases of all corpora."""
    for corpus, most in LIMITS.items():
        chosen = (one for one in quotations(shared, corpus) if half in ("both", _half(one.thread)))
        for place, quotation in enumerate(islice(chosen, limit or most)):
            rng = random.Random(f"{SEED} {corpus} {quotation.thread.id} {place}")  # noqa: S311  # nothing secret
            yield from altered_cases(quotation, rng)
            yield from misattributed_cases(quotation, rng)


def _half(thread: Thread) -> str:
    return ("seen", "held")[zlib.crc32(thread.id.encode()) % 2]


def measure(shared: Path, *, half: str = "held", limit: int = 0, show: int = 0) -> list[dict[str, object]]:
    """Return the figures of each rule: overall, and for each kind of corruption and of honest case."""
    seen: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    shown: Counter[tuple[str, str]] = Counter()
    for case in cases(shared, half, limit):
        found, said = is_found(case)
        group = "honest" if case.planted is None else "corrupted"
        seen[case.rule][group, case.kind] += 1
        seen[case.rule][f"{group} found", case.kind] += found
        if found == (case.planted is None) and shown[case.rule, case.kind] < show:
            shown[case.rule, case.kind] += 1
            body = case.thread.comments[-1].body
            print(
                f"--- {case.rule} | {case.kind} | {case.thread.id} | {case.planted}\n{said}\n{body[:900]}",
                file=sys.stderr,
            )
    rows: list[dict[str, object]] = []
    for rule, counts in seen.items():
        total = {group: sum(n for (g, _), n in counts.items() if g == group) for group in
                 ("corrupted", "corrupted found", "honest", "honest found")}  # fmt: skip
        false = total["honest found"]
        rows.append({
            "score": "corrupt", "rule": rule, "half": half,
            "P": round(total["corrupted found"] / max(1, total["corrupted found"] + false), 3),
            "R": round(total["corrupted found"] / max(1, total["corrupted"]), 3),
            "corrupted": total["corrupted"], "honest": total["honest"], "false": false,
        })  # fmt: skip
        for group, kind in sorted(key for key in counts if key[0] in ("corrupted", "honest")):
            n, hit = counts[group, kind], counts[f"{group} found", kind]
            share = {"R": round(hit / n, 3)} if group == "corrupted" else {"false": hit}
            rows.append({"score": "corrupt", "rule": rule, group: kind, "cases": n, **share})
    return rows


def untouched(shared: Path) -> Iterator[dict[str, object]]:
    """Yield what the two rules report on the threads as they are, a corpus a row, each finding before it."""
    for corpus, read in CORPORA.items():
        if corpus == "news":
            continue  # its threads are made up from the quotations themselves
        counts: Counter[str] = Counter()
        comments = 0
        for thread in read(shared):
            context, outcomes = Engine(list(RULES.values()), {}).evaluate(thread)
            for outcome in outcomes:
                comments += 1
                for finding in outcome.findings:
                    counts[finding.rule] += 1
                    row = {"thread": thread.id, "comment": finding.comment_id, "rule": finding.rule}
                    lead = outcome.comment.document.text[max(0, finding.start - 120) : finding.start]
                    held = finding.source and finding.source.id and context.view.comment(finding.source.id)
                    text = (held or context.view.entries[0]).document.text
                    source = text[finding.source.start or 0 : finding.source.end] if finding.source else ""
                    yield {**row, "said": finding.message, "lead": lead, "text": finding.excerpt, "source": source}
        yield {"score": "untouched", "corpus": corpus, "comments": comments, **{r: counts[r] for r in RULES}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shared", type=Path)
    parser.add_argument("--half", choices=("held", "seen", "both"), default="held")
    parser.add_argument("--limit", type=int, default=0, help="quotations of each corpus, in place of the usual number")
    parser.add_argument("--show", type=int, default=0, help="tell so many misses of each kind on the error output")
    parser.add_argument("--untouched", action="store_true", help="tell what is reported on the threads as they are")
    options = parser.parse_args()
    if not options.shared.is_dir():
        print(f"{options.shared} is not there: nothing to score")
        return
    began = time.monotonic()
    if options.untouched:
        for row in untouched(options.shared):
            print(json.dumps(row, ensure_ascii=False))
        return
    for row in measure(options.shared, half=options.half, limit=options.limit, show=options.show):
        print(json.dumps(row, ensure_ascii=False))
    print(json.dumps({"took_s": round(time.monotonic() - began, 1)}))


if __name__ == "__main__":
    main()
