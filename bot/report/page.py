"""Findings as one self-contained HTML page, to hand to a colleague: no scripts, nothing loaded from elsewhere."""

import sys
from dataclasses import dataclass, field
from functools import cache

from jinja2 import Environment, PackageLoader, Template

from bot.check import Checked, Shown
from bot.records import Record
from bot.report.excerpt import Excerpt, excerpt, showable


@dataclass(slots=True)
class _Item:
    record: Record
    passage: Excerpt
    source: Excerpt | None
    source_label: str
    comment_url: str | None


@dataclass(slots=True)
class _Section:
    thread: Record
    url: str | None
    comments: int
    items: list[_Item] = field(default_factory=list)
    not_evaluated: list[Record] = field(default_factory=list)


class FindingsPage:
    """Collect the findings and print the page at the end."""

    def __init__(self) -> None:
        self._sections: list[_Section] = []
        self._threads = self._comments = 0

    def add(self, checked: Checked) -> None:
        """Take the findings of one thread."""
        self._threads += 1
        self._comments += checked.comments
        if checked.findings or checked.not_evaluated:
            items = [_item(shown) for shown in sorted(checked.findings, key=_least_certain)]
            thread = checked.thread
            self._sections.append(
                _Section(thread, _safe_url(thread["url"]), checked.comments, items, checked.not_evaluated)
            )

    def finish(self, *, unread: int) -> None:
        """Print the page."""
        findings = sum(len(section.items) for section in self._sections)
        page = _template().render(
            sections=self._sections, findings=findings, comments=self._comments, threads=self._threads, unread=unread
        )
        sys.stdout.buffer.write(page.encode("utf-8", "replace"))
        sys.stdout.buffer.flush()


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("bot.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: showable(value) if isinstance(value, str) else value,
    )
    return environment.get_template("findings.html")


def _least_certain(shown: Shown) -> float:
    return -float(shown.record["confidence"])


def _item(shown: Shown) -> _Item:
    record, source = shown.record, shown.record["source"]
    beside, label = None, ""
    if source and shown.source_text is not None:
        beside = excerpt(shown.source_text, source["start"], source["end"])
        where = "the post" if source["kind"] == "post" else f"comment {source['id']}"
        label = f"{source['author']}, {where}" if source["author"] else where
    passage = excerpt(shown.text, record["start"], record["end"])
    return _Item(record, passage, beside, label, _safe_url(record["comment"]["url"]))


def _safe_url(url: str | None) -> str | None:
    """Return a URL that may be linked: a comment can carry any."""
    return url if url and url.startswith(("https://", "http://")) else None
