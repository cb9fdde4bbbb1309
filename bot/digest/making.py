"""Making mails: what a moderator is to be told of a site, worded and kept in one transaction."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row

from bot.config import Config
from bot.config_moderators import ModeratorOptions
from bot.digest.channels import short
from bot.digest.content import Digest, Kind, Precision, compose
from bot.digest.links import links_of
from bot.digest.message import addresses_of, mail_of, new_message_id, thread_id
from bot.precision import precision
from bot.store.database import Store
from bot.store.mails import NewMail, keep_mail, last_mail, mark_unread, reword_mail, unsubscribed_sites
from bot.store.sites import lock_site, site_number
from bot.store.telling import Wanted, note_told, settle_told, told_findings, untold

MAIL = "mail"
_WEEK = timedelta(days=7)


class Maker:
    """Make the mails of a configuration."""

    def __init__(
        self, config: Config, store: Store, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.config, self.store, self.now = config, store, now

    def sites(self, name: str) -> Iterator[str]:
        """Yield the sites that a moderator is told of."""
        moderator = self.config.moderators[name]
        with self.store.read() as connection:
            left_out = unsubscribed_sites(connection, name)
            numbers = {site: site_number(connection, site) for site in self.config.sites if moderator.looks_after(site)}
        yield from (site for site, number in numbers.items() if number is not None and not left_out & {None, number})

    def wanted(self, name: str, *, severity: str | None = None) -> Wanted:
        """Return what a moderator wants to hear of, from a severity on in place of his own."""
        moderator = self.config.moderators[name]
        return Wanted(moderator=name, severity=severity or moderator.severity, rules=moderator.rules)

    def make(self, kind: Kind, wanted: Wanted, site: str, *, since: datetime | None = None) -> int:
        """Make a moderator's mails about a site, one for each channel, and return how many.

        There are none where nothing is to be told, nor when he has had a digest of the site from `since` on: whoever
        died meanwhile has made it.
        """
        now, name = self.now(), wanted.moderator
        moderator = self.config.moderators[name]
        with self.store.write() as connection:
            number = site_number(connection, site)
            if number is None:
                return 0
            lock_site(connection, number)
            last = last_mail(connection, name, number, kind="digest")
            if since is not None and last is not None and last.made_at >= since:
                return 0
            found = untold(connection, number, wanted, again=kind == "digest")
            digest = self._composed(connection, name, site, number, kind, found, last.made_at if last else None, now)
            if not digest.findings if kind == "alert" else not digest.is_anything and moderator.only_if_any:
                return 0
            ways = channels_of(moderator)
            for channel in ways:
                message_id = new_message_id(self.config.mail.sender or "quotewarden@localhost")
                mail = NewMail(
                    message_id=message_id,
                    site=number,
                    moderator=name,
                    channel=channel,
                    kind=kind,
                    findings=digest.findings,
                    since=digest.since,
                    content=self._content(connection, digest, channel, message_id, site, number),
                )
                note_told(connection, keep_mail(connection, mail, now=now), name, [row.id for row in found])
            settle_told(connection, number, self._wanting(connection, site, number), now=now)
        return len(ways)

    def preview(self, name: str, site: str) -> Digest | None:
        """Return what a moderator's digest of a site would say now; None of a site that was never polled."""
        # A transaction that may write, for the key of the links.
        with self.store.write() as connection:
            number = site_number(connection, site)
            if number is None:
                return None
            found = untold(connection, number, self.wanted(name))
            last = last_mail(connection, name, number, kind="digest")
            since = last.made_at if last else None
            return self._composed(connection, name, site, number, "digest", found, since, self.now())

    def content(self, connection: Connection, mail: Row[Any]) -> str | None:
        """Return what a mail that waits says; None, and it waits no more, where nothing is left of it.

        It is worded anew, under the same Message-ID, where a comment is gone or an address is another now.
        """
        kept: str | None = mail.content
        moderator = self.config.moderators[mail.moderator]
        ours = parseaddr(self.config.mail.sender or "")[1], moderator.address
        if kept is not None and (mail.channel != MAIL or addresses_of(kept) == ours):
            return kept
        left = told_findings(connection, mail.id)
        digest = self._composed(
            connection, mail.moderator, mail.site, mail.site_id, mail.kind, left, mail.since, mail.made_at
        )
        if not digest.is_anything and moderator.only_if_any:
            mark_unread(connection, mail.id, "withdrawn", "nothing of what it told is left")
            return None
        worded = self._content(connection, digest, mail.channel, mail.message_id, mail.site, mail.site_id)
        reword_mail(connection, mail.id, worded, findings=digest.findings)
        return worded

    def _wanting(self, connection: Connection, site: str, number: int) -> list[Wanted]:
        return [
            self.wanted(name)
            for name, moderator in self.config.moderators.items()
            if moderator.looks_after(site)
            and channels_of(moderator)
            and not unsubscribed_sites(connection, name) & {None, number}
        ]

    def _composed(
        self,
        connection: Connection,
        name: str,
        site: str,
        number: int,
        kind: Kind,
        found: Sequence[Row[Any]],
        since: datetime | None,
        now: datetime,
    ) -> Digest:
        return compose(
            connection,
            kind,
            site=site,
            site_number=number,
            moderator=name,
            findings=[row.id for row in found],
            rules=Counter(row.rule for row in found),
            since=since or now - _WEEK,
            now=now.astimezone(ZoneInfo(self.config.moderators[name].timezone)),
            links=links_of(self.config, connection, now=now),
            precision=_last_week(connection, site, now=now) if kind == "digest" else (),
        )

    def _content(
        self, connection: Connection, digest: Digest, channel: str, message_id: str, site: str, number: int
    ) -> str:
        if channel != MAIL:
            return short(digest)
        sender = self.config.mail.sender or ""
        before = last_mail(connection, digest.moderator, number, channel=MAIL, other_than=message_id)
        return mail_of(
            digest,
            sender=sender,
            recipient=self.config.moderators[digest.moderator].address or "",
            message_id=message_id,
            thread=thread_id(sender, site=site, moderator=digest.moderator),
            after=before.message_id if before else None,
            made_at=digest.made_at,
        )


def channels_of(moderator: ModeratorOptions) -> list[str]:
    """Return the names of the ways by which a moderator is told."""
    further = [f"channel {place + 1}" for place in range(len(moderator.channels))]
    return [MAIL, *further] if moderator.address else further


def _last_week(connection: Connection, site: str, *, now: datetime) -> list[Precision]:
    counts: dict[str, Counter[str]] = {}
    for row in precision(connection, since=now - _WEEK, sites_of=[site]):
        counts.setdefault(row.rule, Counter()).update(confirmed=row.confirmed, dismissed=row.dismissed)
    return [Precision(rule, count["confirmed"], count["dismissed"]) for rule, count in counts.items()]
