"""The ways to keep an archive's index that bench/archive.py measures."""

import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from math import inf
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from bot.archive.reader import Archive
from bot.archive.texts import ArchivedText
from bot.archive.writer import ArchiveWriter
from rules.quotes.fingerprints import fingerprints
from rules.quotes.holders import Candidate, Cluster, likeliest, likely_clusters
from rules.words import Words


class Peer(Protocol):
    """Be one way; a text is named by its id, a number."""

    def add(self, texts: Sequence[ArchivedText]) -> None: ...
    def remove(self, text: ArchivedText) -> None: ...
    def holders(self, words: Words) -> list[int]: ...
    def count(self) -> int: ...
    def sizes(self) -> tuple[int, int]: ...


def bytes_of(connection: sqlite3.Connection, *tables: str) -> int:
    """Return the bytes of a database's pages that hold some tables."""
    marks = ", ".join("?" * len(tables))
    query = f"SELECT coalesce(sum(pgsize), 0) FROM dbstat WHERE name IN ({marks})"  # noqa: S608  # marks only
    return int(connection.execute(query, tables).fetchone()[0])


class Chosen:
    """Be the archive as the command keeps it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reader: Archive | None = None
        self._writer: ArchiveWriter | None = None

    def add(self, texts: Sequence[ArchivedText]) -> None:
        self._writer = self._writer or ArchiveWriter(self._path, create=True)
        self._writer.add(texts)

    def remove(self, text: ArchivedText) -> None:
        self._writer = self._writer or ArchiveWriter(self._path)
        self._writer.remove(site=text.site, thread=text.thread, id=text.id)

    def holders(self, words: Words) -> list[int]:
        self._reader = self._reader or Archive(self._path)
        return [int(holder.id or -1) for holder in self._reader.holders(words, site="none", thread="none")]

    def count(self) -> int:
        with Archive(self._path) as reader:
            return reader.status().texts

    def sizes(self) -> tuple[int, int]:
        connection = sqlite3.connect(self._path)
        try:
            return bytes_of(connection, "postings", "segments"), bytes_of(
                connection, "texts", "sqlite_autoindex_texts_1"
            )
        finally:
            connection.close()


class _Kept:
    """Keep the texts in SQLite beside an index of another kind, and rank what it finds like the archive does."""

    def __init__(self, path: Path) -> None:
        path.mkdir(exist_ok=True)
        self.folder = path
        self.db = sqlite3.connect(path / "texts.db", isolation_level=None)
        self.db.execute("PRAGMA journal_mode = WAL")
        self.db.execute("CREATE TABLE IF NOT EXISTS texts (id INTEGER PRIMARY KEY, posted REAL, text TEXT)")

    def keep(self, texts: Iterable[ArchivedText]) -> None:
        rows = ((int(text.id), text.posted_at and text.posted_at.timestamp(), text.text) for text in texts)
        self.db.executemany("INSERT OR REPLACE INTO texts VALUES (?, ?, ?)", rows)

    def count(self) -> int:
        return int(self.db.execute("SELECT count(*) FROM texts").fetchone()[0])

    def ranked(self, words: Words, clusters: Sequence[Cluster]) -> list[int]:
        ids = json.dumps(list({cluster.text for cluster in clusters}))
        rows = self.db.execute("SELECT * FROM texts WHERE id IN (SELECT value FROM json_each(?))", (ids,))
        known = {id: Candidate(text, (), (inf if posted is None else posted, id)) for id, posted, text in rows}
        return likeliest(words, clusters, known)

    def voted(self, words: Words, places: NDArray[np.int64], texts: NDArray[np.int64]) -> list[int]:
        return self.ranked(words, likely_clusters(places, texts, count=len(words), total=100_000))


class Table(_Kept):
    """Keep a row for each run of three words of each text."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.db.execute("CREATE TABLE IF NOT EXISTS runs (gram INT, text INT, PRIMARY KEY (gram, text)) WITHOUT ROWID")
        self.db.execute("PRAGMA cache_size = -65536")

    def add(self, texts: Sequence[ArchivedText]) -> None:
        for start in range(0, len(texts), 8192):
            part = texts[start : start + 8192]
            self.db.execute("BEGIN")
            self.keep(part)
            rows = sorted((gram, int(t.id)) for t in part for gram in fingerprints(Words(t.text).folded).tolist())
            self.db.executemany("INSERT OR IGNORE INTO runs VALUES (?, ?)", rows)
            self.db.execute("COMMIT")

    def remove(self, text: ArchivedText) -> None:
        grams = fingerprints(Words(text.text).folded).tolist()
        self.db.execute("BEGIN")
        self.db.executemany("DELETE FROM runs WHERE gram = ? AND text = ?", ((gram, int(text.id)) for gram in grams))
        self.db.execute("DELETE FROM texts WHERE id = ?", (int(text.id),))
        self.db.execute("COMMIT")

    def holders(self, words: Words) -> list[int]:
        first: dict[int, int] = {}
        for place, gram in enumerate(fingerprints(words.folded).tolist()):
            first.setdefault(gram, place)
        query = "SELECT text FROM runs WHERE gram = ? LIMIT 128"
        found = [(place, row[0]) for gram, place in first.items() for row in self.db.execute(query, (gram,))]
        pairs = np.array(found, np.int64).reshape(-1, 2)
        return self.voted(words, pairs[:, 0], pairs[:, 1])

    def sizes(self) -> tuple[int, int]:
        return bytes_of(self.db, "runs"), bytes_of(self.db, "texts")


class Arrays(_Kept):
    """Keep two sorted arrays in a file, written anew and renamed with every change: the best case to read."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._open()

    def _open(self) -> None:
        path = self.folder / "index.npy"
        self._pairs = np.load(path, mmap_mode="r") if path.exists() else np.empty((2, 0), np.uint32)

    def _write(self, pairs: NDArray[np.uint32]) -> None:
        with (self.folder / "new.npy").open("wb") as file:
            np.save(file, pairs)
            file.flush()
            os.fsync(file.fileno())
        (self.folder / "new.npy").replace(self.folder / "index.npy")
        self._open()

    def add(self, texts: Sequence[ArchivedText]) -> None:
        self.db.execute("BEGIN")
        self.keep(texts)
        parts = [fingerprints(Words(text.text).folded) for text in texts]
        numbers = np.repeat(np.array([int(text.id) for text in texts], np.uint64), [len(part) for part in parts])
        keys = np.unique(np.concatenate(parts) << np.uint64(32) | numbers)
        old = (self._pairs[0].astype(np.uint64) << np.uint64(32)) | self._pairs[1]
        keys = np.sort(np.concatenate([old, keys]))
        self._write(np.stack([keys >> np.uint64(32), keys & np.uint64(0xFFFFFFFF)]).astype(np.uint32))
        self.db.execute("COMMIT")

    def remove(self, text: ArchivedText) -> None:
        self.db.execute("DELETE FROM texts WHERE id = ?", (int(text.id),))
        self._write(self._pairs[:, self._pairs[1] != int(text.id)])

    def holders(self, words: Words) -> list[int]:
        grams, places = np.unique(fingerprints(words.folded), return_index=True)
        begins = np.searchsorted(self._pairs[0], grams.astype(np.uint32))
        ends = np.searchsorted(self._pairs[0], grams.astype(np.uint32), "right")
        lengths = np.minimum(ends - begins, 128)
        at = np.repeat(begins - lengths.cumsum() + lengths, lengths) + np.arange(lengths.sum())
        return self.voted(words, np.repeat(places, lengths), self._pairs[1][at].astype(np.int64))

    def sizes(self) -> tuple[int, int]:
        return (self.folder / "index.npy").stat().st_size, bytes_of(self.db, "texts")


class Tantivy(_Kept):
    """Keep an inverted index of words, or of runs of three, in tantivy; the best 50, or 20, by BM25 are ranked."""

    def __init__(self, path: Path, *, runs: bool) -> None:
        super().__init__(path)
        import tantivy

        self._tantivy, self._runs = tantivy, runs
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("body", tokenizer_name="whitespace", index_option="basic" if runs else "freq")
        builder.add_integer_field("id", stored=True, indexed=True)
        self._schema = builder.build()
        (path / "tantivy").mkdir(exist_ok=True)
        self._index = tantivy.Index(self._schema, path=str(path / "tantivy"))
        self._writer: Any = None

    def _terms(self, words: Words) -> list[str]:
        return [f"{gram:x}" for gram in fingerprints(words.folded).tolist()] if self._runs else list(words.folded)

    def add(self, texts: Sequence[ArchivedText]) -> None:
        self._change(texts, ())

    def remove(self, text: ArchivedText) -> None:
        self._change((), [text])

    def _change(self, new: Sequence[ArchivedText], gone: Sequence[ArchivedText]) -> None:
        self._writer = self._writer or self._index.writer(heap_size=128_000_000, num_threads=1)
        self.db.execute("BEGIN")
        self.keep(new)
        for text in gone:
            self.db.execute("DELETE FROM texts WHERE id = ?", (int(text.id),))
            self._writer.delete_documents_by_term("id", int(text.id))
        for text in new:
            body = " ".join(self._terms(Words(text.text)))
            self._writer.add_document(self._tantivy.Document(id=int(text.id), body=body))
        self._writer.commit()
        self.db.execute("COMMIT")
        if len(new) > 1000:
            self._writer.wait_merging_threads()
            self._writer = None
        self._index.reload()

    def holders(self, words: Words) -> list[int]:
        tantivy = self._tantivy
        terms = [
            (tantivy.Occur.Should, tantivy.Query.term_query(self._schema, "body", term))
            for term in dict.fromkeys(self._terms(words))
        ]
        searcher = self._index.searcher()
        hits = searcher.search(tantivy.Query.boolean_query(terms), 20 if self._runs else 50).hits
        ids = [searcher.doc(address)["id"][0] for _, address in hits]
        return self.ranked(words, [Cluster(id, 0, len(words) - 1) for id in ids])

    def count(self) -> int:
        self._index.reload()
        held = self._index.searcher().num_docs
        return held if held == super().count() else -1

    def sizes(self) -> tuple[int, int]:
        files = sum(file.stat().st_size for file in (self.folder / "tantivy").iterdir())
        return files, bytes_of(self.db, "texts")


PEERS: dict[str, Callable[[Path], Peer]] = {
    "three-byte postings in SQLite": Chosen,
    "a row a run in SQLite": Table,
    "sorted arrays in a file": Arrays,
    "tantivy, words": lambda path: Tantivy(path, runs=False),
    "tantivy, runs of three": lambda path: Tantivy(path, runs=True),
}
