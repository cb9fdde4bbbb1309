"""What the daemon answers on this machine: its state at /metrics, /healthz and /readyz; and pushes at /push/SITE."""

import threading
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Protocol
from urllib.parse import unquote

from bot.daemon.errors import DaemonError
from bot.daemon.metrics import CONTENT_TYPE
from bot.daemon.push import MOST_BYTES

_HOST = "127.0.0.1"
_TEXT = "text/plain; charset=utf-8"
# A push that takes longer to arrive is given up.
_PUSH_SECONDS = 10.0
_SAID = {
    # Coral takes any word for a verdict.
    202: "",
    401: "not signed with this site's secret, or too long ago",
    404: "not found",
    408: "it takes too long",
    411: "its length is wanted",
    413: "too large",
    429: "too often",
    503: "the store does not answer: try again",
}

# Takes a site's name, the headers and the body; returns a status.
Push = Callable[[str, Mapping[str, str], bytes], int]


def _nowhere(site: str, headers: Mapping[str, str], body: bytes) -> int:
    return 404


class Figures(Protocol):
    """Be what is counted."""

    def text(self) -> bytes:
        """Return everything in Prometheus' text format."""


class HealthServer:
    """Answer on a port of the loopback; `alive` and `ready` return None when all is well, else what is wrong."""

    def __init__(
        self,
        port: int,
        *,
        metrics: Figures,
        alive: Callable[[], str | None],
        ready: Callable[[], str | None],
        push: Push = _nowhere,
    ) -> None:
        class Handler(_Handler):
            take_push = staticmethod(push)
            pages = {  # noqa: RUF012  # a handler's class is all that the server takes
                "/metrics": lambda: (200, CONTENT_TYPE, metrics.text()),
                "/healthz": lambda: _state(alive()),
                "/readyz": lambda: _state(ready()),
            }

        try:
            self._server = _Server((_HOST, port), Handler)
        except OSError as error:
            raise DaemonError(f"daemon.port: port {port} cannot be had: {error.strerror}; name another") from error

    @property
    def port(self) -> int:
        """Return the port, which was chosen by the system when 0 was asked for."""
        return int(self._server.server_address[1])

    def start(self) -> None:
        """Answer from now on, in a thread."""
        threading.Thread(target=self._server.serve_forever, args=(0.1,), name="health", daemon=True).start()

    def stop(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()


def _state(problem: str | None) -> tuple[int, str, bytes]:
    return 503 if problem else 200, _TEXT, f"{problem or 'ok'}\n".encode()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def server_bind(self) -> None:
        # HTTPServer asks for this machine's name, which can take long where names are not resolved.
        TCPServer.server_bind(self)
        self.server_name, self.server_port = _HOST, int(self.server_address[1])

    def handle_error(self, request: object, client_address: object) -> None:
        # Whoever asked went away; the next one asks again.
        return


class _Handler(BaseHTTPRequestHandler):
    pages: dict[str, Callable[[], tuple[int, str, bytes]]]
    take_push: Push
    timeout = 5
    server_version = "quotewarden"
    sys_version = ""

    def do_GET(self) -> None:
        page = self.pages.get(self.path.partition("?")[0])
        self._answer(*(page() if page else (404, _TEXT, b"not found\n")))

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        status = self._pushed()
        said = _SAID[status]
        self._answer(status, _TEXT, f"{said}\n".encode() if said else b"")

    def _pushed(self) -> int:
        path, length = self.path.partition("?")[0], self.headers.get("Content-Length", "")
        if not path.startswith("/push/"):
            return 404
        if not (length.isascii() and length.isdecimal()):
            return 411
        if len(length) > 9 or int(length) > MOST_BYTES:
            return 413
        body, until = bytearray(), time.monotonic() + _PUSH_SECONDS
        # One reading of the socket at a time, so that whoever drips cannot hold a thread for long.
        while len(body) < int(length):
            try:
                data = self.rfile.read1(int(length) - len(body))
            except TimeoutError:
                return 408
            if not data or time.monotonic() > until:
                return 408
            body += data
        # Whatever lies between may have changed their case.
        headers = {name.title(): value for name, value in self.headers.items()}
        return self.take_push(unquote(path.removeprefix("/push/")), headers, bytes(body))

    def _answer(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        if status == 429:
            self.send_header("Retry-After", "60")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        return
