"""Vectors of the sentence model kept in a file, so that a figure printed again costs no second hour."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import xxhash

from bot.sentence_model import installed
from rules.topic.semantic import FindSentences, Sentences, Vectors


class KeptVectors:
    """Be a sentence model that asks another one only for texts that are new to its file."""

    def __init__(self, model: Sentences, path: Path) -> None:
        self._model = model
        self._file = sqlite3.connect(path, isolation_level=None, timeout=60)
        self._file.execute("PRAGMA synchronous = off")
        self._file.execute("CREATE TABLE IF NOT EXISTS vectors (text BLOB PRIMARY KEY, vector BLOB) WITHOUT ROWID")

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """Return a row for each text."""
        return np.stack([self._vector(text) for text in texts])

    def _vector(self, text: str) -> Vectors:
        key = xxhash.xxh3_128_digest(text.encode("utf-8", "surrogatepass"))
        row = self._file.execute("SELECT vector FROM vectors WHERE text = ?", (key,)).fetchone()
        if row is not None:
            return np.frombuffer(row[0], np.float32)
        [vector] = self._model.vectors([text])
        self._file.execute("INSERT OR IGNORE INTO vectors VALUES (?, ?)", (key, vector.tobytes()))
        return vector


def kept_vectors(path: Path | None) -> FindSentences:
    """Return what gives the installed model, with its vectors kept in a file if one is named."""
    model: Sentences = installed()
    if path is not None:
        model = KeptVectors(model, path)
    return lambda: model
