"""The part of a comment that shares least with its thread: one of two halves may have left it, and the other not."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence

# A longer comment is judged as a whole.
MOST_SENTENCES = 12
_LEAST_SENTENCES = 2
_LEAST_STEMS = 10
# A smaller share of what a comment says is an aside.
_LEAST_SHARE = 0.6
_SENTENCE = re.compile(r"\S.*?(?:[.!?。！？](?=\s)|(?=\n\s*\n)|\Z)", re.DOTALL)


def sentences_of(text: str) -> list[tuple[int, int]]:
    """Return where the sentences of a text begin and end; one more than the most that are looked at tells of more."""
    found: list[tuple[int, int]] = []
    for match in _SENTENCE.finditer(text):
        found.append(match.span())
        if len(found) > MOST_SENTENCES:
            break
    return found


def farthest(
    sentences: Sequence[Collection[str]], weights: Mapping[str, float], is_new: Callable[[str], bool]
) -> tuple[int, int] | None:
    """Return the run of sentences that holds most of a comment's weight and shares least: its first, and one after its
    last; None where there is no such run but the whole. The sentences are given by their stems.
    """
    least = _LEAST_SHARE * sum(weights.values())
    new = {stem for stem in weights if is_new(stem)}
    best: tuple[float, int, int] | None = None
    for first in range(len(sentences)):
        run: set[str] = set()
        weight = shared = 0.0
        for last in range(first, len(sentences)):
            for stem in sentences[last]:
                if stem in weights and stem not in run:
                    run.add(stem)
                    weight += weights[stem]
                    shared += 0.0 if stem in new else weights[stem]
            length = last + 1 - first
            if _LEAST_SENTENCES <= length < len(sentences) and len(run) >= _LEAST_STEMS and weight >= least:
                one = (shared / weight, first, last + 1)
                best = one if best is None else min(best, one)
    return best and best[1:]
