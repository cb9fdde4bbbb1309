"""A daemon with made-up polls, for the tests of its process: `python -m tests.daemon_program FOLDER`.

FOLDER/sites.json names the sites; one called `hangs` hangs for a minute, `page` takes a while over its page, `fails`
fails. Polls are written to FOLDER/polled, a line each, at their end.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bot.config import load_config
from bot.daemon.errors import DaemonError
from bot.daemon.lock import FileLock
from bot.daemon.polls import PollOutcome, WatchedSite, Work
from bot.daemon.process import run

FOLDER = Path(sys.argv[1])


def poll(site: WatchedSite, /, *, stopping: Callable[[], bool]) -> PollOutcome:
    with (FOLDER / "begun").open("a") as begun:
        begun.write(f"{site.name}\n")
    if site.name == "hangs":
        time.sleep(60)
    if site.name == "page":
        time.sleep(0.2)
    if site.name == "fails":
        raise ValueError("no such thing as https://me:hunter2@blog.example, said s3cr3t-value")
    with (FOLDER / "polled").open("a") as polled:
        polled.write(f"{site.name}\n")
    return PollOutcome(comments=1)


def load() -> Work:
    config = load_config(FOLDER / "quotewarden.toml", environment={})
    sites = [WatchedSite(name=name, interval=0.2) for name in json.loads((FOLDER / "sites.json").read_text())]
    return Work(config=config, sites=sites, poll=poll, secrets=frozenset({"s3cr3t-value"}))


if __name__ == "__main__":
    try:
        sys.exit(run(load(), reload=load, lock=FileLock(FOLDER / "store.db")))
    except DaemonError as error:
        sys.exit(f"error: {error}")
