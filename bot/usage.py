"""What commands make of their options: the configuration, the archive, rules and formats; what is wrong ends them."""

from pathlib import Path
from typing import TYPE_CHECKING

from bot.stop import stop

# As in bot/cli.py, what a command needs is imported by the command.
if TYPE_CHECKING:
    from bot.config import Config


def load(path: Path | None) -> "Config":
    """Load the configuration."""
    from bot.config import ConfigError, load_config

    try:
        return load_config(path)
    except ConfigError as error:
        stop(str(error))


def with_archive(settings: "Config", path: Path | None) -> "Config":
    """Return the settings with the archive named, once it is known to be in order."""
    if path is not None:
        settings = settings.model_copy(update={"archive": settings.archive.model_copy(update={"path": path})})
    if settings.archive.path is not None:
        from bot.archive.errors import ArchiveError
        from bot.archive.file import open_for_reading

        try:
            open_for_reading(settings.archive.path).close()
        except ArchiveError as error:
            stop(str(error))
    return settings


def rule_ids(wanted: str | None) -> frozenset[str]:
    """Return the rules that an option names, which there must be."""
    from rules.registry import all_rules

    known = [rule.ID for rule in all_rules()]
    ids = frozenset(part.strip() for part in (wanted or "").split(",") if part.strip())
    if strangers := sorted(ids.difference(known)):
        stop(f"--rules: no rule {strangers[0]!r}; there are {', '.join(known)}")
    return ids


def known_format(name: str | None) -> str | None:
    """Return the format that an option names, which there must be."""
    from adapters.registry import saved_readers

    known = [reader.NAME for reader in saved_readers()]
    if name is not None and name not in known:
        stop(f"--format: no format {name!r}; there are {', '.join(known)}")
    return name
