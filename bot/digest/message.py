"""A digest as a mail: plain text first, HTML second, and headers that no comment has a word in."""

import hashlib
import secrets
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.parser import HeaderParser
from email.policy import EmailPolicy
from email.utils import format_datetime, parseaddr
from typing import Any

from bot.digest.content import Digest, named
from bot.digest.page import page
from bot.digest.plain import plain
from bot.digest.words import heading

# Not to be folded within a word: what the standard library folds there becomes something that no mail program reads.
_WHOLE = frozenset({"list-unsubscribe", "references", "in-reply-to", "message-id", "list-id"})


class _Policy(EmailPolicy):
    def fold(self, name: str, value: Any) -> str:
        return _whole(name, value) if name.lower() in _WHOLE else super().fold(name, value)

    def fold_binary(self, name: str, value: Any) -> bytes:
        return _whole(name, value).encode("ascii") if name.lower() in _WHOLE else super().fold_binary(name, value)


def _whole(name: str, value: str) -> str:
    """Return a header with a line for each of its words."""
    return f"{name}: " + "\r\n ".join(value.split()) + "\r\n"


_POLICY = _Policy(linesep="\r\n")


def new_message_id(sender: str) -> str:
    """Return a Message-ID that nobody has, of the sender's domain."""
    return f"<{secrets.token_hex(16)}@{_domain(sender)}>"


def thread_id(sender: str, *, site: str, moderator: str) -> str:
    """Return the Message-ID that all mails to a moderator about a site refer to, so that programs show them as one."""
    told = hashlib.sha256(f"{site}\0{moderator}".encode("utf-8", "replace")).hexdigest()[:32]
    return f"<{told}@{_domain(sender)}>"


def mail_of(
    digest: Digest, *, sender: str, recipient: str, message_id: str, thread: str, after: str | None, made_at: datetime
) -> str:
    """Return a digest as the text of a mail; `after` is the Message-ID of the one before it in its thread."""
    message = EmailMessage(policy=_POLICY)
    message["From"] = _address(sender)
    message["To"] = Address(addr_spec=recipient)
    message["Subject"] = _subject(digest)
    message["Date"] = format_datetime(made_at)
    message["Message-ID"] = message_id
    message["In-Reply-To"] = after or thread
    message["References"] = f"{thread} {after}" if after else thread
    message["List-Id"] = f"<{thread.strip('<>').replace('@', '.')}>"
    if digest.unsubscribe_url:
        message["List-Unsubscribe"] = f"<{digest.unsubscribe_url}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(plain(digest), cte="quoted-printable")
    message.add_alternative(page(digest), subtype="html", cte="quoted-printable")
    message["Content-Language"] = "en"
    return message.as_bytes().decode("ascii")


def addresses_of(content: str) -> tuple[str, str]:
    """Return the addresses that a mail is from and to."""
    headers = HeaderParser().parsestr(content.partition("\r\n\r\n")[0])
    return parseaddr(headers["From"])[1], parseaddr(headers["To"])[1]


def _subject(digest: Digest) -> str:
    subject = f"{digest.site}: {heading(digest)}"
    if digest.kind == "alert" and len(digest.sections) == 1:
        subject = f"{subject} in “{named(digest.sections[0].title, 60)}”"
    return subject


def _address(sender: str) -> Address:
    name, address = parseaddr(sender)
    return Address(display_name=name, addr_spec=address)


def _domain(sender: str) -> str:
    return parseaddr(sender)[1].rpartition("@")[2]
