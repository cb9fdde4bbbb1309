"""Discourse's review queue: the posts that wait for a moderator's leave, under ids of their own."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

from adapters.base import Sighting, Verb
from adapters.dates import parse_date
from adapters.errors import LoginError, NotFoundError, RefusedError
from adapters.saved.discourse import answered
from adapters.saved.jsontext import Row, mapping, sequence, string
from adapters.thread import Comment

if TYPE_CHECKING:
    from adapters.http import Http

_MARK = "queued-"
_MOST = 500
_PENDING = (0, "pending")  # older versions write the number


def is_queued(id: str) -> bool:
    """Tell whether an id is one of the queue's."""
    return id.startswith(_MARK)


class ReviewQueue:
    """Read and decide the queue of one forum; `parent` finds a post's id by its topic and number."""

    def __init__(self, url: str, http: "Http", parent: Callable[[str, int], str | None]) -> None:
        self._url, self._http, self._parent = url, http, parent

    def waiting(self) -> list[Sighting]:
        """Return the posts that wait; none where the login may not see them."""
        rows: dict[str | None, Row] = {}
        with suppress(LoginError, NotFoundError):
            while len(rows) < _MOST:
                params: dict[str, str | int] = {"type": "ReviewableQueuedPost", "status": "pending"}
                found = mapping(self._http.get(f"{self._url}/review.json", {**params, "offset": len(rows)}).json())
                some = {string(row.get("id")): row for row in map(mapping, sequence(found.get("reviewables")))}
                is_new = bool(some.keys() - rows.keys())
                rows.update(some)
                if not is_new or not mapping(found.get("meta")).get("load_more_reviewables"):
                    break
        # Those without a topic would begin one.
        return [self._sighting(row) for id, row in rows.items() if id and string(row.get("topic_id"))]

    def comment(self, id: str) -> Sighting | None:
        """Return a post that waits; None when it has left the queue, wherever to."""
        row = self._row(id)
        return self._sighting(row) if row.get("status") in _PENDING else None

    def act(self, verb: Verb, id: str) -> None:
        """Let a post out of the queue, or reject it."""
        if verb == "hold":
            return
        if verb not in ("approve", "spam", "remove"):
            raise RefusedError(f"{self._url}: this post waits in the review queue; let it out first")
        done = "approve_post" if verb == "approve" else "reject_post"
        version = self._row(id).get("version") or 0
        self._http.send("PUT", f"{self._place(id)}/perform/{done}.json", json={"version": version})

    def took(self, id: str) -> bool:
        """Tell whether a post was decided."""
        return self._row(id).get("status") not in _PENDING

    def _row(self, id: str) -> Row:
        return mapping(mapping(self._http.get(f"{self._place(id)}.json").json()).get("reviewable"))

    def _place(self, id: str) -> str:
        return f"{self._url}/review/{quote(id.removeprefix(_MARK), safe='')}"

    def _sighting(self, row: Row) -> Sighting:
        payload, id = mapping(row.get("payload")), f"{_MARK}{string(row.get('id'))}"
        topic = string(row.get("topic_id")) or ""
        author = mapping(row.get("target_created_by")) or mapping(row.get("created_by"))
        comment = Comment(
            id=id,
            parent_id=self._parent(topic, answered(payload) or answered(row)),
            author=string(author.get("username")),
            body=string(payload.get("raw")) or "",
            format="markdown",
            url=self._place(id),
            posted_at=parse_date(string(row.get("created_at"))),
            status="held",
        )
        return Sighting(post_id=topic, comment=comment)


def between(queued: list[Sighting], since: datetime | None, until: datetime | None) -> list[Sighting]:
    """Return what was written since a time and before another, None being no bound."""
    return [
        one
        for one in queued
        if (posted := one.comment.posted_at)
        and (since is None or posted >= since)
        and (until is None or posted < until)
    ]
