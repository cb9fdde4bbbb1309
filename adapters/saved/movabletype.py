"""The text export of Movable Type and TypePad.

Entries end with a line of eight hyphens, their sections with one of five. An entry with comments gives a thread. The
export has neither ids nor parents of comments, so they are numbered; bodies are HTML in which line breaks still stand
for paragraphs. Dates have no zone and are taken as UTC. Trackbacks (`PING:`) are left out and counted.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from adapters.dates import parse_date
from adapters.errors import ReadError
from adapters.saved.source import Source
from adapters.thread import Comment, Format, Post, Thread

NAME = "movabletype"
TITLE = "Movable Type or TypePad export (text)"

_ENTRY_END, _SECTION_END = "--------", "-----"
_SECTIONS = ("BODY:", "EXTENDED BODY:", "EXCERPT:", "KEYWORDS:", "COMMENT:", "PING:")
_FIELD = re.compile(r"([A-Z][A-Z ]{1,30}):(?:[ \t]+|$)")
_COMMENT_FIELDS = frozenset(("AUTHOR", "EMAIL", "IP", "URL", "DATE"))
_SIGN = re.compile(r"\s*(?:[A-Z][A-Z ]{1,30}:.*\n)+-----\s*\n+(?:BODY|EXTENDED BODY|EXCERPT|KEYWORDS|COMMENT|PING):")
_DATES = ("%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %I:%M %p", "%m/%d/%Y")
_Section = tuple[str, list[str]]


def recognises(head: str) -> bool:
    """Tell whether the text begins with an entry's fields, a rule and a section."""
    return bool(_SIGN.match(head.replace("\r", "")))


def read(source: Source) -> Iterator[Thread]:
    """Yield a thread for each entry that has comments, one entry at a time."""
    found, pings = False, 0
    for number, sections in enumerate(_entries(source.lines()), 1):
        pings += sum(name == "PING:" for name, _ in sections)
        if any(name == "COMMENT:" for name, _ in sections):
            found = True
            yield _thread(sections, number)
    if pings:
        source.note(f"{pings} trackbacks left out")
    if not found:
        raise ReadError("an export without any comment", mend="export the entries with their comments")


def _entries(lines: Iterator[str]) -> Iterator[list[_Section]]:
    """Yield each entry as its sections; a rule inside somebody's text stays text."""
    sections: list[_Section] = [("", [])]
    held: list[str] = []  # a rule and the empty lines after it, until the next line shows what the rule was
    for line in lines:
        rule = line.rstrip()
        if held:
            if not rule or rule == _SECTION_END:
                held.append(line)
                continue
            if rule == _ENTRY_END:
                held = [line]
                continue
            if held[0].rstrip() == _ENTRY_END and _FIELD.match(line):
                yield sections
                sections, held = [("", [line])], []
                continue
            if rule in _SECTIONS:
                sections.append((rule, []))
                held = []
                continue
            sections[-1][1].extend(held)
            held = []
        if rule in (_ENTRY_END, _SECTION_END):
            held = [line]
        else:
            sections[-1][1].append(line)
    yield sections


def _thread(sections: list[_Section], number: int) -> Thread:
    fields, _ = _fields(sections[0][1], None)
    text = {name: "\n".join(lines).strip() for name, lines in reversed(sections)}
    url = fields.get("UNIQUE URL") or None
    id = fields.get("BASENAME") or url or str(number)
    post = Post(
        id=id,
        title=fields.get("TITLE") or None,
        author=fields.get("AUTHOR") or None,
        body="\n\n".join(filter(None, (text.get("BODY:"), text.get("EXTENDED BODY:")))),
        format=_format(fields.get("CONVERT BREAKS", "")),
        url=url,
        posted_at=_date(fields.get("DATE")),
    )
    comments = [lines for name, lines in sections if name == "COMMENT:"]
    return Thread(
        site=None,
        id=id,
        title=post.title,
        url=url,
        post=post,
        comments=tuple(_comment(lines, place) for place, lines in enumerate(comments, 1)),
    )


def _comment(lines: list[str], number: int) -> Comment:
    fields, start = _fields(lines, _COMMENT_FIELDS)
    return Comment(
        id=str(number),
        author=fields.get("AUTHOR") or None,
        body="\n".join(lines[start:]).strip(),
        posted_at=_date(fields.get("DATE")),
    )


def _fields(lines: list[str], known: frozenset[str] | None) -> tuple[dict[str, str], int]:
    """Return the fields at the top, and where they end; with `known`, at the first line that is none of these."""
    fields: dict[str, str] = {}
    for place, line in enumerate(lines):
        field = _FIELD.match(line)
        if field is not None and (known is None or (field[1] in known and field[1] not in fields)):
            fields.setdefault(field[1], line[field.end() :].strip())
        elif known is not None and line.strip():
            return fields, place
    return fields, len(lines)


def _format(convert: str) -> Format:
    return "markdown" if convert.lower().startswith("markdown") else "html"


def _date(value: str | None) -> datetime | None:
    for form in _DATES if value else ():
        try:
            return datetime.strptime(value or "", form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return parse_date(value)
