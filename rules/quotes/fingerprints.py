"""Fingerprints of runs of three words, the same in every process and on every machine.

All runs are kept: winnowing (Schleimer et al. 2003) takes away what some edited quotations of ten to thirty words are
found by. `docs/archive.md` has the figures.
"""

from collections.abc import Sequence

import numpy as np
import xxhash
from numpy.typing import NDArray

# Of a short quotation with three edits some run of three words is left nearly always, one of four not so often.
GRAM = 3
# So many bits keep chance meetings rare (one in 22 lookups among 100,000 posts) and a posting at three bytes.
HASH_BITS = 28

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_MIXER = np.uint64(0xBF58476D1CE4E5B9)
_HALF = np.uint64(32)
_DROPPED = np.uint64(64 - HASH_BITS)
_MOST_WORDS = 1 << 17


class _WordHashes(dict[str, int]):
    def __missing__(self, word: str) -> int:
        if len(self) >= _MOST_WORDS:
            self.clear()
        self[word] = value = xxhash.xxh3_64_intdigest(word.encode("utf-8", "surrogatepass"))
        return value


_HASHES = _WordHashes()


def fingerprints(folded: Sequence[str]) -> NDArray[np.uint64]:
    """Return the hash, below 2 ** HASH_BITS, of each run of GRAM words, by the index of its first."""
    count = len(folded) - GRAM + 1
    if count < 1:
        return np.empty(0, np.uint64)
    words = np.fromiter(map(_HASHES.__getitem__, folded), np.uint64, len(folded))
    value = words[:count].copy()
    for shift in range(1, GRAM):
        value *= _MULTIPLIER
        value ^= value >> _HALF
        value += words[shift : shift + count]
    value *= _MIXER
    value ^= value >> _HALF
    value *= _MULTIPLIER
    return value >> _DROPPED
