"""What each line of a plain text could be: a header, a date, a numbered line, a button or text."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from adapters.saved.text_dates import When, read_date

LONGEST = 200  # characters in a header line; a longer one is text
_NAME_WORDS = 8

_VERBS = frozenset(
    """says said wrote writes posted commented comments replied responded sagt sagte schrieb schreibt meint meinte
    antwortet antwortete kommentiert kommentierte dit écrit répondu commenté dice dijo escribió escribe comentó
    respondió detto scritto scrive disse diz escreveu zegt zei schreef""".split()
)
_HAVE = frozenset(("a", "ha"))
_WORD = re.compile(r"[^\W\d_]+")
_ENDS = (":", "...", "…")
_HOUR_ENDS = ("am", "pm", "m.", "uhr", *"0123456789")
_JOIN = re.compile(r"[\s,|–—-]*(?:(?:this )?(?:on|at|am|le|el|il|em|op)\s)?", re.IGNORECASE)
_ON = re.compile(r"(?:on|am|le|el|il|em|op)\s+(?=[^:]*\d)", re.IGNORECASE)
NAME_AND_DATE = re.compile(
    r"\s*(?:,|\||\(|—|–|•|\s)\s*(?:on |at |am |le |el )?(?=\S*\d|[^\W\d_]{3,10}\.? \d|an? )", re.I
)
NUMBER = re.compile(r"(#?)(\d{1,6})([.):]?)(?:\s+|$)")
_GAP = re.compile(r"[,\s]")
_BULLET = re.compile(r"\s*[•·∙]\s*")
_FOLD = re.compile(r"[−–—+▸▾-]\s+")
_MAIL = re.compile(r"\s*[<\[(][^<>\[\]()@]{1,80}@[^<>\[\]()@]{1,80}[>\])]")
_NO_NAME = re.compile(r"[.!?;:,\"“”»…](?:\s|$)|https?:|^[-*>|=_~•]|\w\w[.!?]$")
_INITIAL = re.compile(r"\b(?:\w|Dr|Mr|Mrs|Ms|St|Jr|Sr|Prof)\.(?=\s|$)")
# Who opens a sentence is no name: "As he says:", "Then the report says:".
_SENTENCE = frozenset(
    """a an the and as but so he she it they we you who which what that this these those there then also like or if when
    my his her their our everybody everyone someone nobody in on at to of for from yes no der die das er sie es wir ihr
    und aber wie wer was man im elle ce cette la les los las una como quien""".split()
)
_SYMBOLS = re.compile(r"[•·−–—△▽▲▼∧∨⌃⌄⚑⤤⬆⬇|›»✓↓↩…]+")
_BUTTONS = """reply, share, see more, show more, show less, view, view # reply, view # replies, edit, edited,
    flag, report, like, likes, # likes, like #, log in to reply, reply to this comment, reply to
    this, up vote, down vote, upvote, downvote, permalink, avatar, mod, antworten, teilen, mehr
    anzeigen, melden, bearbeiten, répondre, partager, voir plus, signaler, responder, compartir, ver
    más, mostrar más, denunciar"""
_CHROME = frozenset(" ".join(_BUTTONS.split()).split(", "))


@dataclass(frozen=True, slots=True)
class Header:
    """Hold a header: lines `line` to `end` (exclusive), its columns of indentation, and what it tells.

    `rest` is text of the comment that stands on the header's own line, after a number without a name.
    """

    line: int
    end: int
    indent: int
    author: str | None = None
    posted_at: datetime | None = None
    number: int | None = None
    style: str = ""
    rest: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    form: Literal["says", "wrote-on", "on-wrote"]
    author: str | None
    when: When | None


@dataclass(slots=True)
class Page:
    """Hold what each line could be, found in one pass."""

    lines: Sequence[str]
    said: dict[int, Said] = field(default_factory=dict)
    dates: dict[int, When] = field(default_factory=dict)
    bullets: list[Header] = field(default_factory=list)
    marks: list[Header] = field(default_factory=list)

    def apart(self, index: int) -> bool:
        """Tell whether nothing, a rule or a button stands above the line."""
        above = self.lines[index - 1].strip() if index else ""
        return len(above) <= LONGEST and (not any(map(str.isalnum, above)) or is_chrome(above, votes=False))

    def header(self, index: int, author: str | None, when: When | None) -> Header:
        return Header(index, index + 1, indentation(self.lines[index]), author, when.moment if when else None)

    def with_date(self, header: Header) -> Header:
        """Take in the date below a header; past an empty line only one that tells the hour."""
        when = self.dates.get(header.end)
        if when is not None:
            return replace(header, end=header.end + 1, posted_at=header.posted_at or when.moment)
        below = self.dates.get(header.end + 1)
        if below is not None and below.timed and not self.lines[header.end].strip():
            return replace(header, end=header.end + 2, posted_at=header.posted_at or below.moment)
        return header


def is_chrome(text: str, *, votes: bool) -> bool:
    """Tell whether a stripped line is only buttons of a comment system ("Reply", "• Share ›"), or counts of votes."""
    if not text or len(text) > 40:
        return False
    parts = [part for part in (part.strip().lower() for part in _SYMBOLS.split(text)) if part]
    if not parts:
        return text not in ("…", "—", "–")
    return all(re.sub(r"\d+", "#", part) in _CHROME or (votes and part.isdecimal()) for part in parts)


def look(lines: Sequence[str]) -> Page:
    page = Page(lines)
    for index, line in enumerate(lines):
        text = line.strip() if len(line) <= LONGEST else line[: 2 * LONGEST].strip()
        if not text or text[0] == ">":
            continue
        mark = NUMBER.match(text) if text[0] == "#" or text[0].isdecimal() else None
        if mark is not None and (mark[1] or mark[3]):
            rest = line.strip()[mark.end() :]
            page.marks.append(
                Header(index, index + 1, indentation(line), None, None, int(mark[2]), mark[1] + mark[3], rest)
            )
        if len(text) > LONGEST:
            continue
        if (bullet := _bullet(text)) is not None:
            page.bullets.append(replace(page.header(index, *bullet), style="•"))
        elif (said := read_said(text)) is not None:
            page.said[index] = said
        elif len(text) <= 60 and (when := read_date(text)) is not None:
            page.dates[index] = when
    return page


def read_said(text: str) -> Said | None:
    closed = text.endswith(_ENDS)
    if not closed and not text[-3:].lower().endswith(_HOUR_ENDS):
        return None
    core = text.rstrip(":.… \t\xa0\u202f") if closed else text
    verbs = _verbs(core)
    if not verbs:
        return None
    if (on := _ON.match(core)) is not None:
        return _on_said(core, on.end(), verbs) if closed else None
    for start, end in verbs:
        name, rest = core[:start], core[end:]
        if len(name.split()) > 2 * _NAME_WORDS:  # a name, and perhaps a date
            return None
        if not rest.strip():
            return _dated_name(name) if closed else None
        when = read_date(rest[_match_end(_JOIN, rest) :])
        if when is not None and (closed or when.timed) and len(name.split()) <= _NAME_WORDS:
            return Said("wrote-on", _name(name), when)
    return None


def _verbs(text: str) -> list[tuple[int, int]]:
    words = list(_WORD.finditer(text))
    found = []
    for place, word in enumerate(words):
        if word[0].lower() in _VERBS:
            have = place > 0 and words[place - 1][0].lower() in _HAVE
            found.append((words[place - have].start(), word.end()))
    return found


def _on_said(core: str, start: int, verbs: Iterable[tuple[int, int]]) -> Said | None:
    for verb, end in verbs:
        name = core[end:].strip()
        gaps = [] if name else list(_GAP.finditer(core, start, verb))[: -_NAME_WORDS - 2 : -1]
        # "Sam" and "Jan" are days and months too, so a comma tells the name sooner than the words do.
        commas = [gap.start() for gap in gaps if gap[0] == ","]
        for split in (*commas, verb, *(gap.start() for gap in gaps)):
            between = core[split + 1 : verb].strip()
            if not between[:1].isdecimal() and (when := read_date(core[start:split])) is not None:
                return Said("on-wrote", _name(name or between), when)
    return None


def _dated_name(name: str) -> Said | None:
    """Read "Anna, on 4 May 2019 at 10:20" as well as "Anna"."""
    for gap in NAME_AND_DATE.finditer(name):
        if (when := read_date(name[gap.end() :])) is not None:
            return Said("wrote-on", _name(name[: gap.start()]), when)
    return Said("says", _name(name), None) if len(name.split()) <= _NAME_WORDS else None


def _bullet(text: str) -> tuple[str | None, When] | None:
    if not ("•" in text or "·" in text or "∙" in text):
        return None
    name, *others = _BULLET.split(text)
    when = read_date(others[0]) if others else None
    if when is None or len(name.split()) > 12 or any(len(other) > 12 for other in others[1:]):
        return None
    return _FOLD.sub("", name, count=1) or None, when


def _name(text: str) -> str | None:
    return _MAIL.sub("", text).strip(" ,|*—–\t\xa0\u202f") or None


def is_name(text: str) -> bool:
    words = text.split()
    return (
        0 < len(words) <= 5
        and len(text) <= 50
        and words[0].lower() not in _SENTENCE
        and not _NO_NAME.search(_INITIAL.sub("", text).rstrip() or "x")
        and any(map(str.isalnum, text))
    )


def indentation(line: str) -> int:
    """Count the columns before the text, a tab as four."""
    return sum(4 if char == "\t" else 1 for char in line[: len(line) - len(line.lstrip())])


def _match_end(pattern: re.Pattern[str], text: str) -> int:
    found = pattern.match(text)
    return found.end() if found else 0
