"""Remark42, over its REST interface: read as anybody may, moderated with the administrator's password.

Its listing of the last comments ends at a thousand and cannot be turned over. Where that many are asked for, they are
read page by page of the site instead, all of them. It shows nothing that is held: comments are published at once.

A comment is found by its page and its id, so the address that names both is its id here. Comments are kept by the
server's local time, as text; the hour that a zone puts its clocks back by stands in it twice, so what is asked for
begins so much earlier.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pydantic import Field

from adapters.base import Ask, Batch, Capabilities, PlatformOptions, Proof, Sighting, Verb
from adapters.dates import parse_date
from adapters.errors import BadReply, LoginError, NotFoundError, RefusedError, SiteError, Unsupported
from adapters.markdown import is_same, written
from adapters.saved.jsontext import Json, Row, mapping, sequence, string
from adapters.saved.xmltext import person, plain
from adapters.secrets import Secret
from adapters.thread import Comment, Post, Thread

if TYPE_CHECKING:
    from adapters.http import Http, Params

NAME = "remark42"
TITLE = "Remark42"
CAPABILITIES = Capabilities(
    verbs=frozenset({"remove", "reply"}), sees=frozenset({"edited", "deleted"}), order="ascending", grain=0.001
)
_READING = Capabilities(verbs=frozenset(), sees=CAPABILITIES.sees, order="ascending", grain=0.001)

# The most that the listing of the last comments ever shows.
MOST_LAST = 1000
# It allows ten requests a second, and answers 429 without a word on how long.
_APART = 0.12
_FOLD = timedelta(hours=1)
_ANCHOR = "#remark42__comment-"
_NO_TIME = datetime.min.replace(tzinfo=UTC)


class Options(PlatformOptions):
    """Hold the address of the Remark42 server in `url`, and the site's id there."""

    site: str = Field("remark", description="the site's id, one of those in SITE of the server's settings")
    password: Secret | None = Field(
        None, description="the server's ADMIN_PASSWD; only what is done needs it, not what is read"
    )


def open(options: Options, http: "Http", *, environment: Mapping[str, str]) -> "Remark42":
    """Return the site, without a request; raises SecretError."""
    http.apart = _APART
    if options.password is not None:
        http.log_in("admin", options.password.reveal(environment))
    return Remark42(options.url, options.site, http, moderates=options.password is not None)


class Remark42:
    """Speak of one site."""

    def __init__(self, url: str, site: str, http: "Http", *, moderates: bool) -> None:
        self._api, self._site, self._http, self._moderates = f"{url}/api/v1", site, http, moderates

    @property
    def capabilities(self) -> Capabilities:
        """What the password allows."""
        return CAPABILITIES if self._moderates else _READING

    def recent(self, ask: Ask) -> Batch:
        """Return every comment from a time on, the oldest first."""
        since = ask.since - _FOLD if ask.since else None
        reply = self._http.get(
            f"{self._api}/last/{MOST_LAST}", {**self._at(), **_from(since)}, if_changed=ask.if_changed
        )
        if reply.unchanged:
            return Batch(unchanged=True)
        rows = reply.json()
        if not isinstance(rows, list):
            raise BadReply(f"{self._api}: no list of comments, but something else in JSON")
        if len(rows) >= MOST_LAST:
            rows = self._by_page(since)
        gone = [_id(row) for row in rows if mapping(row).get("delete")]
        comments = [_sighting(row) for row in rows if isinstance(row, dict) and not row.get("delete")]
        comments.sort(key=lambda one: (one.comment.posted_at or _NO_TIME, one.comment.id))
        return Batch(comments=comments, deleted=gone)

    def thread(self, id: str) -> Thread:
        """Return a page, named by its address, and its comments; Remark42 knows no more of the page than its title."""
        rows = self._on_page(id, None)
        comments = [_sighting(row).comment for row in rows if not row.get("delete")]
        if not comments:
            raise NotFoundError(f"{self._api}: no comments on {id}")
        title = plain(next((string(row.get("title")) for row in rows if row.get("title")), None))
        return Thread(
            site=self._site, id=id, title=title, url=id, post=Post(id=id, title=title, url=id), comments=comments
        )

    def comment(self, id: str) -> Sighting | None:
        """Return a comment; None when it is deleted, or was never there."""
        page, own = _parts(id)
        try:
            row = mapping(self._get(f"id/{own}", self._at(page)))
        except RefusedError as error:
            # A page or a comment that the store does not have; anything else may be said of the site itself.
            if error.code == "1" and ("no value for" in error.problem or "no bucket" in error.problem):
                return None
            raise
        return None if row.get("delete") else _sighting(row)

    def act(self, verb: Verb, id: str, text: str | None) -> None:
        """Delete a comment, or answer it as the administrator."""
        page, own = _parts(id)
        if verb == "remove":
            self._http.send("DELETE", f"{self._api}/admin/comment/{own}", self._at(page))
        elif verb == "reply":
            answer = {"text": written(text or ""), "pid": own, "locator": self._at(page)}
            self._http.send("POST", f"{self._api}/comment", json=answer)
        else:
            raise Unsupported(f"Remark42 has no {verb}")

    def took(self, verb: Verb, id: str, text: str | None) -> bool | None:
        """Tell whether a comment is gone, or has the answer."""
        if verb == "remove":
            return self.comment(id) is None
        page, own = _parts(id)
        rows, said = self._on_page(page, None), written(text or "")
        return any(row.get("pid") == own and is_same(string(row.get("orig")), said) for row in rows)

    def prove(self) -> Iterator[Proof]:
        """Yield whether there is such a site, and whether the password holds."""
        try:
            self._get("last/1", self._at())
        except SiteError as error:
            mend = "write the address of the Remark42 server into url, and the site's id into site"
            yield Proof(name="site", ok=False, said=error.problem, mend=mend)
            return
        yield Proof(name="site", ok=True, said="Remark42 answers")
        if not self._moderates:
            yield Proof(name="login", ok=True, said="no password: comments are seen, and nothing can be done")
            return
        try:
            self._get("admin/blocked", self._at())
        except LoginError as error:
            mend = "set ADMIN_PASSWD in the server's settings, and give the same as password"
            yield Proof(name="login", ok=False, said=error.problem, mend=mend)
            return
        yield Proof(name="login", ok=True, said="the administrator's password holds")

    def _by_page(self, since: datetime | None) -> list[Row]:
        """Return the comments of every page that has some from a time on."""
        rows: list[Row] = []
        for info in sequence(self._get("list", {**self._at(), "limit": 0})):
            last = parse_date(string(mapping(info).get("last_time")))
            url = string(mapping(info).get("url"))
            if url and (since is None or last is None or last >= since):
                rows += self._on_page(url, since)
        return rows

    def _on_page(self, url: str, since: datetime | None) -> list[Row]:
        params: Params = {**self._at(url), **_from(since), "format": "plain", "sort": "+time"}
        found = mapping(self._get("find", params)).get("comments")
        if not isinstance(found, list):
            raise BadReply(f"{self._api}: no list of comments, but something else in JSON")
        return [row for row in found if isinstance(row, dict)]

    def _at(self, url: str | None = None) -> dict[str, str]:
        return {"site": self._site, "url": url} if url else {"site": self._site}

    def _get(self, path: str, params: "Params") -> Json:
        return self._http.get(f"{self._api}/{path}", params).json()


def _from(since: datetime | None) -> dict[str, int]:
    # What is asked for comes after that moment.
    return {"since": int(since.timestamp() * 1000) - 1} if since else {}


def _id(row: Row, own: Json = None) -> str:
    id, page = string(own or row.get("id")), string(mapping(row.get("locator")).get("url"))
    if id is None or page is None:
        raise BadReply("a comment without an id or a page")
    return f"{page}{_ANCHOR}{id}"


def _parts(id: str) -> tuple[str, str]:
    page, anchor, own = id.rpartition(_ANCHOR)
    if not anchor or not own.replace("-", "").isalnum():
        raise NotFoundError(f"{id[:100]}: not the address of a comment of Remark42")
    return page, own


def _sighting(row: Row) -> Sighting:
    id = _id(row)
    html = string(row.get("text"))
    return Sighting(
        post_id=_parts(id)[0],
        comment=Comment(
            id=id,
            parent_id=_id(row, row["pid"]) if row.get("pid") else None,
            author=person(string(mapping(row.get("user")).get("name"))),
            body=html or string(row.get("orig")) or "",
            format="html" if html else "markdown",
            url=id,
            posted_at=parse_date(string(row.get("time"))),
            edited_at=parse_date(string(mapping(row.get("edit")).get("time"))),
        ),
    )
