"""Keys that sign links and sessions: made once, kept in the store, never shown."""

import secrets
from datetime import datetime

from sqlalchemy import Connection, select

from bot.store.sites import insert_if_new
from bot.store.tables import keys

# The name of the key of the links in mails.
LINKS = "links"


def signing_key(connection: Connection, name: str, *, now: datetime) -> bytes:
    """Return the key of that name, which is made when it is first asked for: wants a transaction that may write."""
    query = select(keys.c.value).where(keys.c.name == name)
    found = connection.execute(query).scalar()
    if found is None:
        made = {"name": name, "value": secrets.token_hex(32), "made_at": now}
        connection.execute(insert_if_new(connection, keys).values(**made))
        # Somebody may have been faster.
        found = connection.execute(query).scalar_one()
    return bytes.fromhex(found)
