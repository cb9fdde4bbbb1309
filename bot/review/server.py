"""The review page's server: by itself, or in a thread beside the daemon."""

import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import uvicorn
from starlette.applications import Starlette

from bot.config import Config
from bot.review.security import kept_token, new_token
from bot.store.database import Store
from bot.store.people import has_people, invite

_STOP_SECONDS = 3


class ReviewServer:
    """Serve the review page at a socket, in a thread."""

    def __init__(self, app: Starlette, listening: socket.socket) -> None:
        self._socket = listening
        self._server = server(app)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), name="review", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Answer what is under way, and no more."""
        self._server.should_exit = True
        self._thread.join(_STOP_SECONDS)
        self._socket.close()


def listen(config: Config) -> socket.socket:
    """Return a socket at the configured address; raises OSError where another has it."""
    web = config.web
    family = socket.AF_INET6 if ":" in web.host else socket.AF_INET
    made = socket.create_server((web.host, web.port), family=family, backlog=128)
    made.setblocking(False)
    return made


def server(app: Starlette) -> uvicorn.Server:
    """Return what serves an application; a proxy on this machine may say whom it asks for."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            ws="none",
            timeout_keep_alive=10,
            timeout_graceful_shutdown=_STOP_SECONDS,
            limit_concurrency=200,
        )
    )


def greeting(store: Store, config: Config, *, on_terminal: bool) -> Iterator[str]:
    """Yield what is told at the start; the link to the first account only to a person, lest it stay in a log."""
    web = config.web
    if web.host not in ("127.0.0.1", "::1", "localhost") and not (web.url or "").startswith("https://"):
        yield f"warning: the review page at {web.host} has no encryption: put it behind TLS, and say so in web.url"
    yield f"the review page is at {address(config)}"
    if on_terminal:
        if link := first_invitation(store, config, now=datetime.now(UTC)):
            yield f"make the first account, within three days, at {link}"
        return
    with store.read() as connection:
        if not has_people(connection):
            yield "nobody has an account yet: run `quotewarden people invite NAME --role admin`"


def first_invitation(store: Store, config: Config, *, now: datetime) -> str | None:
    """Return the address at which the first account is made, None where there is one."""
    with store.write() as connection:
        if has_people(connection):
            return None
        token = new_token()
        invite(connection, kept_token(token), name=None, role="admin", sites=None, now=now)
    return f"{address(config)}/welcome/{token}"


def address(config: Config) -> str:
    """Return where people find the page."""
    web = config.web
    host = f"[{web.host}]" if ":" in web.host else web.host
    return (web.url or f"http://{host}:{web.port}").rstrip("/")
