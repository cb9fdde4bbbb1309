"""Mails that come back after a server has taken them: delivery status notifications (RFC 3464)."""

import email
import email.policy
import re
from collections.abc import Iterator
from email.message import Message

from bot.inputs import one_line
from bot.store.database import Store
from bot.store.mails import by_message_id, mark_unread

_ID = re.compile(r"<[^<>\s]{1,190}>")


def note_bounce(store: Store, content: bytes) -> str | None:
    """Note that a mail came back, and return to whom it did not get; None where it is no bounce of a mail of ours."""
    message = email.message_from_bytes(content, policy=email.policy.compat32)
    why = next((text for part in message.walk() for text in _failures(part)), None)
    if why is None:
        return None
    with store.write() as connection:
        for id in _ids(message):
            mail = by_message_id(connection, id)
            # Of one that waits the next try tells.
            if mail is not None and mail.state == "sent":
                mark_unread(connection, mail.id, "bounced", f"it came back: {one_line(why)}")
                return f"{mail.moderator}, {mail.site}: {one_line(why)}"
    return None


def _failures(part: Message) -> Iterator[str]:
    """Yield why it failed, from a part of a report about one recipient; a delay is no failure."""
    if part.get("Action", "").strip().lower() == "failed":
        said = part.get("Diagnostic-Code") or part.get("Status") or "no reason was given"
        yield " ".join(str(said).split())[:300]


def _ids(message: Message) -> Iterator[str]:
    """Yield the Message-IDs that the report names as the original's: its headers come with it."""
    for part in message.walk():
        kind = part.get_content_type()
        if kind == "message/rfc822":
            for inner in part.get_payload():
                yield from _ID.findall(str(inner.get("Message-ID", "")) if isinstance(inner, Message) else "")
        elif kind == "text/rfc822-headers":
            yield from _ID.findall(str(email.message_from_string(str(part.get_payload())).get("Message-ID", "")))
