"""What a comment says besides its links."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from linkify_it import LinkifyIt

from rules.document import Document
from rules.titles import is_title
from rules.words import Words

_MAYBE_DOMAIN = re.compile(r"\.(?<=[\w-]\.)[a-zA-Z]{2,}\b")
_FILE_NAME = re.compile(r"^[\w-]+\.(?:md|py|sh|rs|pl|ps|cc|so|net|js|ts)$", re.I)
_MANY = 40
_PIECE = re.compile(r"\S+")
# Browsers take no longer ones.
_LONGEST_URL = 2000
_CLOSING = "”’»›。、，）」』"
# Words that point at a link without saying anything of it.
_EMPTY = frozenset(
    "this that here there it is a an the see look at check out link links via source sources from more info and also"
    " read watch video article url http https www com fyi re ps edit lol yes yep ok hier siehe dazu auch der die das"
    " voir ici lien ver aquí enlace вот тут ссылка".split()
)


@dataclass(frozen=True, slots=True)
class Residue:
    """Hold a comment's link URLs, and the words outside links and quotations that say something.

    `is_titled` tells that what stands beside the links, or carries them, is a title.
    """

    urls: Sequence[str]
    words: Sequence[str]
    is_titled: bool = False


def find_residue(document: Document) -> Residue | None:
    """Take the links out of a comment; None when it has none."""
    if not document.links and not _may_have_url(document.text):
        return None
    plain_words = [word for word in document.text.split() if "://" not in word and not word.startswith("www.")]
    if len(plain_words) > _MANY + sum(link.end - link.start for link in document.links) // 4:
        # Finding links exactly is slow, and nobody needs it in a comment that plainly speaks.
        return Residue((), plain_words) if document.links or "://" in document.text else None
    spans = [(link.start, link.end, link.url) for link in document.links]
    if _may_have_url(document.text):
        anchors = sorted((start, end) for start, end, _ in spans)
        spans += [found for found in _typed_urls(document.text) if not _covers(anchors, found[0])]
    if not spans:
        return None
    quoted = [(block.start, block.end, "") for block in document.blocks_of("quote")]
    outside, at = [], 0
    for start, end, url in sorted(spans + quoted):
        outside.append(document.text[at:start])
        # A link may be laid under a whole sentence of the comment's own.
        at = start if url and document.text[start:end].rstrip().endswith((".", "!", "?")) else max(at, end)
    outside.append(document.text[at:])
    rest = "\n".join(outside)
    said = [word for word in Words(rest).folded if word not in _EMPTY and not word.isdigit()]
    carried = " ".join(document.text[a:b] for a, b, _ in spans if "://" not in document.text[a:b])
    return Residue([url for _, _, url in spans], said, is_title(rest if said else carried))


def _may_have_url(text: str) -> bool:
    return "://" in text or _MAYBE_DOMAIN.search(text) is not None or "www." in text.lower()


@cache
def _linkify() -> LinkifyIt:
    return LinkifyIt()


def _covers(anchors: Sequence[tuple[int, int]], at: int) -> bool:
    place = bisect_right(anchors, at, key=lambda anchor: anchor[0]) - 1
    return place >= 0 and at < anchors[place][1]


def _typed_urls(text: str) -> list[tuple[int, int, str]]:
    """Find the URLs in a text piece by piece: the finder's time is not linear in the length of what it is given."""
    found = []
    for piece in _PIECE.finditer(text):
        if "." not in piece[0] and "://" not in piece[0]:
            continue
        if len(piece[0]) > _LONGEST_URL:
            if "://" in piece[0]:
                found.append((piece.start(), piece.end(), piece[0]))
            continue
        for match in _linkify().match(piece[0]) or ():
            start, shown = piece.start() + match.index, piece[0][match.index : match.last_index]
            cut = min((place for mark in _CLOSING if (place := shown.find(mark)) > 0), default=len(shown))
            if match.schema != "mailto:" and (match.schema or not _FILE_NAME.match(shown)):
                found.append((start, start + cut, match.url))
    return found
