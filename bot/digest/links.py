"""The links in a mail: signed, so that they need no login, and bound to what they may do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import Connection, Row

from bot.config import Config
from bot.digest.content import Link, Links, NoLinks
from bot.links import LinkAction, sign
from bot.store.keys import LINKS, signing_key

# Longer than anybody is on holiday.
LINK_DAYS = 30
_ACTIONS: tuple[tuple[LinkAction, str], ...] = (
    ("confirm", "Confirm"),
    ("dismiss", "Dismiss"),
    ("snooze", "Snooze"),
    ("allow", "Allow…"),
)
# What else is signed with the same key must not pass for this.
_PURPOSE = b"unsubscribe"
_LONGEST = 1000


@dataclass(frozen=True, slots=True)
class SignedLinks:
    """Make links to the public address of the review page; `now` is when the mail is made."""

    url: str
    key: bytes
    now: datetime

    def decisions(self, row: Row[Any], moderator: str) -> Sequence[Link]:
        """Return the links that decide on a finding, for some weeks."""
        expiry = self.now + timedelta(days=LINK_DAYS)
        of_finding: dict[str, Any] = {"finding": row.id, "revision": row.revision, "moderator": moderator}
        return [
            Link(label, f"{self.url}/d/{sign(self.key, action=action, expiry=expiry, **of_finding)}")
            for action, label in _ACTIONS
        ]

    def queue(self, site: str) -> str | None:
        """Return the page with a site's open findings."""
        return f"{self.url}/?site={quote(site, safe='')}"

    def unsubscribe(self, site: str, moderator: str) -> str | None:
        """Return the page that ends a site's mails to a moderator; it does not expire."""
        return f"{self.url}/unsubscribe/{_serializer(self.key).dumps([moderator, site])}"


def links_of(config: Config, connection: Connection, *, now: datetime) -> Links:
    """Return what makes the links of mails: none without a public address. Wants a transaction that may write."""
    if config.web.url is None:
        return NoLinks()
    return SignedLinks(config.web.url.rstrip("/"), signing_key(connection, LINKS, now=now), now)


def read_unsubscribe(key: bytes, token: str) -> tuple[str, str] | None:
    """Return moderator and site of a token, None where it was forged or cut off."""
    try:
        moderator, site = _serializer(key).loads(token[:_LONGEST])
    except (BadSignature, ValueError, TypeError):
        return None
    return moderator, site


def _serializer(key: bytes) -> URLSafeSerializer:
    return URLSafeSerializer(key, salt=_PURPOSE)
