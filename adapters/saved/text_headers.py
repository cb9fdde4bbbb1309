"""The lines that open a comment in plain text: "7. mike says:", "Anna wrote on 4 May 2019:", "Bo • 3 hours ago" ...

A document keeps to one form, so the form that most lines show is taken as its own and every other line is text: that is
what keeps "On 4 May, Anna wrote:" above a quotation from splitting a comment of a thread that numbers its comments.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from adapters.saved.text_dates import read_date
from adapters.saved.text_lines import (
    LONGEST,
    NAME_AND_DATE,
    NUMBER,
    Header,
    Page,
    indentation,
    is_name,
    look,
    read_said,
)


def find_headers(lines: Sequence[str]) -> list[Header]:
    """Return the headers of the form that the lines show most; forms that lists also have count a third."""
    page = look(lines)
    best = max((form(page) for form in _STRONG), key=len)
    weak = max((form(page) for form in _WEAK), key=len)
    if not best or len(weak) >= max(2, 3 * len(best)):
        return weak
    return best


def _numbered_says(page: Page) -> list[Header]:
    named = []
    for mark in page.marks:
        said = read_said(mark.rest) if 0 < len(mark.rest) <= LONGEST else None
        if said is not None:
            moment = said.when.moment if said.when else None
            named.append(page.with_date(replace(mark, author=said.author, posted_at=moment, rest="")))
    if not named:
        return []
    style = Counter(mark.style for mark in named).most_common(1)[0][0]
    indent = Counter(mark.indent for mark in named).most_common(1)[0][0]
    named = _in_order([mark for mark in named if mark.indent == indent or page.apart(mark.line)])
    taken = {mark.line for mark in named}
    nameless = [mark for mark in page.marks if mark.style == style and _level(mark, indent) and mark.line not in taken]
    top = [mark for mark in named if _level(mark, indent)]
    found = [*named, *_nameless_before(page, top[0], nameless), *_nameless_among(page, top, nameless)]
    return sorted(found, key=lambda mark: mark.line)


def _level(mark: Header, indent: int) -> bool:
    # Lists may align their numbers to the right: 10 then starts one column before 9.
    return abs(mark.indent - indent) <= 2


def _in_order(marks: list[Header]) -> list[Header]:
    """Leave out the odd number that goes back, which is a header quoted in a comment; keep all if many do."""
    kept: list[Header] = []
    last_at: dict[int, int] = {}
    for mark in marks:
        number = mark.number or 0
        last = kept[-1].number or 0 if kept else 0
        if number > last or number == 1 or number > last_at.get(mark.indent, number):
            kept.append(mark)
            last_at[mark.indent] = number
    return kept if len(kept) * 5 >= len(marks) * 4 else marks


def _nameless_before(page: Page, first: Header, nameless: list[Header]) -> list[Header]:
    found = []
    wanted = (first.number or 1) - 1
    for mark in reversed([mark for mark in nameless if mark.line < first.line]):
        if mark.number == wanted > 0 and page.apart(mark.line):
            found.append(mark)
            wanted -= 1
    return found


def _nameless_among(page: Page, named: list[Header], nameless: list[Header]) -> list[Header]:
    """Return the lines whose number is missing between two named ones, or goes on from the last."""
    found = []
    waiting = iter(mark for mark in nameless if mark.line > named[0].line)
    mark = next(waiting, None)
    for here, following in zip(named, [*named[1:], None], strict=True):
        last, bound = here.number or 0, following.number or 0 if following else 0
        while mark is not None and (following is None or mark.line < following.line):
            number = mark.number or 0
            if last < number < bound or (bound <= last and number == last + 1 and page.apart(mark.line)):
                found.append(mark)
                last = number
            mark = next(waiting, None)
    return found


def _wrote_on(page: Page) -> list[Header]:
    return [page.header(at, said.author, said.when) for at, said in page.said.items() if said.form == "wrote-on"]


def _on_wrote(page: Page) -> list[Header]:
    headers = [page.header(at, said.author, said.when) for at, said in page.said.items() if said.form == "on-wrote"]
    # Mail programs put this very line above a quotation, with no empty line between.
    lines = (*page.lines, "")
    own = [header for header in headers if not lines[header.end].lstrip().startswith(">")]
    return own if len(own) * 2 >= len(headers) else headers


def _bullets(page: Page) -> list[Header]:
    headers = []
    for header in page.bullets:
        above = page.lines[header.line - 1].strip() if header.line else ""
        if header.author is None and is_name(above) and page.apart(header.line - 1):
            header = replace(
                header, line=header.line - 1, author=above, indent=indentation(page.lines[header.line - 1])
            )
        headers.append(header)
    return headers


def _says_dated(page: Page) -> list[Header]:
    """Find "NAME says:" with a date below, and where these tell the hour, a date below no name."""
    said = [page.header(at, said.author, None) for at, said in page.said.items() if said.form == "says"]
    said = [page.with_date(header) for header in said]
    dated = [header for header in said if header.end > header.line + 1]
    if not dated:
        return []
    # Where nearly every name has its date, "Churchill says:" without one stands in somebody's text.
    if len(dated) * 3 >= len(said) * 2:
        said = dated
    taken = {line for header in said for line in range(header.line, header.end)}
    alone = [at for at, when in page.dates.items() if when.timed and at not in taken and page.apart(at)]
    return sorted((*said, *(page.header(at, None, page.dates[at]) for at in alone)), key=lambda header: header.line)


def _name_dated(page: Page) -> list[Header]:
    return [
        replace(page.header(at - 1, page.lines[at - 1].strip(), when), end=at + 1)
        for at, when in page.dates.items()
        if when.timed and at and is_name(page.lines[at - 1].strip()) and page.apart(at - 1)
    ]


def _says(page: Page) -> list[Header]:
    return [
        page.header(at, said.author, None)
        for at, said in page.said.items()
        if said.form == "says" and is_name(said.author or "") and page.apart(at)
    ]


def _numbered(page: Page) -> list[Header]:
    marks = [mark for mark in page.marks if page.apart(mark.line)]
    style = Counter(mark.style for mark in marks).most_common(1)[0][0] if marks else ""
    chain = max((_chain(marks, style, step) for step in (1, -1)), key=len)
    named = [_with_name(page, mark) for mark in chain]
    # A list of short items looks like names too; names have text below them.
    return named if sum(mark.author is not None for mark in named) * 2 >= len(chain) else chain


def _chain(marks: Iterable[Header], style: str, step: int) -> list[Header]:
    chain: list[Header] = []
    for mark in marks:
        if mark.style == style and (len(chain) < 2 or mark.number == (chain[-1].number or 0) + step):
            if len(chain) == 1 and mark.number != (chain[0].number or 0) + step:
                chain.clear()
            chain.append(mark)
    return chain if len(chain) > 1 else []


def _with_name(page: Page, mark: Header) -> Header:
    below = page.lines[mark.end : mark.end + 3]
    rest = mark.rest.removeprefix("by ")
    if len(rest) > LONGEST or not any(map(str.strip, below)) or NUMBER.match(next(filter(None, map(str.strip, below)))):
        return mark
    for gap in NAME_AND_DATE.finditer(rest):
        when = read_date(rest[gap.end() :])
        if when is not None and is_name(name := rest[: gap.start()].strip()):
            return replace(mark, author=name, posted_at=when.moment, rest="")
    if is_name(rest):
        return page.with_date(replace(mark, author=rest, rest=""))
    return mark


_Form = Callable[[Page], list[Header]]
_STRONG: tuple[_Form, ...] = (_numbered_says, _wrote_on, _on_wrote, _bullets, _says_dated)
_WEAK: tuple[_Form, ...] = (_name_dated, _says, _numbered)
