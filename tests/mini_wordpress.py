"""A small server that speaks WordPress' REST interface over a board, and misbehaves when it is told to."""

import json
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.board import Board, Row

# Takes the handler and says whether it has answered.
Fault = Callable[["_Handler"], bool]

_STATUSES = {"approved": "approved", "held": "hold", "spam": "spam", "trash": "trash"}


class MiniWordPress:
    """Serve a board on a free port of loopback; `fault`, if set, sees each request first."""

    def __init__(
        self,
        board: Board,
        *,
        posts: dict[int, str] | None = None,
        per_page: int = 100,
        port: int = 0,
        host: str = "127.0.0.1",
    ) -> None:
        self.board, self.posts = board, posts or {1: "The old bridge is mended."}
        self.lock = threading.Lock()
        self.asked: list[str] = []
        self.fault: Fault | None = None
        self.on_listing: Callable[[], None] = lambda: None
        server = self

        class Handler(_Handler):
            blog = server

        self._server = _Server((host, port), Handler)
        self._host, self.port = host, int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        """The address of the front page."""
        return f"http://{self._host}:{self.port}"

    def close(self) -> None:
        """Serve no more, and break the connections that are kept open."""
        self._server.shutdown()
        self._server.server_close()
        for link in self._server.links:
            with suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)

    def answer(self, path: str, asked: dict[str, str]) -> tuple[int, object, dict[str, str]]:
        """Return status, JSON and headers."""
        if path == "/wp-json/":
            return 200, {"namespaces": ["wp/v2"], "timezone_string": "", "gmt_offset": 0}, {}
        kind, _, id = path.removeprefix("/wp-json/wp/v2/").partition("/")
        if kind == "posts" and id.isdecimal() and int(id) in self.posts:
            body = {"rendered": f"<p>{self.posts[int(id)]}</p>"}
            return 200, {"id": int(id), "title": {"rendered": f"Post {id}"}, "content": body, "date_gmt": _date(0)}, {}
        if kind == "comments" and id:
            row = self.board.rows.get(int(id))
            return (200, _comment(row), {}) if row else (404, {"code": "rest_comment_invalid_id"}, {})
        if kind == "comments":
            return self._listed(asked)
        return 404, {"code": "rest_no_route"}, {}

    def _listed(self, asked: dict[str, str]) -> tuple[int, object, dict[str, str]]:
        self.on_listing()
        rows = self.board.listed("approved", "held")
        if after := asked.get("after"):
            since = datetime.fromisoformat(after).timestamp()
            rows = [row for row in rows if row.at > since]
        if post := asked.get("post"):
            rows = [row for row in rows if row.post == int(post)]
        start = int(asked.get("offset", 0))
        page = rows[start : start + min(100, int(asked.get("per_page", 10)))]
        return 200, [_comment(row) for row in page], {"X-WP-Total": str(len(rows))}


class ManyBlogs(MiniWordPress):
    """Serve many blogs, each under a path of its own."""

    def __init__(self, count: int, *, history: int, host: str = "127.0.0.1") -> None:
        self.boards = [Board(now=time.time() - 600) for _ in range(count)]
        for number, board in enumerate(self.boards):
            for line in range(history):
                board.create(f"Reader {line} of blog {number} has nothing to say of bridges.", author=f"r{line}")
        super().__init__(self.boards[0], host=host)

    def answer(self, path: str, asked: dict[str, str]) -> tuple[int, object, dict[str, str]]:
        """Return status, JSON and headers."""
        number, _, rest = path.lstrip("/").partition("/")
        self.board = self.boards[int(number)]
        return super().answer(f"/{rest}", asked)


def _comment(row: Row) -> dict[str, Any]:
    return {
        "id": row.id,
        "post": row.post,
        "parent": row.parent,
        "author_name": row.author,
        "date_gmt": _date(row.at),
        "content": {"rendered": f"<p>{row.text}</p>"},
        "link": f"https://blog.example/#comment-{row.id}",
        "status": _STATUSES[row.status],
        "type": "comment",
    }


def _date(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, *given: Any) -> None:
        self.links: list[socket.socket] = []
        super().__init__(*given)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.links.append(request)
        super().process_request(request, client_address)

    def server_bind(self) -> None:
        # HTTPServer asks for this machine's name, which can take long where names are not resolved.
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", int(self.server_address[1])

    def handle_error(self, request: object, client_address: object) -> None:
        return


class _Handler(BaseHTTPRequestHandler):
    blog: MiniWordPress
    protocol_version = "HTTP/1.1"
    # Small writes must not wait for the other side's acknowledgement.
    wbufsize = -1

    def do_GET(self) -> None:
        with self.blog.lock:
            self.blog.asked.append(self.path)
            fault = self.blog.fault
        if fault is not None and fault(self):
            return
        parts = urlsplit(self.path)
        with self.blog.lock:
            status, data, headers = self.blog.answer(parts.path, {k: v[0] for k, v in parse_qs(parts.query).items()})
        self.reply(status, json.dumps(data).encode(), headers)

    def reply(
        self, status: int, body: bytes, headers: dict[str, str] | None = None, *, length: int | None = None
    ) -> None:
        """Send an answer; `length` is what it says of the body."""
        self.send_response(status)
        sent = {"Content-Type": "application/json; charset=utf-8", "Content-Length": str(length or len(body))}
        for name, value in (sent | (headers or {})).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def reset(self) -> None:
        """Break the connection in the middle."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def drip(self, seconds: float) -> None:
        """Send a header now and then, and never the end of them."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.wfile.write(b"X-Slow: yes\r\n")
            self.wfile.flush()
            time.sleep(0.05)
        self.close_connection = True

    def date_time_string(self, timestamp: float | None = None) -> str:
        return formatdate(timestamp, usegmt=True)

    def log_message(self, format: str, *args: object) -> None:
        return
