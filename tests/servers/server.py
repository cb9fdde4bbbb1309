"""What the small servers share: a board, a login, faults that a test orders, and a record of what was asked."""

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, Self
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

from tests.board import Board
from tests.clocks import BoardClock

Fault = Literal["429", "500", "500-but-saved", "502-html", "html", "half", "reset"]
_HTML = b"<!doctype html><title>Maintenance</title><p>Back soon."


@dataclass(frozen=True, slots=True)
class Query:
    """Hold one request: `params` has the last value of each, `text` all of them, `json` the parsed body."""

    method: str
    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""
    text: str = ""

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body or b"null")


@dataclass(frozen=True, slots=True)
class Answer:
    """Hold one reply; a body that is no bytes is sent as JSON."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class BoardServer:
    """Serve a board in a platform's form: subclasses answer queries, all else is here.

    `faults` is a queue of what goes wrong with the coming requests, one each. `before` is called ahead of each. A
    login is good while `is_welcome`. `zone` is the site's own, for platforms that write local times; with `has_tags`
    a GET is answered 304 when its answer is the last one again; `reports` has the comments reported, and the words.
    """

    def __init__(self, board: Board | None = None) -> None:
        self.board = board or Board()
        self.clock = BoardClock(self.board)
        self.zone, self.has_tags = ZoneInfo("UTC"), False
        self.asked: list[Query] = []
        self.reports: list[tuple[str, str]] = []
        self.bytes_sent = 0
        self.faults: deque[Fault] = deque()
        self.before: Callable[[Query], None] = lambda query: None
        self.is_welcome = True
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._serving = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._serving.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._serving.join(5)

    @property
    def url(self) -> str:
        """The server's address."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def answer(self, query: Query) -> Answer:
        """Answer a query in the platform's form."""
        raise NotImplementedError

    def changes(self, query: Query) -> bool:
        """Tell whether a query asks for something to be changed, as those of a contract's verbs do."""
        return query.method != "GET"

    def id_of(self, id: str) -> str:
        """Return the platform's id of a comment of the board."""
        return id

    def delete(self, id: str) -> None:
        """Take a comment of the board away for good, and do with its answers as the platform does."""
        self.board.delete(id)

    def failure(self, fault: Fault) -> Answer:
        """Answer as the platform does when something is wrong with it, or with how often it is asked."""
        match fault:
            case "429":
                return Answer({"message": "slow down"}, 429, {"Retry-After": "30"})
            case "502-html":
                return Answer(_HTML, 502, {"Content-Type": "text/html"})
            case "html":
                return Answer(_HTML, 200, {"Content-Type": "text/html"})
        return Answer({"message": "out of order"}, 500)

    @contextmanager
    def meanwhile(self, happen: Callable[[], None]) -> Iterator[None]:
        """Let something happen while requests are made: here ahead of each, a fifth of a second apart."""

        def go_on(query: Query) -> None:
            self.board.now += 0.2
            happen()

        before, self.before = self.before, go_on
        try:
            yield
        finally:
            self.before = before

    def _respond(self, query: Query) -> Answer | None:
        with self._lock:
            self.asked.append(query)
            self.before(query)
            fault = self.faults.popleft() if self.faults else None
            if fault == "reset":
                return None
            if fault in ("429", "500", "502-html", "html"):
                return self.failure(fault)
            answer = self.answer(query)
            if fault == "500-but-saved":
                return self.failure(fault)
            if fault == "half":
                return Answer(_as_bytes(answer.body)[:-9], 200, {**answer.headers, "Content-Length": "99999"})
            return self.tagged(query, answer) if self.has_tags else answer

    def tagged(self, query: Query, answer: Answer) -> Answer:
        """Return an answer with a tag, or 304 when the query has it."""
        if query.method != "GET" or answer.status != 200:
            return answer
        tag = f'"{sha256(_as_bytes(answer.body)).hexdigest()}"'
        if query.headers.get("If-None-Match") == tag:
            return Answer(b"", 304, {"ETag": tag})
        return replace(answer, headers={**answer.headers, "ETag": tag})

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Without it every small reply waits for an acknowledgement.
            disable_nagle_algorithm = True

            def handle_one(self) -> None:
                parts = urlsplit(self.path)
                params = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                answer = server._respond(Query(self.command, parts.path, params, self.headers, body, parts.query))
                if answer is None:
                    self.close_connection = True
                    return
                sent = _as_bytes(answer.body) if answer.status != 304 else b""
                headers = {"Content-Type": "application/json", "Content-Length": str(len(sent)), **answer.headers}
                self.send_response(answer.status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(sent)
                server.bytes_sent += len(sent)
                if int(headers["Content-Length"]) != len(sent):
                    self.close_connection = True

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_one  # noqa: N815  # the library's names

            def date_time_string(self, timestamp: float | None = None) -> str:
                return super().date_time_string(server.board.now)

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler


def _as_bytes(body: Any) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode()
