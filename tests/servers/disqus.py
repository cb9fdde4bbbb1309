"""Disqus in small: the posts of one forum, as https://disqus.com/api/docs/ has them."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from tests.board import Row, Status
from tests.contract import Contract
from tests.servers.server import Answer, BoardServer, Query

_STATES: dict[str, Status] = {"approve": "approved", "spam": "spam", "remove": "trash"}
# As the documentation of errors numbers them.
_STATUS_OF = {2: 400, 4: 401, 5: 401, 8: 404, 12: 403}


class DisqusServer(BoardServer):
    """Serve the forum `kilns`."""

    def delete(self, id: str) -> None:
        """Mark a comment as deleted; its answers keep it as their parent."""
        self.board.set(id, "trash")

    def answer(self, query: Query) -> Answer:
        path = query.path.removeprefix("/api/3.0/").removesuffix(".json")
        given = dict(parse_qsl(query.body.decode())) if query.method == "POST" else dict(query.params)
        if given.get("api_secret") != "app secret" or (not self.is_welcome):
            return _problem(5, "Invalid API key")
        moderates = given.get("access_token") == "token"
        match query.method, path:
            case "GET", "forums/details":
                if given["forum"] != "kilns":
                    return _problem(2, f"Invalid argument, 'forum': Unable to find forum '{given['forum']}'")
                return _good({"id": "kilns"})
            case "GET", "threads/details":
                if not any(str(row.post) == given["thread"] for row in self.board.rows.values()):
                    return _problem(2, f"Invalid argument, 'thread': Unable to find thread '{given['thread']}'")
                return _good(self._page(given["thread"]))
            case "GET", "posts/list":
                return self._list(given, moderates)
            case "GET", "posts/details":
                row = self._row(given["post"])
                return _good(self._shown(row)) if row else _no_post(given["post"])
            case "POST", _ if not moderates:
                return _problem(4, "You must provide an authenticated user for this method")
            case "POST", "posts/create":
                parent = self._row(given["parent"])
                if parent is None:
                    return _no_post(given["parent"])
                self.board.create(given["message"], post=parent.post, parent=parent.id, author="bot")
                return _good({})
            case "POST", _:
                verb, row = path.removeprefix("posts/"), self._row(given["post"])
                if row is None:
                    return _no_post(given["post"])
                self.board.set(given["post"], _STATES[verb])
                return _good([{"id": given["post"]}])
        return _problem(2, "Endpoint not valid")

    def _list(self, given: dict[str, str], moderates: bool) -> Answer:
        held = given.get("include") == "unapproved"
        if held and not moderates:
            return _problem(12, "This application does not have enough privileges to access this resource")
        limit = int(given.get("limit", "25"))
        if not 1 <= limit <= 100:
            return _problem(2, "Invalid argument, 'limit'")
        rows = self.board.listed(*(("approved", "held") if held else ("approved",)))
        if "thread" in given:
            rows = [row for row in rows if str(row.post) == given["thread"]]
        if given.get("order", "desc") == "desc":
            return _good([self._shown(row) for row in reversed(rows)][:limit])
        rows = [row for row in rows if int(row.at) > int(given.get("since", "0"))]
        # A cursor is the time of the last post that was shown, and how many of that time were.
        at, skip = given.get("cursor", "0:0:0").split(":")[:2]
        rows = [row for row in rows if _micros(row) >= int(at)]
        page, more = rows[int(skip) : int(skip) + limit], len(rows) > int(skip) + limit
        cursor: dict[str, Any] = {"hasNext": more, "next": None}
        if page:
            last = _micros(page[-1])
            count = sum(_micros(row) == last for row in page) + (int(skip) if last == int(at) else 0)
            cursor["next"] = f"{last}:{count}:0"
        return Answer({"cursor": cursor, "code": 0, "response": [self._shown(row) for row in page]})

    def _row(self, id: str) -> Row | None:
        return self.board.rows.get(int(id))

    def _page(self, id: str) -> dict[str, object]:
        return {
            "id": id,
            "clean_title": "Kilns &amp; clay",
            "title": "Kilns &amp; clay",
            "link": f"https://kilns.example/{id}/",
            "createdAt": "2026-09-01T00:00:00",
        }

    def _shown(self, row: Row) -> dict[str, object]:
        return {
            "id": str(row.id),
            "parent": row.parent or None,
            "thread": self._page(str(row.post)),
            "forum": "kilns",
            "author": {"name": row.author, "username": row.author.lower(), "isAnonymous": False},
            "message": f"<p>{row.text}</p>",
            "raw_message": row.text,
            "createdAt": datetime.fromtimestamp(int(row.at), UTC).isoformat()[:19],
            "isApproved": row.status == "approved",
            "isSpam": row.status == "spam",
            "isDeleted": row.status == "trash",
            "isEdited": row.edited_at is not None,
        }


def _micros(row: Row) -> int:
    return int(row.at) * 1_000_000


def _good(response: object) -> Answer:
    return Answer({"code": 0, "response": response})


def _no_post(id: str) -> Answer:
    return _problem(2, f"Invalid argument, 'post': Unable to find post '{id}'")


def _problem(code: int, said: str) -> Answer:
    return Answer({"code": code, "response": said}, _STATUS_OF[code])


CONTRACTS = (
    Contract(
        name="disqus",
        platform="disqus",
        serve=DisqusServer,
        options=lambda url: {
            "url": url,
            "forum": "kilns",
            "api_secret": {"env": "SECRET"},
            "access_token": {"env": "TOKEN"},
        },
        environment={"SECRET": "app secret", "TOKEN": "token"},
        logs_in=True,
    ),
    Contract(
        name="disqus-public",
        platform="disqus",
        serve=DisqusServer,
        options=lambda url: {"url": url, "forum": "kilns", "api_secret": {"env": "SECRET"}},
        environment={"SECRET": "app secret"},
        logs_in=True,
    ),
)
