"""Mastodon: what is answered to the posts of one account, on its own server.

There is no listing of answers: the account's latest posts are listed, and the context of each that has answers is asked
for, at each poll. So edits are seen at once, and an answer that came late from another server is not missed. Servers
show strangers sixty answers of a post and twenty answers deep, but 4096 to who has a token.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote

from pydantic import Field, model_validator
from xxhash import xxh3_128_hexdigest

from adapters.base import Ask, Batch, Capabilities, PlatformOptions, Proof, Sighting, Verb
from adapters.dates import parse_date
from adapters.errors import BadReply, LoginError, NotFoundError, Unsupported
from adapters.markdown import is_same
from adapters.saved.jsontext import Json, Row, mapping, sequence, string
from adapters.secrets import Secret
from adapters.thread import Comment, Post, Thread

if TYPE_CHECKING:
    from adapters.http import Http, Params

NAME = "mastodon"
TITLE = "Mastodon"
CAPABILITIES = Capabilities(
    verbs=frozenset({"reply", "report"}), sees=frozenset({"edited", "deleted"}), order="by-thread"
)
_ANONYMOUS = Capabilities(verbs=frozenset(), sees=frozenset({"edited", "deleted"}), order="by-thread")

PER_PAGE = 40
_ACCOUNT = re.compile(r"(.*)/@([\w.-]+)")
_NEXT = re.compile(r'[?&]max_id=(\w+)[^>]*>\s*;\s*rel="?next')
_REPORT_CHARACTERS = 1000


class Options(PlatformOptions):
    """Hold the address of the account in `url`, and how its posts are read."""

    token: Secret | None = Field(None, description="the bot's access token; without it the public is seen")
    days: int = Field(14, ge=1, le=365, description="how long the answers to a post are followed")
    overlap_seconds: float = Field(
        86_400, ge=0, le=864_000, description="how late an answer may come from another server and still count as new"
    )

    @model_validator(mode="after")
    def _check_account(self) -> "Options":
        if not _ACCOUNT.fullmatch(self.url):
            raise ValueError("the address of an account is wanted: https://SERVER/@NAME")
        return self


def open(options: Options, http: "Http", *, environment: Mapping[str, str]) -> "Mastodon":
    """Return the account at an address, without a request; raises SecretError."""
    found = _ACCOUNT.fullmatch(options.url)
    base, name = (found[1], found[2]) if found else (options.url, "")
    if options.token is not None:
        http.headers["Authorization"] = f"Bearer {options.token.reveal(environment)}"
    return Mastodon(base, name, http, days=options.days, acts=options.token is not None)


class Mastodon:
    """Read the answers to one account's posts."""

    def __init__(self, url: str, name: str, http: "Http", *, days: int, acts: bool) -> None:
        self._url, self._name, self._http, self._acts = url, name, http, acts
        self._days = timedelta(days=days)
        self._account: str | None = None

    @property
    def capabilities(self) -> Capabilities:
        """What the login allows."""
        return CAPABILITIES if self._acts else _ANONYMOUS

    def recent(self, ask: Ask) -> Batch:
        """Return the answers to one of the account's posts, the latest post first."""
        ids = ask.token.split() if ask.token else list(self._answered())
        if not ids:
            return Batch()
        following = " ".join(ids[1:]) or None
        try:
            reply = self._http.get(self._address(f"statuses/{ids[0]}/context"), if_changed=ask.if_changed)
        except NotFoundError:
            # The post was deleted since it was listed.
            return Batch(next=following)
        if reply.unchanged:
            return Batch(unchanged=True, next=following)
        return Batch(comments=_answers(reply.json(), ids[0]), next=following)

    def thread(self, id: str) -> Thread:
        """Return a post and all its answers."""
        row = self._row(id)
        answers = _answers(self._get(f"statuses/{quote(id, safe='')}/context"), id)
        post = Post(
            id=id,
            title=string(row.get("spoiler_text")),
            author=_author(row),
            body=string(row.get("content")) or "",
            url=string(row.get("url")),
            posted_at=parse_date(string(row.get("created_at"))),
        )
        comments = tuple(one.comment for one in answers)
        return Thread(site=self._url, id=id, title=post.title, url=post.url, post=post, comments=comments)

    def comment(self, id: str) -> Sighting | None:
        """Return an answer; None when it was deleted, or is not the public's any more."""
        try:
            row = self._row(id)
            above = sequence(mapping(self._get(f"statuses/{quote(id, safe='')}/context")).get("ancestors"))
        except NotFoundError:
            return None
        root = string(mapping(above[0]).get("id")) if above else string(row.get("in_reply_to_id"))
        # Where the post above was deleted, the answer stands for itself.
        return _sighting(row, root or id)

    def act(self, verb: Verb, id: str, text: str | None) -> None:
        """Answer a post as the token's account, or report it to those who keep the server."""
        row = self._row(id)
        account = mapping(row.get("account"))
        if verb == "reply":
            # Without the name its author would not be told.
            said = f"@{string(account.get('acct'))} {text or ''}"
            answer = {"status": said, "in_reply_to_id": id, "visibility": string(row.get("visibility")) or "public"}
            key = {"Idempotency-Key": xxh3_128_hexdigest(f"{id} {said}".encode())}
            self._http.send("POST", self._address("statuses"), json=answer, headers=key)
        elif verb == "report":
            comment = (text or "")[:_REPORT_CHARACTERS]
            report = {"account_id": string(account.get("id")), "status_ids": [id], "comment": comment}
            self._http.send("POST", self._address("reports"), json=report)
        else:
            raise Unsupported(f"Mastodon has no {verb}")

    def took(self, verb: Verb, id: str, text: str | None) -> bool | None:
        """Tell whether the token's account has given the answer; of a report, nothing."""
        if verb != "reply":
            return None
        own = self._own_id()
        for row in _rows(self._get(f"statuses/{quote(id, safe='')}/context"), "descendants"):
            if string(row.get("in_reply_to_id")) == id and string(mapping(row.get("account")).get("id")) == own:
                source = mapping(self._get(f"statuses/{string(row.get('id'))}/source"))
                said = (string(source.get("text")) or "").partition(" ")[2]
                if is_same(said, text):
                    return True
        return False

    def prove(self) -> Iterator[Proof]:
        """Yield whether the account is there, and the token holds."""
        if self._acts:
            try:
                self._own_id()
            except LoginError as error:
                mend = "make a new application under Preferences, Development, and take its access token"
                yield Proof(name="login", ok=False, said=error.problem, mend=mend)
                return
            yield Proof(name="login", ok=True, said="the token holds")
        try:
            self._account_id()
        except (NotFoundError, BadReply) as error:
            mend = "write the account's address on its own server into url"
            yield Proof(name="site", ok=False, said=error.problem, mend=mend)
            return
        yield Proof(name="site", ok=True, said=f"@{self._name} is there")
        if not self._acts:
            said = "no token: sixty answers of a post are seen at most, and nothing can be done"
            yield Proof(name="login", ok=True, said=said)

    def _answered(self) -> Iterator[str]:
        """Yield the account's own posts that have answers and are not too old, the latest first."""
        floor = datetime.fromtimestamp(self._http.clock.wall(), UTC) - self._days
        path, below = f"accounts/{self._account_id()}/statuses", ""
        params: dict[str, str | int] = {"exclude_reblogs": "true", "limit": PER_PAGE}
        while True:
            reply = self._http.get(self._address(path), {**params, **({"max_id": below} if below else {})})
            rows = [mapping(row) for row in sequence(reply.json())]
            for row in rows:
                posted = parse_date(string(row.get("created_at")))
                if posted is not None and posted < floor:
                    return
                # What the account answers itself stands in the context of what it answers.
                if row.get("in_reply_to_id") is None and row.get("replies_count") and (id := string(row.get("id"))):
                    yield id
            found = _NEXT.search(reply.headers.get("Link", ""))
            if not rows or found is None or found[1] == below:
                return
            below = found[1]

    def _account_id(self) -> str:
        if self._account is None:
            found = mapping(self._get("accounts/lookup", {"acct": self._name}))
            self._account = string(found.get("id"))
        if self._account is None:
            raise BadReply(f"{self._url}: no account, but something else in JSON")
        return self._account

    def _own_id(self) -> str:
        own = string(mapping(self._get("accounts/verify_credentials")).get("id"))
        if own is None:
            raise BadReply(f"{self._url}: no account, but something else in JSON")
        return own

    def _row(self, id: str) -> Row:
        return mapping(self._get(f"statuses/{quote(id, safe='')}"))

    def _get(self, path: str, params: "Params | None" = None) -> Json:
        return self._http.get(self._address(path), params).json()

    def _address(self, path: str) -> str:
        return f"{self._url}/api/v1/{path}"


def _rows(context: Json, name: str) -> list[Row]:
    found = mapping(context).get(name)
    if not isinstance(found, list):
        raise BadReply("no context of a post, but something else in JSON")
    return [row for row in found if isinstance(row, dict)]


def _answers(context: Json, root: str) -> list[Sighting]:
    # What is said to one person alone is no comment.
    return [_sighting(row, root) for row in _rows(context, "descendants") if row.get("visibility") != "direct"]


def _sighting(row: Row, root: str) -> Sighting:
    id = string(row.get("id"))
    if id is None:
        raise BadReply("a post without an id")
    parent, warning = string(row.get("in_reply_to_id")), string(row.get("spoiler_text"))
    content = string(row.get("content")) or ""
    return Sighting(
        post_id=root,
        comment=Comment(
            id=id,
            parent_id=parent if parent != root else None,
            author=_author(row),
            body=f"<p>{escape(warning)}</p>{content}" if warning else content,
            format="html",
            url=string(row.get("url")),
            posted_at=parse_date(string(row.get("created_at"))),
            edited_at=parse_date(string(row.get("edited_at"))),
        ),
    )


def _author(row: Row) -> str | None:
    return string(mapping(row.get("account")).get("acct"))
