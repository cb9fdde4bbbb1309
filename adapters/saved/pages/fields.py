"""Author, dates and text of one comment, found by the roles that class names, microdata and microformats give.

The text is the element that says so, or, in themes that put everything into one box, what is left of the box when the
author, the date and everything that is there to be clicked are taken away.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from adapters.saved.pages.names import clean_name, credited_name, is_dated
from adapters.saved.pages.regions import Region
from adapters.saved.pages.tree import Element, markup
from adapters.saved.pages.trim import emptied, inner_markup, is_filled, split_heading, stands_first, tidy
from adapters.saved.pages.vocabulary import Role, roles

_CLICKED = frozenset(("button", "form", "input", "select", "textarea", "nav", "noscript", "object", "label"))
_FORM_IDS = frozenset(("respond", "commentform", "comment-form", "reply-title", "comments-form"))
_BLOCKS = frozenset(("p", "blockquote", "ul", "ol", "pre", "table"))
_HEADINGS = frozenset(("header", "footer", "cite", "small", "dt", "h2", "h3", "h4", "h5", "h6"))
_LABELS = frozenset(("small", "span", "em", "i", "a", "div", "font"))
_TEXT_PROPS = frozenset(("text", "commentText", "articleBody", "reviewBody", "description"))
_DATE_PROPS = frozenset(("datePublished", "dateCreated", "commentTime", "uploadDate"))
_BODY = Role.BODY | Role.BODY_PERHAPS
_PING_WORD = re.compile(r"\b(?:pingback|trackback)\b", re.I)
_PING = re.compile(r"(?:(?:pingback|trackback)\b)?\W*", re.I)
_HEADER_CHARS = 400
_HEADING_DEPTH, _HEADING_PARTS = 12, 40
_BADGES = frozenset(
    "author autor auteur autore autorin admin administrator moderator mod op staff verfasser beitragsautor".split()
) | {"post author", "article author", "site owner", "blog author", "auteur de l'article", "autor del post"}


@dataclass(slots=True)
class Parts:
    """Hold what one comment consists of: its markup, the elements that carry dates, and the text of its heading."""

    author: str | None = None
    dates: list[Element] = field(default_factory=list)
    edited: list[Element] = field(default_factory=list)
    header: str = ""
    body: str = ""


def find_parts(region: Region) -> Parts:
    """Tell the parts of a comment apart."""
    return _Finder(region).parts()


class _Finder:
    def __init__(self, region: Region) -> None:
        self._region = region
        self._own = list(region.walk())
        self._roles = {element.order: roles(element) for element in self._own}
        if len(region.roots) == 1:
            # The class of the whole comment says who wrote it, whether it was edited ..., not what it holds.
            self._roles[region.order] = Role.NOTHING
        self._bodies = [element for element in self._own if self._role(element) & _BODY or _says_text(element)]
        self._dated = {element.order for element in self._own if self._carries_date(element)} or self._unnamed_date()
        self._hidden = region.inner | self._noise()
        self._quoted = self._covered(element for element in self._own if element.tag in ("blockquote", "q"))

    def parts(self) -> Parts:
        author, name = self._author()
        dates = [element for element in self._own if self._is_date(element) and element.order not in self._hidden]
        marks = [*dates[:4], *([author] if author is not None else [])]
        named = self._covered(marks)
        bodies = [
            body for body in self._bodies if body.order not in named | self._hidden and is_filled(body, self._hidden)
        ]
        clean = [body for body in bodies if not any(body.holds(mark) for mark in marks)]
        found = Parts(name, dates)
        found.edited = [element for element in self._own if Role.EDITED in self._role(element)]

        boxes = [body for body in bodies if body not in clean]
        roots, stripped = boxes[-1:] or self._region.roots, set(self._hidden)
        chosen = max(clean, key=lambda body: (self._is_sure(body), self._size([body], self._hidden)), default=None)
        if chosen is None or not self._is_sure(chosen):
            self._strip(roots, marks, stripped)
            left = self._size(roots, stripped)
            if chosen is not None and 2 * self._size([chosen], self._hidden) < left:
                chosen = None
        if chosen is not None:
            roots, stripped = self._alike(chosen, clean), self._hidden
            found.dates = [date for date in dates if not any(root.holds(date) for root in roots)]
        found.body = self._html(roots, stripped, headed=chosen is None)
        if author is not None and _PING.fullmatch(self._text(roots, stripped)):
            found.body = self._ping(author) or found.body
        headed = [element for element in self._own if element.order in stripped - self._hidden]
        tops = [element for element in headed if element.parent is None or element.parent.order not in stripped]
        outside = self._hidden | {root.order for root in roots}
        header = [self._text(self._region.roots, outside), self._text(tops, self._hidden)]
        found.header = " ".join(filter(None, header))[:_HEADER_CHARS]
        if found.author is None:
            found.author = credited_name(found.header)
        if found.author is None and chosen is None and (split := split_heading(roots[0], stripped)):
            found.author, found.header, found.body = split
        return found

    def _role(self, element: Element) -> Role:
        return self._roles.get(element.order, Role.NOTHING)

    def _covered(self, elements: Iterable[Element]) -> set[int]:
        covered: set[int] = set()
        for element in elements:
            if element.order not in covered:
                covered.update(part.order for part in element.walk(self._region.inner))
        return covered

    def _above(self, elements: Iterable[Element]) -> set[int]:
        above: set[int] = set()
        for element in elements:
            at: Element | None = element
            while at is not None and at.order in self._roles and at.order not in above:
                above.add(at.order)
                at = at.parent
        return above

    def _is_sure(self, element: Element) -> bool:
        return Role.BODY in self._role(element) or _says_text(element)

    def _text(self, roots: Iterable[Element], without: set[int]) -> str:
        return " ".join(filter(None, (root.text(without) for root in roots)))

    def _size(self, roots: Iterable[Element], without: set[int]) -> int:
        return len(self._text(roots, without))

    def _noise(self) -> set[int]:
        sure = [body for body in self._bodies if self._is_sure(body) or len(self._bodies) == 1]
        # A row of links may hold the date as well.
        sure += [element for element in self._own if self._is_date(element)]
        holding = self._above(sure)
        found = []
        for element in self._own:
            clicked = element.tag in _CLICKED or element.get("id") in _FORM_IDS or Role.NOISE in self._role(element)
            if clicked and element not in self._region.roots and element.order not in holding:
                found.append(element)
        return self._covered(found)

    def _is_date(self, element: Element) -> bool:
        return element.order in self._dated

    def _carries_date(self, element: Element) -> bool:
        role = self._role(element)
        return Role.EDITED not in role and (
            element.tag == "time"
            or Role.DATE in role
            or bool(_props(element) & _DATE_PROPS)
            or "dc:date" in element.get("property")
        )

    def _unnamed_date(self) -> set[int]:
        for element in self._own[:_HEADING_PARTS]:
            if element.tag in _BLOCKS and element not in self._region.roots and element.text(self._region.inner):
                break
            if element.tag in _LABELS and is_dated(element.text(self._region.inner)):
                return {element.order}
        return set()

    def _author(self) -> tuple[Element | None, str | None]:
        sure = [body for body in self._bodies if self._is_sure(body)]
        in_text = self._covered(sure)
        ranked: list[tuple[int, int, Element]] = []
        for element in self._own:
            rank = self._author_rank(element)
            if rank is None or element.order in self._hidden or element.order in self._quoted:
                continue
            if element.order in in_text:
                # Inside the text only what a theme has put there counts, or what stands at its very beginning.
                if rank > 2 and not any(stands_first(element, body) for body in sure[:4]):
                    continue
                rank += 10
            ranked.append((rank, element.order, element))
        for _, _, element in sorted(ranked, key=lambda row: row[:2]):
            name = self._name(element)
            if name:
                return element, name
        return None, None

    def _author_rank(self, element: Element) -> int | None:
        role, props = self._role(element), _props(element)
        if "author" in props or "creator" in props:
            return 0
        if role & _BODY:
            return None
        if Role.AUTHOR in role or element.get("typeof") == "sioc:UserAccount":
            return 1
        if Role.AUTHOR_PERHAPS in role and Role.DATE not in role:
            return 4 if Role.DATE_PERHAPS in role else 2
        if element.tag == "cite":
            return 3
        if element.tag == "a" and element.has("rel", "external") and element.has("class", "url"):
            return 5
        if (element.tag in _HEADINGS or Role.HEADER in role) and any(
            stands_first(element, r) for r in self._region.roots
        ):
            # A heading without a name of its own says who is meant when it goes on with a date or "says".
            return 6 if credited_name(element.text(self._hidden)) else None
        return None

    def _name(self, element: Element) -> str | None:
        if element.tag == "meta":
            return clean_name(element.get("content"))
        inside = [part for part in element.walk(self._hidden) if part is not element]
        card = next((part for part in inside if "name" in _props(part) or _is_card(part)), None)
        if card is not None:
            return clean_name(card.get("content") if card.tag == "meta" else card.text(self._hidden))
        without = self._hidden | {part.order for part in inside if self._is_date(part) or self._is_permalink(part)}
        without |= {part.order for part in inside if part.text().lower() in _BADGES}
        if Role.AUTHOR not in self._role(element) and "author" not in _props(element):
            # A box around the name and more: the name is its first link or its first bold words.
            for part in inside:
                if part.tag in ("strong", "b", "cite", "a") and part.order not in without and part.text(without):
                    return clean_name(part.text(without))
            if any(part.tag in _BLOCKS for part in inside):
                return None
            if self._author_rank(element) == 6:
                return credited_name(element.text(without))
        return clean_name(element.text(without))

    def _is_permalink(self, element: Element) -> bool:
        id = self._region.id
        return element.tag == "a" and id.isalnum() and element.get("href").partition("#")[2].endswith(id)

    def _strip(self, roots: list[Element], marks: list[Element], stripped: set[int]) -> None:
        for mark in marks:
            root = next((root for root in roots if root.holds(mark)), None)
            if root is not None and mark is not root:
                stripped |= self._covered([self._heading_around(mark, root, stripped)])
            elif root is not None:
                stripped |= self._covered([mark])
        for root in roots:
            for element in root.walk(stripped.copy()):
                headed = Role.HEADER in self._role(element) and not any(
                    p.tag in _BLOCKS for p in element.walk(stripped)
                )
                if element is not root and (headed or self._is_permalink(element)):
                    stripped |= self._covered([element])

    def _heading_around(self, mark: Element, root: Element, stripped: set[int]) -> Element:
        at = mark
        for _ in range(_HEADING_DEPTH):
            above = at.parent
            if above is None or above is root:
                break
            blocks = (part for part in above.walk(stripped | {at.order}) if part.tag in _BLOCKS and part is not above)
            if any(block.text(stripped) for block in blocks):
                break
            headed = Role.HEADER in self._role(above) or above.tag in _HEADINGS
            if not headed and len(above.text(stripped | {at.order})) > 40:
                break
            at = above
        return at

    def _alike(self, chosen: Element, clean: list[Element]) -> list[Element]:
        names = chosen.get("class")
        return [body for body in clean if body.parent is chosen.parent and body.get("class") == names] or [chosen]

    def _html(self, roots: list[Element], without: set[int], *, headed: bool) -> str:
        without = set(without)
        for root in roots:
            without |= emptied(root, without)
        if len(roots) == 1:
            html = inner_markup(roots[0], without, headed=headed)
        else:
            # Paragraphs beside each other stay paragraphs.
            pieces = [
                tidy("".join(markup([root], without)))
                if root.tag == "p"
                else inner_markup(root, without, headed=headed)
                for root in roots
            ]
            html = "\n".join(filter(None, pieces))
        return html if any(is_filled(root, without) for root in roots) else ""

    def _ping(self, author: Element) -> str:
        # A pingback without an excerpt says nothing but whose page links here: that link is its text.
        links = [part for part in author.walk(self._hidden) if part.tag == "a"]
        said = f"{self._region.roots[0].get('class')} {self._text(self._region.roots, self._hidden)}"
        is_ping = _PING_WORD.search(said)
        return "".join(markup([links[0]])) if links and is_ping else ""


def _says_text(element: Element) -> bool:
    return bool(_props(element) & _TEXT_PROPS)


def _props(element: Element) -> set[str]:
    value = element.attributes.get("itemprop")
    return set(value.split()) if value else set()


def _is_card(element: Element) -> bool:
    names = element.get("class").split()
    return "fn" in names or "p-name" in names
