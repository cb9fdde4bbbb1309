"""One session a site: what is asked of it, how patiently, and what becomes of its replies.

Only reading is ever repeated, by urllib3, few times and soon: GET, and what `query` asks by POST. Whatever else is sent
once; when no proper reply comes to it, OutcomeUnknown says so. Requests and redirects go to the allowed hosts only,
never from https to http. Addresses are told without their queries, which may hold keys, and requests' own errors,
which show them, end here.
"""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import closing
from email.utils import parsedate_to_datetime
from functools import cache
from importlib.metadata import version
from typing import Any, Self, cast
from urllib.parse import SplitResult, urljoin, urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connectionpool import ConnectionPool
from urllib3.exceptions import (
    ConnectTimeoutError,
    IncompleteRead,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    ProxyError,
    ReadTimeoutError,
    SSLError,
)
from urllib3.util.retry import Retry

from adapters.base import PlatformOptions
from adapters.bearer import basic
from adapters.clock import Clock, SystemClock
from adapters.errors import (
    BadReply,
    LoginError,
    NotFoundError,
    OutcomeUnknown,
    RateLimited,
    RefusedError,
    SiteError,
    UnreachableError,
)
from adapters.limiter import LONGEST_SLEEP, Limiter, Turnstile
from adapters.reply import Reply, shown
from adapters.saved.jsontext import Json

MAX_BYTES = 32 * 1024 * 1024
Params = Mapping[str, str | int | list[str]]

_CHUNK = 64 * 1024
_CONNECT_SECONDS = 10.0
_MOST_REDIRECTS = 5
_MOST_VALIDATORS = 64
_PORTS = {"http": 80, "https": 443}
_UNSENT = (NewConnectionError, NameResolutionError, ConnectTimeoutError, SSLError, ProxyError)


# They tell addresses with their queries, those of requests that are repeated among them.
for _teller in ("urllib3.connectionpool", "urllib3.util.retry"):
    logging.getLogger(_teller).setLevel(logging.ERROR)


class Http:
    """Ask one site; `headers` go with every request, the login among them. Safe to use from several threads."""

    def __init__(
        self,
        options: PlatformOptions,
        *,
        clock: Clock | None = None,
        max_bytes: int = MAX_BYTES,
        turnstile: Turnstile | None = None,
    ) -> None:
        self.headers: dict[str, str] = {}
        # The least time from one request to the next, in seconds, for sites that do not say how long to wait.
        self.apart = 0.0
        # How far the server's clock is ahead of ours, in seconds, by its last reply.
        self.skew: float | None = None
        self._options, self._clock, self._max_bytes = options, clock or SystemClock(), max_bytes
        self._turnstile = turnstile
        base = urlsplit(options.url)
        self._allowed = {_origin(base), *(_host_and_port(host) for host in options.hosts)}
        self._limiters: dict[str, Limiter] = {}
        self._validators: OrderedDict[str, dict[str, str]] = OrderedDict()
        self._lock = threading.RLock()
        self._reading, self._writing = _session(options, repeats=2), _session(options, repeats=0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the connections go."""
        self._reading.close()
        self._writing.close()

    @property
    def clock(self) -> Clock:
        """The clock that waits and tokens go by."""
        return self._clock

    def allow(self, *urls: str) -> None:
        """Let requests, and the login with them, go to these addresses' hosts too: those of the platform itself."""
        self._allowed |= {_origin(urlsplit(url)) for url in urls}

    def log_in(self, user: str, password: str) -> None:
        """Send a name and a password with every request."""
        self.headers["Authorization"] = basic(user, password)

    def get(
        self,
        url: str,
        params: Params | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        if_changed: bool = False,
    ) -> Reply:
        """Return a reply of status 2xx, or with `if_changed` one that is `unchanged`; raises SiteError.

        A site that wants a moment's rest gets it, and is asked once more.
        """
        return self._patiently(lambda: self._followed(url, params, headers, if_changed))

    def query(
        self,
        url: str,
        json: Json | None = None,
        *,
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Return the reply to a POST that only asks, as one of GraphQL or a login; as patient as `get`.

        So it is never for a change.
        """
        return self._patiently(lambda: self._queried(url, json, data, headers))

    def send(
        self,
        method: str,
        url: str,
        params: Params | None = None,
        *,
        json: Json | None = None,
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send a request that changes something, once; return the reply of status 2xx.

        Raises OutcomeUnknown when it may have been carried out or not, another SiteError when it was not.
        """
        with self._lock:
            self._refuse_stranger(url)
            self._wait_for(url)
            reply = self._ask(method, url, params, headers, json=json, data=data)
            if reply.status >= 500 and reply.status != 501:
                raise OutcomeUnknown(f"{reply.told()}: whether it was done is to be seen", status=reply.status)
            if 300 <= reply.status < 400:
                kind = OutcomeUnknown if reply.status in (302, 303) else RefusedError
                raise kind(f"{reply.told()}: it redirects; write its new address into url", status=reply.status)
            return self._judged(reply)

    def _patiently(self, ask: Callable[[], Reply]) -> Reply:
        with self._lock:
            reply = ask()
            left = self._limiter(reply.url).left()
            if reply.status in (429, 503) and 0 < left <= LONGEST_SLEEP:
                reply = ask()
            return self._judged(reply)

    def _queried(
        self, url: str, json: Json | None, data: Mapping[str, str] | None, headers: Mapping[str, str] | None
    ) -> Reply:
        self._refuse_stranger(url)
        self._limiter(url).wait()
        return self._ask("POST", url, None, headers, json=json, data=data, reads=True)

    def _followed(self, url: str, params: Params | None, headers: Mapping[str, str] | None, if_changed: bool) -> Reply:
        self._refuse_stranger(url)
        # Prepared by requests, so that the same question has the same key.
        key = requests.Request("GET", url, params=params).prepare().url or url
        known = self._validators.get(key, {}) if if_changed else {}
        headers = {**(headers or {}), **known}
        for _ in range(_MOST_REDIRECTS + 1):
            self._wait_for(url)
            reply = self._ask("GET", url, params, headers, reads=True)
            location = reply.headers.get("Location")
            if reply.status not in (301, 302, 303, 307, 308) or not location:
                self._keep_validators(key, reply)
                return reply
            url, params = self._redirected(url, location), None
        raise BadReply(f"{shown(url)}: it redirects too often")

    def _ask(
        self,
        method: str,
        url: str,
        params: Params | None,
        headers: Mapping[str, str] | None,
        *,
        json: Json | None = None,
        data: Mapping[str, str] | None = None,
        reads: bool = False,
    ) -> Reply:
        seconds = self._options.seconds
        until = self._clock.monotonic() + seconds
        try:
            response = (self._reading if reads else self._writing).request(
                method,
                url,
                params=params,
                headers={**self.headers, **(headers or {})},
                json=json,
                data=data,
                timeout=(min(seconds, _CONNECT_SECONDS), seconds),
                allow_redirects=False,
                stream=True,
            )
            with closing(response):
                body = self._body(response, url, until)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise _ours(error, url, seconds, reads=reads) from None
        except UnicodeError:
            raise RefusedError(f"{shown(url)}: the login has a character that cannot be sent") from None
        except SiteError as error:
            if reads:
                raise
            raise OutcomeUnknown(f"{error}: whether it was done is to be seen") from None
        headers = response.headers
        self._limiter(url).heed(response.status_code, headers)
        self._note_clock(headers.get("Date"))
        return Reply(response.url, response.status_code, headers, body)

    def _body(self, response: requests.Response, url: str, until: float) -> bytes:
        body = bytearray()
        # One reading of the socket at a time, so that a server that drips cannot hold us longer than `until`.
        while data := response.raw.read1(_CHUNK, decode_content=True):
            body += data
            if len(body) > self._max_bytes:
                raise BadReply(f"{shown(url)}: a reply of more than {self._max_bytes >> 20} MB")
            if self._clock.monotonic() > until:
                raise ReadTimeoutError(cast(ConnectionPool, None), url, "")
        return bytes(body)

    def _judged(self, reply: Reply) -> Reply:
        status, headers = reply.status, reply.headers
        if status == 304:
            return Reply(reply.url, status, headers, b"", unchanged=True)
        if 200 <= status < 300:
            return reply
        code, said = reply.words()
        told = reply.told() + (f": {said}" if said else "")
        left = self._limiter(reply.url).left() or None
        if status == 429 or (status == 403 and left):
            raise RateLimited(told, status=status, code=code, retry_after=left)
        if status in (401, 403):
            raise LoginError(told, status=status, code=code)
        if status in (404, 410):
            raise NotFoundError(told, status=status, code=code)
        if status >= 500:
            raise SiteError(told, status=status, code=code, retry_after=left)
        raise RefusedError(told, status=status, code=code)

    def _wait_for(self, url: str) -> None:
        self._limiter(url).wait()
        if self._turnstile is not None:
            self._turnstile.wait(urlsplit(url).netloc)

    def _limiter(self, url: str) -> Limiter:
        host = urlsplit(url).netloc
        return self._limiters.setdefault(host, Limiter(host, clock=self._clock, apart=self.apart))

    def _keep_validators(self, key: str, reply: Reply) -> None:
        found = {
            ours: value
            for theirs, ours in (("ETag", "If-None-Match"), ("Last-Modified", "If-Modified-Since"))
            if (value := reply.headers.get(theirs))
        }
        if reply.status == 200:
            self._validators.pop(key, None)
            if found:
                self._validators[key] = found
            if len(self._validators) > _MOST_VALIDATORS:
                self._validators.popitem(last=False)

    def _note_clock(self, date: str | None) -> None:
        try:
            self.skew = parsedate_to_datetime(date).timestamp() - self._clock.wall() if date else self.skew
        except (ValueError, TypeError, OverflowError):
            self.skew = None

    def _redirected(self, url: str, location: str) -> str:
        target = urljoin(url, location)
        if urlsplit(url).scheme == "https" and urlsplit(target).scheme == "http":
            raise BadReply(f"{shown(url)}: it redirects from https to http", passes=False)
        self._refuse_stranger(target, by=url)
        return target

    def _refuse_stranger(self, url: str, by: str | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise BadReply(f"{shown(by or url)}: it leads to something that is no web address", passes=False)
        host, port = _origin(parts)
        if not {(host, port), (host, None)} & self._allowed and (host, port) != self._secured():
            leads = f"{shown(by)}: it redirects to" if by else f"{shown(self._options.url)}: it leads to"
            raise BadReply(f"{leads} {host}, which `hosts` does not allow", passes=False)

    def _secured(self) -> tuple[str, int]:
        """Where a site of http moves when it moves to https."""
        base = urlsplit(self._options.url)
        return base.hostname or "", _PORTS["https"] if base.scheme == "http" and not base.port else -1


class _Retry(Retry):
    """Repeat what failed, but not when it took too long."""

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: Any = None,
        error: Exception | None = None,
        _pool: Any = None,
        _stacktrace: Any = None,
    ) -> Self:
        once = isinstance(error, ReadTimeoutError | ConnectTimeoutError)
        retry = self.new(total=0) if once else self
        return Retry.increment(retry, method, url, response, error, _pool, _stacktrace)


def _session(options: PlatformOptions, *, repeats: int) -> requests.Session:
    session = requests.Session()
    # No proxies, passwords or certificates of the environment: what holds is what the configuration says.
    session.trust_env = False
    session.headers.update({"User-Agent": _user_agent(options.contact), "Accept": "*/*"})
    session.verify = str(options.ca_bundle) if options.ca_bundle else True
    if options.proxy:
        session.proxies = {"http": options.proxy, "https": options.proxy}
    retries = _Retry(
        total=repeats,
        redirect=0,
        status_forcelist=(502, 504),
        allowed_methods=None,
        backoff_factor=0.2,
        raise_on_status=False,
        respect_retry_after_header=False,
    )
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(max_retries=retries, pool_maxsize=2))
    return session


@cache
def _user_agent(contact: str | None) -> str:
    return f"Quotewarden/{version('quotewarden')}" + (f" (+{contact})" if contact else "")


def _origin(parts: SplitResult) -> tuple[str, int | None]:
    return parts.hostname or "", parts.port or _PORTS.get(parts.scheme)


def _host_and_port(host: str) -> tuple[str, int | None]:
    parts = urlsplit(f"//{host}")
    return parts.hostname or "", parts.port


def _ours(error: Exception, url: str, seconds: float, *, reads: bool) -> SiteError:
    reason: object = error
    # The true reason lies within: requests' errors hold urllib3's, and those of its retries their last one.
    while isinstance(reason, Exception) and not isinstance(reason, (*_UNSENT, ReadTimeoutError)):
        inner = reason.reason if isinstance(reason, MaxRetryError) else next(iter(reason.args), None)
        if not isinstance(inner, Exception):
            break
        reason = inner
    place = shown(url)
    if isinstance(reason, NameResolutionError):
        return UnreachableError(f"{place}: its host name is not known")
    if isinstance(reason, ConnectTimeoutError) and not isinstance(reason, NewConnectionError):
        return UnreachableError(f"{place}: it takes too long to connect")
    if isinstance(reason, ProxyError):
        return UnreachableError(f"{place}: the proxy does not lead there")
    if isinstance(reason, SSLError):
        said = getattr(next(iter(reason.args), None), "verify_message", "") or "no secure connection"
        return UnreachableError(f"{place}: its certificate or its TLS does not hold: {said}")
    if isinstance(reason, NewConnectionError):
        return UnreachableError(f"{place}: it does not take connections")
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
        return BadReply(f"{place}: it leads to something that is no web address", passes=False)
    if isinstance(error, OSError) and not isinstance(error, requests.RequestException):
        return UnreachableError(f"{place}: {error.strerror or type(error).__name__}", passes=True)
    if isinstance(reason, ReadTimeoutError):
        problem = f"no whole reply within {seconds:g} s"
    elif isinstance(reason, IncompleteRead | requests.exceptions.ChunkedEncodingError) or "IncompleteRead" in str(
        error
    ):
        problem = "the reply breaks off"
    elif isinstance(reason, ProtocolError | ConnectionError):
        problem = "the connection broke"
    else:
        problem = f"no proper reply ({type(reason).__name__})"
    if reads:
        kind = UnreachableError if isinstance(reason, ReadTimeoutError | ConnectionError) else BadReply
        return kind(f"{place}: {problem}")
    return OutcomeUnknown(f"{place}: {problem}: whether it was done is to be seen")
