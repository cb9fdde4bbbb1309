"""Time of a page of the review queue, in a store of many findings.

    python bench/review_queue.py [--findings N] [--store sqlite postgresql] [--times N]

Three hundred sites, one of which has a third of all findings, six rules of which one has ten findings in all; four
fifths are decided or resolved. PostgreSQL is a private cluster. Prints one JSON line a store and kind of page, with the
median and the slowest of the times, in milliseconds, the connection's own included, and the time of this process's
processor, which counts on a busy machine (PostgreSQL's own is not in it).
"""

import argparse
import json
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
SITES = 300
WORDS = (
    "Nobody who sells fish for a living can live through two summers without the road, and " + "words " * 20 + "end."
)
SOURCE = {"kind": "post", "id": "ID", "author": "mw", "url": None, "start": 0, "end": len(WORDS), "similarity": 1.0}


def fill(store: Store, count: int) -> None:
    """Put findings into a store, each on a comment of its own; the database makes the rows up itself."""
    with store.write() as connection:
        for number in range(SITES):
            keep_site(connection, f"site {number}", now=START)
        for statement in (POSTS, COMMENTS, FINDINGS):
            values = {"count": count, "words": WORDS, "begin": START.timestamp(), "source": json.dumps(SOURCE)}
            connection.execute(text(_spoken(statement, store)), values)
    vacuum(store.engine)


# Of a row's number i: `h` scatters it, as a product's middle digits do.
NUMBERS = {
    "sqlite": """WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count),
        r AS (SELECT i, (i * 2654435761) % 1000003 AS h, (i * 40503) % 65537 AS k,
        strftime('%Y-%m-%d %H:%M:%S.000000', :begin + 20 * i, 'unixepoch') AS at FROM n)""",
    "postgresql": """WITH r AS (SELECT i, (i * 2654435761) % 1000003 AS h, (i * 40503) % 65537 AS k,
        to_timestamp(:begin + 20 * i) AS at FROM generate_series(1::bigint, :count) AS i)""",
}
SITE = "CASE WHEN h % 3 = 0 THEN 1 ELSE 1 + (h / 3) % 300 END"
POSTS = f"""INSERT INTO posts (id, site_id, platform_id, body, format, seen_at)
    NUMBERS SELECT i, {SITE}, 'p' || i, :words, 'plain', at FROM r"""  # noqa: S608  # our own words
COMMENTS = f"""INSERT INTO comments (id, site_id, post_id, platform_id, hash, author, body, format, placed_at, seen_at,
    forgotten) NUMBERS SELECT i, {SITE}, i, 'c' || i, 'hash of ' || i, 'author ' || (i % 5000), :words, 'plain', at, at,
    i < 0 FROM r"""  # noqa: S608  # our own words
FINDINGS = f"""INSERT INTO findings (id, site_id, comment_id, key, rule, severity, confidence, start, "end", excerpt,
    message, source, ruleset, quiet, found_at, state, resolved_at, decided_at) NUMBERS, f AS (SELECT r.*, CASE k % 5
    WHEN 0 THEN 'open' WHEN 1 THEN 'quiet' WHEN 2 THEN 'resolved' WHEN 3 THEN 'confirmed' ELSE 'dismissed' END AS state
    FROM r)
    SELECT i, {SITE}, i, 'f' || i, CASE WHEN i % (:count / 10) = 1 THEN 'off-topic' ELSE CASE (k / 5) % 5
    WHEN 0 THEN 'unattributed-quote'
    WHEN 1 THEN 'altered-quote' WHEN 2 THEN 'misattributed-quote' WHEN 3 THEN 'pasted-text'
    ELSE 'link-only' END END, 'warning', (h % 10007) / 10007.0, 0, length(:words), :words, 'They are somebody else''s.',
    JSON, '0', state = 'quiet', at, state, CASE state WHEN 'resolved' THEN at END,
    CASE WHEN state IN ('confirmed', 'dismissed') THEN at END FROM f"""  # noqa: S608  # our own words


def _spoken(statement: str, store: Store) -> str:
    # Every finding's words are from the post that its comment answers, which is the one of the same number.
    source = "replace(:source, 'ID', 'p' || i)" if store.is_sqlite else "replace(:source, 'ID', 'p' || i)::json"
    return statement.replace("NUMBERS", NUMBERS[store.engine.dialect.name]).replace("JSON", source)


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
        took, cpu = [], time.process_time()
        for _ in range(times):
            began = time.perf_counter()
            with store.read() as connection:
                rows = len(details(connection, find(connection, wanted, now=now).numbers))
                count(connection, wanted, now=now)
            took.append(1000 * (time.perf_counter() - began))
        median, slowest = round(statistics.median(took), 1), round(max(took), 1)
        each = round(1000 * (time.process_time() - cpu) / times, 1)
        yield {"page": name, "rows": rows, "median_ms": median, "max_ms": slowest, "cpu_ms": each}
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
