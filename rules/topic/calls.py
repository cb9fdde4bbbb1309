"""Whom a comment calls by name: somebody who has written here, or somebody of another thread."""

import re
from typing import NamedTuple

_MOST_TEXT = 2_000
_AT = re.compile(r"(?<![\w.])@\s?(\w[\w'’-]{2,30})")
_FIRST = re.compile(
    r"\s{0,9}(?:(?:hi|hey|hello|dear|thanks|thank you|hallo|danke|salut|bonjour|merci|hola|gracias|ciao|olá|привет)"
    r"[ ,]{1,2})?"
    r"(\w[\w'’-]{2,30})(?: \w{1,30})?\s?[,:!–—-]",
    re.IGNORECASE,
)


class Called(NamedTuple):
    """Hold the names with an "@" before them, and the word that may be a name before a comma or colon at the start."""

    at: tuple[str, ...] = ()
    first: str | None = None


NOBODY = Called()


def called(text: str) -> Called:
    """Return whom a comment may call."""
    text = text[:_MOST_TEXT]
    first = _FIRST.match(text)
    return Called(tuple(dict.fromkeys(_AT.findall(text))) if "@" in text else (), first[1] if first else None)


def names_of(author: str) -> set[str]:
    """Return what somebody may be called by, folded: the parts of the name, and all of it in one."""
    parts = author.strip().casefold().split()
    return {name for name in (*parts, "".join(parts)) if len(name) > 2}
