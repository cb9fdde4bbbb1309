"""What many texts say of a word: how rare it is among them, and which of them are likelier to use it."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rules.topic.lexicon import Known

# Every text counts as if it had so many words more, all of them anybody's.
SMOOTHING = 50.0
# What is known of a word in general counts beside what a site says of it, as so many words would.
PRIOR = 2_000.0
_LEAST_LIKELY = -12.0

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Word:
    """Hold a stem's weight, how rare it is among words, and who has it, each with how much likelier it is to."""

    weight: float
    rarity: float
    at: NDArray[np.int64]
    ratios: Vector


class Texts:
    """Count the stems of texts, each known by its number."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self._size = 0
        self._counts: Counter[str] = Counter()
        self._held: dict[str, dict[int, int]] = {}
        self._cached: dict[str, Word] = {}
        self._smoothed: Vector | None = None

    def add(self, at: int, counts: Counter[str]) -> None:
        """Add stems to a text, or to a new one after the last."""
        if at == len(self.sizes):
            self.sizes.append(0)
        size = counts.total()
        self.sizes[at] += size
        self._size += size
        self._counts.update(counts)
        for stem, n in counts.items():
            holders = self._held.setdefault(stem, {})
            holders[at] = holders.get(at, 0) + n
        self._cached.clear()
        self._smoothed = None

    def words(self, known: Sequence[tuple[str, Known]]) -> list[tuple[str, Word]]:
        """Return what the texts say of each of some stems."""
        cached = self._cached
        return [(stem, cached.get(stem) or self.word(stem, one)) for stem, one in known]

    def word(self, stem: str, known: Known) -> Word:
        """Return what the texts say of a stem: how rare it is, and how much likelier each that has it is to use it."""
        word = self._cached.get(stem)
        if word is None:
            held = self._held.get(stem, {})
            at = np.fromiter(held, np.int64, len(held))
            share = (self._counts[stem] + PRIOR / known.rarity) / (self._size + PRIOR)
            if self._smoothed is None:
                self._smoothed = np.array(self.sizes) + SMOOTHING
            ratios = np.log1p(np.fromiter(held.values(), np.float64, len(held)) / self._smoothed[at] / share)
            weight = math.log((len(self.sizes) + 1) / (len(held) + 0.5))
            word = self._cached[stem] = Word(weight, 1 / share, at, ratios)
        return word

    def ratios_without(self, at: int, words: Sequence[tuple[str, Word]], counts: Mapping[str, int]) -> list[float]:
        """Return how much likelier a text is to use each word, were some counts of stems not in it."""
        size = self.sizes[at] - sum(counts.values()) + SMOOTHING
        left = [self._held[stem][at] - counts[stem] for stem, _ in words]
        return [math.log1p(n / size * word.rarity) for n, (_, word) in zip(left, words, strict=True)]


def chances(others: Vector, *mine: float) -> Iterator[float]:
    """Yield the logarithm of how likely a comment's words are this thread's, were one of the threads their home."""
    most = float(others.max())
    total = float(np.exp(others - most).sum())
    for own in mine:
        top = max(most, own)
        yield max(_LEAST_LIKELY, own - top - math.log(total * math.exp(most - top) + math.exp(own - top)))
