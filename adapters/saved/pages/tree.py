"""A parsed page as plain Python objects, which are safe to keep, cheap to compare and walked without recursion.

Every element knows its place in document order and that of its last descendant, so "is inside" is two comparisons.
Scripts, styles, templates and comments are left out; the scripts that hold JSON-LD are kept apart.
"""

import re
from collections.abc import Collection, Iterator
from html import escape

from selectolax.lexbor import LexborHTMLParser, LexborNode

from adapters.errors import ReadError

# The parser looks up the open elements at every tag, so its time grows with tags times depth: this is some seconds.
_MOST_STEPS = 600_000_000
# Open formatting elements are opened anew in every block: this many elements are made at most.
_MOST_REOPENED = 20_000_000
_TAG = re.compile(
    r"<(?:!--.*?(?:-->|\Z)|(script|style|textarea|title)\b.*?(?:</\1|\Z)|(/?)([a-z][^\s/>]*))", re.I | re.S
)
_IMPLIED = frozenset("p li dt dd option optgroup tr td th tbody thead tfoot colgroup rp rt body html head".split())
_VOID = frozenset("area base br col embed frame hr img input link meta param source track wbr".split())
_FORMATTING = frozenset("a b big code em font i nobr s small strike strong tt u".split())
_SKIPPED = frozenset(("script", "style", "template", "svg", "math"))
_SPACE = re.compile(r"\s+")
_BREAKS = frozenset(
    "address article aside blockquote br dd div dl dt figure footer h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre"
    " section table td th tr ul".split()
)


class Element:
    """Hold one element: `order` is its place in the document, `last` that of its last descendant."""

    __slots__ = ("attributes", "children", "last", "order", "parent", "tag")

    def __init__(self, tag: str, attributes: dict[str, str | None], parent: "Element | None", order: int) -> None:
        self.tag, self.attributes, self.parent, self.order, self.last = tag, attributes, parent, order, order
        self.children: list[Element | str] = []

    def get(self, name: str) -> str:
        """Return an attribute, the empty text when it is missing."""
        return self.attributes.get(name) or ""

    def has(self, name: str, word: str) -> bool:
        """Tell whether an attribute that lists words (class, itemprop, rel) has this one."""
        value = self.attributes.get(name)
        return value is not None and word in value.split()

    def holds(self, other: "Element") -> bool:
        """Tell whether the other element is this one or inside it."""
        return self.order <= other.order <= self.last

    @property
    def elements(self) -> list["Element"]:
        """Return the child elements, without the text."""
        return [child for child in self.children if isinstance(child, Element)]

    def ancestors(self) -> Iterator["Element"]:
        """Yield the parent, its parent and so on up to the root."""
        at = self.parent
        while at is not None:
            yield at
            at = at.parent

    def walk(self, without: Collection[int] = ()) -> Iterator["Element"]:
        """Yield this element and all inside it in document order, but nothing of those placed in `without`."""
        waiting = [self]
        while waiting:
            element = waiting.pop()
            if element.order in without:
                continue
            yield element
            waiting.extend(child for child in reversed(element.children) if isinstance(child, Element))

    def text(self, without: Collection[int] = ()) -> str:
        """Return the text in one line, blocks kept apart by a space."""
        pieces: list[str] = []
        waiting: list[Element | str] = [self]
        while waiting:
            node = waiting.pop()
            if isinstance(node, str):
                pieces.append(node)
            elif node.order not in without:
                if node.tag in _BREAKS:
                    pieces.append(" ")
                    waiting.append(" ")
                waiting.extend(reversed(node.children))
        return _SPACE.sub(" ", "".join(pieces)).strip()

    def inner_html(self, without: Collection[int] = ()) -> str:
        """Return the markup of the children."""
        return "".join(markup(self.children, without)).strip()


def markup(nodes: "list[Element | str]", without: Collection[int] = ()) -> Iterator[str]:
    """Yield HTML for some nodes, leaving out the elements whose `order` is in `without`."""
    waiting: list[tuple[Element | str, bool]] = [(node, False) for node in reversed(nodes)]
    while waiting:
        node, closing = waiting.pop()
        if isinstance(node, str):
            yield escape(node, quote=False)
        elif closing:
            yield f"</{node.tag}>"
        elif node.order not in without:
            written = (
                f" {name}" if value is None else f' {name}="{escape(value)}"' for name, value in node.attributes.items()
            )
            yield f"<{node.tag}{''.join(written)}>"
            if node.tag not in _VOID:
                waiting.append((node, True))
                waiting.extend((child, False) for child in reversed(node.children))


class Page:
    """Hold a parsed page: `elements` in document order, and the texts of its JSON-LD scripts."""

    __slots__ = ("elements", "json_ld", "root")

    def __init__(self, text: str) -> None:
        _refuse_too_deep(text)
        self.elements: list[Element] = []
        self.json_ld: list[str] = []
        # The parser lives as long as its nodes are looked at, no longer.
        parser = LexborHTMLParser(text)
        self.root = self._take(parser)

    def following(self, element: Element) -> Element | None:
        """Return the next sibling element."""
        place = element.last + 1
        found = self.elements[place] if place < len(self.elements) else None
        return found if found and found.parent is element.parent else None

    def _take(self, parser: LexborHTMLParser) -> Element:
        start = parser.root
        root = here = Element("html", dict(start.attributes) if start else {}, None, 0)
        self.elements.append(root)
        opened: list[LexborNode] = []
        at = start.first_child if start else None
        while True:
            if at is None:
                if not opened:
                    break
                here.last = len(self.elements) - 1
                at, here = opened.pop().next, here.parent or root
                continue
            tag = at.tag or "-"
            if tag == "-text":
                here.children.append(at.text_content or "")
            elif tag == "script":
                if "ld+json" in (at.attributes.get("type") or ""):
                    self.json_ld.append(at.text(deep=True))
            elif tag[0] != "-" and tag not in _SKIPPED:
                element = Element(tag, at.attributes, here, len(self.elements))
                self.elements.append(element)
                here.children.append(element)
                inside = at.first_child
                if inside is not None:
                    opened.append(at)
                    at, here = inside, element
                    continue
            at = at.next
        root.last = len(self.elements) - 1
        return root


def _refuse_too_deep(text: str) -> None:
    open_tags: dict[str, int] = {}
    depth = formatting = steps = reopened = 0
    for found in _TAG.finditer(text):
        name = found[3]
        if name is None:
            continue
        name = name.lower()
        if name in _IMPLIED or name in _VOID:
            steps += depth
            reopened += formatting
        elif not found[2]:
            weight = 2 if name in ("ul", "ol", "dl") else 1
            open_tags[name] = open_tags.get(name, 0) + 1
            depth += weight
            steps += depth
            if name in _FORMATTING:
                formatting += 1
            else:
                reopened += formatting
        elif open_tags.get(name):
            open_tags[name] -= 1
            depth -= 2 if name in ("ul", "ol", "dl") else 1
            formatting -= name in _FORMATTING
    if steps > _MOST_STEPS or reopened > _MOST_REOPENED:
        raise ReadError("its elements are nested too deeply to be a page", mend="save the page again")
