"""JSON as strangers write it: parsed once, with errors that name the place."""

import json
from typing import Any

from adapters.errors import ReadError

Json = Any  # a parsed document: every reader checks the shape of what it takes out of it


def parse_json(text: str, *, place: str | None = None) -> Json:
    """Parse one document; raises ReadError with the line and column, or when it is nested too deeply."""
    try:
        return json.loads(text, strict=False)
    except json.JSONDecodeError as error:
        at = place or f"line {error.lineno}, column {error.colno}"
        cut = error.pos >= len(text.rstrip()) - 1
        problem = "the JSON breaks off" if cut else f"not JSON: {error.msg[:1].lower()}{error.msg[1:]}"
        raise ReadError(problem, place=at, mend="save it again" if cut else "mend that place") from error
    except RecursionError as error:
        raise ReadError("JSON nested too deeply to be a thread", place=place, mend="save it again") from error
    except ValueError as error:  # an integer of more digits than Python converts
        raise ReadError(f"not JSON: {error}", place=place, mend="mend that number") from error


def string(value: Json) -> str | None:
    """Return a text or a number as text, anything else and the empty text as None."""
    if isinstance(value, str):
        return value or None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return None


def mapping(value: Json) -> dict[str, Json]:
    """Return an object, or an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def sequence(value: Json) -> list[Json]:
    """Return an array, or an empty one for anything else."""
    return value if isinstance(value, list) else []
