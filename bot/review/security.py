"""What keeps the review page safe: headers, the size of forms, signed cookies, form tokens and passwords."""

import hashlib
import hmac
import secrets
import threading
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from itsdangerous import BadData, BadSignature, Signer, URLSafeSerializer
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "quotewarden"
TOLD = "quotewarden-told"
SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 1000

_LARGEST_BODY = 256_000
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "X-Robots-Tag": "noindex, nofollow",
}


class Shield:
    """Put the headers on every reply, and take no body that no form of ours sends."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        taken = 0

        async def measured() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > _LARGEST_BODY:
                raise HTTPException(413)
            return message

        async def headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
                if scope["path"].startswith("/static/"):
                    headers["Cache-Control"] = "public, max-age=3600"
                else:
                    headers["Cache-Control"] = "no-store"
                if scope["scheme"] == "https":
                    headers["Strict-Transport-Security"] = "max-age=31536000"
            await send(message)

        await self._app(scope, measured, headed)


class Seal:
    """Sign what a browser keeps: a random token, which names a session once somebody has logged in."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._signer = Signer(key, salt="review.session", digest_method=hashlib.sha256)
        self._messages = URLSafeSerializer(key, salt="review.message", signer_kwargs={"digest_method": hashlib.sha256})

    def cookie(self, token: str) -> str:
        """Return a token, signed."""
        return self._signer.sign(token).decode()

    def token(self, cookie: str | None) -> str | None:
        """Return the token in a cookie that was signed here."""
        try:
            return self._signer.unsign(cookie or "").decode()
        except (BadSignature, UnicodeDecodeError):
            return None

    def signed(self, message: Any) -> str:
        """Return a message for the next page, signed."""
        return str(self._messages.dumps(message))

    def message(self, cookie: str | None) -> Any:
        """Return the message in a cookie that was signed here."""
        try:
            return self._messages.loads(cookie or "")
        except BadData:
            return None

    def form_token(self, token: str) -> str:
        """Return what the forms of the pages that a token sees must carry."""
        return hmac.new(self._key, f"review.form.{token}".encode(), hashlib.sha256).hexdigest()


def new_token() -> str:
    """Return a token that nobody can guess."""
    return secrets.token_urlsafe(32)


def kept_token(token: str) -> str:
    """Return what the store keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


_hasher = PasswordHasher()
# Each takes 64 MB and a core.
_hashing = threading.BoundedSemaphore(2)
# Compared where there is no account, so that both take as long.
_NOBODYS = _hasher.hash(secrets.token_urlsafe())


def hash_password(password: str) -> str:
    """Return what is kept of a password (argon2id, RFC 9106)."""
    with _hashing:
        return _hasher.hash(password)


def is_password(password: str, kept: str | None) -> bool:
    """Say whether a password is the one that was kept; takes as long where none was."""
    with _hashing:
        try:
            return _hasher.verify(kept or _NOBODYS, password[:LONGEST_PASSWORD]) and kept is not None
        except (VerificationError, InvalidHashError):
            return False
