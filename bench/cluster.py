"""Polls a second and lag of a cluster: many sites of one simulated host, for one worker and for more.

    python bench/cluster.py [--sites N] [--workers N ...] [--concurrency N] [--interval S] [--seconds S] [--latency S]

The host answers each request after its latency, and one poll in a hundred brings a new comment. Every site has been
read before. Each number of workers is measured twice: with all sites due at once (what the workers can do), and with
the sites spread over the interval (how late they come). The store is a private PostgreSQL cluster, durable as it is by
default. Everything runs on this machine, the host too. Prints one JSON line a run.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

sys.path.insert(0, str(Path(__file__).parent.parent))

from sqlalchemy import text

from bench.load import database
from bot.cluster.jobs import prepare
from bot.store.database import Store, open_store
from bot.store.schedule import watch
from tests.board import Board
from tests.mini_wordpress import ManyBlogs

COMMAND = Path(sys.executable).parent / "quotewarden"
NEWS = 0.01
_SEEDED = "UPDATE cursors SET value = :value, rescanned_at = :now"
_LAGS = """
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY late), percentile_cont(0.95) WITHIN GROUP (ORDER BY late), max(late)
FROM (SELECT greatest(lag_seconds, extract(epoch FROM clock_timestamp() - due_at)::float8) AS late FROM schedule
      WHERE lag_seconds > 0 OR due_at < clock_timestamp()) AS lags
"""


class Host(ManyBlogs):
    """Answer for many blogs, without a thread for each connection."""

    def __init__(self, count: int) -> None:
        self.boards = [Board(now=time.time() - 600) for _ in range(count)]
        self.posts = {1: "The old bridge is mended."}
        self.on_listing = lambda: None
        self.polls = 0
        self._chance = random.Random(1)  # noqa: S311  # nothing secret

    def reply(self, target: str) -> bytes:
        parts = urlsplit(target)
        number = int(parts.path.lstrip("/").partition("/")[0])
        if "after=" in parts.query:
            self.polls += 1
            if self._chance.random() < NEWS:
                board = self.boards[number]
                board.now = time.time()
                words = self._chance.choice(["I remember the old one well.", "https://bridges.example/"])
                board.create(f"{words} {self._chance.random()}", author="Pavel")
        status, data, headers = self.answer(parts.path, {k: v[0] for k, v in parse_qs(parts.query).items()})
        body = json.dumps(data).encode()
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        return f"HTTP/1.1 {status} OK\r\n{head}\r\n".encode() + body


def serve(count: int, latency: float, told: Connection) -> None:
    """Be the host; say how many polls there were whenever asked."""
    host = Host(count)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                await asyncio.sleep(latency)
                writer.write(host.reply(head.split(b" ", 2)[1].decode()))
                await writer.drain()
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            writer.close()

    async def run() -> None:
        server = await asyncio.start_server(talk, "127.0.0.1", 0, backlog=1000)
        told.send(server.sockets[0].getsockname()[1])
        async with server:
            await server.serve_forever()

    def answer() -> None:
        while True:
            try:
                told.recv()
            except EOFError:
                os._exit(0)
            told.send(host.polls)

    threading.Thread(target=answer, daemon=True).start()
    asyncio.run(run())


def seed(store: Store, port: int, count: int, interval: float, *, all_due: bool) -> None:
    """Make a store in which every site has been read, some time ago."""
    prepare(store)
    now = datetime.now(UTC)
    with store.write() as connection:
        names = [f"blog{number}" for number in range(count)]
        spread = 0.0 if all_due else interval
        watch(connection, dict.fromkeys(names, f"127.0.0.1:{port}"), interval=dict.fromkeys(names, spread))
        connection.execute(text("UPDATE sites SET watched_from = :since"), {"since": now - timedelta(days=1)})
        value = json.dumps({"at": (now - timedelta(minutes=5)).isoformat(), "seen": []})
        connection.execute(text(_SEEDED), {"value": value, "now": now})


def measure(options: argparse.Namespace, workers: int, *, all_due: bool) -> dict[str, object]:
    """Run so many workers for a while."""
    ours, theirs = multiprocessing.Pipe()
    served = options.sites, options.latency, theirs
    server = multiprocessing.get_context("spawn").Process(target=serve, args=served, daemon=True)
    server.start()
    port = ours.recv()
    with database("postgresql") as url, tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "quotewarden.toml"
        sites = "".join(
            f'[sites.blog{number}]\nplatform = "wordpress"\nurl = "http://127.0.0.1:{port}/{number}"\n'
            for number in range(options.sites)
        )
        config.write_text(
            f'[bot]\nmode = "cluster"\n[store]\nurl = "{url}"\n[log]\nlevel = "error"\n'
            f"[daemon]\ninterval_seconds = {options.interval}\njitter_seconds = 0\nstop_seconds = 2\n"
            f"[cluster]\nrequests_per_second = 100000\npolls_at_once = {4 * workers * options.concurrency}\n{sites}"
        )
        command = [COMMAND, "worker", "--port", "0", "--concurrency", str(options.concurrency), "--config", str(config)]
        with open_store(url) as store:
            # Away from any turn, until the workers are up.
            seed(store, port, options.sites, options.interval, all_due=all_due)
            later = "UPDATE schedule SET due_at = due_at + CAST(:by AS interval)"
            with store.write() as connection:
                connection.execute(text(later), {"by": "1 day"})
            running = [subprocess.Popen(command) for _ in range(workers)]  # noqa: S603  # our own command
            holding = "SELECT count(*) FROM procrastinate_workers"
            until = time.monotonic() + 300
            while time.monotonic() < until:
                with store.read() as connection:
                    if connection.execute(text(holding)).scalar() == 2 * workers:
                        break
                time.sleep(0.5)
            with store.write() as connection:
                start = "UPDATE schedule SET due_at = due_at + (clock_timestamp() - (SELECT min(due_at) FROM schedule))"
                connection.execute(text(start))
            ours.send(None)
            before, began, used = ours.recv(), time.monotonic(), spent(running)
            time.sleep(options.seconds)
            ours.send(None)
            polls, took = ours.recv() - before, time.monotonic() - began
            used = spent(running) - used
            with store.read() as connection:
                lags = connection.execute(text(_LAGS)).one()
                comments = connection.execute(text("SELECT count(*) FROM comments")).scalar()
            for process in running:
                process.send_signal(signal.SIGTERM)
            for process in running:
                process.wait(60)
    server.kill()
    return {
        "bench": "cluster, " + ("all sites due" if all_due else f"spread over {options.interval:g} s"),
        "sites": options.sites,
        "workers": workers,
        "concurrency": options.concurrency,
        "latency_s": options.latency,
        "seconds": round(took),
        "polls_per_s": round(polls / took, 1),
        "worker_cpu_ms_per_poll": round(1000 * used / max(1, polls), 1),
        "comments": comments,
        "lag_p50_s": round(lags[0] or 0, 2),
        "lag_p95_s": round(lags[1] or 0, 2),
        "lag_max_s": round(lags[2] or 0, 2),
        "load": round(os.getloadavg()[0], 1),
    }


def spent(processes: list[subprocess.Popen[bytes]]) -> float:
    """Return the processor's time that processes and those they started have used, in seconds."""
    wanted = {process.pid for process in processes}
    ticks, parents = {}, {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        pid = int(path.parent.name)
        parents[pid] = int(fields[1])
        ticks[pid] = int(fields[11]) + int(fields[12])
    while more := {pid for pid, parent in parents.items() if parent in wanted} - wanted:
        wanted |= more
    return sum(ticks.get(pid, 0) for pid in wanted) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sites", type=int, default=10_000)
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2, 4])
    parser.add_argument("--concurrency", type=int, default=16)
    parser.add_argument("--interval", type=float, default=300)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--latency", type=float, default=0.2)
    options = parser.parse_args()
    for workers in options.workers:
        for all_due in (True, False):
            print(json.dumps(measure(options, workers, all_due=all_due)), flush=True)


if __name__ == "__main__":
    main()
