"""A program that is killed at any moment, again and again, ends with the store of one that was left alone."""

import multiprocessing
import signal
import time
from contextlib import suppress
from pathlib import Path
from random import Random

from bot.store.database import open_store
from tests.crash import PAGES, take_all, work
from tests.stored import Blog

KILLS = 20
SEED = 11


def test_a_killed_program_loses_and_doubles_nothing(store_url: str, tmp_path: Path) -> None:
    undisturbed = f"sqlite:///{tmp_path / 'undisturbed.db'}"
    take_all(undisturbed, SEED, lambda number: None)
    random = Random(SEED)  # noqa: S311  # nothing secret
    context = multiprocessing.get_context("forkserver")
    # What each process would load again is loaded once, in the one that they are forked from.
    context.set_forkserver_preload(["tests.crash"])
    kills = 0
    for _ in range(KILLS * 3):
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=work, args=(store_url, SEED, theirs))
        process.start()
        theirs.close()
        with ours, suppress(EOFError):
            for _ in range(1 + random.randrange(3) if kills < KILLS else PAGES + 1):
                ours.recv()
            time.sleep(random.random() * 0.03)
        process.kill()
        process.join(60)
        kills += process.exitcode == -signal.SIGKILL
        if process.exitcode == 0:
            break
    assert kills >= KILLS
    with open_store(undisturbed) as calm, open_store(store_url) as killed:
        expected, found = Blog(calm).state(), Blog(killed).state()
    assert expected["cursor"] == PAGES
    assert len(expected["findings"]) > 30
    assert found == expected
