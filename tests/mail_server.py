"""A mail server on the loopback, with TLS and login, that keeps what it is handed and answers as it is told."""

import email
import email.policy
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "quotewarden", "correct horse"


class Inbox:
    """Hold what the server took, with the recipients; `answers` are given in turn in place of 250, by command."""

    def __init__(self) -> None:
        self.taken: list[tuple[list[str], EmailMessage]] = []
        self.raw: list[bytes] = []
        self.answers: dict[str, list[str]] = {}
        self.logins: list[str] = []
        self.secured: list[bool] = []
        self.port = 0

    @property
    def mails(self) -> list[EmailMessage]:
        return [message for _, message in self.taken]

    def answer(self, command: str) -> str | None:
        waiting = self.answers.get(command)
        return waiting.pop(0) if waiting else None

    async def handle_RCPT(  # noqa: N802  # the name that aiosmtpd calls
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if (answer := self.answer("RCPT")) is not None:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802  # the name that aiosmtpd calls
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        answer = self.answer("DATA")
        if answer is None or answer.startswith("250"):
            self.raw.append(content)
            self.secured.append(session.ssl is not None)
            parsed = email.message_from_bytes(content, policy=email.policy.default)
            assert isinstance(parsed, EmailMessage)
            self.taken.append((list(envelope.rcpt_tos), parsed))
        return answer or "250 OK"


@contextmanager
def mail_server(context: ssl.SSLContext, *, security: str = "starttls", port: int = 0) -> Iterator[Inbox]:
    """Run a server that wants a secret way, and with STARTTLS a login too, before it takes a mail."""
    inbox = Inbox()

    def authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        inbox.logins.append(data.login.decode())
        return AuthResult(success=(data.login, data.password) == (USER.encode(), PASSWORD.encode()), handled=False)

    secret: dict[str, Any] = {"authenticator": authenticate}
    if security == "starttls":
        secret |= {"tls_context": context, "require_starttls": True, "auth_required": True}
    elif security == "none":
        secret = {}
    controller = _controller(inbox, secret, port, context if security == "tls" else None)
    controller.start()
    try:
        inbox.port = controller.port
        yield inbox
    finally:
        controller.stop()


def _controller(inbox: Inbox, options: dict[str, Any], port: int, context: ssl.SSLContext | None) -> Controller:
    class Loopback(Controller):
        def factory(self) -> SMTP:
            # With TLS from the start aiosmtpd does not know that the login is safe.
            return SMTP(self.handler, auth_require_tls=context is None, **options)

        def _trigger_server(self) -> None:
            self.port = self.server.sockets[0].getsockname()[1]
            super()._trigger_server()

    return Loopback(inbox, hostname="127.0.0.1", port=port, ssl_context=context)
