"""A board of comments in memory, with what happens to comments: the truth that adapters are held against."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from operator import attrgetter
from typing import Literal

from adapters.base import VERBS, Ask, Batch, Capabilities, Proof, Sighting, Verb
from adapters.errors import NotFoundError, OutcomeUnknown, RefusedError
from adapters.thread import Comment, Post, Thread

Status = Literal["approved", "held", "spam", "trash"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Hold one comment; times are seconds since 1970."""

    id: int
    post: int
    parent: int
    author: str
    text: str
    at: float
    status: Status = "approved"
    edited_at: float | None = None


class Board:
    """Hold comments and change them, as their authors and moderators do; `now` is the server's clock."""

    def __init__(self, *, now: float = 1_790_000_000.0) -> None:
        self.now = now
        self.rows: dict[int, Row] = {}
        self._last = 0

    def create(
        self,
        text: str,
        *,
        post: int = 1,
        parent: int = 0,
        author: str = "Ada",
        at: float | None = None,
        status: Status = "approved",
    ) -> str:
        """Write a comment; return its id."""
        self._last += 1
        when = self.now if at is None else at
        self.rows[self._last] = Row(
            id=self._last, post=post, parent=parent, author=author, text=text, at=when, status=status
        )
        return str(self._last)

    def edit(self, id: str, text: str) -> None:
        """Change a comment's words."""
        self.rows[int(id)] = replace(self.rows[int(id)], text=text, edited_at=self.now)

    def set(self, id: str, status: Status) -> None:
        """Change a comment's status."""
        self.rows[int(id)] = replace(self.rows[int(id)], status=status)

    def delete(self, id: str) -> None:
        """Take a comment away for good; those that answer it move up."""
        gone = self.rows.pop(int(id))
        for row in list(self.rows.values()):
            if row.parent == gone.id:
                self.rows[row.id] = replace(row, parent=gone.parent)

    def status(self, id: str) -> Status | None:
        """Return a comment's status, None when it is gone for good."""
        row = self.rows.get(int(id))
        return row.status if row else None

    def listed(self, *statuses: Status) -> list[Row]:
        """Return the comments of these statuses, the oldest first, by id within an instant."""
        wanted = statuses or ("approved", "held")
        return sorted((row for row in self.rows.values() if row.status in wanted), key=attrgetter("at", "id"))


class BoardPlatform:
    """Be a platform over a board, without a network.

    `order` is that of its listing; `tokens` says whether they name a place or count (and then step back). `asked` has
    every question. `slip`, if set, is called before each reply: what happens between two requests.
    """

    def __init__(
        self,
        board: Board,
        *,
        order: Literal["ascending", "newest-first"] = "ascending",
        tokens: Literal["places", "counts"] = "counts",
        size: int = 10,
        step_back: int = 3,
        grain: float = 1.0,
    ) -> None:
        self.board, self.asked = board, list[Ask]()
        self.sent: list[tuple[Verb, str, str | None]] = []
        self.capabilities = Capabilities(
            verbs=frozenset(VERBS) - {"report"}, sees=frozenset({"held", "deleted"}), order=order, grain=grain
        )
        self.slip = lambda: None
        self.acts = lambda act: act()
        self._tokens, self._size, self._back = tokens, size, step_back

    def recent(self, ask: Ask) -> Batch:
        self.slip()
        self.asked.append(ask)
        rows = self.board.listed()
        if self.capabilities.order == "ascending":
            rows = [row for row in rows if ask.since is None or row.at >= int(ask.since.timestamp())]
        else:
            rows.reverse()
        start = int(ask.token or 0) if self._tokens == "counts" else 0
        if ask.token and self._tokens == "places":
            rows = [row for row in rows if (row.at, row.id) < tuple(map(float, ask.token.split()))]
        page, more = rows[start : start + self._size], len(rows) > start + self._size
        token = str(start + self._size - self._back)
        if page and self._tokens == "places":
            token = f"{page[-1].at} {page[-1].id}"
        return Batch(comments=[sighting(row) for row in page], next=token if more else None)

    def thread(self, id: str) -> Thread:
        comments = [sighting(row).comment for row in self.board.listed() if str(row.post) == id]
        if not comments:
            raise NotFoundError(f"no post {id}")
        return Thread(site=None, id=id, title=None, url=None, post=Post(id=id), comments=comments)

    def comment(self, id: str) -> Sighting | None:
        row = self.board.rows.get(int(id))
        return sighting(row) if row and row.status != "trash" else None

    def act(self, verb: Verb, id: str, text: str | None) -> None:
        self.sent.append((verb, id, text))
        if int(id) not in self.board.rows:
            raise RefusedError("no such comment")
        self.acts(lambda: self._act(verb, id, text))

    def _act(self, verb: Verb, id: str, text: str | None) -> None:
        if verb == "reply":
            self.board.create(text or "", parent=int(id))
        else:
            self.board.set(id, _STATUSES[verb])

    def took(self, verb: Verb, id: str, text: str | None) -> bool | None:
        if verb == "reply":
            return any(row.parent == int(id) and row.text == text for row in self.board.rows.values())
        return self.board.rows[int(id)].status == _STATUSES[verb]

    def prove(self) -> Iterator[Proof]:
        yield Proof(name="login", ok=True, said="it holds")


_STATUSES: dict[Verb, Status] = {"hold": "held", "approve": "approved", "spam": "spam", "remove": "trash"}


def sighting(row: Row) -> Sighting:
    """Return a row as an adapter gives it."""
    return Sighting(
        post_id=str(row.post),
        comment=Comment(
            id=str(row.id),
            parent_id=str(row.parent) if row.parent else None,
            author=row.author,
            body=row.text,
            format="plain",
            posted_at=datetime.fromtimestamp(row.at, UTC),
            status=row.status,
        ),
    )


def saved_then_failed(act: object) -> None:
    """Do what is asked, and answer as if it had failed."""
    act()
    raise OutcomeUnknown("the site answered 500")


def failed(act: object) -> None:
    """Do nothing, and answer so that nobody can tell."""
    raise OutcomeUnknown("the site answered 500")
