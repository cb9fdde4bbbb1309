"""Blogger, over its API v3 with an account's leave (OAuth 2), or with a key as anybody may.

In which order it lists comments is said nowhere. So everything from a time on is read to its end, and sorted; when that
took several requests, what came meanwhile is asked for at once. A comment is found by its post and its id, so both
together are its id here: `POST.COMMENT`. Readers cannot edit comments.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from adapters.base import Ask, Batch, Capabilities, PlatformOptions, Proof, Sighting, Verb
from adapters.bearer import Bearer
from adapters.dates import parse_date
from adapters.errors import BadReply, LoginError, NotFoundError, RateLimited, SiteError, Unsupported
from adapters.reply import Reply
from adapters.saved.jsontext import Row, mapping, sequence, string
from adapters.saved.xmltext import person, plain
from adapters.secrets import Secret
from adapters.thread import Comment, Post, Thread

if TYPE_CHECKING:
    from adapters.http import Http

NAME = "blogger"
TITLE = "Blogger"
CAPABILITIES = Capabilities(
    verbs=frozenset({"approve", "spam", "remove"}), sees=frozenset({"held", "deleted"}), order="ascending"
)
_PUBLIC = Capabilities(verbs=frozenset(), sees=frozenset({"deleted"}), order="ascending")

PER_PAGE = 500
_LIMITS = ("rate limit", "daily limit", "quota")
_NO_TIME = datetime.min.replace(tzinfo=UTC)
Params = dict[str, str | int | list[str]]


class Options(PlatformOptions):
    """Hold the blog, and the account or key that it is read with."""

    url: str = Field("https://www.googleapis.com", description="where the API is")
    blog: str = Field(min_length=1, description="the blog's address, or its number")
    api_key: Secret | None = Field(None, description="a key of the Google Cloud console: only the public is seen")
    client_id: str | None = Field(None, description="the id of the OAuth client that was made for the bot")
    client_secret: Secret | None = Field(None, description="the client's secret")
    refresh_token: Secret | None = Field(None, description="the token by which the blog's account gave its leave")

    @model_validator(mode="after")
    def _check_login(self) -> "Options":
        leave = (self.client_id, self.client_secret, self.refresh_token)
        if any(leave) and not all(leave):
            raise ValueError("client_id, client_secret and refresh_token go together")
        if any(leave) == (self.api_key is not None):
            raise ValueError("one login is wanted: api_key, or client_id, client_secret and refresh_token")
        return self


def open(options: Options, http: "Http", *, environment: Mapping[str, str]) -> "Blogger":
    """Return the blog, without a request; raises SecretError."""
    base = options.url
    bearer: Bearer | None = None
    if options.api_key is not None:
        http.headers["X-Goog-Api-Key"] = options.api_key.reveal(environment)
    elif options.client_secret is not None and options.refresh_token is not None:
        is_google = (urlsplit(base).hostname or "").endswith("googleapis.com")
        gate = "https://oauth2.googleapis.com" if is_google else base
        http.allow(gate)
        grant = {
            "grant_type": "refresh_token",
            "client_id": options.client_id or "",
            "client_secret": options.client_secret.reveal(environment),
            "refresh_token": options.refresh_token.reveal(environment),
        }

        def issue() -> tuple[str, float | None]:
            said = mapping(http.query(f"{gate}/token", data=grant).json())
            token, seconds = string(said.get("access_token")), said.get("expires_in")
            if token is None:
                raise LoginError("Google gives no token, and does not say why", status=200)
            return token, float(seconds) if isinstance(seconds, int | float) else None

        bearer = Bearer(http, issue)
    return Blogger(base, options.blog, http, bearer)


class Blogger:
    """Speak of one blog."""

    def __init__(self, url: str, blog: str, http: "Http", bearer: Bearer | None) -> None:
        self._api, self._blog, self._http, self._bearer = f"{url}/blogger/v3/blogs", blog, http, bearer
        self._number = blog if blog.isdecimal() else None
        # The addresses of posts, which comments do not tell.
        self._urls: dict[str, str | None] = {}

    @property
    def capabilities(self) -> Capabilities:
        """What the login allows."""
        return CAPABILITIES if self._bearer else _PUBLIC

    def recent(self, ask: Ask) -> Batch:
        """Return every comment from a time on, the oldest first."""
        params: Params = {}
        if ask.since:
            # Whether the second itself is meant is said nowhere.
            start = ask.since.replace(microsecond=0) - timedelta(seconds=1)
            params["startDate"] = start.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        rows, pages = self._listed("comments", params, if_changed=ask.if_changed)
        if not pages:
            return Batch(unchanged=True)
        comments = [_sighting(row, self._url(_post_of(row))) for row in rows]
        comments.sort(key=lambda one: (one.comment.posted_at or _NO_TIME, one.comment.id))
        return Batch(comments=comments, next="again" if pages > 1 and ask.token is None else None)

    def thread(self, id: str) -> Thread:
        """Return a post and its comments."""
        row = mapping(self._get(f"posts/{_digits(id)}", {"fetchImages": "false"}).json())
        post = Post(
            id=id,
            title=plain(string(row.get("title"))),
            author=string(mapping(row.get("author")).get("displayName")),
            body=string(row.get("content")) or "",
            url=string(row.get("url")),
            posted_at=parse_date(string(row.get("published"))),
        )
        self._urls[id] = post.url
        rows, _ = self._listed(f"posts/{id}/comments", {})
        comments = [_sighting(one, post.url).comment for one in rows]
        return Thread(site=self._blog, id=id, title=post.title, url=post.url, post=post, comments=comments)

    def comment(self, id: str) -> Sighting | None:
        """Return a comment; None when there is none, or its words were taken away."""
        row = self._one(id)
        return None if row is None else _sighting(row, self._url(_post_of(row)))

    def act(self, verb: Verb, id: str, text: str | None) -> None:
        """Change a comment's status, or delete it for good."""
        path = _path(id)
        match verb:
            case "approve" | "spam":
                self._send("POST", f"{path}/{verb}")
            case "remove":
                self._send("DELETE", path)
            case _:
                raise Unsupported(f"Blogger has no {verb}")

    def took(self, verb: Verb, id: str, text: str | None) -> bool | None:
        """Tell whether a comment has the status, or is gone."""
        row = self._one(id)
        if row is None or verb == "remove":
            return row is None and verb == "remove"
        return row.get("status") == {"approve": "live", "spam": "spam"}.get(verb)

    def prove(self) -> Iterator[Proof]:
        """Yield whether the login holds, the blog is there, and the account may moderate it."""
        try:
            self._asked(self._root(), {"fields": "id"})
        except LoginError as error:
            mend = (
                "make the key, or the leave by which the refresh token was given, anew: see docs/platforms/blogger.md"
            )
            yield Proof(name="login", ok=False, said=error.problem, mend=mend)
            return
        except NotFoundError as error:
            yield Proof(name="site", ok=False, said=error.problem, mend="write the blog's address into blog")
            return
        yield Proof(name="site", ok=True, said="Blogger knows the blog")
        if self._bearer is None:
            yield Proof(name="login", ok=True, said="a key: only the public is seen, and nothing can be done")
            return
        try:
            self._listed("comments", {"maxResults": 1}, whole=False)
        except LoginError as error:
            mend = "let the account that gave its leave be an administrator of the blog"
            yield Proof(name="rights", ok=False, said=error.problem, mend=mend)
            return
        yield Proof(name="rights", ok=True, said="the account may see what waits for approval")

    def _listed(
        self, path: str, params: Params, *, if_changed: bool = False, whole: bool = True
    ) -> tuple[list[Row], int]:
        """Return what a listing has, and how many pages it took; none when it has not changed."""
        asked: Params = {"maxResults": PER_PAGE, "fetchBodies": "true", **params}
        if self._bearer:
            asked["status"] = ["live", "pending"]
        rows: dict[str, Row] = {}
        tokens: set[str] = set()
        pages = 0
        while True:
            reply = self._get(path, asked, if_changed=if_changed and not pages)
            if reply.unchanged:
                return [], 0
            answer = mapping(reply.json())
            if not string(answer.get("kind")):
                raise BadReply(f"{self._api}: no list of comments, but something else in JSON")
            rows.update((string(row.get("id")) or "", row) for row in map(mapping, sequence(answer.get("items"))))
            pages += 1
            token = string(answer.get("nextPageToken"))
            if token is None or not whole:
                return list(rows.values()), pages
            if token in tokens:
                raise BadReply(f"{self._api}: the listing leads in a circle")
            tokens.add(token)
            asked["pageToken"] = token

    def _one(self, id: str) -> Row | None:
        path, params = _path(id), {"view": "ADMIN"} if self._bearer else {}
        try:
            row = mapping(self._get(path, {**params}).json())
        except NotFoundError:
            return None
        return None if row.get("status") == "emptied" else row

    def _url(self, post: str) -> str | None:
        if post not in self._urls:
            try:
                self._urls[post] = string(mapping(self._get(f"posts/{post}", {"fields": "url"}).json()).get("url"))
            except NotFoundError:
                self._urls[post] = None
        return self._urls[post]

    def _root(self) -> str:
        if self._number is None:
            found = mapping(self._asked(f"{self._api}/byurl", {"url": self._blog}).json())
            self._number = string(found.get("id"))
            if self._number is None:
                raise BadReply(f"{self._api}: this is not a blog, but something else in JSON")
        return f"{self._api}/{self._number}"

    def _get(self, path: str, params: Params, *, if_changed: bool = False) -> Reply:
        return self._asked(f"{self._root()}/{path}", params, if_changed=if_changed)

    def _asked(self, url: str, params: Params, *, if_changed: bool = False) -> Reply:
        def ask() -> Reply:
            return self._http.get(url, params, if_changed=if_changed)

        try:
            return self._bearer.signed(ask) if self._bearer else ask()
        except SiteError as error:
            raise _meant(error) from None

    def _send(self, method: str, path: str) -> None:
        url = f"{self._root()}/{path}"
        if self._bearer is None:
            raise Unsupported("without an account nothing can be done at Blogger")
        try:
            self._bearer.signed(lambda: self._http.send(method, url))
        except LoginError as error:
            raise _meant(error) from None


def _meant(error: SiteError) -> SiteError:
    """Return the error that is meant: Google says 403 too where somebody asks too often."""
    if error.status == 403 and any(word in error.problem.casefold() for word in _LIMITS):
        return RateLimited(error.problem, retry_after=error.retry_after, status=403, code=error.code)
    return error


def _digits(id: str) -> str:
    if not id.isdecimal():
        raise NotFoundError(f"{id[:100]}: not the number of a post at Blogger")
    return id


def _path(id: str) -> str:
    post, _, own = id.partition(".")
    if not (post.isdecimal() and own.isdecimal()):
        raise NotFoundError(f"{id[:100]}: not a comment of Blogger, POST.COMMENT")
    return f"posts/{post}/comments/{own}"


def _post_of(row: Row) -> str:
    post = string(mapping(row.get("post")).get("id"))
    if post is None or not string(row.get("id")):
        raise BadReply("a comment without an id or a post")
    return post


def _sighting(row: Row, url: str | None) -> Sighting:
    post, own = _post_of(row), string(row.get("id"))
    parent = string(mapping(row.get("inReplyTo")).get("id"))
    return Sighting(
        post_id=post,
        comment=Comment(
            id=f"{post}.{own}",
            parent_id=f"{post}.{parent}" if parent else None,
            author=person(string(mapping(row.get("author")).get("displayName"))),
            body=string(row.get("content")) or "",
            format="html",
            url=f"{url}#c{own}" if url else None,
            posted_at=parse_date(string(row.get("published"))),
            status=string(row.get("status")),
        ),
    )
