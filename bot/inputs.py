"""The inputs of a command: paths to files, with every one that cannot be read told and passed over."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from adapters.errors import ReadError
from adapters.saved.source import Notice
from adapters.saved.threads import read_threads
from adapters.thread import Thread

# A longer name would push what is wrong out of sight.
_LONGEST_NAME = 300


class Inputs:
    """Read the threads of many paths; `unread` counts the inputs, or parts of inputs, that could not be read."""

    def __init__(self, paths: Iterable[str], *, format: str | None = None) -> None:
        self.unread = 0
        self._format = format
        self._files = list(self._expanded(paths))

    @property
    def files(self) -> list[str]:
        """The files that can be read more than once."""
        return [path for path in self._files if os.path.isfile(path)]  # noqa: PTH113  # see below

    def threads(self) -> Iterator[Thread]:
        """Yield every thread, file by file; what is wrong is told on stderr, a line each."""
        with _progress(self._files) as advance:
            for path in self._files:
                try:
                    yield from read_threads(path, format=self._format, on_notice=self._notice, on_bytes=advance)
                except ReadError as error:
                    self.tell("standard input" if path == "-" else path, str(error), lost=True)

    def _expanded(self, paths: Iterable[str]) -> Iterator[str]:
        # os.path answers "no" where pathlib raises: a name too long, a folder that may not be entered.
        for path in paths:
            if path == "-" or not os.path.isdir(path):  # noqa: PTH112  # see above
                yield path
                continue
            unread = self.unread
            files = sorted(self._files_in(path))
            if not files and self.unread == unread:
                self.tell(path, "no files in this folder; name another", lost=True)
            yield from files

    def _files_in(self, folder: str) -> Iterator[str]:
        for root, folders, files in os.walk(folder, onerror=self._unopened):
            folders[:] = [name for name in folders if not name.startswith(".")]
            yield from (str(Path(root) / name) for name in files if not name.startswith("."))

    def _unopened(self, error: OSError) -> None:
        self.tell(str(error.filename), f"this folder cannot be opened: {error.strerror}", lost=True)

    def _notice(self, notice: Notice) -> None:
        self.tell(notice.name, notice.text, lost=notice.lost)

    def tell(self, name: str, text: str, *, lost: bool) -> None:
        """Tell what is odd about an input, or that it was lost, in one line on stderr."""
        self.unread += lost
        name = name if len(name) <= _LONGEST_NAME else f"{name[:40]}…{name[40 - _LONGEST_NAME :]}"
        print(one_line(f"{'error' if lost else 'note'}: {name}: {text}"), file=sys.stderr)


def one_line(text: str) -> str:
    """Return a text as one line that a terminal may be shown, whoever wrote it."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)[:2000]


@contextmanager
def _progress(files: list[str]) -> Iterator[Callable[[int], None]]:
    """Show a bar on stderr while a terminal watches and the inputs are large; yield what counts the bytes."""
    total = sum(os.path.getsize(path) for path in files if os.path.exists(path))  # noqa: PTH110, PTH202  # as above
    if not sys.stderr.isatty() or total < 5_000_000:
        yield lambda count: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn

    columns = BarColumn(), DownloadColumn(), TimeRemainingColumn()
    with Progress("reading", *columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=total)
        yield lambda count: bar.advance(task, count)
