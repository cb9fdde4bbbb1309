"""Time of a page of the review queue, in a store of many findings.

    python bench/review_queue.py [--findings N] [--store sqlite postgresql] [--times N]

Three hundred sites, one of which has a third of all findings, six rules of which one has ten findings in all; a fifth
is open. PostgreSQL is a private cluster. Prints one JSON line a store and kind of page, with the median and the slowest
of the times in milliseconds, the connection's own included; for pages as a browser gets them also the time of this
process's processor, asking included, which counts where the machine has other work.
"""

import argparse
import json
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import requests
from sqlalchemy import text

sys.path.insert(0, str(Path(__file__).parent.parent))

from bot.config import check_config
from bot.precision import precision
from bot.review.app import build_app
from bot.review.security import kept_token, new_token
from bot.review.server import ReviewServer
from bot.store.browsing import Wanted, count, details, find
from bot.store.database import Store, open_store
from bot.store.people import accept, begin_session, invitation, invite
from bot.store.sites import keep_site
from bot.store.upkeep import vacuum

START = datetime(2026, 1, 1, tzinfo=UTC)
RULES = ("unattributed-quote", "altered-quote", "misattributed-quote", "pasted-text", "link-only")
STATES = ("open", "quiet", "resolved", "confirmed", "dismissed")
SITES = 300


def fill(store: Store, count: int) -> None:
    """Put findings into a store, each on a comment of its own; the database makes the rows itself."""
    with store.write() as connection:
        for number in range(SITES):
            keep_site(connection, f"site {number}", now=START)
        moment = "datetime('2026-01-01', '+' || (20 * i) || ' seconds')"
        if not store.is_sqlite:
            moment = "TIMESTAMPTZ '2026-01-01 00:00:00+00' + i * INTERVAL '20 seconds'"
        more = f"SELECT i + 1 FROM n WHERE i < {count}"  # noqa: S608  # a number
        rows = f"WITH RECURSIVE n(i) AS (SELECT CAST(1 AS BIGINT) UNION ALL {more})"
        site = f"CASE WHEN i % 3 = 0 THEN 1 ELSE 1 + (i * 7919) % {SITES} END"
        state = _chosen(STATES, "(i * 7907 / 13) % 5")
        rule = f"CASE WHEN i % {count // 10} = 1 THEN 'off-topic' ELSE {_chosen(RULES, '(i * 104729 / 17) % 5')} END"
        words = "'some words that somebody wrote and somebody else had written before, some twenty of them in all'"
        end = str(len(words) - 2)
        # Of the post that its comment answers, so that the page compares the two.
        rest = f"""'", "author": "mw", "url": null, "start": 0, "end": {end}, "similarity": 1.0}}'"""
        source = f"""'{{"kind": "post", "id": "p' || i || {rest}"""
        source = source if store.is_sqlite else f"CAST({source} AS JSON)"
        of_tables = {
            "posts": {"platform_id": "'p' || i", "body": words, "format": "'plain'", "seen_at": moment},
            "comments": {
                "post_id": "i",
                "platform_id": "'c' || i",
                "hash": "'h' || i",
                "author": "'author ' || (i % 5000)",
                "body": words,
                "format": "'plain'",
                "placed_at": moment,
                "seen_at": moment,
                "forgotten": "1 = 0",
            },
            "findings": {
                "comment_id": "i",
                "key": "'k' || i",
                "rule": rule,
                "severity": "'warning'",
                "confidence": "(i * 48271) % 1000 / 1000.0",
                "start": "0",
                '"end"': end,
                "source": source,
                "excerpt": words,
                "message": "'They are somebody else''s.'",
                "ruleset": "'0'",
                "quiet": f"{state} = 'quiet'",
                "found_at": moment,
                "state": state,
                "resolved_at": f"CASE WHEN {state} = 'resolved' THEN {moment} END",
                "decided_at": f"CASE WHEN {state} IN ('confirmed', 'dismissed') THEN {moment} END",
            },
        }
        for table, columns in of_tables.items():
            columns = {"id": "i", "site_id": site, **columns}
            into = f"INSERT INTO {table} ({', '.join(columns)})"
            made = f"{into} {rows} SELECT {', '.join(columns.values())} FROM n"  # noqa: S608  # all of it is ours
            connection.execute(text(made))
    vacuum(store.engine)


def _chosen(names: Sequence[str], number: str) -> str:
    """Return SQL that chooses among names by a number."""
    return f"CASE {number} " + " ".join(f"WHEN {at} THEN '{name}'" for at, name in enumerate(names)) + " END"


def pages(findings: int) -> dict[str, Wanted]:
    """Return what is asked of the queue, by name."""
    return {
        "all": Wanted(),
        "one site": Wanted(sites=[5]),
        "twenty sites": Wanted(sites=range(2, 22)),
        "one rule": Wanted(rule="link-only"),
        "a rule with ten findings": Wanted(rule="off-topic"),
        "site and rule": Wanted(sites=[1], rule="off-topic"),
        "most certain": Wanted(sure=0.999),
        "words": Wanted(words="words 17"),
        "last week": Wanted(age="week"),
        "older": Wanted(age="older"),
        "a page in the middle": Wanted(before=findings // 2),
        "dismissed": Wanted(state="dismissed"),
    }


def measure(store: Store, findings: int, times: int) -> Iterator[dict[str, object]]:
    """Yield the times of each kind of page: what is on it, all that is shown of it, and how many there are."""
    now = START + timedelta(seconds=20 * findings)
    for name, wanted in pages(findings).items():
        took = []
        for _ in range(times):
            began = time.perf_counter()
            with store.read() as connection:
                rows = len(details(connection, find(connection, wanted, now=now).numbers))
                count(connection, wanted, now=now)
            took.append(1000 * (time.perf_counter() - began))
        median, slowest = round(statistics.median(took), 1), round(max(took), 1)
        yield {"page": name, "rows": rows, "median_ms": median, "max_ms": slowest}
    yield from measure_pages(store, now, times)
    began = time.perf_counter()
    with store.read() as connection:
        precision(connection, since=now - timedelta(days=84))
    yield {"page": "precision of 12 weeks", "median_ms": round(1000 * (time.perf_counter() - began), 1)}


def measure_pages(store: Store, now: datetime, times: int) -> Iterator[dict[str, object]]:
    """Yield the times of pages as a browser gets them, over loopback: asked for, rendered and read."""
    app = build_app(store, check_config({}, name="the bench's"), clock=lambda: now)
    token = new_token()
    with store.write() as connection:
        invite(connection, token, name="ada", role="admin", sites=None, now=now)
        invited = invitation(connection, token, now=now)
        assert invited is not None  # noqa: S101  # it was made just now
        number = accept(connection, invited, name="ada", password="-", language="en", now=now)  # noqa: S106  # none
        begin_session(connection, kept_token(token), number, now=now)
    listening = socket.create_server(("127.0.0.1", 0))
    listening.setblocking(False)
    server = ReviewServer(app, listening)
    server.start()
    with requests.Session() as session:
        session.cookies.set("quotewarden", app.state.review.seal.cookie(token))
        for path in ("/", "/?rule=link-only&site=site+5", "/?words=somebody+author", f"/finding/{number}"):
            # The first one compiles the templates.
            session.get(f"http://127.0.0.1:{listening.getsockname()[1]}{path}", timeout=60)
            took, cpu = [], time.process_time()
            for _ in range(times):
                began = time.perf_counter()
                answer = session.get(f"http://127.0.0.1:{listening.getsockname()[1]}{path}", timeout=60)
                took.append(1000 * (time.perf_counter() - began))
                answer.raise_for_status()
            median, slowest = round(statistics.median(took), 1), round(max(took), 1)
            each = round(1000 * (time.process_time() - cpu) / times, 1)
            yield {"page": f"GET {path}", "median_ms": median, "max_ms": slowest, "cpu_ms": each}
    server.stop()


@contextmanager
def opened(kind: str) -> Iterator[Store]:
    """Open an empty store in a temporary folder, or a cluster of its own."""
    with tempfile.TemporaryDirectory() as folder:
        if kind == "sqlite":
            with open_store(f"sqlite:///{folder}/store.db") as store:
                yield store
            return
        from tests.postgres import HOW_TO_GET, binaries, cluster

        programs = binaries()
        if programs is None:
            sys.exit(HOW_TO_GET)
        with cluster(programs) as running, open_store(running.url.format(database="postgres")) as store:
            yield store


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--findings", type=int, default=1_000_000)
    parser.add_argument("--store", nargs="*", default=["sqlite", "postgresql"], choices=["sqlite", "postgresql"])
    parser.add_argument("--times", type=int, default=15)
    options = parser.parse_args()
    for kind in options.store:
        with opened(kind) as store:
            fill(store, options.findings)
            for row in measure(store, options.findings, options.times):
                print(json.dumps({"store": kind, "findings": options.findings, **row}), flush=True)


if __name__ == "__main__":
    main()
