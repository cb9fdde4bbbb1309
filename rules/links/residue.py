"""What a comment says besides its links."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from rules.document import Document
from rules.links.anchors import Anchor, find_anchors, may_have_link
from rules.links.identity import without_accents
from rules.links.lexicon import (
    ANSWERS,
    EMPTY,
    OBJECTS_AFTER,
    OBJECTS_BEFORE,
    PAST,
    PERSONS,
    PREDICATES,
    PURPOSES,
    TRACKBACK,
)
from rules.titles import is_title
from rules.words import Words, fold

_MANY = 40
# What a link leaves behind, so that the words around it stay apart and in their lines.
_PLACE = "\ufffc"
_CALLED = re.compile(r"@[\w.-]+(?: [A-Z][\w-]+){0,2}(?=\s*[:,])|@[\w.-]+|#\w+")
_OPENING_NAME = re.compile(r"\s*([^\W\d_]\w*)(?: [A-Z]\w+)?,(?=\s)")
_NUMBER = re.compile(r"(?<![\w\[(#.,])\d[\d.,]*(?=[\s,;:!?]|\.?$)(?!\. )")
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+")
_EQUATES = re.compile(r"[^\s=]\s*=\s*[^\s=]|[€$£]\s?\d|\d\s?[%€£]")
_PARTICIPLE = re.compile(r"[a-z]{3,}ed")
_ENDS_SENTENCE = re.compile(r"[^\W_]['’\"”)»]?\s?(?:[.!?]*[!?]|\.)$")
_LETTER = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"[^\W_]+")
_LONGEST_TITLE = 20
_LONGEST_URL = 2000
# A title under which a link lies may follow so many words ("See also"); after more it is a part of their sentence.
_LONGEST_LEAD = 3
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
_PAUSES = (".", "!", "?", ":", "-", "–", "—", "…")
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


def find_residue(document: Document) -> Residue | None:
    """Take the links out of a comment; None when it has none."""
    text = document.text
    if not may_have_link(document):
        return None
    plain_words = [word for word in text.split() if "://" not in word and not word.startswith("www.")]
    if len(plain_words) > _MANY + sum(link.end - link.start for link in document.links) // 4:
        # Finding links exactly is slow, and nobody needs it in a comment that plainly speaks.
        return Residue((), plain_words, is_statement=True) if document.links or "://" in text else None
    anchors = find_anchors(document)
    return _read(_masked(document, anchors), anchors) if anchors else None


def _masked(document: Document, anchors: Sequence[Anchor]) -> str:
    """Return the text with a mark in place of each link, and without quotations."""
    text = document.text.replace(_PLACE, " ")
    cuts = [(anchor.start, anchor.end, _PLACE) for anchor in anchors]
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


def _read(masked: str, anchors: Sequence[Anchor]) -> Residue:
    said: list[str] = []
    beside: list[str] = []
    lines = unlinked = 0
    is_titled = is_statement = False
    carried = iter(anchors)
    last = masked.count("\n")
    everything = " ".join(anchor.words for anchor in anchors) + " " + masked
    for line in masked.split("\n"):
        here = [next(carried) for _ in range(line.count(_PLACE))]
        line = _without_names(line)
        shown = _with_anchors(line, here)
        if any(anchor.words and anchor.words not in shown for anchor in here):
            is_titled = True
        urls = [anchor.url for anchor in here or (anchors[:4] if last < 6 else [])]
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
        urls=list(dict.fromkeys(anchor.url for anchor in anchors)),
        words=said,
        beside=" ".join(beside)[:60].strip(" -–—:,;>→"),
        lines=1 if unlinked else max(1, lines),
        images=sum(anchor.is_image for anchor in anchors),
        is_titled=is_titled,
        is_statement=is_statement,
        is_trackback=TRACKBACK.search(everything) is not None,
    )


def _without_names(line: str) -> str:
    """Drop whom a line speaks to, and hashtags."""
    called = _OPENING_NAME.match(line)
    start = called.end() if called and fold(called[1]) not in ANSWERS else 0
    return _CALLED.sub(" ", line[start:])


def _with_anchors(line: str, here: Sequence[Anchor]) -> str:
    """Put back the words of links that are a part of what the line says; a title stays away."""
    count = len(_WORD.findall(line))
    parts = line.split(_PLACE)
    shown = [parts[0]]
    for anchor, before, after in zip(here, parts, parts[1:], strict=False):
        words = anchor.words
        is_apart = not _WORD.search(after) and (before.rstrip().endswith(_PAUSES) or not _WORD.search(before))
        is_title = bool(words) and count <= _LONGEST_LEAD and _is_own_title(words, [anchor.url])
        kept = words and not is_title and not (is_apart and _is_caption(words))
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
        speaks = speaks or _is_statement(sentence, folded, own)
        words += own + (_NUMBER.findall(sentence) if own else [])
    return words, speaks


def _is_statement(sentence: str, folded: Sequence[str], own: Sequence[str]) -> bool:
    """Tell a sentence by its answer, its verb, its end, or by words on both sides of the link."""
    if not ANSWERS.isdisjoint(folded):
        return True
    has_person = not PERSONS.isdisjoint(folded)
    if not own:
        return has_person and not PAST.isdisjoint(folded)
    if has_person or not PREDICATES.isdisjoint(folded) or folded[0] in PURPOSES:
        return True
    if len(own) > 1 and (_ends_in_verb(folded) or any(_PARTICIPLE.fullmatch(word) for word in own)):
        return True
    is_around = bool(_LETTER.search(sentence.partition(_PLACE)[0]) and _LETTER.search(sentence.rpartition(_PLACE)[2]))
    is_ended = _ENDS_SENTENCE.search(sentence.rstrip()) is not None
    return (_PLACE in sentence and is_around) or is_ended or _EQUATES.search(sentence) is not None


def _ends_in_verb(folded: Sequence[str]) -> bool:
    """Tell whether the last two words are a verb and its pronoun: "denies it", "lo niega"."""
    *_, one, other = folded
    return (one not in EMPTY and other in OBJECTS_AFTER) or (one in OBJECTS_BEFORE and other not in EMPTY)
