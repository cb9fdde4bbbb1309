"""The mails to moderators: what was made, what waits to be sent, what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, Select, delete, func, insert, or_, select, update

from bot.store.sites import insert_if_new
from bot.store.tables import digest_runs, mails, sites, unsubscribed
from bot.store.telling import tell_again

# `refused` by the server for good, `bounced` after it was taken, `given up` after many tries, `withdrawn` since the
# configuration names its recipient no more.
State = Literal["waiting", "sent", "refused", "bounced", "given up", "withdrawn"]

_LONGEST_ERROR = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMail:
    """Hold what is known of a mail when it is made; `findings` counts those that it tells of."""

    message_id: str
    site: int
    moderator: str
    channel: str
    kind: str
    findings: int
    since: datetime
    content: str


def keep_mail(connection: Connection, mail: NewMail, *, now: datetime) -> int:
    """Keep a mail that is to be sent; return its number."""
    values = {
        "message_id": mail.message_id,
        "site_id": mail.site,
        "moderator": mail.moderator,
        "channel": mail.channel,
        "kind": mail.kind,
        "findings": mail.findings,
        "since": mail.since,
        "made_at": now,
        "content": mail.content,
        "state": "waiting",
        "tries": 0,
        "next_try_at": now,
    }
    number = connection.execute(insert(mails).values(values).returning(mails.c.id)).scalar_one()
    return int(number)


def due_mails(connection: Connection, *, now: datetime) -> Sequence[Row[Any]]:
    """Return the mails that are to be tried now, the oldest first."""
    query = _mails().where(mails.c.state == "waiting", mails.c.next_try_at <= now)
    return connection.execute(query.order_by(mails.c.next_try_at, mails.c.id)).all()


def claim_mail(connection: Connection, mail: Row[Any], *, again_at: datetime) -> bool:
    """Begin a try, and say whether it is ours: whoever dies at it leaves the next one to be made at `again_at`."""
    claimed = connection.execute(
        update(mails)
        .where(mails.c.id == mail.id, mails.c.state == "waiting", mails.c.tries == mail.tries)
        .values(tries=mail.tries + 1, next_try_at=again_at)
    )
    return claimed.rowcount == 1


def reword_mail(connection: Connection, number: int, content: str, *, findings: int) -> None:
    """Put other words into a mail that waits."""
    connection.execute(update(mails).where(mails.c.id == number).values(content=content, findings=findings))


def mark_sent(connection: Connection, number: int, *, now: datetime) -> None:
    """Note that a mail was taken by its server; its words are not kept."""
    connection.execute(
        update(mails).where(mails.c.id == number).values(state="sent", sent_at=now, error=None, content=None)
    )


def mark_failed(connection: Connection, number: int, error: str) -> None:
    """Note why a try failed; when the next one is was set when it began."""
    connection.execute(update(mails).where(mails.c.id == number).values(error=error[:_LONGEST_ERROR]))


def mark_unread(connection: Connection, number: int, state: State, error: str) -> None:
    """Note that nobody will read a mail: what it told of is to be told again, in the next digest."""
    values = {"state": state, "error": error[:_LONGEST_ERROR], "content": None}
    connection.execute(update(mails).where(mails.c.id == number).values(values))
    tell_again(connection, number)


def forget_words(connection: Connection, site: int) -> None:
    """Have the mails of a site that wait worded anew: a comment that one may quote is gone."""
    connection.execute(update(mails).where(mails.c.site_id == site, mails.c.state == "waiting").values(content=None))


def by_message_id(connection: Connection, message_id: str) -> Row[Any] | None:
    """Return the mail of that Message-ID."""
    return connection.execute(_mails().where(mails.c.message_id == message_id)).first()


def last_mail(
    connection: Connection,
    moderator: str,
    site: int,
    *,
    kind: str | None = None,
    channel: str | None = None,
    other_than: str = "",
) -> Row[Any] | None:
    """Return the last mail about a site that a moderator has, or will have, of a kind or by a channel if one is given.

    `other_than` is the Message-ID of one that does not count.
    """
    query = _mails().where(
        mails.c.moderator == moderator,
        mails.c.site_id == site,
        mails.c.state.in_(("waiting", "sent")),
        mails.c.message_id != other_than,
    )
    if kind is not None:
        query = query.where(mails.c.kind == kind)
    if channel is not None:
        query = query.where(mails.c.channel == channel)
    return connection.execute(query.order_by(mails.c.made_at.desc(), mails.c.id.desc()).limit(1)).first()


def alerts_since(connection: Connection, moderator: str, *, since: datetime) -> int:
    """Count the alerts that were made for a moderator since then, however many channels each went through."""
    made = select(mails.c.site_id, mails.c.made_at).where(
        mails.c.moderator == moderator, mails.c.made_at > since, mails.c.kind == "alert"
    )
    return connection.execute(select(func.count()).select_from(made.distinct().subquery())).scalar_one()


def mail_history(connection: Connection, *, limit: int, moderator: str | None = None) -> Sequence[Row[Any]]:
    """Return the last mails, the newest first."""
    query = _mails().order_by(mails.c.made_at.desc(), mails.c.id.desc()).limit(limit)
    return connection.execute(query.where(mails.c.moderator == moderator) if moderator else query).all()


def mail_troubles(connection: Connection, site: int, *, since: datetime) -> Sequence[Row[Any]]:
    """Return the mails about a site that fail, or have failed for good since then, the newest first."""
    is_ill = or_(
        (mails.c.state == "waiting") & mails.c.error.is_not(None),
        mails.c.state.in_(("refused", "bounced", "given up")) & (mails.c.made_at > since),
    )
    return connection.execute(_mails().where(mails.c.site_id == site, is_ill).order_by(mails.c.id.desc())).all()


def made_until(connection: Connection, moderator: str) -> datetime | None:
    """Return until when a moderator's digests are made."""
    query = select(digest_runs.c.made_until).where(digest_runs.c.moderator == moderator)
    found: datetime | None = connection.execute(query).scalar()
    return found


def note_made(connection: Connection, moderator: str, *, until: datetime) -> None:
    """Note until when a moderator's digests are made."""
    values = {"moderator": moderator, "made_until": until}
    connection.execute(insert_if_new(connection, digest_runs).values(values))
    connection.execute(update(digest_runs).where(digest_runs.c.moderator == moderator).values(made_until=until))


def unsubscribe(connection: Connection, moderator: str, site: int | None, *, now: datetime) -> None:
    """Send a moderator no more about a site, or about any."""
    subscribe(connection, moderator, site)
    connection.execute(insert(unsubscribed).values(moderator=moderator, site_id=site, at=now))


def subscribe(connection: Connection, moderator: str, site: int | None) -> None:
    """Send a moderator mails about a site again; with no site, about all of them."""
    of_it = unsubscribed.c.moderator == moderator
    if site is not None:
        of_it &= unsubscribed.c.site_id == site
    connection.execute(delete(unsubscribed).where(of_it))


def unsubscribed_sites(connection: Connection, moderator: str) -> set[int | None]:
    """Return the sites that a moderator wants no mails about; None among them is all sites."""
    query = select(unsubscribed.c.site_id).where(unsubscribed.c.moderator == moderator)
    return set(connection.execute(query).scalars())


def _mails() -> Select[Any]:
    return select(mails, sites.c.name.label("site")).join_from(mails, sites, sites.c.id == mails.c.site_id)
