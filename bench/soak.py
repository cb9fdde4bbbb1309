"""Kill the daemon at random moments while a blog changes under it, and compare its store with that of one left alone.

    python bench/soak.py [--kills N] [--store sqlite postgresql] [--seconds S] [--seed N]

A local server emits comments in bursts of one second, edits, credits, deletions, moves, late approvals and doubles of
other comments, step by step. In each step `quotewarden run` is started and killed (SIGKILL) some milliseconds after it
has begun to read, as often as it takes; then what is left of the step is polled. The undisturbed run polls each step
once it is there. Prints one JSON line a store, and exits with 1 where the two differ or too few kills fitted in.
"""

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench.check import COMMAND
from bench.load import database
from bot.config import check_config
from bot.store.database import open_store
from bot.watching import new_poller, open_sites
from tests.board import Board
from tests.mini_wordpress import MiniWordPress
from tests.stored import state as stored_state

SITE = "blog.example"
KILLS_A_STEP = 5
LINES = (
    "The engineers measured the northern wall in spring, and nobody has read what they wrote.",
    "A bridge that is closed for two summers takes the fish market with it, whatever the plan says.",
    "My uncle built the first pier with a borrowed crane and a loan that nobody signed.",
    "If the council wants a vote, it should count the boats as well as the houses.",
)


class Blog:
    """Be a blog that changes, in the same way for the same seed."""

    def __init__(self, seed: int) -> None:
        # So late that the first poll's window holds all of it.
        self.board = Board(now=float(int(time.time()) - 3600))
        self._random = Random(seed)  # noqa: S311  # nothing secret
        self._step = 0

    def change(self) -> None:
        """Take one step."""
        random, board = self._random, self.board
        self._step += 1
        board.now += 5
        for _ in range(random.choice((0, 1, 2, 5, 20, 250))):
            line = random.choice(LINES)
            words = random.choice(
                (
                    f"{line} That is what I think, in step {self._step}.",
                    f"“{line}” And who would believe that, number {random.randrange(10**6)}?",
                    f"https://bridges.example/{random.randrange(10**6)}",
                    f"I have nothing to say of walls {random.randrange(10**6)}, but a lot of boats.",
                )
            )
            held = random.random() < 0.1
            board.create(
                words,
                post=random.randint(1, 3),
                author=f"reader {random.randint(1, 9)}",
                status="held" if held else "approved",
            )
        for row in random.sample(list(board.rows.values()), min(len(board.rows), 3)):
            match random.choice(("edit", "credit", "approve", "double", "move", "delete", "nothing")):
                case "edit":
                    board.edit(str(row.id), f"Nothing to see here, in step {self._step}.")
                case "credit":
                    board.edit(str(row.id), f"Reader 1 wrote: “{random.choice(LINES)}” So, {self._step}.")
                case "approve":
                    board.set(str(row.id), "approved")
                case "double":
                    board.create(row.text, post=row.post, author=row.author)
                case "delete":
                    board.delete(str(row.id))
                case "move":
                    board.rows[row.id] = replace(board.rows[row.id], post=random.randint(1, 3))


class Run:
    """Be a store that follows a blog."""

    def __init__(self, url: str, server: MiniWordPress, folder: Path) -> None:
        self.url, self.server = url, server
        site = {
            "platform": "wordpress",
            "url": server.url,
            "rescan_hours": 1e-9,
            "rescan_days": 30,
            "backfill_days": 30,
        }
        data = {
            "store": {"url": url},
            "daemon": {"port": 0, "interval_seconds": 1, "jitter_seconds": 0},
            "web": {"port": 0},
            "log": {"level": "error"},
            "sites": {SITE: site},
        }
        self.config = check_config(data, name="the soak's")
        self.path = folder / "quotewarden.toml"
        self.path.write_text(_toml(data))

    def settle(self) -> None:
        """Poll until what changed and what is gone is in the store: a deletion takes two polls that miss it."""
        with open_store(self.url) as store:
            poller = new_poller(self.config, store, open_sites(self.config))
            for _ in range(4):
                poller.poll(SITE)
            poller.retire()

    def killed(self, random: Random) -> bool:
        """Start the daemon, and kill it soon after it has begun to read; tell whether it was alive until then."""
        reading = threading.Event()
        self.server.on_listing = reading.set
        daemon = subprocess.Popen(  # noqa: S603  # our own command
            [str(COMMAND), "run", "--config", str(self.path)], stderr=subprocess.PIPE
        )
        # Now and then before it reads at all.
        reading.wait(random.random() if random.random() < 0.1 else 30)
        time.sleep(random.random() * random.choice((0.02, 0.2, 1.5)))
        daemon.kill()
        _, said = daemon.communicate()
        if said:
            print(said.decode(), file=sys.stderr)
        self.server.on_listing = lambda: None
        return daemon.returncode == -signal.SIGKILL

    def state(self) -> dict[str, object]:
        """Return what the store holds."""
        with open_store(self.url) as store:
            return {name: _timeless(rows) for name, rows in stored_state(store, SITE).items() if name != "cursor"}


def soak(kind: str, kills: int, seconds: float, seed: int) -> dict[str, object]:
    """Run both, and compare."""
    random = Random(seed)  # noqa: S311  # nothing secret
    began, done, steps = time.monotonic(), 0, 0
    with ExitStack() as closing:
        folders = [Path(closing.enter_context(tempfile.TemporaryDirectory())) for _ in range(2)]
        blogs = [Blog(seed) for _ in range(2)]
        servers = [MiniWordPress(blog.board, posts=dict.fromkeys((1, 2, 3), LINES[0])) for blog in blogs]
        for server in servers:
            closing.callback(server.close)
        blogs[1].board.now = blogs[0].board.now
        calm = Run(f"sqlite:///{folders[0] / 'store.db'}", servers[0], folders[0])
        shaken = Run(closing.enter_context(database(kind)), servers[1], folders[1])
        while done < kills and time.monotonic() - began < seconds:
            steps += 1
            for blog, run in zip(blogs, (calm, shaken), strict=True):
                with run.server.lock:
                    blog.change()
            for _ in range(KILLS_A_STEP):
                done += shaken.killed(random)
            shaken.settle()
            calm.settle()
        expected, found = calm.state(), shaken.state()
    return {
        "bench": f"soak on {kind}",
        "kills": done,
        "steps": steps,
        "comments": len(expected["comments"]),
        "findings": len(expected["findings"]),
        "differ": [name for name in expected if expected[name] != found[name]],
        "seconds": round(time.monotonic() - began),
    }


def _timeless(rows: list[dict]) -> list[dict]:
    own = {"posted_at", "placed_at", "edited_at"}
    return [{name: value for name, value in row.items() if not name.endswith("_at") or name in own} for row in rows]


def _toml(data: dict[str, dict]) -> str:
    def lines(table: dict, name: str) -> str:
        inner = "".join(lines(value, f'{name}."{key}"') for key, value in table.items() if isinstance(value, dict))
        own = "".join(f"{key} = {json.dumps(value)}\n" for key, value in table.items() if not isinstance(value, dict))
        return f"[{name}]\n{own}{inner}" if own else inner

    return "".join(lines(table, name) for name, table in data.items())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--store", nargs="*", default=["sqlite", "postgresql"])
    parser.add_argument("--seconds", type=float, default=900, help="a store's run ends after that, however far it is")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    bad = False
    for kind in options.store:
        figures = soak(kind, options.kills, options.seconds, options.seed)
        bad |= bool(figures["differ"]) or figures["kills"] < options.kills
        print(json.dumps(figures), flush=True)
    sys.exit(int(bad))


if __name__ == "__main__":
    main()
