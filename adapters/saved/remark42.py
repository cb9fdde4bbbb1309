"""Remark42: a backup (JSON Lines, mostly as `.gz`: a line about the site, then one comment a line), or REST answers.

Comments of a backup stand together by page and are read as they come. REST answers (`/api/v1/find`) are flat or a tree
of {"comment", "replies"}. The HTML is taken where there is one, else the Markdown that was typed (`orig`).
"""

import re
from collections.abc import Iterator

from adapters.dates import parse_date
from adapters.errors import ReadError
from adapters.saved.jsontext import Row, documents, looks_like_json, mapping, runs, sequence, string, walk
from adapters.saved.naming import stem
from adapters.saved.source import Source
from adapters.thread import Comment, Post, Thread

NAME = "remark42"
TITLE = "Remark42 backup (JSON Lines), or its REST answers"

_SIGN = re.compile(r'"locator"\s*:\s*\{|\A\s*\{\s*"version"\s*:\s*\d+\s*,\s*"users"\s*:')


def recognises(head: str) -> bool:
    """Tell whether the text is JSON whose comments have a locator, or opens with a backup's first line."""
    return looks_like_json(head) and bool(_SIGN.search(head))


def read(source: Source) -> Iterator[Thread]:
    """Yield a thread for each page."""
    found = False
    alone = stem(source.name)
    for url, rows in runs(_comments(source), lambda row: _locator(row, "url") or alone, source):
        found = True
        yield _thread(url, rows)
    if not found:
        raise ReadError("no comment in this Remark42 file", mend="make the backup again")


def _comments(source: Source) -> Iterator[Row]:
    for place, document in documents(source):
        rows = [row for row in _unpacked(document) if "locator" in row or "pid" in row or "text" in row]
        # Answers about a whole site mix its pages.
        pages: dict[str | None, list[Row]] = {}
        for row in rows:
            pages.setdefault(_locator(row, "url"), []).append(row)
        yield from rows if place is not None else (row for page in pages.values() for row in page)


def _unpacked(document: object) -> Iterator[Row]:
    roots = document if isinstance(document, list) else [document]
    for row, _ in walk(roots, lambda row: [*sequence(row.get("comments")), *sequence(row.get("replies"))]):
        comment = row.get("comment")
        yield comment if isinstance(comment, dict) else row


def _locator(row: Row, key: str) -> str | None:
    return string(mapping(row.get("locator")).get(key))


def _thread(url: str, rows: list[Row]) -> Thread:
    title = next((title for row in rows if (title := string(row.get("title")))), None)
    address = url if "://" in url else None
    return Thread(
        site=next((site for row in rows if (site := _locator(row, "site"))), None),
        id=url,
        title=title,
        url=address,
        post=Post(id=url, title=title, url=address),
        comments=tuple(_comment(row, number, address) for number, row in enumerate(rows, 1)),
    )


def _comment(row: Row, number: int, url: str | None) -> Comment:
    id = string(row.get("id")) or str(number)
    html = string(row.get("text"))
    gone = row.get("delete") is True
    return Comment(
        id=id,
        parent_id=string(row.get("pid")),
        author=None if gone else string(mapping(row.get("user")).get("name")),
        body="" if gone else html or string(row.get("orig")) or "",
        format="html" if html else "markdown",
        url=f"{url}#remark42__comment-{id}" if url else None,
        posted_at=parse_date(string(row.get("time"))),
        edited_at=parse_date(string(mapping(row.get("edit")).get("time"))),
        status="deleted" if gone else None,
    )
