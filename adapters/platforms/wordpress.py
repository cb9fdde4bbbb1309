"""WordPress: over REST with an application password, over REST as anybody, or by its feeds.

With the login of an editor held comments are listed beside approved ones, so that one approved late is no news. Each
listing asks for the context `edit`, which only a moderator may: a login whose rights went is refused instead of being
shown less. Without a login, only approved comments are seen; one approved late keeps its old date, and is found by
the next re-reading. By feeds, only the last ones are seen.

WordPress compares the dates of `after` with its own local ones. The hour that a zone puts its clocks back by comes
twice in them, so what is asked for begins so much earlier there; what is listed is in the order of UTC.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from html import escape
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, model_validator

from adapters.base import Ask, Batch, Capabilities, PlatformOptions, Proof, Sighting, Verb
from adapters.dates import parse_date
from adapters.errors import BadReply, LoginError, NotFoundError, RefusedError, Unsupported
from adapters.platforms.feed import batch_of, parse_feed, prove_feed, shown_comment
from adapters.reply import Reply
from adapters.saved.jsontext import Json, Row, mapping, sequence, string
from adapters.saved.xmltext import person, plain
from adapters.secrets import Secret
from adapters.thread import Comment, Post, Thread
from adapters.walk import ascend

if TYPE_CHECKING:
    from adapters.http import Http

NAME = "wordpress"
TITLE = "WordPress"
CAPABILITIES = Capabilities(
    verbs=frozenset({"hold", "approve", "spam", "remove", "reply"}),
    sees=frozenset({"held", "edited", "deleted"}),
    order="ascending",
)
_ANONYMOUS = Capabilities(verbs=frozenset(), sees=frozenset({"edited", "deleted"}), order="ascending")
_BY_FEED = Capabilities(verbs=frozenset(), sees=frozenset(), order="newest-first")

PER_PAGE = 100
# A batch that goes on by count repeats such a part of the one before it, in case as many are deleted in between.
_STEP_BACK = 5
_FIELDS = "id,post,parent,author_name,date_gmt,content,link,status,type"
_STATUSES = {"hold": "hold", "approve": "approved", "spam": "spam", "remove": "trash"}
# No zone puts its clocks back by more; and one that does so does it within this time.
_FOLD = timedelta(hours=3)


class Options(PlatformOptions):
    """Hold the address of the blog's front page in `url`, and how it is read."""

    mode: Literal["rest", "feed"] = Field(
        "rest", description="rest, or feed for a blog whose REST interface is closed: the last comments only"
    )
    user: str | None = Field(None, description="the name that the bot logs in by; without it only the public is seen")
    password: Secret | None = Field(None, description="its application password, not that of the account")

    @model_validator(mode="after")
    def _check_login(self) -> "Options":
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password go together")
        if self.mode == "feed" and self.user is not None:
            raise ValueError("feeds know no login: leave out user and password, or mode")
        return self


def open(options: Options, http: "Http", *, environment: Mapping[str, str]) -> "WordPress | WordPressFeeds":
    """Return the blog at an address, without a request; raises SecretError."""
    if options.mode == "feed":
        return WordPressFeeds(options.url, http)
    if options.user is not None and options.password is not None:
        # WordPress shows the password in groups of four; the spaces do not count.
        http.log_in(options.user, options.password.reveal(environment))
    return WordPress(options.url, http, moderates=options.user is not None)


class WordPress:
    """Speak with one blog over REST."""

    def __init__(self, url: str, http: "Http", *, moderates: bool) -> None:
        self._url, self._http, self._moderates = url, http, moderates
        self._rest: str | None = None
        self._zone: ZoneInfo | None = None

    @property
    def capabilities(self) -> Capabilities:
        """What the login allows."""
        return CAPABILITIES if self._moderates else _ANONYMOUS

    def recent(self, ask: Ask) -> Batch:
        """Return comments from a time on, the oldest first."""
        return self._listed(ask, {})

    def thread(self, id: str) -> Thread:
        """Return a post, or page, and its comments."""
        comments: dict[str, Comment] = {}
        for batch in ascend(lambda ask: self._listed(ask, {"post": id}), None):
            comments.update((one.comment.id, one.comment) for one in batch.comments)
        post = self._post(id)
        if post is None and not comments:
            raise NotFoundError(f"{self._url}: no post {id} that can be seen")
        url = next((one.url.partition("#")[0] for one in comments.values() if one.url), None)
        post = post or Post(id=id, url=url)
        return Thread(
            site=self._url, id=id, title=post.title, url=post.url, post=post, comments=tuple(comments.values())
        )

    def comment(self, id: str) -> Sighting | None:
        """Return a comment; None when there is none, or it is in the bin."""
        try:
            row = mapping(self._get(f"comments/{quote(id, safe='')}", self._context()).json())
        except NotFoundError:
            return None
        except LoginError:
            # To strangers, a comment that is held or in the bin is as good as gone.
            if self._moderates:
                raise
            return None
        return None if row.get("status") == "trash" else _sighting(row)

    def act(self, verb: Verb, id: str, text: str | None) -> None:
        """Change a comment's status, or answer it as the login's user."""
        path = f"comments/{quote(id, safe='')}"
        if verb == "reply":
            row = mapping(self._get(path, self._context()).json())
            post, parent = row.get("post"), row.get("id")
            self._send("comments", {"post": post, "parent": parent, "content": escape(text or "", quote=False)})
        elif verb in _STATUSES:
            self._send(path, {"status": _STATUSES[verb]})
        else:
            raise Unsupported(f"WordPress has no {verb}")

    def took(self, verb: Verb, id: str, text: str | None) -> bool | None:
        """Tell whether a comment has the status, or the answer."""
        if verb == "reply":
            params: dict[str, str | int] = {"parent": id, "per_page": PER_PAGE, "status": "all", "order": "desc"}
            rows = sequence(self._get("comments", {**params, **self._context()}).json())
            # Plain on both sides: WordPress may write characters as entities.
            return any(plain(string(mapping(row.get("content")).get("raw"))) == plain(text) for row in rows)
        try:
            row = mapping(self._get(f"comments/{quote(id, safe='')}", self._context()).json())
        except NotFoundError:
            return verb == "remove"
        return row.get("status") == _STATUSES.get(verb)

    def prove(self) -> Iterator[Proof]:
        """Yield whether there is REST, and whether the login may moderate."""
        try:
            self._root()
        except (BadReply, NotFoundError, LoginError) as error:
            mend = 'let /wp-json through, or set mode = "feed"'
            yield Proof(name="site", ok=False, said=error.problem, mend=mend)
            return
        yield Proof(name="site", ok=True, said="the REST interface answers")
        if not self._moderates:
            yield Proof(name="login", ok=True, said="no login: approved comments are seen, and nothing can be done")
            return
        try:
            self._get("users/me", {"context": "edit", "_fields": "id"})
        except LoginError as error:
            mend = "make a new application password in the user's profile; some hosts cut the Authorization header"
            yield Proof(name="login", ok=False, said=error.problem, mend=mend)
            return
        yield Proof(name="login", ok=True, said="the application password holds")
        try:
            self._listed(Ask(), {})
        except LoginError as error:
            mend = "give the user a role that may moderate comments: Editor is the least of those that WordPress has"
            yield Proof(name="rights", ok=False, said=error.problem, mend=mend)
            return
        yield Proof(name="rights", ok=True, said="the user may moderate comments")

    def _context(self) -> dict[str, str | int]:
        fields: dict[str, str | int] = {"_fields": _FIELDS}
        return {**fields, "context": "edit"} if self._moderates else fields

    def _listed(self, ask: Ask, narrowed: dict[str, str | int]) -> Batch:
        offset = int(ask.token or 0)
        params: dict[str, str | int] = {"orderby": "date_gmt", "order": "asc", "per_page": PER_PAGE, "offset": offset}
        if self._moderates:
            params["status"] = "all"
        if ask.since:
            params["after"] = self._after(ask.since)
        reply = self._get("comments", {**params, **narrowed, **self._context()}, if_changed=ask.if_changed)
        if reply.unchanged:
            return Batch(unchanged=True)
        rows = reply.json()
        if not isinstance(rows, list):
            raise BadReply(f"{self._url}: no list of comments, but something else in JSON")
        comments = [_sighting(row) for row in rows if isinstance(row, dict) and row.get("type") in ("comment", None)]
        total, pages = (_count(reply, name) for name in ("X-WP-Total", "X-WP-TotalPages"))
        if total is None:
            step, ended = PER_PAGE, len(rows) < PER_PAGE
        else:
            # A short batch need not be the last one: plugins cap it, and comments of posts that the login may not read
            # are left out. Of one that is empty for that, the count of pages tells how many it may stand for.
            step = len(rows) or min(PER_PAGE, -(-total // (pages or 1))) or PER_PAGE
            ended = offset + step >= total
        return Batch(comments=comments, next=None if ended else str(offset + step - step // _STEP_BACK))

    def _after(self, since: datetime) -> str:
        """Return the time after which WordPress is asked, so that nothing from `since` on is missed."""
        self._root()
        fold = timedelta(hours=1)
        if self._zone:
            now, later = (at.astimezone(self._zone).utcoffset() or timedelta() for at in (since, since + _FOLD))
            fold = max(now - later, timedelta())
        # `after` leaves out the second itself, and there is no part of one.
        asked = since.replace(microsecond=0) - timedelta(seconds=1) - fold
        return asked.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def _post(self, id: str) -> Post | None:
        for kind in ("posts", "pages"):
            with suppress(NotFoundError, LoginError, RefusedError):
                params: dict[str, str | int] = {"_embed": "author"}
                return _post(mapping(self._get(f"{kind}/{quote(id, safe='')}", params).json()), id)
        return None

    def _root(self) -> str:
        """Return the address of the REST interface, asked for once; it tells the blog's time zone as well."""
        if self._rest is None:
            params = {"_fields": "namespaces,timezone_string,gmt_offset"}
            root = f"{self._url}/wp-json/"
            try:
                found = self._http.get(root, params).json()
            except (NotFoundError, BadReply):
                # So it is with plain permalinks.
                root = f"{self._url}/?rest_route=/"
                found = self._http.get(root, params).json()
            index = mapping(found)
            if "wp/v2" not in sequence(index.get("namespaces")):
                raise BadReply(f"{self._url}: this is not the REST interface of WordPress")
            self._zone, self._rest = _zone(index), root
        return self._rest

    def _get(self, path: str, params: Mapping[str, str | int], *, if_changed: bool = False) -> Reply:
        return self._http.get(f"{self._root()}wp/v2/{path}", params, if_changed=if_changed)

    def _send(self, path: str, data: Json) -> None:
        self._http.send("POST", f"{self._root()}wp/v2/{path}", json=data)


class WordPressFeeds:
    """Read one blog by its feeds."""

    capabilities = _BY_FEED

    def __init__(self, url: str, http: "Http") -> None:
        self._url, self._http = url, http

    def recent(self, ask: Ask) -> Batch:
        """Return the last comments of the blog."""
        reply = self._http.get(f"{self._url}/comments/feed/", if_changed=ask.if_changed)
        return Batch(unchanged=True) if reply.unchanged else batch_of(parse_feed(reply))

    def thread(self, id: str) -> Thread:
        """Return a post, named by its address, and its last comments; its words only while it is among the last."""
        served = parse_feed(self._http.get(f"{id.rstrip('/')}/feed/"))
        posts = parse_feed(self._http.get(f"{self._url}/feed/")).posts
        post = next((one for one in posts if one.id == id), Post(id=id, url=id))
        comments = [one for thread in served.threads for one in thread.comments]
        if not comments and all(one.id != id for one in posts):
            # WordPress gives any address the feed of its comments: of a post that is not there, an empty one.
            raise NotFoundError(f"{self._url}: no post {id} among the last, and no comments of it")
        title = post.title or next((thread.title for thread in served.threads), None)
        return Thread(site=self._url, id=id, title=title, url=id, post=post, comments=comments)

    def comment(self, id: str) -> Sighting | None:
        """Return a comment that is among the last; raises NotFoundError at any other, which may well be there."""
        return shown_comment(self.recent(Ask()), id)

    def act(self, verb: Verb, id: str, text: str | None) -> None:
        """Refuse: nothing can be done through a feed."""
        raise Unsupported("nothing can be done through a feed")

    def took(self, verb: Verb, id: str, text: str | None) -> bool | None:
        """Answer nothing."""
        return None

    def prove(self) -> Iterator[Proof]:
        """Yield whether the blog gives its feed of comments."""
        yield prove_feed(parse_feed(self._http.get(f"{self._url}/comments/feed/")))


def _count(reply: Reply, header: str) -> int | None:
    value = reply.headers.get(header, "")
    return int(value) if value.isdecimal() else None


def _zone(index: Row) -> ZoneInfo | None:
    """Return the zone that a blog is in; one of a fixed offset never puts its clocks back. None where it says none."""
    name = string(index.get("timezone_string"))
    if name is None and "gmt_offset" in index:
        name = "UTC"
    with suppress(ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo(name) if name else None
    return None


def _sighting(row: Row) -> Sighting:
    id, post = string(row.get("id")), string(row.get("post"))
    if id is None or post is None:
        raise BadReply("a comment without an id or a post")
    parent = string(row.get("parent"))
    return Sighting(
        post_id=post,
        comment=Comment(
            id=id,
            parent_id=parent if parent != "0" else None,
            author=person(string(row.get("author_name"))),
            body=_body(row),
            format="html",
            url=string(row.get("link")),
            posted_at=_date(row),
            status=string(row.get("status")),
        ),
    )


def _post(row: Row, id: str) -> Post:
    authors = sequence(mapping(row.get("_embedded")).get("author"))
    return Post(
        id=id,
        title=plain(string(mapping(row.get("title")).get("rendered"))),
        author=string(mapping(authors[0]).get("name")) if authors else None,
        body=_body(row),
        format="html",
        url=string(row.get("link")),
        posted_at=_date(row),
    )


def _body(row: Row) -> str:
    return string(mapping(row.get("content")).get("rendered")) or ""


def _date(row: Row) -> datetime | None:
    # What WordPress writes where it has no date is none: 0000-00-00.
    return parse_date(string(row.get("date_gmt")))
