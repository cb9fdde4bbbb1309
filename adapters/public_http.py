"""One public document from the web, fetched so that neither its server nor who wrote its address can do harm.

A name is resolved once, all its addresses must be public, and the connection goes to an address that was checked; TLS
is checked against the name. Redirects are followed by hand and checked anew. One deadline covers resolving,
connecting, the handshake and every byte, however slowly they come; what comes is capped on the wire and after
unpacking. Proxies, cookies and saved passwords of the environment are not used.

This stands on `http.client`, beneath urllib3: pinning the address and counting every byte need the socket itself.
"""

import io
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Collection, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from http.client import HTTPConnection, HTTPException, HTTPResponse
from queue import Empty, SimpleQueue
from typing import cast

import certifi

from adapters.errors import FetchError
from adapters.public_address import Target, as_address, check_url, is_public, redirected

_HEAD_BYTES = 64 * 1024
_CHUNK = 64 * 1024
_MOST_REDIRECTS = 5
_MOST_ADDRESSES = 4
_REDIRECTS = frozenset((301, 302, 303, 307, 308))


@dataclass(frozen=True, slots=True)
class Reply:
    """Hold what a server said; the body of a status other than 200 is not read, a long one is cut."""

    url: str
    status: int
    content_type: str = ""
    charset: str | None = None
    body: bytes = b""
    is_cut: bool = False


def resolve(host: str, port: int, seconds: float) -> Sequence[str]:
    """Return the addresses of a host; raises OSError."""
    found: SimpleQueue[Sequence[str] | OSError] = SimpleQueue()

    def ask() -> None:
        try:
            found.put([str(row[4][0]) for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)])
        except OSError as error:
            found.put(error)
        except UnicodeError:
            found.put(socket.gaierror(socket.EAI_NONAME, "not a name"))

    # The system's resolver knows no time limit: one that is too slow is left behind.
    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = found.get(timeout=seconds)
    except Empty:
        raise TimeoutError from None
    if isinstance(answer, OSError):
        raise answer
    return answer


def connect(address: str, port: int, seconds: float) -> socket.socket:
    """Connect to an address, which is never a name; raises OSError."""
    return socket.create_connection((address, port), timeout=seconds)


class PublicHttp:
    """Fetch public documents; `resolve` and `connect` are the only ways out, and tests put their own in place."""

    def __init__(
        self,
        *,
        user_agent: str,
        resolve: Callable[[str, int, float], Sequence[str]] = resolve,
        connect: Callable[[str, int, float], socket.socket] = connect,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._user_agent = user_agent
        self._resolve, self._connect = resolve, connect
        self._given_trust = trust

    def fetch(
        self,
        url: str,
        *,
        until: float,
        max_bytes: int,
        types: Collection[str] | None = None,
        before: Callable[[Target], None] = lambda target: None,
    ) -> Reply:
        """Return the reply at the end of the redirects; raises FetchError.

        `until` is a time of the monotonic clock. A document whose media type is not in `types` is refused before its
        body is read. `before` hears of every request and may raise FetchError to prevent it.
        """
        target = check_url(url)
        for _ in range(_MOST_REDIRECTS + 1):
            before(target)
            try:
                answer = self._ask(target, until, max_bytes, types)
            except TimeoutError:
                raise FetchError("it takes too long to answer", passes=True) from None
            except ssl.SSLCertVerificationError as error:
                raise FetchError(f"its certificate does not hold: {error.verify_message}", passes=True) from None
            except (OSError, HTTPException, zlib.error, ValueError) as error:
                said = getattr(error, "strerror", None) or str(error) or type(error).__name__
                raise FetchError(f"it gives no proper answer: {said[:200]}", passes=True) from None
            if isinstance(answer, Reply):
                return answer
            target = answer
        raise FetchError("it redirects too often")

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        return self._given_trust or ssl.create_default_context(cafile=certifi.where())

    def _ask(self, target: Target, until: float, max_bytes: int, types: Collection[str] | None) -> Reply | Target:
        plain = self._connected(target, until)
        # Wrapping takes the plain socket over, and closes it when the handshake fails.
        if target.scheme == "https":
            plain.settimeout(_left(until))
            link: socket.socket = self._trust.wrap_socket(plain, server_hostname=target.host)
        else:
            link = plain
        with closing(link):
            asking = HTTPConnection(target.host, target.port)
            asking.sock = link
            link.settimeout(_left(until))
            headers = {
                "Host": target.origin.partition("//")[2],
                "User-Agent": self._user_agent,
                "Accept": ", ".join(types or ("*/*",)),
                "Accept-Encoding": "gzip",
                "Connection": "close",
            }
            asking.request("GET", target.path, headers=headers)
            wire = _Wire(link, until, _HEAD_BYTES)
            with closing(HTTPResponse(cast(socket.socket, wire), method="GET")) as response:
                response.begin()
                # Chunks carry their sizes beside the body.
                wire.allowed = max_bytes + max_bytes // 4 + _HEAD_BYTES
                return _read(response, target, max_bytes, types)

    def _connected(self, target: Target, until: float) -> socket.socket:
        literal = as_address(target.host)
        try:
            found = [target.host] if literal else self._resolve(target.host, target.port, _left(until))
        except socket.gaierror:
            raise FetchError("its host name is not known", passes=True) from None
        addresses = [as_address(text) for text in dict.fromkeys(found)]
        if not addresses or not all(address is not None and is_public(address) for address in addresses):
            raise FetchError("its address is not public")
        refused: OSError = TimeoutError()
        for address in addresses[:_MOST_ADDRESSES]:
            try:
                return self._connect(str(address), target.port, _left(until))
            except OSError as error:
                refused = error
        raise refused


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


class _Wire(io.RawIOBase):
    """Read from a socket until the deadline, and no more than `allowed` bytes."""

    def __init__(self, link: socket.socket, until: float, allowed: int) -> None:
        self._link, self._until, self.allowed = link, until, allowed

    def makefile(self, mode: str) -> io.BufferedReader:
        """Stand in for a socket where a response makes its file of it."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview") -> int:  # type: ignore[override]  # typeshed's buffer has no name at run time
        if self.allowed <= 0:
            raise FetchError("it sends more than a page has")
        self._link.settimeout(_left(self._until))
        count = self._link.recv_into(buffer)
        self.allowed -= count
        return count


def _read(response: HTTPResponse, target: Target, max_bytes: int, types: Collection[str] | None) -> Reply | Target:
    location = response.headers.get("Location")
    if response.status in _REDIRECTS and location:
        return redirected(target, location)
    content_type = response.headers.get_content_type() if "Content-Type" in response.headers else ""
    if response.status != 200:
        return Reply(target.url, response.status, content_type)
    if types is not None and content_type not in types:
        raise FetchError(f"it is no text to read ({content_type[:80] or 'no media type'})")
    body = _body(response, max_bytes)
    return Reply(
        target.url, 200, content_type, response.headers.get_content_charset(), body[:max_bytes], len(body) > max_bytes
    )


def _body(response: HTTPResponse, max_bytes: int) -> bytes:
    """Return the body, unpacked; one byte more than `max_bytes` when there is more."""
    encoding = (response.headers.get("Content-Encoding") or "identity").strip().lower()
    if encoding not in ("identity", "gzip", "x-gzip"):
        raise FetchError(f"it is packed in a way that was not asked for ({encoding[:40]})")
    unpack = zlib.decompressobj(16 + zlib.MAX_WBITS) if encoding != "identity" else None
    body = bytearray()
    while len(body) <= max_bytes:
        data = response.read(_CHUNK)
        if not data:
            if response.length or (unpack is not None and not unpack.eof):
                raise FetchError("its answer breaks off", passes=True)
            break
        # At most one byte over the cap is ever unpacked, whatever the data would swell to.
        body += data if unpack is None else unpack.decompress(data, max_bytes + 1 - len(body))
        if unpack is not None and unpack.eof:
            break
    return bytes(body[: max_bytes + 1])
