"""Column types that mean the same in SQLite and in PostgreSQL."""

import re
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, Text, TypeDecorator

# PostgreSQL keeps no NUL, and no UTF-8 has half of a surrogate pair.
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")

# SQLite counts up by itself only what is called INTEGER.
RowId = BigInteger().with_variant(Integer(), "sqlite")


def storable(text: str) -> str:
    """Return the text with U+FFFD for each character that a database refuses."""
    return _UNSTORABLE.sub("\ufffd", text)


class Words(TypeDecorator[str]):
    """Keep text from outside."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Return what the database is handed."""
        return None if value is None else storable(value)


class Moment(TypeDecorator[datetime]):
    """Keep a time in UTC; one without a zone is taken for UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return what the database is handed."""
        return None if value is None else utc(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return what the database handed back, with its zone."""
        return None if value is None else utc(value)


def utc(value: datetime) -> datetime:
    """Return the time in UTC; raises OverflowError at the edges of the calendar."""
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
