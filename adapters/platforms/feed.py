"""A feed of comments, RSS or Atom: all that many sites show to strangers.

A feed shows the newest comments only, ten as a rule, and those that are approved. It says nothing of edits and
deletions, and nothing can be done through it. Atom feeds may lead on to older pages (RFC 5005), which are followed.
"""

import io
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pydantic import field_validator

from adapters.base import Ask, Batch, Capabilities, PlatformOptions, Proof, Sighting, Verb, checked_address
from adapters.errors import BadReply, NotFoundError, ReadError, Unsupported
from adapters.reply import Reply, shown
from adapters.saved.feed import Served, read_served
from adapters.saved.source import Source
from adapters.thread import Thread

if TYPE_CHECKING:
    from adapters.http import Http

NAME = "feed"
TITLE = "Feed of comments (RSS or Atom)"
CAPABILITIES = Capabilities(verbs=frozenset(), sees=frozenset(), order="newest-first", threads=False)

_NO_TIME = datetime.min.replace(tzinfo=UTC)


class Options(PlatformOptions):
    """Hold the address of the feed itself, in `url`."""

    @field_validator("url")
    @classmethod
    def _check_url(cls, url: str) -> str:
        # With the slash at its end, if it has one: without it, it may be another address.
        return checked_address(url)


def open(options: Options, http: "Http", *, environment: Mapping[str, str]) -> "Feed":
    """Return the feed at an address, without a request."""
    return Feed(options.url, http)


class Feed:
    """Read one feed of comments."""

    capabilities = CAPABILITIES

    def __init__(self, url: str, http: "Http") -> None:
        self._url, self._http = url, http

    def recent(self, ask: Ask) -> Batch:
        """Return a page of the feed."""
        reply = self._http.get(ask.token or self._url, if_changed=ask.if_changed)
        return Batch(unchanged=True) if reply.unchanged else batch_of(parse_feed(reply))

    def thread(self, id: str) -> Thread:
        """Refuse: a feed has no threads."""
        raise Unsupported("a feed cannot be asked for a thread")

    def comment(self, id: str) -> Sighting | None:
        """Return a comment that the feed shows now; raises NotFoundError at any other, which may well be there."""
        return shown_comment(self.recent(Ask()), id)

    def act(self, verb: Verb, id: str, text: str | None) -> None:
        """Refuse: nothing can be done through a feed."""
        raise Unsupported("nothing can be done through a feed")

    def took(self, verb: Verb, id: str, text: str | None) -> bool | None:
        """Answer nothing."""
        return None

    def prove(self) -> Iterator[Proof]:
        """Yield whether the address gives a feed of comments."""
        yield prove_feed(parse_feed(self._http.get(self._url)))


def parse_feed(reply: Reply) -> Served:
    """Read a reply as a feed; raises BadReply."""
    body = reply.body
    try:
        with Source(
            reply.url, on_notice=lambda notice: None, on_bytes=lambda count: None, stream=io.BytesIO(body)
        ) as source:
            return read_served(source)
    except ReadError as error:
        raise BadReply(f"{shown(reply.url)}: {error}", status=reply.status) from None


def batch_of(served: Served) -> Batch:
    """Return what a feed shows, with the posts whose words it has."""
    comments = [Sighting(post_id=thread.id, comment=one) for thread in served.threads for one in thread.comments]
    # Their order in the feed went when they were grouped by post; those without a time come last.
    comments.sort(key=lambda one: one.comment.posted_at or _NO_TIME, reverse=True)
    posts = [post for post in served.posts if post.body]
    return Batch(comments=comments, posts=posts, next=served.next, cut=served.next is None)


def shown_comment(batch: Batch, id: str) -> Sighting:
    """Return a comment of a feed; raises NotFoundError at one that it does not show, which says nothing of it."""
    found = next((one for one in batch.comments if one.comment.id == id), None)
    if found is None:
        raise NotFoundError("the feed does not show this comment; it may be there all the same")
    return found


def prove_feed(served: Served) -> Proof:
    """Say whether a feed is one of comments."""
    count = sum(len(thread.comments) for thread in served.threads)
    if served.posts and not count:
        mend = "write the address of the feed of comments into url"
        return Proof(name="site", ok=False, said="this is a feed of posts, not of comments", mend=mend)
    return Proof(name="site", ok=True, said=f"a feed with {count} comments")
