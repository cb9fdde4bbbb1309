"""Handing a mail to a server: by TLS from the start or by STARTTLS, with a login where one is configured."""

import os
import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.utils import parseaddr

from adapters.errors import SecretError
from bot.config_moderators import MailOptions

_SECONDS = 30.0


class SendError(Exception):
    """Say why a mail was not taken.

    `passes` is False when the server said that it never will be; `is_server` tells that the server was not to be had.
    """

    def __init__(self, problem: str, *, passes: bool = True, is_server: bool = False) -> None:
        self.passes, self.is_server = passes, is_server
        super().__init__(problem)


def greet(options: MailOptions) -> str:
    """Connect and log in, send nothing, and return how the server calls itself; raises SendError."""
    with _at_server(options) as server:
        said = server.ehlo_resp or server.helo_resp or b""
        return said.decode("utf-8", "replace").splitlines()[0] if said else str(options.server)


def send(options: MailOptions, content: str, *, recipient: str) -> None:
    """Hand a mail to the server, for one recipient; raises SendError."""
    with _at_server(options) as server:
        server.sendmail(parseaddr(options.sender or "")[1], [recipient], content.encode("ascii"))


@contextmanager
def _at_server(options: MailOptions) -> Iterator[smtplib.SMTP]:
    """Yield a server that has let us in, and make a SendError of whatever it, or the way to it, says."""
    if options.server is None or options.sender is None:
        raise SendError("mail goes out only with server and sender in the table [mail]", is_server=True)
    try:
        server = _connected(options, options.server)
        try:
            if options.user is not None and options.password is not None:
                server.login(options.user, options.password.reveal(os.environ))
            yield server
        finally:
            # The mail is taken or refused by now; how they part changes nothing of it.
            with suppress(OSError, smtplib.SMTPException):
                server.quit()
            server.close()
    except smtplib.SMTPRecipientsRefused as error:
        code, words = next(iter(error.recipients.values()))
        raise SendError(f"the recipient was refused: {_said(code, words)}", passes=code < 500) from error
    except smtplib.SMTPDataError as error:
        said = _said(error.smtp_code, error.smtp_error)
        raise SendError(f"the mail was refused: {said}", passes=error.smtp_code < 500) from error
    except smtplib.SMTPAuthenticationError as error:
        # Whoever mends the login or the sender does not want the mails to be lost.
        said = _said(error.smtp_code, error.smtp_error)
        raise SendError(f"the login was refused: {said}", is_server=True) from error
    except smtplib.SMTPSenderRefused as error:
        raise SendError(f"the sender was refused: {_said(error.smtp_code, error.smtp_error)}") from error
    except smtplib.SMTPResponseException as error:
        raise SendError(f"{options.server} said {_said(error.smtp_code, error.smtp_error)}", is_server=True) from error
    except SecretError as error:
        raise SendError(str(error), is_server=True) from error
    except ssl.SSLError as error:
        problem = getattr(error, "verify_message", None) or error.reason or str(error)
        raise SendError(f"no secure connection to {options.server}: {problem}", is_server=True) from error
    except (OSError, smtplib.SMTPException) as error:
        # Where a server hangs up in the middle nobody knows what becomes of the mail: it is sent again.
        problem = (isinstance(error, OSError) and error.strerror) or str(error)
        raise SendError(f"{options.server}: {problem}", is_server=True) from error


def _connected(options: MailOptions, host: str) -> smtplib.SMTP:
    context = ssl.create_default_context()
    name = socket.gethostname() or "localhost"
    if options.security == "tls":
        return smtplib.SMTP_SSL(host, options.port, local_hostname=name, timeout=_SECONDS, context=context)
    server = smtplib.SMTP(host, options.port, local_hostname=name, timeout=_SECONDS)
    try:
        if options.security == "starttls":
            server.starttls(context=context)
    except BaseException:
        server.close()
        raise
    return server


def _said(code: int, words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return f"{code} {' '.join(text.split())}"
