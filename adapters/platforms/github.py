"""GitHub Discussions, which giscus shows as a blog's comments, over GraphQL with a token.

There is no listing of all comments. Discussions are asked for by when they were last updated, the newest ones of their
comments with them; one of which more is there than came along is read whole. So a poll costs one request as a rule. A
comment is hidden by minimizing it, which shows that it is there and why: `hold` says off-topic, `spam` says spam. A
deleted comment that has answers stays as an empty place.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from adapters import graphql
from adapters.base import Ask, Batch, Capabilities, PlatformOptions, Proof, Sighting, Verb
from adapters.dates import parse_date
from adapters.errors import BadReply, LoginError, NotFoundError, Unsupported
from adapters.markdown import is_same, written
from adapters.saved.jsontext import Json, Row, mapping, sequence, string
from adapters.secrets import Secret
from adapters.thread import Comment, Post, Thread

if TYPE_CHECKING:
    from adapters.http import Http

NAME = "github"
TITLE = "GitHub Discussions (giscus)"
CAPABILITIES = Capabilities(
    verbs=frozenset({"hold", "approve", "spam", "remove", "reply"}),
    # Minimized comments are listed beside the others.
    sees=frozenset({"held", "spam", "edited", "deleted"}),
    order="ascending",
)

_COMMENT = """
fragment C on DiscussionComment {
  id url body createdAt lastEditedAt deletedAt isMinimized minimizedReason author { login } replyTo { id }
}
"""
# Twenty of twenty of twenty: four points of the 5,000 an hour.
RECENT = (
    """
query Recent($owner: String!, $name: String!, $category: ID, $after: String) {
  repository(owner: $owner, name: $name) {
    discussions(
      first: 20, after: $after, categoryId: $category, orderBy: {field: UPDATED_AT, direction: DESC}
    ) {
      nodes {
        id updatedAt
        comments(last: 20) { totalCount nodes { ...C replies(last: 20) { totalCount nodes { ...C } } } }
      }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""
    + _COMMENT
)
WHOLE = (
    """
query Whole($id: ID!, $after: String) {
  node(id: $id) {
    ... on Discussion {
      id title body url createdAt author { login }
      comments(first: 100, after: $after) {
        nodes { ...C replies(first: 100) { totalCount nodes { ...C } } }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
}
"""
    + _COMMENT
)
REPLIES = (
    """
query Replies($id: ID!, $after: String) {
  node(id: $id) {
    ... on DiscussionComment {
      id
      replies(first: 100, after: $after) { nodes { ...C } pageInfo { hasNextPage endCursor } }
    }
  }
}
"""
    + _COMMENT
)
ONE = "query One($id: ID!) { node(id: $id) { ... on DiscussionComment { ...C discussion { id } } } }" + _COMMENT
PLACE = """
query Place($owner: String!, $name: String!) {
  viewer { login }
  repository(owner: $owner, name: $name) {
    hasDiscussionsEnabled viewerPermission discussionCategories(first: 25) { nodes { id name } }
  }
}
"""
MINIMIZE = """
mutation Minimize($id: ID!, $why: ReportedContentClassifiers!) {
  minimizeComment(input: {subjectId: $id, classifier: $why}) { clientMutationId }
}
"""
UNMINIMIZE = "mutation Unminimize($id: ID!) { unminimizeComment(input: {subjectId: $id}) { clientMutationId } }"
DELETE = "mutation Delete($id: ID!) { deleteDiscussionComment(input: {id: $id}) { clientMutationId } }"
ANSWER = """
mutation Answer($discussion: ID!, $id: ID!, $body: String!) {
  addDiscussionComment(input: {discussionId: $discussion, replyToId: $id, body: $body}) { clientMutationId }
}
"""

# What happens later in the second of an update does not move it.
_SETTLED = 1.0
_MODERATES = {"ADMIN", "MAINTAIN", "WRITE", "TRIAGE"}
_NO_TIME = datetime.min.replace(tzinfo=UTC)


class Options(PlatformOptions):
    """Hold the address of the repository in `url`, https://github.com/OWNER/NAME, and the token."""

    token: Secret = Field(description="a token of the bot's user; GitHub answers nobody without one")
    category: str | None = Field(None, description="the category of discussions that is watched; all by default")

    @model_validator(mode="after")
    def _check_repository(self) -> "Options":
        if len(urlsplit(self.url).path.strip("/").split("/")) != 2:
            raise ValueError("the address of a repository is wanted: https://github.com/OWNER/NAME")
        return self


def open(options: Options, http: "Http", *, environment: Mapping[str, str]) -> "GitHub":
    """Return the repository's discussions, without a request; raises SecretError."""
    parts = urlsplit(options.url)
    api = "https://api.github.com" if parts.hostname == "github.com" else f"{parts.scheme}://{parts.netloc}/api"
    http.allow(api)
    http.headers["Authorization"] = f"Bearer {options.token.reveal(environment)}"
    owner, name = parts.path.strip("/").split("/")
    return GitHub(f"{api}/graphql", owner, name, options.category, http)


class GitHub:
    """Speak of the discussions of one repository."""

    capabilities = CAPABILITIES

    def __init__(self, api: str, owner: str, name: str, category: str | None, http: "Http") -> None:
        self._api, self._repository, self._http = api, {"owner": owner, "name": name}, http
        self._wanted = category
        self._category: str | None = None
        # What was found the last time, when it tells all that had happened until then.
        self._last: list[Row] | None = None

    def recent(self, ask: Ask) -> Batch:
        """Return every comment from a time on, the oldest first."""
        found: dict[str, Sighting] = {}
        deleted: list[str] = []
        discussions = list(self._updated(ask.since))
        if ask.if_changed and discussions == self._last:
            return Batch(unchanged=True)
        now = self._http.clock.wall() + (self._http.skew or 0.0)
        settled = all((at := _updated_at(one)) and now - at.timestamp() > _SETTLED for one in discussions[:1])
        self._last = discussions if settled else None
        for discussion in discussions:
            id = string(discussion.get("id")) or ""
            rows = _rows(discussion)
            for row in self._read(id)[1] if rows is None else rows:
                if row.get("deletedAt"):
                    deleted.append(_id(row))
                    continue
                one = _sighting(row, id)
                if ask.since is None or one.comment.posted_at is None or one.comment.posted_at >= ask.since:
                    found[one.comment.id] = one
        comments = sorted(found.values(), key=lambda one: (one.comment.posted_at or _NO_TIME, one.comment.id))
        return Batch(comments=comments, deleted=deleted)

    def thread(self, id: str) -> Thread:
        """Return a discussion and its comments."""
        discussion, rows = self._read(id)
        title, url = string(discussion.get("title")), string(discussion.get("url"))
        post = Post(
            id=id,
            title=title,
            author=_author(discussion),
            body=string(discussion.get("body")) or "",
            format="markdown",
            url=url,
            posted_at=parse_date(string(discussion.get("createdAt"))),
        )
        comments = [_sighting(row, id).comment for row in rows if not row.get("deletedAt")]
        site = "/".join(self._repository.values())
        return Thread(site=site, id=id, title=title, url=url, post=post, comments=comments)

    def comment(self, id: str) -> Sighting | None:
        """Return a comment; None when it is deleted, or was never there."""
        row = self._one(id)
        return None if row is None else _sighting(row, None)

    def act(self, verb: Verb, id: str, text: str | None) -> None:
        """Minimize a comment, show it again, delete it, or answer it under the comment that it stands under."""
        change = partial(graphql.change, self._http, self._api)
        match verb:
            case "hold" | "spam":
                change(MINIMIZE, {"id": id, "why": "SPAM" if verb == "spam" else "OFF_TOPIC"})
            case "approve":
                change(UNMINIMIZE, {"id": id})
            case "remove":
                change(DELETE, {"id": id})
            case "reply":
                row = self._one(id)
                if row is None:
                    raise NotFoundError(f"no comment {id}")
                under = string(mapping(row.get("replyTo")).get("id")) or id
                discussion = string(mapping(row.get("discussion")).get("id"))
                change(ANSWER, {"discussion": discussion, "id": under, "body": written(text or "")})
            case _:
                raise Unsupported(f"GitHub has no {verb}")

    def took(self, verb: Verb, id: str, text: str | None) -> bool | None:
        """Tell whether a comment is minimized, shown, gone, or has the answer."""
        row = self._one(id)
        if row is None or verb == "remove":
            return row is None and verb == "remove"
        if verb == "reply":
            under = string(mapping(row.get("replyTo")).get("id")) or id
            answers = self._pages(REPLIES, under, "replies")
            said = written(text or "")
            return any(is_same(string(one.get("body")), said) for page in answers for one in _nodes(page))
        why = string(row.get("minimizedReason")) if row.get("isMinimized") else None
        if verb == "approve":
            return why is None
        return why is not None and (why.casefold() == "spam") == (verb == "spam")

    def prove(self) -> Iterator[Proof]:
        """Yield whether the token holds, the discussions are there, and what the token's user may do."""
        try:
            place = self._ask(PLACE, self._repository)
        except LoginError as error:
            mend = "make a new token with the scope public_repo, or repo for a private repository"
            yield Proof(name="login", ok=False, said=error.problem, mend=mend)
            return
        except NotFoundError as error:
            mend = "write the repository's address into url; a private one needs a token that may see it"
            yield Proof(name="site", ok=False, said=error.problem, mend=mend)
            return
        repository = mapping(place.get("repository"))
        names = _names(repository)
        if not repository.get("hasDiscussionsEnabled"):
            mend = "enable Discussions in the repository's settings"
            yield Proof(name="site", ok=False, said="the repository has no discussions", mend=mend)
            return
        if self._wanted is not None and self._wanted not in names:
            mend = f"write one of these into category: {', '.join(names) or 'none is there'}"
            yield Proof(name="site", ok=False, said=f"no category {self._wanted!r}", mend=mend)
            return
        yield Proof(name="site", ok=True, said="the repository has discussions")
        may = string(repository.get("viewerPermission")) in _MODERATES
        said = "may hide and delete comments" if may else "may read and answer, and do nothing to others' comments"
        user = string(mapping(place.get("viewer")).get("login"))
        yield Proof(name="rights", ok=True, said=f"the token's user, {user}, {said}")

    def _updated(self, since: datetime | None) -> Iterator[Row]:
        """Yield the discussions that were updated since a time, the one updated last first."""
        after: str | None = None
        while True:
            asked = {**self._repository, "category": self._category_id(), "after": after}
            repository = mapping(self._ask(RECENT, asked).get("repository"))
            found = mapping(repository.get("discussions"))
            for discussion in _nodes(found):
                updated = _updated_at(discussion)
                if since is not None and updated is not None and updated < since:
                    return
                yield discussion
            after = _following(found, after)
            if after is None:
                return

    def _read(self, id: str) -> tuple[Row, list[Row]]:
        """Return a discussion, all its comments and their answers."""
        discussion: Row = {}
        rows: list[Row] = []
        for page in self._pages(WHOLE, id, "comments", keep=discussion.update):
            for top in _nodes(page):
                rows.append(top)
                replies = mapping(top.get("replies"))
                more = [replies] if _is_whole(replies) else self._pages(REPLIES, _id(top), "replies")
                rows += [row for one in more for row in _nodes(one)]
        return discussion, rows

    def _pages(
        self, query: str, id: str, key: str, *, keep: Callable[[Row], None] = lambda node: None
    ) -> Iterator[Row]:
        """Yield the pages of one connection of a node; raises NotFoundError."""
        after: str | None = None
        while True:
            node = mapping(self._ask(query, {"id": id, "after": after}).get("node"))
            if key not in node:
                raise NotFoundError(f"{self._api}: no such thing as {id[:100]}")
            keep(node)
            page = mapping(node.get(key))
            yield page
            after = _following(page, after)
            if after is None:
                return

    def _one(self, id: str) -> Row | None:
        try:
            row = mapping(self._ask(ONE, {"id": id}).get("node"))
        except NotFoundError:
            return None
        if not row:
            raise NotFoundError(f"{self._api}: {id[:100]} is no comment")
        return None if row.get("deletedAt") else row

    def _category_id(self) -> str | None:
        if self._wanted is not None and self._category is None:
            names = _names(mapping(self._ask(PLACE, self._repository).get("repository")))
            if self._wanted not in names:
                raise NotFoundError(f"{self._api}: no category {self._wanted!r}; there are {', '.join(names)}")
            self._category = names[self._wanted]
        return self._category

    def _ask(self, query: str, variables: graphql.Variables) -> Row:
        data = graphql.ask(self._http, self._api, query, variables)
        if "repository" in data and data["repository"] is None:
            raise NotFoundError(f"{self._api}: no such repository")
        return data


def _updated_at(discussion: Row) -> datetime | None:
    return parse_date(string(discussion.get("updatedAt")))


def _rows(discussion: Row) -> list[Row] | None:
    """Return the comments that came with a discussion, and their answers; None where some did not come along."""
    comments = mapping(discussion.get("comments"))
    if not _is_whole(comments):
        return None
    rows: list[Row] = []
    for top in _nodes(comments):
        replies = mapping(top.get("replies"))
        if not _is_whole(replies):
            return None
        rows += [top, *_nodes(replies)]
    return rows


def _nodes(connection: Row) -> list[Row]:
    nodes = connection.get("nodes")
    if not isinstance(nodes, list):
        raise BadReply("no list in an answer of GitHub where one is wanted")
    return [node for node in nodes if isinstance(node, dict)]


def _is_whole(connection: Row) -> bool:
    count = connection.get("totalCount")
    return isinstance(count, int) and count <= len(sequence(connection.get("nodes")))


def _following(connection: Row, before: str | None) -> str | None:
    info = mapping(connection.get("pageInfo"))
    after = string(info.get("endCursor")) if info.get("hasNextPage") else None
    if after is not None and after == before:
        raise BadReply("the listing leads in a circle")
    return after


def _names(repository: Row) -> dict[str, str]:
    categories = _nodes(mapping(repository.get("discussionCategories")))
    return {string(one.get("name")) or "": string(one.get("id")) or "" for one in categories}


def _author(row: Row) -> str | None:
    return string(mapping(row.get("author")).get("login"))


def _id(row: Row) -> str:
    id = string(row.get("id"))
    if id is None:
        raise BadReply("a comment without an id")
    return id


def _sighting(row: Row, discussion: Json) -> Sighting:
    post = string(discussion) or string(mapping(row.get("discussion")).get("id"))
    if post is None:
        raise BadReply("a comment without a discussion")
    minimized = string(row.get("minimizedReason")) or "minimized"
    return Sighting(
        post_id=post,
        comment=Comment(
            id=_id(row),
            parent_id=string(mapping(row.get("replyTo")).get("id")),
            author=_author(row),
            body=string(row.get("body")) or "",
            format="markdown",
            url=string(row.get("url")),
            posted_at=parse_date(string(row.get("createdAt"))),
            edited_at=parse_date(string(row.get("lastEditedAt"))),
            status=minimized if row.get("isMinimized") else "shown",
        ),
    )
