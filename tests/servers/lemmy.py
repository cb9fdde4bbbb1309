"""Lemmy in small: one community's comments over version 3 or 4 of its API, by its own client's types and routes."""

from datetime import UTC, datetime

from tests.board import Row
from tests.contract import OUTCOMES, Contract
from tests.servers.server import Answer, BoardServer, Query


class LemmyServer(BoardServer):
    """Serve c/clay over one `version` of the API; the bot moderates it while `moderates`."""

    version = 3

    def __init__(self) -> None:
        super().__init__()
        self.moderates = True
        self.logins = 0

    def changes(self, query: Query) -> bool:
        return query.method == "POST" and not query.path.endswith("/login")

    def answer(self, query: Query) -> Answer:
        prefix = f"/api/v{self.version}/"
        if not query.path.startswith(prefix):
            return Answer(b"", 404)
        path = query.path.removeprefix(prefix)
        if path in ("user/login", "account/auth/login"):
            given = {"username_or_email": "warden", "password": "pass"}
            if query.json != given or not self.is_welcome:
                return Answer({"error": "incorrect_login"}, 401)
            self.logins += 1
            return Answer({"jwt": f"jwt-{self.logins}", "registration_created": False})
        token = query.headers.get("Authorization", "").removeprefix("Bearer ")
        if token and (not self.is_welcome or token != f"jwt-{self.logins}"):
            return Answer({"error": "not_logged_in"}, 401)
        match query.method, path:
            case "GET", "site" | "account":
                return Answer(self._site(bool(token)) if path == "site" else self._user())
            case "GET", "post":
                return self._post(int(query.params["id"]))
            case "GET", "comment/list":
                return self._listed(query, bool(token))
            case "GET", "comment":
                row = self.board.rows.get(int(query.params["id"]))
                return Answer({"comment_view": self._view(row, bool(token))}) if row else _problem("comment")
            case "POST", _ if token:
                return self._act(path, query.json)
        return Answer({"error": "not_logged_in"}, 401)

    def _site(self, has_token: bool) -> dict[str, object]:
        mine = {"my_user": self._user()} if has_token and self.version == 3 else {}
        return {"site_view": {"site": {"name": "Clay"}}, "version": "0.19.5", **mine}

    def _user(self) -> dict[str, object]:
        moderates = [{"community": {"name": "clay"}}] if self.moderates else []
        return {"local_user_view": {"local_user": {"admin": False}}, "moderates": moderates}

    def _listed(self, query: Query, has_token: bool) -> Answer:
        assert "max_depth" not in query.params
        rows = self.board.listed("approved", "held") if has_token and self.moderates else self.board.listed("approved")
        if "post_id" in query.params:
            rows = [row for row in rows if row.post == int(query.params["post_id"])]
        elif "parent_id" in query.params:
            rows = [row for row in rows if query.params["parent_id"] in self._path(row).split(".")]
        elif query.params.get("community_name") != "clay":
            return _problem("community")
        if query.params["sort"] == "New":
            rows.reverse()
        limit = int(query.params["limit"])
        if not 1 <= limit <= 50:
            return Answer({"error": "invalid_fetch_limit"}, 400)
        if self.version == 3:
            start = (int(query.params.get("page", 1)) - 1) * limit
            return Answer({"comments": [self._view(row, has_token) for row in rows[start : start + limit]]})
        if cursor := query.params.get("page_cursor"):
            # A cursor is a place, whether or not its comment is still there.
            at, id = map(float, cursor.split("_"))
            new = query.params["sort"] == "New"
            rows = [row for row in rows if ((row.at, row.id) < (at, id) if new else (row.at, row.id) > (at, id))]
        page = rows[:limit]
        following = f"{page[-1].at}_{page[-1].id}" if len(rows) > limit else None
        return Answer({"items": [self._view(row, has_token) for row in page], "next_page": following})

    def _post(self, id: int) -> Answer:
        if not any(row.post == id for row in self.board.rows.values()):
            return _problem("post")
        post = {"id": id, "name": "Kilns & clay", "body": "Hot.", **self._times(1_788_220_800.0, None)}
        return Answer({"post_view": {"post": post, "creator": {"name": "Bo", "local": True}}})

    def _act(self, path: str, given: dict[str, object]) -> Answer:
        id = str(given.get("comment_id", given.get("parent_id")))
        row = self.board.rows.get(int(id))
        if row is None:
            return _problem("comment")
        match path:
            case "comment/remove" if self.moderates:
                self.board.set(id, "held" if given["removed"] else "approved")
            case "comment/report":
                self.reports.append((id, str(given["reason"])))
            case "comment" if given["post_id"] == row.post:
                made = self.board.create(str(given["content"]), post=row.post, parent=row.id, author="warden")
                row = self.board.rows[int(made)]
            case _:
                return Answer({"error": "not_a_moderator"}, 403)
        return Answer({"comment_view": self._view(self.board.rows[row.id], True)})

    def _path(self, row: Row) -> str:
        above = self.board.rows.get(row.parent)
        return f"{self._path(above) if above else '0'}.{row.id}"

    def _view(self, row: Row, has_token: bool) -> dict[str, object]:
        is_veiled = row.status != "approved" and not (has_token and self.moderates)
        comment = {
            "id": row.id, "post_id": row.post, "content": "" if is_veiled else row.text, "deleted": False,
            "removed": row.status != "approved", "path": self._path(row), **self._times(row.at, row.edited_at),
        }  # fmt: skip
        home = {3: "actor_id", 4: "ap_id"}[self.version]
        name, _, host = row.author.partition("@")
        creator = {"name": name, "local": not host, home: f"https://{host or 'clay.example'}/u/{name}"}
        return {"comment": comment, "creator": creator, "post": {"id": row.post, "name": "Kilns & clay"}}

    def _times(self, at: float, edited_at: float | None) -> dict[str, object]:
        suffix = "_at" if self.version == 4 else ""
        times = {f"published{suffix}": _time(at)}
        return {**times, f"updated{suffix}": _time(edited_at)} if edited_at else times


class Lemmy4Server(LemmyServer):
    """Serve it over version 4."""

    version = 4


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _problem(what: str) -> Answer:
    return Answer({"error": f"couldnt_find_{what}"}, 400)


CONTRACTS = tuple(
    Contract(
        name=name,
        platform="lemmy",
        serve=server,
        options=lambda url: {"url": f"{url}/c/clay", "user": "warden", "password": {"env": "PW"}},
        environment={"PW": "pass"},
        logs_in=True,
        # What is removed can be brought back.
        outcomes={**OUTCOMES, "remove": "held"},
    )
    for name, server in (("lemmy-3", LemmyServer), ("lemmy-4", Lemmy4Server))
)
