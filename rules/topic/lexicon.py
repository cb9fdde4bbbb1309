"""How rare words are, before any thread is read.

`bench/train_words.py` counted in public threads and news how many in a million texts have a stem; the counts lie in
`words.json`. English only: a word of another language counts as rare, so that there shares are shares of words.
"""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_WORDS_A_TEXT = 40
_LEAST_SHARE = 1e-6


@dataclass(frozen=True, slots=True)
class Known:
    """Hold a stem's weight, the logarithm of how rare it is among texts, and how rare it is among words."""

    weight: float
    rarity: float


def known(weight: float) -> Known:
    """Return what a stem's weight says of it."""
    return Known(weight, 1 / (math.exp(-weight) / _WORDS_A_TEXT + _LEAST_SHARE))


# A stem that nobody knows is taken for one that a text in twenty thousand has.
UNKNOWN = known(math.log(20_000))


class _Stems(dict[str, Known]):
    """Have an answer for stems that nobody knows."""

    def __missing__(self, stem: str) -> Known:
        return UNKNOWN


class Lexicon:
    """Hold what is known of stems."""

    def __init__(self, stems: Mapping[str, Known]) -> None:
        self.stems = _Stems(stems)
        # Returns what is known of a stem: a look into the table, for it is asked so often.
        self.look: Callable[[str], Known] = self.stems.__getitem__


@cache
def shipped() -> Lexicon:
    """Return the lexicon that comes with the program."""
    counted = json.loads((files("rules.topic") / "words.json").read_text("utf-8"))
    pairs = zip(counted["stems"].split(), counted["per_million"], strict=True)
    return Lexicon({stem: known(min(UNKNOWN.weight, math.log(1e6 / max(1, n)))) for stem, n in pairs})
