"""JSON as strangers write it: parsed once, with errors that name the place."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import chain, groupby, islice
from typing import Any

from adapters.dates import from_epoch
from adapters.errors import ReadError
from adapters.saved.source import Source, joined

Json = Any  # a parsed document: every reader checks the shape of what it takes out of it
Row = dict[str, Json]

_OPENING = re.compile(r"\s*(?:\{\s*[\"}]|\[\s*[\[{\]])")


def parse_json(text: str, *, place: str | None = None) -> Json:
    """Parse one document; raises ReadError with the line and column, or when it is nested too deeply."""
    try:
        return json.loads(text, strict=False)
    except json.JSONDecodeError as error:
        at = place or f"line {error.lineno}, column {error.colno}"
        cut = error.pos >= len(text.rstrip()) - 1 or error.msg.startswith("Unterminated string")
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


def epoch(value: Json) -> datetime | None:
    """Return seconds since 1970, as a number or as text, as a UTC time."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return from_epoch(float(value))
    except (ValueError, OverflowError):
        return None


def looks_like_json(head: str) -> bool:
    """Tell whether the text opens an object or an array of objects."""
    return bool(_OPENING.match(head))


def documents(source: Source) -> Iterator[tuple[str | None, Json]]:
    """Yield the one document of a text, or the object of each line (JSON Lines), with its place.

    A line that cannot be read is given to `source.lose`; a document that cannot be raises ReadError.
    """
    lines = ((number, line) for number, line in enumerate(source.lines(), 1) if line.strip())
    opening = list(islice(lines, 2))
    if len(opening) < 2 or not all(line.startswith("{") for _, line in opening):
        yield None, parse_json(joined((line for _, line in chain(opening, lines)), "\n"))
        return
    for number, line in chain(opening, lines):
        try:
            yield f"line {number}", parse_json(line, place=f"line {number}")
        except ReadError as error:
            source.lose(error)


def walk(roots: Iterable[Json], children: Callable[[Row], Iterable[Json]]) -> Iterator[tuple[Row, Row | None]]:
    """Yield each object of a forest and the object it hangs under, from the top down; what is no object is left out."""
    waiting: list[tuple[Row, Row | None]] = [(root, None) for root in reversed(list(roots)) if isinstance(root, dict)]
    while waiting:
        row, above = waiting.pop()
        yield row, above
        waiting.extend((child, row) for child in reversed(list(children(row))) if isinstance(child, dict))


def runs(rows: Iterable[Row], key: Callable[[Row], str], source: Source) -> Iterator[tuple[str, list[Row]]]:
    """Yield the rows of each thread as they come together, so that a large dump is never held whole."""
    seen: set[str] = set()
    told = False
    for id, group in groupby(rows, key):
        if id in seen and not told:
            told = True
            source.note("its comments are not together in the file: read as several threads", place=f"thread {id}")
        seen.add(id)
        yield id, list(group)
