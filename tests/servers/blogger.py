"""Blogger in small: the comments of one blog, as the reference of API v3 has them, and Google's gate for tokens."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from tests.board import Row, Status
from tests.contract import Contract
from tests.servers.server import Answer, BoardServer, Query

_STATUSES: dict[Status, str] = {"approved": "live", "held": "pending", "spam": "spam", "trash": "emptied"}


class BloggerServer(BoardServer):
    """Serve the blog of number 42; `newest_first` is the order of its listings, which Blogger does not tell."""

    newest_first, largest = True, 100

    def id_of(self, id: str) -> str:
        row = self.board.rows.get(int(id))
        return f"{row.post if row else 1}.{id}"

    def changes(self, query: Query) -> bool:
        return query.method != "GET" and query.path != "/token"

    def answer(self, query: Query) -> Answer:
        if query.path == "/token":
            given = dict(parse_qsl(query.body.decode()))
            if not self.is_welcome or "leave" not in given.values():
                return Answer({"error": "invalid_grant", "error_description": "Token has been revoked."}, 400)
            return Answer({"access_token": "good", "expires_in": 3599, "token_type": "Bearer"})
        signed = query.headers.get("Authorization") == "Bearer good"
        if not self.is_welcome or not (signed or query.headers.get("X-Goog-Api-Key") == "key"):
            return _problem(401, "Request had invalid authentication credentials.")
        if query.path == "/blogger/v3/blogs/byurl":
            is_ours = query.params["url"] == "https://kilns.example"
            return Answer({"kind": "blogger#blog", "id": "42"}) if is_ours else _problem(404, "Not Found")
        if query.path == "/blogger/v3/blogs/42":
            return Answer({"kind": "blogger#blog", "id": "42"})
        if not query.path.startswith("/blogger/v3/blogs/42/"):
            return _problem(404, "Not Found")
        parts = query.path.removeprefix("/blogger/v3/blogs/42/").split("/")
        match query.method, parts:
            case "GET", ["comments"]:
                return self._list(query, self._rows(signed))
            case "GET", ["posts", post, "comments"]:
                return self._list(query, [row for row in self._rows(signed) if str(row.post) == post])
            case "GET", ["posts", post]:
                known = {str(row.post) for row in self.board.rows.values()}
                return Answer(self._post(post)) if post in known else _problem(404, "Not Found")
            case "GET", ["posts", _, "comments", own]:
                row = self.board.rows.get(int(own))
                seen = row is not None and (signed or row.status == "approved")
                return Answer(self._shown(row)) if row and seen else _problem(404, "Not Found")
        row = self.board.rows.get(int(parts[3]))
        if not signed:
            return _problem(403, "The caller does not have permission")
        if row is None:
            return _problem(404, "Not Found")
        match query.method, parts[4:]:
            case "DELETE", []:
                self.delete(parts[3])
                return Answer(b"", 204)
            case "POST", [verb]:
                self.board.set(parts[3], "approved" if verb == "approve" else "spam")
        return Answer(self._shown(self.board.rows[row.id]))

    def _rows(self, signed: bool) -> list[Row]:
        return self.board.listed(*(("approved", "held") if signed else ("approved",)))

    def _list(self, query: Query, rows: list[Row]) -> Answer:
        # `pending` stands last in what is asked for: the server's parameters hold the last of each.
        if query.params.get("status") not in (None, "pending"):
            return _problem(400, "Invalid value")
        start = query.params.get("startDate")
        if start:
            rows = [row for row in rows if int(row.at) > datetime.fromisoformat(start).timestamp()]
        rows = rows[::-1] if self.newest_first else rows
        # A page goes on below the comment that the one before it ended with.
        token = query.params.get("pageToken")
        if token:
            at, own = token.split("-")
            last = (float(at), int(own))
            rows = [row for row in rows if ((row.at, row.id) < last) == self.newest_first and (row.at, row.id) != last]
        size = min(int(query.params.get("maxResults", "10")), self.largest)
        page: dict[str, Any] = {"kind": "blogger#commentList", "items": [self._shown(row) for row in rows[:size]]}
        if len(rows) > size:
            page["nextPageToken"] = f"{rows[size - 1].at}-{rows[size - 1].id}"
        return Answer(page)

    def _post(self, post: str) -> dict[str, object]:
        return {
            "kind": "blogger#post",
            "id": post,
            "title": "Kilns &amp; clay",
            "content": "<p>Hot.</p>",
            "url": f"https://kilns.example/{post}.html",
            "published": "2026-09-01T00:00:00Z",
            "author": {"displayName": "Bo"},
        }

    def _shown(self, row: Row) -> dict[str, object]:
        written = datetime.fromtimestamp(int(row.at), self.zone).isoformat()
        shown: dict[str, object] = {
            "kind": "blogger#comment",
            "status": _STATUSES[row.status],
            "id": str(row.id),
            "post": {"id": str(row.post)},
            "blog": {"id": "42"},
            "published": written,
            "updated": datetime.fromtimestamp(row.edited_at or row.at, UTC).isoformat(),
            "content": row.text,
            "author": {"id": "g1", "displayName": row.author},
        }
        return {**shown, "inReplyTo": {"id": str(row.parent)}} if row.parent else shown


def _problem(status: int, message: str) -> Answer:
    errors = [{"domain": "global", "reason": "invalid", "message": message}]
    return Answer({"error": {"code": status, "message": message, "errors": errors}}, status)


CONTRACTS = (
    Contract(
        name="blogger",
        platform="blogger",
        serve=BloggerServer,
        options=lambda url: {
            "url": url,
            "blog": "https://kilns.example",
            "client_id": "bot",
            "client_secret": {"env": "SECRET"},
            "refresh_token": {"env": "TOKEN"},
        },
        environment={"SECRET": "s", "TOKEN": "leave"},
        logs_in=True,
    ),
    Contract(
        name="blogger-public",
        platform="blogger",
        serve=BloggerServer,
        options=lambda url: {"url": url, "blog": "42", "api_key": {"env": "KEY"}},
        environment={"KEY": "key"},
        logs_in=True,
    ),
)
