"""Replies of a platform's small server, held in memory and given again without a network."""

import json
from collections.abc import Mapping
from typing import Any

from adapters.base import Ask, Platform
from adapters.errors import NotFoundError, SiteError
from adapters.registry import find_platform
from adapters.reply import Reply
from tests.clocks import StillClock
from tests.contract import Contract

Replies = dict[str, Reply]


class Held:
    """Answer from replies that were given once, in place of a session."""

    def __init__(self, replies: Mapping[str, Reply]) -> None:
        self.headers: dict[str, str] = {}
        self.clock, self.apart, self.skew = StillClock(), 0.0, 0.0
        self._replies = replies

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


def recorded(contract: Contract, comments: int) -> tuple[Replies, Mapping[str, object]]:
    """Return what a platform's server answers to a reading of so many comments, a thread, and one of them; and the
    options that lead to it."""
    replies: Replies = {}
    with contract.serve() as server:
        server.clock = StillClock(server.board.now)
        with contract.stage(server) as stage:
            stage.write(comments)
            http = stage.site._http
            methods = {"get": http.get, "query": http.query}

            def asker(name: str) -> Any:
                def ask(url: str, asked: object = None, **given: Any) -> Reply:
                    reply = methods[name](url, asked, **given)
                    replies[key(url, asked)] = reply
                    return reply

                return ask

            http.get, http.query = asker("get"), asker("query")
            read(stage.site._platform)
            return replies, contract.options(server.url)


def opened(contract: Contract, replies: Replies, options: Mapping[str, object]) -> Any:
    """Return a platform that answers from replies."""
    module = find_platform(contract.platform)
    return module.open(module.Options(**options), Held(replies), environment=contract.environment)


def read(platform: Platform) -> int:
    """Read a platform's listing to its end, a thread and a comment; return how many comments were listed."""
    token, count, last = None, 0, None
    for _ in range(1000):
        batch = platform.recent(Ask(token=token))
        count += len(batch.comments)
        last = batch.comments[-1] if batch.comments else last
        if batch.next is None:
            break
        token = batch.next
    if last is not None:
        for ask in (lambda: platform.thread(last.post_id), lambda: platform.comment(last.comment.id)):
            try:
                ask()
            except SiteError:
                continue
    return count
