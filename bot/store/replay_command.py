"""The command `quotewarden replay`."""

from pathlib import Path
from typing import Annotated

import typer

from bot.stop import stop

_SIGNS = {"added": "+", "removed": "-"}


def replay(
    config: Annotated[Path | None, typer.Option("--config", help="The configuration whose rules are tried.")] = None,
) -> None:
    """Try a configuration's rules on the stored comments: print the findings that would be added and removed."""
    from bot.config import ConfigError, load_config
    from bot.inputs import one_line
    from bot.replay import Replayed, precision, replay
    from bot.store.database import open_store
    from bot.store.errors import StoreError

    rules: dict[str, list[Replayed]] = {}
    try:
        settings = load_config(config)
        with open_store(settings.store.url) as store:
            for one in replay(store, settings):
                rules.setdefault(one.rule, []).append(one)
                if one.change != "kept":
                    words = " ".join(one.excerpt.split())[:60]
                    print(one_line(f"{_SIGNS[one.change]} {one.key}  {one.rule:<20} {one.site} {one.comment}  {words}"))
    except (ConfigError, StoreError) as error:
        stop(str(error))
    for rule, replayed in sorted(rules.items()):
        changes = [one.change for one in replayed]
        counts = f"{changes.count('added')} added, {changes.count('removed')} removed, {changes.count('kept')} kept"
        before, after = (" of ".join(map(str, precision(replayed, after=after))) for after in (False, True))
        print(f"{rule}: {counts}; confirmed before {before}, now {after}")
