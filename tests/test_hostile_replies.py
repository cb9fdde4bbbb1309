"""Replies of any shape: whatever stands where something else is wanted, a platform tells of it in its own errors."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from copy import deepcopy
from itertools import islice
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from pytest_mock import MockerFixture

from adapters.errors import SiteError
from adapters.http import Http
from adapters.reply import Reply
from tests.contract import Contract
from tests.servers.server import Query, _as_bytes
from tests.test_contract import SMALL

JUNK = (None, "no such thing", 7, -1e300, [], {"id": {"id": []}})
MOST_PLACES = 45
# What speaks XML has tests of its own.
FEEDS = ("feed",)
# Each platform once, read in the way that shows most; Isso's own login is a cookie, which is not kept here.
FIRST = list({one.platform: one for one in reversed(SMALL) if one.name != "isso"}.values())


def places(body: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each place of a document: what holds it, and its key there."""
    for key in list(body) if isinstance(body, dict) else range(len(body)) if isinstance(body, list) else ():
        yield body, key
        yield from places(body[key])


def broken(body: Any, place: int, junk: object) -> Any:
    """Return a document with junk at one of its places; the last one is the document itself."""
    body = deepcopy(body)
    found = next(islice(places(body), place, None), None)
    if found is None:
        return junk
    holder, key = found
    holder[key] = junk
    return body


@pytest.mark.parametrize("contract", FIRST, ids=lambda one: one.name)
def test_replies_of_any_shape(contract: Contract, mocker: MockerFixture) -> None:
    shape: list[tuple[int, object]] = []
    largest = 0

    def ask(http: Http, method: str, url: str, params: Mapping[str, Any] | None, headers: Any, **sent: Any) -> Reply:
        nonlocal largest
        parts = urlsplit(url)
        given = dict(pair.partition("=")[::2] for pair in parts.query.split("&") if pair)
        given |= {key: str(value[-1] if isinstance(value, list) else value) for key, value in (params or {}).items()}
        data = urlencode(sent["data"]).encode() if sent.get("data") else b""
        body = _as_bytes(sent["json"]) if sent.get("json") is not None else data
        try:
            answer = server.answer(Query(method, parts.path, given, {**http.headers, **(headers or {})}, body))
        except Exception:  # noqa: BLE001  # what the junk made us ask is no question
            return Reply(url, 400, {}, b"{}")
        said = answer.body
        if shape and not isinstance(said, bytes):
            largest = max(largest, sum(1 for _ in places(said)))
            said = broken(said, *shape[0])
        return Reply(url, answer.status, {"Content-Type": "application/json", **answer.headers}, _as_bytes(said))

    mocker.patch.object(Http, "_ask", ask)
    with contract.serve() as server, contract.stage(server) as stage:
        first = server.board.create("The kiln was cold.", at=server.board.now - 600)
        server.board.create("It was lit at six.", parent=int(first), at=server.board.now - 500, status="held")
        server.board.create("Buy kilns.", at=server.board.now - 400, status="trash")
        server.board.edit(first, "The kiln was out.")
        post = next(one.post_id for page in stage.site.comments() for one in page.comments)
        site, id = stage.site, server.id_of(first)
        reads = (lambda: list(site.comments()), lambda: site.comment(id), lambda: site.thread(post))
        for junk in JUNK:
            place = 0
            while place <= min(largest, MOST_PLACES):
                shape[:] = [(place, junk)]
                for read in reads:
                    with suppress(SiteError):
                        read()
                place += 1
    assert largest or contract.platform in FEEDS
