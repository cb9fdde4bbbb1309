"""What a page says: its text, without scripts, navigation and the comments that stand under it."""

import codecs
import re

from adapters.public_http import Reply
from adapters.saved.pages.regions import find_regions
from adapters.saved.pages.tree import Element, Page
from adapters.saved.pages.vocabulary import Role, name_words, roles
from rules.markup import render

HTML_TYPES = ("text/html", "application/xhtml+xml")
TYPES = (*HTML_TYPES, "text/plain")

# A longer text costs every comment that links to it: this is a short book.
_LONGEST = 500_000
_META = re.compile(
    rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]+)|<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]+)""", re.I
)
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
# Encodings of Python's that no page is in, and that can be slow or raise at will.
_NO_ENCODINGS = frozenset(("idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape", "mbcs", "oem"))
_AROUND = frozenset(("nav", "footer", "aside", "form", "button", "select", "textarea", "noscript", "dialog"))
_AROUND_ROLES = frozenset(("navigation", "contentinfo", "search", "complementary", "dialog"))
_COMMENTS = frozenset(("comments", "disqus", "respond", "commentform"))
_WHOLE = frozenset(("html", "body", "main", "article"))


def page_text(reply: Reply) -> str:
    """Return the text of a fetched page; raises ReadError at markup that is no page's."""
    source = decoded(reply.body, reply.charset)
    if reply.content_type not in HTML_TYPES:
        return source[:_LONGEST].strip()
    page = Page(source)
    without = {root.order for region in next(find_regions(page), ()) for root in region.roots}
    without.update(element.order for element in page.elements if _stands_around(element))
    return render(page.root.inner_html(without), "html").text[:_LONGEST].strip()


def decoded(body: bytes, charset: str | None) -> str:
    """Return bytes as text: by their byte-order mark, the header's `charset`, the page's own word, else as UTF-8."""
    said = _META.search(body, 0, 4096)
    named = (said[1] or said[2]).decode("ascii", "replace") if said else None
    marked = next((name for mark, name in _BOMS if body.startswith(mark)), None)
    found = marked or _known(charset) or _known(named, written_in_ascii=True) or "utf-8"
    return body.decode(found, "replace")


def _known(name: str | None, *, written_in_ascii: bool = False) -> str | None:
    try:
        found = codecs.lookup(name or "")
    except (LookupError, ValueError):
        return None
    if not found._is_text_encoding or found.name.replace("_", "-") in _NO_ENCODINGS:
        return None
    if written_in_ascii and found.name.startswith(("utf-16", "utf-32")):
        return None
    # Browsers read what calls itself latin-1 as cp1252.
    return "cp1252" if found.name in ("iso8859-1", "ascii") else found.name


def _stands_around(element: Element) -> bool:
    if element.tag in _AROUND or element.get("role") in _AROUND_ROLES:
        return True
    if element.tag in _WHOLE:
        return False
    return Role.SECTION in roles(element) or not _COMMENTS.isdisjoint(name_words(element.get("id"))[:1])
