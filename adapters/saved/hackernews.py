"""Hacker News: items of the Algolia API (`/items/ID`, nested), its search hits, or items of the Firebase API.

Firebase items come in an array or one a line, in any order, and are put under their stories; a comment whose story is
not in the file is kept under the topmost item that is known. Text is HTML in which `<p>` only separates.
"""

import re
from collections.abc import Iterator
from datetime import datetime

from adapters.dates import parse_date
from adapters.errors import ReadError
from adapters.saved.jsontext import Row, documents, epoch, looks_like_json, mapping, sequence, string, walk
from adapters.saved.source import Source
from adapters.thread import Comment, Post, Thread

NAME = "hackernews"
TITLE = "Hacker News: Algolia items or search hits, or Firebase items"

_SIGN = re.compile(r'"created_at_i"\s*:|"type"\s*:\s*"(?:story|comment|poll|job)"')
_OWN = re.compile(r'"(?:created_at_i|by|kids|dead|deleted|descendants)"\s*:')
_PAGE = "https://news.ycombinator.com/item?id="


def recognises(head: str) -> bool:
    """Tell whether the text is JSON with items of Hacker News in it."""
    return looks_like_json(head) and bool(_SIGN.search(head)) and bool(_OWN.search(head))


def read(source: Source) -> Iterator[Thread]:
    """Yield a thread for each story that has comments; a file is held whole, for its items come in any order."""
    items: dict[str, Row] = {}
    for _, document in documents(source):
        roots = document if isinstance(document, list) else [document]
        for root in roots:
            for row, above in walk([root], _below):
                id = string(row.get("id")) or string(row.get("objectID"))
                if id is not None:
                    parent = (above or {}).get("id") or row.get("parent_id") or row.get("parent")
                    items.setdefault(id, row | {"parent": string(parent)})
    threads: dict[str, list[str]] = {}
    for id, host in _hosts(items).items():
        if id != host and _kind(items[id]) == "comment":
            threads.setdefault(host, []).append(id)
    for host, ids in threads.items():
        yield thread_of(host, mapping(items.get(host)), [(id, items[id]) for id in ids])
    if not threads:
        raise ReadError("no comment in this Hacker News JSON", mend="save the item of a story that has comments")


def _below(row: Row) -> list[object]:
    """Return what an object holds items in; the values of one that only maps ids to items too."""
    held = sequence(row.get("children")) or sequence(row.get("hits"))
    return held if held or "id" in row else [value for key, value in row.items() if key.isdecimal()]


def _kind(item: Row) -> str:
    kind = item.get("type")
    if isinstance(kind, str):
        return kind
    return "comment" if item.get("comment_text") or item["parent"] else "story"


def _hosts(items: dict[str, Row]) -> dict[str, str]:
    """Find for each item the story that it stands under."""
    hosts: dict[str, str] = {}
    for start in items:
        path: dict[str, None] = {}
        at = start
        while at not in hosts and at not in path:
            path[at] = None
            item = items.get(at)
            if item is None or item["parent"] is None or _kind(item) == "story":
                break
            above: str = item["parent"]
            at = above if above in items else string(item.get("story_id")) or above
        hosts |= dict.fromkeys(path, hosts.get(at, at))
    return hosts


def thread_of(id: str, story: Row, rows: list[tuple[str, Row]]) -> Thread:
    """Return the thread of a story and the items under it, with their ids; each has its `parent` as text."""
    alone = _kind(story) == "comment" if story else False
    title = string(story.get("title")) or next((string(row.get("story_title")) for _, row in rows), None)
    return Thread(
        site="news.ycombinator.com",
        id=id,
        title=title,
        url=_PAGE + id,
        post=Post(
            id=id,
            title=title,
            author=_author(story),
            body=string(story.get("text")) or string(story.get("story_text")) or "",
            url=None if alone else string(story.get("url")) or _PAGE + id,
            posted_at=_posted(story),
        ),
        comments=tuple(comment_of(key, row, id) for key, row in rows),
    )


def comment_of(id: str, item: Row, host: str) -> Comment:
    """Return a comment under a story, from an item of either API or a hit, with its `parent` as text."""
    text = string(item.get("text")) or string(item.get("comment_text")) or ""
    gone = item.get("deleted") is True or (not text and _author(item) is None)
    parent = string(item["parent"])
    return Comment(
        id=id,
        parent_id=None if parent == host else parent,
        author=_author(item),
        body="" if gone else text,
        url=_PAGE + id,
        posted_at=_posted(item),
        status="deleted" if gone else "dead" if item.get("dead") is True else None,
    )


def _author(item: Row) -> str | None:
    return string(item.get("author")) or string(item.get("by"))


def _posted(item: Row) -> datetime | None:
    return epoch(item.get("created_at_i")) or epoch(item.get("time")) or parse_date(string(item.get("created_at")))
