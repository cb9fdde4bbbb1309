"""Mastodon in small: one account's posts and the contexts of them, as the documentation and real replies have it."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from html import escape
from operator import attrgetter

from tests.board import Row
from tests.contract import Contract
from tests.servers.server import Answer, BoardServer, Query

_FIRST = 1000  # ids below are those of the account's own posts
_OWN_ANSWER = 101


class MastodonServer(BoardServer):
    """Serve @kilns; its posts are those that the board's comments answer, and one whose answer is not the public's.

    `older` is how many posts without answers it has besides; strangers see sixty answers of one post.
    """

    def __init__(self) -> None:
        super().__init__()
        self.older = 0
        self.visibility = "public"

    def id_of(self, id: str) -> str:
        return str(int(id) + _FIRST)

    def answer(self, query: Query) -> Answer:
        has_token = "Authorization" in query.headers
        if has_token and not (self.is_welcome and query.headers["Authorization"] == "Bearer token"):
            return Answer({"error": "The access token is invalid"}, 401)
        match query.method, query.path.removeprefix("/api/v1/").split("/"):
            case "GET", ["accounts", "lookup"] if query.params["acct"] == "kilns":
                return Answer({"id": "7", "acct": "kilns"})
            case "GET", ["accounts", "verify_credentials"] if has_token:
                return Answer({"id": "8", "acct": "warden"})
            case "GET", ["accounts", "7", "statuses"]:
                return self._statuses(query)
            case "GET", ["statuses", id, "context"]:
                return self._context(int(id), has_token)
            case "GET", ["statuses", id, "source"]:
                return Answer({"id": id, "text": self.board.rows[int(id) - _FIRST].text})
            case "GET", ["statuses", id]:
                return self._one(int(id))
            case "POST", ["statuses"] if has_token:
                row = self.board.rows[int(query.json["in_reply_to_id"]) - _FIRST]
                made = self.board.create(query.json["status"], post=row.post, parent=row.id, author="warden")
                return self._one(int(made) + _FIRST)
            case "POST", ["reports"] if has_token:
                (id,) = query.json["status_ids"]
                self.reports.append((str(int(id) - _FIRST), query.json["comment"]))
                return Answer({"id": "1"})
        return Answer({"error": "Record not found"}, 404)

    def _posts(self) -> list[dict[str, object]]:
        board = self.board
        shown = Counter(row.post for row in board.rows.values() if row.status in ("approved", "held"))
        answered = {row.post for row in board.rows.values()}
        posts = [self._post(id, replies=shown[id]) for id in (answered | {2})]
        return [
            *posts,
            self._post(_OWN_ANSWER, reply_to="2"),
            *(self._post(900 - number) for number in range(self.older)),
        ]

    def _statuses(self, query: Query) -> Answer:
        posts = sorted(self._posts(), key=lambda post: int(str(post["id"])), reverse=True)
        if "max_id" in query.params:
            posts = [post for post in posts if int(str(post["id"])) < int(query.params["max_id"])]
        page = posts[: int(query.params["limit"])]
        address = f"{self.url}/api/v1/accounts/7/statuses"
        links = [f'<{address}?min_id=99>; rel="prev"']
        if len(page) == int(query.params["limit"]):
            links.insert(0, f'<{address}?limit=40&max_id={page[-1]["id"]}>; rel="next"')
        return Answer(page, headers={"Link": ", ".join(links)})

    def _context(self, id: int, has_token: bool) -> Answer:
        board = self.board
        if id < _FIRST:
            if id not in {int(str(post["id"])) for post in self._posts()}:
                return Answer({"error": "Record not found"}, 404)
            rows = (row for row in board.rows.values() if row.post == id and row.status == "approved")
            below = sorted(rows, key=attrgetter("at", "id"))[: 4096 if has_token else 60]
            return Answer({"ancestors": [], "descendants": [self._shown(row) for row in below]})
        row = board.rows.get(id - _FIRST)
        if row is None:
            return Answer({"error": "Record not found"}, 404)
        below = [one for one in board.listed("approved") if one.parent == row.id]
        return Answer({"ancestors": [self._post(row.post)], "descendants": [self._shown(one) for one in below]})

    def _one(self, id: int) -> Answer:
        row = self.board.rows.get(id - _FIRST)
        if id < _FIRST and any(post["id"] == str(id) for post in self._posts()):
            return Answer(self._post(id))
        if row is None or row.status != "approved":
            return Answer({"error": "Record not found"}, 404)
        return Answer(self._shown(row))

    def _post(self, id: int, *, replies: int = 0, reply_to: str | None = None) -> dict[str, object]:
        at = self.board.now - 86_400 - (1000 - id)
        return {
            "id": str(id), "created_at": _time(at), "in_reply_to_id": reply_to, "spoiler_text": "", "edited_at": None,
            "visibility": "public", "url": f"{self.url}/@kilns/{id}", "content": "<p>Hot.</p>",
            # One answer of the second post is for followers.
            "replies_count": replies or int(id == 2), "account": {"id": "7", "acct": "kilns"},
        }  # fmt: skip

    def _shown(self, row: Row) -> dict[str, object]:
        return {
            "id": str(row.id + _FIRST), "created_at": _time(row.at), "spoiler_text": "", "visibility": self.visibility,
            "in_reply_to_id": str(row.parent + _FIRST) if row.parent else str(row.post), "replies_count": 0,
            "edited_at": _time(row.edited_at) if row.edited_at else None, "content": f"<p>{escape(row.text)}</p>",
            "url": f"{self.url}/@{row.author}/{row.id}",
            "account": {"id": "8" if row.author == "warden" else "9", "acct": row.author},
        }  # fmt: skip


def _time(at: float) -> str:
    return (datetime.fromtimestamp(0, UTC) + timedelta(seconds=at)).isoformat(timespec="milliseconds")[:-6] + "Z"


CONTRACTS = (
    Contract(
        name="mastodon",
        platform="mastodon",
        serve=MastodonServer,
        options=lambda url: {"url": f"{url}/@kilns", "token": {"env": "TOKEN"}},
        environment={"TOKEN": "token"},
        logs_in=True,
    ),
)
