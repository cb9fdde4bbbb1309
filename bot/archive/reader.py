"""Looking up whose words are archived; many readers do so while one writer adds."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.archive.file import damaged, explained, open_for_reading, segments, transaction
from bot.archive.postings import Keys, Lookup, Segment
from bot.siblings import ArchivedPosts
from rules.elsewhere import OutsideText
from rules.quotes.fingerprints import fingerprints
from rules.quotes.holders import Candidate, likeliest, likely_clusters
from rules.topic.site import SitePosts
from rules.words import Words

# Longer comments are looked up part by part, so that memory stays small.
_PART = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Hold what an archive has; `lag` counts the texts that the index lacks."""

    texts: int
    sites: int
    threads: int
    lag: int
    segments: int
    index_bytes: int
    file_bytes: int
    watermark: str | None


class Archive:
    """Find holders of words in an archive's file; raises ArchiveError when it cannot be read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection = open_for_reading(path)
        self._version = -1
        self._segments: list[Segment] = []
        self._own: tuple[tuple[str, str] | None, NDArray[np.int64]] = None, np.empty(0, np.int64)
        self._posts = ArchivedPosts(self._connection)

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def holders(self, words: Words, *, site: str | None, thread: str) -> list[OutsideText]:
        """Return the few likeliest holders of runs of these words, likeliest first, none of them of that thread."""
        grams, places = np.unique(fingerprints(words.folded), return_index=True)
        if not len(grams):
            return []
        with explained(self.path), transaction(self._connection, "DEFERRED"):
            try:
                return self._holders(words, grams, places, site or "", thread)
            except (TypeError, ValueError) as error:  # a column of another type, or one that makes no sense
                raise damaged(self.path) from error

    def posts(self, site: str | None) -> SitePosts:
        """Return the posts of a site, to hold comments against."""
        with explained(self.path), transaction(self._connection, "DEFERRED"):
            return self._posts.of(site or "")

    def status(self) -> Status:
        """Return what the archive has."""
        with explained(self.path), transaction(self._connection, "DEFERRED"):
            texts, sites, threads = self._one(
                "SELECT sum(texts), count(DISTINCT site), count(*)"
                " FROM (SELECT site, count(*) AS texts FROM texts GROUP BY site, thread)"
            )
            held = segments(self._connection)
            indexed = sum(
                self._one("SELECT count(*) FROM texts WHERE id BETWEEN ? AND ?", segment.first, segment.last)[0]
                for segment in held
            )
            [size] = self._one("SELECT coalesce(sum(length(row)), 0) FROM postings")
            [pages], [page] = self._one("PRAGMA page_count"), self._one("PRAGMA page_size")
            [watermark] = self._one("SELECT watermark FROM state")
            return Status(
                texts=texts or 0,
                sites=sites,
                threads=threads,
                lag=(texts or 0) - indexed,
                segments=len(held),
                index_bytes=size,
                file_bytes=pages * page,
                watermark=watermark,
            )

    def _one(self, query: str, *values: object) -> tuple[Any, ...]:
        row: tuple[Any, ...] = self._connection.execute(query, values).fetchone()
        return row

    def _holders(
        self, words: Words, grams: Keys, places: NDArray[np.int64], site: str, thread: str
    ) -> list[OutsideText]:
        [version] = self._one("PRAGMA data_version")
        if version != self._version:
            self._version, self._segments, self._own = version, segments(self._connection), (None, self._own[1])
        if not (held := self._segments):
            return []
        parts = [self._looked_up(held, grams[start : start + _PART]) for start in range(0, len(grams), _PART)]
        at = places[np.concatenate([which + number * _PART for number, (which, _) in enumerate(parts)])]
        texts = np.concatenate([texts for _, texts in parts])
        own = self._own_texts(site, thread)
        if len(own):
            other = ~np.isin(texts, own)
            at, texts = at[other], texts[other]
        total = sum(segment.span for segment in held)
        clusters = likely_clusters(at, texts, count=len(words), total=total)
        rows = self._rows({cluster.text for cluster in clusters})
        candidates = {id: _candidate(row) for id, row in rows.items()}
        return [_outside_text(rows[id]) for id in likeliest(words, clusters, candidates)]

    def _own_texts(self, site: str, thread: str) -> NDArray[np.int64]:
        """Return the texts of a thread, of which every comment asks anew."""
        if self._own[0] != (site, thread):
            query = "SELECT id FROM texts WHERE site = ? AND thread = ?"
            ids = [row[0] for row in self._connection.execute(query, (site, thread))]
            self._own = (site, thread), np.array(ids, np.int64)
        return self._own[1]

    def _looked_up(self, held: Sequence[Segment], grams: Keys) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        lookup = Lookup(held, grams)
        return lookup.found(
            self._connection.execute(
                "SELECT key, row FROM postings WHERE key IN (SELECT value FROM json_each(?)) ORDER BY key",
                (json.dumps(lookup.rows),),
            )
        )

    def _rows(self, ids: set[int]) -> dict[int, sqlite3.Row]:
        cursor = self._connection.cursor()
        cursor.row_factory = sqlite3.Row
        return {
            row["id"]: row
            for row in cursor.execute(
                "SELECT * FROM texts WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(list(ids)),)
            )
        }


def _candidate(row: sqlite3.Row) -> Candidate:
    quoted = tuple((start, end) for start, end in json.loads(row["quoted"] or "[]"))
    posted = inf if row["posted_at"] is None else row["posted_at"]
    return Candidate(row["text"], quoted, (posted, row["id"]))


def _outside_text(row: sqlite3.Row) -> OutsideText:
    return OutsideText(
        kind="archive",
        text=row["text"],
        id=row["own_id"],
        author=row["author"],
        url=row["url"],
        posted_at=None if row["posted_at"] is None else datetime.fromtimestamp(row["posted_at"], UTC),
    )
