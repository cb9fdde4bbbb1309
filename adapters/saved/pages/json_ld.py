"""Comments that a page gives as JSON-LD (schema.org `comment`), for pages whose own markup says nothing."""

from collections.abc import Iterator

from adapters.dates import parse_date
from adapters.errors import ReadError
from adapters.saved.jsontext import Json, parse_json, string
from adapters.thread import Comment, Format, Post, Thread

_ANSWERS = ("comment", "suggestedAnswer", "acceptedAnswer")


def find_threads(scripts: list[str], *, name: str) -> Iterator[Thread]:
    """Yield a thread for each item that has comments."""
    for script in scripts:
        try:
            data = parse_json(script)
        except ReadError:
            continue
        waiting: list[Json] = [data]
        while waiting:
            item = waiting.pop()
            if isinstance(item, list):
                waiting.extend(reversed(item))
            elif isinstance(item, dict):
                comments = list(_comments(item))
                if comments:
                    yield _thread(item, comments, name)
                else:
                    waiting.extend(value for value in item.values() if isinstance(value, dict | list))


def _comments(item: dict[str, Json]) -> Iterator[Comment]:
    waiting: list[tuple[dict[str, Json], str | None]] = [(answer, None) for answer in reversed(_answers(item))]
    number = 0
    while waiting:
        answer, parent = waiting.pop()
        body = string(answer.get("text")) or string(answer.get("articleBody"))
        if not body:
            continue
        number += 1
        url = string(answer.get("url"))
        id = string(answer.get("identifier")) or (url or "").rpartition("#")[2].rpartition("-")[2] or str(number)
        yield Comment(
            id=id,
            parent_id=parent,
            author=_name(answer.get("author") or answer.get("creator")),
            body=body,
            format=_format(body),
            url=url,
            posted_at=parse_date(string(answer.get("datePublished")) or string(answer.get("dateCreated"))),
            edited_at=parse_date(string(answer.get("dateModified"))),
        )
        waiting.extend((inner, id) for inner in reversed(_answers(answer)))


def _answers(item: dict[str, Json]) -> list[dict[str, Json]]:
    found: list[dict[str, Json]] = []
    for key in _ANSWERS:
        value = item.get(key)
        found.extend(row for row in (value if isinstance(value, list) else [value]) if isinstance(row, dict))
    return found


def _thread(item: dict[str, Json], comments: list[Comment], name: str) -> Thread:
    url = string(item.get("url")) or string(item.get("@id"))
    title = string(item.get("headline")) or string(item.get("name"))
    body = string(item.get("articleBody")) or string(item.get("text")) or ""
    post = Post(
        id=url or name,
        title=title,
        author=_name(item.get("author")),
        body=body,
        format=_format(body),
        url=url,
        posted_at=parse_date(string(item.get("datePublished")) or string(item.get("dateCreated"))),
    )
    return Thread(site=None, id=post.id, title=title, url=url, post=post, comments=tuple(comments))


def _name(value: Json) -> str | None:
    if isinstance(value, list):
        value = value[0] if value else None
    return string(value.get("name")) if isinstance(value, dict) else string(value)


def _format(body: str) -> Format:
    return "html" if "</" in body or "<br" in body else "plain"
