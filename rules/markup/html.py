"""HTML as a browser shows it.

A scanner of our own, because a tree from a parser library does not know where in the body each character came from.
It follows a browser where comments need it: unknown tags vanish, unclosed ones do no harm, `<` that opens no tag is
text. Scripts and styles show nothing.
"""

import html
import re

from rules.document import BlockKind, Document, EmphasisKind
from rules.markup.quoting import with_typed_quotes
from rules.markup.writer import Mark, Writer

_TAG = re.compile(r"""<(/?)([a-zA-Z][a-zA-Z0-9:-]*+)((?:[^<>"']++|"[^"]*+"|'[^']*+')*+)>""")
# A stray apostrophe in an attribute must not turn the rest of the comment into that attribute.
_LOOSE_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:-]*+)([^<>]*+)>")
_ATTRIBUTE = re.compile(r"""(?<![\w:-])([a-zA-Z][\w:-]*+)\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>]++))""")
_SPECIAL = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});?|[ \t\r\n\f]{2,}|[\t\r\n\f]")
_OWN_BREAKS = re.compile(r"<(?:p|br|div)\b", re.I)

_BLOCKS = frozenset(
    "address article aside center dd details div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header"
    " hr legend main nav ol option p pre section select summary table tbody td tfoot th thead tr ul".split()
)
_HIDDEN = frozenset("script style head title template noscript svg math iframe object audio video textarea".split())
# What shows a page or a film of elsewhere within the comment.
_PLAYERS = frozenset(("iframe", "audio", "video"))
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_EMPHASIS: dict[str, EmphasisKind] = {
    "em": "em", "i": "em", "strong": "strong", "b": "strong", "q": "q", "cite": "cite", "code": "code", "tt": "code",
    "kbd": "code", "samp": "code",
}  # fmt: skip


def render(body: str) -> Document:
    """Render an HTML body."""
    return with_typed_quotes(_Scanner(body).scan())


class _Scanner:
    def __init__(self, body: str) -> None:
        self._body = body
        self._writer = Writer()
        # Platforms that store what was typed make paragraphs of newlines when they show it.
        self._keep_newlines = "\n" in body and not _OWN_BREAKS.search(body)
        self._pre = 0
        self._kind: BlockKind = "paragraph"
        self._links: list[tuple[Mark, str]] = []
        self._emphasis: list[tuple[str, Mark]] = []
        self._quote_author: str | None = None
        self._no_end_of: set[str] = set()

    def scan(self) -> Document:
        body, at, text_from = self._body, 0, 0
        while (at := body.find("<", at)) >= 0:
            tag = _TAG.match(body, at) or _LOOSE_TAG.match(body, at)
            if tag:
                self._text(text_from, at)
                at = text_from = self._after_tag(tag)
            elif body.startswith(("<!", "<?"), at):
                self._text(text_from, at)
                at = text_from = self._after_declaration(at)
            else:
                at += 1
        self._text(text_from, len(body))
        for mark, url in self._links:
            self._writer.link(mark, url)
        return self._writer.document()

    def _after_tag(self, tag: re.Match[str]) -> int:
        name = tag[2].lower()
        if tag[1]:
            self._close(name)
        elif name in _HIDDEN and not tag[3].endswith("/"):
            if name in _PLAYERS and (url := _attributes(tag[3]).get("src")):
                self._writer.image(url)
            return self._after_hidden(name, tag.end())
        else:
            self._open(name, tag[3])
        return tag.end()

    def _after(self, mark: str, at: int) -> int | None:
        """Find the end of `mark`, remembering one that never comes, so that many openings cost one search."""
        if mark in self._no_end_of:
            return None
        found = self._body.find(mark, at)
        if found < 0:
            self._no_end_of.add(mark)
            return None
        return found + len(mark)

    def _after_declaration(self, at: int) -> int:
        mark = "-->" if self._body.startswith("<!--", at) else ">"
        return self._after(mark, at + 2) or self._after(">", at + 2) or at + 2

    def _after_hidden(self, name: str, at: int) -> int:
        if name in self._no_end_of:
            return at
        end = re.compile(rf"</{name}[^<>]*+>?", re.I).search(self._body, at)
        if end is None:
            self._no_end_of.add(name)
            return at
        return end.end()

    def _text(self, start: int, end: int) -> None:
        if start >= end:
            return
        at = start
        for match in _SPECIAL.finditer(self._body, start, end):
            self._verbatim(at, match.start())
            found, at = match[0], match.end()
            if found[0] == "&":
                shown = html.unescape(found)
                if shown == found:
                    self._verbatim(match.start(), at)
                elif shown in "\t\r\n\f":
                    self._space(" ", match.start(), at)
                else:
                    self._writer.put(shown, match.start(), at, kind=self._kind)
            else:
                self._space(found, match.start(), at)
        self._verbatim(at, end)

    def _verbatim(self, start: int, end: int) -> None:
        if start < end and self._body[start] == " " and not self._pre and self._writer.ends_with_space:
            start += 1
        if start < end:
            self._writer.put(self._body[start:end], start, end, kind=self._kind)

    def _space(self, found: str, start: int, end: int) -> None:
        if self._pre:
            self._writer.put(found.replace("\r\n", "\n").replace("\r", "\n"), start, end, kind="code")
        elif self._keep_newlines and "\n" in found:
            for _ in range(min(2, found.count("\n"))):
                self._writer.line_break()
        elif not self._writer.ends_with_space:
            self._writer.put(" ", start, end, kind=self._kind)

    def _open(self, name: str, attributes: str) -> None:
        writer = self._writer
        if name == "br":
            writer.line_break()
        elif name == "blockquote":
            writer.open_quote(self._quote_author)
            self._quote_author = None
        elif name == "a":
            self._close("a")
            if url := _attributes(attributes).get("href"):
                self._links.append((writer.mark(), url))
        elif name in ("img", "embed"):
            writer.image(_attributes(attributes).get("src", ""))
        elif name in _EMPHASIS:
            self._emphasis.append((name, writer.mark()))
        elif name == "li":
            writer.end_block(newlines=1)
            self._kind = "list"
        elif name in _BLOCKS:
            writer.end_block()
            if name == "aside":
                # Discourse names the quoted user on an aside around the blockquote.
                self._quote_author = _attributes(attributes).get("data-username")
            if name == "pre":
                self._pre += 1
                self._kind = "code"
            elif name in _HEADINGS:
                self._kind = "heading"
            elif not self._pre and self._kind != "list":
                self._kind = "paragraph"

    def _close(self, name: str) -> None:
        writer = self._writer
        if name == "blockquote":
            writer.close_quote()
        elif name == "a":
            if self._links:
                mark, url = self._links.pop()
                writer.link(mark, url)
        elif name in _EMPHASIS:
            if self._emphasis and self._emphasis[-1][0] == name:
                writer.emphasise(_EMPHASIS[name], self._emphasis.pop()[1])
        elif name in _BLOCKS or name == "li":
            writer.end_block(newlines=1 if name == "li" else 2)
            if name == "pre":
                self._pre = max(0, self._pre - 1)
            if not self._pre:
                self._kind = "paragraph"


def _attributes(text: str) -> dict[str, str]:
    return {
        match[1].lower(): html.unescape(match[2] or match[3] or match[4] or "") for match in _ATTRIBUTE.finditer(text)
    }
