"""The commands `quotewarden allowances` and `quotewarden audit`."""

from pathlib import Path
from typing import Annotated

import typer

from bot.stop import stop
from bot.store.findings_commands import ConfigPath, LikeIt, Moderator, opened_store

allowances_app = typer.Typer(help="Look after what is never told of: authors, threads, phrases.", no_args_is_help=True)


@allowances_app.command("list")
def list_(config: ConfigPath = None) -> None:
    """List them: number, site, rule, what is allowed, and how many findings are quiet for it."""
    from bot.inputs import one_line
    from bot.store.allowances import listed_allowances

    with opened_store(config) as (store, _), store.read() as connection:
        for row in listed_allowances(connection):
            who = f"  by {row.moderator}" if row.moderator else ""
            value = row.value if len(row.value) <= 60 else f"{row.value[:59]}…"
            quiet = f"{row.hushed} quiet"
            print(one_line(f"{row.id:>5}  {row.site}  {row.rule:<20} {row.kind} {value}  {quiet}{who}"))


@allowances_app.command("add")
def add(
    site: Annotated[str, typer.Argument(help="A site.")],
    kind: Annotated[LikeIt, typer.Argument(metavar="KIND", help="What is allowed.")],
    value: Annotated[str, typer.Argument(help="The author's name, the thread's id, or the words.")],
    rule: Annotated[str, typer.Option(help="Of this rule only; * is of every one.")] = "*",
    note: Annotated[str | None, typer.Option(help="A note for the other moderators.")] = None,
    moderator: Moderator = None,
    config: ConfigPath = None,
) -> None:
    """Never tell again of an author, a thread or a phrase; what is open of theirs becomes quiet."""
    from datetime import UTC, datetime

    from bot.store.allowances import allow
    from bot.store.sites import site_number
    from rules.registry import all_rules

    known = ["*", *(one.ID for one in all_rules())]
    if rule not in known:
        stop(f"--rule: no rule {rule!r}; there are {', '.join(known)}")
    with opened_store(config) as (store, _), store.write() as connection:
        number = site_number(connection, site)
        if number is None:
            stop(f"no site {site!r}; `quotewarden status` shows those that were polled")
        now = datetime.now(UTC)
        hushed = allow(
            connection, number, rule=rule, kind=kind.value, value=value, moderator=moderator, note=note, now=now
        )
    print(f"allowed from now on; {hushed} open findings are quiet")


@allowances_app.command("remove")
def remove(
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="Its number, from the list.")],
    moderator: Moderator = None,
    config: ConfigPath = None,
) -> None:
    """Take one back; the findings that were quiet for it are told of again."""
    from datetime import UTC, datetime

    from bot.store.allowances import disallow

    with opened_store(config) as (store, _), store.write() as connection:
        told = disallow(connection, number, moderator=moderator, now=datetime.now(UTC))
    print(f"{number}: allowed no more; {told} findings are open again")


def audit(
    site: Annotated[str | None, typer.Option(help="Only of this site.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000_000, help="The most lines.")] = 50,
    config: Annotated[Path | None, typer.Option("--config", help="The configuration file.")] = None,
) -> None:
    """Tell who did what, newest first: decisions, allowances, thresholds, and what was done at the sites."""
    from bot.inputs import one_line
    from bot.store.audit import audited
    from bot.store.sites import site_number

    with opened_store(config) as (store, _), store.read() as connection:
        number = site_number(connection, site) if site is not None else None
        if site is not None and number is None:
            stop(f"no site {site!r}; `quotewarden status` shows those that were polled")
        for row in audited(connection, limit=limit, site=number):
            detail = "  ".join(f"{name} {value}" for name, value in (row.detail or {}).items())
            parts = (f"{row.at:%Y-%m-%d %H:%M}", row.who or "-", row.what, row.site, row.key, detail)
            print(one_line("  ".join(part for part in parts if part)))
