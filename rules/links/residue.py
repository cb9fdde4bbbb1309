"""What a comment says besides its links."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote

from rules.document import Document
from rules.links.identity import without_accents
from rules.links.lexicon import ANSWERS, EMPTY, PERSONS, PREDICATES, PURPOSES, TRACKBACK
from rules.links.urls import find_urls, may_have_url
from rules.titles import is_title
from rules.words import Words, fold

_MANY = 40
# What a link leaves behind, so that the words around it stay apart and in their lines.
_PLACE = "\ufffc"
# Markup that was typed where it does not work; its words are an anchor all the same.
_TYPED = re.compile(
    r"!?\[(?P<md>[^\[\]\n]{0,300})\]\([ ]?(?P<md_url>[^\s()<>]{4,2000})[^()\n]{0,200}\)"
    r"|<a\s[^<>]{0,40}\bhref\s?=\s?[\"']?(?P<a_url>[^\s\"'<>]{4,2000})[^<>]{0,300}>(?P<a>[^<>]{0,300})</a>"
    r"|<(?:img|iframe|embed|video|audio|source)\s[^<>]{0,200}?\bsrc\s?=\s?[\"']?(?P<src>[^\s\"'<>]{4,2000})[^<>]{0,600}>"
    r"(?:</(?:iframe|video|audio)>)?"
    r"|\[url=[\"']?(?P<bb_url>[^\s\]\"']{4,2000})[\"']?\](?P<bb>[^\[\]\n]{0,300})\[/url\]",
    re.I,
)
_DEFANGED = re.compile(
    r"\b(?:hxxps?://|https?\[:\]//)[^\s<>]{3,2000}|\b[\w-]{1,63}(?:\[\.\]|\(dot\)|\[dot\])[a-z]{2,}[^\s<>]{0,2000}",
    re.I,
)
# Links that lead to no page: a mail address, a telephone, another place of the same page.
_NO_PAGE = re.compile(r"\s*(?:mailto:|tel:|#|$)", re.I)
_ABSOLUTE = re.compile(r"\s*(?:[a-z][a-z0-9+.-]*:|//)", re.I)
_SHOWS_ADDRESS = re.compile(
    r"\S*://\S*|www\.\S+|[^\s/]+\.[^\s/]+(?:/\S*|\.\.\.|…)|[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}", re.I
)
_CALLED = re.compile(r"@[\w.-]+(?: [A-Z][\w-]+){0,2}(?=\s*[:,])|@[\w.-]+|#\w+|^\s*[^\W\d_]\w*(?: [A-Z]\w+)?,(?=\s)")
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+")
_EQUATES = re.compile(r"[^\s=]\s*=\s*[^\s=]")
_ENDS_SENTENCE = re.compile(r"[^\W_]['’\"”)»]?\s?(?:[.!?]*[!?]|\.)$")
_LETTER = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"[^\W_]+")
_LONGEST_TITLE = 20
_LONGEST_URL = 2000
# A title under which a link lies may follow so many words ("See also"); after more it is a part of their sentence.
_LONGEST_LEAD = 3
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
# The share of a title's words that its link's address spells out.
_SPELLED = 0.75


@dataclass(frozen=True, slots=True)
class Residue:
    """Hold a comment's links, and the words outside links and quotations that say something.

    `beside` is all that was written beside the links, cut short; `lines` counts the lines that the words stand on, each
    with a link of its own. `is_titled` tells that a link carries its title or stands under it,
    `is_statement` that the words make a sentence, `is_trackback` that they tell of another page's link to this one.
    """

    urls: Sequence[str]
    words: Sequence[str] = ()
    beside: str = ""
    lines: int = 1
    images: int = 0
    is_titled: bool = False
    is_statement: bool = False
    is_trackback: bool = False


@dataclass(slots=True)
class _Anchors:
    """Hold where links stand, the words they carry ("" for none), and where they lead."""

    spans: list[tuple[int, int]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)
    images: int = 0


def find_residue(document: Document) -> Residue | None:
    """Take the links out of a comment; None when it has none."""
    has_links = any(_is_link(link.url, is_image=link.is_image) for link in document.links)
    text = document.text
    if not has_links and not may_have_url(text) and not _may_be_disguised(text):
        return None
    plain_words = [word for word in text.split() if "://" not in word and not word.startswith("www.")]
    if len(plain_words) > _MANY + sum(link.end - link.start for link in document.links) // 4:
        # Finding links exactly is slow, and nobody needs it in a comment that plainly speaks.
        return Residue((), plain_words, is_statement=True) if has_links or "://" in text else None
    anchors = _anchors(document)
    if not anchors.urls:
        return None
    return _read(_masked(document, anchors), anchors)


def _is_link(url: str, *, is_image: bool) -> bool:
    """Tell a link from an address of another kind; a picture that lies on the site itself is a part of the comment."""
    return bool(_ABSOLUTE.match(url)) if is_image and not url.startswith("data:") else not _NO_PAGE.match(url)


def _may_be_disguised(text: str) -> bool:
    return "[" in text or "(dot)" in text or "hxxp" in text.lower()


def _anchors(document: Document) -> _Anchors:
    """Find the links of the comment's own, in order: those of the markup, of markup typed as text, and bare ones."""
    text = document.text
    quoted = [(block.start, block.end) for block in document.blocks_of("quote")]
    found = [
        (link.start, link.end, text[link.start : link.end], link.url, link.is_image)
        for link in document.links
        if _is_link(link.url, is_image=link.is_image)
    ]
    taken = sorted((start, end) for start, end, *_ in found)
    if may_have_url(text):
        for match in _TYPED.finditer(text) if "](" in text or "<" in text or "[url=" in text.lower() else ():
            url = match["md_url"] or match["a_url"] or match["src"] or match["bb_url"]
            words = match["md"] or match["a"] or match["bb"] or ""
            is_image = match["src"] is not None or match[0][0] == "!"
            if not _covers(taken, match.start()) and _ABSOLUTE.match(url):
                found.append((match.start(), match.end(), "" if is_image else words, url, is_image))
        taken = sorted((start, end) for start, end, *_ in found)
        for start, end, url in find_urls(text):
            if not _covers(taken, start):
                found.append((start, end, "", url, False))
    if not found and _may_be_disguised(text):
        found = [(match.start(), match.end(), "", _rearmed(match[0]), False) for match in _DEFANGED.finditer(text)]
    anchors = _Anchors()
    for start, end, words, url, is_image in sorted(found):
        if _covers(quoted, start) or (anchors.spans and start < anchors.spans[-1][1]):
            continue
        anchors.spans.append((start, end))
        anchors.words.append("" if _SHOWS_ADDRESS.fullmatch(words.strip()) else " ".join(words.split()))
        anchors.urls.append(url)
        anchors.images += is_image
    return anchors


def _rearmed(written: str) -> str:
    url = re.sub(r"\[\.\]|\(dot\)|\[dot\]", ".", written, flags=re.I).replace("[:]", ":")
    return re.sub("^hxxp", "http", url, flags=re.I)


def _covers(spans: Sequence[tuple[int, int]], at: int) -> bool:
    place = bisect_right(spans, at, key=lambda span: span[0]) - 1
    return place >= 0 and at < spans[place][1]


def _masked(document: Document, anchors: _Anchors) -> str:
    """Return the text with a mark in place of each link, and without quotations."""
    text = document.text.replace(_PLACE, " ")
    cuts = [(start, end, _PLACE) for start, end in anchors.spans]
    for block in document.blocks_of("quote"):
        start, end = block.lead if block.lead else (block.start, block.start)
        cuts += [(start, end, "\n"), (block.start, block.end, "\n")]
    parts, at = [], 0
    for start, end, mark in sorted(cuts):
        if start >= at:
            parts += [text[at:start], mark]
            at = end
        else:
            at = max(at, end)
    return "".join([*parts, text[at:]])


def _read(masked: str, anchors: _Anchors) -> Residue:
    said: list[str] = []
    beside: list[str] = []
    lines = unlinked = 0
    is_titled = is_statement = False
    carried = iter(zip(anchors.words, anchors.urls, strict=True))
    last = masked.count("\n")
    everything = " ".join(anchors.words) + " " + masked
    for line in masked.split("\n"):
        here = [next(carried) for _ in range(line.count(_PLACE))]
        line = _CALLED.sub(" ", line)
        shown = _with_anchors(line, here)
        if any(words and words not in shown for words, _ in here):
            is_titled = True
        urls = [url for _, url in here] or (anchors.urls[:4] if last < 6 else [])
        own, speaks = _said(shown)
        if own and _is_own_title(shown.replace(_PLACE, " "), urls):
            is_titled = True
            continue
        is_statement = is_statement or speaks
        if own:
            lines += bool(here)
            unlinked += not here
            said += own
        if _LETTER.search(shown) or "^" in shown:
            beside.append(" ".join(shown.replace(_PLACE, " ").split()))
    return Residue(
        urls=list(dict.fromkeys(anchors.urls)),
        words=said,
        beside=" ".join(beside)[:60],
        lines=1 if unlinked else max(1, lines),
        images=anchors.images,
        is_titled=is_titled,
        is_statement=is_statement,
        is_trackback=TRACKBACK.search(everything) is not None,
    )


def _with_anchors(line: str, here: Sequence[tuple[str, str]]) -> str:
    """Put back the words of links that are a part of what the line says; a title stays away."""
    count = len(_WORD.findall(line))
    parts = line.split(_PLACE)
    shown = [parts[0]]
    for (words, url), after in zip(here, parts[1:], strict=True):
        is_title = bool(words) and count <= _LONGEST_LEAD and _is_own_title(words, [url])
        kept = words and not is_title and not (count == 0 and _is_caption(words))
        shown += [f" {words} " if kept else _PLACE, after]
    return "".join(shown)


def _is_caption(words: str) -> bool:
    """Tell whether words under which a link lies, alone in their line, are a title in lower case."""
    own, speaks = _said(words)
    return len(own) > 1 and not speaks and len(words.split()) <= _LONGEST_TITLE and not words.endswith((".", "!", "?"))


def _is_own_title(words: str, urls: Sequence[str]) -> bool:
    """Tell whether words are the title of the page that a link leads to: by their capitals or by the URL."""
    words = words.strip(' -–—:|>()[]"“”')
    if len(words.split()) > _LONGEST_TITLE or re.search(r"[.!?](?:\s|$)", words.removesuffix("...").rstrip("!?")):
        return False
    has_clause = any(word in PREDICATES or word in PERSONS for word in words.split())
    if is_title(words) and not has_clause:
        return True
    long_words = {word for word in map(fold, _WORD.findall(words)) if len(word) > 3}
    if len(long_words) < 2:
        return False
    spelled = {fold(word) for url in urls for word in _WORD.findall(unquote(url[:_LONGEST_URL]).replace("_", " "))}
    found = sum(not spelled.isdisjoint((word, without_accents(word), word.translate(_UMLAUTS))) for word in long_words)
    return found >= max(2, (1 if has_clause else _SPELLED) * len(long_words))


def _said(text: str) -> tuple[list[str], bool]:
    """Return the words of a line that say something, and whether they make a statement."""
    words: list[str] = []
    speaks = False
    for sentence in _SENTENCE_END.split(text):
        folded = Words(sentence).folded
        own = [word for word in folded if word not in EMPTY and not word.isdigit()]
        if any(word in ANSWERS for word in folded):
            speaks = True
        elif own:
            is_clause = folded[0] in PURPOSES or any(word in PREDICATES or word in PERSONS for word in folded)
            speaks = speaks or is_clause or bool(_EQUATES.search(sentence) or _ENDS_SENTENCE.search(sentence.rstrip()))
        words += own
    return words, speaks
