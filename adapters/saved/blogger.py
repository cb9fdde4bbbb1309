"""A Blogger blog as one Atom file: the old backup (Settings > Back up content) and Google Takeout's `feed.atom`.

The backup marks an entry's kind with a category (`kind#post`, `kind#comment`) and a comment's post with
`thr:in-reply-to`; a comment that answers another has a link `rel="related"` to it. Takeout has `blogger:type`,
`blogger:parent` (the post) and `blogger:inReplyTo` (the comment answered), a `blogger:status` for each comment, and no
addresses at all. Comments may stand before their post, so the whole file is in memory before the first thread is told.
"""

import re
from collections.abc import Iterable, Iterator

from adapters.dates import parse_date
from adapters.errors import ReadError
from adapters.saved.source import Source
from adapters.saved.xmltext import Element, person, plain, read_elements, root_tag
from adapters.thread import Comment, Post, Thread

NAME = "blogger"
TITLE = "Blogger backup or Google Takeout feed.atom"

_TAKEOUT = "schemas.google.com/blogger/2018"
_KIND = "schemas.google.com/blogger/2008/kind#"
_NUMBER = re.compile(r"(\d+)/?\Z")


def recognises(head: str) -> bool:
    """Tell whether the text is an Atom feed whose entries have Blogger's kinds."""
    name, tag = root_tag(head)
    return name == "feed" and (_TAKEOUT in tag or _KIND in head)


def read(source: Source) -> Iterator[Thread]:
    """Yield a thread for each post or page with comments; those gathered before a break come before its error."""
    posts: dict[str, Element] = {}
    comments: dict[str, Element] = {}
    site: str | None = None
    trouble: ReadError | None = None
    try:
        for element in read_elements(source, ("entry", "id", "link")):
            if element.name == "id":
                site = site or plain(element.text)
            elif element.name == "link":
                # The address says more than the blog's number, which Takeout alone has to make do with.
                site = _alternate([element]) or site
            elif (kind := _kind(element)) in ("post", "page"):
                posts[_number(element.value("id")) or f"post {len(posts) + 1}"] = element
            elif kind == "comment":
                comments[_number(element.value("id")) or f"comment {len(comments) + 1}"] = element
    except ReadError as error:
        trouble = error
    threads: dict[str, dict[str, Element]] = {}
    for id, comment in comments.items():
        threads.setdefault(_home(comment, comments), {})[id] = comment
    if homeless := threads.pop("", None):
        source.lose(ReadError(f"{len(homeless)} comments name no post: they are left out", mend="back up again"))
    for id in {**posts, **threads}:
        if id in threads:
            yield _thread(id, posts.get(id), threads[id], site)
    if trouble:
        raise trouble
    if not threads:
        raise ReadError("a backup without any comment", mend="back up the whole blog, comments included")


def _thread(id: str, entry: Element | None, comments: dict[str, Element], site: str | None) -> Thread:
    url = _alternate(entry.all("link")) if entry else _post_address(comments.values())
    entry = entry or Element("entry", "", {}, [])
    post = Post(
        id=id,
        title=plain(entry.value("title")),
        author=_author(entry),
        body=entry.value("content") or "",
        url=url,
        posted_at=parse_date(entry.value("published")) or parse_date(entry.value("created")),
    )
    return Thread(
        site=site,
        id=id,
        title=post.title,
        url=url,
        post=post,
        comments=[_comment(number, comment, id, url) for number, comment in comments.items()],
    )


def _comment(id: str, entry: Element, home: str, url: str | None) -> Comment:
    posted = parse_date(entry.value("published")) or parse_date(entry.value("created"))
    updated = parse_date(entry.value("updated"))
    answered = _answered(entry)
    return Comment(
        id=id,
        parent_id=answered if answered != home else None,
        author=_author(entry),
        body=entry.value("content") or "",
        url=_alternate(entry.all("link")) or (f"{url}#c{id}" if url else None),
        posted_at=posted or updated,
        edited_at=updated if posted and updated != posted else None,
        status=_status(entry),
    )


def _kind(entry: Element) -> str:
    if kind := entry.value("type", _TAKEOUT):
        return kind.lower()
    terms = (category.attributes.get("term", "") for category in entry.all("category"))
    return next((term.rpartition("#")[2] for term in terms if _KIND in term), "")


def _home(comment: Element, comments: dict[str, Element]) -> str:
    """Return the post's id, or "" when none is named; a comment that names a comment is where that one is."""
    seen: set[str] = set()
    home = _named(comment)
    while home in comments and home not in seen:
        seen.add(home)
        home = _named(comments[home])
    return "" if home in comments else home


def _named(comment: Element) -> str:
    reply = comment.child("in-reply-to")
    return _number(comment.value("parent", _TAKEOUT) or (reply.attributes.get("ref") if reply else None))


def _answered(comment: Element) -> str | None:
    related = (link.attributes.get("href") for link in comment.all("link") if link.attributes.get("rel") == "related")
    named = comment.value("inReplyTo", _TAKEOUT) or next(related, None) or comment.value("parent", _TAKEOUT)
    return _number(named) or None


def _number(address: str | None) -> str:
    """Return the number that ends an id (`tag:…post-12`) or an address (`…/comments/default/12`), or all of it."""
    address = (address or "").strip()
    found = _NUMBER.search(address)
    return found[1] if found else address


def _alternate(links: Iterable[Element]) -> str | None:
    found = (link.attributes.get("href") for link in links if link.attributes.get("rel", "alternate") == "alternate")
    return next(found, None) or None


def _post_address(comments: Iterable[Element]) -> str | None:
    replies = (comment.child("in-reply-to") for comment in comments)
    return next((reply.attributes.get("href") for reply in replies if reply), None)


def _author(entry: Element) -> str | None:
    author = entry.child("author")
    return person(author.value("name")) if author else None


def _status(entry: Element) -> str:
    if entry.value("trashed", _TAKEOUT):
        return "trash"
    removed = (name.attributes.get("name") == "blogger.contentRemoved" for name in entry.all("extendedProperty"))
    if any(removed):
        return "deleted"
    status = (entry.value("status", _TAKEOUT) or "LIVE").lower()
    return "approved" if status == "live" else "spam" if "spam" in status else status
