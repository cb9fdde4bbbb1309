"""Changing the archive: add, remove, rebuild. Each batch is one transaction, texts and index together."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from bot.archive.errors import ArchiveError
from bot.archive.file import damaged, explained, open_for_writing, segments, transaction
from bot.archive.postings import MAX_SPAN, Keys, Segment, capped, merged, packed, unpacked
from bot.archive.texts import ArchivedText
from rules.quotes.fingerprints import HASH_BITS, fingerprints
from rules.words import Words

T = TypeVar("T")

_BATCH_TEXTS = 8192
_BATCH_CHARACTERS = 8_000_000
# While much is added, merging waits until there are so many segments.
_MOST_SEGMENTS = 16
# Newer segments are merged into the one before them once together they are half as large.
_GROWTH = 2
_WORK = 4
# A merge holds the postings of so many texts at a time, as a power of two.
_MERGED_TOGETHER = 12


@dataclass(slots=True)
class Changes:
    """Count what a call changed."""

    added: int = 0
    replaced: int = 0
    unchanged: int = 0


class ArchiveWriter:
    """Change an archive's file; raises ArchiveError when it cannot be, or when another writer is at work."""

    def __init__(self, path: Path, *, create: bool = False) -> None:
        self.path = path
        self._connection = open_for_writing(path, create=create)

    def __enter__(self) -> "ArchiveWriter":
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def add(self, texts: Iterable[ArchivedText], *, watermark: str | None = None) -> Changes:
        """Add texts, or put them in place of those of the same name; an equal text changes nothing.

        `watermark` says up to where the store that the texts come from is covered once all of them are in.
        """
        changes = Changes()
        for batch in _batches(texts, lambda text: len(text.text)):
            with explained(self.path), transaction(self._connection):
                self._put({text.key: text for text in batch}, changes)
        with explained(self.path):
            with transaction(self._connection):
                if watermark is not None:
                    self._connection.execute("UPDATE state SET watermark = ?", (watermark,))
                self._join(changes.added + changes.replaced)
            self._settle()
        return changes

    def remove(self, *, site: str | None, thread: str | None = None, id: str | None = None) -> int:
        """Erase the texts of a site, of its thread, or of one id, from the file's bytes too; return how many."""
        query, values = "SELECT id, CAST(text AS TEXT) FROM texts WHERE site = ?", [site or ""]
        for column, value in (("thread", thread), ("own_id", id)):
            if value is not None:
                query, values = f"{query} AND {column} = ?", [*values, value]
        removed = 0
        with explained(self.path):
            while True:
                with transaction(self._connection):
                    rows = self._connection.execute(f"{query} LIMIT {_BATCH_TEXTS}", values).fetchall()
                    self._erase(rows)
                if not rows:
                    break
                removed += len(rows)
            if not self._settle():
                raise ArchiveError(
                    f"{self.path}: {removed} removed, but a reader still holds their bytes in the journal; "
                    "they leave it with the next change after it has finished"
                )
        return removed

    def rebuild(self, texts: Iterable[ArchivedText] | None = None, *, watermark: str | None = None) -> int:
        """Make the index anew from the texts kept, or from those given, which then are all; return their number.

        Readers see the old index until the new one is whole.
        """
        with explained(self.path), transaction(self._connection):
            self._connection.execute("DELETE FROM postings")
            self._connection.execute("DELETE FROM segments")
            if texts is not None:
                self._connection.execute("DELETE FROM texts")
                self._connection.execute("UPDATE state SET watermark = ?", (watermark,))
                for batch in _batches(texts, lambda text: len(text.text)):
                    self._put({text.key: text for text in batch}, Changes())
            else:
                for rows in _batches(self._all(), lambda row: len(row[1])):
                    self._index(rows)
            [count] = self._connection.execute("SELECT count(*) FROM texts").fetchone()
            self._join(count)
        with explained(self.path):
            self._settle()
        return int(count)

    def _all(self) -> Iterator[tuple[int, str]]:
        last = 0
        while rows := self._connection.execute(
            "SELECT id, CAST(text AS TEXT) FROM texts WHERE id > ? ORDER BY id LIMIT 256", (last,)
        ).fetchall():
            yield from rows
            last = rows[-1][0]

    def _put(self, texts: dict[tuple[str, str, str, str], ArchivedText], changes: Changes) -> None:
        fresh: list[ArchivedText] = []
        old: list[tuple[int, str]] = []
        for key, text in texts.items():
            row = self._connection.execute(
                "SELECT id, digest, CAST(text AS TEXT) FROM texts"
                " WHERE site = ? AND thread = ? AND kind = ? AND own_id = ?",
                key,
            ).fetchone()
            if row and row[1] == text.digest:
                changes.unchanged += 1
                continue
            fresh.append(text)
            if row:
                old.append((row[0], row[2]))
        changes.replaced += len(old)
        changes.added += len(fresh) - len(old)
        self._erase(old)
        self._index([(self._insert(text), text.text) for text in fresh])

    def _insert(self, text: ArchivedText) -> int:
        posted = text.posted_at.timestamp() if text.posted_at else None
        quoted = json.dumps(text.quoted) if text.quoted else None
        done = self._connection.execute(
            "INSERT INTO texts (site, thread, kind, own_id, author, url, posted_at, quoted, digest, text)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*text.key, text.author, text.url, posted, quoted, text.digest, text.text),
        )
        return done.lastrowid or 0

    def _index(self, texts: Sequence[tuple[int, str]]) -> None:
        """Make a segment of new texts, given in the order of their numbers, and merge it with smaller ones."""
        if not texts:
            return
        grams = [fingerprints(Words(text).folded) for _, text in texts]
        numbers = np.repeat(np.array([id for id, _ in texts], np.int64), [len(own) for own in grams])
        segment = self._new_segment(texts[0][0], texts[-1][0], len(numbers))
        self._write(segment, capped(segment, np.sort(segment.keys(np.concatenate(grams), numbers))))
        if len(segments(self._connection)) > _MOST_SEGMENTS:
            self._join(0)

    def _join(self, added: int) -> None:
        """Merge the newest segments: each is to be much smaller than the one before, and few are to be left.

        After `added` texts have come in, work on a few times as many is no great matter.
        """
        held = segments(self._connection)
        first = len(held) - 1
        while first > 0:
            span, before = held[-1].last - held[first].first + 1, held[first - 1]
            is_worth_it = before.span < _GROWTH * span or before.span + span <= _WORK * added
            if not is_worth_it or held[-1].last - before.first >= MAX_SPAN:
                break
            first -= 1
        if first < len(held) - 1:
            self._merge(held[first:])

    def _new_segment(self, first: int, last: int, size: int) -> Segment:
        values = first, last, size
        done = self._connection.execute("INSERT INTO segments (first, last, size) VALUES (?, ?, ?)", values)
        return Segment(done.lastrowid or 0, *values)

    def _merge(self, old: Sequence[Segment]) -> None:
        """Put one segment in the place of several, range by range of fingerprints, so that memory stays small."""
        into = self._new_segment(old[0].first, old[-1].last, sum(segment.size for segment in old))
        parts = max(1, 1 << into.text_bits >> _MERGED_TOGETHER)
        width = (1 << HASH_BITS) // parts
        for low in range(0, 1 << HASH_BITS, width):
            taken = [(segment, self._taken(segment, low, low + width)) for segment in old]
            self._write(into, capped(into, merged(taken, into)))
        for segment in old:
            self._drop(segment)

    def _taken(self, segment: Segment, low: int, high: int) -> Keys:
        """Return the postings with fingerprints from `low` to below `high`."""
        shift = segment.rest_bits + 5
        rows = self._connection.execute(
            "SELECT key, row FROM postings WHERE key BETWEEN ? AND ? ORDER BY key",
            (segment.base + (low >> shift), segment.base + ((high - 1) >> shift)),
        )
        keys = self._unpacked((key - segment.base, row) for key, row in rows)
        grams = keys >> np.uint64(segment.text_bits)
        return keys[(grams >= low) & (grams < high)]

    def _unpacked(self, rows: Iterable[tuple[int, bytes]]) -> Keys:
        try:
            return unpacked(rows)
        except ValueError as error:
            raise damaged(self.path) from error

    def _write(self, segment: Segment, keys: Keys) -> None:
        self._connection.executemany(
            "INSERT OR REPLACE INTO postings VALUES (?, ?)", ((segment.base + row, blob) for row, blob in packed(keys))
        )

    def _drop(self, segment: Segment) -> None:
        self._connection.execute(
            "DELETE FROM postings WHERE key BETWEEN ? AND ?", (segment.base, segment.base + segment.rows)
        )
        self._connection.execute("DELETE FROM segments WHERE id = ?", (segment.id,))

    def _erase(self, texts: Sequence[tuple[int, str]]) -> None:
        """Take texts and their postings out."""
        for segment in segments(self._connection):
            own = [(id, text) for id, text in texts if segment.first <= id <= segment.last]
            if own:
                self._unpost(segment, own)
        self._connection.executemany("DELETE FROM texts WHERE id = ?", ((id,) for id, _ in texts))

    def _unpost(self, segment: Segment, texts: Sequence[tuple[int, str]]) -> None:
        grams = np.concatenate([fingerprints(Words(text).folded) for _, text in texts])
        wanted = (np.unique(segment.rows_of(grams)) + segment.base).tolist()
        for start in range(0, len(wanted), _BATCH_TEXTS):
            part = json.dumps(wanted[start : start + _BATCH_TEXTS])
            found = self._connection.execute(
                "SELECT key, row FROM postings WHERE key IN (SELECT value FROM json_each(?)) ORDER BY key", (part,)
            ).fetchall()
            keys = self._unpacked((key - segment.base, row) for key, row in found)
            own = (keys & np.uint64((1 << segment.text_bits) - 1)).astype(np.int64) + segment.first
            self._connection.execute("DELETE FROM postings WHERE key IN (SELECT value FROM json_each(?))", (part,))
            self._write(segment, keys[~np.isin(own, [id for id, _ in texts])])

    def _settle(self) -> bool:
        """Give free space back and write the journal into the file; tell whether nothing erased is left in either."""
        # Each step frees one page, and only a script takes them all.
        self._connection.executescript("PRAGMA incremental_vacuum")
        [is_held, *_] = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not is_held


def _batches(items: Iterable[T], length: Callable[[T], int]) -> Iterator[list[T]]:
    """Cut into batches of bounded number and length."""
    batch: list[T] = []
    held = 0
    for item in items:
        batch.append(item)
        held += length(item)
        if len(batch) == _BATCH_TEXTS or held >= _BATCH_CHARACTERS:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch
