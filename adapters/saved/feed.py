"""A feed of comments, RSS or Atom: of a post or of a whole blog, from WordPress, Blogger, Isso and others.

The comments are grouped by the post that they name: by the link without its fragment, `thr:in-reply-to`, or a title
such as "Comment on X by Y". The comment that one answers comes from `thr:in-reply-to`, or from the line "In reply to
Name." that WordPress puts before the text; that line is cut off, since nobody wrote it. A feed holds the newest
comments only, and seldom the post itself.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from adapters.dates import parse_date
from adapters.errors import ReadError
from adapters.saved.source import Source, joined
from adapters.saved.xmltext import legal_text, person, plain, refuse_hostile, root_tag
from adapters.thread import Comment, Format, Post, Thread

NAME = "feed"
TITLE = "Feed of comments (RSS or Atom)"

# What feedparser does with badly formed text takes seconds for each megabyte.
LENIENT_CHARACTERS = 8 * 1024 * 1024

Entry = Any  # feedparser's dictionaries are not typed

_ORIGIN = re.compile(r"https?://[^/?#\s]+")
_CLOSED = re.compile(r".*</(?:\w+:)?(?:item|entry)\s*>", re.S)
_FRAGMENT = re.compile(r"(?:[\w-]*?(?:comment|isso|reply)[-_]?(?=[\w-]*\d)|c(?=\d)|(?=\d))([\w-]+)\Z", re.I)
_OF_COMMENT_PAGE = re.compile(r"(?<=/)comment-page-\d+/?\Z|[?&](?:showComment|cpage)=\d+\Z")
_COMMENT_TITLE = re.compile(r"Comment on (.+) by (.+)")
_CHANNEL_TITLE = re.compile(r"Comments (?:for|on):? (.+)")
# The words differ by language; a link to another comment, named like its author and alone in the first line, does not.
_REPLY_LINE = re.compile(
    r"""\s*+(?:<p>\s*+)?([^<>\s][^<>\n]{1,59}?)\s{0,9}<a\s[^>]{0,200}?href=["']([^"'>]{1,2000})["'][^>]{0,500}>
        ([^<]{0,200})</a>[^\w<>]{0,3}(?:</p>|<br\s{0,9}/?>|\n|\Z)\s*+""",
    re.X | re.I,
)


def recognises(head: str) -> bool:
    """Tell whether the document's first element is that of a feed."""
    return root_tag(head)[0].lower() in ("rss", "feed", "rdf")


def read(source: Source) -> Iterator[Thread]:
    """Yield a thread for each post that the comments name; those before a break come before its error."""
    text = joined(legal_text(source))
    trouble = refuse_hostile(text)
    broken = trouble is not None and "breaks off" in trouble.problem
    if broken:
        closed = _CLOSED.match(text)
        text = closed[0] if closed else ""
    elif trouble:
        if len(text) > LENIENT_CHARACTERS:
            raise trouble
        source.note(f"{trouble.problem}: read all the same", place=trouble.place)
    yield from _Feed(text).threads(empty_is_fine=broken)
    if broken and trouble:
        raise trouble


@dataclass(frozen=True, slots=True)
class Served:
    """Hold a feed as served: its threads, the posts among its entries, and where older ones are (RFC 5005)."""

    threads: Sequence[Thread]
    posts: Sequence[Post]
    next: str | None


def read_served(source: Source) -> Served:
    """Read a feed that may well be empty; raises ReadError where it is none, or breaks off."""
    if not recognises(source.head):
        raise ReadError("no feed", mend="name the address of the feed of comments itself")
    text = joined(legal_text(source))
    trouble = refuse_hostile(text)
    if trouble and ("breaks off" in trouble.problem or len(text) > LENIENT_CHARACTERS):
        raise trouble
    return _Feed(text).served()


class _Feed:
    """Group a feed's comments by post, and find what each one answers."""

    def __init__(self, text: str) -> None:
        # Imported here: it costs more time than all the readers together.
        import io

        import feedparser

        try:
            parsed = feedparser.parse(
                io.BytesIO(text.encode()),
                sanitize_html=False,
                resolve_relative_uris=False,
                response_headers={"content-type": "application/xml; charset=utf-8"},
            )
        except (LookupError, ValueError, TypeError, AttributeError, AssertionError, RecursionError) as error:
            # Its parser for what is not well-formed trips over elements that stand where none belong.
            raise ReadError("a feed too badly formed to be read", mend="save it again") from error
        self._feed: Entry = parsed.feed
        self._atom = parsed.get("version", "").startswith("atom")
        self._channel = _CHANNEL_TITLE.match(plain(parsed.feed.get("title")) or "")
        self._posts: dict[str, Entry] = {}
        self._comments: list[Entry] = []
        self._by_id: dict[str, Entry] = {}
        self._homes: dict[int, str] = {}
        for entry in parsed.entries:
            if self._is_comment(entry):
                self._comments.append(entry)
                self._by_id[entry.get("id", "")] = entry
            else:
                self._posts[_page(entry.get("link"))] = self._posts[entry.get("id", "")] = entry
        self._authors = {_comment_id(entry): _author(entry) for entry in self._comments}

    def threads(self, *, empty_is_fine: bool) -> Iterator[Thread]:
        """Yield the threads, that of the oldest comment first; raises ReadError when there are none."""
        homes: dict[str, list[Entry]] = {}
        times = [time for entry in self._comments if (time := _posted(entry))]
        if times and times[0] > times[-1]:
            # Comments of one second would stay in the feed's order, the newest first.
            self._comments.reverse()
        for entry in self._comments:
            homes.setdefault(self._home(entry), []).append(entry)
        for home, entries in homes.items():
            yield self._thread(home, entries, alone=len(homes) == 1)
        if homes or empty_is_fine:
            return
        if self._posts:
            feeds = (entry.get("wfw_commentrss") for entry in self._posts.values())
            other = next((feed for feed in feeds if feed), None)
            raise ReadError(
                "a feed of posts, not of comments",
                mend=f"save the feed of comments, such as {other}" if other else "save the blog's feed of comments",
            )
        raise ReadError("a feed without any comment", mend="save it when there are some, or use the blog's export")

    def served(self) -> Served:
        """Return what there is, which may be nothing."""
        links = (link.get("href") for link in self._feed.get("links", ()) if link.get("rel") == "next")
        posts = {id(entry): self._post(_page(entry.get("link")) or entry.get("id", ""), entry)
                 for entry in self._posts.values()}  # fmt: skip
        return Served(tuple(self.threads(empty_is_fine=True)), tuple(posts.values()), next(filter(_web, links), None))

    def _is_comment(self, entry: Entry) -> bool:
        if "wfw_commentrss" in entry or "slash_comments" in entry:
            return False
        named = _COMMENT_TITLE.match(plain(entry.get("title")) or "")
        return bool(self._channel or named or "thr_in-reply-to" in entry or _numbered(entry))

    def _home(self, entry: Entry) -> str:
        """Return the address of the post that a comment belongs to, or what else tells posts apart."""
        path: dict[int, Entry] = {}
        at: Entry | None = entry
        home: str | None = None
        while at is not None and home is None and id(at) not in path:
            path[id(at)] = entry = at
            home = self._homes.get(id(at)) or _page_of_fragment(at.get("link"))
            at = self._by_id.get(_reply(at).get("ref", ""))
        home = home or self._named_home(entry)
        self._homes.update(dict.fromkeys(path, home))
        return home

    def _named_home(self, entry: Entry) -> str:
        reply = _reply(entry)
        post = self._posts.get(reply.get("ref", ""))
        if post is not None:
            return _page(post.get("link")) or str(post.get("id"))
        address = _web(reply.get("href")) or reply.get("ref") or _web(entry.get("link"))
        return _page(address) or _post_title(entry) or "feed"

    def _thread(self, home: str, entries: list[Entry], *, alone: bool) -> Thread:
        post = self._posts.get(home) or {}
        title = plain(post.get("title")) or next(filter(None, map(_post_title, entries)), None)
        if title is None and alone and self._channel:
            title = self._channel[1]
            if self._feed.get("generator") == "Blogger":
                title = title.partition(": ")[2] or title
        url = _web(home)
        origin = _ORIGIN.match(url or self._feed.get("link") or "")
        return Thread(
            site=origin[0] if origin else None,
            id=home,
            title=title,
            url=url,
            post=replace(self._post(home, post), title=title),
            comments=[self._comment(entry, home, number) for number, entry in enumerate(entries, 1)],
        )

    def _post(self, home: str, entry: Entry) -> Post:
        body, format = self._body(entry)
        return Post(
            id=home,
            title=plain(entry.get("title")),
            author=_author(entry),
            body=body,
            format=format,
            url=_web(home),
            posted_at=_posted(entry),
        )

    def _comment(self, entry: Entry, home: str, number: int) -> Comment:
        body, format = self._body(entry)
        parent = self._answered(entry)
        line = _REPLY_LINE.match(body) if format == "html" else None
        if line and _page(line[2]) in (home, "") and (answered := _fragment(line[2])):
            by_author = self._authors.get(answered) == person(line[3])
            if line[1].lower() == "in reply to" or (by_author and person(line[3])):
                parent, body = parent or answered, body[line.end() :]
        posted, updated = _posted(entry), _updated(entry)
        return Comment(
            id=_comment_id(entry) or str(number),
            parent_id=parent,
            author=_author(entry),
            body=body,
            format=format,
            url=_web(entry.get("link")),
            posted_at=posted,
            edited_at=updated if updated != posted else None,
        )

    def _body(self, entry: Entry) -> tuple[str, Format]:
        first = [*entry.get("content", ()), entry.get("summary_detail") or {}][0]
        # Only Atom says what a text is; what feedparser calls plain in RSS is a guess.
        plain_text = self._atom and first.get("type") == "text/plain"
        return first.get("value", ""), "plain" if plain_text else "html"

    def _answered(self, entry: Entry) -> str | None:
        reply = _reply(entry)
        above = self._by_id.get(reply.get("ref", ""))
        if above is not None and above is not entry:
            return _comment_id(above)
        return _fragment(reply.get("href") or reply.get("ref"))


def _web(address: str | None) -> str | None:
    return address if address and address.startswith(("http://", "https://")) else None


def _page(address: str | None) -> str:
    """Return a post's address out of that of one of its comments."""
    return _OF_COMMENT_PAGE.sub("", (address or "").partition("#")[0])


def _page_of_fragment(address: str | None) -> str | None:
    return _page(address) if _web(address) and _fragment(address) else None


def _reply(entry: Entry) -> Entry:
    return entry.get("thr_in-reply-to") or {}


def _fragment(address: str | None) -> str | None:
    """Return a comment's id out of its address: `#comment-12`, `#isso-12`, `#c12`."""
    found = _FRAGMENT.match((address or "").partition("#")[2][:200])
    return found[1] if found else None


def _numbered(entry: Entry) -> str | None:
    return _fragment(entry.get("link")) or _fragment(entry.get("id"))


def _comment_id(entry: Entry) -> str | None:
    return _numbered(entry) or entry.get("id") or entry.get("link") or None


def _posted(entry: Entry) -> datetime | None:
    return parse_date(entry.get("published")) or _updated(entry)


def _updated(entry: Entry) -> datetime | None:
    # feedparser warns when it is asked for one that is missing.
    return parse_date(entry["updated"]) if "updated" in entry else None


def _author(entry: Entry) -> str | None:
    name = person((entry.get("author_detail") or {}).get("name")) or person(entry.get("author"))
    if name is None and (title := plain(entry.get("title"))) and title.startswith("By: "):
        name = person(title[4:])
    return name


def _post_title(entry: Entry) -> str | None:
    title = plain(entry.get("title")) or ""
    named = _COMMENT_TITLE.match(title)
    if named is None:
        return None
    return title.removeprefix("Comment on ").removesuffix(f" by {_author(entry) or named[2]}")
