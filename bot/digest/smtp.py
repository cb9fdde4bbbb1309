"""Handing a mail to a server: by TLS from the start or by STARTTLS, with a login where one is configured."""

import os
import smtplib
import socket
import ssl
from email.utils import parseaddr

from adapters.errors import SecretError
from bot.config_moderators import MailOptions

_SECONDS = 30.0


class SendError(Exception):
    """Say why a mail was not taken; `passes` is False when the server said that it never will be."""

    def __init__(self, problem: str, *, passes: bool = True) -> None:
        self.passes = passes
        super().__init__(problem)


def send(options: MailOptions, content: str, *, recipient: str) -> None:
    """Hand a mail to the server, for one recipient; raises SendError."""
    try:
        with _connected(options) as server:
            if options.user is not None and options.password is not None:
                server.login(options.user, options.password.reveal(os.environ))
            server.sendmail(parseaddr(options.sender)[1], [recipient], content.encode("ascii"))
    except smtplib.SMTPRecipientsRefused as error:
        code, said = next(iter(error.recipients.values()))
        raise SendError(f"the recipient was refused: {_said(code, said)}", passes=code < 500) from error
    except smtplib.SMTPAuthenticationError as error:
        # Whoever mends the login does not want the mails to be lost.
        raise SendError(f"the login was refused: {_said(error.smtp_code, error.smtp_error)}") from error
    except smtplib.SMTPSenderRefused as error:
        raise SendError(
            f"the sender was refused: {_said(error.smtp_code, error.smtp_error)}", passes=error.smtp_code < 500
        ) from error
    except smtplib.SMTPDataError as error:
        raise SendError(
            f"the mail was refused: {_said(error.smtp_code, error.smtp_error)}", passes=error.smtp_code < 500
        ) from error
    except smtplib.SMTPResponseException as error:
        raise SendError(f"the server said {_said(error.smtp_code, error.smtp_error)}") from error
    except SecretError as error:
        raise SendError(str(error)) from error
    except ssl.SSLError as error:
        raise SendError(f"no secure connection to {options.server}: {error.reason or error}") from error
    except (OSError, smtplib.SMTPException) as error:
        # SMTPServerDisconnected too: what becomes of a mail whose server hangs up nobody knows, so it is sent again.
        raise SendError(f"{options.server}: {error.strerror if _has_words(error) else error}") from error


def _connected(options: MailOptions) -> smtplib.SMTP:
    context = ssl.create_default_context()
    name = socket.gethostname() or "localhost"
    if options.security == "tls":
        return smtplib.SMTP_SSL(options.server, options.port, local_hostname=name, timeout=_SECONDS, context=context)
    server = smtplib.SMTP(options.server, options.port, local_hostname=name, timeout=_SECONDS)
    try:
        if options.security == "starttls":
            server.starttls(context=context)
    except BaseException:
        server.close()
        raise
    return server


def _has_words(error: Exception) -> bool:
    return isinstance(error, OSError) and bool(error.strerror)


def _said(code: int, words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return f"{code} {' '.join(text.split())}"
