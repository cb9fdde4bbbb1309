"""The contract that every live platform is held to: what an entry gives, and the stage that it is tried on.

A new platform brings a server under `tests/servers/` that speaks its language over a board, and entries for
`tests/test_contract.py`; the capabilities that its site declares say what is asserted.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from adapters.base import Cursor, Page, Sighting, Verb
from adapters.registry import find_platform
from adapters.site import Site, open_site
from tests.board import Row, Status
from tests.servers.server import BoardServer

# What each verb makes of a comment as a rule; a platform may also take a removed one away for good.
OUTCOMES: Mapping[Verb, Status] = {"hold": "held", "approve": "approved", "spam": "spam", "remove": "trash"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """Hold what the suite must know of one platform, read in one way.

    `serve` starts its server, as a context: a class of BoardServer; or it names the fixture of a real one, which has
    `url`, `board`, `clock`, `zone`, `meanwhile`, `id_of`, `delete` and `reset` too, but obeys no faults and tells no
    `asked`. `options` makes the keys of the site's table from the server's address.
    """

    name: str
    platform: str
    serve: Callable[[], BoardServer] | str
    options: Callable[[str], Mapping[str, object]] = lambda url: {"url": url}
    environment: Mapping[str, str] = field(default_factory=dict)
    # Whether reading needs the login; False where only what is done needs it, or where there is none.
    logs_in: bool = False
    # Whether the server can refuse a login that it has taken.
    is_revocable: bool = True
    # The most comments that the listing ever shows, where it ends.
    reach: int | None = None
    # Whether replies "not modified" are made use of: not where reading is done by POST.
    is_conditional: bool = True
    # What each verb makes of a comment.
    outcomes: Mapping[Verb, Status] = field(default_factory=lambda: OUTCOMES)
    # The id of a thread that is not there, in the platform's form; `{url}` is the server's address.
    no_thread: str = "999999"

    @contextmanager
    def stage(self, server: Any) -> Iterator["Stage"]:
        """Open the site at a running server."""
        options = find_platform(self.platform).Options(**self.options(server.url))
        with open_site("blog", self.platform, options, environment=self.environment, clock=server.clock) as site:
            yield Stage(self, server, site)


class Stage:
    """Be a server, the site that is read from it, and what has been seen of it so far.

    `seen` has every comment as it was last seen, `deleted` the ids that were said to be gone, both by the platform's
    ids; `cursor` is how far the polls have come.
    """

    def __init__(self, contract: Contract, server: Any, site: Site) -> None:
        self.contract, self.server, self.site = contract, server, site
        self.board = server.board
        self.cursor: Cursor = None
        self.seen: dict[str, Sighting] = {}
        self.deleted: set[str] = set()

    @property
    def sees(self) -> frozenset[str]:
        """What the site says it shows besides approved comments."""
        return self.site.capabilities.sees

    @property
    def verbs(self) -> frozenset[Verb]:
        """What the site says can be done."""
        return self.site.capabilities.verbs

    def write(self, count: int, *, apart: float = 60.0, before: float = 0.0, posts: int = 1) -> list[str]:
        """Write comments up to `before` seconds ago, so many seconds apart; return the platform's ids.

        No more than the listing shows, where it ends. They stand under so many posts, one after the other.
        """
        count = min(count, self.contract.reach or count)
        last = self.board.now - before
        return [
            self.id_of(
                self.board.create(
                    f"words {number}", post=1 + number * posts // count, at=last - (count - 1 - number) * apart
                )
            )
            for number in range(count)
        ]

    def id_of(self, id: str) -> str:
        """Return the platform's id of a comment of the board."""
        return str(self.server.id_of(id))

    def poll(self) -> list[str]:
        """Read on from the cursor; return the ids of what was not known, in the order in which they came."""
        fresh: list[str] = []
        for step in self.site.steps(self.cursor):
            self.take(step.page)
            fresh += [one.comment.id for one in step.fresh]
        return fresh

    def reread(self, *, seconds: float) -> list[Page]:
        """Read everything of the last so many seconds again, and look for what is gone of what was seen."""
        oldest = datetime.fromtimestamp(self.board.now - seconds, UTC)
        known = {
            id for id, one in self.seen.items() if one.comment.posted_at is None or one.comment.posted_at >= oldest
        }
        pages = list(self.site.rescan(self.cursor, oldest=oldest, known=known - self.deleted))
        for page in pages:
            self.take(page)
        return pages

    def take(self, page: Page) -> None:
        """Keep a page, and its cursor as it comes back from a store."""
        assert page.after == self.cursor
        self.cursor = json.loads(json.dumps(page.cursor, sort_keys=True))
        assert self.cursor == page.cursor
        self.seen.update((one.comment.id, one) for one in page.comments)
        self.deleted.update(page.deleted)

    def poll_on(self, pages: Iterator[Page]) -> None:
        """End a poll, and make another one."""
        for page in pages:
            self.take(page)
        self.poll()

    def shown(self) -> list[Row]:
        """Return the rows of the board that the listing has to show, the oldest first."""
        statuses: list[Status] = ["approved", *(status for status in ("held", "spam") if status in self.sees)]
        rows: list[Row] = self.board.listed(*statuses)
        return rows[-self.contract.reach :] if self.contract.reach else rows

    def missed(self) -> set[str]:
        """Return the ids of what the listing has to show and has not been seen."""
        return {self.id_of(str(row.id)) for row in self.shown()} - set(self.seen)

    def changes(self) -> list[Any]:
        """Return the requests that were to change something."""
        return [query for query in self.server.asked if self.server.changes(query)]

    @contextmanager
    def failing(self, fault: str, *, changes: bool = False) -> Iterator[None]:
        """Let every request go wrong in the same way, or only those that change something."""

        def fail(query: Any) -> None:
            if not changes or self.server.changes(query):
                self.server.faults.append(fault)

        before, self.server.before = self.server.before, fail
        try:
            yield
        finally:
            self.server.before = before
            self.server.faults.clear()
