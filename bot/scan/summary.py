"""What a scan brought: figures as JSON, and a page with a picture for people."""

from collections import Counter
from importlib.metadata import version

from jinja2 import Environment, PackageLoader

from bot.records import Record
from bot.scan.folder import Folder, renamed, write_json
from bot.scan.plot import plot

_MOST_SHOWN = 100


def summed_up(folder: Folder, *, unread: int, seconds: float) -> Record:
    """Add up what the partitions brought; `seconds` is how long this run took."""
    totals: Counter[str] = Counter()
    severities: Counter[str] = Counter()
    months: Counter[str] = Counter()
    rules: dict[str, Counter[str]] = {}
    over_budget: Counter[str] = Counter()
    spent = 0.0
    done = 0
    passed_over: list[Record] = []
    for number, record in folder.records("done"):
        done += 1
        spent += record["seconds"]
        for name in ("threads", "comments", "findings", "not_evaluated"):
            totals[name] += record[name]
        severities.update(record["severities"])
        over_budget.update(record["over_budget"])
        months.update(record["comments_by_month"])
        for rule, found in record["findings_by_rule_and_month"].items():
            rules.setdefault(rule, Counter()).update(found)
        passed_over += [{"partition": number, **one} for one in record["passed_over"]]
    failed = [{"partition": number, **record} for number, record in folder.records("failed")]
    return {
        "version": version("quotewarden"),
        "partitions": {"finished": done, "failed": len(failed)},
        "threads": totals["threads"],
        "comments": totals["comments"],
        "findings": totals["findings"],
        "not_evaluated": totals["not_evaluated"],
        "unread": unread,
        "findings_by_rule": {rule: found.total() for rule, found in sorted(rules.items())},
        "findings_by_severity": dict(sorted(severities.items())),
        "comments_by_month": dict(sorted(months.items())),
        "findings_by_rule_and_month": {rule: dict(sorted(found.items())) for rule, found in sorted(rules.items())},
        "over_budget": dict(sorted(over_budget.items())),
        "passed_over": passed_over,
        "failed": failed,
        "worker_seconds": round(spent, 1),
        "seconds": round(seconds, 1),
    }


def write_summary(folder: Folder, summary: Record) -> None:
    """Write the summary: summary.json, summary.svg, and summary.html with the picture in it."""
    write_json(folder.path / "summary.json", summary)
    picture = plot(summary)
    page = Environment(loader=PackageLoader("bot.scan"), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    html = page.get_template("summary.html").render(summary=summary, picture=picture, most=_MOST_SHOWN)
    for name, text in (("summary.svg", picture), ("summary.html", html)):
        with renamed(folder.path / name) as temporary:
            temporary.write_text(text, "utf-8", "replace")
