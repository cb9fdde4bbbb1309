"""Coral in small: the comments of one tenant, as its schema has them, asked by the names of our questions."""

import re
from bisect import bisect_right
from collections import Counter
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

from tests.board import Row, Status
from tests.contract import Contract
from tests.servers.server import Answer, BoardServer, Query

# A comment that the board approved nobody had to look at.
_STATUSES: dict[Status, str] = {"approved": "NONE", "held": "PREMOD", "spam": "REJECTED", "trash": "REJECTED"}


class CoralServer(BoardServer):
    """Serve one site; `role` is that of the token's user. Comments of one instant are milliseconds apart."""

    role = "ADMIN"

    def __init__(self) -> None:
        super().__init__()
        self.approved: set[int] = set()
        self._ties: Counter[float] = Counter()
        self._late: dict[int, int] = {}
        self._ordered: dict[int, int] = {}

    def id_of(self, id: str) -> str:
        return f"c-{id}"

    def changes(self, query: Query) -> bool:
        return "mutation" in query.json["query"]

    def delete(self, id: str) -> None:
        """Reject a comment; its answers keep it as their parent."""
        self.board.set(id, "trash")

    def answer(self, query: Query) -> Answer:
        if query.headers.get("Authorization") != "Bearer good" or not self.is_welcome:
            return Answer({"error": {"code": "TOKEN_INVALID", "message": "token is invalid"}}, 401)
        if self.role != "ADMIN" and "Place" not in query.json["query"]:
            return Answer({"error": {"code": "RAW_QUERY_NOT_AUTHORIZED", "message": "raw query not authorized"}}, 400)
        given = query.json["variables"]
        name = re.search(r"(?:query|mutation) (\w+)", query.json["query"])
        assert name is not None
        match name[1]:
            case "Place":
                sites = {"nodes": [{"id": "s-1", "name": "Kilns"}]}
                return _good(viewer={"username": "bot", "role": self.role}, sites=sites)
            case "Listed":
                return _good(comments=self._listed(given))
            case "Story":
                known = {f"st-{row.post}" for row in self.board.rows.values()}
                return _good(story=self._story(given["id"]) if given["id"] in known else None)
        own = given["id"].removeprefix("c-")
        row = self.board.rows.get(int(own))
        if name[1] == "One":
            return _good(comment=self._shown(row) if row else None)
        if row is None or given["revision"] != self._revision(row):
            return Answer({"errors": [{"message": "not found", "extensions": {"code": "COMMENT_REVISION_NOT_FOUND"}}]})
        match name[1]:
            case "Approve":
                self.board.set(own, "approved")
                self.approved.add(row.id)
            case "Reject":
                self.board.set(own, "trash")
            case "Answer":
                self.board.create(given["body"], post=row.post, parent=row.id, author="bot")
        return _good(done={"clientMutationId": "1"})

    def _listed(self, given: dict[str, Any]) -> dict[str, object]:
        timed = self._timed() if given.get("site") in (None, "s-1") else []
        if given.get("story"):
            timed = [one for one in timed if f"st-{self.board.rows[one[1]].post}" == given["story"]]
        start = 0
        if given["order"] == "CREATED_AT_DESC":
            timed = timed[::-1][:50]
        elif given.get("after"):
            after = round(datetime.fromisoformat(given["after"]).timestamp() * 1000)
            start = bisect_right(timed, after, key=lambda one: one[0])
        page = [self.board.rows[id] for _, id in timed[start : start + 50]]
        more = start + 50 < len(timed)
        info = {"hasNextPage": more, "endCursor": _time(self._millis(page[-1])) if page else None}
        return {"nodes": [self._shown(row) for row in page], "pageInfo": info}

    def _timed(self) -> list[tuple[int, int]]:
        """Return the times and ids of all comments in their order, made anew only when there are others."""
        rows = self.board.rows
        if rows.keys() != self._ordered.keys():
            every = sorted(rows.values(), key=attrgetter("at", "id"))
            self._ordered = dict(sorted(((row.id, self._millis(row)) for row in every), key=lambda one: one[::-1]))
        return [(at, id) for id, at in self._ordered.items()]

    def _millis(self, row: Row) -> int:
        if row.id not in self._late:
            self._late[row.id] = self._ties[row.at]
            self._ties[row.at] += 1
        return round(row.at * 1000) + self._late[row.id]

    def _revision(self, row: Row) -> str:
        return f"r-{row.id}-{row.edited_at or 0}"

    def _story(self, id: str) -> dict[str, object]:
        about = {"title": "Kilns &amp; clay", "author": "Bo", "publishedAt": "2026-09-01T00:00:00.000Z"}
        return {"id": id, "url": f"https://kilns.example/{id}/", "metadata": about}

    def _shown(self, row: Row) -> dict[str, object]:
        at = self._millis(row)
        status = "APPROVED" if row.id in self.approved and row.status == "approved" else _STATUSES[row.status]
        return {
            "id": f"c-{row.id}",
            "body": f"<div>{row.text}</div>",
            "createdAt": _time(at),
            "status": status,
            "deleted": False,
            "permalink": f"https://kilns.example/st-{row.post}/?commentID=c-{row.id}",
            "editing": {"edited": row.edited_at is not None},
            "revision": {
                "id": self._revision(row),
                "createdAt": _time(round(row.edited_at * 1000) if row.edited_at else at),
            },
            "parent": {"id": f"c-{row.parent}"} if row.parent else None,
            "author": {"username": row.author},
            "story": {"id": f"st-{row.post}"},
        }


def _time(millis: int) -> str:
    return datetime.fromtimestamp(millis / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _good(**data: object) -> Answer:
    return Answer({"data": data})


CONTRACTS = (
    Contract(
        name="coral",
        platform="coral",
        serve=CoralServer,
        options=lambda url: {"url": url, "token": {"env": "TOKEN"}, "site_id": "s-1"},
        environment={"TOKEN": "good"},
        logs_in=True,
        is_conditional=False,
        no_thread="st-99",
    ),
)
