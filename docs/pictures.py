"""Write docs/pictures/: a mail as a browser shows it, light and dark, wide and narrow, and the terminal's preview.

python docs/pictures.py [--all] [FOLDER]

Wants Debian's chromium. What is shown is made from examples/ferry.jsonl by the whole way of a comment: into a store,
judged, decided on, told.
"""

import itertools
import re
import sys
import tempfile
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

from playwright.sync_api import sync_playwright
from rich.console import Console
from sqlalchemy import insert, select

from adapters.base import Page, Sighting
from adapters.saved.threads import read_threads
from adapters.thread import Comment, Thread
from bot.config import Config, check_config
from bot.digest.content import Digest
from bot.digest.making import Maker
from bot.digest.page import page
from bot.digest.rounds import Rounds
from bot.digest.terminal import show
from bot.judging import Judge
from bot.pipeline import Pipeline
from bot.store.database import Store, open_store
from bot.store.polls import Polled, note_poll
from bot.store.sites import cursor_of, site_number
from bot.store.tables import findings, not_evaluated

ROOT = Path(__file__).parent.parent
SITE = "harbour.example"
CHROMIUM = "/usr/bin/chromium"
NOW = datetime(2026, 3, 5, 6, 0, tzinfo=UTC)
YESTERDAY = NOW - timedelta(days=1)
# The widths of the pictures, in pixels, and their colours; "--all" makes all of both.
SHOWN = [(700, "light"), (390, "dark")]


def config() -> Config:
    """Return the configuration of the pictures."""
    return check_config(
        {
            "web": {"url": "https://mod.example"},
            "mail": {"server": "mail.example", "sender": "Quotewarden <quotewarden@mail.example>"},
            "sites": {SITE: {"platform": "feed", "url": f"https://{SITE}/comments.xml"}},
            "moderators": {"ada": {"address": "ada@mail.example", "timezone": "Europe/Berlin"}},
        },
        name="the pictures",
    )


QUOTED = Comment(
    id="300",
    author="Nadia",
    body="<p>“What closed the market for a winter was the strike, not the water.” So what?</p>",
    format="html",
    url=f"https://{SITE}/ferry#c300",
    posted_at=YESTERDAY - timedelta(hours=4),
)
CREDITED = replace(QUOTED, body=QUOTED.body.replace("<p>“", "<p>Hanne Vik wrote: “"))
# How many of each rule's findings moderators confirmed and dismissed last week.
DECIDED = {"unattributed-quote": (11, 1), "pasted-text": (6, 0), "altered-quote": (4, 2), "off-topic": (1, 3)}


def fill(store: Store, settings: Config) -> None:
    """Take the example's threads as a site would show them over two days, and tell ada of the first one."""
    ferry, hall = read_threads(str(ROOT / "examples" / "ferry.jsonl"), on_notice=print, on_bytes=lambda count: None)
    begun = replace(ferry, comments=[*ferry.comments[:2], QUOTED])
    take(store, [begun], now=YESTERDAY - timedelta(hours=3))
    Rounds(settings, store, now=lambda: YESTERDAY, send=lambda *mail, **rest: None).send_now("ada")
    # Whoever was told of has said since whose words they are.
    grown = replace(ferry, comments=[*ferry.comments[:2], CREDITED, *ferry.comments[2:]])
    take(store, [grown, hall], now=NOW - timedelta(hours=2))
    with store.write() as connection:
        site = site_number(connection, SITE) or 0
        row = connection.execute(select(findings).limit(1)).one()._asdict() | {"id": None, "decided_at": YESTERDAY}
        for rule, counts in DECIDED.items():
            for state, count in zip(("confirmed", "dismissed"), counts, strict=True):
                keys = [f"{rule[:9]} {state[0]}{number}" for number in range(count)]
                rows = [{**row, "key": key, "rule": rule, "state": state} for key in keys]
                connection.execute(insert(findings), rows) if rows else None
        unjudged = {"platform_id": "308", "rule": "off-topic", "reason": "it took longer than 10 s", "noted_at": NOW}
        connection.execute(insert(not_evaluated).values(site_id=site, **unjudged))
        times = {"started_at": NOW - timedelta(hours=1), "ended_at": NOW - timedelta(minutes=59)}
        note_poll(connection, site, Polled(**times, error=f"{SITE} answered 503 Service Unavailable"))


def take(store: Store, threads: Sequence[Thread], *, now: datetime) -> None:
    """Take threads into the store as one page of the site."""
    with store.read() as connection:
        after = cursor_of(connection, SITE)
    comments = [Sighting(post_id=thread.post.id, comment=one) for thread in threads for one in thread.comments]
    posts = [thread.post for thread in threads]
    taken = Page(after=after, cursor=now.isoformat(), posts=posts, comments=comments, deleted=())
    Pipeline(store, Judge(config())).take(SITE, taken, now=now)


def digest() -> Digest:
    """Return the digest of the pictures."""
    settings = config()
    with tempfile.TemporaryDirectory() as folder, open_store(f"sqlite:///{folder}/store.db") as store:
        fill(store, settings)
        made = Maker(settings, store, now=lambda: NOW).preview("ada", SITE)
    assert made is not None  # noqa: S101  # the site was polled
    return made


def terminal(shown: Digest) -> str:
    """Return the terminal's preview as a picture."""
    console = Console(record=True, width=100, highlight=False, file=StringIO(), force_terminal=True)
    show(shown, console)
    svg = console.export_svg(title="quotewarden digest preview", unique_id="digest")
    # The picture must not load a font from elsewhere.
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.S)
    return svg.replace("Fira Code, monospace", "ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace")


def main() -> None:
    named = [argument for argument in sys.argv[1:] if argument != "--all"]
    folder = Path(named[0]) if named else ROOT / "docs" / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    shown = digest()
    (folder / "preview.svg").write_text(terminal(shown), "utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for width, scheme in SHOWN if "--all" not in sys.argv else itertools.product((700, 390), ("light", "dark")):
            view = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
            view.set_content(page(shown))
            height = int(view.evaluate("document.documentElement.scrollHeight"))
            view.set_viewport_size({"width": width, "height": height})
            asked = {"format": "webp", "quality": 80}
            picture = view.context.new_cdp_session(view).send("Page.captureScreenshot", asked)["data"]
            (folder / f"digest-{width}-{scheme}.webp").write_bytes(b64decode(picture))
            view.close()
        browser.close()
    for path in sorted([*folder.glob("digest-*"), folder / "preview.svg"]):
        print(f"{path}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
