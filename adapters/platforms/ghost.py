"""Ghost 5, over its Admin API with the key of an integration.

Comments are listed of one post only: the posts of the last weeks are listed, and the comments of each are read whole at
each poll. Listings go by ids, below the last one seen, so that nothing is passed over while comments are deleted. Three
answers of a comment come with it; where there are more, they are asked for. A comment that was deleted is shown as long
as it has answers.
"""

import hmac
import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import quote

from pydantic import Field

from adapters.base import Ask, Batch, Capabilities, PlatformOptions, Proof, Sighting, Verb
from adapters.dates import parse_date
from adapters.errors import BadReply, LoginError, NotFoundError, RefusedError, SecretError, SiteError, Unsupported
from adapters.reply import Reply
from adapters.saved.jsontext import Row, mapping, sequence, string
from adapters.secrets import Secret
from adapters.thread import Comment, Post, Thread
from adapters.walk import ascend

if TYPE_CHECKING:
    from adapters.http import Http, Params

NAME = "ghost"
TITLE = "Ghost"
CAPABILITIES = Capabilities(
    verbs=frozenset({"hold", "approve", "remove"}), sees=frozenset({"held", "edited", "deleted"}), order="by-thread"
)

# Ghost 6 gives no more, whatever is asked for.
PER_PAGE = 100
_ID = re.compile(r"[\w-]{1,64}", re.ASCII)
_KEY = re.compile(r"(\w+):((?:[0-9a-fA-F]{2})+)", re.ASCII)
_STATUSES: Mapping[Verb, str] = {"hold": "hidden", "approve": "published", "remove": "deleted"}
# Ghost refuses tokens that are older, or end later.
_TOKEN_SECONDS = 300
_NO_TIME = datetime.min.replace(tzinfo=UTC)


class Options(PlatformOptions):
    """Hold the address of the site's Admin API in `url`, without the path, and its key."""

    key: Secret = Field(description="the Admin API key of an integration, ID:SECRET")
    days: int = Field(30, ge=1, le=3650, description="how long the comments of a post are followed")


def open(options: Options, http: "Http", *, environment: Mapping[str, str]) -> "Ghost":
    """Return the site, without a request; raises SecretError."""
    found = _KEY.fullmatch(options.key.reveal(environment).strip())
    if found is None:
        raise SecretError("the key of Ghost is no ID:SECRET: copy the Admin API key, not the Content API key")
    return Ghost(options.url, http, id=found[1], secret=bytes.fromhex(found[2]), days=options.days)


class Ghost:
    """Speak of one site."""

    capabilities = CAPABILITIES

    def __init__(self, url: str, http: "Http", *, id: str, secret: bytes, days: int) -> None:
        self._url, self._api, self._http = url, f"{url}/ghost/api/admin", http
        self._id, self._secret, self._days = id, secret, timedelta(days=days)
        # The addresses of posts as they were listed last, and what followed each page when it was last read.
        self._urls: dict[str, str | None] = {}
        self._next: dict[str, str | None] = {}

    def recent(self, ask: Ask) -> Batch:
        """Return a page of one post's comments with their answers, the newest comment of the newest post first."""
        places = ask.token.split() if ask.token else self._posts()
        if not places:
            return Batch()
        post, _, below = places[0].partition("<")
        reply = self._get(f"comments/post/{quote(post, safe='')}", _listed(below), if_changed=ask.if_changed)
        alive: list[Sighting] = []
        deleted: list[str] = []
        if not reply.unchanged:
            rows, more = _page(reply, "comments")
            self._next[places[0]] = f"{post}<{_id(rows[-1])}" if rows and more else None
            alive, deleted = self._told(rows, post)
        following = " ".join(filter(None, (self._next.get(places[0]), *places[1:])))
        return Batch(comments=alive, deleted=deleted, next=following or None, unchanged=reply.unchanged)

    def thread(self, id: str) -> Thread:
        """Return a post and all its comments."""
        row = self._one(f"posts/{quote(id, safe='')}", "posts", {"formats": "html"})
        self._urls[id] = url = string(row.get("url"))
        comments: dict[str, Comment] = {}
        for page in self._pages(f"comments/post/{quote(id, safe='')}", "comments"):
            comments.update((one.comment.id, one.comment) for one in self._told(page, id)[0])
        post = Post(
            id=id,
            title=string(row.get("title")),
            author=string(mapping(row.get("primary_author")).get("name")),
            body=string(row.get("html")) or "",
            url=url,
            posted_at=parse_date(string(row.get("published_at"))),
        )
        ordered = sorted(comments.values(), key=lambda one: (one.posted_at or _NO_TIME, one.id))
        return Thread(site=self._url, id=id, title=post.title, url=url, post=post, comments=tuple(ordered))

    def comment(self, id: str) -> Sighting | None:
        """Return a comment, hidden or not; None when it was deleted."""
        path = f"comments/{quote(id, safe='')}"
        try:
            row = self._one(path, "comments", {"include": "member,post,parent"})
        except NotFoundError:
            return None
        if row.get("status") == "deleted":
            return None
        post = mapping(row.get("post"))
        post_id, parent = string(post.get("id")), string(mapping(row.get("parent")).get("id"))
        if post_id is None:
            raise BadReply(f"{self._api}: a comment without its post")
        if parent is not None:
            # Which answer it answers is told only where nothing is asked to come with it.
            row = {**row, "in_reply_to_id": self._one(path, "comments").get("in_reply_to_id")}
        return _sighting(row, post_id, parent, string(post.get("url")))

    def act(self, verb: Verb, id: str, text: str | None) -> None:
        """Hide a comment, show it again, or delete it."""
        status = _STATUSES.get(verb)
        if status is None:
            raise Unsupported(f"Ghost has no {verb}")
        change = {"comments": [{"id": id, "status": status}]}
        self._http.send("PUT", f"{self._api}/comments/{quote(id, safe='')}/", json=change, headers=self._headers())

    def took(self, verb: Verb, id: str, text: str | None) -> bool | None:
        """Tell whether a comment has the status that the verb gives."""
        if verb not in _STATUSES:
            return None
        row = self._one(f"comments/{quote(id, safe='')}", "comments")
        return row.get("status") == _STATUSES[verb]

    def prove(self) -> Iterator[Proof]:
        """Yield whether Ghost is there, the key holds, and comments can be read with it."""
        try:
            site = mapping(mapping(self._http.get(f"{self._api}/site/").json()).get("site"))
        except SiteError as error:
            mend = "write the API URL into url, as Ghost shows it beside the key"
            yield Proof(name="site", ok=False, said=error.problem, mend=mend)
            return
        yield Proof(name="site", ok=True, said=f"Ghost {string(site.get('version')) or 'of a version untold'}")
        try:
            posts = self._posts()
        except LoginError as error:
            mend = "copy the Admin API key of an integration: Settings, Integrations, Add custom integration"
            yield Proof(name="login", ok=False, said=error.problem, mend=mend)
            return
        yield Proof(name="login", ok=True, said="the key holds")
        try:
            self._get(f"comments/post/{posts[0] if posts else '0' * 24}", {"limit": 1})
        except (LoginError, RefusedError) as error:
            mend = "switch comments on under Settings, Membership, Access; if they are on, update Ghost"
            yield Proof(name="rights", ok=False, said=error.problem, mend=mend)
            return
        yield Proof(name="rights", ok=True, said="comments can be read, hidden, shown and deleted")

    def _posts(self) -> list[str]:
        """Return the ids of the posts that are followed, the last one made first."""
        floor = datetime.fromtimestamp(self._http.clock.wall(), UTC) - self._days
        wanted = f"status:[published,sent]+published_at:>'{_moment(floor)}'"
        found: dict[str, str | None] = {}
        for page in self._pages("posts", "posts", wanted, fields="id,url"):
            found.update((_id(row), string(row.get("url"))) for row in page)
        self._urls = found
        self._next = {place: next for place, next in self._next.items() if place.partition("<")[0] in found}
        return list(found)

    def _pages(self, path: str, name: str, wanted: str = "", **params: str) -> Iterator[list[Row]]:
        below = ""
        while True:
            rows, more = _page(self._get(path, {**_listed(below, wanted), **params}), name)
            yield rows
            last = _id(rows[-1]) if rows else ""
            if not more or not last:
                return
            if below and last >= below:
                raise BadReply("the listing leads in a circle")
            below = last

    def _told(self, rows: list[Row], post: str) -> tuple[list[Sighting], list[str]]:
        """Return the comments of a page with all their answers, and the ids of those that were deleted."""
        url = self._urls.get(post)
        alive: dict[str, Sighting] = {}
        deleted: list[str] = []
        for row in rows:
            answers = [one for one in sequence(row.get("replies")) if isinstance(one, dict)]
            count = mapping(row.get("count")).get("replies")
            batches = [_sorted([row], post, None, url), _sorted(answers, post, _id(row), url)]
            if isinstance(count, int) and count > len(answers):
                batches += ascend(partial(self._answers, row, post), None)
            for batch in batches:
                alive.update((one.comment.id, one) for one in batch.comments)
                deleted += batch.deleted
        return list(alive.values()), list(dict.fromkeys(deleted))

    def _answers(self, row: Row, post: str, ask: Ask) -> Batch:
        """Return answers of a comment from a time on, the oldest first, in which order alone Ghost gives them."""
        page = int(ask.token or 1)
        params: dict[str, str | int] = {"limit": PER_PAGE, "page": page}
        if ask.since is not None:
            params["filter"] = f"created_at:>='{_moment(ask.since)}'"
        rows, more = _page(self._get(f"comments/{quote(_id(row), safe='')}/replies", params), "comments")
        found = _sorted(rows, post, _id(row), self._urls.get(post))
        return replace(found, next=str(page + 1) if rows and more else None)

    def _one(self, path: str, name: str, params: "Params | None" = None) -> Row:
        rows = mapping(self._get(path, params).json()).get(name)
        if not isinstance(rows, list) or not rows or not isinstance(rows[0], dict):
            raise BadReply(f"{self._api}: no {name}, but something else in JSON")
        _id(rows[0])
        return rows[0]

    def _get(self, path: str, params: "Params | None" = None, *, if_changed: bool = False) -> Reply:
        try:
            return self._http.get(f"{self._api}/{path}/", params, headers=self._headers(), if_changed=if_changed)
        except SiteError as error:
            if error.status != 501:
                raise
            raise LoginError(
                f"{error.problem}: update Ghost, whose keys cannot read comments yet", status=501
            ) from None

    def _headers(self) -> dict[str, str]:
        """Return a login for one request (RFC 7519), by the server's own clock as far as it is known."""
        now = int(self._http.clock.wall() + (self._http.skew or 0.0))
        head = {"alg": "HS256", "typ": "JWT", "kid": self._id}
        claims = {"iat": now, "exp": now + _TOKEN_SECONDS, "aud": "/admin/"}
        signed = b".".join(_encoded(json.dumps(part).encode()) for part in (head, claims))
        token = signed + b"." + _encoded(hmac.digest(self._secret, signed, "sha256"))
        return {"Authorization": f"Ghost {token.decode()}", "Accept-Version": "v5.0"}


def _encoded(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")


def _moment(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M:%S}"


def _listed(below: str = "", wanted: str = "") -> dict[str, str | int]:
    """Return how a page is asked for: by ids, the highest first, below one of them."""
    filters = "+".join(filter(None, (wanted, f"id:<'{below}'" if below else "")))
    return {"limit": PER_PAGE, "order": "id desc", **({"filter": filters} if filters else {})}


def _page(reply: Reply, name: str) -> tuple[list[Row], bool]:
    """Return a page's rows, and whether more follow."""
    document = mapping(reply.json())
    rows = document.get(name)
    if not isinstance(rows, list):
        raise BadReply(f"no {name} of Ghost, but something else in JSON")
    pagination = mapping(mapping(document.get("meta")).get("pagination"))
    return [row for row in rows if isinstance(row, dict)], pagination.get("next") is not None


def _sorted(rows: list[Row], post: str, root: str | None, url: str | None) -> Batch:
    """Return rows as comments, and the ids of those that were deleted; `root` is what they stand below."""
    return Batch(
        comments=[_sighting(row, post, root, url) for row in rows if row.get("status") != "deleted"],
        deleted=[_id(row) for row in rows if row.get("status") == "deleted"],
    )


def _sighting(row: Row, post: str, root: str | None, url: str | None) -> Sighting:
    return Sighting(
        post_id=post,
        comment=Comment(
            id=_id(row),
            parent_id=string(row.get("in_reply_to_id")) or root,
            author=string(mapping(row.get("member")).get("name")),
            body=string(row.get("html")) or "",
            format="html",
            url=f"{url}#ghost-comments" if url else None,
            posted_at=parse_date(string(row.get("created_at"))),
            edited_at=parse_date(string(row.get("edited_at"))),
            status=string(row.get("status")),
        ),
    )


def _id(row: Row) -> str:
    # It goes into filters and tokens.
    id = string(row.get("id"))
    if id is None or not _ID.fullmatch(id):
        raise BadReply("a row of Ghost without an id")
    return id
