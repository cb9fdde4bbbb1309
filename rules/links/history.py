"""Who has posted a link first."""

import re

from rules.links.identity import Address, address
from rules.view import Entry, ThreadView

# Only links with a scheme are remembered: to find the others costs more than they are worth here.
_TYPED = re.compile(r"(?:https?://|www\.)[^\s<>\"“”’»]{3,2000}", re.I)
_TRAILING = ".,;:!?'*_)]}…"


class LinkHistory:
    """Remember, comment by comment in time order, the first entry in which each page was linked."""

    def __init__(self, view: ThreadView) -> None:
        self._view = view
        self._known = 0
        self._first: dict[str, tuple[int, Address]] = {}

    def first(self, wanted: Address, *, before: Entry) -> tuple[Entry, Address] | None:
        """Return the entry before another in which a page was linked first, and the link there."""
        while self._known < before.number:
            self._remember(self._view.entries[self._known])
            self._known += 1
        found = self._first.get(wanted.page)
        return (self._view.entries[found[0]], found[1]) if found and found[0] < before.number else None

    def _remember(self, entry: Entry) -> None:
        text = entry.document.text
        urls = [link.url for link in entry.document.links]
        if "://" in text or "www." in text:
            urls += (_trimmed(match[0]) for match in _TYPED.finditer(text))
        for url in urls:
            if link := address(url):
                self._first.setdefault(link.page, (entry.number, link))


def _trimmed(url: str) -> str:
    shorter = url.rstrip(_TRAILING)
    # A parenthesis that the address itself opens belongs to it.
    closes = url.startswith(")", len(shorter)) and shorter.count("(") > shorter.count(")")
    return shorter + ")" * closes if "://" in url else f"http://{shorter}"
