"""Signed links: each lets one moderator say one thing of one finding, as the comment was then, until it runs out."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, get_args

from itsdangerous import BadSignature, URLSafeSerializer

# `allow` asks on its page for whom or what; `dismiss` for the reason.
LinkAction = Literal["confirm", "dismiss", "snooze", "allow"]
Kind = Literal["forged", "expired", "stranger", "stale", "forgotten", "used"]

# What else is signed with the same key must not pass for a link.
_PURPOSE = b"decision link"
_LONGEST = 1000


class LinkError(Exception):
    """Say why a link does nothing any more; its page has the words for it."""

    def __init__(self, kind: Kind) -> None:
        super().__init__(kind)
        self.kind: Kind = kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Hold what a link lets its moderator do; `digest` names the link without giving it away."""

    finding: int
    revision: str
    action: LinkAction
    moderator: str
    expiry: datetime
    digest: str


def sign(key: bytes, *, finding: int, revision: str, action: LinkAction, moderator: str, expiry: datetime) -> str:
    """Return a token for a link; `revision` is the comment's hash, `expiry` counts in whole seconds."""
    token = _serializer(key).dumps([finding, revision, action, moderator, int(expiry.timestamp())])
    return token if isinstance(token, str) else token.decode()


def read(key: bytes, token: str, *, now: datetime) -> Link:
    """Return what a token lets its moderator do; raises LinkError where it is forged or has expired."""
    try:
        if len(token) > _LONGEST:
            raise LinkError("forged")
        finding, revision, action, moderator, expiry = _serializer(key).loads(token)
    except (BadSignature, ValueError, TypeError) as error:
        raise LinkError("forged") from error
    if action not in get_args(LinkAction):
        raise LinkError("forged")
    until = datetime.fromtimestamp(expiry, UTC)
    if until <= now:
        raise LinkError("expired")
    # Of what it says, not of its letters: those of a signature's end can be changed without breaking it.
    said = repr((finding, revision, action, moderator, expiry))
    digest = hashlib.sha256(said.encode()).hexdigest()[:32]
    return Link(finding=finding, revision=revision, action=action, moderator=moderator, expiry=until, digest=digest)


def _serializer(key: bytes) -> URLSafeSerializer:
    return URLSafeSerializer(key, salt=_PURPOSE, signer_kwargs={"digest_method": hashlib.sha256})
