"""Where the comments of a page are: one region each, found by the surest sign that the page gives.

A region is a run of sibling elements (mostly one) with the id that the platform gave the comment. The signs, in order:
Reddit's full names, numbered ids (WordPress, Blogger, TypePad, Movable Type, Drupal ...), Discourse's crawler view,
microdata, microformats, class names.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from adapters.saved.pages.tree import Element, Page
from adapters.saved.pages.vocabulary import Role, is_elsewhere, name_words, roles

_NUMBERED = re.compile(
    r"(?P<prefix>[a-z][a-z_-]*[-_])?(?:comment|pingback|trackback|comm|cmt|kommentar|commentaire|comentario)"
    r"[-_:]?(?P<id>\d+|[0-9a-f]{16,40}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:_\d+)?",
    re.I,
)
_NOT_A_COMMENT = frozenset(
    "like likes reply edit respond form link vote votes rating content text body author meta holder toggle report count"
    " recent latest top top featured last new parent to dislike flag delete share avatar date actions replies"
    " children menu action info score footer header".split()
)
_SHORT_C = re.compile(r"c(\d{1,14})")
_LONG_C = re.compile(r"c(\d{15,20})")
_FULL_NAME = re.compile(r"t1_([0-9a-z]+)")
_POST_NUMBER = re.compile(r"post_(\d+)")
_BOXES = frozenset("li div article section tr dt dl ul ol table tbody blockquote p dd td main fieldset details".split())
_ENDS = frozenset("html body main form".split())
_DIGITS = re.compile(r"(\d+)\D*$")
_FRAGMENT = re.compile(r"#.*?(\d+)$|/(\d+)/?$")


@dataclass(slots=True)
class Region:
    """Hold where a comment is; `inner` are the places of the comments inside it, which are not part of it.

    `is_numbered` says that the page numbers it as a comment, `is_certain` that it calls it one outright.
    """

    id: str
    roots: list[Element]
    parent: "Region | None" = None
    inner: set[int] = field(default_factory=set)
    is_numbered: bool = False
    is_certain: bool = False

    @property
    def order(self) -> int:
        """Return the place of the first root in the document."""
        return self.roots[0].order

    def walk(self) -> Iterator[Element]:
        """Yield the elements of the comment itself in document order."""
        for root in self.roots:
            yield from root.walk(self.inner)


def find_regions(page: Page) -> Iterator[list[Region]]:
    """Yield what each sign finds, the surest sign first, as regions in document order with their insides told apart."""
    hidden = find_elsewhere(page)
    for find in _SIGNS:
        regions = find(page, hidden)
        if regions:
            yield nest(regions)


def nest(regions: list[Region]) -> list[Region]:
    """Put regions in document order and note which are inside which; a region that starts where another does goes."""
    regions = sorted({region.order: region for region in reversed(regions)}.values(), key=lambda region: region.order)
    opened: list[Region] = []
    for region in regions:
        while opened and opened[-1].roots[-1].last < region.order:
            opened.pop()
        region.parent = opened[-1] if opened else None
        if opened:
            opened[-1].inner.update(root.order for root in region.roots)
        opened.append(region)
    return regions


def find_elsewhere(page: Page) -> Callable[[Element], bool]:
    """Return a test for being in a sidebar or in a list of comments on other posts."""
    starts: list[int] = []
    ends: list[int] = []
    for element in page.elements:
        if ends and element.order <= ends[-1]:
            continue
        if is_elsewhere(element) and not _is_most(page, element):
            starts.append(element.order)
            ends.append(element.last)

    def hidden(element: Element) -> bool:
        at = bisect_right(starts, element.order) - 1
        return at >= 0 and element.order <= ends[at]

    return hidden


def _is_most(page: Page, element: Element) -> bool:
    # "right-sidebar" also names pages that have one: a real one has neither the title nor the form to answer in it.
    if element.tag in ("html", "body", "main") or element.last - element.order > len(page.elements) // 2:
        return True
    return any(part.tag in ("h1", "main", "textarea") for part in element.walk())


def _reddit(page: Page, hidden: Callable[[Element], bool]) -> list[Region]:
    found = []
    for element in page.elements:
        name = element.attributes.get("data-fullname")
        match = _FULL_NAME.fullmatch(name) if name else None
        if match and element.has("class", "comment") and not hidden(element):
            found.append(Region(match[1], [element], is_certain=True))
    return found


def _numbered(page: Page, hidden: Callable[[Element], bool]) -> list[Region]:
    marks = [(element, id) for element in page.elements if (id := _mark(element)) and not hidden(element)]
    places = [element.order for element, _ in marks]
    found: dict[str, Region] = {}

    def only(element: Element, id: str) -> bool:
        first, end = bisect_left(places, element.order), bisect_right(places, element.last)
        # Both ends first: in a long list of comments they differ, and the rest need not be looked at.
        return marks[first][1] == marks[end - 1][1] == id and all(mark[1] == id for mark in marks[first:end])

    order: dict[str, list[Element]] = {}
    for element, id in marks:
        order.setdefault(id, []).append(element)
    for id, elements in order.items():
        box = next((element for element in elements if element.tag in _BOXES and element.elements), None)
        roots = _around(page, box, id, only) if box else _beside(page, elements[0], id, only)
        if roots:
            called_so = any(Role.COMMENT in roles(root) for root in roots)
            found[id] = Region(id, roots, is_numbered=True, is_certain=called_so)
    return list(found.values())


def _mark(element: Element) -> str | None:
    attributes = element.attributes
    for name in ("id", "name"):
        value = attributes.get(name)
        if not value or (name == "name" and element.tag != "a"):
            continue
        match = _NUMBERED.fullmatch(value)
        if match and not _NOT_A_COMMENT & set(name_words(match["prefix"] or "")):
            return match["id"]
        if match := _LONG_C.fullmatch(value):
            return match[1]
        if (match := _SHORT_C.fullmatch(value)) and (name == "name" or _is_about_comments(element)):
            return match[1]
    value = attributes.get("data-comment-id") or attributes.get("data-commentid")
    if value and element.tag in _BOXES and Role.NOISE not in roles(element) and _is_about_comments(element):
        return value
    return None


def _is_about_comments(element: Element) -> bool:
    if roles(element) & (Role.COMMENT | Role.AUTHOR_PERHAPS):
        return True
    for distance, above in enumerate(element.ancestors()):
        if distance > 5:
            return False
        if Role.SECTION in roles(above) or "comments" in above.get("id").lower():
            return True
    return False


def _around(page: Page, box: Element, id: str, only: Callable[[Element, str], bool]) -> list[Element]:
    if box.tag in ("dt", "dd"):
        return _run(page, box)
    above = box.parent
    # Some themes number an element inside the one that is the comment.
    while above and Role.COMMENT in roles(above) and Role.SECTION not in roles(above):
        if not only(above, id) and not _only_answers_beside(above, box):
            break
        box, above = above, above.parent
    while above and above.tag not in _ENDS and not _has_signs(box) and only(above, id) and not _is_section(above):
        box, above = above, above.parent
    return [box]


def _only_answers_beside(above: Element, box: Element) -> bool:
    return all(
        child is box or Role.REPLIES in roles(child) or not child.elements for child in above.elements
    ) and not any(mark is not box and _mark(mark) for mark in above.elements)


def _beside(page: Page, anchor: Element, id: str, only: Callable[[Element, str], bool]) -> list[Element]:
    # The number stands on an empty anchor: before the comment, or somewhere at its top.
    if anchor.parent and anchor.parent.tag in ("dt", "dd"):
        return _run(page, anchor.parent)
    following = page.following(anchor)
    if following and (Role.COMMENT in roles(following) or (_has_signs(following) and not _mark(following))):
        return [following]
    at = anchor
    while at.parent and at.parent.tag not in _ENDS and only(at.parent, id) and not _is_section(at.parent):
        at = at.parent
        if _has_signs(at):
            return [at]
    run, sibling = [at], page.following(at)
    while sibling and len(run) < 30 and sibling.tag != "form" and not any(_mark(part) for part in sibling.walk()):
        run.append(sibling)
        sibling = page.following(sibling)
    return run


def _run(page: Page, first: Element) -> list[Element]:
    run, sibling = [first], page.following(first)
    while sibling and sibling.tag != "dt":
        run.append(sibling)
        sibling = page.following(sibling)
    return run


def _has_signs(element: Element) -> bool:
    seen = Role.NOTHING
    for part in islice(element.walk(), 400):
        seen |= roles(part)
        if part.tag in ("cite", "time"):
            seen |= Role.AUTHOR_PERHAPS
        body = Role.BODY in seen or Role.BODY_PERHAPS in seen or (part.tag == "p" and part is not element)
        if body and seen & (Role.AUTHOR | Role.AUTHOR_PERHAPS | Role.DATE):
            return True
    return False


def _is_section(element: Element) -> bool:
    return Role.SECTION in roles(element) or "comments" in name_words(element.get("id"))


def _discourse(page: Page, hidden: Callable[[Element], bool]) -> list[Region]:
    found = []
    for number, element in enumerate((e for e in page.elements if e.has("class", "crawler-post")), 1):
        match = _POST_NUMBER.fullmatch(element.get("id"))
        id = match[1] if match else str(number)
        if id != "1" and not hidden(element):
            found.append(Region(id, [element], is_certain=True))
    return found


def _microdata(page: Page, hidden: Callable[[Element], bool]) -> list[Region]:
    def is_comment(element: Element) -> bool:
        kind = element.get("itemtype").lower().rpartition("/")[2]
        return "comment" in kind or ("itemscope" in element.attributes and element.has("itemprop", "comment"))

    return _found(page, hidden, is_comment, is_certain=True)


def _microformats(page: Page, hidden: Callable[[Element], bool]) -> list[Region]:
    return _found(page, hidden, lambda e: e.has("class", "u-comment") or e.has("class", "p-comment"), is_certain=True)


def _by_class(page: Page, hidden: Callable[[Element], bool]) -> list[Region]:
    return _found(page, hidden, lambda element: element.tag in _BOXES and Role.COMMENT in roles(element))


def _found(
    page: Page, hidden: Callable[[Element], bool], is_comment: Callable[[Element], bool], *, is_certain: bool = False
) -> list[Region]:
    found = [element for element in page.elements if is_comment(element) and not hidden(element)]
    return [
        Region(own_id(element) or f"#{number}", [element], is_certain=is_certain)
        for number, element in enumerate(found, 1)
    ]


def own_id(element: Element) -> str | None:
    """Return the number in an element's id, or the id itself, or the number in the link to the comment."""
    for name in ("data-comment-id", "data-id", "id"):
        value = element.get(name)
        if value:
            match = _DIGITS.search(value)
            return match[1] if match else value
    for part in islice(element.walk(), 100):
        if part.tag == "a" and (match := _FRAGMENT.search(part.get("href"))):
            return match[1] or match[2]
    return None


_SIGNS: tuple[Callable[[Page, Callable[[Element], bool]], list[Region]], ...] = (
    _reddit,
    _numbered,
    _discourse,
    _microdata,
    _microformats,
    _by_class,
)
