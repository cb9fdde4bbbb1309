"""A thread saved or pasted as plain text.

What opens a comment is a line of one of these forms (and its like in German, French, Spanish, Italian, Portuguese and
Dutch); a document keeps to one form, and text before its first header is the post::

      7. mike says:                                mike says:
    mike wrote on 4 May 2019 at 10:20:             May 4, 2019 at 10:20 am
    On May 4, 2019, mike wrote:                    mike • 3 hours ago
    #7 mike                                        7) mike

A comment that has its number but no name has no author. A header that stands further in than the one before it answers
that one. Dates without a zone are taken as UTC; "3 hours ago" is no date, for there is no clock. Buttons and counts of
votes ("Reply", "Share ›", "12 △ ▽") are left out at both ends of a comment; every other line is kept, `>` included.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from adapters.errors import ReadError
from adapters.saved.naming import stem
from adapters.saved.source import Source
from adapters.saved.text_headers import find_headers
from adapters.saved.text_lines import Header, is_chrome
from adapters.thread import Comment, Post, Thread

NAME = "text"
TITLE = "Plain text, with a line like “7. mike says:” or “mike • 3 hours ago” above each comment"

_MARKUP = re.compile(r"\s*(?:<[!?a-zA-Z/]|\{|\[\s*[\[{\]])")
_ROLE = re.compile(r"(?<=\S)\s+(?:mod|moderator|admin|author|staff|op|guest|featured by .*)$", re.IGNORECASE)
_ANSWERS = re.compile(r"\s*[➤→▸›>↪]\s*|[ \xa0]{2,}|\t+")


def recognises(head: str) -> bool:
    """Tell whether at least two lines open a comment in the same form."""
    return not _MARKUP.match(head) and len(find_headers(head.split("\n"))) >= 2


def read(source: Source) -> Iterator[Thread]:
    """Yield the one thread of a text; raises ReadError when no line opens a comment."""
    lines = [line.removesuffix("\r") for line in source.text().split("\n")]
    headers = find_headers(lines)
    if not headers:
        raise ReadError(
            "no line opens a comment",
            mend="put a line such as “NAME wrote on DATE:” above each comment, or name another format with --format",
        )
    id = stem(source.name)
    yield Thread(
        site=None,
        id=id,
        title=None,
        url=None,
        post=Post(id=id, body=_body("", lines[: headers[0].line], votes=False), format="plain"),
        comments=tuple(_comments(lines, headers)),
    )


def _comments(lines: Sequence[str], headers: Sequence[Header]) -> Iterator[Comment]:
    ids: set[str] = set()
    # Text that was cut out and pasted loses the indentation of its first line, and of that alone.
    usual = Counter(header.indent for header in headers).most_common(1)[0][0]
    if not any(map(str.strip, lines[: headers[0].line])) and headers[0].indent == 0:
        headers = [replace(headers[0], indent=usual), *headers[1:]]
    latest: dict[str, str] = {}
    above: list[tuple[int, str]] = []
    ends = [header.line for header in headers[1:]] + [len(lines)]
    for place, (header, end) in enumerate(zip(headers, ends, strict=True), 1):
        while above and above[-1][0] > header.indent - 2:
            above.pop()
        parent = above[-1][1] if above else None
        id = str(place if header.number is None else header.number)
        # Nested lists begin again at 1.
        if id in ids:
            id = f"{parent}.{id}" if parent and f"{parent}.{id}" not in ids else f"{id}-{place}"
        ids.add(id)
        above.append((header.indent, id))
        bullet = header.style == "•"
        if bullet and header.author:
            header, answered = _answered(header, latest)
            parent = answered or parent
        if header.author:
            latest[header.author] = id
        yield Comment(
            id=id,
            parent_id=parent,
            author=header.author,
            body=_body(header.rest, lines[header.end : end], votes=bullet),
            format="plain",
            posted_at=header.posted_at,
        )


def _answered(header: Header, latest: dict[str, str]) -> tuple[Header, str | None]:
    """Take apart "Bo  Anna", where Bo answers Anna, and "Bo  Mod"; return who wrote, and the id of what he answers."""
    author = _ROLE.sub("", header.author or "")
    name, *others = _ANSWERS.split(author)
    for other in others:
        if name and other in latest:
            return replace(header, author=name), latest[other]
    return replace(header, author=" ".join(part for part in (name, *others) if part) or None), None


def _body(rest: str, lines: Sequence[str], *, votes: bool) -> str:
    """Return the lines without their common indentation, and without empty lines and buttons at both ends."""
    start, end = 0, len(lines)
    while start < end and _empty(lines[start], votes=False):
        start += 1
    while end > start and _empty(lines[end - 1], votes=votes):
        end -= 1
    if start == end and votes and not rest:  # a comment that is only a number is no vote count
        return next((line.strip() for line in lines if line.strip().isdecimal()), "")
    kept = lines[start:end]
    margin = min((len(line) - len(line.lstrip(" \t")) for line in kept if line.strip()), default=0)
    body = "\n".join(line[margin:].rstrip() for line in kept)
    gap = "\n\n" if rest and body and start else "\n" if rest and body else ""
    return f"{rest}{gap}{body}"


def _empty(line: str, *, votes: bool) -> bool:
    return not line.strip() or (len(line) < 400 and is_chrome(line.strip(), votes=votes))
