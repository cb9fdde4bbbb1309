"""The command `quotewarden purge`."""

from pathlib import Path
from typing import Annotated

import typer

from bot.stop import stop


def purge(
    author: Annotated[str | None, typer.Option(help="Forget the comments under this name.")] = None,
    comment: Annotated[str | None, typer.Option(metavar="ID", help="Forget one comment; wants --site.")] = None,
    older_than: Annotated[
        float | None, typer.Option(metavar="DAYS", min=0, max=100_000, help="Forget comments posted before that.")
    ] = None,
    site: Annotated[str | None, typer.Option(help="Only of this site.")] = None,
    config: Annotated[Path | None, typer.Option("--config", help="The configuration file.")] = None,
) -> None:
    """Forget comments on request: words, names and hashes leave the store, and no later poll brings them back."""
    from datetime import UTC, datetime, timedelta

    from bot.archive.errors import ArchiveError
    from bot.budget import shares
    from bot.config import ConfigError, load_config
    from bot.judging import Judge
    from bot.pipeline import Pipeline
    from bot.store.database import open_store
    from bot.store.errors import StoreError
    from bot.store.forgetting import BATCH, forget_allowances, to_forget
    from bot.store.threads import chunks
    from bot.store.unarchived import tell_archive
    from bot.store.upkeep import erase_log

    if author is None and comment is None and older_than is None:
        stop("say what to forget with --author, --comment or --older-than")
    if comment is not None and site is None:
        stop("--comment: another site may have a comment of that id: name the --site")
    now = datetime.now(UTC)
    before = None if older_than is None else now - timedelta(days=older_than)
    forgotten = 0
    try:
        settings = load_config(config)
        with open_store(settings.store.url) as store:
            with store.read() as connection:
                chosen = to_forget(connection, site=site, author=author, comment=comment, before=before)
            pipeline = Pipeline(
                store, Judge(settings), feeds_archive=settings.archive.path is not None, shares=shares(settings)
            )
            for name, ids in chosen.items():
                for batch in chunks(ids, size=BATCH):
                    forgotten += pipeline.forget(name, batch, now=now)
            if author is not None:
                with store.write() as connection:
                    forget_allowances(connection, author, site=site, now=now)
            if settings.archive.path is not None:
                tell_archive(store, settings.archive.path)
            erase_log(store.engine)
    except (ConfigError, StoreError, ArchiveError) as error:
        stop(str(error))
    print(f"{forgotten} forgotten")
