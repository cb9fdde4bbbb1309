"""How late polls come when one process watches many sites.

    python bench/sites.py [--sites N ...] [--interval S] [--intervals N] [--store sqlite postgresql]

The sites are one server's on loopback, in a process of its own, each with its own address; now and then one gets
a comment. Lag is how much later than its interval asks a site's poll begins; each site's first poll, which
reads its history, is left out. Prints one JSON line a run.
"""

import argparse
import json
import multiprocessing
import random
import statistics
import sys
import threading
import time
from collections import defaultdict
from itertools import pairwise
from multiprocessing.connection import Connection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench.load import database, resident
from bot.config import LogOptions, check_config
from bot.daemon.logs import configure_logs
from bot.daemon.metrics import Metrics
from bot.daemon.polls import PollOutcome, WatchedSite, Work
from bot.daemon.schedule import Schedule
from bot.store.database import open_store
from bot.watching import new_poller, open_sites
from tests.mini_wordpress import ManyBlogs

HISTORY = 20


def serve(count: int, told: Connection) -> None:
    """Be the server, and write comments until nobody listens."""
    server = ManyBlogs(count, history=HISTORY)
    told.send(server.url)
    chance = random.Random(1)  # noqa: S311  # nothing secret
    try:
        while not told.poll(0.2):
            with server.lock:
                for _ in range(max(1, count // 250)):
                    board = chance.choice(server.boards)
                    board.now = time.time()
                    board.create("https://bridges.example/" + str(chance.random()), author="Pavel")
    except (EOFError, OSError):
        return


def measure(kind: str, count: int, interval: float, intervals: int) -> dict[str, object]:
    """Watch for some intervals."""
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(count, theirs), daemon=True)
    server.start()
    url = ours.recv()
    with database(kind) as store_url, open_store(store_url) as store:
        sites = {f"blog{number}": {"platform": "wordpress", "url": f"{url}/{number}"} for number in range(count)}
        data = {"daemon": {"interval_seconds": interval, "jitter_seconds": interval / 20}, "sites": sites}
        config = check_config(data, name="the bench's")
        poller = new_poller(config, store, open_sites(config))
        begun: dict[str, list[float]] = defaultdict(list)
        totals = [0, 0, 0]
        lock = threading.Lock()

        def poll(site: WatchedSite, /, *, stopping: object) -> PollOutcome:
            begun[site.name].append(time.monotonic())
            outcome = poller(site, stopping=stopping)
            with lock:
                totals[:] = totals[0] + 1, totals[1] + outcome.comments, totals[2] + outcome.findings
            return outcome

        work = Work(config=config, sites=[WatchedSite(name=name) for name in sites], poll=poll)
        schedule = Schedule(work, metrics=Metrics())
        schedule.start()
        time.sleep(interval * intervals)
        schedule.stop()
        schedule.wait_idle(30)
        poller.retire()
    server.kill()
    gaps = [later - sooner for times in begun.values() for sooner, later in pairwise(times[1:])]
    lags = sorted(max(0.0, gap - interval) for gap in gaps)
    return {
        "bench": f"sites into {kind}",
        "sites": count,
        "interval_s": interval,
        "polls": totals[0],
        "polls_per_s": round(totals[0] / (interval * intervals), 1),
        "comments": totals[1],
        "findings": totals[2],
        "lag_p50_s": round(statistics.median(lags), 2),
        "lag_p95_s": round(lags[int(len(lags) * 0.95)], 2),
        "lag_max_s": round(lags[-1], 2),
        "mb": resident(multiprocessing.current_process().pid or 0),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sites", type=int, nargs="*", default=[500, 1000])
    parser.add_argument("--interval", type=float, default=30)
    parser.add_argument("--intervals", type=int, default=4)
    parser.add_argument("--store", nargs="*", default=["sqlite"])
    options = parser.parse_args()
    if options.intervals < 4:
        parser.error("--intervals: 4 at least: each site's first poll is left out, and lag stands between two others")
    configure_logs(LogOptions(level="error"))
    for kind in options.store:
        for count in options.sites:
            print(json.dumps(measure(kind, count, options.interval, options.intervals)), flush=True)


if __name__ == "__main__":
    main()
