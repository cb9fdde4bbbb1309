"""Comments on a page that names nothing: what repeats itself inside a box, or under a heading, that says "comments".

At least two elements beside each other with the same name must each have something like an author, a date and a text.
"""

from collections.abc import Iterator
from itertools import islice

from adapters.saved.pages.dates import Calendar
from adapters.saved.pages.fields import Parts
from adapters.saved.pages.names import clean_name
from adapters.saved.pages.regions import Region, find_elsewhere, nest, own_id
from adapters.saved.pages.tree import Element, Page
from adapters.saved.pages.vocabulary import COMMENTS_HEADING, name_words

_SECTION_WORDS = frozenset(
    "comments commentlist kommentare commentaires comentarios commenti reacties komentarze guestbook"
    " kommentarer".split()
)
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6", "legend", "summary"))
_NAMING = frozenset(("b", "strong", "a", "cite", "em", "span", "h3", "h4", "h5", "h6", "div", "p", "dt", "td", "th"))
_LONGEST_LABEL = 70
_MOST_PARTS = 300


def find_repeated(page: Page, calendar: Calendar) -> list[tuple[Region, Parts]]:
    """Return the comments of the section with the most of them, or nothing."""
    best: list[tuple[Region, Parts]] = []
    seen: set[int] = set()
    elsewhere = find_elsewhere(page)
    for section in _sections(page):
        if elsewhere(section):
            continue
        for members in _alike(section, seen):
            found = [(Region(own_id(member) or f"#{number}", [member]), parts)
                     for number, member in enumerate(members, 1) if (parts := _parts(member, calendar))]  # fmt: skip
            if len(found) >= 2 and len(found) * 10 >= len(members) * 7 and len(found) > len(best):
                best = found
    nest([region for region, _ in best])
    return best


def _sections(page: Page) -> Iterator[Element]:
    for element in page.elements:
        names = [word for name in f"{element.get('id')} {element.get('class')}".split() for word in name_words(name)]
        if element.tag in _HEADINGS and COMMENTS_HEADING.match(element.text()[:80]) and element.parent is not None:
            if element.parent.tag not in ("body", "html"):
                yield element.parent
            else:
                following = page.following(element)
                while following is not None and following.tag not in _HEADINGS:
                    yield following
                    following = page.following(following)
        elif _SECTION_WORDS & set(names) and element.tag not in ("body", "html", "a"):
            yield element


def _alike(section: Element, seen: set[int]) -> Iterator[list[Element]]:
    for element in section.walk(seen):
        seen.add(element.order)
        groups: dict[tuple[str, str], list[Element]] = {}
        for child in element.elements:
            if child.tag not in ("p", "br", "script", "option", "hr", "form", "span", "a"):
                groups.setdefault((child.tag, (child.get("class").split() or [""])[0]), []).append(child)
        yield from (members for members in groups.values() if len(members) >= 2)


def _parts(member: Element, calendar: Calendar) -> Parts | None:
    inside = list(islice(member.walk(), 1, _MOST_PARTS))
    if len(inside) == _MOST_PARTS - 1:
        return None
    texts = {part.order: part.text() for part in inside}
    date = next(
        (
            part
            for part in inside
            if part.tag == "time" or (len(texts[part.order]) <= _LONGEST_LABEL and calendar.find(texts[part.order]))
        ),
        None,
    )
    if date is None:
        return None
    author = name = None
    for part in inside:
        text = texts[part.order]
        label = part.tag in _NAMING and 0 < len(text) <= _LONGEST_LABEL and not calendar.find(text)
        if label and not part.holds(date) and (name := clean_name(text)):
            author = part
            break
        if len(text) > _LONGEST_LABEL and not part.holds(date):
            break
    if author is None:
        return None
    rest = [part for part in inside if not any(p.holds(part) or part.holds(p) for p in (date, author))]
    body = max(rest, key=lambda part: (len(texts[part.order]), -part.order), default=None)
    if body is None or not texts[body.order]:
        return None
    alike = [part for part in rest if part.parent is body.parent and part.tag == body.tag == "p"]
    html = "\n".join(
        f"<p>{part.inner_html()}</p>" if part.tag == "p" else part.inner_html() for part in alike or [body]
    )
    return Parts(author=name, dates=[date], body=html)
