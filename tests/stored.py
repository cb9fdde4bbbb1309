"""Pages for the pipeline, and what the store holds in a form that tests can compare."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from adapters.base import Page, Sighting
from adapters.thread import Comment, Post
from bot.config import check_config
from bot.judging import Judge
from bot.pipeline import Pipeline, Taken
from bot.store.database import Store
from bot.store.sites import cursor_of
from bot.store.tables import comments, findings, not_evaluated, outbox, posts

SITE = "harbour.example"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
CONFIG = check_config({}, name="the test's")

BRIDGE = Post(
    id="bridge",
    title="The old harbour bridge",
    author="mw",
    body="The council decides on Thursday whether the old bridge is mended. A new one costs forty million.",
    format="plain",
    posted_at=NOON,
)
FISH = "Nobody who sells fish for a living can live through two summers without the road."


def comment(id: str, body: str, *, minute: int = 0, **rest: Any) -> Comment:
    if "posted_at" not in rest:
        rest["posted_at"] = NOON + timedelta(minutes=minute or int(id))
    return Comment(id=id, author=rest.pop("author", f"reader {id}"), body=body, format="plain", **rest)


FIRST = comment("1", FISH + " That is the whole argument.", author="Hanne Vik")
PILOT = comment("2", "The northern pier was looked at, in 2011. I was on the boat.", author="old pilot")
QUOTED = comment("5", f"“{FISH}” Well. We lived through the winter of the strike.", author="Marguerite")
CREDITED = comment(
    "5", f"Hanne Vik wrote: “{FISH}” Well. We lived through the winter of the strike.", author="Marguerite"
)
LINK = comment("4", "https://bridges.example/report.pdf", author="Pavel")


class Blog:
    """Be a site whose pages are taken one after the other."""

    def __init__(self, store: Store, **rest: Any) -> None:
        self.store = store
        feeds_archive = rest.pop("feeds_archive", False)
        shares = rest.pop("shares", None)
        judge = Judge(rest.pop("config", CONFIG), **rest)
        self.pipeline = Pipeline(store, judge, feeds_archive=feeds_archive, shares=shares)
        self.now = NOON + timedelta(hours=1)

    def take(
        self,
        *seen: Comment,
        posts: Sequence[Post] = (BRIDGE,),
        deleted: Sequence[str] = (),
        post: str = "bridge",
        cursor: object = None,
    ) -> Taken:
        with self.store.read() as connection:
            after = cursor_of(connection, SITE)
        sightings = [Sighting(post_id=post, comment=one) for one in seen]
        page = Page(after=after, cursor=cursor or (after or 0) + 1, posts=posts, comments=sightings, deleted=deleted)
        self.now += timedelta(minutes=1)
        return self.pipeline.take(SITE, page, now=self.now)

    def findings(self) -> list[tuple[str, str, str | None]]:
        """Return comment, rule and why it is resolved, of every finding."""
        with self.store.read() as connection:
            return [(row["comment"], row["rule"], row["resolved_reason"]) for row in finding_rows(connection)]

    def waiting(self) -> list[tuple[str, str]]:
        """Return comment and rule of what is in the outbox and not sent."""
        with self.store.read() as connection:
            return [(row["comment"], row["rule"]) for row in finding_rows(connection) if row["is_waiting"]]

    def rows(self, table: Any, *names: str) -> list[tuple[Any, ...]]:
        """Return columns of a table, in order."""
        with self.store.read() as connection:
            chosen = select(*(table.c[name] for name in names))
            return sorted((tuple(row) for row in connection.execute(chosen)), key=str)

    def state(self) -> dict[str, Any]:
        """Return all that the store holds, but for the numbers that it gave its rows."""
        return state(self.store, SITE)


def state(store: Store, site: str) -> dict[str, Any]:
    """Return all that a store with one site holds, but for the numbers that it gave its rows."""
    with store.read() as connection:
        numbers = {row.id: row.platform_id for row in connection.execute(select(posts))}
        return {
            "cursor": cursor_of(connection, site),
            "posts": _rows(connection, posts, {"id", "site_id", "post_id"}),
            "comments": [
                {**row, "post": numbers[row["post_id"]], "post_id": None, "id": None}
                for row in _rows(connection, comments, {"site_id"})
            ],
            "findings": finding_rows(connection),
            "not_evaluated": _rows(connection, not_evaluated, {"site_id"}),
        }


def finding_rows(connection: Connection) -> list[dict[str, Any]]:
    """Return all findings in the order of their comments, each with what the outbox has of it."""
    joined = (
        select(findings, comments.c.platform_id.label("comment"), outbox.c.id.label("line"), outbox.c.sent_at)
        .join_from(findings, comments, comments.c.id == findings.c.comment_id)
        .outerjoin(outbox, outbox.c.finding_id == findings.c.id)
        .order_by(comments.c.platform_id, findings.c.key)
    )
    found = []
    for row in connection.execute(joined).mappings():
        values = {name: value for name, value in row.items() if name not in ("id", "site_id", "comment_id", "line")}
        found.append({**values, "is_waiting": row["line"] is not None and row["sent_at"] is None})
    return found


def _rows(connection: Connection, table: Any, left_out: set[str]) -> list[dict[str, Any]]:
    rows = connection.execute(select(table).order_by(table.c.platform_id)).mappings()
    return [{name: value for name, value in row.items() if name not in left_out} for row in rows]
