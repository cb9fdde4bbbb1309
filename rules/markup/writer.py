"""The builder of a document: text with its map back to the body, blocks, links and emphasis."""

import re
from dataclasses import replace
from typing import TypeVar

from rules.document import Block, BlockKind, Document, Emphasis, EmphasisKind, Link, Run

# Characters that take no room on the page. Joiners stay: they shape letters and emoji.
_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff]+")

S = TypeVar("S", Link, Emphasis)


class Mark:
    """Be a place in the text that settles where the next character lands, after any newlines still to come."""

    __slots__ = ("at",)

    def __init__(self) -> None:
        self.at: int | None = None


class Writer:
    """Collect what a renderer finds, in order; spans that turn out empty are left out."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._gap = 0
        self._last = "\n"
        self._runs: list[Run] = []
        self._blocks: list[Block] = []
        self._links: list[Link] = []
        self._emphasis: list[Emphasis] = []
        self._paragraph: tuple[BlockKind, int] | None = None
        self._quotes: list[tuple[Mark, str | None]] = []
        self._unplaced: list[Mark] = []

    def mark(self) -> Mark:
        """Return the place where the next text will stand."""
        mark = Mark()
        self._unplaced.append(mark)
        return mark

    @property
    def ends_with_space(self) -> bool:
        """Tell whether white space before the next text would not show."""
        return self._gap > 0 or self._last in " \n"

    def put(self, text: str, body_start: int, body_end: int, *, kind: BlockKind = "paragraph") -> None:
        """Append text that the body shows at a span; of equal length, it maps character by character."""
        if _INVISIBLE.search(text):
            if len(text) == body_end - body_start:
                self._put_visible(text, body_start, kind)
                return
            text = _INVISIBLE.sub("", text)
        if not text:
            return
        if self._gap and self._length:
            self._append("\n" * self._gap, body_start, body_start)
        self._gap = 0
        for mark in self._unplaced:
            mark.at = self._length
        self._unplaced.clear()
        if self._paragraph is None:
            self._paragraph = (kind, self._length)
        self._append(text, body_start, body_end)

    def _put_visible(self, text: str, body_start: int, kind: BlockKind) -> None:
        at = 0
        for match in _INVISIBLE.finditer(text):
            self.put(text[at : match.start()], body_start + at, body_start + match.start(), kind=kind)
            at = match.end()
        self.put(text[at:], body_start + at, body_start + len(text), kind=kind)

    def _append(self, text: str, body_start: int, body_end: int) -> None:
        self._runs.append(Run(self._length, self._length + len(text), body_start, body_end))
        self._parts.append(text)
        self._length += len(text)
        self._last = text[-1]

    def line_break(self) -> None:
        """End the line; two in a row end the paragraph, as a reader takes them."""
        self._trim()
        self._gap += 1
        if self._gap > 1:
            self.end_block()

    def end_block(self, *, newlines: int = 2) -> None:
        """End the paragraph, list item or code in hand."""
        self._trim()
        if self._paragraph is not None:
            kind, start = self._paragraph
            self._paragraph = None
            if self._length > start:
                self._blocks.append(Block(kind, start, self._length, depth=len(self._quotes)))
        self._gap = min(max(self._gap, newlines), 2)

    def open_quote(self, author: str | None = None) -> None:
        """Begin a block quotation."""
        self.end_block()
        self._quotes.append((self.mark(), author))

    def close_quote(self) -> None:
        """End the innermost block quotation, if one is open."""
        self.end_block()
        if self._quotes:
            mark, author = self._quotes.pop()
            start = self._placed(mark)
            if self._length > start:
                self._blocks.append(Block("quote", start, self._length, depth=len(self._quotes) + 1, author=author))

    def link(self, mark: Mark, url: str) -> None:
        """Record a link whose anchor runs from `mark` to here."""
        self._links.append(Link(self._placed(mark), self._length, url))

    def image(self, url: str) -> None:
        """Record an image here."""
        self._links.append(Link(self._length, self._length, url, is_image=True))

    def emphasise(self, kind: EmphasisKind, mark: Mark) -> None:
        """Record emphasis from `mark` to here."""
        if self._length > (start := self._placed(mark)):
            self._emphasis.append(Emphasis(kind, start, self._length))

    def _placed(self, mark: Mark) -> int:
        return self._length if mark.at is None else min(mark.at, self._length)

    def document(self) -> Document:
        """Close what is open and return the document."""
        self.end_block()
        while self._quotes:
            self.close_quote()
        return Document(
            text="".join(self._parts),
            blocks=sorted(self._blocks, key=lambda block: (block.start, -block.end, block.kind != "quote")),
            links=sorted(self._links, key=lambda link: link.start),
            emphasis=sorted((run for run in self._emphasis if run.start < run.end), key=lambda run: run.start),
            runs=self._runs,
        )

    def _trim(self) -> None:
        """Take back white space at the end of a line, which does not show."""
        if self._last != " ":
            return
        while self._last == " " and self._parts:
            last = self._parts.pop()
            run = self._runs.pop()
            kept = last.rstrip(" ")
            self._length -= len(last) - len(kept)
            if kept:
                verbatim = len(last) == run.body_end - run.body_start
                body_end = run.body_end - (len(last) - len(kept)) if verbatim else run.body_end
                self._parts.append(kept)
                self._runs.append(Run(run.text_start, run.text_start + len(kept), run.body_start, body_end))
            self._last = kept[-1] if kept else (self._parts[-1][-1] if self._parts else "\n")
        _cut(self._links, self._length)
        _cut(self._emphasis, self._length)


def _cut(spans: list[S], length: int) -> None:
    """Let the last spans, which stand in the order of their ends, end with the text."""
    place = len(spans) - 1
    while place >= 0 and spans[place].end > length:
        spans[place] = replace(spans[place], start=min(spans[place].start, length), end=length)
        place -= 1
