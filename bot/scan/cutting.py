"""Cutting inputs into partitions: threads in their order, until a partition has its number of comments."""

from collections.abc import Callable, Iterable, Iterator

from adapters.thread import Thread
from bot.scan.folder import Folder, write_json
from bot.scan.inputs import ScanInputs
from bot.scan.threads import write_threads


def cut(
    inputs: ScanInputs, folder: Folder, *, comments: int, seen: Callable[[Thread], object] = lambda thread: None
) -> Iterator[int]:
    """Write the partitions that are not there, in order, and yield the number of each; `seen` is told every thread.

    The same inputs are always cut in the same way, so that a cutting which was stopped is simply done again.
    """
    if (before := folder.cut()) is not None:
        inputs.unread = before["unread"]
        yield from range(before["parts"])
        return
    number = 0
    for number, threads in enumerate(_batches(inputs.threads(), comments), 1):
        for thread in threads:
            seen(thread)
        if not folder.is_done(number - 1) and not folder.part(number - 1).exists():
            write_threads(folder.part(number - 1), threads)
        yield number - 1
    write_json(folder.path / "cut.json", {"parts": number, "unread": inputs.unread})


def _batches(threads: Iterable[Thread], comments: int) -> Iterator[list[Thread]]:
    batch: list[Thread] = []
    held = 0
    for thread in threads:
        batch.append(thread)
        # The post is work as well, and a thread without comments must not be free.
        held += len(thread.comments) + 1
        if held >= comments:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch
