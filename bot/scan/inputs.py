"""The inputs of a scan: files and folders here, or wherever fsspec reads (s3://, https://, ...)."""

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from adapters.errors import ReadError
from adapters.saved.threads import read_threads
from adapters.thread import Thread
from bot.inputs import Inputs
from bot.records import Record
from bot.scan.errors import ScanError


class ScanInputs(Inputs):
    """Read the threads of local and remote inputs; a remote file is copied into `room` whole before it is read.

    So a connection that breaks leaves no half thread, and any reader can read it.
    """

    def __init__(self, paths: Iterable[str], *, format: str | None = None, room: Path) -> None:
        self._room = room
        self._remote: dict[str, tuple[Any, str]] = {}
        self._copied: dict[str, str] = {}
        super().__init__(paths, format=format)

    def described(self) -> list[Record]:
        """Return what tells these inputs from others: name, size and what says that one has changed."""
        return [self._described(name) for name in self._files]

    def threads(self) -> Iterator[Thread]:
        """Yield every thread, input by input; what is wrong is told on stderr, a line each."""
        for name in self._files:
            try:
                with self._at_hand(name) as path:
                    yield from read_threads(
                        path, format=self._format, on_notice=self._notice, on_bytes=lambda count: None
                    )
            except ReadError as error:
                self.tell(name, str(error), lost=True)

    def tell(self, name: str, text: str, *, lost: bool) -> None:
        """Tell of an input by the name that it was given."""
        super().tell(self._copied.get(name, name), text, lost=lost)

    def _expanded(self, paths: Iterable[str]) -> Iterator[str]:
        for path in paths:
            if path == "-":
                raise ScanError("-: a scan goes on where it stopped, so it reads files, not standard input")
            if "://" in path:
                yield from self._found(path)
            else:
                yield from super()._expanded([path])

    def _found(self, url: str) -> Iterator[str]:
        from fsspec.core import url_to_fs

        try:
            system, path = url_to_fs(url)
            found = sorted(system.find(path)) if system.isdir(path) else [path]
        except Exception as error:  # noqa: BLE001  # every kind of storage has its own errors
            self.tell(url, f"cannot be reached: {_reason(error)}", lost=True)
            return
        for path in found:
            name = url if len(found) == 1 and path == found[0] and not system.isdir(path) else _named(system, path)
            self._remote[name] = system, path
            yield name

    def _described(self, name: str) -> Record:
        try:
            if name in self._remote:
                system, path = self._remote[name]
                return {"name": name, "size": system.size(path), "changed": str(system.ukey(path))}
            state = Path(name).stat()
            return {"name": os.path.abspath(name), "size": state.st_size, "changed": str(state.st_mtime_ns)}  # noqa: PTH100  # resolves no link
        except Exception:  # noqa: BLE001  # reading it will tell
            return {"name": name, "size": None, "changed": None}

    @contextmanager
    def _at_hand(self, name: str) -> Iterator[str]:
        if name not in self._remote:
            yield name
            return
        system, path = self._remote[name]
        copy = self._room / ("input-" + path.rstrip("/").rpartition("/")[2][-100:])
        self._copied[str(copy)] = name
        try:
            try:
                with system.open(path, "rb") as there, copy.open("wb") as here:
                    shutil.copyfileobj(there, here, 1 << 20)
            except Exception as error:
                raise ReadError(f"cannot be fetched: {_reason(error)}", mend="run the scan again") from error
            yield str(copy)
        finally:
            copy.unlink(missing_ok=True)


def _named(system: Any, path: str) -> str:
    return str(system.unstrip_protocol(path))


def _reason(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
