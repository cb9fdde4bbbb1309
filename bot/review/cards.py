"""What the page shows of a finding: the passage and its source side by side, where they differ, and what became of it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from adapters.thread import Format
from bot.report.difference import Part, compare, shorten
from bot.review.language import Language
from bot.store.browsing import details, source_texts
from rules.document import Document
from rules.markup import render

_AROUND = 120
_LONGEST, _TAIL = 480, 120
_LONGEST_WHOLE = 6_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """Hold a passage in parts, with what stands before and after it; `label` says whose and where."""

    label: str
    before: str = ""
    parts: Sequence[Part] = ()
    after: str = ""
    url: str | None = None
    moment: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """Hold a finding as it is shown; `row` has its columns, `is_gone` tells that its words were erased."""

    row: Row[Any]
    passage: Side
    source: Side | None
    is_gone: bool


def cards(connection: Connection, numbers: Collection[int], language: Language, *, whole: bool = False) -> list[Card]:
    """Return the cards of findings, in the order given; `whole` shows long passages to their end."""
    rows = details(connection, numbers)
    sources = source_texts(connection, rows)
    return [_card(row, sources.get(row.id), language, whole) for row in rows]


def text_of(body: str, format: Format) -> str:
    """Return a body as it is read."""
    return _document(body, format).text


def _document(body: str, format: Format) -> Document:
    return render(body, format)


def _card(row: Row[Any], origin: Row[Any] | None, language: Language, whole: bool) -> Card:
    text = text_of(row.body, row.format)
    words = text[row.start : row.end]
    # Where the comment was edited since, the place no longer fits, and the words as they were found are shown alone.
    start, end = (row.start, row.end) if words == row.excerpt else (0, 0)
    words = row.excerpt
    source_text, there = None, None
    if origin is not None and row.source["start"] is not None and row.source["end"] is not None:
        source_text = text_of(origin.body, origin.format)
        there = source_text[row.source["start"] : row.source["end"]]
    parts, source_parts = compare(words, there) if there else ([Part(words)], [])
    passage = _side(parts, text if end else "", start, end, whole, label=row.author or "", moment=row.posted_at)
    source = None
    if source_text is not None and source_parts and origin is not None:
        place = row.source["start"], row.source["end"]
        source = _side(
            source_parts, source_text, *place, whole, label=_label(row.source, language), moment=origin.posted_at
        )
    elif row.source:
        source = Side(label=_label(row.source, language), url=row.source["url"])
    return Card(row=row, passage=passage, source=source, is_gone=not row.excerpt)


def _side(
    parts: Sequence[Part], text: str, start: int, end: int, whole: bool, *, label: str, moment: datetime | None
) -> Side:
    before, after = text[max(0, start - _AROUND) : start], text[end : end + _AROUND]
    if start > _AROUND:
        before = "…" + before.partition(" ")[2]
    if end + _AROUND < len(text):
        after = after.rpartition(" ")[0] + "…"
    longest = _LONGEST_WHOLE if whole else _LONGEST
    return Side(
        label=label,
        before=before.lstrip("\n"),
        parts=shorten(parts, longest, _TAIL),
        after=after.rstrip("\n"),
        moment=moment,
    )


def _label(source: dict[str, Any], language: Language) -> str:
    kind, author = source["kind"], source["author"]
    texts = {
        "post": language.text("the post"),
        "comment": language.text("comment %(id)s", id=source["id"]),
        "archive": language.text("another thread of the site"),
        "page": language.text("a linked page"),
        "external": language.text("elsewhere"),
    }
    where = texts.get(kind, language.text("source unknown"))
    return f"{author}, {where}" if author else where
