"""Isso's JSON: the comments of a page (`/?uri=`), with replies inside, or the latest comments (`/latest`).

The reply for a page does not say which page it was, so its thread is named after the file. Texts are HTML, or Markdown
where the server was asked with `plain=1`: HTML that Isso makes always begins with a tag.
"""

import re
from collections.abc import Iterator

from adapters.errors import ReadError
from adapters.saved.jsontext import Row, epoch, looks_like_json, mapping, parse_json, sequence, string, walk
from adapters.saved.naming import stem
from adapters.saved.source import Source
from adapters.thread import Comment, Format, Post, Thread

NAME = "isso"
TITLE = "Isso JSON: the comments of a page, or the latest ones"

_SIGN = re.compile(r'"(?:total_replies|hidden_replies)"\s*:')
_KEYS = tuple(re.compile(rf'"{key}"\s*:') for key in ("created", "mode", "dislikes", "parent"))
_STATUSES = {"1": "accepted", "2": "held", "4": "deleted"}


def recognises(head: str) -> bool:
    """Tell whether the text is JSON that counts replies, or has the keys of Isso's comments."""
    return looks_like_json(head) and (bool(_SIGN.search(head)) or all(key.search(head) for key in _KEYS))


def read(source: Source) -> Iterator[Thread]:
    """Yield the thread of a page, or one for each page of the latest comments."""
    document = parse_json(source.text())
    roots = document if isinstance(document, list) else [document]
    pages: dict[str, list[tuple[Row, Row | None]]] = {}
    hidden = 0
    uri = stem(source.name)
    for row, above in walk(roots, lambda row: sequence(row.get("replies"))):
        count = row.get("hidden_replies")
        hidden += count if isinstance(count, int) and count > 0 else 0
        if "text" in row or "mode" in row:
            uri = string(row.get("uri")) or uri
            pages.setdefault(uri, []).append((row, above))
    if hidden:
        source.note(f"{hidden} replies are not in the file")
    for uri, rows in pages.items():
        yield _thread(uri, rows, string(mapping(document).get("title")))
    if not pages:
        raise ReadError("no comment in this Isso JSON", mend="save the answer to /?uri=... of a page with comments")


def _thread(uri: str, rows: list[tuple[Row, Row | None]], title: str | None) -> Thread:
    html = any((string(row.get("text")) or "").lstrip().startswith("<") for row, _ in rows)
    title = string(rows[0][0].get("title")) or title
    url = uri if uri.startswith(("http://", "https://")) else None
    return Thread(
        site=None,
        id=uri,
        title=title,
        url=url,
        post=Post(id=uri, title=title, url=url),
        comments=tuple(
            _comment(row, above, number, url, "html" if html else "markdown")
            for number, (row, above) in enumerate(rows, 1)
        ),
    )


def _comment(row: Row, above: Row | None, number: int, url: str | None, format: Format) -> Comment:
    id = string(row.get("id")) or str(number)
    mode = string(row.get("mode"))
    return Comment(
        id=id,
        parent_id=string(row.get("parent")) or (string(above.get("id")) if above else None),
        author=string(row.get("author")),
        body=string(row.get("text")) or "",
        format=format,
        url=f"{url}#isso-{id}" if url else None,
        posted_at=epoch(row.get("created")),
        edited_at=epoch(row.get("modified")),
        status=_STATUSES.get(mode, mode) if mode else None,
    )
