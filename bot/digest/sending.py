"""Sending what waits, with a back-off where it fails, and never to anybody whom the configuration does not name."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import Row

from bot.config_moderators import ModeratorOptions
from bot.digest import channels, smtp
from bot.digest.making import MAIL, Maker, channels_of
from bot.digest.smtp import SendError
from bot.digest.times import is_quiet
from bot.store.mails import claim_mail, due_mails, mark_failed, mark_sent, mark_unread, unsubscribed_sites

_FIRST_WAIT = timedelta(minutes=5)
_LONGEST_WAIT = timedelta(hours=4)
# As long as mail servers try.
_GIVEN_UP = timedelta(days=5)

_log = structlog.get_logger("digest")


@dataclass(slots=True)
class Round:
    """Count the mails that were made, sent, and could not be sent."""

    made: int = 0
    sent: int = 0
    failed: int = 0

    def __iadd__(self, other: "Round") -> "Round":
        self.made, self.sent, self.failed = self.made + other.made, self.sent + other.sent, self.failed + other.failed
        return self


class Sender:
    """Send the mails that a maker has made."""

    def __init__(
        self, maker: Maker, *, send: Callable[..., None] = smtp.send, notify: Callable[..., None] = channels.notify
    ) -> None:
        self._maker, self._send, self._notify = maker, send, notify

    def __call__(self, done: Round, *, only: str | None = None, in_peace: bool = True) -> None:
        """Try all mails that are to be tried, or one moderator's; with `in_peace` none in quiet hours."""
        with self._maker.store.read() as connection:
            due = due_mails(connection, now=self._maker.now())
        is_down = False
        for mail in due:
            moderator = self._maker.config.moderators.get(mail.moderator)
            is_left = moderator is not None and in_peace and is_quiet(moderator, now=self._maker.now())
            # There is one server for all mail: to wait for it once is enough.
            if only not in (None, mail.moderator) or is_left or (is_down and mail.channel == MAIL):
                continue
            if moderator is None:
                self._withdraw(mail)
            elif (content := self._claimed(mail, moderator)) is not None:
                try:
                    self._hand_over(mail, moderator, content)
                except SendError as error:
                    done.failed += 1
                    is_down |= error.is_server
                    self._note_failure(mail, error)
                else:
                    done.sent += 1
                    self._note_sent(mail)

    def _hand_over(self, mail: Row[Any], moderator: ModeratorOptions, content: str) -> None:
        if mail.channel == MAIL:
            self._send(self._maker.config.mail, content, recipient=moderator.address)
        else:
            place = channels_of(moderator).index(mail.channel) - bool(moderator.address)
            self._notify(moderator.channels[place], content)

    def _claimed(self, mail: Row[Any], moderator: ModeratorOptions) -> str | None:
        """Begin a try and return what is to be sent; None where it is another's, or nobody's any more."""
        if mail.channel not in channels_of(moderator):
            self._withdraw(mail)
            return None
        with self._maker.store.write() as connection:
            again_at = self._maker.now() + min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(mail.tries, 10))
            if not claim_mail(connection, mail, again_at=again_at):
                return None
            if unsubscribed_sites(connection, mail.moderator) & {None, mail.site_id}:
                mark_unread(connection, mail.id, "withdrawn", "the moderator wants no more mails about this site")
                return None
            return self._maker.content(connection, mail)

    def _withdraw(self, mail: Row[Any]) -> None:
        with self._maker.store.write() as connection:
            mark_unread(connection, mail.id, "withdrawn", "the configuration does not name this recipient any more")

    def _note_sent(self, mail: Row[Any]) -> None:
        with self._maker.store.write() as connection:
            mark_sent(connection, mail.id, now=self._maker.now())
        _log.info("sent", moderator=mail.moderator, site=mail.site, kind=mail.kind, channel=mail.channel)

    def _note_failure(self, mail: Row[Any], error: SendError) -> None:
        log = _log.bind(moderator=mail.moderator, site=mail.site, channel=mail.channel, error=str(error))
        with self._maker.store.write() as connection:
            if not error.passes:
                mark_unread(connection, mail.id, "refused", str(error))
                log.error("a mail was refused; what it told of comes with the next digest")
            elif self._maker.now() - mail.made_at > _GIVEN_UP:
                mark_unread(connection, mail.id, "given up", str(error))
                log.error("a mail was given up; what it told of comes with the next digest")
            else:
                mark_failed(connection, mail.id, str(error))
                log.warning("a mail could not be sent; it is tried again", tries=mail.tries + 1)
