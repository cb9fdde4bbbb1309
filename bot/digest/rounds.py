"""The rounds of the digest: every minute it is seen what is due, made what is, and sent what waits.

What is made is kept before it is sent, and marked after. Whoever dies in between sends it once more, with the same
words under the same Message-ID, so that a mail program shows it once.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog

from bot.config import Config
from bot.config_moderators import ModeratorOptions
from bot.digest import channels, smtp
from bot.digest.content import Kind
from bot.digest.making import Maker, channels_of
from bot.digest.sending import Round, Sender
from bot.digest.times import is_quiet, next_due
from bot.store.database import Store
from bot.store.errors import StoreError
from bot.store.mails import alerts_since, made_until, note_made
from bot.store.telling import SEVERITIES, Wanted, sites_with_news

_log = structlog.get_logger("digest")


class Rounds:
    """Make and send the mails of a configuration."""

    def __init__(
        self,
        config: Config,
        store: Store,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        send: Callable[..., None] = smtp.send,
        notify: Callable[..., None] = channels.notify,
    ) -> None:
        self._config, self._store, self._now = config, store, now
        self._maker = Maker(config, store, now=now)
        self._sender = Sender(self._maker, send=send, notify=notify)

    def __call__(self) -> Round:
        """Make what is due, alerts first, and send what waits."""
        done = Round()
        for name, moderator in self._config.moderators.items():
            if channels_of(moderator) and not is_quiet(moderator, now=self._now()):
                done.made += self._alert(name, moderator) + self._digest_if_due(name, moderator)
        self._sender(done)
        return done

    def send_now(self, name: str, *, site: str | None = None) -> Round:
        """Make a moderator's digests, of all his sites or of one, and send them, whatever the hour."""
        done = Round(made=self._digests(name, only=site))
        self._sender(done, only=name, in_peace=False)
        return done

    def _digests(self, name: str, *, since: datetime | None = None, only: str | None = None) -> int:
        wanted = self._maker.wanted(name)
        return sum(
            self._made("digest", wanted, site, since=since) for site in self._maker.sites(name) if only in (None, site)
        )

    def _made(self, kind: Kind, wanted: Wanted, site: str, *, since: datetime | None = None) -> int:
        try:
            return self._maker.make(kind, wanted, site, since=since)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001  # one site's trouble must not silence the others
            _log.error("a mail could not be made", moderator=wanted.moderator, site=site, exc_info=error)
            return 0

    def _digest_if_due(self, name: str, moderator: ModeratorOptions) -> int:
        now = self._now()
        with self._store.read() as connection:
            until = made_until(connection, name)
        # A moderator who is new waits for the first time of the schedule.
        due = next_due(moderator, after=until) if until is not None else None
        if until is not None and (due is None or due > now):
            return 0
        made = self._digests(name, since=due) if due is not None else 0
        with self._store.write() as connection:
            note_made(connection, name, until=now)
        return made

    def _alert(self, name: str, moderator: ModeratorOptions) -> int:
        if moderator.alert_severity is None:
            return 0
        least = max(moderator.severity, moderator.alert_severity, key=SEVERITIES.index)
        wanted = self._maker.wanted(name, severity=least)
        with self._store.read() as connection:
            news = sites_with_news(connection, wanted)
        made = 0
        for site in self._maker.sites(name) if news else ():
            with self._store.read() as connection:
                lately = alerts_since(connection, name, since=self._now() - timedelta(hours=1))
            if lately >= moderator.alerts_per_hour:
                # What is over the cap waits, and comes with the next alert or the digest.
                break
            if site in news:
                made += self._made("alert", wanted, site)
        return made
