"""A live site: its comments page by page, its threads, and what may be done to a comment."""

import os
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Self
from urllib.parse import urlsplit
from uuid import uuid4

from adapters.base import (
    Action,
    Ask,
    Capabilities,
    Cursor,
    Ledger,
    Page,
    Platform,
    PlatformOptions,
    Proof,
    Verb,
)
from adapters.clock import Clock, SystemClock
from adapters.cursor import Place
from adapters.errors import RefusedError, SiteError, Unsupported
from adapters.http import Http
from adapters.ledger import MemoryLedger, carry_out
from adapters.limiter import Turnstile
from adapters.public_address import as_address, is_public
from adapters.registry import find_platform
from adapters.saved.repair import repair
from adapters.secrets import named_secrets
from adapters.stream import Stream
from adapters.thread import Comment, Thread
from adapters.walk import Step, Walker

# A clock that is further off than this would put comments out of their window.
_MOST_SKEW = 30.0
_TRUSTED_AFTER = 60.0
_LOCAL_NAMES = (".local", ".localhost", ".internal", ".lan", ".home.arpa", ".test")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mod:
    """Do something to one comment.

    A `key` that was used before is the same action, and is not sent again. A verb that the platform does not have
    raises Unsupported before any request; OutcomeUnknown says that the action may have been carried out or not.
    """

    id: str
    _do: Callable[[Verb, str, str | None, str | None], None] = field(repr=False)

    def hold(self, *, key: str | None = None) -> None:
        """Take it out of sight until somebody decides."""
        self._do("hold", self.id, None, key)

    def approve(self, *, key: str | None = None) -> None:
        """Show it."""
        self._do("approve", self.id, None, key)

    def spam(self, *, key: str | None = None) -> None:
        """Mark it as spam."""
        self._do("spam", self.id, None, key)

    def remove(self, *, key: str | None = None) -> None:
        """Take it away, into the bin where there is one."""
        self._do("remove", self.id, None, key)

    def reply(self, text: str, *, key: str | None = None) -> None:
        """Answer it, in plain text."""
        self._do("reply", self.id, text, key)

    def report(self, text: str, *, key: str | None = None) -> None:
        """Report it to the site's moderators, saying why."""
        self._do("report", self.id, text, key)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveComment:
    """Hold a comment as it is now, and what may be done to it."""

    post_id: str
    comment: Comment
    mod: Mod


class Site:
    """Watch one site. Every method may raise SiteError; only those that say so make requests."""

    def __init__(
        self, name: str, platform: Platform, http: Http, *, overlap: timedelta, ledger: Ledger, clock: Clock
    ) -> None:
        self.name = name
        self.stream = Stream(self, clock=clock)
        self._platform, self._http, self._overlap, self._ledger, self._clock = platform, http, overlap, ledger, clock
        # The cursor at the end of the last whole walk: from there a reply "not modified" says that nothing is new.
        self._settled: Cursor = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the connections go."""
        self._http.close()

    @property
    def capabilities(self) -> Capabilities:
        """What can be done and seen here; makes no request."""
        return self._platform.capabilities

    def comments(self, since: Cursor = None, *, oldest: datetime | None = None) -> Iterator[Page]:
        """Yield pages from a cursor on, with requests; it is safe to stop after any of them.

        Each page's `after` is the cursor that it was read from, `cursor` the one to keep. `oldest` bounds the first
        walk, from no cursor: what is older is not asked for. There is no page when the server saw no change.
        """
        return (step.page for step in self.steps(since, oldest=oldest))

    def steps(self, since: Cursor, *, oldest: datetime | None = None) -> Iterator[Step]:
        """Yield the same pages with what is new in each."""
        if_changed = since is not None and since == self._settled
        self._settled, last, count = None, since, 0
        for step in self._walker(oldest, if_changed=if_changed).steps(since):
            yield step
            last, count = step.page.cursor, count + 1
        # A further batch of an ascending walk could have changed though its first one had not.
        if (count <= 1 or self.capabilities.order != "ascending") and self._is_quiet(last):
            self._settled = last

    def rescan(self, cursor: Cursor, *, oldest: datetime, known: Collection[str]) -> Iterator[Page]:
        """Yield everything since `oldest` anew, with requests, so that edits are seen.

        `known` are the ids that count as living since then. One that two re-readings in a row did not find, nor a
        direct read, is in `deleted` of the last page.
        """
        watched = known if "deleted" in self.capabilities.sees else ()
        return self._walker(oldest).again(cursor, watched, self._platform.comment)

    def thread(self, id: str) -> Thread:
        """Return a post and all its comments in time order, with requests; raises NotFoundError."""
        if not self.capabilities.threads:
            raise Unsupported(f"{self.name}: this platform cannot be asked for a thread")
        return repair(self._platform.thread(id), lambda text: None)

    def comment(self, id: str) -> LiveComment | None:
        """Return a comment as it is now, with a request; None when it is gone."""
        found = self._platform.comment(id)
        return LiveComment(post_id=found.post_id, comment=found.comment, mod=self.mod(id)) if found else None

    def mod(self, id: str) -> Mod:
        """Return what may be done to a comment; makes no request."""
        return Mod(id=id, _do=self._do)

    def check(self) -> Iterator[Proof]:
        """Yield whether login, rights, clock and paging are as they should be, with requests.

        What cannot hold once something before it does not is left out. Never raises SiteError.
        """
        for name, prove in (
            ("site", self._platform.prove),
            ("clock", self._prove_clock),
            ("paging", self._prove_paging),
        ):
            holds = True
            for proof in _proven(name, prove):
                yield proof
                holds = holds and (proof.ok or name == "clock")
            if not holds:
                return

    def _is_quiet(self, cursor: Cursor) -> bool:
        """Tell whether the last comment is so old that another one cannot be "not modified" for having the same time.

        What servers tell changes by may count in seconds, so RFC 9110 (8.8.2.2) trusts it a minute later.
        """
        at = Place.of(cursor).ground.at
        return at is None or self._clock.wall() - at.timestamp() > _TRUSTED_AFTER

    def _walker(self, oldest: datetime | None, *, if_changed: bool = False) -> Walker:
        return Walker(
            listing=self._platform.recent,
            order=self.capabilities.order,
            overlap=self._overlap,
            now=datetime.fromtimestamp(self._clock.wall(), UTC),
            oldest=oldest,
            if_changed=if_changed,
        )

    def _do(self, verb: Verb, id: str, text: str | None, key: str | None) -> None:
        if verb not in self.capabilities.verbs:
            there = ", ".join(sorted(self.capabilities.verbs)) or "nothing"
            raise Unsupported(f"{self.name}: `{verb}` cannot be done here; there is {there}")
        carry_out(Action(verb=verb, comment_id=id, text=text, key=key or uuid4().hex), self._platform, self._ledger)

    def _prove_clock(self) -> Iterator[Proof]:
        skew = self._http.skew
        if skew is None:
            yield Proof(name="clock", ok=True, said="the server does not tell its time")
            return
        ok = abs(skew) <= _MOST_SKEW
        ahead = "ahead of" if skew > 0 else "behind"
        said = f"the server's clock is {abs(skew):.0f} s {ahead} ours" if not ok else "the clocks agree"
        yield Proof(name="clock", ok=ok, said=said, mend=None if ok else "set the clocks by NTP, ours or the server's")

    def _prove_paging(self) -> Iterator[Proof]:
        first = self._platform.recent(Ask())
        second = self._platform.recent(Ask(token=first.next)) if first.next else first
        times = [time for one in first.comments if (time := one.comment.posted_at)]
        is_ordered = self.capabilities.order == "by-thread" or times == sorted(
            times, reverse=self.capabilities.order == "newest-first"
        )
        ids = {one.comment.id for one in first.comments}
        # Some listings end with a page that has nothing.
        moves = second is first or not second.comments or any(one.comment.id not in ids for one in second.comments)
        if not is_ordered:
            mend = "find the plugin that changes the order of comments"
            yield Proof(name="paging", ok=False, said="comments do not come in the order of time", mend=mend)
        elif not moves:
            mend = "let no cache stand between: it serves one page for all"
            yield Proof(name="paging", ok=False, said="the second page is the first one again", mend=mend)
        else:
            yield Proof(name="paging", ok=True, said=f"{len(first.comments)} comments on the first page, in order")


def open_site(
    name: str,
    platform: str,
    options: PlatformOptions,
    *,
    environment: Mapping[str, str] = os.environ,
    ledger: Ledger | None = None,
    clock: Clock | None = None,
    turnstile: Turnstile | None = None,
) -> Site:
    """Return a site of the platform of that name, without a request; raises SecretError, SiteError."""
    module = find_platform(platform)
    if named_secrets(options) and not _is_confidential(options.url):
        raise RefusedError(f"{name}: a login is not sent over plain http; write https:// into url")
    clock = clock or SystemClock()
    http = Http(options, clock=clock, turnstile=turnstile)
    try:
        opened = module.open(options, http, environment=environment)
    except BaseException:
        http.close()
        raise
    overlap = timedelta(seconds=max(options.overlap_seconds, 2 * module.CAPABILITIES.grain))
    return Site(name, opened, http, overlap=overlap, ledger=ledger or MemoryLedger(), clock=clock)


def _is_confidential(url: str) -> bool:
    """Tell whether what goes to an address stays among its two ends: https, or a host of this machine or network."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    address = as_address(host)
    is_near = not is_public(address) if address else "." not in host or host.endswith(_LOCAL_NAMES)
    return parts.scheme == "https" or is_near


def _proven(name: str, prove: Callable[[], Iterator[Proof]]) -> Iterator[Proof]:
    try:
        yield from prove()
    except SiteError as error:
        mend = "see what the site's log says, and try again" if error.passes else "mend the configuration of this site"
        yield Proof(name=name, ok=False, said=error.problem, mend=mend)
