"""Isso in small: its list of the latest comments, its threads and its admin page, as Isso 0.14 answered."""

from collections.abc import Iterable
from html import escape
from urllib.parse import parse_qs, urlsplit

from tests.board import Row, Status
from tests.contract import Contract
from tests.servers.server import Answer, BoardServer, Query

_MODES: dict[Status, int] = {"approved": 1, "held": 2, "trash": 4}
_LABELS = {1: "Valid", 2: "Pending", 4: "Staled"}
_PATHS = {"1": "/kilns/"}


class IssoServer(BoardServer):
    """Serve one Isso; `shows_latest` is its setting of that name, `password` opens its admin page."""

    shows_latest, password = True, "kiln and clay"

    def answer(self, query: Query) -> Answer:
        match query.path.strip("/").split("/"):
            case ["latest"] if self.shows_latest:
                rows = sorted(self.board.listed("approved"), key=lambda row: row.parent > 0)
                return Answer([self._shown(row) for row in rows[-int(query.params["limit"]) :]])
            case [""]:
                return Answer(self._thread(query.params["uri"]))
            case ["login"]:
                given = parse_qs(query.body.decode()).get("password", [""])[-1]
                if not (self.is_welcome and given == self.password):
                    return _page(_LOGIN)
                return Answer(b"", 302, {"Location": f"{self.url}/admin/", "Set-Cookie": "admin-session=yes; Path=/"})
            case ["admin"]:
                if not (self.is_welcome and "admin-session=yes" in query.headers.get("Cookie", "")):
                    return _page(_LOGIN)
                return self._admin(query)
            case ["id", id, action, key] if query.method == "POST" and key == f"{id}.key":
                if self.board.status(id) is None:
                    return _page("Not Found", 404)
                if action == "delete":
                    self.delete(id)
                elif self.board.status(id) == "held":
                    self.board.set(id, "approved")
                return _page("Comment has been activated")
        return _page("Not Found", 404)

    def changes(self, query: Query) -> bool:
        return query.method == "POST" and query.path.startswith("/id/")

    def delete(self, id: str) -> None:
        # One that has answers stays, without its words.
        if any(row.parent == int(id) for row in self.board.rows.values()):
            self.board.edit(id, "")
            self.board.set(id, "trash")
        else:
            self.board.delete(id)

    def _thread(self, path: str) -> dict[str, object]:
        rows = [row for row in self.board.listed("approved", "trash") if _path(row) == path]
        top = [{**self._shown(row), "replies": self._answers(row, rows)} for row in rows if not row.parent]
        return {"id": None, "total_replies": len(rows), "hidden_replies": 0, "replies": top}

    def _answers(self, parent: Row, rows: Iterable[Row]) -> list[dict[str, object]]:
        return [self._shown(row) for row in rows if row.parent == parent.id]

    def _admin(self, query: Query) -> Answer:
        if search := query.params.get("comment_search_url"):
            id = int(urlsplit(search).fragment.rpartition("-")[2])
            rows = [row for row in self.board.rows.values() if row.id == id]
        else:
            wanted, page = int(query.params["mode"]), int(query.params.get("page", 0))
            rows = [row for row in self.board.listed(*_MODES) if _MODES[row.status] == wanted]
            rows = rows[::-1][page * 100 : (page + 1) * 100]
        shown = "".join(self._queued(row) for row in rows)
        return _page(f'<span class="label label-pending active">Pending</span><div id="isso-root">{shown}</div>')

    def _queued(self, row: Row) -> str:
        mode, path = _MODES[row.status], _path(row)
        return (
            f"<div class='isso-comment' id='isso-{row.id}'><div class='isso-comment-header'>"
            f'<div>Thread: Kilns (<a href="{path}">{path}</a>)</div>'
            f"<span class='isso-author' id='isso-author-{row.id}'>{escape(row.author)}</span>"
            f"(<span>a@blog.example</span> <a href='mailto:a@blog.example'>mailto</a>)"
            f"<time>06:25 / 22-11-2026</time><span class='note'><span class='label'>{_LABELS[mode]}</span></span></div>"
            f"<div class='isso-text'><pre id='isso-text-{row.id}'>{escape(row.text)}</pre></div>"
            f"<a onClick=\"javascript:delete_com({row.id}, '{row.id}.key', '{self.url}')\">Delete</a></div>"
        )

    def _shown(self, row: Row) -> dict[str, object]:
        return {
            "id": row.id,
            "parent": row.parent or None,
            "created": row.at,
            "modified": row.edited_at,
            "mode": _MODES[row.status],
            "text": f"<p>{row.text}</p>",
            "author": row.author,
            "website": None,
            "likes": 0,
            "dislikes": 0,
            "uri": _path(row),
        }


_LOGIN = "<form method='POST' action='/login/'><input type='password' name='password' autofocus /></form>"


def _path(row: Row) -> str:
    return _PATHS.get(str(row.post), f"/{row.post}/")


def _page(body: str, status: int = 200) -> Answer:
    page = f"<!DOCTYPE html><html><head><title>Isso admin</title></head><body>{body}</body></html>"
    return Answer(page.encode(), status, {"Content-Type": "text/html; charset=utf-8"})


def logged_in(url: str) -> dict[str, object]:
    """Return the keys of a site whose admin page is read."""
    return {"url": url, "blog": "https://blog.example", "password": {"env": "PW"}}


CONTRACTS = (
    Contract(
        name="isso",
        platform="isso",
        serve=IssoServer,
        options=logged_in,
        environment={"PW": IssoServer.password},
        logs_in=True,
        is_conditional=False,
        no_thread="/nowhere/",
    ),
    Contract(name="isso-public", platform="isso", serve=IssoServer, no_thread="/nowhere/"),
)
