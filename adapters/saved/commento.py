"""Commento's export: one JSON object with `comments` and `commenters`; each page of the domain gives a thread.

The HTML is taken where there is one, else the Markdown that was typed. `parentHex` is "root" under the page itself.
"""

import re
from collections.abc import Iterator

from adapters.dates import parse_date
from adapters.errors import ReadError
from adapters.saved.jsontext import Row, looks_like_json, mapping, parse_json, sequence, string
from adapters.saved.naming import stem
from adapters.saved.source import Source
from adapters.thread import Comment, Post, Thread

NAME = "commento"
TITLE = "Commento export (JSON)"

_SIGN = re.compile(r'"(?:commentHex|commenterHex|parentHex)"\s*:')


def recognises(head: str) -> bool:
    """Tell whether the text is JSON with Commento's hex ids in it."""
    return looks_like_json(head) and bool(_SIGN.search(head))


def read(source: Source) -> Iterator[Thread]:
    """Yield a thread for each page, in the order in which the export names them."""
    document = mapping(parse_json(source.text()))
    commenters = sequence(document.get("commenters")) or list(mapping(document.get("commenters")).values())
    names = {string(row.get("commenterHex")): string(row.get("name")) for row in commenters if isinstance(row, dict)}
    pages: dict[tuple[str | None, str], list[Row]] = {}
    for row in sequence(document.get("comments")):
        if isinstance(row, dict) and "commentHex" in row:
            path = string(row.get("path")) or string(row.get("url")) or stem(source.name)
            pages.setdefault((string(row.get("domain")), path), []).append(row)
    for (domain, path), rows in pages.items():
        yield _thread(domain, path, rows, names)
    if not pages:
        raise ReadError("an export without any comment", mend="export the domain again from Commento's dashboard")


def _thread(domain: str | None, path: str, rows: list[Row], names: dict[str | None, str | None]) -> Thread:
    url = f"https://{domain}{path}" if domain and path.startswith("/") else path if "://" in path else None
    return Thread(
        site=domain,
        id=path,
        title=None,
        url=url,
        post=Post(id=path, url=url),
        comments=tuple(_comment(row, number, url, names) for number, row in enumerate(rows, 1)),
    )


def _comment(row: Row, number: int, url: str | None, names: dict[str | None, str | None]) -> Comment:
    id = string(row.get("commentHex")) or str(number)
    parent = string(row.get("parentHex"))
    html = string(row.get("html"))
    gone = row.get("deleted") is True
    return Comment(
        id=id,
        parent_id=None if parent == "root" else parent,
        author=names.get(string(row.get("commenterHex"))),
        body="" if gone else html or string(row.get("markdown")) or "",
        format="html" if html else "markdown",
        url=f"{url}#commento-{id}" if url else None,
        posted_at=parse_date(string(row.get("creationDate"))),
        status="deleted" if gone else string(row.get("state")),
    )
