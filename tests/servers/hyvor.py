"""Hyvor Talk in small: the comments of one website, as its Console API gives them."""

from tests.board import Row, Status
from tests.contract import Contract
from tests.servers.server import Answer, BoardServer, Query

_STATUSES: dict[Status, str] = {"approved": "published", "held": "pending", "spam": "spam", "trash": "deleted"}
_BACK: dict[str, Status] = {word: status for status, word in _STATUSES.items()}


class HyvorServer(BoardServer):
    """Serve the website 42; `largest` is the most that a page has, whatever is asked for."""

    largest = 40

    def delete(self, id: str) -> None:
        """Mark a comment as deleted; its answers keep it as their parent."""
        self.board.set(id, "trash")

    def answer(self, query: Query) -> Answer:
        if query.headers.get("X-API-KEY") != "key" or not self.is_welcome:
            return Answer({"message": "Invalid API key"}, 401)
        if not query.path.startswith("/api/console/v1/42/"):
            return Answer({"message": "Website not found"}, 404)
        match query.path.removeprefix("/api/console/v1/42/").split("/"):
            case ["website"]:
                return Answer({"id": 42, "name": "Kilns &amp; clay"})
            case ["comments"]:
                return Answer(self._list(query))
            case ["comment", own, *rest]:
                row = self.board.rows.get(int(own))
                return Answer(self._one(query, row, rest)) if row else Answer({"message": "Comment not found"}, 404)
        return Answer({"message": "Not found"}, 404)

    def _one(self, query: Query, row: Row, rest: list[str]) -> object:
        match query.method, rest:
            case "GET", ["flags"]:
                return [{"reason": said} for id, said in self.reports if id == str(row.id)]
            case "POST", ["reply"]:
                self.board.create(query.json["body"], post=row.post, parent=row.id, author="owner")
            case "POST", ["flag"]:
                self.reports.append((str(row.id), query.json["reason"]))
            case "PATCH", []:
                self.board.set(str(row.id), _BACK[query.json["status"]])
        return self._shown(self.board.rows[row.id])

    def _list(self, query: Query) -> list[dict[str, object]]:
        rows = sorted(self.board.rows.values(), key=lambda row: (row.at, row.id), reverse=True)
        if "page_id" in query.params:
            rows = [row for row in rows if str(row.post) == query.params["page_id"]]
        below = self.board.rows.get(int(query.params.get("before_id", "0")))
        if below:
            rows = [row for row in rows if (row.at, row.id) < (below.at, below.id)]
        return [self._shown(row) for row in rows[: min(int(query.params.get("limit", "25")), self.largest)]]

    def _shown(self, row: Row) -> dict[str, object]:
        page = {"id": row.post, "title": "Kilns &amp; clay", "url": f"https://kilns.example/{row.post}/"}
        return {
            "id": row.id,
            "created_at": int(row.at),
            "user": {"type": "hyvor", "name": row.author},
            "page": {**page, "created_at": 1_788_000_000},
            "body": row.text,
            "body_html": f"<p>{row.text}</p>",
            "status": _STATUSES[row.status],
            "parent": {"id": row.parent} if row.parent else None,
            "is_edited": row.edited_at is not None,
        }


CONTRACTS = (
    Contract(
        name="hyvor",
        platform="hyvor",
        serve=HyvorServer,
        options=lambda url: {"url": url, "website_id": 42, "api_key": {"env": "KEY"}},
        environment={"KEY": "key"},
        logs_in=True,
    ),
)
