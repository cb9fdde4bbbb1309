"""The native saved thread: one JSON object (`.json`), or one a line (`.jsonl`)."""

import re
from collections.abc import Iterator

from adapters.dates import parse_date
from adapters.errors import ReadError
from adapters.saved.jsontext import Json, documents, mapping, sequence, string
from adapters.saved.source import Source
from adapters.thread import Comment, Format, Post, Thread

NAME = "native"
TITLE = "Quotewarden's own JSON: one thread a file, or one a line"

_SHAPE = re.compile(r'\s*\{\s*"')
_KEYS = re.compile(r'"(?:comments|post)"\s*:\s*[\[{]')
_FORMATS: dict[str, Format] = {"html": "html", "markdown": "markdown", "plain": "plain"}


def recognises(head: str) -> bool:
    """Tell whether the text opens an object that has a post or comments."""
    return bool(_SHAPE.match(head) and _KEYS.search(head))


def read(source: Source) -> Iterator[Thread]:
    """Yield the thread of a document, or one of each line; a line that cannot be read is left out and told."""
    for place, document in documents(source):
        try:
            yield _thread(document, place)
        except ReadError as error:
            if place is None:
                raise
            source.lose(error)


def _thread(data: Json, place: str | None) -> Thread:
    if not isinstance(data, dict) or not ("post" in data or "comments" in data):
        raise ReadError(
            'no thread: an object with "post" and "comments" is wanted', place=place, mend="see docs/formats.md"
        )
    post = mapping(data.get("post"))
    id = string(data.get("id")) or string(post.get("id")) or string(data.get("url")) or "thread"
    return Thread(
        site=string(data.get("site")),
        id=id,
        title=string(data.get("title")) or string(post.get("title")),
        url=string(data.get("url")) or string(post.get("url")),
        post=Post(
            id=string(post.get("id")) or id,
            title=string(post.get("title")),
            author=string(post.get("author")),
            body=string(post.get("body")) or "",
            format=_format(post.get("format")),
            url=string(post.get("url")),
            posted_at=parse_date(string(post.get("posted_at"))),
        ),
        comments=tuple(
            _comment(row, number)
            for number, row in enumerate(sequence(data.get("comments")), 1)
            if isinstance(row, dict)
        ),
    )


def _comment(row: dict[str, Json], number: int) -> Comment:
    return Comment(
        id=string(row.get("id")) or str(number),
        parent_id=string(row.get("parent_id")),
        author=string(row.get("author")),
        body=string(row.get("body")) or "",
        format=_format(row.get("format")),
        url=string(row.get("url")),
        posted_at=parse_date(string(row.get("posted_at"))),
        edited_at=parse_date(string(row.get("edited_at"))),
        status=string(row.get("status")),
    )


def _format(value: Json) -> Format:
    return _FORMATS.get(value, "html") if isinstance(value, str) else "html"
