"""The commands `quotewarden digest`."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.stop import stop

# As in bot/cli.py, what a command needs is imported by the command.
if TYPE_CHECKING:
    from bot.config import Config
    from bot.digest.content import Digest
    from bot.store.database import Store

digest_app = typer.Typer(help="See, send and look back at what moderators are told.", no_args_is_help=True)

ConfigPath = Annotated[Path | None, typer.Option("--config", help="The configuration file.")]
Moderator = Annotated[str | None, typer.Option(help="One moderator; else all of them.")]
OneSite = Annotated[str | None, typer.Option(help="One site; else all of them.")]


@digest_app.command("preview")
def preview(
    moderator: Moderator = None,
    site: OneSite = None,
    open_: Annotated[bool, typer.Option("--open", help="Show the mails in a browser instead.")] = False,
    plain: Annotated[bool, typer.Option("--plain", help="Print the plain text of the mails instead.")] = False,
    config: ConfigPath = None,
) -> None:
    """Show what the next digests would say now; nothing is sent, and nothing counts as told."""
    from rich.console import Console

    from bot.digest.plain import plain as worded
    from bot.digest.terminal import show

    shown = 0
    with _opened(config) as (settings, store):
        for name, digest in _digests(settings, store, moderator, site):
            shown += 1
            if open_:
                _open(name, digest)
            elif plain:
                sys.stdout.buffer.write(worded(digest).encode("utf-8", "replace"))
            else:
                width = min(Console().width, 110)
                show(digest, Console(width=width, highlight=False))
    if not shown:
        print("there is nothing to tell anybody")


@digest_app.command("send")
def send(
    now: Annotated[bool, typer.Option("--now", help="Whatever the schedule and the quiet hours say.")] = False,
    moderator: Moderator = None,
    site: OneSite = None,
    config: ConfigPath = None,
) -> None:
    """Make what is due and send what waits, as the daemon does every minute; with --now, make all digests now.

    Exit codes: 0 all is sent, 2 wrong usage or configuration, 3 a mail could not be sent.
    """
    from bot.daemon.logs import configure_logs
    from bot.digest.rounds import Rounds
    from bot.digest.sending import Round
    from bot.watching import revealed

    if not now and (moderator or site):
        stop("--moderator and --site: go with --now")
    with _opened(config) as (settings, store):
        configure_logs(settings.log, secrets=revealed(settings))
        rounds = Rounds(settings, store)
        if now:
            done = Round()
            for name in _moderators(settings, moderator):
                done += rounds.send_now(name, site=_known_site(settings, site))
        else:
            done = rounds()
    print(f"{done.made} made, {done.sent} sent, {done.failed} could not be sent")
    raise typer.Exit(3 if done.failed else 0)


@digest_app.command("history")
def history(
    moderator: Moderator = None,
    limit: Annotated[int, typer.Option("-n", min=1, max=100_000, help="How many mails.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object a mail instead, one a line.")] = False,
    config: ConfigPath = None,
) -> None:
    """List the mails that were made, the newest first, and what became of each."""
    import json
    from datetime import UTC, datetime

    from bot.digest.log import history_record, history_table
    from bot.store.mails import mail_history

    with _opened(config) as (_, store), store.read() as connection:
        records = [history_record(row) for row in mail_history(connection, limit=limit, moderator=moderator)]
    if as_json:
        for record in records:
            print(json.dumps(record, ensure_ascii=False))
    else:
        history_table(records, now=datetime.now(UTC))


@digest_app.command("subscribe")
def subscribe(
    moderator: Annotated[str, typer.Argument(help="A moderator of the configuration.")],
    site: OneSite = None,
    config: ConfigPath = None,
) -> None:
    """Send a moderator mails again who wanted no more."""
    from bot.store.mails import subscribe
    from bot.store.sites import site_number

    with _opened(config) as (settings, store):
        [name] = _moderators(settings, moderator)
        known = _known_site(settings, site)
        with store.write() as connection:
            subscribe(connection, name, site_number(connection, known) if known else None)
    print(f"{name}: gets mails again" + (f" about {site}" if site else ""))


@digest_app.command("bounce")
def bounce(config: ConfigPath = None) -> None:
    """Read a mail that came back, from standard input, and note it: for an alias of the sender's address.

    Exit codes: 0 noted, 1 none of ours, 2 wrong usage or configuration.
    """
    from bot.digest.bounces import note_bounce

    with _opened(config) as (_, store):
        noted = note_bounce(store, sys.stdin.buffer.read(1_000_000))
    if noted is None:
        print("no mail of ours came back")
        raise typer.Exit(1)
    print(f"noted: {noted}")


def _digests(
    settings: "Config", store: "Store", moderator: str | None, site: str | None
) -> "Iterator[tuple[str, Digest]]":
    from bot.digest.making import Maker

    maker = Maker(settings, store)
    _known_site(settings, site)
    for name in _moderators(settings, moderator):
        for one in maker.sites(name):
            digest = maker.preview(name, one) if site in (None, one) else None
            if digest is not None and (digest.is_anything or not settings.moderators[name].only_if_any):
                yield name, digest


def _open(name: str, digest: "Digest") -> None:
    import tempfile
    import webbrowser

    from bot.digest.page import page

    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", errors="replace", prefix="quotewarden-", suffix=".html", delete=False
    ) as file:
        file.write(page(digest))
    print(f"{name}, {digest.site}: {file.name}")
    webbrowser.open(Path(file.name).as_uri())


def _moderators(settings: "Config", wanted: str | None) -> list[str]:
    if not settings.moderators:
        stop("the configuration names no moderator: add a table [moderators.NAME]; see docs/digest.md")
    if wanted is not None and wanted not in settings.moderators:
        stop(f"no moderator {wanted!r} in the configuration; there are {', '.join(settings.moderators)}")
    return [wanted] if wanted is not None else list(settings.moderators)


def _known_site(settings: "Config", site: str | None) -> str | None:
    if site is not None and site not in settings.sites:
        stop(f"no site {site!r} in the configuration; there are {', '.join(settings.sites) or 'none'}")
    return site


@contextmanager
def _opened(path: Path | None) -> "Iterator[tuple[Config, Store]]":
    from bot.config import ConfigError, load_config
    from bot.store.database import open_store
    from bot.store.errors import StoreError

    try:
        settings = load_config(path)
        with open_store(settings.store.url) as store:
            yield settings, store
    except (ConfigError, StoreError) as error:
        stop(str(error))
