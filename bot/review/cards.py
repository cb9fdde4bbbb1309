"""What the page shows of a finding: the passage and its source side by side, and what became of it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from adapters.thread import Format
from bot.report.comparison import Side, compare, side
from bot.review.language import Language
from bot.store.browsing import details, source_texts
from rules.markup import render


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Hold where a passage is from, and its words where they are in the store."""

    place: str
    url: str | None
    posted_at: datetime | None
    side: Side | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """Hold a finding as it is shown; `row` has its columns. `passage` is None where the words were erased."""

    row: Row[Any]
    passage: Side | None
    source: Origin | None


def cards(connection: Connection, numbers: Collection[int], language: Language) -> list[Card]:
    """Return the cards of findings, in the order given."""
    rows = details(connection, numbers)
    sources = source_texts(connection, rows)
    return [_card(row, sources.get(row.id), language) for row in rows]


def text_of(body: str, format: Format) -> str:
    """Return a body as it is read."""
    return render(body, format).text


def _card(row: Row[Any], origin: Row[Any] | None, language: Language) -> Card:
    source = row.source
    if not row.excerpt:
        return Card(row=row, passage=None, source=None)
    text, span = text_of(row.body, row.format), (row.start, row.end)
    if text[row.start : row.end] != row.excerpt:
        # The comment was edited since: the words as they were found, by themselves.
        text, span = row.excerpt, (0, len(row.excerpt))
    if source is None:
        return Card(row=row, passage=side(text, *span), source=None)
    beside = None
    if origin is not None and source["start"] is not None and source["end"] is not None:
        passage, beside = compare(text, span, text_of(origin.body, origin.format), (source["start"], source["end"]))
    else:
        passage = side(text, *span)
    place = _place(source["kind"], source["id"], language)
    posted_at = origin.posted_at if origin is not None else None
    return Card(
        row=row, passage=passage, source=Origin(place=place, url=source["url"], posted_at=posted_at, side=beside)
    )


def _place(kind: str, id: str | None, language: Language) -> str:
    texts = {
        "post": language.text("the post"),
        "comment": language.text("comment %(id)s", id=id),
        "archive": language.text("another thread of the site"),
        "page": language.text("a linked page"),
        "external": language.text("elsewhere"),
    }
    return texts.get(kind, language.text("source unknown"))
