"""Markdown, by markdown-it-py, with each piece of text found again in the body.

The parser says which lines a block stands on and what its pieces are, not where in the line they stood; pieces of a
block follow one another, so each is looked for from where the last one ended.
"""

import html
import re
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from rules.document import BlockKind, Document, EmphasisKind
from rules.markup import plain
from rules.markup.quoting import with_typed_quotes
from rules.markup.writer import Mark, Writer

# Nobody writes a comment of this size, or with so many brackets, by hand; each bracket costs the parser a tenth of a
# millisecond when it closes nothing.
_MAX_PARSED = 200_000
_MAX_BRACKETS = 500
_MAX_BRACKET_SHARE = 0.05
_LONE_RETURN = re.compile(r"\r(?!\n)")
_BETWEEN_TAGS = re.compile(r"(?<=>)[^<>]++|(?<![^<>])[^<>]++(?=<)")
# Raw HTML as people use it: pictures, players and links.
_SHOWN_FROM = re.compile(r"""<(?:img|iframe|embed|video|audio)\s[^<>]{0,500}?\bsrc\s?=\s?["']?([^\s"'<>]+)""", re.I)
_ANCHOR = re.compile(r"""<a\s[^<>]{0,500}?\bhref\s?=\s?["']?([^\s"'<>]+)""", re.I)
_EMPHASIS: dict[str, EmphasisKind] = {"em": "em", "strong": "strong", "s": "em"}


def render(body: str) -> Document:
    """Render a Markdown body; one that would take the parser too long is taken as plain text."""
    if (
        len(body) > _MAX_PARSED
        or body.count("[") > _MAX_BRACKETS + _MAX_BRACKET_SHARE * len(body)
        or max((line.count(">") for line in body.split("\n")), default=0) > 100
    ):
        return plain.render(body)
    # The parser ends lines at a lone carriage return too; of the same length, offsets stay true.
    return with_typed_quotes(_Renderer(_LONE_RETURN.sub("\n", body)).render())


@cache
def _parser() -> MarkdownIt:
    # Unresolved escapes and entities stay tokens of their own, so that every text token is a slice of the body.
    return MarkdownIt("commonmark", {"maxNesting": 100}).enable("table").enable("strikethrough").disable("text_join")


class _Renderer:
    def __init__(self, body: str) -> None:
        self._body = body
        self._writer = Writer()
        self._starts = [0]
        for line in body.split("\n"):
            self._starts.append(min(self._starts[-1] + len(line) + 1, len(body)))
        self._at = 0
        self._lists = 0
        self._headings = 0

    def render(self) -> Document:
        writer = self._writer
        for token in _parser().parse(self._body):
            if token.map and token.type == "inline":
                self._at = max(self._at, self._starts[token.map[0]])
                self._inline(token.children or [], self._starts[token.map[1]])
            elif token.map and token.type in ("fence", "code_block"):
                self._code(token, token.map[0] + (token.type == "fence"))
            elif token.map and token.type == "html_block":
                self._html(self._starts[token.map[0]], self._starts[token.map[1]])
            elif token.type == "blockquote_open":
                writer.open_quote()
            elif token.type == "blockquote_close":
                writer.close_quote()
            elif token.block and token.type != "tbody_open":
                writer.end_block(newlines=1 if token.type.startswith(("list_item", "tr", "td", "th")) else 2)
                self._lists += token.nesting if token.type.startswith("list_item") else 0
                self._headings += token.nesting if token.type.startswith("heading") else 0
        return writer.document()

    def _code(self, token: Token, first_line: int) -> None:
        self._writer.end_block()
        for number, line in enumerate(token.content.rstrip("\n").split("\n"), first_line):
            self._at = max(self._at, self._starts[min(number, len(self._starts) - 1)])
            self._put(line, "code")
            end = self._at + self._body.startswith("\n", self._at)
            self._writer.put("\n", self._at, end, kind="code")
            self._at = end
        self._writer.end_block()

    def _html(self, start: int, end: int) -> None:
        """Show the text of raw HTML without its tags."""
        self._writer.end_block()
        for picture in _SHOWN_FROM.finditer(self._body, max(self._at, start), end):
            self._writer.image(html.unescape(picture[1]))
        for piece in _BETWEEN_TAGS.finditer(self._body, max(self._at, start), end):
            if piece[0].strip():
                self._writer.put(piece[0], piece.start(), piece.end())
        self._at = max(self._at, end)
        self._writer.end_block()

    def _inline(self, children: list[Token], end: int) -> None:
        writer = self._writer
        kind: BlockKind = "heading" if self._headings else "list" if self._lists else "paragraph"
        open_links: list[tuple[Mark, str, str]] = []
        open_emphasis: list[Mark] = []
        for child in children:
            if child.type == "text":
                self._put(child.content, kind)
            elif child.type == "text_special":
                self._put(child.content, kind, written=child.markup)
            elif child.type in ("softbreak", "hardbreak"):
                writer.line_break()
                self._at = self._after("\n")
            elif child.type == "code_inline":
                self._at = self._after(child.markup)
                mark = writer.mark()
                self._put(child.content, kind)
                writer.emphasise("code", mark)
                self._at = self._after(child.markup)
            elif child.type == "link_open":
                open_links.append((writer.mark(), str(child.attrGet("href") or ""), child.markup))
                self._at = self._after("<" if child.markup == "autolink" else "[")
            elif child.type == "link_close":
                # A raw <a> that Markdown's own link closes stays open.
                mark, url, markup = next(link for link in iter(open_links.pop, None) if link[2] != "html")
                writer.link(mark, url)
                self._at = self._after(">") if markup == "autolink" else self._after_link(end)
            elif child.type == "image":
                writer.image(str(child.attrGet("src") or ""))
                self._at = self._after_link(end)
            elif child.type == "html_inline":
                if anchor := _ANCHOR.match(child.content):
                    open_links.append((writer.mark(), html.unescape(anchor[1]), "html"))
                elif open_links and open_links[-1][2] == "html" and child.content.lower().startswith("</a"):
                    writer.link(*open_links.pop()[:2])
                for picture in _SHOWN_FROM.finditer(child.content):
                    writer.image(html.unescape(picture[1]))
                self._at = self._after(child.content)
            elif child.type.endswith("_open"):
                self._at = self._after(child.markup)
                open_emphasis.append(writer.mark())
            elif child.type.endswith("_close") and open_emphasis:
                writer.emphasise(_EMPHASIS.get(child.tag, "em"), open_emphasis.pop())
                self._at = self._after(child.markup)

    def _after(self, written: str) -> int:
        found = self._body.find(written, self._at, self._at + 2000 + len(written))
        return self._at if found < 0 else found + len(written)

    def _after_link(self, end: int) -> int:
        """Step over what follows a link's words: `](url "title")` or `][label]`."""
        close = self._body.find("]", self._at, end)
        if close < 0:
            return self._at
        following = self._body[close + 1 : close + 2]
        if following == "(":
            stop = self._body.find(")", close, end)
            # A URL may hold one pair of parentheses of its own.
            if 0 < stop and self._body.count("(", close + 2, stop):
                stop = max(stop, self._body.find(")", stop + 1, end))
        elif following == "[":
            stop = self._body.find("]", close + 1, end)
        else:
            stop = close
        return stop + 1 if stop >= 0 else close + 1

    def _put(self, shown: str, kind: BlockKind, *, written: str | None = None) -> None:
        if not shown:
            return
        written = shown if written is None else written
        at = self._body.find(written, self._at, self._at + 4000 + len(written))
        if at < 0:
            self._writer.put(shown, self._at, self._at, kind=kind)
        else:
            self._at = at + len(written)
            self._writer.put(shown, at, self._at, kind=kind)
