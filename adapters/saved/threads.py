"""Threads out of saved files: find the reader, read, repair."""

from collections.abc import Callable, Iterator

from adapters.errors import ReadError
from adapters.registry import saved_readers
from adapters.saved.reader import Reader
from adapters.saved.repair import repair
from adapters.saved.source import Notice, Source
from adapters.thread import Thread


def read_threads(
    path: str,
    *,
    format: str | None = None,
    on_notice: Callable[[Notice], None],
    on_bytes: Callable[[int], None],
) -> Iterator[Thread]:
    """Yield the threads of one file, gzip or plain (`-` is standard input), in the format that it shows or is said.

    Raises ReadError where nothing more can be read; threads yielded before then are good.
    """
    with Source(path, on_notice=on_notice, on_bytes=on_bytes) as source:
        reader = find_reader(source.head, format)
        for thread in reader.read(source):
            yield repair(thread, lambda text, thread=thread: source.note(text, place=f"thread {thread.id}"))  # type: ignore[misc]  # mypy cannot infer a lambda with a default


def find_reader(head: str, format: str | None = None) -> Reader:
    """Return the reader named `format`, or the first that recognises the beginning of the text."""
    readers = saved_readers()
    if format is not None:
        named = next((reader for reader in readers if reader.NAME == format), None)
        if named is None:
            raise ReadError(
                f"unknown format {format!r}", mend="use one of " + ", ".join(reader.NAME for reader in readers)
            )
        return named
    found = next((reader for reader in readers if reader.recognises(head)), None)
    if found is None:
        raise ReadError("no known format", mend="name it with --format; `quotewarden adapters` lists them")
    return found
