"""Reddit in small: one subreddit's comments over the API, with tokens, as the documentation and clients tell it."""

from base64 import b64encode
from urllib.parse import parse_qs

from tests.board import Board, Row
from tests.contract import OUTCOMES, Contract
from tests.servers.server import Answer, BoardServer, Query

APP = "Basic " + b64encode(b"app:app-secret").decode()
LOGINS = (
    {"grant_type": "refresh_token", "refresh_token": "leave"},
    {"grant_type": "password", "username": "warden", "password": "pass"},
    {"grant_type": "client_credentials"},
)


class RedditServer(BoardServer):
    """Serve r/clay; a token holds for `seconds` by the board's clock, and `shows` comments are listed at most.

    A comment that was deleted is listed no more, and a listing after it is empty; a thread's page has `at_once` of its
    comments and stubs for the rest, and nothing below the third answer to an answer.
    """

    def __init__(self, board: Board | None = None) -> None:
        super().__init__(board)
        self.seconds, self.shows, self.at_once, self.depth = 3600, 1000, 20, 3
        self.moderates = True
        self.issued = 0
        self._until: dict[str, float] = {}

    def changes(self, query: Query) -> bool:
        return query.method == "POST" and query.path != "/api/v1/access_token"

    def answer(self, query: Query) -> Answer:
        if query.path == "/api/v1/access_token":
            return self._token(query)
        token = query.headers.get("Authorization", "").removeprefix("Bearer ")
        if not self.is_welcome or self._until.get(token, 0.0) <= self.board.now:
            return Answer({"message": "Unauthorized", "error": 401}, 401)
        parts = query.path.strip("/").split("/")
        form = {name: values[-1] for name, values in parse_qs(query.body.decode()).items()}
        match query.method, parts:
            case "GET", ["r", "clay", "comments"]:
                return self._listed(query)
            case "GET", ["r", "clay", "about"]:
                return Answer({"kind": "t5", "data": {"user_is_moderator": self.moderates}})
            case "GET", ["api", "info"]:
                return Answer(self._listing([self._info(query.params["id"].removeprefix("t1_"))]))
            case "GET", ["comments", post, *below]:
                return self._topic(int(post), int(below[1]) if below else 0)
            case "GET", ["api", "morechildren"]:
                rows = [self.board.rows.get(int(id)) for id in query.params["children"].split(",")]
                things = [self._shown(row) for row in rows if row is not None]
                return Answer({"json": {"errors": [], "data": {"things": things}}})
            case "POST", ["api", verb]:
                return self._act(verb, form)
        return Answer({"message": "Not Found", "error": 404}, 404)

    def _token(self, query: Query) -> Answer:
        form = {name: values[-1] for name, values in parse_qs(query.body.decode()).items()}
        if query.headers.get("Authorization") != APP:
            return Answer({"message": "Unauthorized", "error": 401}, 401)
        if form not in LOGINS or not self.is_welcome:
            # So it is for a password; a refresh token that was taken back is a bad request.
            return Answer({"error": "invalid_grant"}, 200 if form["grant_type"] == "password" else 400)
        self.issued += 1
        token = f"token-{self.issued}"
        self._until[token] = self.board.now + self.seconds
        return Answer({"access_token": token, "token_type": "bearer", "expires_in": self.seconds, "scope": "*"})

    def _listed(self, query: Query) -> Answer:
        rows = self.board.listed("approved", "held", "spam")[::-1][: self.shows]
        names = [f"t1_{row.id}" for row in rows]
        start = 0
        if after := query.params.get("after"):
            start = names.index(after) + 1 if after in names else len(rows)
        size = min(int(query.params.get("limit", 25)), 100)
        page = rows[start : start + size]
        following = names[start + size - 1] if start + size < len(rows) else None
        return Answer(self._listing([self._shown(row, listed=True) for row in page], following))

    def _topic(self, post: int, top: int) -> Answer:
        rows = [row for row in self.board.listed("approved", "held", "spam") if row.post == post]
        if not rows:
            return Answer({"message": "Not Found", "error": 404}, 404)
        head = {
            "id": str(post), "name": f"t3_{post}", "title": "Kilns & clay", "selftext": "Hot.", "author": "Bo",
            "subreddit": "clay", "permalink": f"/r/clay/comments/{post}/kilns/", "created_utc": 1_788_220_800.0,
            "url": f"https://www.reddit.com/r/clay/comments/{post}/kilns/",
        }  # fmt: skip
        left = [self.at_once if not top else 100]
        first = [row for row in rows if (row.id == top if top else row.parent == 0)]
        tree = self._listing(self._tree(rows, first, f"t3_{post}", 1, left))
        return Answer([self._listing([{"kind": "t3", "data": head}]), tree])

    def _tree(self, rows: list[Row], siblings: list[Row], above: str, depth: int, left: list[int]) -> list[object]:
        if siblings and depth > self.depth:
            return [{"kind": "more", "data": {"id": "_", "count": 0, "parent_id": above, "children": []}}]
        things: list[object] = []
        for place, row in enumerate(siblings):
            if left[0] <= 0:
                ids = [str(one.id) for one in siblings[place:] for one in self._family(rows, one)]
                things.append({"kind": "more", "data": {"id": ids[0], "count": len(ids), "parent_id": above,
                                                        "children": ids}})  # fmt: skip
                break
            left[0] -= 1
            thing = self._shown(row)
            below = [one for one in rows if one.parent == row.id]
            children = self._tree(rows, below, f"t1_{row.id}", depth + 1, left)
            thing["data"]["replies"] = self._listing(children) if children else ""
            things.append(thing)
        return things

    def _family(self, rows: list[Row], row: Row) -> list[Row]:
        return [row, *(one for child in rows if child.parent == row.id for one in self._family(rows, child))]

    def _act(self, verb: str, form: dict[str, str]) -> Answer:
        id = form.get("id", form.get("thing_id", "")).removeprefix("t1_")
        row = self.board.rows.get(int(id))
        if verb in ("remove", "approve") and not self.moderates:
            return Answer({"message": "Forbidden", "error": 403}, 403)
        if verb == "comment":
            if row is None:
                return Answer({"json": {"errors": [["DELETED_COMMENT", "that comment has been deleted", "parent"]]}})
            made = self.board.create(form["text"], post=row.post, parent=row.id, author="warden")
            things = [self._shown(self.board.rows[int(made)])]
            return Answer({"json": {"errors": [], "data": {"things": things}}})
        if row is None:
            return Answer({"message": "Not Found", "error": 404}, 404)
        if verb == "remove":
            self.board.set(id, "spam" if form["spam"] == "true" else "held")
        elif verb == "approve":
            self.board.set(id, "approved")
        elif verb == "report":
            self.reports.append((id, form["reason"]))
        else:
            return Answer({"message": "Not Found", "error": 404}, 404)
        return Answer({})

    def _info(self, id: str) -> dict[str, dict[str, object]]:
        row = self.board.rows.get(int(id))
        if row is not None and (self.moderates or row.status == "approved"):
            return self._shown(row)
        body = "[deleted]" if row is None else "[removed]"
        data = {"id": id, "name": f"t1_{id}", "link_id": "t3_1", "parent_id": "t3_1", "author": "[deleted]",
                "body": body, "created_utc": 1_789_000_000.0, "edited": False}  # fmt: skip
        return {"kind": "t1", "data": data}

    def _shown(self, row: Row, *, listed: bool = False) -> dict[str, dict[str, object]]:
        page = f"/r/clay/comments/{row.post}/kilns/"
        data: dict[str, object] = {
            "id": str(row.id), "name": f"t1_{row.id}", "link_id": f"t3_{row.post}", "author": row.author,
            "parent_id": f"t1_{row.parent}" if row.parent else f"t3_{row.post}", "body": row.text, "replies": "",
            "created_utc": float(int(row.at)), "edited": row.edited_at or False, "subreddit": "clay",
            "permalink": f"{page}{row.id}/",
        }  # fmt: skip
        if listed:
            data |= {"link_title": "Kilns & clay", "link_permalink": f"https://www.reddit.com{page}"}
        if self.moderates:
            data |= {"removed": row.status == "held", "spam": row.status == "spam", "approved": False}
        return {"kind": "t1", "data": data}

    def _listing(self, children: list[object], after: str | None = None) -> dict[str, object]:
        return {"kind": "Listing", "data": {"children": children, "after": after, "before": None}}


CONTRACTS = (
    Contract(
        name="reddit",
        platform="reddit",
        serve=RedditServer,
        options=lambda url: {
            "url": f"{url}/r/clay",
            "client_id": "app",
            "client_secret": {"env": "SECRET"},
            "refresh_token": {"env": "LEAVE"},
        },
        environment={"SECRET": "app-secret", "LEAVE": "leave"},
        logs_in=True,
        reach=1000,
        # What is removed can be approved again.
        outcomes={**OUTCOMES, "remove": "held"},
    ),
)
