"""The probability that a comment has left its thread, from the evidence and its length.

A logistic model in which every sign has a weight of its own at each of a few lengths, with straight lines between
them: one shared word says much in a comment of three and little in one of sixty. `bench/train_topic.py` learns the
weights and writes `model.json`: one set for each kind of evidence that may be at hand.
"""

import json
import math
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rules.topic.evidence import Evidence

# Lengths in stems.
KNOTS = (0, 3, 8, 20, 60)
_AT = [math.log1p(length) for length in KNOTS]
_FARTHEST = 4.0  # no sign counts for more than so many deviations


class Model:
    """Weigh evidence; `weights` has a row for the length alone, and one for each sign."""

    def __init__(
        self, signs: Sequence[str], means: Sequence[float], deviations: Sequence[float], weights: NDArray[np.float64]
    ) -> None:
        self.signs = tuple(signs)
        self.needs = frozenset(signs)
        self.means, self.deviations = np.array(means), np.array(deviations)
        self.weights = np.ascontiguousarray(weights.reshape(-1, len(KNOTS)).T)

    def probability(self, evidence: Evidence) -> float:
        """Return how likely a comment has left its thread, 0 to 1."""
        inputs = np.array(list(map(evidence.signs.__getitem__, self.signs)))
        scaled = np.minimum(np.maximum((inputs - self.means) / self.deviations, -_FARTHEST), _FARTHEST)
        above, share = _between(evidence.stems)
        weights = self.weights[above] * share + self.weights[above - 1] * (1 - share)
        total = float(weights[0] + scaled @ weights[1:])
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


def _between(stems: int) -> tuple[int, float]:
    """Return the knot at or above a length, and how near to it rather than to the one below the length is."""
    length = min(math.log1p(stems), _AT[-1])
    above = next(knot for knot in range(1, len(_AT)) if length <= _AT[knot])
    return above, (length - _AT[above - 1]) / (_AT[above] - _AT[above - 1])


def design(
    inputs: NDArray[np.float64], stems: Sequence[int], means: NDArray[np.float64], deviations: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the inputs as the weights see them: (comments, signs) to (comments, (1 + signs) * knots)."""
    scaled = np.clip((inputs - means) / deviations, -_FARTHEST, _FARTHEST)
    with_constant = np.concatenate([np.ones((len(scaled), 1)), scaled], axis=1)
    lengths = np.log1p(np.array(stems, np.float64))
    shares = np.stack([np.interp(lengths, _AT, row) for row in np.eye(len(KNOTS))], axis=1)
    product: NDArray[np.float64] = (with_constant[:, :, None] * shares[:, None, :]).reshape(len(scaled), -1)
    return product


def opened(packed: Mapping[str, Any]) -> Model:
    """Return the model that lies in a JSON file."""
    signs = packed["signs"]
    rows = [packed["length alone"], *(sign["weights"] for sign in signs.values())]
    return Model(
        list(signs),
        [sign["mean"] for sign in signs.values()],
        [sign["deviation"] for sign in signs.values()],
        np.array(rows).ravel(),
    )


@cache
def shipped() -> tuple[Model, ...]:
    """Return the models that come with the program, the one that needs most signs first."""
    names = ("model.json", "semantic.json")
    read = [json.loads((files("rules.topic") / name).read_text("utf-8")) for name in names]
    models = (opened(packed) for kinds in read for packed in kinds.values())
    return tuple(sorted(models, key=lambda model: -len(model.signs)))


def model_for(evidence: Evidence) -> Model:
    """Return the model that makes most of the evidence at hand."""
    return next(model for model in shipped() if model.needs <= evidence.signs.keys())
