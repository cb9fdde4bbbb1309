"""What watching costs each platform: requests and bytes for each new comment, and how fast its replies are parsed.

    python bench/adapters.py [--platform NAME ...] [--real] [--reddit CASSETTE]

Each platform's small server of the contract is watched for a quiet day (a poll every five minutes, a comment an hour)
and for a busy quarter of an hour (a poll a minute, a comment a second); bytes are those of the bodies of its replies.
A plain loop of requests stands beside it where there is an obvious one: it asks for the newest hundred at each poll.
Parsing is the walk down a history with its replies at hand, JSON and all, without a network. CASSETTE is one of PRAW's
with a listing of comments (../shared/fixtures/praw/TestMultiredditStreams.test_comments__with_pause.json): that
listing, from loopback, is read by this adapter, by PRAW (the extra `peers`) and by a plain loop. With --real, the real
servers of the tests (Ghost too with QUOTEWARDEN_SLOW=1) are read once from the beginning and then polled while nothing
happens. Prints JSON lines.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

import requests

from adapters.platforms import reddit
from adapters.site import open_site
from tests.contract import Contract, Stage
from tests.servers import real_ghost, real_isso, real_waline, real_wordpress
from tests.servers.real import MissingError
from tests.servers.reddit import RedditServer
from tests.servers.server import Answer, Query
from tests.test_contract import SMALL

# Of the real ones, what sees most.
REAL: tuple[tuple[Contract, Callable[[], AbstractContextManager[Any]]], ...] = (
    (real_wordpress.CONTRACTS[0], lambda: real_wordpress.running("6.5", real_wordpress.packages())),
    (real_isso.CONTRACTS[0], lambda: real_isso.running(real_isso.installed())),
    (real_waline.CONTRACTS[0], lambda: real_waline.running(real_waline.installed())),
    (real_ghost.CONTRACTS[0], lambda: real_ghost.running(real_ghost.installed())),
)
HISTORY = 500
WORDS = "The kiln was cold when we came, and whoever had lit it had gone home. " * 4
# The newest hundred, as a plain loop would ask for them.
PLAIN = {
    "wordpress-anonymous": "/wp-json/wp/v2/comments?per_page=100",
    "isso-public": "/latest?limit=100",
    "waline-public": "/api/comment?type=recent&count=50",
    "feed": "/comments/feed/",
}


def watch(contract: Contract, *, polls: int, seconds: float, comments: Callable[[int], int]) -> dict[str, object]:
    """Poll a site at its pace, with so many new comments before each poll, and count what that takes."""
    with contract.serve() as server, contract.stage(server) as stage:  # type: ignore[operator]  # no fixture's name
        fill(stage, HISTORY)
        stage.poll()
        requests_before, bytes_before, written = len(server.asked), server.bytes_sent, 0
        for number in range(polls):
            server.clock.sleep(seconds)
            count = comments(number)
            fill(stage, count, within=seconds)
            written += count
            stage.poll()
        asked, sent = len(server.asked) - requests_before, server.bytes_sent - bytes_before
        figures = {
            "polls": polls,
            "comments": written,
            "requests_a_comment": round(asked / written, 2),
            "bytes_a_comment": round(sent / written),
            "bytes_a_poll": round(sent / polls),
            "missed": len(stage.missed()),
        }
        if path := PLAIN.get(contract.name):
            before = server.bytes_sent
            requests.get(server.url + path, timeout=30).raise_for_status()
            plain_bytes = server.bytes_sent - before
            figures |= {
                "plain_requests_a_comment": round(polls / written, 2),
                "plain_bytes_a_comment": round(plain_bytes * polls / written),
            }
        return figures


def fill(stage: Stage, count: int, *, within: float = 86_400.0, before: float = 0.0) -> None:
    """Write comments of some length, evenly over so many seconds, the last one so many seconds ago."""
    for number in range(count):
        at = stage.board.now - before - within + (number + 1) * within / count
        stage.board.create(f"{number} {WORDS}", at=at)


class Replies:
    """Stand in for the requests of a site: answer what was asked before with the reply that it had."""

    def __init__(self, http: Any) -> None:
        self._http, self._kept = http, dict[str, Any]()

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._http, name)
        if name not in ("get", "query"):
            return found

        def ask(*given: Any, **named: Any) -> Any:
            named.pop("if_changed", None)
            key = repr((name, given, sorted(named.items())))
            if key not in self._kept:
                self._kept[key] = found(*given, **named)
            return self._kept[key]

        return ask


def parse(contract: Contract) -> dict[str, object]:
    """Walk a history over and over, with the same replies."""
    with contract.serve() as server, contract.stage(server) as stage:  # type: ignore[operator]  # no fixture's name
        fill(stage, HISTORY)
        platform: Any = stage.site._platform
        platform._http = Replies(platform._http)
        fresh, best = len(stage.poll()), float("inf")
        for _ in range(5):
            began = time.perf_counter()
            for step in stage.site.steps(None):
                len(step.page.comments)
            best = min(best, time.perf_counter() - began)
        return {"comments": fresh, "comments_per_s": round(fresh / best)}


def on_real_ones() -> None:
    """Read the same history from each real server that can be had here, and poll it on."""
    for entry, start in REAL:
        try:
            running = start()
        except MissingError as error:
            print(error, file=sys.stderr)
            continue
        with running as server, entry.stage(server) as stage:
            server.reset()
            # All of them settled, so that what has not changed is asked for as such.
            fill(stage, HISTORY, before=3600.0)
            got = counted(stage)
            for bench, polls in (("history on a real server", 1), ("quiet on a real server", 20)):
                got.clear()
                began = time.perf_counter()
                fresh = sum(len(stage.poll()) for _ in range(polls))
                took = time.perf_counter() - began
                figures = {
                    "comments": fresh,
                    "requests_a_poll": round(len(got) / polls, 2),
                    "bytes_a_poll": round(sum(got) / polls),
                    "seconds_a_poll": round(took / polls, 3),
                }
                print(json.dumps({"bench": bench, "platform": entry.name, **figures}), flush=True)


def counted(stage: Stage) -> list[int]:
    """Return a list that grows by the bytes of each reply's body, unpacked."""
    platform: Any = stage.site._platform
    http, got = platform._http, list[int]()
    ask = http._ask

    def counting(*given: Any, **named: Any) -> Any:
        reply = ask(*given, **named)
        got.append(len(reply.body))
        return reply

    http._ask = counting
    return got


class Cassette(RedditServer):
    """Answer with one recorded listing, whatever is asked."""

    body = b""

    def answer(self, query: Query) -> Answer:
        if query.path.endswith("access_token"):
            return super().answer(query)
        return Answer(self.body)


def beside_praw(path: Path, rounds: int = 20) -> None:
    """Read the comments of one recorded listing in three ways."""
    recorded = json.loads(path.read_text())["interactions"]
    listing = next(one for one in recorded if one["request"]["method"] == "GET")["response"]["body"]["string"]
    # What follows the listing is not in it.
    document = json.loads(listing)
    document["data"]["after"] = None
    comments = len(document["data"]["children"])
    with Cassette() as server:
        server.body = json.dumps(document).encode()
        for name, read in readers(server).items():
            if read() != comments:
                sys.exit(f"{name} read another number of comments than {comments}")
            began = time.perf_counter()
            for _ in range(rounds):
                read()
            took = time.perf_counter() - began
            figures = {"comments": comments, "comments_per_s": round(comments * rounds / took)}
            print(json.dumps({"bench": "one listing of Reddit", "by": name, **figures}), flush=True)


def readers(server: Cassette) -> dict[str, Callable[[], int]]:
    """Return what reads the comments of the listing, by name, each taking what a poller needs of a comment."""
    options = reddit.Options(url=f"{server.url}/r/clay", client_id="app", client_secret={"env": "S"})
    environment = {"S": "app-secret"}
    # Left open: the process ends with it.
    site = open_site("clay", "reddit", options, environment=environment, clock=server.clock)

    def ours() -> int:
        return sum(len(page.comments) for page in site.comments())

    def plain() -> int:
        found = requests.get(f"{server.url}/r/clay/comments?limit=100&raw_json=1", timeout=30).json()
        rows = [child["data"] for child in found["data"]["children"]]
        taken = [(row["id"], row["author"], row["body"], row["created_utc"], row["parent_id"]) for row in rows]
        return len(taken)

    found: dict[str, Callable[[], int]] = {"this adapter": ours, "requests alone": plain}
    try:
        import praw
    except ImportError:
        print("PRAW is not installed: pip install 'quotewarden[peers]'", file=sys.stderr)
        return found
    client = praw.Reddit(
        client_id="app",
        client_secret="app-secret",  # noqa: S106  # nobody's
        user_agent="bench",
        reddit_url=server.url,
        oauth_url=server.url,
        check_for_updates=False,
    )
    subreddit = client.subreddit("clay")

    def theirs() -> int:
        taken = [
            (one.id, one.author and one.author.name, one.body, one.created_utc, one.parent_id)
            for one in subreddit.comments(limit=100)
        ]
        return len(taken)

    return {**found, "PRAW": theirs}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--platform", nargs="*", help="those of these names alone, as the contract calls them")
    parser.add_argument("--real", action="store_true", help="the real servers too")
    parser.add_argument("--reddit", type=Path, metavar="CASSETTE")
    options = parser.parse_args()
    for contract in SMALL:
        if options.platform is not None and contract.name not in options.platform:
            continue
        idle = watch(contract, polls=288, seconds=300, comments=lambda number: int(number % 12 == 0))
        print(json.dumps({"bench": "idle", "platform": contract.name, **idle}), flush=True)
        busy = watch(contract, polls=15, seconds=60, comments=lambda number: 60)
        print(json.dumps({"bench": "busy", "platform": contract.name, **busy}), flush=True)
        print(json.dumps({"bench": "parsing", "platform": contract.name, **parse(contract)}), flush=True)
    if options.real:
        on_real_ones()
    if options.reddit:
        beside_praw(options.reddit)


if __name__ == "__main__":
    main()
