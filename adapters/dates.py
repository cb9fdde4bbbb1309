"""Dates as platforms write them, to UTC."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_ISO = re.compile(r"\s*\d{4}-\d\d-\d\d")
_RFC822 = re.compile(r"\s*(?:[A-Za-z]{3},\s*)?\d{1,2}\s+[A-Za-z]{3}\s+\d{2,4}\s")


def from_epoch(seconds: float) -> datetime | None:
    """Turn seconds since 1970 into a UTC time, or None when that is no date."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def parse_date(value: str | None) -> datetime | None:
    """Read an ISO 8601 or RFC 822 date; one without a zone is taken as UTC, anything else gives None."""
    if not value:
        return None
    try:
        if _ISO.match(value):
            found = datetime.fromisoformat(value.strip())
        elif _RFC822.match(value):
            found = parsedate_to_datetime(value)
        else:
            return None
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError, IndexError, TypeError):
        return None
