"""Ghost 5 in small, as real replies of 5.130 and its documentation have it; it reads its filters and logins itself."""

import hmac
import json
import re
from base64 import urlsafe_b64decode
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from html import escape
from operator import attrgetter
from typing import Any

from tests.board import Row, Status
from tests.contract import Contract
from tests.servers.server import Answer, BoardServer, Query

SECRET = "00112233445566778899aabbccddeeff" * 2
# A post of the board that was published long ago.
OLD_POST = 999
KEY = f"5f0000000000000000000001:{SECRET}"

_SHOWN: dict[Status, str] = {"approved": "published", "held": "hidden", "trash": "deleted", "spam": "hidden"}
MADE_OF: dict[str, Status] = {"published": "approved", "hidden": "held", "deleted": "trash"}
_TOP = r"(?:id:<'(\w+)')?"
_POSTS = re.compile(rf"status:\[published,sent\]\+published_at:>'([\d :-]+)'\+?{_TOP}")
_EMBEDDED = 3
_NO_COMMENT = "Resource not found error, cannot"
_UUID = "5e5e5e5e-0000-4000-8000-000000000000"


class GhostServer(BoardServer):
    """Serve the posts that the board's comments answer, `more` posts without comments, and one of long ago.

    `no_comments` is what keeps comments from being read, as status and words.
    """

    def __init__(self) -> None:
        super().__init__()
        self.more = 0
        self.no_comments: tuple[int, str] | None = None

    def id_of(self, id: str) -> str:
        return f"6b{int(id):022x}"

    def post_id(self, number: int) -> str:
        """Return the id of a post of the board."""
        return f"6a{number:022x}"

    def delete(self, id: str) -> None:
        # Its answers stay where they are.
        self.board.set(id, "trash")

    def answer(self, query: Query) -> Answer:
        path = query.path.removeprefix("/ghost/api/admin/")
        if not path.endswith("/"):
            return Answer(b"", 301, {"Location": f"{query.path}/"})
        if path == "site/":
            return Answer({"site": {"title": "Kilns", "url": f"{self.url}/", "version": "5.130"}})
        if (said := self._refusal(query)) is not None:
            return _errors(401, said, code="INVALID_JWT")
        if path.startswith("comments/") and self.no_comments is not None:
            status, said = self.no_comments
            return _errors(status, "Method not allowed, cannot list comments.", said)
        match query.method, path.rstrip("/").split("/"):
            case "GET", ["posts"]:
                return self._posts(query)
            case "GET", ["posts", id]:
                posts = [post for post in self._every_post() if post["id"] == id]
                return (
                    Answer({"posts": posts})
                    if posts
                    else _errors(404, "Resource not found error, cannot read post.", "Post not found.")
                )
            case "GET", ["comments", "post", id]:
                tops, below = self._thread(int(id[2:], 16))
                shown = [row for row in tops if row.status != "trash" or below[row.id]]
                return self._below(query, [self._row(row, below[row.id]) for row in shown])
            case "GET", ["comments", id, "replies"]:
                return self._replies(query, id)
            case "GET" | "PUT", ["comments", id]:
                row = self.board.rows.get(int(id[2:], 16))
                if row is None:
                    if query.method == "PUT":
                        return _errors(404, f"{_NO_COMMENT} edit comment.", "Resource could not be found.")
                    return _errors(404, f"{_NO_COMMENT} read comment.", "Comment could not be found")
                if query.method == "PUT":
                    (change,) = query.json["comments"]
                    assert change["id"] == id
                    self.board.set(str(row.id), MADE_OF[change["status"]])
                    row = self.board.rows[row.id]
                return Answer({"comments": [self._one(row, query.params.get("include", ""))]})
        return _errors(406, "Request could not be served, the endpoint was not found.", code="UPDATE_CLIENT")

    def _refusal(self, query: Query) -> str | None:
        scheme, _, token = query.headers.get("Authorization", "").partition(" ")
        head, claims, signature = (_decoded(part) for part in token.split("."))
        signed = hmac.digest(bytes.fromhex(SECRET), token.rpartition(".")[0].encode(), "sha256")
        if scheme != "Ghost" or json.loads(head)["kid"] != KEY.partition(":")[0] or not self.is_welcome:
            return "Unknown Admin API Key"
        said = json.loads(claims)
        if signature != signed or json.loads(head)["alg"] != "HS256" or said["aud"] != "/admin/":
            return "Invalid token: invalid signature"
        is_fresh = self.board.now < min(said["exp"], said["iat"] + 300)
        return None if is_fresh else "Invalid token: maxAge exceeded"

    def _thread(self, post: int) -> tuple[list[Row], Mapping[int, list[Row]]]:
        """Return the comments of a post, and the answers below each that are not deleted, the oldest first."""
        rows = [row for row in self.board.rows.values() if row.post == post]
        tops, below = list[Row](), defaultdict[int, list[Row]](list)
        for row in sorted(rows, key=attrgetter("at", "id")):
            if not row.parent:
                tops.append(row)
            elif row.status != "trash":
                below[self._root(row).id].append(row)
        return tops, below

    def _root(self, row: Row) -> Row:
        while row.parent:
            row = self.board.rows[row.parent]
        return row

    def _every_post(self) -> list[dict[str, Any]]:
        numbers = {row.post for row in self.board.rows.values()} | {2} | {1000 + one for one in range(self.more)}
        times = {OLD_POST: self.board.now - 400 * 86_400}
        return [
            {
                "id": self.post_id(number), "title": "Kilns", "html": "<p>Hot.</p>",
                "url": f"{self.url}/kilns-{number}/", "published_at": _time(times.get(number, self.board.now - 86_400)),
                "status": "published", "primary_author": {"name": "Cyd"},
            }
            for number in numbers | set(times)
        ]  # fmt: skip

    def _posts(self, query: Query) -> Answer:
        found = _POSTS.fullmatch(query.params["filter"])
        assert found is not None
        floor, below = found.groups()
        posts = [post for post in self._every_post() if post["published_at"] > floor.replace(" ", "T")]
        fields = query.params["fields"].split(",")
        return _paged(query, "posts", [{name: post[name] for name in fields} for post in _by_id(posts, below)])

    def _below(self, query: Query, rows: list[dict[str, Any]]) -> Answer:
        found = re.fullmatch(_TOP, query.params.get("filter", ""))
        assert found is not None
        return _paged(query, "comments", _by_id(rows, found[1]))

    def _replies(self, query: Query, id: str) -> Answer:
        root = self.board.rows.get(int(id[2:], 16))
        rows = self._thread(root.post)[1][root.id] if root else []
        if "filter" in query.params:
            found = re.fullmatch(r"created_at:>='([\d :-]+)'", query.params["filter"])
            assert found is not None
            rows = [row for row in rows if _time(row.at)[:19] >= found[1].replace(" ", "T")]
        return _paged(query, "comments", [self._reply(row) for row in rows])

    def _row(self, row: Row, below: list[Row]) -> dict[str, Any]:
        replies = [self._reply(one) for one in below[:_EMBEDDED]]
        return {**self._reply(row), "replies": replies, "count": {"replies": len(below), "likes": 0}}

    def _one(self, row: Row, include: str) -> dict[str, Any]:
        if not include:
            return self._row(row, self._thread(row.post)[1][row.id])
        # With what is asked to come along, less comes of the comment itself.
        own = {"in_reply_to_id": None, "in_reply_to_snippet": None}
        shown = {**self._reply(row), **own}
        post = {"id": self.post_id(row.post), "uuid": _UUID, "title": "Kilns", "url": f"{self.url}/kilns-{row.post}/"}
        if row.parent:
            shown["parent"] = {**_without(self._reply(self._root(row)), "count", "liked"), **own, "member": None}
        return {**_without(shown, "count", "liked"), "post": post}

    def _reply(self, row: Row) -> dict[str, Any]:
        above = self.board.rows[row.parent] if row.parent else None
        answered = above if above and above.parent else None
        snippet = answered and ("[removed]" if answered.status == "trash" else answered.text)
        return {
            "id": self.id_of(str(row.id)), "status": _SHOWN[row.status], "html": f"<p>{escape(row.text)}</p>",
            "in_reply_to_id": self.id_of(str(answered.id)) if answered else None, "in_reply_to_snippet": snippet,
            "created_at": _time(row.at), "edited_at": _time(row.edited_at) if row.edited_at else None, "liked": False,
            "member": {
                "id": "5e" * 12, "uuid": _UUID, "name": row.author, "email": "reader@example.com",
                "expertise": None, "avatar_image": None,
            },
            "count": {"likes": 0},
        }  # fmt: skip


def _without(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}


def _by_id(rows: list[dict[str, Any]], below: str | None) -> list[dict[str, Any]]:
    rows = [row for row in rows if below is None or row["id"] < below]
    return sorted(rows, key=lambda row: str(row["id"]), reverse=True)


def _paged(query: Query, name: str, rows: list[dict[str, Any]]) -> Answer:
    limit, page = min(int(query.params["limit"]), 100), int(query.params.get("page", 1))
    assert query.params.get("order", "id desc") == "id desc"
    pages = max(1, -(-len(rows) // limit))
    pagination = {"page": page, "limit": limit, "pages": pages, "total": len(rows), "prev": page - 1 or None}
    pagination["next"] = page + 1 if page < pages else None
    return Answer({name: rows[(page - 1) * limit : page * limit], "meta": {"pagination": pagination}})


def _errors(status: int, said: str, context: str | None = None, *, code: str | None = None) -> Answer:
    return Answer({"errors": [{"message": said, "context": context, "type": "Error", "code": code}]}, status)


def _decoded(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _time(at: float) -> str:
    # Ghost keeps whole seconds.
    return datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


CONTRACTS = (
    Contract(
        name="ghost",
        platform="ghost",
        serve=GhostServer,
        options=lambda url: {"url": url, "key": {"env": "KEY"}},
        environment={"KEY": KEY},
        logs_in=True,
        no_thread="6a" + "f" * 22,
    ),
)
