"""Waline in small: its listings, its login and what an administrator may do, as Waline 1.39 answered."""

from tests.board import Row, Status
from tests.contract import Contract
from tests.servers.server import Answer, BoardServer, Query

EMAIL, PASSWORD = "bot@blog.example", "kiln and clay"
STATUSES: dict[Status, str] = {"approved": "approved", "held": "waiting", "spam": "spam"}
_BACK: dict[str, Status] = {word: status for status, word in STATUSES.items()}


class WalineServer(BoardServer):
    """Serve one Waline; `is_admin` says whether the bot's account is an administrator's."""

    is_admin = True

    def answer(self, query: Query) -> Answer:
        moderates = self.is_welcome and query.headers.get("Authorization") == "Bearer a-token"
        match query.path.strip("/").split("/"):
            case ["api", "token"]:
                is_right = (query.json["email"], query.json["password"]) == (EMAIL, PASSWORD)
                return _answer({"token": "a-token"}) if is_right and self.is_welcome else _refusal(1000)
            case ["api", "comment"] if query.method == "GET":
                return self._list(query, moderates)
            case ["api", "comment"]:
                given = query.json
                parent, author = int(given["pid"]), "bot" if moderates else given["nick"]
                id = self.board.create(given["comment"], parent=parent, author=author)
                return _answer(self._shown(self.board.rows[int(id)]))
            case ["api", "comment", _] if not moderates:
                return _refusal(401)
            case ["api", "comment", id] if query.method == "DELETE":
                self.delete(id)
                return _answer("")
            case ["api", "comment", id]:
                if self.board.status(id) is None:
                    return _answer("")
                self.board.set(id, _BACK[query.json["status"]])
                return _answer(self._shown(self.board.rows[int(id)]))
        return Answer(b"Not Found", 404, {"Content-Type": "text/plain"})

    def changes(self, query: Query) -> bool:
        return query.method != "GET" and query.path.startswith("/api/comment")

    def delete(self, id: str) -> None:
        # With everything that answers it.
        for row in list(self.board.rows.values()):
            if row.parent == int(id) and row.id in self.board.rows:
                self.delete(str(row.id))
        self.board.rows.pop(int(id), None)

    def _list(self, query: Query, moderates: bool) -> Answer:
        wanted = query.params
        if wanted.get("type") == "recent":
            return _answer([self._shown(row) for row in self.board.listed("approved")[::-1][: int(wanted["count"])]])
        page, size = int(wanted["page"]), int(wanted["pageSize"])
        assert size <= 100
        if wanted.get("type") == "list":
            if not moderates:
                return _refusal(401)
            if not self.is_admin:
                return _refusal(403)
            rows = sorted(self.board.listed(*STATUSES), key=lambda row: int(row.at), reverse=True)
            shown = [self._shown(row) for row in rows[(page - 1) * size : page * size]]
            return _answer({"page": page, "totalPages": -(-len(rows) // size), "pageSize": size, "data": shown})
        statuses: tuple[Status, ...] = tuple(STATUSES) if moderates else ("approved",)
        rows = [row for row in self.board.listed(*statuses) if wanted["path"] == _path(row)]
        roots = [row for row in rows if not row.parent]
        shown = [
            {**self._shown(row), "children": [self._shown(one) for one in rows if one.parent == row.id]}
            for row in roots[(page - 1) * size : page * size]
        ]
        return _answer({"page": page, "totalPages": -(-len(roots) // size), "count": len(rows), "data": shown})

    def _shown(self, row: Row) -> dict[str, object]:
        return {
            "objectId": row.id,
            "pid": row.parent or None,
            "rid": row.parent or None,
            "nick": row.author,
            "comment": f"<p>{row.text}</p>\n",
            "orig": row.text,
            "url": _path(row),
            "status": STATUSES[row.status],
            "time": int(row.at) * 1000,
        }


def _path(row: Row) -> str:
    return f"/post/{row.post}"


def _answer(data: object) -> Answer:
    return Answer({"errno": 0, "errmsg": "", "data": data})


def _refusal(errno: int) -> Answer:
    return Answer({"errno": errno, "errmsg": "refused"}, errno if errno in (401, 403) else 200)


def logged_in(url: str) -> dict[str, object]:
    """Return the keys of a site that an administrator reads."""
    return {"url": url, "blog": "https://blog.example", "email": EMAIL, "password": {"env": "PW"}}


CONTRACTS = (
    Contract(
        name="waline",
        platform="waline",
        serve=WalineServer,
        options=logged_in,
        environment={"PW": PASSWORD},
        logs_in=True,
        no_thread="/nowhere",
        is_conditional=False,
    ),
    Contract(name="waline-public", platform="waline", serve=WalineServer, no_thread="/nowhere", reach=50),
)
