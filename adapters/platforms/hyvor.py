"""Hyvor Talk, over its Console API with a key.

The Console API shows and changes everything that the Console does, as the website's owner; the other one, the Data API,
shows the public part only. Comments are listed by their numbers, the newest first, whatever their status. A page goes
on below a number, so that nothing drifts. It may be shorter than was asked for: only an empty one is the end.
"""

from collections.abc import Iterator, Mapping
from html import escape
from typing import TYPE_CHECKING

from pydantic import Field

from adapters.base import Ask, Batch, Capabilities, PlatformOptions, Proof, Sighting, Verb
from adapters.errors import BadReply, LoginError, NotFoundError, Unsupported
from adapters.reply import Reply
from adapters.saved.jsontext import Json, Row, epoch, mapping, sequence, string
from adapters.saved.xmltext import person, plain
from adapters.secrets import Secret
from adapters.thread import Comment, Post, Thread

if TYPE_CHECKING:
    from adapters.http import Http, Params

NAME = "hyvor"
TITLE = "Hyvor Talk"
CAPABILITIES = Capabilities(
    verbs=frozenset({"hold", "approve", "spam", "remove", "reply", "report"}),
    sees=frozenset({"held", "spam", "edited", "deleted"}),
    order="newest-first",
)

PER_PAGE = 50
_STATUSES: Mapping[Verb, str] = {"hold": "pending", "approve": "published", "spam": "spam", "remove": "deleted"}


class Options(PlatformOptions):
    """Hold the website's number at Hyvor Talk, and the key."""

    url: str = Field("https://talk.hyvor.com", description="where Hyvor Talk is")
    website_id: int = Field(ge=1, description="the website's number, as the Console shows it")
    api_key: Secret = Field(description="a key of the Console API, not of the Data API")


def open(options: Options, http: "Http", *, environment: Mapping[str, str]) -> "Hyvor":
    """Return the website, without a request; raises SecretError."""
    http.headers["X-API-KEY"] = options.api_key.reveal(environment)
    return Hyvor(options.url, options.website_id, http)


class Hyvor:
    """Speak of one website."""

    capabilities = CAPABILITIES

    def __init__(self, url: str, website_id: int, http: "Http") -> None:
        self._api, self._website, self._http = f"{url}/api/console/v1/{website_id}", str(website_id), http

    def recent(self, ask: Ask) -> Batch:
        """Return a page of comments, the newest first."""
        return self._listed(ask, {})

    def thread(self, id: str) -> Thread:
        """Return a page of the website and its comments; Hyvor Talk has a page's title, and not its words."""
        rows: dict[str, Comment] = {}
        about: Row = {}
        token: str | None = None
        while True:
            reply = self._page(token, {"page_id": id}, if_changed=False)
            found = _rows(reply)
            if not found:
                break
            about = about or mapping(found[0].get("page"))
            rows.update((_id(row), _sighting(row).comment) for row in found if row.get("status") != "deleted")
            if token == (token := _id(found[-1])):
                raise BadReply(f"{self._api}: the listing leads in a circle")
        if not about:
            raise NotFoundError(f"{self._api}: no comments on page {id[:100]}")
        title, url = plain(string(about.get("title"))), string(about.get("url"))
        post = Post(id=id, title=title, url=url, posted_at=epoch(about.get("created_at")))
        comments = tuple(reversed(rows.values()))
        return Thread(site=self._website, id=id, title=title, url=url, post=post, comments=comments)

    def comment(self, id: str) -> Sighting | None:
        """Return a comment; None when there is none, or it is deleted."""
        row = self._one(id)
        return None if row is None or row.get("status") == "deleted" else _sighting(row)

    def act(self, verb: Verb, id: str, text: str | None) -> None:
        """Change a comment's status, answer it as the website's owner, or flag it."""
        path = _path(id)
        if verb == "reply":
            self._send("POST", f"{path}/reply", {"body": escape(text or "", quote=False)})
        elif verb == "report":
            self._send("POST", f"{path}/flag", {"reason": text or ""})
        elif verb in _STATUSES:
            self._send("PATCH", path, {"status": _STATUSES[verb]})
        else:
            raise Unsupported(f"Hyvor Talk has no {verb}")

    def took(self, verb: Verb, id: str, text: str | None) -> bool | None:
        """Tell whether a comment has the status, the answer or the flag."""
        if verb == "report":
            flags = self._get(f"{_path(id)}/flags", {}).json()
            return any(string(mapping(flag).get("reason")) == text for flag in sequence(flags))
        row = self._one(id)
        if row is None:
            return verb == "remove"
        if verb == "reply":
            page = string(mapping(row.get("page")).get("id")) or ""
            rows = _rows(self._page(None, {"page_id": page}, if_changed=False))
            # Plain on both sides: what was sent as entities may come back as characters.
            return any(
                string(mapping(one.get("parent")).get("id")) == id and plain(string(one.get("body"))) == plain(text)
                for one in rows
            )
        return row.get("status") == _STATUSES.get(verb)

    def prove(self) -> Iterator[Proof]:
        """Yield whether the key holds, and is one of this website."""
        try:
            website = mapping(self._get("website", {}).json())
        except LoginError as error:
            mend = "make a key of the Console API under Settings, API, in the Console of this very website"
            yield Proof(name="login", ok=False, said=error.problem, mend=mend)
            return
        except NotFoundError as error:
            mend = "write the website's number, as the Console shows it, into website_id"
            yield Proof(name="site", ok=False, said=error.problem, mend=mend)
            return
        name = plain(string(website.get("name"))) or self._website
        yield Proof(name="site", ok=True, said=f"Hyvor Talk knows the website {name}")
        yield Proof(name="login", ok=True, said="the key holds, and may do whatever the website's owner may")

    def _listed(self, ask: Ask, narrowed: "Params") -> Batch:
        reply = self._page(ask.token, narrowed, if_changed=ask.if_changed)
        if reply.unchanged:
            return Batch(unchanged=True)
        rows = _rows(reply)
        return Batch(
            comments=[_sighting(row) for row in rows if row.get("status") != "deleted"],
            deleted=[_id(row) for row in rows if row.get("status") == "deleted"],
            next=_id(rows[-1]) if rows else None,
        )

    def _page(self, below: str | None, narrowed: "Params", *, if_changed: bool) -> Reply:
        params: dict[str, str | int | list[str]] = {"limit": PER_PAGE, **narrowed}
        if below is not None:
            params["before_id"] = below
        return self._get("comments", params, if_changed=if_changed)

    def _one(self, id: str) -> Row | None:
        path = _path(id)
        try:
            row = mapping(self._get(path, {}).json())
        except NotFoundError:
            return None
        if not row:
            raise BadReply(f"{self._api}: no comment, but something else in JSON")
        return row

    def _get(self, path: str, params: "Params", *, if_changed: bool = False) -> Reply:
        return self._http.get(f"{self._api}/{path}", params, if_changed=if_changed)

    def _send(self, method: str, path: str, said: Json) -> None:
        self._http.send(method, f"{self._api}/{path}", json=said)


def _rows(reply: Reply) -> list[Row]:
    rows = reply.json()
    if not isinstance(rows, list):
        raise BadReply("no list of comments, but something else in JSON")
    return [row for row in rows if isinstance(row, dict)]


def _path(id: str) -> str:
    if not id.isdecimal():
        raise NotFoundError(f"{id[:100]}: not the number of a comment at Hyvor Talk")
    return f"comment/{id}"


def _id(row: Row) -> str:
    id = string(row.get("id"))
    if id is None:
        raise BadReply("a comment without an id")
    return id


def _sighting(row: Row) -> Sighting:
    id, page = _id(row), mapping(row.get("page"))
    post, url = string(page.get("id")), string(page.get("url"))
    if post is None:
        raise BadReply("a comment without a page")
    return Sighting(
        post_id=post,
        comment=Comment(
            id=id,
            parent_id=string(mapping(row.get("parent")).get("id")),
            author=person(string(mapping(row.get("user")).get("name"))),
            body=string(row.get("body_html")) or "",
            format="html",
            url=f"{url}{'&' if '?' in url else '?'}ht-comment-id={id}" if url else None,
            posted_at=epoch(row.get("created_at")),
            status=string(row.get("status")),
        ),
    )
