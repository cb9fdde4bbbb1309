"""Which comment answers which: by depth numbers, by nesting, by lists of answers, by links "in reply to"."""

import re

from adapters.saved.pages.regions import Region
from adapters.saved.pages.tree import Element
from adapters.saved.pages.vocabulary import Role, name_words, roles

_DEPTH = re.compile(r"(?:^|\s)(?:depth|level|wc_comment_level|comment-depth|wpd_comment_level)-(\d{1,4})(?:\s|$)")
_PARENT_ATTRIBUTES = ("data-parent-id", "data-parent-comment-id", "data-parent", "data-reply-to", "data-parentid")
_PARENT_ID = re.compile(r"(?:t1_)?([0-9a-z-]+)$")
_FRAGMENT = re.compile(r"#(?:[a-z-]*comment[-_]?|c|p|post_)?([0-9a-f]+)$", re.I)


def find_parents(regions: list[Region]) -> dict[str, str]:
    """Return the parent's id for each comment that answers another; regions come in document order."""
    by_order = {root.order: region for region in regions for root in region.roots}
    ids = {region.id for region in regions}
    at_depth: dict[int, str] = {}
    parents: dict[str, str] = {}
    for region in regions:
        depth = _depth(region)
        if depth is not None:
            at_depth[depth] = region.id
            found = at_depth.get(depth - 1) if depth > 1 else None
        elif region.parent is not None:
            found = region.parent.id
        else:
            found = _said(region, ids) or _before_answers(region, by_order)
        if found is not None and found != region.id:
            parents[region.id] = found
    return parents


def _depth(region: Region) -> int | None:
    for element in (region.roots[0], region.roots[0].parent):
        match = _DEPTH.search(element.get("class")) if element is not None else None
        if match:
            return int(match[1])
    return None


def _said(region: Region, ids: set[str]) -> str | None:
    for name in _PARENT_ATTRIBUTES:
        match = _PARENT_ID.search(region.roots[0].get(name))
        if match and match[1] in ids:
            return match[1]
    for element in region.walk():
        if element.tag != "a":
            continue
        match = _FRAGMENT.search(element.get("href"))
        if match and match[1] != region.id and match[1] in ids and _is_reply_link(element):
            return match[1]
    return None


def _is_reply_link(element: Element) -> bool:
    words = set(name_words(element.get("class"))) | set(name_words(element.get("rel")))
    above = element.parent
    if above is not None:
        words |= {word for name in above.get("class").split() for word in name_words(name)}
    return ("reply" in words and "to" in words) or "parent" in words or {"in", "reply"} <= words


def _before_answers(region: Region, by_order: dict[int, Region]) -> str | None:
    # The list of answers stands beside the comment: the nearest comment before the list, under the same roof.
    at: Element | None = region.roots[0]
    for _ in range(8):
        if at is None or at.parent is None:
            return None
        if Role.REPLIES in roles(at):
            for sibling in reversed(at.parent.elements):
                if sibling.order >= at.order:
                    continue
                for part in sibling.walk():
                    if part.order in by_order:
                        return by_order[part.order].id
                if sibling.tag not in ("a", "hr", "span"):
                    return None
        at = at.parent
    return None
