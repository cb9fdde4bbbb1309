"""Lemmy: the comments of one community, over version 3 of its API (0.18, 0.19) or version 4 (1.0), whichever it has.

Version 3 counts pages: one goes on a little above the end of the one before, by a size that lands there. Version 4 has
cursors. A comment's ancestors are in its path, and depth is never asked for, since that breaks the paging. What a
moderator removes can be brought back: `hold` and `remove` are one and the same here. Text is Markdown.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from adapters.base import Ask, Batch, Capabilities, PlatformOptions, Proof, Sighting, Verb
from adapters.bearer import Bearer
from adapters.dates import parse_date
from adapters.errors import BadReply, LoginError, NotFoundError, RefusedError, Unsupported
from adapters.markdown import is_same, written
from adapters.reply import Reply
from adapters.saved.jsontext import Json, Row, mapping, sequence, string
from adapters.secrets import Secret
from adapters.thread import Comment, Post, Thread

if TYPE_CHECKING:
    from adapters.http import Http

NAME = "lemmy"
TITLE = "Lemmy"
CAPABILITIES = Capabilities(
    verbs=frozenset({"hold", "approve", "remove", "reply", "report"}),
    # Those that were removed show to moderators only.
    sees=frozenset({"held", "edited", "deleted"}),
    order="newest-first",
)
_ANONYMOUS = Capabilities(verbs=frozenset(), sees=frozenset({"edited", "deleted"}), order="newest-first")

PER_PAGE = 50
_STEP_BACK = 10
_COMMUNITY = re.compile(r"(.*)/c/(\w+(?:@[\w.:-]+)?)")
_REASON = "held for the moderators"


class Options(PlatformOptions):
    """Hold the address of the community in `url`, and how it is read."""

    user: str | None = Field(None, description="the name that the bot logs in by; without it the public is seen")
    password: Secret | None = Field(None, description="its password")
    overlap_seconds: float = Field(
        3600, ge=0, le=86_400, description="how late a comment may come from another server and still be met by a poll"
    )

    @model_validator(mode="after")
    def _check(self) -> "Options":
        if not _COMMUNITY.fullmatch(self.url):
            raise ValueError("the address of a community is wanted: https://SERVER/c/NAME")
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password go together")
        return self


def open(options: Options, http: "Http", *, environment: Mapping[str, str]) -> "Lemmy":
    """Return the community at an address, without a request; raises SecretError."""
    found = _COMMUNITY.fullmatch(options.url)
    base, name = (found[1], found[2]) if found else (options.url, "")
    password = options.password.reveal(environment) if options.password else None
    return Lemmy(base, name, http, login=(options.user, password) if options.user and password else None)


class Lemmy:
    """Speak of one community."""

    def __init__(self, url: str, community: str, http: "Http", *, login: tuple[str, str] | None) -> None:
        self._url, self._community, self._http, self._login = url, community, http, login
        self._bearer = Bearer(http, self._issue) if login else None
        self._version: int | None = None

    @property
    def capabilities(self) -> Capabilities:
        """What the login allows."""
        return CAPABILITIES if self._login else _ANONYMOUS

    def recent(self, ask: Ask) -> Batch:
        """Return a page of the community's comments, the newest first."""
        name = {"community_name": self._community}
        if self._api() == 4:
            name["community_name_or_id"] = self._community
        return self._listed({**name, "sort": "New"}, ask)

    def thread(self, id: str) -> Thread:
        """Return a post and all its comments; one request for fifty of them."""
        view = mapping(mapping(self._get("post", {"id": id}).json()).get("post_view"))
        row = mapping(view.get("post"))
        post = Post(
            id=id,
            title=string(row.get("name")),
            author=_author(view),
            body=string(row.get("body")) or "",
            format="markdown",
            url=f"{self._url}/post/{id}",
            posted_at=_time(row, "published"),
        )
        comments: dict[str, Comment] = {}
        token: str | None = None
        while True:
            batch = self._listed({"post_id": id, "sort": "Old"}, Ask(token=token))
            known = len(comments)
            comments.update((one.comment.id, one.comment) for one in batch.comments)
            if batch.next is None or len(comments) == known:
                break
            token = batch.next
        return Thread(
            site=self._url, id=id, title=post.title, url=post.url, post=post, comments=tuple(comments.values())
        )

    def comment(self, id: str) -> Sighting | None:
        """Return a comment; None when its author deleted it, or it was removed and the login may not see it."""
        try:
            found = self._sighting(self._view(id))
        except NotFoundError:
            return None
        return None if found.comment.status in ("deleted", "removed") else found

    def act(self, verb: Verb, id: str, text: str | None) -> None:
        """Remove a comment or bring it back, answer or report it."""
        comment = {"comment_id": int(id) if id.isdecimal() else id}
        if verb in ("hold", "remove", "approve"):
            self._post("comment/remove", {**comment, "removed": verb != "approve", "reason": _REASON})
        elif verb == "reply":
            row = mapping(self._view(id).get("comment"))
            answer = {"post_id": row.get("post_id"), "parent_id": row.get("id"), "content": written(text or "")}
            self._post("comment", answer)
        elif verb == "report":
            self._post("comment/report", {**comment, "reason": text or ""})
        else:
            raise Unsupported(f"Lemmy has no {verb}")

    def took(self, verb: Verb, id: str, text: str | None) -> bool | None:
        """Tell whether a comment is so, or has the answer; of a report, nothing."""
        if verb == "report":
            return None
        if verb == "reply":
            below = self._listed({"parent_id": id, "sort": "New"}, Ask()).comments
            said = written(text or "")
            return any(one.comment.parent_id == id and is_same(one.comment.body, said) for one in below)
        return (mapping(self._view(id).get("comment")).get("removed") is True) == (verb != "approve")

    def prove(self) -> Iterator[Proof]:
        """Yield whether the server answers, the login holds, and the user moderates the community."""
        try:
            version = self._api()
        except (NotFoundError, BadReply) as error:
            mend = "write the community's address on a Lemmy server into url"
            yield Proof(name="site", ok=False, said=error.problem, mend=mend)
            return
        yield Proof(name="site", ok=True, said=f"the server speaks version {version} of the API")
        if not self._login:
            yield Proof(name="login", ok=True, said="no login: public comments are seen, and nothing can be done")
            return
        try:
            found = mapping(self._get("account" if version == 4 else "site").json())
        except LoginError as error:
            mend = "see that user and password are those of this server, and that no second factor is asked for"
            yield Proof(name="login", ok=False, said=error.problem, mend=mend)
            return
        yield Proof(name="login", ok=True, said="the login holds")
        user = found if version == 4 else mapping(found.get("my_user"))
        names = {mapping(mapping(one).get("community")).get("name") for one in sequence(user.get("moderates"))}
        is_admin = mapping(mapping(user.get("local_user_view")).get("local_user")).get("admin") is True
        if is_admin or self._community.partition("@")[0] in names:
            yield Proof(name="rights", ok=True, said="the user moderates the community")
        else:
            mend = "let a moderator of the community appoint the user"
            yield Proof(name="rights", ok=False, said="the user does not moderate the community", mend=mend)

    def _listed(self, asked: Mapping[str, str | int], ask: Ask) -> Batch:
        page: dict[str, str | int] = {"limit": PER_PAGE}
        end = PER_PAGE
        if self._api() == 4:
            page |= {"page_cursor": ask.token} if ask.token else {}
        else:
            number, size = _page_at(int(ask.token)) if ask.token else (1, PER_PAGE)
            page |= {"page": number, "limit": size}
            end = number * size
        reply = self._get("comment/list", {"type_": "All", **asked, **page}, if_changed=ask.if_changed)
        if reply.unchanged:
            return Batch(unchanged=True)
        found = mapping(reply.json())
        views = found.get("items", found.get("comments"))
        if not isinstance(views, list):
            raise BadReply(f"{self._url}: no list of comments, but something else in JSON")
        sightings = [self._sighting(mapping(view)) for view in views]
        following = string(found.get("next_page"))
        if self._api() != 4:
            following = str(end - _STEP_BACK) if len(views) == page["limit"] else None
        deleted = [one.comment.id for one in sightings if one.comment.status == "deleted"]
        return Batch(comments=sightings, deleted=deleted, next=following if views else None)

    def _api(self) -> int:
        """Return the version of the API that the server speaks, asked for once."""
        if self._version is None:
            try:
                site = self._http.get(f"{self._url}/api/v4/site").json()
                version = 4
            except (NotFoundError, BadReply, RefusedError):
                site, version = self._http.get(f"{self._url}/api/v3/site").json(), 3
            if "site_view" not in mapping(site):
                raise BadReply(f"{self._url}: this is not the interface of Lemmy")
            self._version = version
        return self._version

    def _issue(self) -> tuple[str, float | None]:
        path = "account/auth/login" if self._api() == 4 else "user/login"
        user, password = self._login or ("", "")
        given = {"username_or_email": user, "password": password}
        token = string(mapping(self._http.query(self._address(path), given).json()).get("jwt"))
        if token is None:
            raise LoginError(f"{self._url}: the site gives no token; the account may wait for leave", status=200)
        return token, None

    def _view(self, id: str) -> Row:
        return mapping(mapping(self._get("comment", {"id": id}).json()).get("comment_view"))

    def _get(self, path: str, params: Mapping[str, str | int] | None = None, *, if_changed: bool = False) -> Reply:
        return self._signed(lambda: self._http.get(self._address(path), params, if_changed=if_changed))

    def _post(self, path: str, given: Json) -> None:
        self._signed(lambda: self._http.send("POST", self._address(path), json=given))

    def _signed(self, ask: Callable[[], Reply]) -> Reply:
        try:
            return self._bearer.signed(ask) if self._bearer else ask()
        except RefusedError as error:
            # Versions before 0.19 answer 400 to everything.
            if "find_" in error.problem or "not_found" in error.problem:
                raise NotFoundError(error.problem, status=error.status) from None
            if "not_logged_in" in error.problem:
                raise LoginError(error.problem, status=error.status) from None
            raise

    def _address(self, path: str) -> str:
        return f"{self._url}/api/v{self._api()}/{path}"

    def _sighting(self, view: Row) -> Sighting:
        row = mapping(view.get("comment"))
        id, post = string(row.get("id")), string(row.get("post_id"))
        if id is None or post is None:
            raise BadReply("a comment without an id or a post")
        above = (string(row.get("path")) or "").split(".")[:-1]
        is_deleted, content = row.get("deleted") is True, string(row.get("content")) or ""
        kept_back = ("held" if content else "removed") if row.get("removed") is True else None
        return Sighting(
            post_id=post,
            comment=Comment(
                id=id,
                parent_id=above[-1] if len(above) > 1 else None,
                author=_author(view),
                body="" if is_deleted else content,
                format="markdown",
                url=f"{self._url}/comment/{id}",
                posted_at=_time(row, "published"),
                edited_at=_time(row, "updated"),
                status="deleted" if is_deleted else kept_back,
            ),
        )


def _page_at(start: int) -> tuple[int, int]:
    """Return the page, and the size of pages, that begins at or a little before so many comments and ends furthest."""
    pages = ((start // size + 1, size) for size in range(PER_PAGE // 2, PER_PAGE + 1))
    return max(pages, key=lambda page: page[0] * page[1])


def _time(row: Row, name: str) -> datetime | None:
    return parse_date(string(row.get(f"{name}_at")) or string(row.get(name)))


def _author(view: Row) -> str | None:
    creator = mapping(view.get("creator"))
    name = string(creator.get("name"))
    home = urlsplit(string(creator.get("ap_id")) or string(creator.get("actor_id")) or "").netloc
    return f"{name}@{home}" if name and home and creator.get("local") is False else name
