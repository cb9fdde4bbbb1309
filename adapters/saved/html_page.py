"""A saved page of a blog or forum: its post, and the comments that stand under it.

Comments are found by the surest sign that a page gives (see `pages.regions`): the numbers that WordPress, Blogger,
TypePad, Movable Type and Drupal give them, Reddit's full names, Discourse's view for crawlers, microdata,
microformats, class names, JSON-LD, and last of all by what repeats itself under a heading that says "comments".
A page without comments is an error, for a thread must never be made up out of forms, sidebars and navigation.
"""

import re
from collections.abc import Iterator

from adapters.errors import ReadError
from adapters.saved.source import Source
from adapters.thread import Thread

NAME = "html"
TITLE = "Saved web pages: WordPress, Blogger, TypePad, Drupal, Discourse, old Reddit and pages with marked-up comments"

_DOCUMENT = re.compile(r"\s*(?:<!--.*?-->\s*|<\?xml[^>]*\?>\s*)*<(?:!doctype\s+html|html|head|body)\b", re.I | re.S)
_FRAGMENT = re.compile(
    r"\s*(?:<!--.*?-->\s*)*<(?:div|article|section|main|ul|ol|li|dl|dt|h[1-6]|header|p|table|title|meta|link|span|a)\b"
    r"[^<>]*>",
    re.I | re.S,
)
_LATE = re.compile(r"<(?:html|head|body)\b[^<>]*>", re.I)
_FEED = re.compile(r"<(?:rss|feed|rdf:RDF|urlset|channel)\b", re.I)
_CLOSING = re.compile(r"</(?:div|article|section|main|ul|ol|li|dl|dt|h[1-6]|header|p|table|title|span|a)\s*>", re.I)


def recognises(head: str) -> bool:
    """Tell whether the text is an HTML document, or a piece of one."""
    start = head.lstrip("\ufeff \t\r\n")[:20_000]
    if not start.startswith("<"):
        return bool(_LATE.search(start[:2000]) and _CLOSING.search(head))
    if _DOCUMENT.match(start):
        return True
    if start.startswith("<?xml") or _FEED.search(start[:2000]):
        return bool(_LATE.search(start[:2000])) and not _FEED.search(start[:2000])
    return bool(_LATE.search(start[:4000]) or (_FRAGMENT.match(start) and _CLOSING.search(head)))


def read(source: Source) -> Iterator[Thread]:
    """Yield the thread of a page, or one for each post that has comments of its own."""
    # The parser is slow to load and only wanted here.
    from adapters.saved.pages.assemble import find_threads

    found = False
    for thread in find_threads(source.text(), name=source.name):
        found = True
        yield thread
    if not found:
        raise ReadError(
            "no comments found on this page",
            mend="save the page with its comments unfolded and loaded, or use the site's export or feed",
        )
