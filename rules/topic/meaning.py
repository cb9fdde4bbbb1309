"""What a sentence model says of a comment and its thread, where one is at hand (the extra `semantic`)."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rules.view import Entry, ThreadView

Vectors = NDArray[np.float32]

# Comments are asked for in batches; of each its beginning, which is what the model reads.
_BATCH = 16
_MOST_CHARACTERS = 900
_PARTS_OF_POST = 8
_PART = 600
_RECENT = 128


class Meaning(Protocol):
    """Turn English texts into unit vectors."""

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """Return a row for each text."""


class ThreadMeaning:
    """Know what a thread's texts mean, up to the comment in work."""

    def __init__(self, meaning: Meaning, view: ThreadView) -> None:
        self._meaning, self._view = meaning, view
        post = view.entries[0].document.text
        title = view.thread.post.title or view.thread.title or ""
        parts = [title, *(post[start : start + _PART] for start in range(0, _PARTS_OF_POST * _PART, _PART))]
        self._post = meaning.vectors([part for part in parts if part.strip()] or [""])
        self._whole = unit(self._post.sum(axis=0))
        self._sum = np.zeros_like(self._whole)
        self._recent = np.zeros((_RECENT, len(self._whole)), np.float32)
        self._comments = 0
        self._asked: dict[int, Vectors] = {}

    def signs(self, entry: Entry, *, answered: Entry) -> dict[str, float]:
        """Return how like in meaning a comment is to what came before it."""
        vector = self.vector(entry)
        near = self._recent[: min(self._comments, _RECENT)] @ vector
        return {
            "means like post": float((self._post @ vector).max()),
            "means like the whole post": float(self._whole @ vector),
            "means like thread": float(unit(self._sum) @ vector),
            "means like nearest": float(near.max()) if len(near) else 0.0,
            "means like answered": 0.0 if answered.is_post else float(self.vector(answered) @ vector),
        }

    def learn(self, entry: Entry) -> None:
        """Take a comment in."""
        vector = self.vector(entry)
        self._recent[self._comments % _RECENT] = vector
        self._comments += 1
        self._sum += vector

    def vector(self, entry: Entry) -> Vectors:
        """Return the direction of an entry's text."""
        known = self._view.entries
        if entry.number not in self._asked or entry is not known[entry.number]:
            batch = [entry, *known[entry.number + 1 : entry.number + _BATCH]]
            rows = self._meaning.vectors([entry.document.text[:_MOST_CHARACTERS], *map(_text, batch[1:])])
            if entry is not known[entry.number]:
                first: Vectors = rows[0]
                return first
            self._asked |= {one.number: row for one, row in zip(batch, rows, strict=True)}
        return self._asked[entry.number]


def _text(entry: Entry) -> str:
    try:
        return entry.document.text[:_MOST_CHARACTERS]
    except Exception:  # noqa: BLE001  # it is only asked for early: its own rules will tell
        return ""


def unit(vector: Vectors) -> Vectors:
    """Return a vector cut to length one."""
    length = float(np.linalg.norm(vector))
    unit_vector: Vectors = vector / np.float32(length or 1.0)
    return unit_vector
