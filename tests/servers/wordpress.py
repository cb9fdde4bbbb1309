"""WordPress in small: its comments over REST, and its feed of comments, as real servers of 6.1 to 6.5 answered."""

from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from html import escape
from zoneinfo import ZoneInfo

from tests.board import Row, Status
from tests.contract import Contract
from tests.servers.server import Answer, BoardServer, Query

_STATUSES: dict[Status, str] = {"approved": "approved", "held": "hold", "spam": "spam", "trash": "trash"}
_BACK: dict[str, Status] = {word: status for status, word in _STATUSES.items()}


class WordPressServer(BoardServer):
    """Serve one blog; `has_rest` says whether REST is open, `pretty` whether /wp-json leads to it.

    `cap` is the most comments that a reply has, `hidden` the posts whose comments the login may not read.
    """

    has_rest, pretty, cap, hidden = True, True, 100, frozenset[int]()

    def answer(self, query: Query) -> Answer:
        path = query.params.get("rest_route", query.path.removeprefix("/wp-json"))
        if query.path in ("/comments/feed/", "/kilns/feed/"):
            rows = self.board.listed("approved")[-10:][::-1]
            # All that WordPress goes by is the second of the last comment: what comes in it later is "not modified".
            tag = f'"{int(rows[0].at)}"' if rows else '""'
            if query.headers.get("If-None-Match") == tag:
                return Answer(b"", 304)
            return self._feed([self._item(row) for row in rows], {"ETag": tag})
        if query.path == "/nowhere/feed/":
            return self._feed([], {})
        if query.path == "/feed/":
            post = f"<item><title>Kilns</title><link>{self.url}/kilns/</link><description>Hot.</description></item>"
            return self._feed([post], {})
        if not self.has_rest or (query.path.startswith("/wp-json") and not self.pretty):
            return Answer(b"<!doctype html><title>Page not found</title>", 404, {"Content-Type": "text/html"})
        given = query.headers.get("Authorization")
        moderates = bool(given) and self.is_welcome
        if path == "/":
            index = {"namespaces": ["oembed/1.0", "wp/v2"], "timezone_string": self.zone.key, "gmt_offset": 0}
            return Answer(index)
        if path == "/wp/v2/users/me":
            return Answer({"id": 1}) if moderates else _problem(401, "rest_not_logged_in")
        if path == "/wp/v2/posts/1":
            return Answer({"id": 1, "title": {"rendered": "Kilns &#038; clay"}, "content": {"rendered": "<p>Hot.</p>"},
                           "link": f"{self.url}/kilns/", "date_gmt": "2026-09-01T00:00:00",
                           "_embedded": {"author": [{"name": "Bo"}]}})  # fmt: skip
        if not path.startswith("/wp/v2/comments"):
            return _problem(404, "rest_no_route")
        if query.params.get("context") == "edit" and not moderates:
            return _problem(401, "rest_forbidden_context")
        id = path.removeprefix("/wp/v2/comments").strip("/")
        if query.method == "GET":
            return self._one(int(id), moderates) if id else self._list(query, moderates)
        if not moderates:
            return _problem(401, "rest_cannot_edit")
        return self._change(int(id), query) if id else self._create(query)

    def _list(self, query: Query, moderates: bool) -> Answer:
        size, offset = int(query.params.get("per_page", 10)), int(query.params.get("offset", 0))
        if not 1 <= size <= 100:
            return _problem(400, "rest_invalid_param")
        wanted = query.params.get("status", "approve")
        if wanted != "approve" and not moderates:
            return _problem(401, "rest_forbidden_param")
        rows = self.board.listed(*(("approved", "held") if wanted == "all" else ("approved",)))
        if "after" in query.params:
            after = self._local(datetime.fromisoformat(query.params["after"]).timestamp())
            # As WordPress does it: local dates, as texts, and the second itself left out.
            rows = [row for row in rows if self._local(row.at) > after]
        for name in ("post", "parent"):
            if name in query.params:
                rows = [row for row in rows if getattr(row, name) == int(query.params[name])]
        if query.params.get("order", "desc") == "desc":
            rows.reverse()
        size = min(size, self.cap)
        page = [self._shown(row) for row in rows[offset : offset + size] if row.post not in self.hidden]
        return Answer(page, headers={"X-WP-Total": str(len(rows)), "X-WP-TotalPages": str(-(-len(rows) // size))})

    def _one(self, id: int, moderates: bool) -> Answer:
        row = self.board.rows.get(id)
        if row is None:
            return _problem(404, "rest_comment_invalid_id")
        if row.status != "approved" and not moderates:
            return _problem(401, "rest_cannot_read")
        return Answer(self._shown(row))

    def _change(self, id: int, query: Query) -> Answer:
        row, status = self.board.rows.get(id), _BACK[query.json["status"]]
        if row is None:
            return _problem(404, "rest_comment_invalid_id")
        if row.status == status:
            return _problem(500, "rest_comment_failed_edit")
        self.board.set(str(id), status)
        return Answer(self._shown(self.board.rows[id]))

    def _create(self, query: Query) -> Answer:
        given = query.json
        if any(row.parent == given["parent"] and row.text == given["content"] for row in self.board.rows.values()):
            return _problem(409, "comment_duplicate")
        id = self.board.create(given["content"], post=given["post"], parent=given["parent"], author="admin")
        return Answer(self._shown(self.board.rows[int(id)]), 201)

    def _shown(self, row: Row) -> dict[str, object]:
        return {
            "id": row.id,
            "post": row.post,
            "parent": row.parent,
            "author_name": row.author,
            "date": self._local(row.at),
            "date_gmt": datetime.fromtimestamp(int(row.at), UTC).isoformat()[:19],
            "content": {"rendered": f"<p>{row.text}</p>\n", "raw": row.text},
            "link": f"{self.url}/kilns/#comment-{row.id}",
            "status": _STATUSES[row.status],
            "type": "comment",
        }

    def _local(self, at: float) -> str:
        return _local(int(at), self.zone)

    def _feed(self, items: list[str], headers: dict[str, str]) -> Answer:
        feed = (
            '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" '
            'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>Comments for Kilns</title>'
            f"<link>{self.url}</link>{''.join(items)}</channel></rss>"
        )
        return Answer(feed.encode(), headers={"Content-Type": "application/rss+xml; charset=UTF-8", **headers})

    def _item(self, row: Row) -> str:
        link = f"{self.url}/kilns/#comment-{row.id}"
        answered = f'<p>In reply to <a href="{self.url}/kilns/#comment-{row.parent}">Ada</a>.</p>\n' * bool(row.parent)
        return (
            f"<item><title>Comment on Kilns by {row.author}</title><link>{link}</link>"
            f"<dc:creator>{row.author}</dc:creator><guid isPermaLink='false'>{link}</guid>"
            f"<pubDate>{format_datetime(datetime.fromtimestamp(int(row.at), UTC))}</pubDate>"
            f"<description>{escape(row.text)}</description>"
            f"<content:encoded><![CDATA[{answered}<p>{row.text}</p>]]></content:encoded></item>"
        )


# Each request compares those of all comments.
@lru_cache(maxsize=20_000)
def _local(at: int, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(at, zone).isoformat()[:19]


def _problem(status: int, code: str) -> Answer:
    return Answer({"code": code, "message": code.replace("_", " "), "data": {"status": status}}, status)


CONTRACTS = (
    Contract(
        name="wordpress",
        platform="wordpress",
        serve=WordPressServer,
        options=lambda url: {"url": url, "user": "admin", "password": {"env": "PW"}},
        environment={"PW": "abcd efgh"},
        logs_in=True,
    ),
    Contract(name="wordpress-anonymous", platform="wordpress", serve=WordPressServer),
    Contract(
        name="wordpress-feed",
        platform="wordpress",
        serve=WordPressServer,
        options=lambda url: {"url": url, "mode": "feed"},
        reach=10,
        no_thread="{url}/nowhere/",
    ),
    # A feed is a feed, whoever serves it.
    Contract(
        name="feed",
        platform="feed",
        serve=WordPressServer,
        options=lambda url: {"url": f"{url}/comments/feed/"},
        reach=10,
    ),
)
