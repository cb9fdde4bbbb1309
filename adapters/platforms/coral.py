"""Coral, over GraphQL with an administrator's token.

Comments are listed by the moment at which they were written, whatever their status: those that wait stand beside the
others, so that one approved late is no news. Rejecting takes a comment away, and is `remove` here. A listing goes on
strictly after a moment, a thousandth of a second: of more than fifty comments of one such moment, only imports have
them, some are passed over.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, timedelta
from html import escape
from typing import TYPE_CHECKING

from pydantic import Field

from adapters import graphql
from adapters.base import Ask, Batch, Capabilities, PlatformOptions, Proof, Sighting, Verb
from adapters.dates import parse_date
from adapters.errors import BadReply, LoginError, NotFoundError, Unsupported
from adapters.saved.jsontext import Row, mapping, string
from adapters.saved.xmltext import plain
from adapters.secrets import Secret
from adapters.thread import Comment, Post, Thread
from adapters.walk import ascend

if TYPE_CHECKING:
    from adapters.http import Http

NAME = "coral"
TITLE = "Coral"
CAPABILITIES = Capabilities(
    verbs=frozenset({"approve", "remove", "reply"}),
    sees=frozenset({"held", "edited", "deleted"}),
    order="ascending",
    grain=0.001,
)

_COMMENT = """
fragment C on Comment {
  id body createdAt status deleted permalink
  editing { edited } revision { id createdAt } parent { id } author { username } story { id }
}
"""
LISTED = (
    """
query Listed($site: ID, $story: ID, $after: Cursor, $order: COMMENT_SORT) {
  comments(first: 50, siteID: $site, storyID: $story, after: $after, orderBy: $order) {
    nodes { ...C }
    pageInfo { hasNextPage endCursor }
  }
}
"""
    + _COMMENT
)
ONE = "query One($id: ID!) { comment(id: $id) { ...C } }" + _COMMENT
STORY = "query Story($id: ID!) { story(id: $id) { id url metadata { title author publishedAt } } }"
PLACE = "query Place { viewer { username role } sites(first: 50) { nodes { id name } } }"
APPROVE = """
mutation Approve($id: ID!, $revision: ID!) {
  approveComment(input: {commentID: $id, commentRevisionID: $revision, clientMutationId: "1"}) { clientMutationId }
}
"""
REJECT = """
mutation Reject($id: ID!, $revision: ID!) {
  rejectComment(input: {commentID: $id, commentRevisionID: $revision, clientMutationId: "1"}) { clientMutationId }
}
"""
ANSWER = """
mutation Answer($story: ID!, $id: ID!, $revision: ID!, $body: String!) {
  createCommentReply(
    input: {storyID: $story, parentID: $id, parentRevisionID: $revision, body: $body, clientMutationId: "1"}
  ) { clientMutationId }
}
"""

_TAGS = re.compile(r"<[^<>]*>")
_MODERATES = {"ADMIN", "MODERATOR"}


class Options(PlatformOptions):
    """Hold the address of the Coral server in `url`, and the token."""

    token: Secret = Field(description="an access token of an administrator; Coral answers no others over GraphQL")
    site_id: str | None = Field(None, description="the id of the one site that is watched, where Coral serves several")


def open(options: Options, http: "Http", *, environment: Mapping[str, str]) -> "Coral":
    """Return the site, without a request; raises SecretError."""
    http.headers["Authorization"] = f"Bearer {options.token.reveal(environment)}"
    return Coral(options.url, options.site_id, http)


class Coral:
    """Speak of one site, or of all sites, of a Coral server."""

    capabilities = CAPABILITIES

    def __init__(self, url: str, site_id: str | None, http: "Http") -> None:
        self._url, self._api, self._site_id, self._http = url, f"{url}/api/graphql", site_id, http

    def recent(self, ask: Ask) -> Batch:
        """Return comments from a moment on, the oldest first."""
        return self._listed(ask, None)

    def thread(self, id: str) -> Thread:
        """Return a story and its comments; Coral has a story's title, and not its words."""
        story = mapping(self._ask(STORY, {"id": id}).get("story"))
        if not story:
            raise NotFoundError(f"{self._api}: no story {id[:100]}")
        comments: dict[str, Comment] = {}
        for batch in ascend(lambda ask: self._listed(ask, id), None):
            comments.update((one.comment.id, one.comment) for one in batch.comments)
        about = mapping(story.get("metadata"))
        post = Post(
            id=id,
            title=plain(string(about.get("title"))),
            author=string(about.get("author")),
            url=string(story.get("url")),
            posted_at=parse_date(string(about.get("publishedAt"))),
        )
        return Thread(
            site=self._site_id or self._url,
            id=id,
            title=post.title,
            url=post.url,
            post=post,
            comments=tuple(comments.values()),
        )

    def comment(self, id: str) -> Sighting | None:
        """Return a comment; None when there is none, or it is rejected or deleted."""
        row = self._one(id)
        return _sighting(row) if row and _is_there(row) else None

    def act(self, verb: Verb, id: str, text: str | None) -> None:
        """Approve or reject a comment as it is now, or answer it as the token's user."""
        mutation = {"approve": APPROVE, "remove": REJECT, "reply": ANSWER}.get(verb)
        if mutation is None:
            raise Unsupported(f"Coral has no {verb}")
        row = self._one(id)
        if row is None:
            raise NotFoundError(f"{self._api}: no comment {id[:100]}")
        variables: dict[str, object] = {"id": id, "revision": string(mapping(row.get("revision")).get("id"))}
        if verb == "reply":
            variables |= {"story": _story(row), "body": escape(text or "", quote=False)}
        graphql.change(self._http, self._api, mutation, variables)

    def took(self, verb: Verb, id: str, text: str | None) -> bool | None:
        """Tell whether a comment is approved, rejected, or has the answer."""
        row = self._one(id)
        if verb == "remove":
            return row is None or not _is_there(row)
        if row is None:
            return False
        if verb == "approve":
            return row.get("status") == "APPROVED"
        answers = self._rows({"story": _story(row), "order": "CREATED_AT_DESC"})[0]
        # Plain on both sides: the body is kept as HTML.
        return any(
            string(mapping(one.get("parent")).get("id")) == id
            and plain(_TAGS.sub("", string(one.get("body")) or "")) == plain(text)
            for one in answers
        )

    def prove(self) -> Iterator[Proof]:
        """Yield whether the token holds, whose it is, and whether there is such a site."""
        try:
            place = self._ask(PLACE, {})
        except LoginError as error:
            mend = "make a token of an administrator: coral-cli token:create"
            yield Proof(name="login", ok=False, said=error.problem, mend=mend)
            return
        viewer = mapping(place.get("viewer"))
        role = string(viewer.get("role")) or "nobody"
        if role not in _MODERATES:
            mend = "make a token of an administrator: coral-cli token:create"
            yield Proof(name="rights", ok=False, said=f"the token's user is {role}, and may not moderate", mend=mend)
            return
        yield Proof(name="login", ok=True, said=f"the token is that of {string(viewer.get('username'))}, {role}")
        sites = {string(one.get("id")): string(one.get("name")) for one in _nodes(mapping(place.get("sites")))}
        if self._site_id is not None and self._site_id not in sites:
            there = ", ".join(f"{id} ({name})" for id, name in sites.items()) or "none is there"
            mend = f"write one of these into site_id: {there}"
            yield Proof(name="site", ok=False, said=f"no site {self._site_id!r}", mend=mend)
            return
        yield Proof(name="site", ok=True, said="Coral answers")

    def _listed(self, ask: Ask, story: str | None) -> Batch:
        after = ask.token
        if after is None and ask.since is not None:
            # What is listed comes strictly after that moment.
            moment = (ask.since - timedelta(milliseconds=1)).astimezone(UTC)
            after = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        rows, following = self._rows({"story": story, "after": after, "order": "CREATED_AT_ASC"})
        return Batch(
            comments=[_sighting(row) for row in rows if _is_there(row)],
            deleted=[id for row in rows if not _is_there(row) and (id := string(row.get("id")))],
            next=following if following != after else None,
        )

    def _rows(self, asked: dict[str, object]) -> tuple[list[Row], str | None]:
        found = mapping(self._ask(LISTED, {"site": self._site_id, **asked}).get("comments"))
        info = mapping(found.get("pageInfo"))
        return _nodes(found), string(info.get("endCursor")) if info.get("hasNextPage") else None

    def _one(self, id: str) -> Row | None:
        try:
            found = self._ask(ONE, {"id": id})
        except NotFoundError:
            return None
        if "comment" not in found:
            raise BadReply(f"{self._api}: no comment, but something else in JSON")
        return mapping(found["comment"]) or None

    def _ask(self, query: str, variables: graphql.Variables) -> Row:
        return graphql.ask(self._http, self._api, query, variables)


def _nodes(connection: Row) -> list[Row]:
    nodes = connection.get("nodes")
    if not isinstance(nodes, list):
        raise BadReply("no list in an answer of Coral where one is wanted")
    return [node for node in nodes if isinstance(node, dict)]


def _is_there(row: Row) -> bool:
    return row.get("status") != "REJECTED" and not row.get("deleted")


def _story(row: Row) -> str:
    story = string(mapping(row.get("story")).get("id"))
    if story is None:
        raise BadReply("a comment without a story")
    return story


def _sighting(row: Row) -> Sighting:
    id = string(row.get("id"))
    if id is None:
        raise BadReply("a comment without an id")
    edited = mapping(row.get("editing")).get("edited") is True
    return Sighting(
        post_id=_story(row),
        comment=Comment(
            id=id,
            parent_id=string(mapping(row.get("parent")).get("id")),
            author=string(mapping(row.get("author")).get("username")),
            body=string(row.get("body")) or "",
            format="html",
            url=string(row.get("permalink")),
            posted_at=parse_date(string(row.get("createdAt"))),
            edited_at=parse_date(string(mapping(row.get("revision")).get("createdAt"))) if edited else None,
            status=string(row.get("status")),
        ),
    )
