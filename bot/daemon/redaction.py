"""What must never reach a log: secrets, by the names of their keys and by their values."""

import re
from collections.abc import Iterable, Mapping

HIDDEN = "***"

_NAMES = "pass(?:word|phrase|wd)? secret token api[-_]?key private[-_]?key authorization cookie credentials?"
_SECRET_NAME = f"(?:{'|'.join(_NAMES.split())})"
_SECRET_KEY = re.compile(rf"(?:^|[-_.]){_SECRET_NAME}(?:$|[-_.])", re.I)
_IN_TEXT = (
    # https://user:secret@host, postgresql://user:secret@host
    (re.compile(r"(?<=://)([^/\s:@]*):[^/\s@]+@"), rf"\1:{HIDDEN}@"),
    # Authorization: Bearer ..., Cookie: ...
    (re.compile(r"\b((?:authorization|(?:set-)?cookie)['\"]?\s*[:=]\s*).+", re.I), rf"\1{HIDDEN}"),
    # ?access_token=..., password: ..., "api_key": "..."
    (re.compile(rf"(\b[\w.-]*?{_SECRET_NAME}['\"]?\s*[:=]\s*['\"]?)[^\s&'\",;]+", re.I), rf"\1{HIDDEN}"),
)
# A value so short stands in too many innocent words to be hidden wherever it stands.
_SHORTEST_VALUE = 4


class Redaction:
    """Hide the values given, and whatever a key or its surroundings tell to be a secret."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        # The longest first: one secret may be the beginning of another.
        values = sorted({value for value in secrets if len(value) >= _SHORTEST_VALUE}, key=len, reverse=True)
        self._values = re.compile("|".join(map(re.escape, values))) if values else None

    def of_text(self, text: str) -> str:
        """Return a text without its secrets."""
        if self._values:
            text = self._values.sub(HIDDEN, text)
        for pattern, replacement in _IN_TEXT:
            text = pattern.sub(replacement, text)
        return text

    def of_value(self, value: object, *, key: str = "") -> object:
        """Return a value of a log record without its secrets; what is no plain value becomes its text."""
        if _SECRET_KEY.search(key) and value is not None:
            return HIDDEN
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, Mapping):
            return {self.of_text(str(name)): self.of_value(part, key=str(name)) for name, part in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.of_value(part) for part in value]
        return self.of_text(str(value))
