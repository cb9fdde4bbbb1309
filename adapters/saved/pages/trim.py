"""What is left of a comment's markup when its heading is taken away, made tidy at its ends."""

import re

from adapters.saved.pages.names import LEADING_SAYS, credited_name
from adapters.saved.pages.tree import Element, markup

MEDIA = frozenset(("img", "video", "audio", "iframe", "picture", "embed"))
_BOXES = frozenset(("div", "section", "article", "dd"))
_BLOCKS = frozenset(("p", "div", "section", "blockquote", "ul", "ol", "pre", "table", "article"))
# Separators and empty paragraphs that are left at the ends when the heading is taken away.
_EDGE_START = re.compile(r"^(?:\s|<p\b[^<>]*>\s*</p>|[|·•:–—-]+\s*(?=<))+")
_EDGE_END = re.compile(r"(?:\s|<p\b[^<>]*>\s*</p>|(?<=>)\s*[|·•/–—-]+(?=\s*$))+$")


def is_filled(element: Element, without: set[int]) -> bool:
    """Tell whether an element has text or a picture."""
    return bool(element.text(without)) or any(part.tag in MEDIA for part in element.walk(without))


def emptied(root: Element, without: set[int]) -> set[int]:
    """Return the places of the elements that are empty now that others were taken away."""
    empty: set[int] = set()
    full: set[int] = set()
    for element in reversed(list(root.walk(without))):
        left = [child.order for child in element.elements if child.order not in without and child.order not in empty]
        speaks = element.tag in MEDIA or any(isinstance(child, str) and child.strip() for child in element.children)
        if speaks or not full.isdisjoint(left):
            full.add(element.order)
        elif len(left) < len(element.elements) and element is not root:
            empty.add(element.order)
    return empty


def inner_markup(element: Element, without: set[int], *, headed: bool = False) -> str:
    """Return the markup inside an element, without boxes around all of it; `headed` says that a name stood there."""
    html = tidy("".join(markup(_unwrapped(element, without), without)))
    return tidy(LEADING_SAYS.sub("", html)) if headed else html


def split_heading(element: Element, without: set[int]) -> tuple[str, str, str] | None:
    """Return the name, the heading and the markup after it where plain text heads a comment: "<b>X</b> says:<p>"."""
    heading: list[str] = []
    for place, child in enumerate(element.children):
        if isinstance(child, Element) and child.tag in _BLOCKS:
            said = " ".join("".join(heading).split())
            name = credited_name(said)
            return (name, said, tidy("".join(markup(element.children[place:], without)))) if name else None
        heading.append(child if isinstance(child, str) else f" {child.text(without)} ")
    return None


def _unwrapped(root: Element, without: set[int]) -> list[Element | str]:
    # Boxes around the whole text say nothing.
    at = root
    while True:
        inside = [child for child in at.children if not isinstance(child, Element) or child.order not in without]
        filled = [child for child in inside if isinstance(child, Element) or child.strip()]
        only = filled[0] if len(filled) == 1 else None
        if not isinstance(only, Element) or only.tag not in _BOXES:
            return at.children
        at = only


def tidy(html: str) -> str:
    """Take separators and empty paragraphs off both ends."""
    return _EDGE_END.sub("", _EDGE_START.sub("", html)).strip()


def stands_first(element: Element, body: Element) -> bool:
    """Tell whether nothing is said in a box before an element that is inside it."""
    at = element
    while at is not body and at.parent is not None:
        for child in at.parent.children:
            if child is at:
                break
            if child.strip() if isinstance(child, str) else child.text():
                return False
        at = at.parent
        if at is body:
            return True
    return False
