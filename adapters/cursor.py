"""A cursor: how far a site's comments have been read, in JSON that outlives the process.

`at` is the time up to which everything was read; `seen` are the ids met in the window before it, with their times.
`walk` is a walk from the newest comment down to there that was interrupted: what it had met at its head, the token of
the last batch that was taken, and that batch's ids. `missed` are ids that the last re-reading did not find.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Self

from adapters.base import Cursor, Sighting
from adapters.dates import from_epoch

# The most ids that each part of a cursor keeps. Past it comments are only seen once more than needed.
MOST_IDS = 2000

Seen = Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Ground:
    """Hold what is known of the newest comments: read whole up to `at`, and the ids met since the window before it."""

    at: datetime | None = None
    seen: Seen = field(default_factory=dict)

    def knows(self, sighting: Sighting, overlap: timedelta) -> bool:
        """Tell whether a comment has been met, or is older than all that could have been missed."""
        return sighting.comment.id in self.seen or self.covers(sighting, overlap)

    def covers(self, sighting: Sighting, overlap: timedelta) -> bool:
        """Tell whether a comment is older than the window in which one may still turn up late."""
        posted = sighting.comment.posted_at
        return self.at is not None and posted is not None and posted < self.at - overlap

    def met(self, sightings: Iterable[Sighting], overlap: timedelta, now: datetime) -> Self:
        """Return the ground with these comments; a time to come does not move it past `now`."""
        at, seen = self.at, dict(self.seen)
        for sighting in sightings:
            posted = sighting.comment.posted_at
            seen[sighting.comment.id] = posted.timestamp() if posted else None
            if posted:
                at = max(at, min(posted, now)) if at else min(posted, now)
        return replace(self, at=at, seen=_within(seen, at, overlap))

    def under(self, head: "Ground", overlap: timedelta) -> Self:
        """Return this ground with what was met above it."""
        at = max(filter(None, (self.at, head.at)), default=None)
        below = {id: time for id, time in self.seen.items() if id not in head.seen}
        return replace(self, at=at, seen=_within({**below, **head.seen}, at, overlap))

    def since(self, oldest: datetime | None) -> Self:
        """Return the ground, known up to `oldest` where nothing was met: what is older is not asked for."""
        return replace(self, at=oldest) if self.at is None and oldest else self


@dataclass(frozen=True, slots=True)
class Walk:
    """Hold an interrupted walk: its head, and the last batch that was taken."""

    head: Ground
    token: str
    edge: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Hold a cursor, read; a cursor that is not understood is the beginning, from where nothing is lost."""

    ground: Ground = Ground()
    walk: Walk | None = None
    missed: tuple[str, ...] = ()

    @classmethod
    def of(cls, cursor: Cursor) -> Self:
        """Read a cursor."""
        if not isinstance(cursor, Mapping):
            return cls()
        inner = cursor.get("walk")
        walk = None
        if isinstance(inner, Mapping) and isinstance(inner.get("token"), str):
            walk = Walk(_ground(inner), inner["token"], _ids(inner.get("edge")))
        return cls(_ground(cursor), walk, _ids(cursor.get("missed")))

    def cursor(self) -> Cursor:
        """Return the cursor to keep."""
        written: dict[str, object] = _written(self.ground)
        if self.walk is not None:
            written["walk"] = {**_written(self.walk.head), "token": self.walk.token, "edge": list(self.walk.edge)}
        if self.missed:
            written["missed"] = list(self.missed)
        return written


def _within(seen: Seen, at: datetime | None, overlap: timedelta) -> Seen:
    floor = (at - overlap).timestamp() if at else 0.0
    kept = [(id, time) for id, time in seen.items() if time is None or time >= floor]
    # Those without a time come last, since nothing else tells of them; the oldest are dropped first.
    kept.sort(key=lambda pair: (pair[1] is None, pair[1]))
    return dict(kept[-MOST_IDS:])


def _written(ground: Ground) -> dict[str, object]:
    # The order of `seen` is part of it, and stores may sort the keys of objects.
    return {
        "at": ground.at.isoformat() if ground.at else None,
        "seen": [[id, time] for id, time in ground.seen.items()],
    }


def _ground(value: Mapping[str, object]) -> Ground:
    at, seen = value.get("at"), value.get("seen")
    try:
        read = datetime.fromisoformat(at).astimezone(UTC) if isinstance(at, str) else None
    except (ValueError, OverflowError):
        read = None
    pairs = seen if isinstance(seen, list) else []
    return Ground(read, {pair[0]: _time(pair[1]) for pair in pairs if _is_pair(pair)})


def _is_pair(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and isinstance(value[0], str)


def _time(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and from_epoch(value) else None


def _ids(value: object) -> tuple[str, ...]:
    return tuple(id for id in value if isinstance(id, str)) if isinstance(value, list) else ()
