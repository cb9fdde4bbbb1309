"""What the settings let the rules know of the world outside a thread."""

import os
import sqlite3
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from adapters.saved.pages.addresses import absolute
from adapters.thread import Thread
from bot.config import Config, PagesOptions
from bot.inputs import one_line
from rules.elsewhere import NOTHING_KNOWN, Elsewhere, OutsideText, Pages

# What fetches pages is loaded by those who fetch pages.
if TYPE_CHECKING:
    from bot.pages.linked import LinkedPages

# Folders that stand in for a cache which cannot be used live as long as the process.
_temporary: list[tempfile.TemporaryDirectory[str]] = []


@dataclass(frozen=True, slots=True)
class Asked:
    """Say what a run asks outside its threads, in a form that its processes can be handed."""

    pages: PagesOptions | None = None
    cache: str = ""
    run: str = ""


NOT_ASKED = Asked()


def ask_settings(config: Config, *, fetch_pages: bool = False) -> Asked:
    """Return what the settings let a run ask, once for all its processes."""
    if not (config.pages.fetch or fetch_pages):
        return NOT_ASKED
    return Asked(config.pages, _usable_cache(config.pages), os.urandom(8).hex())


def open_elsewhere(asked: Asked, thread: Thread) -> Elsewhere:
    """Open, in this process, what a run may ask for a thread."""
    if asked.pages is None:
        return NOTHING_KNOWN
    return Elsewhere(pages=_PagesOf(thread, _linked_pages(asked)))


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
