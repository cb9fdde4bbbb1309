"""Disqus, over its API 3.0 with the secret of an application and the token of a moderator.

Comments of a forum are listed by the time at which they were written, those that wait for approval beside the others,
so that one approved late is no news. Without a token only the public is seen. What Disqus thinks is wrong stands in a
code of its own; code 2 is both a wrong question and a comment that is not there, so its words decide.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from html import escape
from typing import TYPE_CHECKING

from pydantic import Field

from adapters.base import Ask, Batch, Capabilities, PlatformOptions, Proof, Sighting, Verb
from adapters.dates import parse_date
from adapters.errors import BadReply, LoginError, NotFoundError, OutcomeUnknown, RateLimited, SiteError, Unsupported
from adapters.reply import Reply
from adapters.saved.jsontext import Json, Row, mapping, sequence, string
from adapters.saved.xmltext import person, plain
from adapters.secrets import Secret
from adapters.thread import Comment, Post, Thread
from adapters.walk import ascend

if TYPE_CHECKING:
    from adapters.http import Http, Params

NAME = "disqus"
TITLE = "Disqus"
CAPABILITIES = Capabilities(
    verbs=frozenset({"approve", "spam", "remove", "reply"}),
    sees=frozenset({"held", "edited", "deleted"}),
    order="ascending",
)
_PUBLIC = Capabilities(verbs=frozenset(), sees=frozenset({"edited", "deleted"}), order="ascending")

PER_PAGE = 100
# The codes of https://disqus.com/api/docs/errors/ that are worth telling apart.
_NO_LOGIN = {"4", "5", "9", "11", "12", "17", "18"}
_TOO_OFTEN = {"13", "14"}
_PASSES = {"15", "16", "20"}


class Options(PlatformOptions):
    """Hold the forum, and the keys that it is read with."""

    url: str = Field("https://disqus.com", description="where Disqus is")
    forum: str = Field(pattern=r"^[\w-]+$", description="the site's shortname at Disqus")
    api_secret: Secret = Field(description="the secret key of your application at disqus.com/api/applications")
    access_token: Secret | None = Field(
        None, description="the application's access token, of a moderator; without it only the public is seen"
    )


def open(options: Options, http: "Http", *, environment: Mapping[str, str]) -> "Disqus":
    """Return the forum, without a request; raises SecretError."""
    keys = {"api_secret": options.api_secret.reveal(environment)}
    if options.access_token is not None:
        keys["access_token"] = options.access_token.reveal(environment)
    return Disqus(options.url, options.forum, http, keys=keys)


class Disqus:
    """Speak of one forum."""

    def __init__(self, url: str, forum: str, http: "Http", *, keys: dict[str, str]) -> None:
        self._api, self._forum, self._http, self._keys = f"{url}/api/3.0", forum, http, keys
        self._moderates = "access_token" in keys

    @property
    def capabilities(self) -> Capabilities:
        """What the keys allow."""
        return CAPABILITIES if self._moderates else _PUBLIC

    def recent(self, ask: Ask) -> Batch:
        """Return comments from a time on, the oldest first."""
        return self._listed(ask, {"forum": self._forum})

    def thread(self, id: str) -> Thread:
        """Return a page and its comments; Disqus has a page's title, and not its words."""
        row = mapping(self._get("threads/details", {"thread": id}))
        comments: dict[str, Comment] = {}
        for batch in ascend(lambda ask: self._listed(ask, {"thread": id}), None):
            comments.update((one.comment.id, one.comment) for one in batch.comments)
        title = plain(string(row.get("clean_title")) or string(row.get("title")))
        post = Post(id=id, title=title, url=string(row.get("link")), posted_at=parse_date(string(row.get("createdAt"))))
        return Thread(site=self._forum, id=id, title=title, url=post.url, post=post, comments=tuple(comments.values()))

    def comment(self, id: str) -> Sighting | None:
        """Return a comment; None when there is none, or it is deleted."""
        try:
            row = self._details(id)
        except NotFoundError:
            return None
        return None if row.get("isDeleted") else _sighting(row)

    def act(self, verb: Verb, id: str, text: str | None) -> None:
        """Change a comment's state, or answer it as the token's user."""
        if verb == "reply":
            self._send("posts/create", {"parent": id, "message": escape(text or "", quote=False)})
        elif verb in ("approve", "spam", "remove"):
            self._send(f"posts/{verb}", {"post": id})
        else:
            raise Unsupported(f"Disqus has no {verb}")

    def took(self, verb: Verb, id: str, text: str | None) -> bool | None:
        """Tell whether a comment has the state, or the answer."""
        try:
            row = self._details(id)
        except NotFoundError:
            return verb == "remove"
        if verb == "reply":
            asked: Params = {"thread": _thread_of(row), "order": "desc", "limit": PER_PAGE, "include": self._include()}
            answers = [mapping(one) for one in sequence(self._get("posts/list", asked))]
            # Plain on both sides: what was sent as entities may come back as characters.
            return any(
                string(one.get("parent")) == id and plain(string(one.get("raw_message"))) == plain(text)
                for one in answers
            )
        return _state(row) == {"approve": "approved", "spam": "spam", "remove": "deleted"}.get(verb)

    def prove(self) -> Iterator[Proof]:
        """Yield whether the forum is there, and whether the keys may moderate it."""
        try:
            self._get("forums/details", {"forum": self._forum})
        except LoginError as error:
            mend = "copy the secret key of your application, and if you have one its access token, once more"
            yield Proof(name="login", ok=False, said=error.problem, mend=mend)
            return
        except NotFoundError as error:
            mend = "write the forum's shortname, as in https://SHORTNAME.disqus.com/admin, into forum"
            yield Proof(name="site", ok=False, said=error.problem, mend=mend)
            return
        yield Proof(name="site", ok=True, said="Disqus knows the forum")
        if not self._moderates:
            yield Proof(name="login", ok=True, said="no access token: only the public is seen, nothing can be done")
            return
        try:
            self._listed(Ask(), {"forum": self._forum})
        except LoginError as error:
            mend = "make the owner of the access token a moderator of the forum, and allow the application to write"
            yield Proof(name="rights", ok=False, said=error.problem, mend=mend)
            return
        yield Proof(name="rights", ok=True, said="the owner of the token may see what waits for approval")

    def _listed(self, ask: Ask, narrowed: dict[str, str]) -> Batch:
        params: dict[str, str | int | list[str]] = {"order": "asc", "limit": PER_PAGE, "include": self._include()}
        if ask.since:
            # Whether the second itself is meant is said nowhere.
            params["since"] = int((ask.since - timedelta(seconds=1)).timestamp())
        if ask.token:
            params["cursor"] = ask.token
        reply = self._reply("posts/list", {**params, **narrowed, "related": "thread"}, if_changed=ask.if_changed)
        if reply.unchanged:
            return Batch(unchanged=True)
        answer = mapping(reply.json())
        rows, cursor = answer.get("response"), mapping(answer.get("cursor"))
        if not isinstance(rows, list):
            raise BadReply(f"{self._api}: no list of comments, but something else in JSON")
        following = string(cursor.get("next")) if cursor.get("hasNext") else None
        return Batch(comments=[_sighting(row) for row in rows if isinstance(row, dict)], next=following)

    def _include(self) -> list[str]:
        return ["approved", "unapproved"] if self._moderates else ["approved"]

    def _details(self, id: str) -> Row:
        return mapping(self._get("posts/details", {"post": id, "related": "thread"}))

    def _get(self, path: str, params: "Params") -> Json:
        return mapping(self._reply(path, params).json()).get("response")

    def _reply(self, path: str, params: "Params", *, if_changed: bool = False) -> Reply:
        try:
            return self._http.get(f"{self._api}/{path}.json", {**params, **self._keys}, if_changed=if_changed)
        except SiteError as error:
            raise _meant(error) from None

    def _send(self, path: str, data: dict[str, str]) -> None:
        try:
            self._http.send("POST", f"{self._api}/{path}.json", data={**data, **self._keys})
        except OutcomeUnknown:
            raise
        except SiteError as error:
            raise _meant(error) from None


def _meant(error: SiteError) -> SiteError:
    """Return the error that a code of Disqus means, whatever the status it came with."""
    code, problem = error.code, error.problem
    if code == "8" or (code == "2" and "unable to find" in problem.casefold()):
        return NotFoundError(problem, status=error.status, code=code)
    if code in _NO_LOGIN:
        return LoginError(problem, status=error.status, code=code)
    if code in _TOO_OFTEN:
        return RateLimited(problem, retry_after=error.retry_after, status=error.status, code=code)
    if code in _PASSES:
        return SiteError(problem, retry_after=error.retry_after, status=error.status, code=code)
    return error


def _sighting(row: Row) -> Sighting:
    id, thread = string(row.get("id")), _thread_of(row)
    if id is None or not thread:
        raise BadReply("a comment without an id or a thread")
    link = string(mapping(row.get("thread")).get("link"))
    return Sighting(
        post_id=thread,
        comment=Comment(
            id=id,
            parent_id=string(row.get("parent")),
            author=person(string(mapping(row.get("author")).get("name"))),
            body=string(row.get("message")) or "",
            format="html",
            url=f"{link}#comment-{id}" if link else None,
            posted_at=parse_date(string(row.get("createdAt"))),
            status=_state(row),
        ),
    )


def _thread_of(row: Row) -> str:
    thread = row.get("thread")
    return string(mapping(thread).get("id")) or string(thread) or ""


def _state(row: Row) -> str:
    for flag, state in (("isDeleted", "deleted"), ("isSpam", "spam"), ("isApproved", "approved")):
        if row.get(flag):
            return state
    return "unapproved"
