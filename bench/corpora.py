"""The real threads of the shared folder, as the rules see them."""

import gzip
import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from adapters.saved.threads import read_threads
from adapters.thread import Comment, Format, Post, Thread
from rules.markup import render
from rules.markup.quoting import unquoted

_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.S)
_LIQUID = re.compile(r"\{%.*?%\}")
_HEADER = re.compile(r"\A(?:[\w-]+:.*\n(?:[ \t]+.*\n)*)+\n")
_FROM = re.compile(r"^From: (?:[^(\n]*\(([^)\n]+)\)|\"?([^<\"\n]+?)\"? <|(\S+@\S+))", re.M)
_ARTICLE = re.compile(r"^In article .*?\(([^()\n]+)\)\s*(?:writes|wrote)\s*:$", re.M)


def labelled(shared: Path) -> Iterator[Thread]:
    """Yield the hand-labelled threads; a thread's id is its file's name."""
    for path in sorted((shared / "labelled" / "threads").glob("*.json")):
        for thread in read_threads(str(path), on_notice=lambda notice: None, on_bytes=lambda count: None):
            yield Thread(
                site=thread.site,
                id=path.stem,
                title=thread.title,
                url=thread.url,
                post=thread.post,
                comments=thread.comments,
            )


def blogs(shared: Path) -> Iterator[Thread]:
    """Yield the threads of the two blogs."""
    for row in _rows(shared / "data" / "blogs" / "haacked-dev.jsonl.gz"):
        comments = [_comment(c["id"], c["name"], c["html"], "html") for c in row["comments"]]
        body = _FRONT_MATTER.sub("", row["post_markdown"] or "")
        yield _thread(
            row["slug"], Post(id="p", author="Phil Haack", body=body, format="markdown"), comments, "haacked.com"
        )
    for row in _rows(shared / "data" / "blogs" / "ploeh-dev.jsonl.gz"):
        comments = [_comment(c["id"], c["name"].rstrip(" #"), c["html"], "html") for c in row["comments"]]
        body = _LIQUID.sub("", row["post_html"] or "")
        yield _thread(
            row["slug"], Post(id="p", author="Mark Seemann", body=body, format="html"), comments, "blog.ploeh.dk"
        )


def forum(shared: Path) -> Iterator[Thread]:
    """Yield the forum threads; their quotations carry no marks."""
    for row in _rows(shared / "data" / "iac4forums" / "developers.jsonl.gz"):
        first, *rest = row["posts"]
        post = Post(id=str(first["id"]), author=first["author"], body=first["text"], format="plain")
        yield _thread(row["discussion"], post, [_comment(p["id"], p["author"], p["text"], "plain") for p in rest])


def issues(shared: Path) -> Iterator[Thread]:
    """Yield the issues of a working group, in Markdown."""
    with gzip.open(shared / "data" / "ietf_issues" / "h2c.json.gz", "rt", encoding="utf-8") as file:
        archive = json.load(file)
    for row in [*archive.get("issues", []), *archive.get("pulls", [])]:
        post = Post(id="p", author=row["author"], body=row["body"] or "", format="markdown")
        comments = [
            Comment(
                id=str(number),
                author=c["author"],
                body=c["body"] or "",
                format="markdown",
                posted_at=datetime.fromisoformat(c["createdAt"]),
                edited_at=datetime.fromisoformat(c["updatedAt"]) if c["updatedAt"] != c["createdAt"] else None,
            )
            for number, c in enumerate(row.get("comments", []), 1)
        ]
        yield _thread(row["number"], post, comments)


def news(shared: Path) -> Iterator[Thread]:
    """Yield Usenet messages that quote one other: what they quote stands before them as that one's message."""
    for row in _rows(shared / "data" / "ng20" / "sample.jsonl.gz"):
        text = row["text"]
        sender, head = _FROM.search(text), _ARTICLE.search(text)
        if sender is None or head is None or len(_ARTICLE.findall(text)) > 1:
            continue
        body = _HEADER.sub("", text)
        if re.search(r"^[ \t]*(?:>[ \t]*>|[|:+#]|\w+>)", body, re.M):
            continue  # the words of more than one
        document = render(body, "plain")
        quoted = "\n\n".join(unquoted(document.text[q.start : q.end]) for q in document.blocks_of("quote"))
        if len(quoted.split()) < 12:
            continue
        name = next(group for group in sender.groups() if group)
        comments = [_comment(1, head[1], quoted, "plain"), _comment(2, name, body, "plain")]
        yield _thread(row["name"], Post(id="p", format="plain"), comments)


CORPORA: Mapping[str, Callable[[Path], Iterator[Thread]]] = {
    "labelled": labelled,
    "blogs": blogs,
    "issues": issues,
    "news": news,
    "forum": forum,
}


def _rows(path: Path, *, limit: int | None = None) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, islice(lines, limit))


def _comment(id: object, author: str | None, body: str | None, format: Format) -> Comment:
    return Comment(id=str(id), author=author, body=body or "", format=format)


def _thread(id: object, post: Post, comments: list[Comment], site: str | None = None) -> Thread:
    return Thread(site=site, id=str(id), title=None, url=None, post=post, comments=comments)
