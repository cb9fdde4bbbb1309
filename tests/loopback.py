"""A small web on loopback: names, addresses and servers that answer byte for byte what a test wants."""

import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress

from adapters.public_http import PublicHttp

# An address of the public internet, which nothing here ever reaches.
PUBLIC = "93.184.215.14"

Answer = bytes | Callable[[socket.socket], None]


def answer(
    body: bytes | str = b"", *headers: str, status: str = "200 OK", type: str | None = "text/html; charset=utf-8"
) -> bytes:
    """Return a whole answer of a server."""
    body = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status}", *([f"Content-Type: {type}"] if type else []), *headers]
    if not any(line.lower().startswith(("transfer-encoding", "content-length")) for line in headers):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def redirect(to: str, status: str = "302 Found") -> bytes:
    """Return an answer that leads elsewhere."""
    return answer(b"", f"Location: {to}", status=status)


class Web:
    """Answer for every host; `asked`, `resolved` and `connected` tell what was asked of it, in order."""

    def __init__(self, answers: dict[str, Answer], *, names: dict[str, Sequence[str]] | None = None) -> None:
        self.answers, self.names = answers, names or {}
        self.asked: list[str] = []
        self.heads: list[str] = []
        self.resolved: list[str] = []
        self.connected: list[tuple[str, int]] = []
        self.tls: ssl.SSLContext | None = None
        self.greet: Callable[[socket.socket], None] | None = None
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self._closing = threading.Event()
        self._start(self._accept)

    def close(self) -> None:
        """Stop, with every server that still drips."""
        self._closing.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(5)

    @property
    def port(self) -> int:
        """The port of loopback that leads here."""
        return int(self._listener.getsockname()[1])

    def http(self, **given: object) -> PublicHttp:
        """Return a client whose only ways out lead here."""
        return PublicHttp(**({"user_agent": "Quotewarden/0", "resolve": self.resolve, "connect": self.connect} | given))

    def resolve(self, host: str, port: int, seconds: float) -> Sequence[str]:
        self.resolved.append(host)
        found = self.names.get(host, (PUBLIC,))
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return found

    def connect(self, address: str, port: int, seconds: float) -> socket.socket:
        self.connected.append((address, port))
        return socket.create_connection(self._listener.getsockname(), timeout=seconds)

    def drip(self, link: socket.socket, *pieces: bytes, every: float = 0.05) -> None:
        """Send pieces slowly, the last one without end."""
        with suppress(OSError):
            for piece in pieces[:-1]:
                link.sendall(piece)
            while not self._closing.wait(every):
                link.sendall(pieces[-1])

    def _start(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                link, _ = self._listener.accept()
            except OSError:
                return
            # Another process that connects leaves no trace here.
            self._start(self._serve, link, bool(self.connected) and self.connected[-1][1] == 443)

    def _serve(self, link: socket.socket, secure: bool) -> None:
        try:
            link.settimeout(5)
            if self.greet is not None:
                self.greet(link)
                return
            if secure and self.tls is not None:
                link = self.tls.wrap_socket(link, server_side=True)
            head = b""
            while b"\r\n\r\n" not in head:
                data = link.recv(65536)
                if not data:
                    return
                head += data
            text, _, body = head.decode("latin-1").partition("\r\n\r\n")
            # A question closed on before it was read whole breaks the connection, whatever the answer was.
            length = next((int(line[15:]) for line in text.split("\r\n") if line.startswith("Content-Length:")), 0)
            while len(body) < length and (data := link.recv(65536)):
                body += data.decode("latin-1")
            host = next(line[6:] for line in text.split("\r\n") if line.startswith("Host: "))
            url = f"{'https' if secure else 'http'}://{host}{text.split(' ')[1]}"
            self.heads.append(text)
            self.asked.append(url)
            found = self.answers.get(url, answer(status="404 Not Found"))
            if callable(found):
                found(link)
            else:
                link.sendall(found)
        except OSError:
            pass
        finally:
            link.close()
