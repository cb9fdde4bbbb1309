"""The review page over a store, with people who may look at it."""

import re
from datetime import datetime, timedelta
from typing import Any

from starlette.testclient import TestClient

from bot.config import Config, check_config
from bot.review.app import build_app
from bot.review.security import hash_password, kept_token, new_token
from bot.store.database import Store
from bot.store.people import Invitation, Role, accept, account, begin_session, invitation, invite
from bot.store.tables import findings
from tests.stored import FIRST, LINK, NOON, PILOT, QUOTED, Blog

NOW = NOON + timedelta(hours=2)
PASSWORD = "a long enough password"  # noqa: S105  # of nobody
CONFIG = check_config({"web": {"port": 9481}, "moderators": {"ada": {}}}, name="the test's")
# Made once: each hash takes a twentieth of a second.
_KEPT = hash_password(PASSWORD)
ADDRESS = "http://127.0.0.1:9481"


def fill(store: Store, *more: Any) -> Blog:
    """Have a blog's comments judged: an unattributed quotation (comment 5) and a link (comment 4) are found."""
    blog = Blog(store)
    blog.take(FIRST, PILOT, LINK, QUOTED, *more)
    return blog


def add_person(store: Store, name: str, role: Role = "moderator", sites: frozenset[str] | None = None) -> int:
    """Make an account, whose password is PASSWORD."""
    with store.write() as connection:
        invite(connection, kept_token(name), name=name, role=role, sites=sites, now=NOW)
        invited = invitation(connection, kept_token(name), now=NOW)
        assert isinstance(invited, Invitation)
        return accept(connection, invited, name=name, password=_KEPT, language="en", now=NOW)


class Browser:
    """Be somebody's browser without scripts: it follows links and sends the forms of the page that it shows."""

    def __init__(self, store: Store, *, config: Config = CONFIG, now: datetime = NOW) -> None:
        self.now = now
        self.app = build_app(store, config, clock=lambda: self.now)
        self.client = TestClient(self.app, base_url=ADDRESS, client=("127.0.0.1", 50_000))
        self.client.headers["accept-language"] = "en"
        self.store = store
        self.text = ""
        self.status = 0
        self.path = ""

    def get(self, path: str, **rest: Any) -> str:
        """Open a page, and return its text."""
        return self._shown(self.client.get(path, **rest))

    def send(self, path: str, data: dict[str, Any], **rest: Any) -> str:
        """Send a form with the token of the page last seen, and return the page that comes of it."""
        return self._shown(self.client.post(path, data={"csrf": self.csrf(), **data}, **rest))

    def csrf(self) -> str:
        """Return the token in the forms of the page last seen."""
        found = re.search(r'name="csrf" value="(\w+)"', self.text)
        return found[1] if found else ""

    def log_in(self, name: str) -> "Browser":
        """Log somebody in by a session of theirs, without the form."""
        with self.store.write() as connection:
            known = account(connection, name)
            assert known is not None
            token = new_token()
            begin_session(connection, kept_token(token), known.id, now=self.now)
        self.client.cookies.set("quotewarden", self.app.state.review.seal.cookie(token))
        self.get("/account")
        assert self.status == 200
        return self

    def _shown(self, response: Any) -> str:
        self.text, self.status, self.path = response.text, response.status_code, response.url.path
        self.headers = response.headers
        return self.text


def found(store: Store, rule: str) -> Any:
    """Return the row of a rule's finding."""
    with store.read() as connection:
        return connection.execute(findings.select().where(findings.c.rule == rule)).one()


def states(store: Store) -> dict[str, str]:
    """Return the state of each rule's finding."""
    with store.read() as connection:
        return {row.rule: row.state for row in connection.execute(findings.select())}
