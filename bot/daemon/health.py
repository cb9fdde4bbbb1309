"""The daemon's state for those who watch it: /metrics, /healthz and /readyz, on this machine only."""

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Protocol

from bot.daemon.errors import DaemonError
from bot.daemon.metrics import CONTENT_TYPE

_HOST = "127.0.0.1"


class Figures(Protocol):
    """Be what is counted."""

    def text(self) -> bytes:
        """Return everything in Prometheus' text format."""


class HealthServer:
    """Answer on a port of the loopback; `alive` and `ready` return None when all is well, else what is wrong."""

    def __init__(
        self, port: int, *, metrics: Figures, alive: Callable[[], str | None], ready: Callable[[], str | None]
    ) -> None:
        class Handler(_Handler):
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
    return 503 if problem else 200, "text/plain; charset=utf-8", f"{problem or 'ok'}\n".encode()


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
    timeout = 5
    server_version = "quotewarden"
    sys_version = ""

    def do_GET(self) -> None:
        page = self.pages.get(self.path.partition("?")[0])
        status, content_type, body = page() if page else (404, "text/plain; charset=utf-8", b"not found\n")
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_HEAD(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:
        return
