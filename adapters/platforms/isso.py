"""Isso: what it shows to everybody, and with the password of its admin page the queue of held comments too.

Isso's list of the latest comments puts all answers after all others, so that its last hundred may be nothing but
answers: it is asked for whole, once a walk, and walked down from here. The admin page is a web page; it tells a held
comment's words as they were typed, and neither what it answers nor its time to more than a minute of an unknown zone,
so a held comment has no time until it is approved.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pydantic import Field
from selectolax.lexbor import LexborHTMLParser, LexborNode

from adapters.base import Ask, Batch, Capabilities, PlatformOptions, Proof, Sighting, Verb
from adapters.errors import BadReply, LoginError, NotFoundError, RefusedError, Unsupported
from adapters.saved.jsontext import Row, epoch, mapping, sequence, string, walk
from adapters.saved.xmltext import plain
from adapters.secrets import Secret
from adapters.thread import Comment, Post, Thread

if TYPE_CHECKING:
    from adapters.http import Http

NAME = "isso"
TITLE = "Isso"
CAPABILITIES = Capabilities(
    verbs=frozenset({"approve", "remove"}), sees=frozenset({"held", "edited", "deleted"}), order="newest-first"
)
_PUBLIC = Capabilities(verbs=frozenset(), sees=frozenset({"edited", "deleted"}), order="newest-first")

_EVERYTHING = 1_000_000
_BATCH = 100
_STEP_BACK = 20
# So many comments a page of the admin's.
_QUEUE_PAGE = 100
_MOST_QUEUE_PAGES = 20
_STATUSES = {"1": "accepted", "2": "held", "4": "deleted"}
_LABELS = {"Valid": "accepted", "Pending": "held", "Staled": "deleted"}
_ACTIONS: Mapping[Verb, str] = {"approve": "activate", "remove": "delete"}
_KEY = re.compile(r"delete_com\(\d+, '([\w.-]+)'")
_NO_TIME = datetime.min.replace(tzinfo=UTC)


class Options(PlatformOptions):
    """Hold the address of the Isso server in `url`, and how much of it is read."""

    blog: str | None = Field(
        None, pattern=r"^https?://[^\s]+$", description="the blog's address, for links: Isso knows only paths on it"
    )
    password: Secret | None = Field(None, description="the password of the admin page, which shows what is held")


def open(options: Options, http: "Http", *, environment: Mapping[str, str]) -> "Isso":
    """Return the server at an address, without a request; raises SecretError."""
    password = options.password.reveal(environment) if options.password else None
    return Isso(options.url, http, blog=(options.blog or "").rstrip("/"), password=password)


class Isso:
    """Speak with one Isso server."""

    def __init__(self, url: str, http: "Http", *, blog: str, password: str | None) -> None:
        self._url, self._http, self._blog, self._password = url, http, blog, password
        # What the walk in hand goes down: everything as it was at its beginning, the newest first.
        self._listing: list[Sighting] | None = None

    @property
    def capabilities(self) -> Capabilities:
        """What the password allows."""
        return CAPABILITIES if self._password else _PUBLIC

    def recent(self, ask: Ask) -> Batch:
        """Return comments, the newest first; only the first batch of a walk makes requests."""
        if ask.token is None or self._listing is None:
            # What is held may change while what is public does not.
            public = self._everything(if_changed=ask.if_changed and self._password is None)
            if public is None:
                return Batch(unchanged=True)
            self._listing = [*self._held(), *sorted(public, key=_age, reverse=True)]
        offset = int(ask.token or 0)
        end = offset + _BATCH
        batch = self._listing[offset:end]
        if end >= len(self._listing):
            self._listing = None
            return Batch(comments=batch)
        return Batch(comments=batch, next=str(end - _STEP_BACK))

    def thread(self, id: str) -> Thread:
        """Return a page, named by its path, and its comments; Isso does not know the page's own words."""
        shown = [*self._public(id), *(one for one in self._held() if one.post_id == id)]
        if not shown:
            raise NotFoundError(f"{self._url}: no comments on a page {id}")
        comments = [one.comment for one in sorted(shown, key=_age)]
        url = f"{self._blog}{id}" if self._blog else None
        return Thread(site=self._url, id=id, title=None, url=url, post=Post(id=id, url=url), comments=comments)

    def comment(self, id: str) -> Sighting | None:
        """Return a comment; None when it is gone. To the public, what is held is as good as gone."""
        if self._password is None:
            return _found(self._everything() or (), id)
        row = self._searched(id)
        if row is None or _label(row) == "deleted":
            return None
        held = self._queued(row)
        # As it is in the listing, which is not as it is on the admin page.
        return held if _label(row) == "held" else _found(self._public(held.post_id), id)

    def act(self, verb: Verb, id: str, text: str | None) -> None:
        """Approve or remove a comment, by the key that the admin page gives for it."""
        action = _ACTIONS.get(verb)
        if action is None:
            raise Unsupported(f"Isso has no {verb}")
        row = self._searched(id)
        key = _KEY.search(row.html or "") if row is not None else None
        if key is None:
            raise NotFoundError(f"{self._url}: no comment {id}")
        self._http.send("POST", f"{self._url}/id/{id}/{action}/{key[1]}")

    def took(self, verb: Verb, id: str, text: str | None) -> bool | None:
        """Tell whether a comment is public, or gone."""
        row = self._searched(id)
        status = _label(row) if row is not None else "deleted"
        return status == ("accepted" if verb == "approve" else "deleted")

    def prove(self) -> Iterator[Proof]:
        """Yield whether the latest comments are shown, and the password holds."""
        try:
            self._http.get(f"{self._url}/latest", {"limit": 1}).json()
        except NotFoundError as error:
            mend = "write latest-enabled = true into [general] of Isso's configuration; is url the server's address?"
            yield Proof(name="site", ok=False, said=error.problem, mend=mend)
            return
        yield Proof(name="site", ok=True, said="the latest comments are shown")
        if self._password is None:
            yield Proof(name="login", ok=True, said="no password: public comments are seen, and nothing can be done")
            return
        try:
            self._admin({"mode": 2})
        except LoginError as error:
            mend = "write enabled = true into [admin] of Isso's configuration, and its password into ours"
            yield Proof(name="login", ok=False, said=error.problem, mend=mend)
            return
        yield Proof(name="login", ok=True, said="the admin page opens")

    def _everything(self, *, if_changed: bool = False) -> list[Sighting] | None:
        """Return all public comments; None when they are what they were."""
        reply = self._http.get(f"{self._url}/latest", {"limit": _EVERYTHING}, if_changed=if_changed)
        if reply.unchanged:
            return None
        rows = reply.json()
        if not isinstance(rows, list):
            raise BadReply(f"{self._url}: no list of comments, but something else in JSON")
        return [self._sighting(row, string(row.get("uri"))) for row in rows if isinstance(row, dict)]

    def _public(self, path: str) -> list[Sighting]:
        """Return the public comments of a page."""
        root = mapping(self._http.get(f"{self._url}/", {"uri": path}).json())
        rows = walk(sequence(root.get("replies")), lambda row: sequence(row.get("replies")))
        # A deleted comment that has answers stays, without words.
        return [self._sighting(row, path) for row, _ in rows if string(row.get("mode")) != "4"]

    def _held(self) -> list[Sighting]:
        """Return the queue of held comments, the newest first."""
        held: list[Sighting] = []
        for page in range(_MOST_QUEUE_PAGES if self._password else 0):
            rows = self._admin({"mode": 2, "page": page, "order_by": "created", "asc": 0})
            held += [self._queued(row) for row in rows]
            if len(rows) < _QUEUE_PAGE:
                break
        return held

    def _searched(self, id: str) -> LexborNode | None:
        """Return a comment on the admin page, whatever its state."""
        search = f"{self._blog or self._url}/#isso-{id}"
        return next((row for row in self._admin({"comment_search_url": search}) if row.id == f"isso-{id}"), None)

    def _admin(self, params: Mapping[str, str | int]) -> list[LexborNode]:
        """Return the comments on an admin page, logging in when that is asked for; raises LoginError."""
        for is_first in (True, False):
            page = LexborHTMLParser(self._http.get(f"{self._url}/admin/", params).text())
            if page.css_first("#isso-root") is not None:
                return page.css(".isso-comment")
            if page.css_first("input[name=password]") is None:
                break
            if is_first:
                self._log_in()
        else:
            raise LoginError(f"{self._url}: Isso refuses the password of its admin page")
        said = " ".join((page.body.text() if page.body else "").split())[:100]
        kind = LoginError if "disabled" in said.lower() else BadReply
        raise kind(f"{self._url}: this is not the admin page, but says: {said}")

    def _log_in(self) -> None:
        try:
            self._http.query(f"{self._url}/login/", data={"password": self._password or ""})
        except RefusedError as error:
            # It leads on to the admin page when the password is right, with the cookie that opens it.
            if error.status != 302:
                raise

    def _sighting(self, row: Row, path: str | None) -> Sighting:
        id, mode = string(row.get("id")), string(row.get("mode"))
        if id is None or path is None:
            raise BadReply("a comment without an id or a page")
        comment = Comment(
            id=id,
            parent_id=string(row.get("parent")),
            author=plain(string(row.get("author"))),
            body=string(row.get("text")) or "",
            format="html",
            url=self._link(path, id),
            posted_at=epoch(row.get("created")),
            edited_at=epoch(row.get("modified")),
            status=_STATUSES.get(mode, mode) if mode else None,
        )
        return Sighting(post_id=path, comment=comment)

    def _queued(self, row: LexborNode) -> Sighting:
        """Turn a comment on the admin page into a sighting."""
        id = (row.id or "").removeprefix("isso-")
        link, author, body = (
            row.css_first(one) for one in (".isso-comment-header a", ".isso-author", ".isso-text pre")
        )
        path = link.attributes.get("href") if link is not None else None
        if not id or not path or body is None:
            raise BadReply(f"{self._url}: a comment on the admin page without an id, a page or a text")
        name = author.text() if author is not None else None
        comment = Comment(
            id=id,
            author=name if name != "Anonymous" else None,
            body=body.text(),
            format="markdown",
            url=self._link(path, id),
            status=_label(row),
        )
        return Sighting(post_id=path, comment=comment)

    def _link(self, path: str, id: str) -> str | None:
        return f"{self._blog}{path}#isso-{id}" if self._blog else None


def _label(row: LexborNode) -> str | None:
    label = row.css_first(".label")
    return _LABELS.get(label.text().strip()) if label is not None else None


def _found(sightings: Iterable[Sighting], id: str) -> Sighting | None:
    return next((one for one in sightings if one.comment.id == id), None)


def _age(sighting: Sighting) -> tuple[datetime, int]:
    id = sighting.comment.id
    return sighting.comment.posted_at or _NO_TIME, int(id) if id.isdecimal() else 0
