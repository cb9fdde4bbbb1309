"""Reddit's JSON: the `.json` of a thread, a listing of comments, or a dump of comments with one a line.

A dump is read as it comes, and comments of one thread are expected together. "More" stubs stand for comments that are
not in the file; they are counted. Text is Markdown. Reddit writes `&lt;` for `<` unless it was asked with `raw_json=1`,
and the file does not say which: it shows in the HTML beside the text, and without that in the text itself, for one that
holds a bare `<`, `>` or `&` was not escaped. Text that shows neither is unescaped when it has `&gt;` and its like.
"""

import re
from collections.abc import Callable, Iterator

from adapters.errors import ReadError
from adapters.saved.jsontext import Row, documents, epoch, looks_like_json, mapping, runs, sequence, string
from adapters.saved.naming import stem
from adapters.saved.source import Source
from adapters.thread import Comment, Post, Thread

NAME = "reddit"
TITLE = "Reddit JSON: a thread, a listing of comments, or a dump with one comment a line"

_SIGN = re.compile(r'"kind"\s*:\s*"(?:Listing|t1|t3)"|"link_id"\s*:\s*"t3_|"parent_id"\s*:\s*"t[13]_')
_IN_URL = re.compile(r"/comments/(\w+)")
_BARE = re.compile(r"[<>]|&(?!(?:amp|lt|gt);)")
_GONE = {"[deleted]": "deleted", "[removed]": "removed", "[ Removed by Reddit ]": "removed"}
_SITE = "https://www.reddit.com"


def recognises(head: str) -> bool:
    """Tell whether the text is JSON with Reddit's kinds or full names in it."""
    return looks_like_json(head) and bool(_SIGN.search(head))


def read(source: Source) -> Iterator[Thread]:
    """Yield the threads of a document, or of the runs of lines that belong to one thread."""
    found = False
    hidden: list[int] = []
    alone = stem(source.name)
    for id, things in runs(_things(source, hidden), lambda thing: thing["thread"] or alone, source):
        comments = [thing["data"] for thing in things if thing["kind"] == "t1"]
        posts = [thing["data"] for thing in things if thing["kind"] == "t3"]
        if comments:
            found = True
            yield _thread(id, posts[0] if posts else {}, comments)
    if hidden:
        source.note(f"{sum(hidden)} comments behind {len(hidden)} “more” links are not in the file")
    if not found:
        raise ReadError("no comment in this Reddit JSON", mend="save the address of the thread with .json at its end")


def _things(source: Source, hidden: list[int]) -> Iterator[Row]:
    """Yield posts and comments as {"kind", "data", "thread"}; a listing mixes threads, so its are put together."""
    for place, document in documents(source):
        if place is not None:
            yield from unpacked(document, lambda more: hidden.append(_count(more)))
            continue
        threads: dict[str | None, list[Row]] = {}
        for thing in unpacked(document, lambda more: hidden.append(_count(more))):
            threads.setdefault(thing["thread"], []).append(thing)
        for things in threads.values():
            yield from things


def unpacked(document: object, on_more: Callable[[Row], None]) -> Iterator[Row]:
    """Yield the posts and comments of a document as {"kind", "data", "thread"}, a comment before its replies.

    What stands for comments that it does not hold ("more") goes to `on_more`.
    """
    waiting: list[object] = [document]
    while waiting:
        thing = waiting.pop()
        if isinstance(thing, list):
            waiting.extend(reversed(thing))
            continue
        row = mapping(thing)
        kind, data = row.get("kind"), mapping(row.get("data"))
        if kind == "t1":
            yield _thing("t1", data)
            waiting.append(data.get("replies"))
        elif kind == "t3":
            yield _thing("t3", data)
        elif kind == "more":
            on_more(data)
        elif "children" in data or "things" in data:
            waiting.append(data.get("children") or data.get("things"))
        elif "json" in row:
            waiting.append(row["json"])
        elif "body" in row and ("link_id" in row or "parent_id" in row):
            yield _thing("t1", row)
        elif "title" in row and ("selftext" in row or "num_comments" in row):
            yield _thing("t3", row)


def _count(more: Row) -> int:
    count = more.get("count")
    return count if isinstance(count, int) and count > 0 else len(sequence(more.get("children")))


def _thing(kind: str, data: Row) -> Row:
    thread = _bare(data.get("link_id")) if kind == "t1" else string(data.get("id")) or _bare(data.get("name"))
    for key in ("link_permalink", "permalink", "context", "link_url"):
        if thread is None and (found := _IN_URL.search(string(data.get(key)) or "")):
            thread = found[1]
    return {"kind": kind, "data": data, "thread": thread}


def _thread(id: str, post: Row, rows: list[Row]) -> Thread:
    return thread_of(id, post, rows, escaped=_is_escaped([post, *rows]))


def thread_of(id: str, post: Row, rows: list[Row], *, escaped: bool) -> Thread:
    """Return a thread; `escaped` says that its texts have `&lt;` for `<`."""
    first = rows[0] if rows else {}
    page = _page(post.get("permalink")) or _page(first.get("link_permalink"))
    if page is None and (permalink := _page(first.get("permalink"))):
        page = permalink.rstrip("/").rpartition("/")[0] + "/"
    subreddit = string(post.get("subreddit")) or string(first.get("subreddit"))
    title = _text(post.get("title") or first.get("link_title"), escaped) or None
    author = _author(post.get("author") or first.get("link_author"))
    linked = string(post.get("url")) or string(first.get("link_url"))
    return Thread(
        site=f"reddit.com/r/{subreddit}" if subreddit else "reddit.com",
        id=id,
        title=title,
        url=page,
        post=Post(
            id=id,
            title=title,
            author=author,
            body=_text(post.get("selftext"), escaped) if string(post.get("selftext")) not in _GONE else "",
            format="markdown",
            url=_text(linked, escaped) or page,
            posted_at=epoch(post.get("created_utc")),
        ),
        comments=tuple(comment_of(row, number, escaped=escaped, page=page) for number, row in enumerate(rows, 1)),
    )


def comment_of(row: Row, number: int, *, escaped: bool, page: str | None = None) -> Comment:
    """Return a comment, named by its `number` where it has no id; `page` is the address of its thread."""
    id = string(row.get("id")) or _bare(row.get("name")) or str(number)
    body = string(row.get("body")) or ""
    parent = string(row.get("parent_id")) or ""
    return Comment(
        id=id,
        parent_id=parent.removeprefix("t1_") or None if parent.startswith("t1_") else None,
        author=_author(row.get("author")),
        body="" if body in _GONE else _text(body, escaped),
        format="markdown",
        url=_page(row.get("permalink")) or (f"{page}{id}/" if page else None),
        posted_at=epoch(row.get("created_utc")),
        edited_at=epoch(row.get("edited")),
        status=_GONE.get(body) or _kept_back(row),
    )


def _kept_back(row: Row) -> str | None:
    """Return what moderators see of a comment that others do not: that it is held, or counts as spam."""
    if row.get("spam") is True:
        return "spam"
    is_held = row.get("removed") is True or (bool(row.get("banned_by")) and row.get("approved") is not True)
    return "held" if is_held else None


def _is_escaped(rows: list[Row]) -> bool:
    for row in rows:
        html = string(row.get("body_html")) or string(row.get("selftext_html"))
        if html:
            return html.lstrip().startswith("&lt;")
    return not any(_BARE.search(string(row.get(key)) or "") for row in rows for key in ("body", "selftext"))


def _text(value: object, escaped: bool) -> str:
    text = string(value) or ""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") if escaped else text


def _author(value: object) -> str | None:
    name = string(value)
    return None if name == "[deleted]" else name


def _bare(value: object) -> str | None:
    """Return the id in a full name: `t3_abc` gives `abc`."""
    name = string(value)
    return name.partition("_")[2] or None if name else None


def _page(value: object) -> str | None:
    link = string(value)
    return f"{_SITE}{link}" if link and link.startswith("/") else link
