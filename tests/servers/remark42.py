"""Remark42 in small: one site, as its documentation and its own source have it."""

from base64 import b64encode
from datetime import datetime

from tests.board import Row
from tests.contract import Contract
from tests.servers.server import Answer, BoardServer, Query

_LOGIN = "Basic " + b64encode(b"admin:admin pass").decode()


class Remark42Server(BoardServer):
    """Serve the site `kilns`, which keeps its comments by local time."""

    def page(self, row: Row) -> str:
        """Return the address of the page that a comment stands on."""
        return f"https://kilns.example/{row.post}/"

    def id_of(self, id: str) -> str:
        row = self.board.rows.get(int(id))
        return f"{self.page(row) if row else 'https://kilns.example/1/'}#remark42__comment-{int(id):08d}"

    def delete(self, id: str) -> None:
        """Mark a comment as deleted; its answers keep it as their parent."""
        self.board.set(id, "trash")

    def answer(self, query: Query) -> Answer:
        path = query.path.removeprefix("/api/v1/")
        given = query.json["locator"] if path == "comment" else query.params
        is_admin = query.headers.get("Authorization") == _LOGIN and self.is_welcome
        if not is_admin and (path.startswith("admin/") or query.method != "GET"):
            return Answer(b"Unauthorized", 401, {"Content-Type": "text/plain"})
        if given.get("site") != "kilns":
            return _problem(500, 0, f'site "{given.get("site")}" not found', "can't get last comments")
        url, since = given.get("url", ""), int(query.params.get("since", "0")) / 1000
        if path == "admin/blocked":
            return Answer([])
        if path == "list":
            return Answer(self._pages())
        if path.startswith("last/"):
            # By local time, as text, as the server keeps them.
            rows = [row for row in self.board.listed("approved") if self._local(row.at) > self._local(since)]
            return Answer([self._shown(row) for row in rows[::-1][: int(path.removeprefix("last/"))][:1000]])
        if path == "find":
            rows = [row for row in self.board.listed("approved", "trash") if self.page(row) == url and row.at > since]
            return Answer({"comments": [self._shown(row) for row in rows], "info": {"count": len(rows)}})
        own = query.json["pid"] if path == "comment" else path.rpartition("/")[2]
        row = self.board.rows.get(int(own))
        if row is None or self.page(row) != url:
            return _problem(500 if "admin" in path else 400, 1, f"no value for {own}", "can't get comment by id")
        if query.method == "DELETE":
            self.board.set(str(row.id), "trash")
        elif query.method == "POST":
            self.board.create(query.json["text"], post=row.post, parent=row.id, author="admin")
            return Answer({}, 201)
        return Answer(self._shown(self.board.rows[row.id]))

    def _pages(self) -> list[dict[str, object]]:
        rows = self.board.listed("approved", "trash")
        last = {self.page(row): row.at for row in rows}
        return [{"url": url, "count": 1, "last_time": self._time(at)} for url, at in last.items()]

    def _shown(self, row: Row) -> dict[str, object]:
        gone = row.status == "trash"
        shown: dict[str, object] = {
            "id": f"{row.id:08d}",
            "pid": f"{row.parent:08d}" if row.parent else "",
            "text": "" if gone else f"<p>{row.text}</p>\n",
            "orig": "" if gone else row.text,
            "user": {"name": row.author, "id": f"github_{row.author}", "admin": False},
            "locator": {"site": "kilns", "url": self.page(row)},
            "time": self._time(row.at),
            "title": "Kilns &amp; clay",
        }
        if row.edited_at:
            shown["edit"] = {"time": self._time(row.edited_at), "summary": ""}
        return {**shown, "delete": True} if gone else shown

    def _time(self, at: float) -> str:
        return datetime.fromtimestamp(at, self.zone).isoformat()

    def _local(self, at: float) -> str:
        return datetime.fromtimestamp(at, self.zone).strftime("%Y-%m-%dT%H:%M:%S.%f%z")


def _problem(status: int, code: int, error: str, details: str) -> Answer:
    return Answer({"code": code, "details": details, "error": error}, status)


CONTRACTS = (
    Contract(
        name="remark42",
        platform="remark42",
        serve=Remark42Server,
        options=lambda url: {"url": url, "site": "kilns", "password": {"env": "PW"}},
        environment={"PW": "admin pass"},
        no_thread="https://kilns.example/nowhere/",
    ),
    Contract(
        name="remark42-public",
        platform="remark42",
        serve=Remark42Server,
        options=lambda url: {"url": url, "site": "kilns"},
        no_thread="https://kilns.example/nowhere/",
    ),
)
