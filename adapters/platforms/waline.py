"""Waline: with an administrator's account every comment of every state, else the last fifty that are public.

Waline numbers pages, so that comments would slip through between two of them when others are deleted: pages of
different sizes are asked for, chosen so that each begins within the one before it. It cannot be asked for one comment,
and tells nothing of edits; its errors may be replies of status 200 with an `errno`.
"""

from collections.abc import Iterator, Mapping
from html import escape
from typing import TYPE_CHECKING

from pydantic import Field, model_validator

from adapters.base import Ask, Batch, Capabilities, PlatformOptions, Proof, Sighting, Verb
from adapters.bearer import Bearer
from adapters.dates import from_epoch
from adapters.errors import BadReply, LoginError, NotFoundError, RefusedError, Unsupported
from adapters.platforms.feed import shown_comment
from adapters.reply import Reply, shown
from adapters.saved.jsontext import Json, Row, mapping, sequence, string, walk
from adapters.saved.xmltext import person
from adapters.secrets import Secret
from adapters.thread import Comment, Post, Thread

if TYPE_CHECKING:
    from adapters.http import Http, Params

NAME = "waline"
TITLE = "Waline"
CAPABILITIES = Capabilities(
    verbs=frozenset({"hold", "approve", "spam", "remove", "reply"}),
    sees=frozenset({"held", "spam", "edited", "deleted"}),
    order="newest-first",
)
_PUBLIC = Capabilities(verbs=frozenset(), sees=frozenset(), order="newest-first")

_PER_PAGE = 100
_STEP_BACK = 20
_MOST_RECENT = 50
_STATUSES: Mapping[Verb, str] = {"hold": "waiting", "approve": "approved", "spam": "spam"}


class Options(PlatformOptions):
    """Hold the address of the Waline server in `url`, and how it is read."""

    blog: str | None = Field(
        None, pattern=r"^https?://[^\s]+$", description="the blog's address, for links: Waline knows only paths on it"
    )
    email: str | None = Field(None, description="the mail address of the bot's account, which must be an administrator")
    password: Secret | None = Field(None, description="that account's password")

    @model_validator(mode="after")
    def _check_login(self) -> "Options":
        if (self.email is None) != (self.password is None):
            raise ValueError("email and password go together")
        return self


def open(options: Options, http: "Http", *, environment: Mapping[str, str]) -> "Waline":
    """Return the server at an address, without a request; raises SecretError."""
    login = (options.email or "", options.password.reveal(environment)) if options.password else None
    return Waline(options.url, http, blog=(options.blog or "").rstrip("/"), login=login)


class Waline:
    """Speak with one Waline server."""

    def __init__(self, url: str, http: "Http", *, blog: str, login: tuple[str, str] | None) -> None:
        self._url, self._http, self._blog, self._login = url, http, blog, login
        self._bearer = Bearer(http, self._log_in)
        # The ids of all comments there were, when a direct read has walked past them all since the last poll.
        self._all: frozenset[str] | None = None

    @property
    def capabilities(self) -> Capabilities:
        """What the account allows."""
        return CAPABILITIES if self._login else _PUBLIC

    def recent(self, ask: Ask) -> Batch:
        """Return comments, the newest first."""
        self._all = None if ask.token is None else self._all
        return self._listed(ask)

    def thread(self, id: str) -> Thread:
        """Return a page, named by its path, and its comments; Waline does not know the page's own words."""
        comments: dict[str, Comment] = {}
        page, pages = 1, 1
        while page <= pages:
            params: Params = {"path": id, "page": page, "pageSize": _PER_PAGE, "sortBy": "insertedAt_asc"}
            found = mapping(self._get(params))
            rows = sequence(found.get("data"))
            for row, _ in walk(rows, lambda row: sequence(row.get("children"))):
                sighting = self._sighting({**row, "url": id})
                comments[sighting.comment.id] = sighting.comment
            # A count of pages may be wrong; after the last one come empty ones.
            pages, page = _pages(found) if rows else 0, page + 1
        if not comments:
            raise NotFoundError(f"{self._url}: no comments on a page {id}")
        url = f"{self._blog}{id}" if self._blog else None
        ordered = sorted(comments.values(), key=lambda one: (one.posted_at is None, one.posted_at))
        return Thread(site=self._url, id=id, title=None, url=url, post=Post(id=id, url=url), comments=ordered)

    def comment(self, id: str) -> Sighting | None:
        """Return a comment, looked for in the listing; None when it is gone. Raises NotFoundError without a login."""
        if self._login is None:
            return shown_comment(self._public(Ask()), id)
        row = self._searched(id)
        return self._sighting(row) if row is not None else None

    def act(self, verb: Verb, id: str, text: str | None) -> None:
        """Change a comment's status, take it away with its answers, or answer it as the account's user."""
        path = f"{self._url}/api/comment/{id}"
        if verb == "reply":
            above = self._searched(id)
            if above is None:
                raise NotFoundError(f"{self._url}: no comment {id}")
            root = above.get("rid") or above.get("objectId")
            self._send("POST", f"{self._url}/api/comment", {
                "url": above.get("url"), "pid": above.get("objectId"), "rid": root, "at": above.get("nick"),
                "comment": escape(text or "", quote=False), "ua": "",
            })  # fmt: skip
        elif verb == "remove":
            self._send("DELETE", path, None)
        elif verb in _STATUSES:
            # Of a comment that is not there, Waline tells nothing.
            if not self._send("PUT", path, {"status": _STATUSES[verb]}):
                raise NotFoundError(f"{self._url}: no comment {id}")
        else:
            raise Unsupported(f"Waline has no {verb}")

    def took(self, verb: Verb, id: str, text: str | None) -> bool | None:
        """Tell whether a comment has the status, or the answer."""
        self._all = None
        if verb == "reply":
            # It would be among the newest.
            rows, _ = self._rows(0)
            wanted = escape(text or "", quote=False)
            return any(string(row.get("pid")) == id and row.get("orig") == wanted for row in rows)
        found = self.comment(id)
        if found is None:
            return verb == "remove"
        return found.comment.status == _STATUSES.get(verb)

    def prove(self) -> Iterator[Proof]:
        """Yield whether the server answers, and whether the account is an administrator's."""
        try:
            self._data(self._http.get(f"{self._url}/api/comment", {"type": "recent", "count": 1}))
        except (NotFoundError, BadReply) as error:
            yield Proof(name="site", ok=False, said=error.problem, mend="write the Waline server's address into url")
            return
        yield Proof(name="site", ok=True, said="the interface answers")
        if self._login is None:
            yield Proof(name="login", ok=True, said="no login: the last public comments are seen, nothing can be done")
            return
        try:
            self._bearer.renew()
        except LoginError as error:
            mend = "try mail address and password on /ui; an account with a second factor cannot be used"
            yield Proof(name="login", ok=False, said=error.problem, mend=mend)
            return
        yield Proof(name="login", ok=True, said="the account's password holds")
        try:
            self._listed(Ask())
        except LoginError as error:
            mend = "make the account an administrator on /ui: Waline has no lesser right that may moderate"
            yield Proof(name="rights", ok=False, said=error.problem, mend=mend)
            return
        yield Proof(name="rights", ok=True, said="the account may moderate comments")

    def _listed(self, ask: Ask) -> Batch:
        if self._login is None:
            return self._public(ask)
        rows, following = self._rows(int(ask.token or 0))
        comments = [self._sighting(row) for row in rows]
        return Batch(comments=comments, next=str(following) if following is not None else None)

    def _public(self, ask: Ask) -> Batch:
        reply = self._http.get(
            f"{self._url}/api/comment", {"type": "recent", "count": _MOST_RECENT}, if_changed=ask.if_changed
        )
        if reply.unchanged:
            return Batch(unchanged=True)
        rows = sequence(self._data(reply))
        comments = [self._sighting(row) for row in rows if isinstance(row, dict)]
        return Batch(comments=comments, cut=len(rows) >= _MOST_RECENT)

    def _searched(self, id: str) -> Row | None:
        """Walk down the listing to a comment; None when it is not there, which the next one need not find out anew."""
        if self._all is not None and id not in self._all:
            return None
        met: set[str | None] = set()
        offset: int | None = 0
        while offset is not None:
            rows, offset = self._rows(offset)
            for row in rows:
                if string(row.get("objectId")) == id:
                    return row
            met.update(string(row.get("objectId")) for row in rows)
        self._all = frozenset(filter(None, met))
        return None

    def _rows(self, offset: int) -> tuple[list[Row], int | None]:
        """Return a page of the listing, and where the next one begins."""
        size = _size(offset)
        found = mapping(self._get({"type": "list", "page": offset // size + 1, "pageSize": size}))
        rows = [row for row in sequence(found.get("data")) if isinstance(row, dict)]
        is_last = not rows or offset // size + 1 >= _pages(found)
        return rows, None if is_last else _following(offset + size)

    def _get(self, params: "Params") -> Json:
        """Return the data of a reply, as the account sees it; raises LoginError."""

        def ask() -> Reply:
            return self._http.get(f"{self._url}/api/comment", params)

        return self._data(self._bearer.signed(ask) if self._login else ask())

    def _send(self, method: str, url: str, data: Json) -> Json:
        return self._data(self._bearer.signed(lambda: self._http.send(method, url, json=data)))

    def _log_in(self) -> tuple[str, float | None]:
        email, password = self._login or ("", "")
        login = {"email": email, "password": password, "code": ""}
        reply = self._http.query(f"{self._url}/api/token", login)
        token = string(mapping(mapping(reply.json()).get("data")).get("token"))
        if token is None:
            raise LoginError(f"{self._url}: Waline refuses the mail address or the password")
        return token, None

    def _data(self, reply: Reply) -> Json:
        body = reply.json()
        if not isinstance(body, dict) or "errno" not in body:
            raise BadReply(f"{shown(reply.url)}: this is not the interface of Waline", status=reply.status)
        errno, said = body["errno"], string(body.get("errmsg")) or "no reason given"
        if errno:
            raise RefusedError(f"{shown(reply.url)}: Waline answers {errno}: {said}", code=str(errno))
        return body.get("data")

    def _sighting(self, row: Row) -> Sighting:
        id, path, time = string(row.get("objectId")), string(row.get("url")), row.get("time")
        if id is None or path is None:
            raise BadReply("a comment without an id or a page")
        comment = Comment(
            id=id,
            parent_id=string(row.get("pid")),
            author=person(string(row.get("nick"))),
            body=string(row.get("comment")) or "",
            format="html",
            url=f"{self._blog}{path}#{id}" if self._blog else None,
            posted_at=from_epoch(time / 1000) if isinstance(time, int | float) else None,
            status=string(row.get("status")),
        )
        return Sighting(post_id=path, comment=comment)


def _pages(found: Row) -> int:
    count = found.get("totalPages")
    return count if isinstance(count, int) else 0


def _size(offset: int) -> int:
    """Return the size of the largest page that begins at an offset."""
    return next(size for size in range(_PER_PAGE, 0, -1) if offset % size == 0)


def _following(end: int) -> int:
    """Return where the page after one that ends there begins: some way before, and such that it reaches far."""
    return max(range(max(end - 2 * _STEP_BACK, 1), end - _STEP_BACK + 1), key=lambda offset: offset + _size(offset))
