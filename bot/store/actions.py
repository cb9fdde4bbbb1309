"""What is done at the sites: written down before it is sent, so that nothing is ever done twice."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, insert, or_, select, true, update

from adapters.base import Action, Outcome
from bot.store.database import Store
from bot.store.sites import keep_site, number_of, site_number
from bot.store.tables import actions

# Whoever has not said what became of an action by then has died over it: its outcome is looked up.
_ABANDONED = timedelta(minutes=15)
MOST_TRIES = 5


class StoreLedger:
    """Remember the actions of one site in the store; see adapters.base.Ledger."""

    def __init__(self, store: Store, site: str, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._store, self._site, self._now = store, site, now

    def begin(self, action: Action) -> Outcome | None:
        """Write an action down before it is sent; return what is known of its key."""
        now = self._now()
        with self._store.write() as connection:
            site = keep_site(connection, self._site, now=now)
            is_it = (actions.c.site_id == site, actions.c.key == action.key)
            row = connection.execute(select(actions).where(*is_it).with_for_update()).first()
            if row is None:
                said = {"verb": action.verb, "comment": action.comment_id, "text": action.text, "key": action.key}
                values = {"site_id": site, "outcome": "unknown", "tries": 1, "planned_at": now, "begun_at": now}
                connection.execute(insert(actions).values(**said, **values))
                return None
            known: Outcome | None = row.outcome
            if known != "done":
                connection.execute(update(actions).where(actions.c.id == row.id).values(outcome="unknown"))
            return known

    def end(self, action: Action, outcome: Outcome) -> None:
        """Write down what became of it; the text of what was done is kept no longer."""
        now = self._now()
        with self._store.write() as connection:
            site = site_number(connection, self._site)
            is_it = (actions.c.site_id == site, actions.c.key == action.key)
            connection.execute(update(actions).where(*is_it).values(outcome=outcome))
            # One that was planned and refused may be tried again: who carries it out says so.
            is_over = actions.c.decision_id.is_(None) if outcome == "refused" else true()
            if outcome != "unknown":
                connection.execute(update(actions).where(*is_it, is_over).values(ended_at=now, text=None))


def plan_action(
    connection: Connection,
    *,
    site: int,
    finding: int,
    decision: int,
    key: str,
    verb: str,
    comment: str,
    text: str | None,
    now: datetime,
) -> int:
    """Write an action down, to be carried out with the site's next poll; return its number."""
    values = {"site_id": site, "finding_id": finding, "decision_id": decision, "key": key, "verb": verb}
    values |= {"comment": comment, "text": text, "planned_at": now, "tries": 0}
    number: int = connection.execute(insert(actions).values(**values).returning(actions.c.id)).scalar_one()
    return number


def actions_of(connection: Connection, decision: int) -> list[Row[Any]]:
    """Return the actions that a decision led to, and nobody changes them until the transaction ends."""
    query = select(actions).where(actions.c.decision_id == decision).order_by(actions.c.id)
    return list(connection.execute(query.with_for_update()).all())


def drop_action(connection: Connection, action: int, why: str, *, now: datetime) -> None:
    """Note that an action is not carried out, and why."""
    dropped = {"outcome": "dropped", "error": why, "ended_at": now, "text": None}
    connection.execute(update(actions).where(actions.c.id == action).values(**dropped))


def abandon_action(connection: Connection, action: Row[Any], why: str, *, now: datetime) -> None:
    """Note that an action that was begun is not tried again, whatever has come of it."""
    values = {"outcome": action.outcome or "unknown", "error": why, "ended_at": now, "text": None}
    connection.execute(update(actions).where(actions.c.id == action.id).values(**values))


def next_action(connection: Connection, site: str, *, now: datetime, after: int) -> Row[Any] | None:
    """Return the oldest action that waits at a site, of those after a number, and nobody else does; None at the end."""
    query = (
        select(actions)
        .where(actions.c.site_id == number_of(site), actions.c.ended_at.is_(None), actions.c.id > after)
        .where(or_(actions.c.begun_at.is_(None), actions.c.begun_at < now - _ABANDONED))
        .order_by(actions.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return connection.execute(query).first()


def begin_action(connection: Connection, action: Row[Any], *, now: datetime) -> None:
    """Note that an action is about to be carried out."""
    values = {"begun_at": now, "tries": action.tries + 1}
    connection.execute(update(actions).where(actions.c.id == action.id).values(**values))


def note_failure(connection: Connection, action: int, error: str, *, goes_on: bool, now: datetime) -> None:
    """Note why an action failed, and whether it is tried again later."""
    values: dict[str, Any] = {"error": error[:500]}
    if not goes_on:
        # One that the site cannot do at all was not even begun.
        values |= {"outcome": func.coalesce(actions.c.outcome, "refused"), "ended_at": now, "text": None}
    connection.execute(update(actions).where(actions.c.id == action).values(**values))


def begun_since(connection: Connection, site: int, *, since: datetime) -> int:
    """Return how many actions were begun at a site since then, those that take something back left out."""
    begun = (actions.c.site_id == site, actions.c.begun_at >= since, actions.c.verb != "approve")
    return connection.execute(select(func.count()).select_from(actions).where(*begun)).scalar_one()
