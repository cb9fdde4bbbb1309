"""Write the review page's part of docs/pictures/: queue, finding, thread and rules, as a browser shows them.

python docs/review_pictures.py [FOLDER]

Wants Debian's chromium. What is shown is made as in docs/pictures.py.
"""

import socket
import sys
import tempfile
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pictures import CHROMIUM, NOW, ROOT, config, fill
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import select

from bot.review.app import build_app
from bot.review.security import kept_token, new_token
from bot.review.server import ReviewServer
from bot.store.database import Store, open_store
from bot.store.people import accept, begin_session, invitation, invite
from bot.store.tables import comments, findings

WIDE, PHONE = (1200, 900), (390, 844)


def cookie(store: Store) -> str:
    """Make ada's account, and return the token of a session of hers."""
    token = new_token()
    with store.write() as connection:
        invite(connection, token, name="ada", role="admin", sites=None, now=NOW)
        invited = invitation(connection, token, now=NOW)
        assert invited is not None  # noqa: S101  # it was made just now
        number = accept(connection, invited, name="ada", password="-", language="en", now=NOW)  # noqa: S106  # none
        begin_session(connection, kept_token(token), number, now=NOW)
    return token


@contextmanager
def served(store: Store) -> Iterator[tuple[str, str]]:
    """Yield the address of a review page over a store, and the cookie that opens it."""
    app = build_app(store, config(), clock=lambda: NOW)
    listening = socket.create_server(("127.0.0.1", 0))
    listening.setblocking(False)
    server = ReviewServer(app, listening)
    server.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}", app.state.review.seal.cookie(cookie(store))
    server.stop()


def take(browser: Browser, url: str, value: str, paths: dict[str, str], folder: Path) -> None:
    """Take the pictures of pages, by name: wide, and of the queue the dark and the narrow one too."""
    looks = [(WIDE, "light", name) for name in paths] + [(WIDE, "dark", "queue"), (PHONE, "light", "queue")]
    for (width, height), scheme, name in looks:
        size = {"width": width, "height": height}
        context = browser.new_context(viewport=size, color_scheme=scheme, locale="en-GB", base_url=url)
        context.add_cookies([{"name": "quotewarden", "value": value, "url": url}])
        page = context.new_page()
        page.goto(paths[name])
        page.wait_for_load_state("networkidle")
        # As WebP, which is a third as large, and which only the browser itself makes.
        asked = {"format": "webp", "quality": 80}
        picture = context.new_cdp_session(page).send("Page.captureScreenshot", asked)["data"]
        (folder / f"review-{name}-{width}-{scheme}.webp").write_bytes(b64decode(picture))
        context.close()


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, open_store(f"sqlite:///{home}/store.db") as store:
        fill(store, config())
        with store.read() as connection:
            altered = (findings.c.rule == "altered-quote", findings.c.state == "open")
            row = connection.execute(select(findings.c.id, comments.c.post_id).join(comments).where(*altered)).first()
        assert row is not None  # noqa: S101  # it is among the example's findings
        paths = {
            "queue": "/",
            "finding": f"/finding/{row.id}",
            "thread": f"/thread/{row.post_id}",
            "rule": "/rules/unattributed-quote?least=85",
        }
        with served(store) as (url, value), sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            take(browser, url, value, paths, folder)
            browser.close()
    for path in sorted(folder.glob("review-*")):
        print(f"{path}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
