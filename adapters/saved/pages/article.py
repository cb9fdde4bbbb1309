"""The post of a page: title, author, date, address and text, without the comments and what stands around them."""

import re

from adapters.saved.pages.addresses import absolute
from adapters.saved.pages.dates import Calendar
from adapters.saved.pages.names import clean_name
from adapters.saved.pages.tree import Element, Page
from adapters.saved.pages.vocabulary import COMMENTS_HEADING, name_words

_TEXT_NAMES = re.compile(
    r"(?:^|\s)(?:[a-z0-9_-]*(?:entry|post|article|story|blog|single|page|news|node|topic|recipe)[-_]*(?:content|body|text"
    r"|entry|copy|main)(?:-inner|-wrap|_inner|__inner)?|entry|storycontent|e-content|articlebody|field-name-body"
    r"|markdown-body|prose|content-body|main-text|usertext-body|post)(?:\s|$)",
    re.I,
)
_NEVER = frozenset(("nav", "form", "aside", "footer", "button", "noscript", "select", "input", "textarea"))
_AROUND = frozenset(
    "comments comment respond commentform share sharing shares sharedaddy social related relatedposts jp nav navigation"
    " breadcrumb breadcrumbs newsletter subscribe sidebar widget widgets author-box authorbox advert ads advertisement"
    " adsbygoogle cookie postmeta byline likebtn pagination toc addtoany print promo disqus trackbacks".split()
)
_BOXES = frozenset(("body", "div", "section", "article", "main", "center"))
# A paragraph beside the text that is as long as this belongs to it.
_SENTENCE = 60
_URL_DATE = re.compile(r"/((?:19|20)\d\d)/(\d\d)(?:/(\d\d))?(?:/|$)")
_DATE_NAMES = frozenset(("published", "entry-date", "post-date", "dt-published", "date-header"))
_TITLE_LINKS = frozenset(("title", "p-name", "p-name u-url", "u-url p-name"))
_HEADINGS = frozenset(("h1", "h2", "h3", "h4"))
_OUTRIGHT = 4
_SITE_PARTS = re.compile(r"\s+[|–—»«·-]\s+")
_LINK = re.compile(r"https?://\S+", re.I)


class Article:
    """Hold what a page says of its post; `scope` is the part of the page that belongs to it."""

    def __init__(self, page: Page, scope: Element, hidden: set[int]) -> None:
        self._scope, self._hidden, self._alone = scope, hidden, scope is page.root
        self._metas: dict[str, str] = {}
        self._links: dict[str, str] = {}
        if self._alone:
            self._read_head(page)
        self.html = self._text()
        self.language = page.root.get("lang") or page.root.get("xml:lang") or self._language()
        self.url = self._url()

    def title(self) -> str | None:
        """Return the post's title, without the site's name."""
        heads = [
            e for e in self._scope.walk(self._hidden) if e.tag in ("h1", "h2", "h3") or e.get("class") in _TITLE_LINKS
        ]
        named = next((e for e in heads if e.has("itemprop", "headline") or _is_title(e) or e.tag == "a"), None)
        first = next((e for e in heads if e.tag == "h1"), None)
        meta = self._metas.get("og:title") or self._metas.get("twitter:title")
        if meta and first is not None and first.text() and meta.startswith(first.text()):
            return first.text()
        if meta:
            return meta
        for element in (named, first, *([] if self._alone else heads[:1])):
            if element is not None and element.text():
                return element.text()
        title = self._metas.get("title")
        return _SITE_PARTS.split(title)[0] if title else None

    def author(self) -> str | None:
        """Return the author's name."""
        for element in self._scope.walk(self._hidden):
            names = element.get("class").split()
            if element.has("itemprop", "author") or element.has("rel", "author") or "p-author" in names:
                inner = next((e for e in element.walk() if e is not element and e.has("itemprop", "name")), element)
                name = clean_name(inner.get("content") if inner.tag == "meta" else inner.text())
                if name:
                    return name
            if "vcard" in names or "byline" in names or "author" in names or "entry-author" in names:
                inner = next((e for e in element.walk() if e.has("class", "fn") or e.tag == "a"), element)
                name = clean_name(inner.text())
                if name:
                    return name
        named = self._metas.get("author") or self._metas.get("article:author")
        return clean_name(named) if named and not _LINK.match(named) else None

    def calendar(self) -> Calendar:
        """Return a calendar for the page, which knows when the post appeared."""
        calendar = Calendar(self.language, url=self.url)
        for name in ("article:published_time", "datepublished", "og:published_time", "dc.date", "date", "pubdate"):
            found = calendar.of_attribute(self._metas[name]) if name in self._metas else None
            if found:
                calendar.since = found.at
                return calendar
        for element in self._scope.walk(self._hidden):
            said = element.tag == "time" or element.has("itemprop", "datePublished")
            if said or not _DATE_NAMES.isdisjoint(element.get("class").split()):
                value = element.get("datetime") or element.get("content") or element.get("title")
                found = (calendar.of_attribute(value) if value else None) or calendar.find(element.text())
                if found:
                    calendar.since = found.at
                    return calendar
        match = _URL_DATE.search(self.url or "")
        if match:
            found = calendar.find(f"{match[1]}-{match[2]}-{match[3] or '01'}")
            calendar.since = found.at if found else None
        return calendar

    def _read_head(self, page: Page) -> None:
        for element in page.elements:
            if element.tag == "meta":
                name = element.get("property") or element.get("name") or element.get("itemprop")
                if name and element.get("content").strip():
                    self._metas.setdefault(name.lower(), element.get("content").strip())
            elif element.tag == "link" and element.get("rel") and element.get("href"):
                self._links.setdefault(element.get("rel").lower(), element.get("href"))
            elif element.tag == "base" and element.get("href"):
                self._links.setdefault("base", element.get("href"))
            elif element.tag == "title":
                self._metas.setdefault("title", element.text())

    def _language(self) -> str:
        locale = self._metas.get("og:locale") or self._metas.get("language") or self._metas.get("content-language")
        return (locale or "").replace("_", "-")

    def _url(self) -> str | None:
        if not self._alone:
            for element in self._scope.walk(self._hidden):
                if element.tag == "a" and (element.has("rel", "bookmark") or element.has("class", "u-url")):
                    return element.get("href") or None
            return None
        base = self._links.get("base", "")
        for found in (self._links.get("canonical"), self._metas.get("og:url"), self._metas.get("twitter:url")):
            if found and (whole := absolute(base, found)):
                return whole
        return None

    def _text(self) -> str:
        sizes = _sentence_sizes(self._scope, self._hidden)
        most = max(sizes.values(), default=0)
        title = self.title()
        rows = [
            (worth, sizes[element.order], element)
            for element in self._scope.walk(self._hidden)
            if element.order in sizes and (worth := _worth(element))
        ]
        # A short post is known by the one element that is named so outright; else the size must speak for it.
        alone = sum(row[0] >= _OUTRIGHT for row in rows) == 1
        named = [
            row
            for row in rows
            if row[0] > _OUTRIGHT or (alone and row[0] == _OUTRIGHT) or (6 if row[0] > 2 else 4) * row[1] > most
        ]
        worth, size = max((row[:2] for row in named), default=(0, 0))
        # Of several that are alike the post is the first: the others answer it.
        best = next((row[2] for row in named if row[0] == worth and 8 * row[1] >= size), self._scope)
        chosen = _densest(best, sizes)
        if chosen is None:
            return ""
        size = sizes[chosen.order]
        without = self._hidden | {
            element.order
            for element in chosen.walk(self._hidden)
            if element is not chosen
            and (
                element.tag in _NEVER
                or (_stands_around(element) and 3 * sizes.get(element.order, 0) < size)
                or (element.tag in _HEADINGS and _says_no_text(element, title))
            )
        }
        return chosen.inner_html(without)


def _sentence_sizes(scope: Element, hidden: set[int]) -> dict[int, int]:
    # How many characters of running text each element holds, added up from the inside out; links are no running text.
    sizes: dict[int, int] = {}
    for element in reversed(list(scope.walk(hidden))):
        if element.tag in _NEVER or element.tag in ("a", "title", "option", "head"):
            continue
        own = sum(len(child.strip()) for child in element.children if isinstance(child, str))
        size = own + sum(sizes.get(child.order, 0) for child in element.elements)
        if size:
            sizes[element.order] = size
    return sizes


def _densest(start: Element, sizes: dict[int, int]) -> Element | None:
    at = start
    while True:
        best = max(at.elements, key=lambda child: sizes.get(child.order, 0), default=None)
        if best is None or best.tag not in _BOXES or 10 * sizes.get(best.order, 0) < 9 * sizes.get(at.order, 0):
            return at if sizes.get(at.order) else None
        beside = (part for child in at.elements if child is not best for part in child.walk() if part.tag == "p")
        if any(sizes.get(part.order, 0) > _SENTENCE for part in beside):
            return at
        at = best


def _worth(element: Element) -> int:
    if element.tag in ("html", "body"):
        return 0
    if element.has("itemprop", "articleBody") or element.has("itemprop", "text"):
        return 5
    names = element.get("class")
    if "usertext-body" in names.split():
        # Reddit shows the rules of the place in the same dress as the post.
        return 5 if any(above.get("data-fullname").startswith("t3_") for above in element.ancestors()) else 0
    if element.has("class", "e-content") or element.has("class", "entry-content"):
        return 4
    if (names and _TEXT_NAMES.search(names)) or _TEXT_NAMES.search(element.get("id")):
        return 3
    if element.tag == "article":
        return 2
    return 1 if element.tag == "main" or element.get("role") == "main" or element.get("id") == "content" else 0


def _is_title(element: Element) -> bool:
    words = name_words(element.get("class").replace(" ", "-"))
    named = {"entry", "post", "article", "single"} & set(words)
    return bool(named and {"title", "header", "heading", "headline"} & set(words))


def _says_no_text(heading: Element, title: str | None) -> bool:
    text = heading.text()
    return text == title or bool(COMMENTS_HEADING.match(text[:80]))


def _stands_around(element: Element) -> bool:
    names = f"{element.get('class')} {element.get('id')}".split()
    return any(word in _AROUND for name in names for word in (name.lower(), *name_words(name)))
