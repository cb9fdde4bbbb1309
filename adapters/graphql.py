"""GraphQL over HTTP: questions that only ask, changes that are sent once, and errors, which come with status 200.

Each error has a code, in `type` (GitHub) or in `extensions.code` (the rest).
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from adapters.errors import BadReply, LoginError, NotFoundError, RateLimited, RefusedError, SiteError
from adapters.reply import Reply, shown
from adapters.saved.jsontext import Row, mapping, sequence, string

if TYPE_CHECKING:
    from adapters.http import Http

Variables = Mapping[str, object]

_NO_LOGIN = {
    "AUTHENTICATION_ERROR",
    "FORBIDDEN",
    "INSUFFICIENT_SCOPES",
    "JWT_REVOKED",
    "RAW_QUERY_NOT_AUTHORIZED",
    "TOKEN_INVALID",
    "UNAUTHENTICATED",
    "USER_NOT_ENTITLED",
}
_NOT_FOUND = {"COMMENT_NOT_FOUND", "NOT_FOUND", "STORY_NOT_FOUND"}
_TOO_OFTEN = {"RATE_LIMIT", "RATE_LIMITED", "RATE_LIMIT_EXCEEDED"}


def ask(http: "Http", url: str, query: str, variables: Variables) -> Row:
    """Return the `data` of a query, with requests; raises SiteError at any error in the answer."""
    try:
        return _data(http.query(url, {"query": query, "variables": dict(variables)}))
    except RefusedError as error:
        # Coral refuses whoever is no administrator with status 400.
        if error.code in _NO_LOGIN:
            raise LoginError(error.problem, status=error.status, code=error.code) from None
        raise


def change(http: "Http", url: str, mutation: str, variables: Variables) -> Row:
    """Send a mutation once; return its `data`. Raises OutcomeUnknown when it may have been carried out or not."""
    return _data(http.send("POST", url, json={"query": mutation, "variables": dict(variables)}))


def _data(reply: Reply) -> Row:
    answer = mapping(reply.json())
    errors = sequence(answer.get("errors"))
    if errors:
        raise _error(mapping(errors[0]), shown(reply.url))
    data = answer.get("data")
    if not isinstance(data, dict):
        raise BadReply(f"{shown(reply.url)}: no answer of GraphQL, but something else in JSON")
    return data


def _error(error: Row, place: str) -> SiteError:
    extensions = mapping(error.get("extensions"))
    code = string(error.get("type")) or string(extensions.get("code"))
    said = string(error.get("message")) or string(extensions.get("message")) or code or "an error without words"
    told = f"{place}: {' '.join(said.split())[:200]}"
    if code in _NO_LOGIN:
        return LoginError(told, code=code)
    if code in _NOT_FOUND:
        return NotFoundError(told, code=code)
    if code in _TOO_OFTEN:
        return RateLimited(told, code=code)
    return RefusedError(told, code=code)
