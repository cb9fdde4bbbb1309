"""Time of a page of the review queue, in a store of many findings.

    python bench/review_queue.py [--findings N] [--store sqlite postgresql] [--times N]

Three hundred sites, one of which has a third of all findings, six rules of which one has ten findings in all; four
fifths are decided or resolved. PostgreSQL is a private cluster. Prints one JSON line a store and kind of page, with the
median and the slowest of the times, in milliseconds, the connection's own included.
"""

import argparse
import json
import random
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import requests

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
from bot.store.tables import comments, findings, posts
from bot.store.upkeep import vacuum

START = datetime(2026, 1, 1, tzinfo=UTC)
RULES = ("unattributed-quote", "altered-quote", "misattributed-quote", "pasted-text", "link-only")
STATES = ("open", "quiet", "resolved", "confirmed", "dismissed")
SITES = 300
WORDS = (
    "Nobody who sells fish for a living can live through two summers without the road, and " + "words " * 20 + "end."
)
SOURCE = {"kind": "post", "author": "mw", "url": None, "start": 0, "end": len(WORDS), "similarity": 1.0}


def fill(store: Store, count: int) -> None:
    """Put findings into a store, each on a comment of its own."""
    chance = random.Random(7)  # noqa: S311  # no secret
    with store.write() as connection:
        numbers = [keep_site(connection, f"site {number}", now=START) for number in range(SITES)]
    for first in range(1, count + 1, 20_000):
        of_posts, of_comments, of_findings = [], [], []
        for number in range(first, min(first + 20_000, count + 1)):
            site = numbers[0] if chance.random() < 1 / 3 else chance.choice(numbers)
            found = START + timedelta(seconds=20 * number)
            state = chance.choice(STATES)
            named = {"id": number, "site_id": site, "seen_at": found, "body": WORDS, "format": "plain"}
            of_posts.append({**named, "platform_id": f"p{number}"})
            rest = {"post_id": number, "placed_at": found, "forgotten": False, "hash": f"{number:032}"}
            of_comments.append({**named, "platform_id": f"c{number}", "author": f"author {number % 5000}", **rest})
            of_findings.append(
                {
                    "id": number,
                    "site_id": site,
                    "comment_id": number,
                    "key": f"{number:016}",
                    "rule": "off-topic" if number % (count // 10) == 1 else chance.choice(RULES),
                    "severity": "warning",
                    "confidence": chance.random(),
                    "start": 0,
                    "end": len(WORDS),
                    "excerpt": WORDS,
                    "source": {**SOURCE, "id": f"p{number}"},
                    "message": "They are somebody else's.",
                    "ruleset": "0" * 16,
                    "quiet": state == "quiet",
                    "found_at": found,
                    "state": state,
                    "resolved_at": found if state == "resolved" else None,
                    "decided_at": found if state in ("confirmed", "dismissed") else None,
                }
            )
        with store.write() as connection:
            for table, rows in ((posts, of_posts), (comments, of_comments), (findings, of_findings)):
                connection.execute(table.insert(), rows)
    vacuum(store.engine)


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
        for path in ("/", "/?rule=link-only&site=site+5", "/?words=fish+road", f"/finding/{number}"):
            took = []
            for _ in range(times):
                began = time.perf_counter()
                answer = session.get(f"http://127.0.0.1:{listening.getsockname()[1]}{path}", timeout=60)
                took.append(1000 * (time.perf_counter() - began))
                answer.raise_for_status()
            median, slowest = round(statistics.median(took), 1), round(max(took), 1)
            yield {"page": f"GET {path}", "bytes": len(answer.content), "median_ms": median, "max_ms": slowest}
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
