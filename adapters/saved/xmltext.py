"""XML as strangers write it: streamed, one record at a time, with hostile documents refused.

A document type without entities is let through, since nothing in it is ever fetched or expanded; a declared entity,
nesting, names or tags beyond what any export holds end the reading. HTML's named characters (`&nbsp;`) are known
without being declared, because many exporters write them so.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from html import unescape
from html.entities import name2codepoint

from adapters.errors import ReadError
from adapters.saved.source import DOCUMENT_BYTES, Source

DEPTH = 200
NAMES = 5_000
# A tag, comment or document type is parsed again from its start with every piece that is fed.
TOKEN_BYTES = 16 * 1024 * 1024
# What an element costs in memory besides its text, so that a million empty ones count too.
ELEMENT_COST = 300

_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_REFERENCE = re.compile(r"&#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}));")
_OPEN_REFERENCE = re.compile(r"&(?:#x?[0-9a-fA-F]{0,7})?\Z")
_PROLOG = re.compile(r"\ufeff|\s+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>", re.S | re.I)
_TAG = re.compile(r"<(?:[\w.-]++:)?+([\w.-]++)[^>]*+>")
# A stray character or two before the declaration.
_STRAY = re.compile(r"(?:[^<]{1,8}(?=<\?xml))?")
_NAMELESS = ("anonymous", "guest")


@dataclass(slots=True)
class Element:
    """Hold one element: its name without the prefix, the namespace's address, and its texts and elements in order."""

    name: str
    space: str
    attributes: dict[str, str]
    parts: "list[str | Element]"

    @property
    def text(self) -> str:
        """Return the text of the element and of all within it."""
        match self.parts:
            case [str(only)]:
                return only
        return "".join(part if isinstance(part, str) else part.text for part in self.parts)

    def all(self, name: str, space: str = "") -> "Iterator[Element]":
        """Yield the children of that name whose namespace's address contains `space`."""
        for part in self.parts:
            if not isinstance(part, str) and part.name == name and space in part.space:
                yield part

    def child(self, name: str, space: str = "") -> "Element | None":
        """Return the first such child."""
        return next(self.all(name, space), None)

    def values(self) -> dict[str, str]:
        """Return the texts of the children by name, the first of each; faster than asking for one after the other."""
        found: dict[str, str] = {}
        for part in self.parts:
            if not isinstance(part, str) and part.name not in found:
                found[part.name] = part.text
        return found

    def value(self, name: str, space: str = "") -> str | None:
        """Return the text of the first such child without the space around it, or None when there is none."""
        found = self.child(name, space)
        return (found.text.strip() or None) if found else None


def read_elements(source: Source, wanted: Collection[str]) -> Iterator[Element]:
    """Yield the outermost elements of the wanted names as they are closed; only one is in memory at a time.

    Raises ReadError with line and column at a document that breaks off, is not well-formed, or is hostile; what was
    complete before that place is yielded first. Text after the end of the document is told of and left out.
    """
    yield from _parse(legal_text(source), wanted, source)


def refuse_hostile(text: str) -> ReadError | None:
    """Raise ReadError for a hostile document; return the error of one that is merely not well-formed."""
    try:
        for _ in _parse([text[at : at + TOKEN_BYTES // 16] for at in range(0, len(text), TOKEN_BYTES // 16)], (), None):
            pass
    except ReadError as error:
        # What follows a break was not looked at.
        if error.problem.startswith("refused") or "<!ENTITY" in text:
            raise
        return error
    return None


def legal_text(source: Source) -> Iterator[str]:
    """Yield the text without the characters, plain or as references, that XML forbids."""
    told, rest, started = False, "", False
    for chunk in source.chunks():
        text = rest + chunk
        rest = ""
        if not started:
            # WordPress plugins print blank lines before the declaration, where XML allows nothing.
            text = _STRAY.sub("", text, count=1).lstrip("\ufeff \t\r\n")
            started = bool(text)
        if cut := _OPEN_REFERENCE.search(text, max(0, len(text) - 10)):
            text, rest = text[: cut.start()], cut[0]
        legal = _ILLEGAL.sub("", text)
        if "&#" in legal:
            legal = _REFERENCE.sub(_legal_reference, legal)
        if len(legal) < len(text) and not told:
            told = True
            source.note("has characters that XML forbids: they are left out")
        yield legal
    yield rest


def root_tag(head: str) -> tuple[str, str]:
    """Return the name of the document's first element, without prefix, and its tag; both are empty if there is none."""
    stray = _STRAY.match(head)
    at = stray.end() if stray else 0
    while skipped := _PROLOG.match(head, at):
        at = skipped.end()
    tag = _TAG.match(head, at)
    return (tag[1], tag[0]) if tag else ("", "")


def plain(text: str | None) -> str | None:
    """Return a title or a name, kept as HTML by most platforms, as one plain line, or None when it is empty."""
    return (" ".join(unescape(text).split()) or None) if text else None


def person(text: str | None) -> str | None:
    """Return a name as plain text, or None for the words that platforms fill in where there is none."""
    name = plain(text)
    return None if name is None or name.casefold() in _NAMELESS else name


def _legal_reference(match: re.Match[str]) -> str:
    code = int(match[1], 16) if match[1] else int(match[2])
    legal = code in (9, 10, 13) or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code < 0x110000
    return match[0] if legal else ""


class _RefusedError(Exception):
    """Say what is hostile; the place is added where the parser is at hand."""


class _Records:
    """Take the parser's events and keep the outermost elements of the wanted names; all others leave nothing."""

    def __init__(self, wanted: Collection[str]) -> None:
        self.done: list[Element] = []
        self.begun = self.ended = False
        self._wanted = wanted
        self._open: list[Element] = []
        self._names: dict[str, tuple[str, str]] = {}
        self._depth = self._held = 0

    def start(self, tag: str, attributes: list[str]) -> None:
        self.begun = True
        self._depth += 1
        if self._depth > DEPTH:
            raise _RefusedError(f"elements nested more than {DEPTH} deep")
        space, name = self._names.get(tag) or self._learn(tag)
        named: dict[str, str] = {}
        size = ELEMENT_COST
        for key, value in zip(attributes[::2], attributes[1::2], strict=True) if attributes else ():
            named[(self._names.get(key) or self._learn(key))[1]] = value
            size += len(value)
        if self._open or name in self._wanted:
            element = Element(name, space, named, [])
            if self._open:
                self._open[-1].parts.append(element)
            self._open.append(element)
            self._hold(size)

    def declare(self, prefix: str | None, _space: str) -> None:
        if f"xmlns:{prefix}" not in self._names:
            self._learn(f"xmlns:{prefix}")

    def data(self, text: str) -> None:
        if self._open:
            self._open[-1].parts.append(text)
            self._hold(len(text))

    def end(self, _tag: str) -> None:
        self._depth -= 1
        self.ended = not self._depth
        if self._open:
            element = self._open.pop()
            if not self._open:
                self.done.append(element)
                self._held = 0

    def take(self) -> list[Element]:
        taken, self.done = self.done, []
        return taken

    def _learn(self, tag: str) -> tuple[str, str]:
        if len(self._names) >= NAMES:
            raise _RefusedError(f"more than {NAMES} different names of elements, attributes and prefixes")
        space, _, name = tag.rpartition("}")
        self._names[tag] = space, name
        return space, name

    def _hold(self, size: int) -> None:
        self._held += size
        if self._held > DOCUMENT_BYTES:
            raise _RefusedError(f"one <{self._open[0].name}> of more than {DOCUMENT_BYTES >> 20} MB")


def _parse(chunks: Iterable[str], wanted: Collection[str], source: Source | None) -> Iterator[Element]:
    # Imported here: the two cost more time than all the readers together, and most inputs are not XML.
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import DefusedXMLParser, ParseError

    records = _Records(wanted)
    parser = DefusedXMLParser(target=records, encoding="utf-8")
    parser.entity.update({name: chr(code) for name, code in name2codepoint.items()})
    expat = parser.parser
    # Straight to our methods: half the time of a large export is spent between the parser and them.
    expat.StartElementHandler, expat.EndElementHandler = records.start, records.end
    expat.StartNamespaceDeclHandler = records.declare
    expat.UseForeignDTD(True)
    expat.buffer_size = 64 * 1024
    fed = 0
    try:
        for chunk in chunks:
            data = chunk.encode()
            parser.feed(data)
            fed += len(data)
            yield from records.take()
            if fed - max(expat.CurrentByteIndex, 0) > TOKEN_BYTES or (fed > TOKEN_BYTES and not records.begun):
                raise _RefusedError(f"one tag or comment of more than {TOKEN_BYTES >> 20} MB")
        parser.close()
    except ReadError:
        yield from records.take()
        raise
    except ParseError as error:
        yield from records.take()
        trouble = _trouble(error, whole=records.ended)
        if not records.ended or source is None:
            raise trouble from error
        source.lose(trouble)
    except (DefusedXmlException, _RefusedError) as error:
        yield from records.take()
        problem = str(error) if isinstance(error, _RefusedError) else "it declares entities, which no export needs"
        raise ReadError(
            f"refused: {problem}",
            place=f"line {expat.CurrentLineNumber}, column {expat.CurrentColumnNumber + 1}",
            mend="it may be hostile: export it again from the site itself",
        ) from error
    yield from records.take()


# The codes of expat's errors, as in its header.
_NO_ELEMENTS, _UNCLOSED_TOKEN, _PARTIAL_CHARACTER, _UNDEFINED_ENTITY, _UNCLOSED_CDATA, _UNBOUND = 3, 5, 6, 11, 20, 27
_BREAKS = (_NO_ELEMENTS, _UNCLOSED_TOKEN, _PARTIAL_CHARACTER, _UNCLOSED_CDATA)


def _trouble(error: SyntaxError, *, whole: bool) -> ReadError:
    code: int = getattr(error, "code", 0)
    line, column = getattr(error, "position", (0, 0))
    place = f"line {line}, column {column + 1}"
    if whole:
        return ReadError("text after the end of the document is left out", place=place, mend="save it by itself")
    if code in _BREAKS:
        return ReadError("the XML breaks off", place=place, mend="export it again, the file is not whole")
    if code == _UNBOUND:
        return ReadError(
            "not well-formed XML: an undeclared prefix", place=place, mend="declare it on the root element"
        )
    reason = str(error).partition(":")[0]
    return ReadError(f"not well-formed XML: {reason}", place=place, mend="mend that place, or export it again")
