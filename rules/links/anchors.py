"""Where the links of a comment stand, and the words that they lie under."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rules.document import Document
from rules.links.urls import find_urls, may_have_url

# Markup that was typed where it does not work; its words are an anchor all the same.
_TYPED = re.compile(
    r"!?\[(?P<md>[^\[\]\n]{0,300}+)\]\([ ]?(?P<md_url>[^\s()<>]{4,2000}+)[^()\n]{0,200}+\)"
    r"|<a\s[^<>]{0,40}?\bhref\s?=\s?[\"']?(?P<a_url>[^\s\"'<>]{4,2000}+)[^<>]{0,300}+>(?P<a>[^<>]{0,300}+)</a>"
    r"|<(?:img|iframe|embed|video|audio|source)\s[^<>]{0,200}?\bsrc\s?=\s?[\"']?(?P<src>[^\s\"'<>]{4,2000}+)"
    r"[^<>]{0,600}+>(?:</(?:iframe|video|audio)>)?"
    r"|\[url=[\"']?(?P<bb_url>[^\s\]\"']{4,2000}+)[\"']?\](?P<bb>[^\[\]\n]{0,300}+)\[/url\]",
    re.I,
)
_MAYBE_TYPED = re.compile(r"\]\(|<[a-z]|\[url=", re.I)
# Addresses that were made harmless, which every reader can still follow.
_DISARMED = re.compile(
    r"\b(?:hxxps?://|https?\[:\]//)[^\s<>]{3,2000}+"
    r"|\b[\w-]{1,63}+(?:\[\.\]|\(dot\)|\[dot\])[a-z]{2,}[^\s<>]{0,2000}+",
    re.I,
)
_MAYBE_DISARMED = re.compile(r"hxxp|\[[.:]\]|[(\[]dot[)\]]", re.I)
_DOT = re.compile(r"\[\.\]|[(\[]dot[)\]]", re.I)
# Links that lead to no page: a mail address, a telephone, another place of the same page.
_NO_PAGE = re.compile(r"\s*(?:mailto:|tel:|#|$)", re.I)
_ABSOLUTE = re.compile(r"\s*(?:[a-z][a-z0-9+.-]*:|//)", re.I)
_HOST = re.compile(r"[\w-]++(?:\.[\w-]++)*\.[a-z]{2,}", re.I)


@dataclass(frozen=True, slots=True)
class Anchor:
    """Hold where a link stands, the words that it lies under ("" where they are its address), and where it leads."""

    start: int
    end: int
    words: str
    url: str
    is_image: bool = False


def may_have_link(document: Document) -> bool:
    """Tell cheaply whether it is worth looking for links."""
    text = document.text
    return bool(document.links) or may_have_url(text) or _MAYBE_DISARMED.search(text) is not None


def find_anchors(document: Document) -> list[Anchor]:
    """Return the links of a comment's own in order: none in quotations, and no address that is a part of code."""
    text = document.text
    quoted = [(block.start, block.end) for block in document.blocks_of("quote")]
    code = sorted(
        [(block.start, block.end) for block in document.blocks_of("code")]
        + [(run.start, run.end) for run in document.emphasis if run.kind == "code"]
    )
    found = [
        Anchor(link.start, link.end, _caption(text[link.start : link.end]), link.url, link.is_image)
        for link in document.links
        if _leads_somewhere(link.url, is_image=link.is_image)
    ]
    if _MAYBE_TYPED.search(text):
        found += _uncovered(list(_typed(text)), found)
    if may_have_url(text):
        bare = [Anchor(start, end, "", url) for start, end, url in find_urls(text) if not _covers(code, start)]
        found += _uncovered(bare, found)
    if not found:
        found = [Anchor(match.start(), match.end(), "", _rearmed(match[0])) for match in _DISARMED.finditer(text)]
    anchors: list[Anchor] = []
    for anchor in sorted(found, key=lambda anchor: (anchor.start, anchor.end, anchor.is_image)):
        if not (anchors and _is_within(anchor, anchors[-1])) and not _covers(quoted, anchor.start):
            anchors.append(anchor)
    return anchors


def _is_within(anchor: Anchor, other: Anchor) -> bool:
    """Tell whether a link is inside another, as a picture that one can click is."""
    is_clicked = anchor.is_image and not other.is_image and anchor.start == other.start
    return is_clicked or anchor.start < other.end


def _leads_somewhere(url: str, *, is_image: bool) -> bool:
    """Tell a link from an address of another kind; a picture that lies on the site itself is a part of the comment."""
    return _ABSOLUTE.match(url) is not None if is_image else not _NO_PAGE.match(url)


def _typed(text: str) -> Iterator[Anchor]:
    for match in _TYPED.finditer(text):
        url = match["md_url"] or match["a_url"] or match["src"] or match["bb_url"]
        is_image = match["src"] is not None or match[0][0] == "!"
        words = "" if is_image else match["md"] or match["a"] or match["bb"] or ""
        if _ABSOLUTE.match(url):
            yield Anchor(match.start(), match.end(), _caption(words), url, is_image)


def _caption(words: str) -> str:
    """Return the words of a link in one line; none for those that only show its address, cut short perhaps."""
    words = " ".join(words.split())
    if " " in words or "." not in words:
        return words
    is_address = "/" in words or words.endswith(("...", "…")) or _HOST.fullmatch(words) is not None
    return "" if is_address else words


def _rearmed(written: str) -> str:
    url = _DOT.sub(".", written).replace("[:]", ":")
    return re.sub("^hxxp", "http", url, flags=re.I)


def _uncovered(anchors: Sequence[Anchor], found: Sequence[Anchor]) -> list[Anchor]:
    """Return the anchors that do not begin within one that was found before."""
    taken = sorted((anchor.start, anchor.end) for anchor in found)
    return [anchor for anchor in anchors if not _covers(taken, anchor.start)]


def _covers(spans: Sequence[tuple[int, int]], at: int) -> bool:
    place = bisect_right(spans, at, key=lambda span: span[0]) - 1
    return place >= 0 and at < spans[place][1]
