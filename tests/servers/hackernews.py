"""Hacker News in small: its own API, and the search that lists comments by date, as both are documented."""

import re
from html import escape

from tests.board import Row
from tests.contract import Contract
from tests.servers.server import Answer, BoardServer, Query

_FIRST = 1000  # ids below are those of stories
_BEFORE = re.compile(r"created_at_i<=(\d+)")


class HackerNewsServer(BoardServer):
    """Serve the stories that the board's comments answer; all are Bo's and link to `link`.

    The search shows a thousand hits of one question, and has none that are dead: those that the board holds.
    """

    link = "https://kilns.example/heat"

    def id_of(self, id: str) -> str:
        return str(int(id) + _FIRST)

    def answer(self, query: Query) -> Answer:
        match query.path.removesuffix(".json").strip("/").split("/"):
            case ["v0", "maxitem"]:
                return Answer(_FIRST + len(self.board.rows))
            case ["v0", "item", id]:
                return Answer(self._item(int(id)))
            case ["api", "v1", "items", id]:
                rows = [row for row in self.board.listed("approved") if row.post == int(id)]
                if not rows:
                    return Answer({"status": 404, "error": "Not Found"}, 404)
                story = {"id": int(id), "title": "Kilns & clay", "author": "Bo", "type": "story", "url": self.link,
                         "parent_id": None, "children": self._below(rows, 0)}  # fmt: skip
                return Answer(story)
            case ["api", "v1", "search_by_date"]:
                return self._search(query)
        return Answer({"status": 404, "error": "Not Found"}, 404)

    def _search(self, query: Query) -> Answer:
        tags = query.params["tags"]
        rows = self.board.listed("approved")[::-1]
        if tags.startswith("story"):
            stories = [{"objectID": str(id), "url": self.link, "author": "Bo"} for id in {row.post for row in rows}]
            others = [{"objectID": "77", "url": "https://kilns.example.evil/", "author": "Cy"}]
            if tags == "story":
                return Answer({"hits": [*stories, *others]})
            return Answer({"hits": stories if tags == "story,author_Bo" else []})
        wanted = {int(id) for id in re.findall(r"story_(\d+)", tags)}
        rows = [row for row in rows if row.post in wanted]
        if until := _BEFORE.search(query.params.get("numericFilters", "")):
            rows = [row for row in rows if int(row.at) <= int(until[1])]
        size, page = int(query.params["hitsPerPage"]), int(query.params.get("page", 0))
        return Answer({"hits": [self._hit(row) for row in rows[:1000][page * size : (page + 1) * size]]})

    def _hit(self, row: Row) -> dict[str, object]:
        parent = row.parent + _FIRST if row.parent else row.post
        return {"objectID": str(row.id + _FIRST), "author": row.author, "comment_text": escape(row.text, quote=False),
                "created_at_i": int(row.at), "parent_id": parent, "story_id": row.post,
                "story_title": "Kilns & clay", "story_url": self.link}  # fmt: skip

    def _item(self, id: int) -> dict[str, object] | None:
        if id < _FIRST:
            return {"id": id, "type": "story", "by": "Bo", "title": "Kilns & clay", "url": self.link}
        row = self.board.rows.get(id - _FIRST)
        if row is None:
            return {"id": id, "type": "comment", "deleted": True, "parent": 1, "time": int(self.board.now)}
        dead = {"dead": True} if row.status != "approved" else {}
        return {"id": id, "type": "comment", "by": row.author, "text": escape(row.text, quote=False),
                "time": int(row.at), "parent": row.parent + _FIRST if row.parent else row.post, **dead}  # fmt: skip

    def _below(self, rows: list[Row], parent: int) -> list[dict[str, object]]:
        return [
            {"id": row.id + _FIRST, "type": "comment", "author": row.author, "text": escape(row.text, quote=False),
             "created_at_i": int(row.at), "parent_id": parent or row.post, "story_id": row.post,
             "children": self._below(rows, row.id)}
            for row in rows if row.parent == parent
        ]  # fmt: skip


CONTRACTS = (
    Contract(
        name="hackernews",
        platform="hackernews",
        serve=HackerNewsServer,
        options=lambda url: {"url": url, "stories": tuple(range(1, 101))},
    ),
)
