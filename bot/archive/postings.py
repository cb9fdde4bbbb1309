"""How the index lies in the file: which texts have which fingerprint, three bytes a posting.

A segment covers the texts `first` to `last` by their numbers. Its postings are sorted by fingerprint and cut into
pigeonholes by the fingerprint's upper bits; what is left of the fingerprint and the text's number within the segment
make 24 bits. A row of the table holds PER_ROW pigeonholes: their sizes, a byte each, then their postings.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rules.quotes.fingerprints import HASH_BITS

PER_ROW = 32
_POSTING_BITS = 24
# Numbers of more bits would leave too little of the fingerprint.
MAX_SPAN = 1 << 21
# With as many postings a text a pigeonhole has four to eight.
_PER_TEXT = 128
# Of a run of words that very many texts have only the earliest holders count: a source is the first to have said it.
_MAX_HOLDERS = 128
_MAX_IN_HOLE = 255
_ROW_SHIFT = 5
_SEGMENT_SHIFT = 32

Keys = NDArray[np.uint64]
Rows = Iterable[tuple[int, bytes]]


@dataclass(frozen=True, slots=True)
class Segment:
    """Name a segment and the texts that it covers, both ends included; `size` is its postings when it was made."""

    id: int
    first: int
    last: int
    size: int

    @property
    def span(self) -> int:
        """The texts that it has room for."""
        return self.last - self.first + 1

    @property
    def text_bits(self) -> int:
        """The bits that tell its texts apart; more where long texts need more pigeonholes."""
        return max(1, (max(self.span, self.size // _PER_TEXT) - 1).bit_length())

    @property
    def rest_bits(self) -> int:
        """The bits of a fingerprint that a posting keeps."""
        return _POSTING_BITS - self.text_bits

    @property
    def holes(self) -> int:
        """The number of its pigeonholes."""
        return 1 << HASH_BITS - self.rest_bits

    @property
    def rows(self) -> int:
        """The number of rows that it may have."""
        return self.holes >> _ROW_SHIFT

    @property
    def base(self) -> int:
        """The key of its first row."""
        return self.id << _SEGMENT_SHIFT

    def keys(self, grams: Keys, texts: NDArray[np.int64]) -> Keys:
        """Return the postings of pairs of fingerprint and text as sortable numbers."""
        return (grams << np.uint64(self.text_bits)) | (texts - self.first).astype(np.uint64)

    def rows_of(self, grams: Keys) -> NDArray[np.int64]:
        """Return the row of each fingerprint."""
        return (grams >> np.uint64(self.rest_bits + _ROW_SHIFT)).astype(np.int64)


def capped(segment: Segment, keys: Keys) -> Keys:
    """Return sorted keys without doubles and without the later holders of what too many hold."""
    keys = keys[np.r_[True, keys[1:] != keys[:-1]]] if len(keys) else keys
    for shift, most in ((segment.text_bits, _MAX_HOLDERS), (_POSTING_BITS, _MAX_IN_HOLE)):
        groups = keys >> np.uint64(shift)
        starts = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]]) if len(keys) else np.empty(0, np.int64)
        sizes = np.diff(np.r_[starts, len(keys)])
        if len(sizes) and sizes.max() > most:
            keys = keys[np.arange(len(keys)) - np.repeat(starts, sizes) < most]
    return keys


def packed(keys: Keys) -> Iterator[tuple[int, bytes]]:
    """Yield the rows of sorted keys: (row, blob) each; a row without postings is left out."""
    if not len(keys):
        return
    holes = (keys >> np.uint64(_POSTING_BITS)).astype(np.int64)
    rows = holes >> _ROW_SHIFT
    starts = np.flatnonzero(np.r_[True, rows[1:] != rows[:-1]])
    kept = rows[starts]
    slots = np.repeat(np.arange(len(starts)), np.diff(np.r_[starts, len(keys)])) * PER_ROW + (holes & (PER_ROW - 1))
    sizes = np.bincount(slots, minlength=len(starts) * PER_ROW).astype(np.uint8).tobytes()
    data = keys.astype("<u4").view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
    ends = [*starts[1:].tolist(), len(keys)]
    for at, (row, start, end) in enumerate(zip(kept.tolist(), starts.tolist(), ends, strict=True)):
        yield row, sizes[at * PER_ROW : (at + 1) * PER_ROW] + data[3 * start : 3 * end]


def unpacked(rows: Rows) -> Keys:
    """Return the sorted keys of rows given in order; raises ValueError where they make no sense."""
    numbers, sizes, postings = _opened(rows)
    holes = (np.array(numbers, np.int64)[:, None] * PER_ROW + np.arange(PER_ROW)).ravel()
    return ((np.repeat(holes, sizes) << _POSTING_BITS) | _numbers(postings)).astype(np.uint64)


class Lookup:
    """Look fingerprints up in several segments at once; `rows` are the keys of the rows that they fall into."""

    def __init__(self, segments: Sequence[Segment], grams: Keys) -> None:
        count = len(grams)
        self._asked = np.tile(np.arange(count), len(segments))
        self._grams = np.tile(grams.astype(np.int64), len(segments))
        values = [(segment.rest_bits, segment.text_bits, segment.first, segment.base) for segment in segments]
        self._rest, self._bits, self._first, base = np.repeat(np.array(values, np.int64), count, axis=0).T
        self._holes = self._grams >> self._rest
        self._keys = base + (self._holes >> _ROW_SHIFT)
        self.rows: list[int] = sorted(set(self._keys.tolist()))

    def found(self, rows: Rows) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return which fingerprints, by index, stand in which texts; raises ValueError where rows make no sense."""
        keys, sizes, postings = _opened(rows)
        nothing = np.empty(0, np.int64), np.empty(0, np.int64)
        if not keys:
            return nothing
        held = np.array(keys, np.int64)
        at = np.minimum(np.searchsorted(held, self._keys), len(held) - 1)
        slots = at * PER_ROW + (self._holes & (PER_ROW - 1))
        lengths = np.where(held[at] == self._keys, sizes[slots], 0)
        ends = lengths.cumsum()
        if not ends[-1]:
            return nothing
        begins = (sizes.cumsum() - sizes)[slots] - ends + lengths
        pair = np.repeat(np.arange(len(lengths)), lengths)
        posting = _numbers(postings[np.arange(ends[-1]) + begins[pair]])
        bits, rest = self._bits[pair], self._rest[pair]
        equal = posting >> bits == self._grams[pair] & ((1 << rest) - 1)
        texts = (posting & ((1 << bits) - 1)) + self._first[pair]
        return self._asked[pair[equal]], texts[equal]


def _opened(rows: Rows) -> tuple[Sequence[int], NDArray[np.int64], NDArray[np.uint8]]:
    """Return the rows' numbers, the sizes of all their pigeonholes, and all their postings, three bytes each."""
    numbers, blobs = zip(*rows, strict=True) if (rows := list(rows)) else ((), ())
    sizes = np.frombuffer(b"".join([blob[:PER_ROW] for blob in blobs]), np.uint8).astype(np.int64)
    postings = np.frombuffer(b"".join([blob[PER_ROW:] for blob in blobs]), np.uint8).reshape(-1, 3)
    if int(sizes.sum()) != len(postings):
        raise ValueError("the sizes in a row are not those of its postings")
    return numbers, sizes, postings


def _numbers(postings: NDArray[np.uint8]) -> NDArray[np.int64]:
    wide = postings.astype(np.int64)
    return wide[:, 0] | wide[:, 1] << 8 | wide[:, 2] << 16


def merged(parts: Sequence[tuple[Segment, Keys]], into: Segment) -> Keys:
    """Return the keys of several segments as those of one that covers them all."""
    keys = [
        into.keys(
            keys >> np.uint64(segment.text_bits),
            (keys & np.uint64((1 << segment.text_bits) - 1)).astype(np.int64) + segment.first,
        )
        for segment, keys in parts
    ]
    # The parts are sorted already, which a stable sort makes use of.
    return np.sort(np.concatenate(keys), kind="stable") if keys else np.empty(0, np.uint64)
