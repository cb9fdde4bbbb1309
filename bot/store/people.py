"""The people who may look at the review page: accounts, invitations, and the tries to log in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from bot.store.errors import StoreError
from bot.store.tables import attempts, invitations, sessions, users

Role = Literal["viewer", "moderator", "admin"]
ROLES: tuple[Role, ...] = ("viewer", "moderator", "admin")

_IDLE = timedelta(days=14)
_LONGEST = timedelta(days=30)
_INVITED = timedelta(days=3)
_WINDOW = timedelta(minutes=15)
# Tries within the window, by one name from one address, and from one address.
_TRIES_BY_NAME, _TRIES_BY_ADDRESS = 5, 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Be somebody with an account; `sites` names those that they may see, None is all of them."""

    id: int
    name: str
    role: Role
    sites: frozenset[str] | None
    language: str | None

    @property
    def may_decide(self) -> bool:
        """Tell those who decide from those who look on."""
        return self.role in ("moderator", "admin")

    @property
    def is_admin(self) -> bool:
        """Tell those who set thresholds and look after accounts."""
        return self.role == "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """Be leave to set a password once; for an account that exists it sets a new one."""

    id: int
    name: str | None
    role: Role
    sites: frozenset[str] | None


def person_of(row: Row[Any]) -> Person:
    """Return a row's person."""
    return Person(id=row.id, name=row.name, role=row.role, sites=_sites(row.sites), language=row.language)


def has_people(connection: Connection) -> bool:
    """Say whether anybody has an account."""
    return connection.execute(select(users.c.id).limit(1)).first() is not None


def account(connection: Connection, name: str) -> Row[Any] | None:
    """Return the row of an account that is in use, with its password's hash."""
    return connection.execute(select(users).where(users.c.name == name, users.c.disabled_at.is_(None))).first()


def accounts(connection: Connection) -> Sequence[Row[Any]]:
    """Return every account, by name, with when its owner was last seen."""
    seen = select(func.max(sessions.c.seen_at)).where(sessions.c.user_id == users.c.id).scalar_subquery()
    return connection.execute(select(users, seen.label("seen_at")).order_by(users.c.name)).all()


def change_account(connection: Connection, number: int, *, now: datetime, **values: Any) -> None:
    """Change an account: `role`, `sites`, `language`, `password` or `disabled`; raises StoreError.

    The last administrator stays one. A new password, and an end of the account, end its sessions.
    """
    if "disabled" in values:
        values["disabled_at"] = now if values.pop("disabled") else None
    if "sites" in values:
        values["sites"] = None if values["sites"] is None else sorted(values["sites"])
    if values.get("disabled_at") or values.get("role", "admin") != "admin":
        others = select(users.c.id).where(
            users.c.role == "admin", users.c.disabled_at.is_(None), users.c.id != number, users.c.sites.is_(None)
        )
        is_admin = select(users.c.id).where(users.c.id == number, users.c.role == "admin")
        if connection.execute(is_admin).first() and not connection.execute(others.limit(1)).first():
            raise StoreError("the last administrator must stay one")
    connection.execute(update(users).where(users.c.id == number).values(**values))
    if "password" in values or values.get("disabled_at"):
        connection.execute(delete(sessions).where(sessions.c.user_id == number))


def invite(
    connection: Connection,
    token: str,
    *,
    name: str | None,
    role: Role,
    sites: frozenset[str] | None,
    now: datetime,
) -> None:
    """Keep an invitation by its token's hash, for three days, in place of an earlier one for that name."""
    same = invitations.c.name == name if name is not None else invitations.c.name.is_(None)
    connection.execute(delete(invitations).where(same | (invitations.c.expires_at < now)))
    values = {"name": name, "role": role, "sites": None if sites is None else sorted(sites)}
    connection.execute(insert(invitations).values(token=token, expires_at=now + _INVITED, **values))


def invitation(connection: Connection, token: str, *, now: datetime) -> Invitation | None:
    """Return the invitation of a token's hash that can still be used."""
    of_it = (invitations.c.token == token, invitations.c.expires_at > now)
    row = connection.execute(select(invitations).where(*of_it)).first()
    return Invitation(id=row.id, name=row.name, role=row.role, sites=_sites(row.sites)) if row is not None else None


def accept(
    connection: Connection, invited: Invitation, *, name: str, password: str, language: str | None, now: datetime
) -> int:
    """Use an invitation up: make its account, or give it a new password; raises StoreError when the name is taken."""
    used = connection.execute(delete(invitations).where(invitations.c.id == invited.id))
    if used.rowcount != 1:
        raise StoreError("the invitation was used already")
    known: int | None = connection.execute(select(users.c.id).where(users.c.name == name)).scalar()
    if known is not None:
        if invited.name != name:
            raise StoreError("somebody has that name already")
        change_account(connection, known, now=now, password=password, disabled=False)
        return known
    values = {"role": invited.role, "sites": None if invited.sites is None else sorted(invited.sites)}
    made = insert(users).values(name=name, password=password, language=language, added_at=now, **values)
    return int(connection.execute(made.returning(users.c.id)).scalar_one())


def begin_session(connection: Connection, token: str, user: int, *, now: datetime) -> None:
    """Keep a session by its token's hash, and forget those that have run out."""
    connection.execute(delete(sessions).where(_has_run_out(now)))
    connection.execute(insert(sessions).values(token=token, user_id=user, began_at=now, seen_at=now))


def end_session(connection: Connection, token: str) -> None:
    """Forget a session."""
    connection.execute(delete(sessions).where(sessions.c.token == token))


def session_of(connection: Connection, token: str, *, now: datetime) -> tuple[Person, datetime] | None:
    """Return whose session a token's hash is, and when they were last seen."""
    joined = (
        select(users, sessions.c.seen_at)
        .join_from(sessions, users, users.c.id == sessions.c.user_id)
        .where(sessions.c.token == token, ~_has_run_out(now), users.c.disabled_at.is_(None))
    )
    row = connection.execute(joined).first()
    return (person_of(row), row.seen_at) if row is not None else None


def note_seen(connection: Connection, token: str, *, now: datetime) -> None:
    """Note that a session is in use."""
    connection.execute(update(sessions).where(sessions.c.token == token).values(seen_at=now))


def tries_left(connection: Connection, *, name: str, address: str, now: datetime) -> bool:
    """Say whether one more try to log in is to be looked at."""
    recent = (
        select(func.count())
        .select_from(attempts)
        .where(attempts.c.address == address, attempts.c.tried_at > now - _WINDOW)
    )
    by_address = connection.execute(recent).scalar_one()
    by_name = connection.execute(recent.where(attempts.c.name == name)).scalar_one()
    return by_address < _TRIES_BY_ADDRESS and by_name < _TRIES_BY_NAME


def note_failure(connection: Connection, *, name: str, address: str, now: datetime) -> None:
    """Note a try to log in that failed, and forget the old ones."""
    connection.execute(delete(attempts).where(attempts.c.tried_at < now - _WINDOW))
    connection.execute(insert(attempts).values(name=name, address=address, tried_at=now))


def forget_failures(connection: Connection, *, name: str, address: str) -> None:
    """Forget the failed tries of somebody who got in."""
    connection.execute(delete(attempts).where(attempts.c.name == name, attempts.c.address == address))


def _has_run_out(now: datetime) -> Any:
    return (sessions.c.seen_at < now - _IDLE) | (sessions.c.began_at < now - _LONGEST)


def _sites(kept: list[str] | None) -> frozenset[str] | None:
    return None if kept is None else frozenset(kept)
