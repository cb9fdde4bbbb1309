"""The other threads of a thread's site, as far as they are at hand: those that a run reads, or those archived."""

import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from itertools import islice

from adapters.errors import ReadError
from adapters.saved.threads import read_threads
from adapters.thread import Thread
from rules.markup import render
from rules.topic.site import MOST_POSTS, SitePost, SitePosts


@lru_cache(maxsize=4)
def posts_read(process: int, paths: tuple[str, ...], format: str | None) -> dict[str, SitePosts]:
    """Return the posts of saved threads and their comments by site; what cannot be read is told by who checks it.

    `process` is the id of this one: what a process has read is not for another.
    """
    sites: dict[str, SitePosts] = {}
    for thread in islice(_threads(paths, format), MOST_POSTS):
        post = thread.post
        with suppress(Exception):  # a text that cannot be rendered tells nothing; its own thread's rules say so
            text = render(post.body, post.format).text
            site = sites.setdefault(thread.site or "", SitePosts())
            site.add(SitePost(thread.id, post.title or thread.title, thread.url or post.url), text)
            for comment in thread.comments:
                if not site.wants_comments(thread.id):
                    break
                site.add_comment(thread.id, render(comment.body, comment.format).text, comment.author)
    return sites


def _threads(paths: tuple[str, ...], format: str | None) -> Iterator[Thread]:
    for path in paths:
        with suppress(ReadError, OSError):
            yield from read_threads(path, format=format, on_notice=lambda notice: None, on_bytes=lambda count: None)


class ArchivedPosts:
    """Know an archive's posts and their comments by site; what has come since is added when a site is asked for."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._sites: dict[str, tuple[SitePosts, int]] = {}

    def of(self, site: str) -> SitePosts:
        """Return the posts of a site."""
        posts, last = self._sites.get(site) or (SitePosts(), 0)
        [newest] = self._connection.execute("SELECT coalesce(max(id), 0) FROM texts").fetchone()
        # The plus signs keep SQLite from walking through the whole site: rows that have come since are few.
        rows = self._connection.execute(
            "SELECT thread, url, CAST(text AS TEXT) FROM texts"
            " WHERE id > ? AND id <= ? AND +site = ? AND +kind = 'post' ORDER BY id LIMIT ?",
            (last, newest, site, MOST_POSTS - len(posts.posts)),
        )
        for thread, url, text in rows:
            posts.add(SitePost(thread, None, url), text)
        comments = self._connection.execute(
            "SELECT id, thread FROM texts WHERE id > ? AND id <= ? AND +site = ? AND +kind != 'post' ORDER BY id",
            (last, newest, site),
        )
        for id, thread in comments:
            if posts.wants_comments(thread):
                text, author = self._connection.execute(
                    "SELECT CAST(text AS TEXT), author FROM texts WHERE id = ?", (id,)
                ).fetchone()
                posts.add_comment(thread, text, author)
        self._sites[site] = posts, newest
        return posts
