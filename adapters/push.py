"""Pushes: a site says that something has happened there, and signs it with a secret that only the two sides know.

A push is a reason to look, and nothing of what it says is believed: comments come from the site, asked as ever. So one
that is repeated, or made by somebody who has the secret, costs a poll and no more. Each signature is an HMAC-SHA256
(RFC 2104) in hexadecimals, after `sha256=`; ours covers the time of sending too, so that it does not hold for ever.
"""

import hmac
from collections.abc import Mapping

SIGNATURE, TIME = "X-Quotewarden-Signature", "X-Quotewarden-Time"
# The headers by which Coral (which may send two signatures), Discourse and GitHub sign the body alone.
_OF_THE_BODY = ("X-Coral-Signature", "X-Discourse-Event-Signature", "X-Hub-Signature-256")
# A push of ours that was sent so long ago, or is so far ahead, is none.
FRESH_SECONDS = 300
_MOST_SIGNATURES = 4


def is_signed(headers: Mapping[str, str], body: bytes, *, secret: str, now: float) -> bool:
    """Tell whether a push is signed with a secret; `now` is in seconds since 1970."""
    if ours := headers.get(SIGNATURE):
        sent = headers.get(TIME, "")
        is_fresh = sent.isascii() and sent.isdecimal() and len(sent) < 12 and abs(now - int(sent)) <= FRESH_SECONDS
        return is_fresh and _holds(ours, secret, sent.encode() + b"." + body)
    return any(_holds(given, secret, body) for name in _OF_THE_BODY if (given := headers.get(name)))


def sign(body: bytes, *, secret: str) -> str:
    """Return the signature of a body, as it stands in a header."""
    return "sha256=" + hmac.digest(secret.encode(), body, "sha256").hex()


def _holds(given: str, secret: str, body: bytes) -> bool:
    expected = sign(body, secret=secret).encode()
    parts = [part.strip().encode("utf-8", "replace") for part in given.split(",")[:_MOST_SIGNATURES]]
    return any(hmac.compare_digest(part, expected) for part in parts)
