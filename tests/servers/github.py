"""GitHub in small: the discussions of one repository, as its schema has them, asked by the names of our questions."""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tests.board import Row, Status
from tests.contract import Contract
from tests.servers.server import Answer, BoardServer, Query

_REASONS: dict[Status, str] = {"held": "off-topic", "spam": "spam"}
_LISTED: tuple[Status, ...] = ("approved", "held", "spam", "trash")


class GitHubServer(BoardServer):
    """Serve the repository `kilns/blog`; a post of the board is a discussion. `permission` is the token's user's."""

    permission = "WRITE"

    def id_of(self, id: str) -> str:
        return f"DC_{id}"

    def changes(self, query: Query) -> bool:
        return "mutation" in query.json["query"]

    def delete(self, id: str) -> None:
        """Take a comment away; one with answers stays as an empty place."""
        if any(row.parent == int(id) for row in self.board.rows.values()):
            self.board.set(id, "trash")
        else:
            self.board.delete(id)

    def answer(self, query: Query) -> Answer:
        if query.headers.get("Authorization") != "Bearer good" or not self.is_welcome:
            return Answer({"message": "Bad credentials", "documentation_url": "https://docs.example"}, 401)
        asked, given = query.json["query"], query.json["variables"]
        name = re.search(r"(?:query|mutation) (\w+)", asked)
        assert name is not None
        if "owner" in given and (given["owner"], given["name"]) != ("kilns", "blog"):
            return _problem("NOT_FOUND", "Could not resolve to a Repository with that name.")
        match name[1]:
            case "Place":
                return _good(viewer={"login": "bot"}, repository=self._place())
            case "Recent":
                return _good(repository={"discussions": self._discussions(given)})
            case "Whole":
                return self._whole(given)
        row = self._row(given["id"])
        if row is None:
            return _problem("NOT_FOUND", f"Could not resolve to a node with the global id of '{given['id']}'")
        _, replies = self._sorted()
        match name[1]:
            case "One":
                return _good(node={**self._shown(row), "discussion": {"id": f"D_{row.post}"}})
            case "Replies":
                return _good(node={"id": given["id"], "replies": self._page(replies[row.id], given["after"], replies)})
            case "Minimize":
                self.board.set(str(row.id), "spam" if given["why"] == "SPAM" else "held")
            case "Unminimize":
                self.board.set(str(row.id), "approved")
            case "Delete":
                self.delete(str(row.id))
            case "Answer":
                self.board.create(given["body"], post=row.post, parent=row.id, author="bot")
        return _good(done={"clientMutationId": None})

    def _place(self) -> dict[str, object]:
        categories = {"nodes": [{"id": "CAT_1", "name": "Comments"}, {"id": "CAT_2", "name": "Ideas"}]}
        return {
            "hasDiscussionsEnabled": True,
            "viewerPermission": self.permission,
            "discussionCategories": categories,
        }

    def _discussions(self, given: dict[str, Any]) -> dict[str, object]:
        rows, replies = self._sorted()
        updated = {row.post: row.at for row in rows}
        posts = sorted(updated, key=lambda post: (updated[post], post), reverse=True)
        if given["category"] == "CAT_2":
            posts = []
        start = int(given["after"] or 0)
        nodes = [
            {
                "id": f"D_{post}",
                "updatedAt": _time(updated[post]),
                "comments": self._last([row for row in rows if row.post == post and not row.parent], replies),
            }
            for post in posts[start : start + 20]
        ]
        return {"nodes": nodes, "pageInfo": _info(start + 20, len(posts))}

    def _whole(self, given: dict[str, Any]) -> Answer:
        every, replies = self._sorted()
        rows = [row for row in every if f"D_{row.post}" == given["id"]]
        if not rows:
            return _problem("NOT_FOUND", f"Could not resolve to a node with the global id of '{given['id']}'")
        tops = self._page([row for row in rows if not row.parent], given["after"], replies)
        return _good(
            node={
                "id": given["id"],
                "title": "kilns/",
                "body": "Kilns *and* clay",
                "url": f"https://github.com/kilns/blog/discussions/{rows[0].post}",
                "createdAt": "2026-09-01T00:00:00Z",
                "author": {"login": "giscus"},
                "comments": tops,
            }
        )

    def _last(self, rows: list[Row], replies: Mapping[int, list[Row]]) -> dict[str, object]:
        nodes = []
        for row in rows[-20:]:
            own = replies[row.id]
            last = {"totalCount": len(own), "nodes": [self._shown(one) for one in own[-20:]]}
            nodes.append({**self._shown(row), "replies": last})
        return {"totalCount": len(rows), "nodes": nodes}

    def _page(self, rows: list[Row], after: str | None, replies: Mapping[int, list[Row]]) -> dict[str, object]:
        # A cursor names a place: it goes on behind that comment, whatever became of others.
        start = bisect_right(rows, _place(after), key=lambda row: (row.at, row.id)) if after else 0
        page, nodes = rows[start : start + 100], []
        for row in page:
            own = replies[row.id]
            first = {"totalCount": len(own), "nodes": [self._shown(one) for one in own[:100]]}
            nodes.append({**self._shown(row), "replies": first})
        more = start + 100 < len(rows)
        last = f"{page[-1].at} {page[-1].id}" if more else None
        return {"nodes": nodes, "pageInfo": {"hasNextPage": more, "endCursor": last}}

    def _sorted(self) -> tuple[list[Row], Mapping[int, list[Row]]]:
        rows, replies = self.board.listed(*_LISTED), defaultdict[int, list[Row]](list)
        for row in rows:
            if row.parent:
                replies[row.parent].append(row)
        return rows, replies

    def _row(self, id: str) -> Row | None:
        return self.board.rows.get(int(id.removeprefix("DC_"))) if id.startswith("DC_") else None

    def _shown(self, row: Row) -> dict[str, object]:
        gone = row.status == "trash"
        return {
            "id": f"DC_{row.id}",
            "url": f"https://github.com/kilns/blog/discussions/{row.post}#discussioncomment-{row.id}",
            "body": "" if gone else row.text,
            "createdAt": _time(row.at),
            "lastEditedAt": _time(row.edited_at) if row.edited_at else None,
            "deletedAt": _time(self.board.now) if gone else None,
            "isMinimized": row.status in _REASONS,
            "minimizedReason": _REASONS.get(row.status),
            "author": None if gone else {"login": row.author},
            "replyTo": {"id": f"DC_{row.parent}"} if row.parent else None,
        }


def _time(at: float) -> str:
    return datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _place(cursor: str) -> tuple[float, int]:
    at, _, id = cursor.partition(" ")
    return float(at), int(id)


def _info(reached: int, count: int) -> dict[str, object]:
    return {"hasNextPage": reached < count, "endCursor": str(reached)}


def _good(**data: object) -> Answer:
    return Answer({"data": data})


def _problem(kind: str, message: str) -> Answer:
    return Answer({"data": {"node": None}, "errors": [{"type": kind, "path": ["node"], "message": message}]})


CONTRACTS = (
    Contract(
        name="github",
        platform="github",
        serve=GitHubServer,
        options=lambda url: {"url": f"{url}/kilns/blog", "token": {"env": "TOKEN"}, "category": "Comments"},
        environment={"TOKEN": "good"},
        # All that a poll asks for is one batch: in the middle of it, nothing is handed over.
        logs_in=False,
        is_conditional=False,
        no_thread="D_99",
    ),
)
