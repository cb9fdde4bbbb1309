"""Findings as a table for a spreadsheet, in which nothing from outside is a formula."""

import csv
from collections.abc import Iterable
from typing import TextIO

from bot.records import Record
from bot.report.excerpt import showable

_COLUMNS = (
    "key", "site", "rule", "severity", "confidence", "state", "quiet", "found_at", "resolved_at", "resolved_reason",
    "thread", "title", "thread_url", "comment", "author", "posted_at", "url", "excerpt", "message", "source",
    "source_author", "source_url",
)  # fmt: skip
# What a spreadsheet takes for the beginning of a formula, and what some pass over before it.
_FORMULA = ("=", "+", "-", "@", "|", "%", "＝", "＋", "－", "＠")
_PASSED_OVER = " \t\r\n\u00a0\ufeff\ufffd\"'"


def write_table(records: Iterable[Record], file: TextIO) -> None:
    """Write finding records as CSV (RFC 4180); a cell that could be a formula begins with an apostrophe."""
    writer = csv.writer(file)
    writer.writerow(_COLUMNS)
    for record in records:
        source = record["source"] or {}
        cells = {
            **record,
            "thread": record["thread"]["id"],
            "title": record["thread"]["title"],
            "thread_url": record["thread"]["url"],
            "comment": record["comment"]["id"],
            "author": record["comment"]["author"],
            "posted_at": record["comment"]["posted_at"],
            "url": record["comment"]["url"],
            "source": " ".join(filter(None, (source.get("kind"), source.get("id")))),
            "source_author": source.get("author"),
            "source_url": source.get("url"),
        }
        writer.writerow([_cell(cells[name]) for name in _COLUMNS])


def _cell(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = showable(value)
    return f"'{text}" if text.lstrip(_PASSED_OVER).startswith(_FORMULA) else text
