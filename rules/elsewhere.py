"""Texts outside the thread that a comment's words may be from: the site's archive, and pages that comments link to.

Rules reach neither disk nor network: whoever runs them hands in what keeps the archive and what fetches pages.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from rules.topic.semantic import FindSentences
from rules.topic.site import SitePosts
from rules.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideText:
    """Hold a rendered text from outside the thread; `id` is the comment's or post's, None for a page."""

    kind: Literal["archive", "page"]
    text: str
    id: str | None = None
    author: str | None = None
    url: str | None = None
    posted_at: datetime | None = None


class Archive(Protocol):
    """Find which archived posts and comments hold the words of a text."""

    def holders(self, words: Words, *, site: str | None, thread: str) -> list[OutsideText]:
        """Return the few likeliest holders of runs of these words, likeliest first, none of them of that thread."""


class Pages(Protocol):
    """Read the pages that comments link to."""

    def page(self, url: str) -> OutsideText | None:
        """Return the text of a page; None when it is not to be had."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Hold what is known of the world outside the thread."""

    archive: Archive | None = None
    pages: Pages | None = None
    posts: SitePosts | None = None
    sentences: FindSentences | None = None


NOTHING_KNOWN = Elsewhere()
