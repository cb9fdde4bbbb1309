"""The commands `quotewarden web` and `quotewarden people`."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.stop import stop

# As in bot/cli.py, what a command needs is imported by the command.
if TYPE_CHECKING:
    from bot.config import Config
    from bot.store.database import Store

ConfigPath = Annotated[Path | None, typer.Option("--config", help="The configuration file.")]

people_app = typer.Typer(help="Look after the accounts of the review page.", no_args_is_help=True)


class RoleName(StrEnum):
    """Name what somebody may do on the review page."""

    viewer = "viewer"
    moderator = "moderator"
    admin = "admin"


def web(config: ConfigPath = None) -> None:
    """Serve the review page, until SIGTERM or Ctrl-C; the first time it shows the link that makes the first account."""
    import sys

    from bot.daemon.logs import configure_logs
    from bot.inputs import one_line
    from bot.review.app import build_app
    from bot.review.server import greeting, listen, server

    with _opened(config) as (store, settings):
        if not settings.web.port:
            stop("web.port is 0, which is no port to serve at")
        configure_logs(settings.log, secrets=frozenset())
        app = build_app(store, settings)
        try:
            socket = listen(settings)
        except OSError as error:
            stop(f"{settings.web.host}, port {settings.web.port}: cannot be listened at: {error.strerror}")
        for line in greeting(store, settings, on_terminal=True):
            print(one_line(line), file=sys.stderr, flush=True)
        server(app).run([socket])


@people_app.command("list")
def list_(config: ConfigPath = None) -> None:
    """List the accounts: name, role, sites, and whether they are ended."""
    from bot.inputs import one_line
    from bot.store.people import accounts

    with _opened(config) as (store, _), store.read() as connection:
        for row in accounts(connection):
            sites = "all sites" if row.sites is None else ", ".join(row.sites) or "no site"
            print(one_line(f"{row.name:<20} {row.role:<10} {sites}{'  (ended)' if row.disabled_at else ''}"))


@people_app.command("invite")
def invite(
    name: Annotated[str, typer.Argument(help="Who is invited; somebody with an account sets a new password.")],
    role: Annotated[RoleName, typer.Option(help="What they may do, if they have no account yet.")] = RoleName.moderator,
    site: Annotated[list[str] | None, typer.Option(help="A site that they may see; else all of them.")] = None,
    config: ConfigPath = None,
) -> None:
    """Print a link at which somebody makes an account, or sets a new password; it works once, for three days."""
    from datetime import UTC, datetime

    from bot.review.accounts import is_name
    from bot.review.security import kept_token, new_token
    from bot.review.server import address
    from bot.store.audit import note_audit
    from bot.store.people import invite

    if not is_name(name):
        stop(f"{name!r}: a name has one to sixty characters, without any that cannot be seen")
    now, token = datetime.now(UTC), new_token()
    with _opened(config) as (store, settings), store.write() as connection:
        sites = frozenset(site) if site else None
        invite(connection, kept_token(token), name=name, role=role.value, sites=sites, now=now)
        note_audit(connection, "invited", who=None, now=now, detail={"name": name, "role": role.value})
    print(f"{address(settings)}/welcome/{token}")


@contextmanager
def _opened(path: Path | None) -> "Iterator[tuple[Store, Config]]":
    from bot.config import ConfigError, load_config
    from bot.store.database import open_store
    from bot.store.errors import StoreError

    try:
        settings = load_config(path)
        with open_store(settings.store.url) as store:
            yield store, settings
    except (ConfigError, StoreError) as error:
        stop(str(error))
