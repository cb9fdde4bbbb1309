"""Addresses that are typed into a text, found by linkify-it-py with its known slips mended.

It takes a closing quotation mark or an ideographic full stop for part of an address, and file names, products and
sentences glued together ("README.md", "asp.net", "the end.So") for hosts.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from linkify_it import LinkifyIt

if TYPE_CHECKING:
    from tldextract import TLDExtract

_PIECE = re.compile(r"\S+")
_MAYBE_DOMAIN = re.compile(r"(?<=[\w-])\.[^\W\d_]{2}")
# What nearly every typed address looks like: nothing in it that needs linkify's care, so that it costs next to nothing.
_PLAIN = re.compile(
    r"https?://(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?::\d{1,5})?(?:[/?#][\w/?#=&%+~.:;@$-]*(?<=[\w/=]))?", re.A
)
_WWW = re.compile(r"(?<![\w.@-])www\.", re.I)
_SCHEME = "http://"
# Browsers take no longer ones.
_LONGEST = 2000
_AFTER_HOST = re.compile("[/?#:]")
_CLOSING = re.compile("[”’»›“‘„。、，；：！？）」』】》…\u202a-\u202e\u2066-\u2069]")
_FILE_ENDINGS = frozenset("cc cpp java js md mm mov pl ps py rs sh so ts zip".split())
# Products that are named like hosts; `X.NET` in capitals is one too.
_PRODUCTS = frozenset("ado.net alt.net asp.net json.net ml.net paint.net vb.net node.js next.js socket.io".split())
# New endings are words of all kinds (`.works`, `.today`): a host of theirs is known by a path or a www.
_OLD_ENDINGS = frozenset("biz com edu gov info int mil mobi net org".split())
# Country codes that are words: two sentences without a space between them look like a host.
_WORDS = frozenset(
    "am as at be by de do es et he id ie il in is it la ma me my ne no pa sa se si so st su to us".split()
)


def find_urls(text: str) -> list[tuple[int, int, str]]:
    """Return start, end and URL of every typed address in order; takes time linear in the length of the text."""
    return list(_urls(text)) if may_have_url(text) else []


def may_have_url(text: str) -> bool:
    """Tell cheaply whether it is worth looking for addresses at all."""
    return "://" in text or _MAYBE_DOMAIN.search(text) is not None


def registered_domain(host: str) -> str:
    """Return the part of a host that somebody registered, by the public suffix list that tldextract brings along."""
    found = _suffixes()(host)
    return f"{found.domain}.{found.suffix}" if found.domain and found.suffix else host


@cache
def _linkify() -> LinkifyIt:
    return LinkifyIt().tlds([ending for ending in _suffixes().tlds if "." not in ending], True)


@cache
def _suffixes() -> "TLDExtract":
    # Loaded when a host is in doubt: it brings an HTTP library along, which takes a tenth of a second.
    from tldextract import TLDExtract

    return TLDExtract(suffix_list_urls=(), cache_dir=None)


def _urls(text: str) -> Iterator[tuple[int, int, str]]:
    # Piece by piece: the finder's time is not linear in the length of what it is given.
    for piece in _PIECE.finditer(text):
        written, start = piece[0], piece.start()
        if _PLAIN.fullmatch(written):
            yield start, piece.end(), written
        elif len(written) > _LONGEST:
            if "://" in written:
                yield start, piece.end(), written
        elif may_have_url(written):
            yield from _in_piece(written, start)


def _in_piece(piece: str, at: int) -> Iterator[tuple[int, int, str]]:
    added = 0
    if "://" not in piece and (www := _WWW.search(piece)):
        # Whoever writes www means an address, whatever its ending is.
        at, piece, added = at + www.start(), _SCHEME + piece[www.start() :], len(_SCHEME)
    for match in _linkify().match(piece) or ():
        start, shown = max(added, match.index), piece[max(added, match.index) : match.last_index]
        if (closing := _CLOSING.search(shown)) and closing.start() > 0:
            shown = shown[: closing.start()]
        if match.schema != "mailto:" and (match.schema or _is_host(shown)):
            url = shown if match.schema and not added else f"{_SCHEME}{shown}"
            yield at + start - added, at + start - added + len(shown), url


def _is_host(shown: str) -> bool:
    """Tell an address without a scheme from what is only written like one."""
    cut = _AFTER_HOST.search(shown)
    host, has_path = (shown[: cut.start()], cut[0] == "/") if cut else (shown, False)
    name, _, ending = host.rpartition(".")
    folded = ending.lower()
    if host.lower().startswith("www."):
        return True
    if not _suffixes()(host).suffix:
        return False
    if has_path:
        return True
    is_old = folded in _OLD_ENDINGS or len(folded) == 2 or not folded.isascii()
    is_product = host.lower() in _PRODUCTS or (folded == "net" and ending != folded)
    is_glued = folded in _WORDS or (ending[0].isupper() and not name.isupper() and folded != "com")
    return is_old and folded not in _FILE_ENDINGS and not is_product and not is_glued
