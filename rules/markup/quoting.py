"""Quotations that people type as text: `>` lines, `[quote=NAME]`, and the header lines that name whom they quote."""

import re
from collections.abc import Iterator
from dataclasses import replace

from rules.document import Block, Document

_SIGNS = re.compile(r"[ \t]*((?:>[ \t]?)+)")
_HAS_SIGNS = re.compile(r"^[ \t]*>", re.M)
_LINE_SIGNS = re.compile(r"\n[ \t]*(?:>[ \t]?)+")
_BBCODE = re.compile(
    r"""\[(?:(/)quote|quote(?:=|[ ]name=|[ ]author=)?["']?([^\]\n"']{0,80}+)["']?[^\]\n]{0,120}+)\]""", re.I
)
# What forums write after the name: [quote=Ann;123], [quote author=Ann date=123], [quote="Ann, post:3, topic:9"].
_AFTER_NAME = re.compile(r", post:|;\d+\s*$|\s\w+=")
# Deeper nesting than this is decoration.
_MAX_DEPTH = 50
_MAX_HEADER = 300

_WROTE = r"(?:wrote|writes|said|says|schrieb|schreibt|sagte|sagt|a écrit|écrit|escribió|dijo|пишет|писал|написал)"
_NAME = r"(?P<name>[^\s<>:\"“”][^<>:\"“”\n]{0,60}?)"
_NEWS_NAME = r"(?P<name>[^\s<>:\"“”@()][^<>:\"“”@()\n]{0,60}?|[^\s<>:@()]+@[^\s<>:@()]+)"
_ADDRESS = r"(?: <[^<>]*>)?"
_ON = r"(?:On|Am|Le|El|At|W dniu)\b"
_HALF_OF_DAY = r"(?:\s?[AaPp]\.?[Mm]\.?)?(?: Uhr)?"
_ZONE = r"(?: (?:UTC|GMT|[A-Z]{2,3}T)?(?:[+-]\d[\d:]{0,4})?)?"
_YEAR_OR_TIME = r"\b(?:\d{4}|\d{1,2}[:.h]\d\d(?:[:.]\d\d)?|\d{1,2}([./-])\d{1,2}\1\d\d\d?\d?\.?)"
_DATE = rf"{_ON}.{{0,120}}{_YEAR_OR_TIME}{_HALF_OF_DAY}{_ZONE}[,\s]\s?"
_WHEN = rf"{_ON}.{{0,120}}?[\d.)]{_HALF_OF_DAY}[,\s]\s?"
_HEADERS = tuple(
    re.compile(pattern + r"\s?:$")
    for pattern in (
        rf"In article\b.{{0,200}}?[ >](?:[^\s@]++@\S++ )?\(?{_NEWS_NAME}\)? {_WROTE}",  # In article <id> a@b (A) wrote:
        rf"{_WHEN}{_WROTE} {_NAME}{_ADDRESS}",  # Am 4. November 2017 um 15:15 Uhr schrieb Ann Lee:
        rf"{_DATE}{_NAME}{_ADDRESS} {_WROTE}",  # On Tue, 4 Nov 2017 at 15:15, Ann Lee <ann@example.org> wrote:
        rf"{_ON}.{{0,120}}, {_NAME}{_ADDRESS} {_WROTE}",  # On 4 November, Ann Lee wrote:
        rf"{_WHEN}{_NAME}{_ADDRESS} {_WROTE}",  # On November 4 Ann Lee wrote:
        rf"{_NAME}{_ADDRESS} {_WROTE}(?: (?:on|at|in|am)\b.{{0,60}})?",  # Ann wrote on 4 November:
    )
)
_DATE_HEAD = re.compile(r"^(?:On|Am|Le|El|At)\s")


def unquoted(text: str) -> str:
    """Return the text of a typed quotation without the signs at its lines' beginnings."""
    return _LINE_SIGNS.sub("\n", text)


def with_typed_quotes(document: Document) -> Document:
    """Add the quotations that the text itself marks, and the name that a header line gives to any block quote."""
    blocks = list(document.blocks)
    text = document.text
    if ">" in text and _HAS_SIGNS.search(text):
        blocks = [part for block in blocks for part in _split_at_signs(text, block)]
    if "[" in text and "quote" in text.lower():
        blocks += _bbcode(text)
    if not any(block.kind == "quote" for block in blocks):
        return document
    blocks = [_with_header(text, block) if block.kind == "quote" else block for block in blocks]
    blocks.sort(key=lambda block: (block.start, -block.end, block.kind != "quote"))
    return replace(document, blocks=blocks)


def _lines(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end:
        stop = text.find("\n", start, end)
        stop = end if stop < 0 else stop
        yield start, stop
        start = stop + 1


def _split_at_signs(text: str, block: Block) -> Iterator[Block]:
    """Cut a paragraph into runs of lines of one depth, with a quote around each run of quoted ones."""
    if block.kind not in ("paragraph", "list") or not _HAS_SIGNS.search(text[block.start : block.end]):
        yield block
        return
    lines = []
    for start, end in _lines(text, block.start, block.end):
        signs = _SIGNS.match(text, start, end)
        depth = min(signs[1].count(">"), _MAX_DEPTH) if signs else 0
        inside = signs.end() if signs else start
        if (signs and text[inside:end].strip().isdigit()) or (depth == 3 and text.startswith(">>> ", start)):
            depth, inside = 0, start  # a reference to a numbered post; a Python prompt
        lines.append((depth, inside, end))
    _rejoin_wrapped(text, lines)
    yield from _runs(text, lines, block)


def _rejoin_wrapped(text: str, lines: list[tuple[int, int, int]]) -> None:
    """Take the tail that a mailer wrapped off a quoted line, and left without its sign, for part of the quotation."""
    for at in range(1, len(lines) - 1):
        (before, *_, end), (depth, start, stop), (after, *_) = lines[at - 1 : at + 2]
        if depth == 0 and 0 < before == after and stop - start < 30 and text[start : start + 1].islower():
            previous = lines[at - 1]
            if end - previous[1] > 55:
                lines[at] = (before, start, stop)


def _runs(text: str, lines: list[tuple[int, int, int]], block: Block) -> Iterator[Block]:
    open_since: dict[int, int] = {}
    last_end = paragraph = block.start
    last_depth: int | None = None
    for depth, start, end in [*lines, (-1, block.end, block.end)]:
        if depth != last_depth:
            if last_depth is not None and last_end > paragraph:
                yield replace(block, start=paragraph, end=last_end, depth=block.depth + last_depth)
            for level in [level for level in open_since if level > depth]:
                begun = open_since.pop(level)
                if text[begun:last_end].strip():
                    yield Block("quote", begun, last_end, depth=block.depth + level)
            if depth > 0:
                open_since.setdefault(depth, start)
                open_since.setdefault(1, start)
            paragraph, last_depth = start, depth
        stripped = end - (len(text[start:end]) - len(text[start:end].rstrip()))
        last_end = max(stripped, start)


def _bbcode(text: str) -> Iterator[Block]:
    stack: list[tuple[int, str | None]] = []
    for tag in _BBCODE.finditer(text):
        if not tag[1]:
            name = _AFTER_NAME.split(tag[2] or "", maxsplit=1)[0].strip()
            stack.append((tag.end(), name or None))
        elif stack:
            begun, author = stack.pop()
            start, end = _stripped(text, begun, tag.start())
            if start < end:
                yield Block("quote", start, end, depth=min(len(stack), _MAX_DEPTH) + 1, author=author)


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the span without the white space at its ends; a copy of each of many nested quotes would cost too much."""
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return start, end


def _with_header(text: str, block: Block) -> Block:
    """Bind the header line just above a quote, or its own first line, to it."""
    first_end = text.find("\n", block.start, min(block.end, block.start + _MAX_HEADER + 1))
    if 0 < first_end < block.end - 1 and (name := _header_name(text[block.start : first_end])):
        start = first_end + 1
        signs = _SIGNS.match(text, start, block.end)
        if signs and signs[1].count(">") > block.depth:
            return block  # the header of a quotation inside this one
        start, _ = _stripped(text, signs.end() if signs else start, block.end)
        if start < block.end:
            return replace(block, start=start, author=block.author or name, lead=(block.start, first_end))
    above = text[max(0, block.start - 400) : block.start].rstrip(" \t\n>")
    line_start = above.rfind("\n") + 1
    if len(above) - line_start < 300 and (name := _header_name(above[line_start:])):
        begin = max(0, block.start - 400) + line_start
        return replace(block, author=block.author or name, lead=(begin, begin + len(above) - line_start))
    return block


def _header_name(line: str) -> str | None:
    line = line.strip().lstrip(">| \t")
    if not line.endswith(":") or len(line) > _MAX_HEADER:
        return None
    for pattern in _HEADERS:
        if found := pattern.match(line):
            name = found["name"].strip(" ,@")
            if _DATE_HEAD.match(name):  # a date that no pattern above took apart
                name = name.rsplit(",", 1)[-1].strip()
            return name or None
    return None
