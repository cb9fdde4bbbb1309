"""Discourse in small: posts, topics, flags and the review queue, as its source and its documentation tell them."""

import json
from datetime import UTC, datetime
from html import escape, unescape
from urllib.parse import parse_qs

from tests.board import Row
from tests.contract import Contract
from tests.servers.server import Answer, BoardServer, Fault, Query

_FIRST = 1000  # ids below are those of posts that begin topics


class DiscourseServer(BoardServer):
    """Serve one forum; `is_full`: pages hold fifty posts (new versions), or those among fifty ids (old ones).

    Posts of `unlisted` ids are nobody's to see in the listing; `queue` has what waits in the review queue, by id.
    """

    is_full = True

    def __init__(self) -> None:
        super().__init__()
        self.is_staff = True
        self.unlisted: set[int] = set()
        self.queue: dict[int, dict[str, object]] = {}

    def id_of(self, id: str) -> str:
        return str(int(id) + _FIRST)

    def failure(self, fault: Fault) -> Answer:
        if fault == "429":
            said = {
                "errors": ["You’ve done that too often."],
                "error_type": "rate_limit",
                "extras": {"wait_seconds": 30},
            }
            return Answer(said, 429, {"Retry-After": "30"})
        return super().failure(fault)

    def answer(self, query: Query) -> Answer:
        has_key = "Api-Key" in query.headers
        if has_key and not (self.is_welcome and query.headers["Api-Key"] == "key"):
            return _problem(403, "invalid_access")
        staff = has_key and self.is_staff
        match query.method, query.path.removesuffix(".json").strip("/").split("/"):
            case "GET", ["posts"]:
                return self._latest(int(query.params.get("before", 0)), staff)
            case "GET", ["posts", "by_number", topic, number]:
                return self._one(int(number) - 1, staff)
            case "GET", ["posts", id]:
                return self._one(int(id) - _FIRST, staff)
            case "GET", ["posts", id, "replies"]:
                parent = int(id) - _FIRST
                return Answer(
                    [self._shown(row, staff, raw=False) for row in self.board.listed() if row.parent == parent]
                )
            case "GET", ["t", topic]:
                return self._topic(int(topic), staff)
            case "GET", ["t", topic, "posts"]:
                return self._some(query, staff)
            case "GET", ["latest"]:
                rows = self._visible()
                topics = [{"id": rows[-1].post, "bumped_at": _time(rows[-1].at)}] if rows else []
                return Answer(
                    {"topic_list": {"topics": [{"id": 77, "bumped_at": "2001-01-01T00:00:00.000Z"}, *topics]}}
                )
            case "GET", ["session", "current"]:
                return Answer({"current_user": {"username": "warden", "moderator": self.is_staff, "admin": False}})
            case _, ["review", *rest]:
                return self._reviewed(query, rest) if staff else _problem(404, "not_found")
            case "POST" | "PUT" | "DELETE", path:
                return self._act(query, path) if staff else _problem(403, "invalid_access")
        return _problem(404, "not_found")

    def _visible(self) -> list[Row]:
        # They are in the order of their ids.
        return [row for row in self.board.rows.values() if row.status != "trash"]

    def _latest(self, before: int, staff: bool) -> Answer:
        rows = self._visible()[::-1]
        if self.is_full:
            page = [row for row in rows if not before or row.id + _FIRST < before]
            page = [row for row in page if row.id + _FIRST not in self.unlisted][:50]
        else:
            last = before or max((row.id + _FIRST for row in rows), default=0)
            page = [row for row in rows if last - 50 < row.id + _FIRST <= last and row.id + _FIRST not in self.unlisted]
        return Answer({"latest_posts": [self._shown(row, staff) for row in page]})

    def _one(self, id: int, staff: bool) -> Answer:
        row = self.board.rows.get(id)
        if row is None or (row.status == "trash" and not staff):
            return _problem(404, "not_found")
        return Answer(self._shown(row, staff))

    def _topic(self, topic: int, staff: bool) -> Answer:
        rows = [row for row in self._visible() if row.post == topic]
        if not rows:
            return _problem(404, "not_found")
        first = {
            "id": topic, "username": "Bo", "created_at": "2026-09-01T00:00:00.000Z", "cooked": "<p>Hot.</p>",
            "post_number": 1, "post_type": 1, "topic_id": topic, "topic_slug": "kilns", "version": 1,
        }  # fmt: skip
        notice = {**first, "id": 999, "post_number": 2, "post_type": 3, "cooked": "", "action_code": "closed.enabled"}
        posts = [first, notice, *(self._shown(row, staff, raw=False) for row in rows[:18])]
        stream = [topic, 999, *(row.id + _FIRST for row in rows)]
        return Answer({"id": topic, "title": "Kilns & clay", "slug": "kilns", "chunk_size": 20,
                       "post_stream": {"posts": posts, "stream": stream}})  # fmt: skip

    def _some(self, query: Query, staff: bool) -> Answer:
        ids = [int(id) - _FIRST for id in parse_qs(query.text)["post_ids[]"]]
        rows = [self.board.rows[id] for id in ids if id in self.board.rows]
        return Answer({"post_stream": {"posts": [self._shown(row, staff, raw=False) for row in rows]}})

    def _reviewed(self, query: Query, rest: list[str]) -> Answer:
        if not rest:
            pending = [row for row in self.queue.values() if row["status"] == 0]
            start = int(query.params["offset"])
            more = {"load_more_reviewables": "/review?offset=10"} if len(pending) > start + 10 else {}
            return Answer({"reviewables": pending[start : start + 10], "meta": more})
        item = self.queue.get(int(rest[0]))
        if item is None:
            return _problem(404, "not_found")
        if query.method == "PUT":
            if query.json["version"] != item["version"]:
                return _problem(409, "conflict")
            item["status"] = {"approve_post": 1, "reject_post": 2}[rest[2]]
            return Answer({"reviewable_perform_result": {"success": True}})
        return Answer({"reviewable": item})

    def _act(self, query: Query, path: list[str]) -> Answer:
        given = query.json or {}
        match query.method, path:
            case "POST", ["posts"]:
                parent = given["reply_to_post_number"] - 1
                made = self.board.create(given["raw"], post=given["topic_id"], parent=parent, author="warden")
                return self._one(int(made), True)
            case "POST", ["post_actions"]:
                id = str(given["id"] - _FIRST)
                if given["post_action_type_id"] == 7:
                    self.reports.append((id, given["message"]))
                elif given["take_action"] == "true":
                    self.board.set(id, {4: "held", 8: "spam"}[given["post_action_type_id"]])
                return self._one(int(id), True)
            case "PUT", ["posts", id, "unhide" | "recover"]:
                self.board.set(str(int(id) - _FIRST), "approved")
                return Answer({})
            case "DELETE", ["posts", id]:
                self.board.set(str(int(id) - _FIRST), "trash")
                return Answer(b"")
        return _problem(404, "not_found")

    def _shown(self, row: Row, staff: bool, *, raw: bool = True) -> dict[str, object]:
        is_hidden = row.status in ("held", "spam")
        is_veiled = is_hidden and not staff
        reported = any(id == str(row.id) for id, _ in self.reports)
        return {
            "id": row.id + _FIRST, "username": row.author, "created_at": _time(row.at), "updated_at":
            _time(row.edited_at or row.at), "version": 2 if row.edited_at else 1, "post_number": row.id + 1,
            "cooked": "<p>This post was flagged.</p>" if is_veiled else f"<p>{escape(unescape(row.text))}</p>",
            **({"raw": row.text} if raw else {}), **({"cooked_hidden": True} if is_veiled else {}), "post_type": 1,
            "topic_id": row.post, "topic_slug": "kilns", "topic_title": "Kilns & clay", "hidden": is_hidden,
            "reply_to_post_number": row.parent + 1 if row.parent else None, "user_deleted": False,
            "deleted_at": _time(self.board.now) if row.status == "trash" else None,
            "actions_summary": [{"id": 7, "acted": True}] if reported else [],
        }  # fmt: skip


class OldDiscourseServer(DiscourseServer):
    """Serve it as old versions do."""

    is_full = False


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _problem(status: int, kind: str) -> Answer:
    return Answer(json.dumps({"errors": [f"It is so: {kind}."], "error_type": kind}).encode(), status)


def _options(url: str) -> dict[str, object]:
    return {"url": url, "user": "warden", "api_key": {"env": "KEY"}}


CONTRACTS = (
    Contract(
        name="discourse",
        platform="discourse",
        serve=DiscourseServer,
        options=_options,
        environment={"KEY": "key"},
        logs_in=True,
        # Nothing tells whether the review queue has changed.
        is_conditional=False,
    ),
    Contract(
        name="discourse-old",
        platform="discourse",
        serve=OldDiscourseServer,
        options=_options,
        environment={"KEY": "key"},
        logs_in=True,
        is_conditional=False,
    ),
    Contract(name="discourse-anonymous", platform="discourse", serve=DiscourseServer),
)
