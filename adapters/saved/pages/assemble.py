"""Threads out of a parsed page: regions, their fields, their order of answers, and the post that they belong to."""

from collections.abc import Iterator
from itertools import islice, pairwise

from adapters.saved.pages import json_ld
from adapters.saved.pages.addresses import absolute, host
from adapters.saved.pages.article import Article
from adapters.saved.pages.dates import Calendar, Moment
from adapters.saved.pages.fields import Parts, find_parts
from adapters.saved.pages.nesting import find_parents
from adapters.saved.pages.regions import Region, find_regions
from adapters.saved.pages.repeated import find_repeated
from adapters.saved.pages.tree import Element, Page
from adapters.thread import Comment, Post, Thread

_DATE_ATTRIBUTES = ("datetime", "content", "title", "data-time", "data-timestamp", "data-utime", "data-datetime")


def find_threads(text: str, *, name: str) -> Iterator[Thread]:
    """Yield the threads of a page; none when it has no comments."""
    page = Page(text)
    for regions in find_regions(page):
        kept = [(region, parts) for region in regions if _is_comment(region, parts := find_parts(region))]
        if kept:
            _forget_dropped(kept)
            for number, (scope, some) in enumerate(_by_post(page, kept), 1):
                yield _thread(page, scope, some, name if number == 1 else f"{name}#{number}")
            return
    threads = list(json_ld.find_threads(page.json_ld, name=name))
    if threads:
        yield from threads
        return
    kept = find_repeated(page, Article(page, page.root, set()).calendar())
    if kept:
        yield _thread(page, page.root, kept, name)


def _is_comment(region: Region, parts: Parts) -> bool:
    known = parts.author or parts.dates or region.is_certain or (region.is_numbered and parts.header)
    return bool(parts.body and known) or bool(parts.author and parts.dates)


def _forget_dropped(kept: list[tuple[Region, Parts]]) -> None:
    # An answer to what turned out to be a box around comments answers what that box is in.
    regions = {id(region) for region, _ in kept}
    for region, _ in kept:
        while region.parent is not None and id(region.parent) not in regions:
            region.parent = region.parent.parent


def _by_post(page: Page, kept: list[tuple[Region, Parts]]) -> Iterator[tuple[Element, list[tuple[Region, Parts]]]]:
    groups: dict[int, list[tuple[Region, Parts]]] = {}
    posts: dict[int, Element] = {}
    known: dict[int, bool] = {}
    at: Element | None = None
    for region, parts in kept:
        if region.parent is None:
            at = _post_above(region.roots[0], known)
        if at is None:
            groups.clear()
            break
        posts[at.order] = at
        groups.setdefault(at.order, []).append((region, parts))
    starts = sorted(posts)
    nested = any(posts[start].last >= following for start, following in pairwise(starts))
    if len(groups) < 2 or nested:
        yield page.root, kept
        return
    for order, some in groups.items():
        yield posts[order], some


def _post_above(element: Element, known: dict[int, bool]) -> Element | None:
    for above in element.ancestors():
        if above.order not in known:
            known[above.order] = _is_post(above)
        if known[above.order]:
            return above
    return None


def _is_post(element: Element) -> bool:
    names = element.get("class").split()
    named = element.tag == "article" or "hentry" in names or "h-entry" in names or "post" in names
    return named and any(part.tag in ("h1", "h2", "h3") or part.has("class", "p-name") for part in element.walk())


def _thread(page: Page, scope: Element, kept: list[tuple[Region, Parts]], name: str) -> Thread:
    hidden = {root.order for region, _ in kept for root in region.roots}
    article = Article(page, scope, hidden)
    calendar = article.calendar()
    calendar.learn(text for _, parts in kept for text in _date_texts(parts))
    parents = find_parents([region for region, _ in kept])
    url = article.url
    comments = []
    for region, parts in kept:
        posted = _date(parts.dates, parts.header, calendar)
        edited = _date(parts.edited, "", calendar)
        comments.append(
            Comment(
                id=region.id.lstrip("#"),
                parent_id=parents.get(region.id),
                author=parts.author,
                body=parts.body,
                format="html",
                url=_permalink(region, url),
                posted_at=posted.at if posted else None,
                edited_at=edited.at if edited else None,
            )
        )
    post = Post(
        id=url or name,
        title=article.title(),
        author=article.author(),
        body=article.html,
        format="html",
        url=url,
        posted_at=calendar.since,
    )
    return Thread(site=host(url), id=post.id, title=post.title, url=url, post=post, comments=tuple(comments))


def _date_texts(parts: Parts) -> Iterator[str]:
    for element in parts.dates:
        yield element.text()[:200]
    yield parts.header


def _date(elements: list[Element], header: str, calendar: Calendar) -> Moment | None:
    rough: Moment | None = None
    for element in elements[:6]:
        for found in _moments(element, calendar):
            if found.exact:
                return found
            rough = rough or found
    found_in_header = calendar.find(header) if header else None
    if rough is None or (found_in_header and found_in_header.exact and found_in_header.at.date() == rough.at.date()):
        return found_in_header or rough
    return rough


def _moments(element: Element, calendar: Calendar) -> Iterator[Moment]:
    for part in islice(element.walk(), 6):
        for name in _DATE_ATTRIBUTES:
            value = part.get(name)
            found = calendar.of_attribute(value) if value else None
            if found:
                yield found
    found = calendar.find(element.text())
    if found:
        yield found


def _permalink(region: Region, url: str | None) -> str | None:
    if not region.id.isalnum():
        return None
    target = next((f"#{root.get('id')}" for root in region.roots if region.id in root.get("id")), "")
    for element in region.walk():
        if element.has("class", "u-url"):
            target = element.get("href")
            break
        if element.get("id") == f"comment-{region.id}":
            target = f"#comment-{region.id}"
        fragment = element.get("href").partition("#")[2] if element.tag == "a" else ""
        if fragment.endswith(region.id) and not fragment[: -len(region.id)][-1:].isdigit():
            target = element.get("href")
            break
    return absolute(url, target) if target else None
