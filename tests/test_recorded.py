"""What real servers of WordPress, Isso and Waline answered, kept beside the checkout: every comment of it is told."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.base import Ask, Sighting
from adapters.platforms import isso, waline, wordpress
from adapters.reply import Reply
from adapters.thread import Comment


class Recorded:
    """Be the requests of a site, answered by the end of their address."""

    def __init__(self, **replies: bytes) -> None:
        self.replies, self.headers = replies, {}

    def get(self, url: str, params: object = None, *, if_changed: bool = False) -> Reply:
        name = url.rstrip("/").rpartition("/")[2]
        return Reply(url, 200, {}, self.replies[name])

    def log_in(self, user: str, password: str) -> None:
        return


def said(text: str, line: str) -> Any:
    """Return the JSON at the end of a line of a log that begins so."""
    [found] = [one for one in text.splitlines() if one.startswith(f"## {line} 200 ")]
    return json.loads(found[found.index("} {") + 2 :])


@pytest.mark.parametrize(
    ("name", "answers"), [("wp65_edit_all", 15), ("wp65_view_page1", 5), ("wp65_spam", 1), ("wp65_hold", 0)]
)
def test_wordpress_over_rest(shared: Path, name: str, answers: int) -> None:
    body = (shared / "fixtures" / "wp_rest_live" / f"{name}.json").read_bytes()
    http = Recorded(comments=body, **{"wp-json": b'{"namespaces": ["wp/v2"]}'})
    rows = json.loads(body)
    batch = wordpress.WordPress("https://blog.example", http, moderates=True).recent(Ask())
    expected = [
        Sighting(
            post_id=str(row["post"]),
            comment=Comment(
                id=str(row["id"]),
                parent_id=str(row["parent"]) if row["parent"] else None,
                author=row["author_name"],
                body=row["content"]["rendered"],
                format="html",
                url=row["link"],
                posted_at=datetime.fromisoformat(row["date_gmt"]).replace(tzinfo=UTC),
                status=row["status"],
            ),
        )
        for row in rows
    ]
    assert list(batch.comments) == expected
    assert sum(one.comment.parent_id is not None for one in batch.comments) == answers


def test_isso_in_public(shared: Path) -> None:
    page = said((shared / "fixtures" / "isso_live" / "probe_isso.out").read_text("utf-8"), "fetch")
    http = Recorded(comments=json.dumps(page).encode())
    thread = isso.Isso("http://comments", http, blog="", password=None).thread("/")
    told = [(one.id, one.parent_id, one.author, one.body, one.status) for one in thread.comments]
    assert told == [(str(row["id"]), None, row["author"], row["text"], "accepted") for row in page["replies"]]
    times = [one.posted_at.timestamp() for one in thread.comments]
    assert times == pytest.approx([row["created"] for row in page["replies"]], abs=1e-5)


def test_the_queue_of_isso(shared: Path) -> None:
    page = (shared / "fixtures" / "isso_live" / "out_admin.html").read_bytes()
    http = Recorded(latest=b"[]", admin=page)
    site = isso.Isso("http://comments", http, blog="https://blog.example", password="any")  # noqa: S106  # nobody's
    batch = site.recent(Ask())
    told = [(one.comment.id, one.comment.author, one.comment.body, one.comment.status) for one in batch.comments]
    assert told == [(str(id), f"U{id - 1}", f"Held comment {id - 1}", "held") for id in (3, 2, 1)]
    assert {one.comment.url for one in batch.comments} == {
        f"https://blog.example/index.html#isso-{id}" for id in (1, 2, 3)
    }


def test_a_thread_of_waline(shared: Path) -> None:
    page = said((shared / "fixtures" / "waline_live" / "probe_waline.out").read_text("utf-8"), "list")
    site = waline.Waline("http://comments", Recorded(comment=json.dumps(page).encode()), blog="", login=None)
    rows = [row for root in page["data"]["data"] for row in (root, *root["children"])]
    thread = site.thread("/post/1")
    assert len(thread.comments) == page["data"]["count"] == 4
    assert {(one.id, one.parent_id, one.author, one.body, one.status) for one in thread.comments} == {
        (str(row["objectId"]), str(row["pid"]) if row["pid"] else None, row["nick"], row["comment"], row["status"])
        for row in rows
    }
    assert {one.posted_at.timestamp() * 1000 for one in thread.comments} == {row["time"] for row in rows}
