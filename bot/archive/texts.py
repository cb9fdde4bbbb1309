"""What is kept of a post or comment."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Literal

import xxhash

from adapters.thread import Thread
from rules.quotes.spans import find_spans
from rules.view import Entry, ThreadView

# Shorter stretches in marks are names and terms.
_MIN_QUOTED = 4


@dataclass(frozen=True, kw_only=True)
class ArchivedText:
    """Hold a rendered post or comment; site, thread, kind and id together name it.

    `quoted` are its words in marks or blocks: the index of the first, and the one after the last.
    """

    site: str | None
    thread: str
    kind: Literal["post", "comment"]
    id: str
    text: str
    author: str | None = None
    url: str | None = None
    posted_at: datetime | None = None
    quoted: tuple[tuple[int, int], ...] = ()

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What names it in the file."""
        return self.site or "", self.thread, self.kind, self.id

    @cached_property
    def digest(self) -> bytes:
        """A hash of all that is kept of it."""
        parts = [self.text, self.author, self.url, self.posted_at and self.posted_at.isoformat(), self.quoted]
        return xxhash.xxh3_128_digest(json.dumps(parts).encode())


def texts_of(thread: Thread) -> Iterator[ArchivedText]:
    """Yield the post, if it has words, and the comments of a thread as they are kept."""
    for entry in ThreadView(thread).entries:
        if not entry.is_post or entry.document.text.strip():
            yield text_of(entry, site=thread.site, thread=thread.id)


def text_of(entry: Entry, *, site: str | None, thread: str) -> ArchivedText:
    """Return a post or comment as it is kept."""
    document = entry.document
    return ArchivedText(
        site=site,
        thread=thread,
        kind="post" if entry.is_post else "comment",
        id=entry.id,
        text=document.text,
        author=entry.author,
        url=entry.content.url,
        posted_at=entry.content.posted_at,
        quoted=tuple(
            (part.start, part.stop)
            for part in (entry.words.within(span.start, span.end) for span in find_spans(document))
            if len(part) >= _MIN_QUOTED
        ),
    )
