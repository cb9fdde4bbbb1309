"""Moderators, a store with findings, and rounds of the digest at times that the test says."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bot.config import Config, check_config
from bot.digest.rounds import Rounds
from bot.digest.sending import Round
from bot.store.database import Store
from tests.mail_server import USER, Inbox
from tests.stored import NOON, SITE, Blog

MORNING = datetime.fromisoformat("2026-03-02T07:00:00+00:00")


def config_of(*, inbox: Inbox | None = None, secret: Path | None = None, **rest: Any) -> Config:
    """Return a configuration with one site and the moderator ada; `rest` is more of ada, `web` and `others` apart."""
    mail: dict[str, Any] = {"server": "mail.test", "sender": "Quotewarden <quotewarden@mail.test>"}
    if inbox is not None:
        mail |= {"server": "127.0.0.1", "port": inbox.port}
    mail |= rest.pop("mail", {})
    if secret is not None:
        mail |= {"user": USER, "password": {"file": str(secret)}}
    web, others = rest.pop("web", {"url": "https://mod.example"}), rest.pop("others", {})
    sites = rest.pop("sites_config", {SITE: {"platform": "feed", "url": f"https://{SITE}/comments.xml"}})
    ada = {"address": "ada@mail.test", **rest}
    return check_config({"mail": mail, "web": web, "sites": sites, "moderators": {"ada": ada, **others}}, name="test")


class Desk:
    """Be a moderator's side of a store: pages come in through `blog`, and `round` is a minute of the daemon."""

    def __init__(self, store: Store, config: Config, **rest: Any) -> None:
        self.store, self.config, self.now = store, config, NOON + timedelta(hours=2)
        self.blog = Blog(store)
        self.sent: list[tuple[str, str]] = []
        self._rest: dict[str, Any] = {"send": self._keep, **rest}

    def round(self, now: datetime | None = None) -> Round:
        """Make one round, at a time if it is given, else a minute after the last one."""
        self.now = now or self.now + timedelta(minutes=1)
        return self.rounds()()

    def rounds(self) -> Rounds:
        return Rounds(self.config, self.store, now=lambda: self.now, **self._rest)

    def _keep(self, options: object, content: str, *, recipient: str) -> None:
        self.sent.append((recipient, content))
