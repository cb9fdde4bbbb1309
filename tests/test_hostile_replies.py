"""Replies that are JSON and yet nonsense: each is read, or told in one line, and nothing crashes or hangs."""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from adapters.base import Ask, Platform, Sighting
from adapters.errors import AdapterError
from tests.contract import Contract
from tests.held import Replies, opened, recorded
from tests.test_contract import SMALL

NONSENSE: tuple[object, ...] = (
    None, True, -1, 0, 7.5, 1e308, 10**30, "", "x", "\x00", "9999-99-99T99:99:99Z", "0000-00-00 00:00:00", [], {},
    [None], [[]], {"a": 1}, ["x"], "<p>",
)  # fmt: skip
TRIES = 25


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every place of a document as the container and the key or index in it."""
    for key in list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, key
        yield from places(value[key])


def spoilt(replies: Replies, chance: Random) -> Replies:
    """Return the replies with some nonsense in one of them."""
    name = chance.choice(sorted(replies))
    try:
        document = json.loads(replies[name].body)
    except ValueError:
        # One in two stays whole.
        cut = chance.randrange(1 + 2 * len(replies[name].body))
        return {**replies, name: replace(replies[name], body=replies[name].body[:cut])}
    found = list(places(document))
    for container, key in chance.sample(found, min(len(found), chance.choice((1, 1, 1, 5)))):
        container[key] = chance.choice(NONSENSE)
    if not found or chance.random() < 0.05:
        document = chance.choice(NONSENSE)
    return {**replies, name: replace(replies[name], body=json.dumps(document).encode())}


def read(platform: Platform) -> list[Sighting]:
    """Read a listing as far as it goes, and what hangs on its last comment."""
    seen: list[Sighting] = []
    token: str | None = None
    with suppress(AdapterError):
        for _ in range(30):
            batch = platform.recent(Ask(token=token))
            seen += batch.comments
            token = batch.next
            if token is None:
                break
    if seen:
        post, id = seen[-1].post_id, seen[-1].comment.id
        with suppress(AdapterError):
            platform.thread(post)
        with suppress(AdapterError):
            platform.comment(id)
        with suppress(AdapterError):
            platform.took("reply", id, "Whose words?")
    with suppress(AdapterError):
        list(platform.prove())
    return seen


@pytest.mark.parametrize("contract", SMALL, ids=lambda one: one.name)
def test_nonsense_in_replies_is_read_or_told(contract: Contract) -> None:
    replies, options = recorded(contract, 12)
    chance, count = Random(contract.name), 0  # noqa: S311  # the same each time
    for _ in range(TRIES):
        for one in read(opened(contract, spoilt(replies, chance), options)):
            count += 1
            assert isinstance(one.comment.id, str)
            assert one.comment.id
            assert isinstance(one.post_id, str)
            assert one.comment.posted_at is None or one.comment.posted_at.utcoffset() is not None
            assert isinstance(one.comment.body, str)
    assert count
