"""What a reader of a saved format is: a module with these four names."""

from collections.abc import Iterator
from typing import Protocol

from adapters.saved.source import Source
from adapters.thread import Thread


class Reader(Protocol):
    """Turn one saved format into threads.

    NAME is what `--format` takes, TITLE what `adapters` shows. `recognises` sees the first 64 KB as text. `read`
    yields threads as it goes, raises ReadError where it cannot go on, and gives a part that it must leave out to
    `source.lose`. Repairs that every format needs (double ids, lost parents) are made once, in `repair`.
    """

    NAME: str
    TITLE: str

    def recognises(self, head: str) -> bool: ...
    def read(self, source: Source) -> Iterator[Thread]: ...
