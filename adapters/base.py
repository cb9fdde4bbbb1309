"""What a live platform is: what it can do, how it is asked, and what it hands over.

A platform module has `NAME`, `TITLE`, `CAPABILITIES`, `Options` and `open`. What `open` returns turns replies into
sightings and nothing else: requests are made by `http`, the walks over its listing and their cursors by `walk`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from adapters.thread import Comment, Post, Thread

if TYPE_CHECKING:
    from adapters.http import Http

# Whatever JSON an adapter finds its place by; nobody else reads it. None is the beginning.
Cursor = Mapping[str, object] | Sequence[object] | str | int | float | None

Verb = Literal["hold", "approve", "spam", "remove", "reply", "report"]
VERBS: tuple[Verb, ...] = ("hold", "approve", "spam", "remove", "reply", "report")
Order = Literal["ascending", "newest-first", "by-thread"]
Outcome = Literal["done", "refused", "unknown"]

# The platforms' words, in small letters, for a comment that everybody sees; some say nothing of it. The tests of the
# contract hold every platform to them.
SHOWN = frozenset({"accepted", "approved", "live", "none", "published", "shown"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """Be a comment as it was seen under a post."""

    post_id: str
    comment: Comment


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Hold what one poll saw, read from the cursor `after`, in any order and with anything known seen again.

    `deleted` are ids of comments that are gone; `cursor` is where the next page begins.
    """

    after: Cursor
    cursor: Cursor
    posts: Sequence[Post] = ()
    comments: Sequence[Sighting] = ()
    deleted: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """Say what a platform lets one do and see.

    `sees` holds what is known of comments besides the approved ones: `held` and `spam` while they are, `edited` and
    `deleted` by reading again. `order` is that of the listing; one that goes from thread to thread is read whole at
    each poll. `grain` is that of its clock in seconds; `threads` says whether a thread can be asked for.
    """

    verbs: frozenset[Verb]
    sees: frozenset[Literal["held", "spam", "edited", "deleted"]]
    order: Order
    grain: float = 1.0
    threads: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Hold what a listing is asked for.

    `since`, of ascending listings only: everything posted at that time or later, None for everything there is.
    `token`: the `next` of an earlier batch of the same listing. `if_changed`: a reply "not modified" will do.
    """

    since: datetime | None = None
    token: str | None = None
    if_changed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Hold one reply of a listing, in the listing's order.

    `next` leads to what follows, and is None at the end. A token that counts (pages, offsets) has to step back a
    little, since comments may be deleted between two requests. `cut`: the platform shows nothing older than this,
    though there may be. `unchanged`: the server said that nothing has changed.
    """

    comments: Sequence[Sighting] = ()
    posts: Sequence[Post] = ()
    deleted: Sequence[str] = ()
    next: str | None = None
    cut: bool = False
    unchanged: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Say whether one thing that an adapter needs is there; `mend` says what to do when it is not."""

    name: str
    ok: bool
    said: str
    mend: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """Be something to be done to a comment; the same `key` is the same action."""

    verb: Verb
    comment_id: str
    text: str | None
    key: str


class Ledger(Protocol):
    """Remember actions from before they are sent, so that none is ever sent twice."""

    def begin(self, action: Action) -> Outcome | None:
        """Write an action down before it is sent; return what is known of its key: None when it was never begun,
        `unknown` when it was begun and has not ended."""

    def end(self, action: Action, outcome: Outcome) -> None:
        """Write down what became of it."""


class PlatformOptions(BaseModel):
    """Hold what every platform takes."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    url: str = Field(description="the site's address")
    contact: str | None = Field(
        None,
        pattern=r"^[!-'*-~]{1,200}$",
        description="a mail or web address at which those who keep the site can reach you, sent to them",
    )
    seconds: float = Field(30, gt=0, le=600, description="a request that takes longer has failed")
    proxy: str | None = Field(
        None, pattern=r"^https?://[^/@\s]+/?$", description="the proxy that requests go through, http://HOST:PORT"
    )
    ca_bundle: Path | None = Field(None, description="a file of certificates to trust in place of the usual ones")
    hosts: tuple[str, ...] = Field(
        (), description="further hosts that requests, and the login with them, may go to: NAME or NAME:PORT"
    )
    overlap_seconds: float = Field(
        120, ge=0, le=86_400, description="how far each poll looks back before the last comment that it knows"
    )

    @field_validator("url")
    @classmethod
    def _check_url(cls, url: str) -> str:
        return checked_address(url).rstrip("/")


def checked_address(url: str) -> str:
    """Return a web address without its fragment; raises ValueError at anything else, and at one with a login."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError("the address is not well formed") from None
    if parts.scheme not in ("http", "https") or not host:
        raise ValueError("an address that begins with https:// or http:// is wanted")
    if parts.username is not None or parts.password is not None:
        raise ValueError("a name or a password has no place in an address")
    return url.partition("#")[0]


class Platform(Protocol):
    """Speak one site's language. Every method may raise SiteError."""

    @property
    def capabilities(self) -> Capabilities:
        """What can be done and seen at this site, with the login that was given."""

    def recent(self, ask: Ask) -> Batch:
        """Return one reply of the listing of all comments."""

    def thread(self, id: str) -> Thread:
        """Return a post and all its comments; raises NotFoundError where there is no such post."""

    def comment(self, id: str) -> Sighting | None:
        """Return a comment; None when it is gone for good, or in the bin."""

    def act(self, verb: Verb, id: str, text: str | None) -> None:
        """Do something to a comment with one request that changes anything, and never a second one."""

    def took(self, verb: Verb, id: str, text: str | None) -> bool | None:
        """Tell by reading whether such an action took effect; None where that cannot be seen."""

    def prove(self) -> Iterator[Proof]:
        """Yield whether the site can be reached, the login holds, and its rights suffice."""


class PlatformModule(Protocol):
    """Be the module of a platform."""

    NAME: str
    TITLE: str
    CAPABILITIES: Capabilities

    @property
    def Options(self) -> type[PlatformOptions]: ...  # noqa: N802  # a class, of each platform its own

    def open(self, options: Any, http: "Http", *, environment: Mapping[str, str]) -> Platform:
        """Return the platform at one site, without a request."""
