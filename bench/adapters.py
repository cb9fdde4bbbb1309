"""What the live adapters cost: requests, bytes and time.

    python bench/adapters.py costs [--platform NAME ...] [--polls N]
    python bench/adapters.py parsing [--platform NAME ...]
    python bench/adapters.py reddit [--cassette FILE]

`costs` polls each platform's small server of the tests, idle and while comments are written, and prints requests and
bytes of bodies for each poll, and for each new comment. `parsing` reads a listing of a thousand comments again from
replies that are held in memory. `reddit` serves a recorded listing on loopback and reads it by the adapter, by PRAW
(`pip install -e '.[peers]'`), and by a plain loop of requests that takes the same fields; then the same without the
network. A figure of time is the best of five runs. Prints one JSON line each.
"""

import argparse
import importlib.util
import json
import sys
import threading
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import requests

sys.path.insert(0, str(Path(__file__).parent.parent))

from adapters.base import Ask
from adapters.errors import NotFoundError
from adapters.platforms import reddit
from adapters.registry import find_platform
from adapters.reply import Reply
from adapters.site import open_site
from tests.clocks import StillClock
from tests.contract import Contract
from tests.test_contract import SMALL

CASSETTE = Path(__file__).parents[2] / "shared" / "fixtures" / "praw" / "TestMultiredditListings.test_comments.json"
HISTORY, NEW, RUNS, REPEATS = 1000, 5, 5, 20


def costs(contract: Contract, polls: int) -> dict[str, object]:
    """Return what polls of one platform cost, when nothing is new and when five comments come between two of them."""
    with contract.serve() as server, contract.stage(server) as stage:
        server.has_tags = True
        stage.write(HISTORY)
        stage.poll()
        server.clock.sleep(300)
        stage.poll()
        told: dict[str, object] = {"platform": contract.name}
        for name, new in (("idle", 0), ("busy", NEW)):
            asked, sent, fresh = len(server.asked), server.bytes_sent, 0
            for _ in range(polls):
                server.clock.sleep(300)
                for number in range(new):
                    stage.board.create(f"words {number} " * 20, at=stage.board.now - 10 + number)
                fresh += len(stage.poll())
            asked, sent = len(server.asked) - asked, server.bytes_sent - sent
            each = fresh or polls
            told[name] = {
                "per": "new comment" if fresh else "poll",
                "requests": round(asked / each, 2),
                "bytes": round(sent / each),
            }
        return told


class Held:
    """Answer from replies that were given once, in place of a session."""

    def __init__(self, replies: Mapping[str, Reply] | None = None) -> None:
        self.headers: dict[str, str] = {}
        self.clock, self.apart, self.skew = StillClock(), 0.0, 0.0
        self._replies = replies or {}

    def allow(self, *urls: str) -> None: ...

    def log_in(self, user: str, password: str) -> None: ...

    def get(self, url: str, params: object = None, **given: object) -> Reply:
        return self.query(url, params)

    def query(self, url: str, json: object = None, **given: object) -> Reply:
        if (reply := self._replies.get(key(url, json))) is None:
            raise NotFoundError("that was not there when it was recorded")
        return reply


def key(url: str, asked: object) -> str:
    """Return what tells one request from another."""
    return f"{url} {json.dumps(asked, sort_keys=True, default=str)}"


def parsing(contract: Contract) -> dict[str, object]:
    """Return how fast one platform's listing of a thousand comments is parsed, from bytes to comments."""
    with contract.serve() as server:
        server.clock = StillClock(server.board.now)
        with contract.stage(server) as stage:
            stage.write(HISTORY)
            http, replies = stage.site._http, dict[str, Reply]()
            get, query = http.get, http.query

            def record(method: Callable[..., Reply]) -> Callable[..., Reply]:
                def ask(url: str, asked: object = None, **given: Any) -> Reply:
                    reply = method(url, asked, **given)
                    replies[key(url, asked)] = reply
                    return reply

                return ask

            http.get, http.query = record(get), record(query)
            read_all(stage.site._platform)
            options = find_platform(contract.platform).Options(**contract.options(server.url))
    module = find_platform(contract.platform)
    held = module.open(options, Held(replies), environment=contract.environment)
    count = read_all(held)
    return {
        "platform": contract.name,
        "comments": count,
        "comments_per_second": round(count / best(lambda: read_all(held))),
    }


def read_all(platform: Any) -> int:
    """Read a platform's listing to its end; return how many comments it had."""
    token, count, since = None, 0, None
    while True:
        batch = platform.recent(Ask(since=since, token=token))
        count += len(batch.comments)
        if batch.next is None:
            return count
        token = batch.next


def best(run: Callable[[], object]) -> float:
    """Return the seconds of the fastest of some runs."""
    times = []
    for _ in range(RUNS):
        began = time.perf_counter()
        run()
        times.append(time.perf_counter() - began)
    return min(times)


def side_by_side(cassette: Path) -> None:
    """Print how fast a recorded listing of Reddit is read by the adapter, by PRAW and by a plain loop."""
    interactions = json.loads(cassette.read_text("utf-8"))["interactions"]
    bodies = (one["response"]["body"].get("string") or "" for one in interactions)
    body = next(text for text in bodies if '"kind": "Listing"' in text and '"t1"' in text)
    listing = json.loads(body)
    # A page that says that it is the last one, so that each reads it once.
    listing["data"]["after"] = None
    served = json.dumps(listing).encode()
    count = sum(child["kind"] == "t1" for child in listing["data"]["children"])
    with Serving(served) as url:
        ways = {"adapter": by_adapter(url), "requests": by_loop(url), "praw": by_praw(url)}
        for name, read in ways.items():
            if read is None:
                print(json.dumps({"reader": name, "skipped": "pip install -e '.[peers]'"}))
                continue
            expect(read(), count)
            seconds = best(lambda read=read: [read() for _ in range(REPEATS)]) / REPEATS
            row = {"reader": name, "comments": count, "loopback_comments_per_second": round(count / seconds)}
            parse = IN_MEMORY[name](served)
            expect(parse(), count)
            seconds = best(lambda parse=parse: [parse() for _ in range(REPEATS)]) / REPEATS
            print(json.dumps({**row, "memory_comments_per_second": round(count / seconds)}))


def expect(found: int, wanted: int) -> None:
    """Stop where a reader has not read everything."""
    if found != wanted:
        sys.exit(f"read {found} comments of {wanted}")


class Serving:
    """Serve one listing on loopback, and tokens."""

    def __init__(self, listing: bytes) -> None:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                self._answer(listing)

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                self._answer(b'{"access_token": "t", "token_type": "bearer", "expires_in": 3600, "scope": "*"}')

            def _answer(self, sent: bytes) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(sent)))
                self.end_headers()
                self.wfile.write(sent)

            def log_message(self, format: str, *args: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True

    def __enter__(self) -> str:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __exit__(self, *raised: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def taken(value: dict[str, Any]) -> tuple[object, ...]:
    """Return the fields that each reader is to give."""
    return tuple(value[name] for name in ("id", "parent_id", "author", "body", "created_utc"))


def by_adapter(url: str) -> Callable[[], int]:
    options = reddit.Options(url=f"{url}/r/clay", client_id="app")
    site = open_site("clay", "reddit", options, environment={})
    return lambda: sum(len(page.comments) for page in site.comments())


def by_loop(url: str) -> Callable[[], int]:
    session = requests.Session()

    def read() -> int:
        rows = session.get(f"{url}/r/clay/comments", params={"limit": 100, "raw_json": 1}, timeout=30).json()
        return len([taken(child["data"]) for child in rows["data"]["children"]])

    return read


def by_praw(url: str) -> Callable[[], int] | None:
    if importlib.util.find_spec("praw") is None:
        return None
    import praw

    site = praw.Reddit(
        client_id="app", client_secret="", user_agent="bench", oauth_url=url, reddit_url=url, check_for_updates=False
    )  # fmt: skip
    return lambda: len([praw_fields(one) for one in site.subreddit("clay").comments(limit=100)])


def praw_fields(comment: Any) -> tuple[object, ...]:
    return comment.id, comment.parent_id, comment.author, comment.body, comment.created_utc


def parse_by_adapter(body: bytes) -> Callable[[], int]:
    platform = reddit.open(
        reddit.Options(url="https://www.reddit.com/r/clay", client_id="app"), Served(body), environment={}
    )
    return lambda: len(platform.recent(Ask()).comments)


def parse_by_loop(body: bytes) -> Callable[[], int]:
    return lambda: len([taken(child["data"]) for child in json.loads(body)["data"]["children"]])


def parse_by_praw(body: bytes) -> Callable[[], int]:
    import praw

    site = praw.Reddit(client_id="app", client_secret="", user_agent="bench", check_for_updates=False)
    return lambda: len([praw_fields(one) for one in site._objector.objectify(data=json.loads(body))])


IN_MEMORY = {"adapter": parse_by_adapter, "requests": parse_by_loop, "praw": parse_by_praw}


class Served(Held):
    """Answer everything with one body."""

    def __init__(self, body: bytes) -> None:
        super().__init__()
        self._body = body

    def get(self, url: str, params: object = None, **given: object) -> Reply:
        return Reply(url, 200, {}, self._body)

    def query(self, url: str, json: object = None, **given: object) -> Reply:
        return Reply(url, 200, {}, b'{"access_token": "t", "expires_in": 3600}')


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("costs", "parsing", "reddit"))
    parser.add_argument("--platform", nargs="*", default=[one.name for one in SMALL])
    parser.add_argument("--polls", type=int, default=20)
    parser.add_argument("--cassette", type=Path, default=CASSETTE)
    given = parser.parse_args()
    if given.what == "reddit":
        if not given.cassette.is_file():
            sys.exit(f"{given.cassette}: no such recording; name one with --cassette")
        side_by_side(given.cassette)
        return
    for contract in SMALL:
        if contract.name in given.platform:
            told = costs(contract, given.polls) if given.what == "costs" else parsing(contract)
            print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
