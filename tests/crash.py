"""Take a site's pages one after the other, from where the store's cursor stands, until there are none left."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from multiprocessing.connection import Connection
from random import Random

from adapters.base import Page, Sighting
from adapters.thread import Comment
from bot.judging import Judge
from bot.pipeline import Pipeline
from bot.store.database import open_store
from bot.store.sites import cursor_of
from tests.stored import BRIDGE, CONFIG, FISH, NOON, SITE, comment

PAGES = 60


def pages(seed: int) -> list[Page]:
    """Return pages with new, edited, repeated, moved and deleted comments, and bursts within one second."""
    random = Random(seed)  # noqa: S311  # nothing secret
    made: list[Page] = []
    known: list[Comment] = []
    post_of: dict[str, str] = {}
    for number in range(PAGES):
        seen: list[Comment] = []
        for _ in range(random.randint(0, 4)):
            id = str(len(known) + 1)
            words = random.choice([f"https://bridges.example/{id}", f"“{FISH}” Well, {id}.", f"{FISH} I say so, {id}."])
            known.append(comment(id, words, posted_at=NOON + timedelta(minutes=number), author=f"reader {id}"))
            post_of[id] = f"bridge {random.randint(1, 3)}"
            seen.append(known[-1])
        for index in random.sample(range(len(known)), min(len(known), 3)):
            change = random.choice(["repeat", "edit", "credit", "approve", "move"])
            if change == "edit":
                known[index] = replace(known[index], body=f"Nothing to see in {number}.")
            elif change == "credit":
                known[index] = replace(known[index], body=f"reader 1 wrote: “{FISH}” So {number}.")
            elif change == "approve":
                known[index] = replace(known[index], status="approved")
            elif change == "move":
                post_of[known[index].id] = f"bridge {random.randint(1, 3)}"
            seen.append(known[index])
        gone = [random.choice(known).id] if known and random.random() < 0.2 else []
        made.append(
            Page(
                after=number or None,
                cursor=number + 1,
                posts=[replace(BRIDGE, id=f"bridge {which}") for which in (1, 2, 3)],
                comments=[Sighting(post_id=post_of[one.id], comment=one) for one in seen],
                deleted=gone,
            )
        )
    return made


def take_all(url: str, seed: int, tell: Callable[[int], None]) -> None:
    """Take what is left, and tell the number of each page first."""
    with open_store(url) as store:
        pipeline = Pipeline(store, Judge(CONFIG))
        with store.read() as connection:
            at = cursor_of(connection, SITE) or 0
        for number, page in enumerate(pages(seed)):
            if number >= at:
                tell(number)
                pipeline.take(SITE, page, now=NOON + timedelta(hours=number))


def work(url: str, seed: int, told: Connection) -> None:
    """Be the process that is killed."""
    take_all(url, seed, told.send)
