"""What the settings let the rules know of the world outside a thread."""

import os
import sqlite3
import sys
import tempfile
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from adapters.saved.pages.addresses import absolute
from adapters.thread import Thread
from bot.archive.errors import ArchiveError
from bot.config import Config, PagesOptions
from bot.inputs import one_line
from bot.records import Record
from bot.sentence_model import sentences
from bot.siblings import posts_read
from rules import off_topic
from rules.elsewhere import Archive, Elsewhere, OutsideText, Pages
from rules.topic.semantic import FindSentences
from rules.topic.site import SitePosts
from rules.words import Words

# What fetches pages is loaded by those who fetch pages.
if TYPE_CHECKING:
    from bot.archive.reader import Archive as ArchiveFile
    from bot.pages.linked import LinkedPages

# Folders that stand in for a cache which cannot be used live as long as the process.
_temporary: list[tempfile.TemporaryDirectory[str]] = []


@dataclass(frozen=True, slots=True)
class Asked:
    """Say what a run asks outside its threads, in a form that its processes can be handed."""

    archive: Path | None = None
    pages: PagesOptions | None = None
    cache: str = ""
    run: str = ""
    siblings: tuple[str, ...] = ()
    format: str | None = None
    sentences: bool = False


NOT_ASKED = Asked()
_REMEMBERED = 256


def ask_settings(
    config: Config, *, fetch_pages: bool = False, siblings: Sequence[str] = (), format: str | None = None
) -> Asked:
    """Return what the settings let a run ask, once for all its processes.

    `siblings` are the files that the run reads, of that format: their other posts are what a comment is held against.
    """
    asked = Asked(config.archive.path, siblings=tuple(siblings), format=format, sentences=wants_sentences(config))
    if not (config.pages.fetch or fetch_pages):
        return asked
    return replace(asked, pages=config.pages, cache=_usable_cache(config.pages), run=os.urandom(8).hex())


def wants_sentences(config: Config) -> bool:
    """Tell whether a rule may ask the sentence model."""
    options = config.rules.get(off_topic.ID)
    return isinstance(options, off_topic.Options) and options.sentence_model


def open_outside(asked: Asked, thread: Thread) -> "Outside":
    """Open, in this process, what a run may ask for a thread."""
    archive = _opened(os.getpid(), asked.archive) if asked.archive else None
    pages = _PagesOf(thread, _linked_pages(asked)) if asked.pages else None
    return Outside(archive, pages, _posts(asked, thread, archive), sentences() if asked.sentences else None)


def _posts(asked: Asked, thread: Thread, archive: "ArchiveFile | None") -> SitePosts | None:
    if archive is not None:
        with suppress(ArchiveError):  # told where its holders are looked for
            return archive.posts(thread.site)
    if asked.siblings:
        return posts_read(os.getpid(), asked.siblings, asked.format).get(thread.site or "")
    return None


class Outside:
    """Be what is known of the world outside a thread, and remember the texts lately given, to show them."""

    def __init__(
        self,
        archive: Archive | None,
        pages: Pages | None,
        posts: SitePosts | None = None,
        sentences: FindSentences | None = None,
    ) -> None:
        self._archive, self._pages = archive, pages
        self._texts: OrderedDict[tuple[str | None, ...], str] = OrderedDict()
        self.elsewhere = Elsewhere(self if archive else None, self if pages else None, posts, sentences)

    def holders(self, words: Words, *, site: str | None, thread: str) -> list[OutsideText]:
        """Return what the archive has of these words."""
        found = self._archive.holders(words, site=site, thread=thread) if self._archive else []
        for text in found:
            self._remember(text)
        return found

    def page(self, url: str) -> OutsideText | None:
        """Return the text of a page."""
        found = self._pages.page(url) if self._pages else None
        if found is not None:
            self._remember(found)
        return found

    def text(self, source: Record) -> str | None:
        """Return the text of a source, if it was given lately."""
        return self._texts.get((source["kind"], source["id"], source["author"], source["url"]))

    def _remember(self, text: OutsideText) -> None:
        self._texts[text.kind, text.id, text.author, text.url] = text.text
        while len(self._texts) > _REMEMBERED:
            self._texts.popitem(last=False)


@lru_cache(maxsize=1)
def _opened(process: int, path: Path) -> "ArchiveFile":
    # SQLite's connections must not be carried into another process.
    from bot.archive import reader

    return reader.Archive(path)


class _PagesOf:
    """Read the pages that one thread links to, but for its own: there the comments would find themselves."""

    def __init__(self, thread: Thread, pages: Pages) -> None:
        self._base = absolute(None, thread.url or thread.post.url or "")
        self._pages = pages

    def page(self, url: str) -> OutsideText | None:
        found = absolute(self._base, url.strip())
        if found is None or (self._base and _bare(found) == _bare(self._base)):
            return None
        return self._pages.page(found)


def _bare(url: str) -> str:
    return url.partition("#")[0].partition("://")[2].rstrip("/")


@cache
def _linked_pages(asked: Asked) -> "LinkedPages":
    from importlib.metadata import version

    from adapters.public_http import PublicHttp
    from bot.pages.cache import PageCache
    from bot.pages.linked import LinkedPages

    options = asked.pages or PagesOptions()
    agent = f"Quotewarden/{version('quotewarden')}" + (f" (+{options.contact})" if options.contact else "")
    try:
        kept = PageCache(asked.cache)
    except sqlite3.Error:
        kept = PageCache(":memory:")
    return LinkedPages(options, kept, http=PublicHttp(user_agent=agent), run=asked.run, on_note=_note)


def _usable_cache(options: PagesOptions) -> str:
    from bot.pages.cache import PageCache

    path = options.cache.expanduser() if options.cache else _default_cache()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        PageCache(str(path)).close()
    except (OSError, ValueError, sqlite3.Error, RuntimeError) as error:
        _note(f"{path}: this cache of pages cannot be used and is passed over: {error}")
        folder = tempfile.TemporaryDirectory(prefix="quotewarden-")
        _temporary.append(folder)
        return str(Path(folder.name) / "pages.sqlite")
    return str(path)


def _default_cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "quotewarden" / "pages.sqlite"


def _note(text: str) -> None:
    print(one_line(f"note: {text}"), file=sys.stderr, flush=True)
