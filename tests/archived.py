"""An archive to test: its texts, and the ways to make and ask it."""

import json
import random
import sqlite3
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from bot.archive.reader import Archive
from bot.archive.texts import ArchivedText
from bot.archive.writer import ArchiveWriter
from rules.words import Words

KILN = "a kiln that has cooled too fast will crack along the oldest brick before anybody in the yard can hear it"
ROPE = "whoever splices wet rope in a hurry ties the knot that lets go on the first cold night of the season"
BEES = "the bees came back to the empty chapel every spring although nobody had set out a hive for them"
SYLLABLES = "ba ke li mo nu ra se ti vo wa zel dor fin gar hum jas lek mir nol pos".split()


@cache
def chatter(seed: int, words: int = 60) -> str:
    chance = random.Random(seed)  # noqa: S311  # nothing secret
    return " ".join("".join(chance.choices(SYLLABLES, k=2)) for _ in range(words))


def text(id: str, body: str, *, thread: str = "old", site: str | None = "s", day: int = 1, **more) -> ArchivedText:
    posted = datetime(2020, 1, day, tzinfo=UTC)
    return ArchivedText(site=site, thread=thread, kind="comment", id=id, text=body, posted_at=posted, **more)


def archive(path: Path, *texts: ArchivedText, chattering: int = 40) -> Path:
    with ArchiveWriter(path, create=True) as writer:
        writer.add([*texts, *(text(f"c{n}", chatter(n), thread="chatter") for n in range(chattering))])
    return path


def found(path: Path, body: str, *, site: str | None = "s", thread: str = "new") -> list[str]:
    with Archive(path) as opened:
        return [holder.id or "" for holder in opened.holders(Words(body), site=site, thread=thread)]


def rows(path: Path) -> list[tuple[int, bytes]]:
    connection = sqlite3.connect(path)
    kept = connection.execute("SELECT key & 0xffffffff, row FROM postings ORDER BY key").fetchall()
    connection.close()
    return kept


def thread(path: Path, id: str, *bodies: str) -> Path:
    comments = [
        {"id": f"{id}{n}", "author": f"{id}{n}", "body": body, "format": "plain"} for n, body in enumerate(bodies)
    ]
    path.write_text(json.dumps({"site": "s", "id": id, "post": {"id": "p", "body": "On pots."}, "comments": comments}))
    return path
