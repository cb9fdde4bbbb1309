"""A WordPress export (WXR), versions 1.0 to 1.2, from Tools > Export.

Every item with comments gives a thread: posts, but pages and attachments too. Comments keep their raw text: HTML in
which line breaks still stand for paragraphs, since WordPress makes those only when it shows a page. Held comments and
those in the trash are there with their status, pingbacks and trackbacks too; WordPress itself leaves spam out.
"""

from collections.abc import Iterator

from adapters.dates import parse_date
from adapters.errors import ReadError
from adapters.saved.source import Source
from adapters.saved.xmltext import Element, person, plain, read_elements, root_tag
from adapters.thread import Comment, Post, Thread

NAME = "wxr"
TITLE = "WordPress export (WXR)"

_SPACE = "wordpress.org/export"
_STATUSES = {"1": "approved", "0": "held"}
# Editors' and shops' internal remarks: no reader of the blog ever sees them.
_INTERNAL = ("note", "order_note")


def recognises(head: str) -> bool:
    """Tell whether the text is an RSS document that declares the export's namespace."""
    name, tag = root_tag(head)
    return name == "rss" and _SPACE in tag


def read(source: Source) -> Iterator[Thread]:
    """Yield a thread for each item that has comments, as they come; one item at a time is in memory."""
    site: str | None = None
    names: dict[str, str] = {}
    found = False
    for element in read_elements(source, ("item", "author", "base_blog_url")):
        if element.name == "base_blog_url":
            site = plain(element.text)
        elif element.name == "author":
            login, name = element.value("author_login"), person(element.value("author_display_name"))
            if login and name:
                names[login] = name
        elif thread := _thread(element, site, names):
            found = True
            yield thread
    if not found:
        raise ReadError("an export without any comment", mend="export all content, or the posts with their comments")


def _thread(item: Element, site: str | None, names: dict[str, str]) -> Thread | None:
    url = item.value("link")
    comments = [
        _comment(fields, url, number)
        for number, fields in enumerate((comment.values() for comment in item.all("comment", _SPACE)), 1)
        if fields.get("comment_type", "").strip() not in _INTERNAL
    ]
    if not comments:
        return None
    id = item.value("post_id") or item.value("guid") or url or "item"
    creator = item.value("creator")
    body = item.child("encoded", "modules/content")
    post = Post(
        id=id,
        title=plain(item.value("title")),
        author=names.get(creator or "") or person(creator),
        body=body.text if body else "",
        url=url,
        posted_at=(
            parse_date(item.value("post_date_gmt"))
            or parse_date(item.value("post_date"))
            or parse_date(item.value("pubDate"))
        ),
    )
    return Thread(site=site, id=id, title=post.title, url=url, post=post, comments=comments)


def _comment(fields: dict[str, str], url: str | None, number: int) -> Comment:
    def value(name: str) -> str:
        return fields.get(f"comment_{name}", "").strip()

    id, parent, approved = value("id") or str(number), value("parent"), value("approved")
    return Comment(
        id=id,
        parent_id=parent if parent not in ("", "0") else None,
        author=person(value("author")),
        body=fields.get("comment_content", ""),
        url=f"{url}#comment-{id}" if url else None,
        posted_at=parse_date(value("date_gmt")) or parse_date(value("date")),
        status=_STATUSES.get(approved, approved) or None,
    )
