"""Who has posted a link first."""

import re
from dataclasses import dataclass

from rules.links.identity import Address, address
from rules.view import Entry, ThreadView

# Only links with a scheme are remembered: to find the others costs more than they are worth here.
_TYPED = re.compile(r"(?:https?://|www\.)[^\s<>\"“”’»]{3,2000}", re.I)
_TRAILING = ".,;:!?'*_)]}…"


@dataclass(frozen=True, slots=True)
class Posted:
    """Hold where a link was posted: the entry, its address there, and its place in the entry's text."""

    entry: Entry
    address: Address
    start: int
    end: int


class LinkHistory:
    """Remember, comment by comment in time order, the first entry in which each page was linked."""

    def __init__(self, view: ThreadView) -> None:
        self._view = view
        self._known = 0
        self._first: dict[str, Posted] = {}

    def first(self, wanted: Address, *, before: Entry) -> Posted | None:
        """Return where a page was linked first, before an entry."""
        while self._known < before.number:
            self._remember(self._view.entries[self._known])
            self._known += 1
        found = self._first.get(wanted.page)
        return found if found and found.entry.number < before.number else None

    def _remember(self, entry: Entry) -> None:
        text = entry.document.text
        links = [(link.start, link.end, link.url) for link in entry.document.links]
        if "://" in text or "www." in text:
            links += (_trimmed(match) for match in _TYPED.finditer(text))
        for start, end, url in links:
            if link := address(url):
                self._first.setdefault(link.page, Posted(entry, link, start, end))


def _trimmed(found: re.Match[str]) -> tuple[int, int, str]:
    url = found[0].rstrip(_TRAILING)
    # A parenthesis that the address itself opens belongs to it.
    if found[0].startswith(")", len(url)) and url.count("(") > url.count(")"):
        url += ")"
    return found.start(), found.start() + len(url), url if "://" in url else f"http://{url}"
