"""The configuration: a TOML file, checked whole before anything runs."""

import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, SerializeAsAny, ValidationError
from pydantic.fields import FieldInfo

from adapters.base import PlatformOptions
from adapters.secrets import Secret
from bot.config_moderators import DecisionOptions, MailOptions, ModeratorOptions, Name, WebOptions
from rules.registry import all_rules
from rules.rule import Rule, RuleOptions

FILE_NAME = "quotewarden.toml"
PATH_VARIABLE = "QUOTEWARDEN_CONFIG"


M = TypeVar("M", bound=BaseModel)

_EXAMPLE_SITE = """\
# A site to watch, one table each; docs/platforms.md has the keys of every platform.
# [sites."blog.example"]
# platform = "wordpress"
# url = "https://blog.example"
# user = "quotewarden"
# password = { env = "BLOG_PASSWORD" }
"""
_EXAMPLE_MODERATOR = "# Somebody who is told of findings, one table each.\n# [moderators.ada]\n"


class ConfigError(Exception):
    """Say what is wrong in the configuration, and where."""


class CheckOptions(BaseModel):
    """Hold how `check` and `quotes` work."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    jobs: int = Field(1, ge=1, le=256, description="processes that work side by side")
    rule_seconds: float = Field(
        10, gt=0, le=3600, description="a rule that takes longer on one comment is stopped and told"
    )


class PagesOptions(BaseModel):
    """Hold how the pages that comments link to are fetched."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    fetch: bool = Field(False, description="true fetches the pages that comments link to; see docs/pages.md")
    seconds: float = Field(10, gt=0, le=300, description="a page that takes longer, redirects and all, is passed over")
    max_bytes: int = Field(2_000_000, ge=1000, le=100_000_000, description="a page that is larger is passed over")
    max_pages: int = Field(200, ge=1, description="the most pages that one run asks for")
    cache: Path | None = Field(None, description="the file that keeps fetched pages, in the user's cache by default")
    cache_days: float = Field(7, gt=0, le=3650, description="a page is asked for again when it was kept for so long")
    contact: str | None = Field(
        None,
        pattern=r"^[!-'*-~]{1,200}$",
        description="a mail or web address at which those who keep a page can reach you, sent to them",
    )


class ArchiveOptions(BaseModel):
    """Hold where the archive is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: Path | None = Field(None, description="the archive's file, in which `check` and `quotes` look words up too")


class BotOptions(BaseModel):
    """Hold how the bot is run."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: Literal["single", "cluster"] = Field(
        "single", description="single: one process, `run`; cluster: many of `worker`, over PostgreSQL"
    )


class ClusterOptions(BaseModel):
    """Hold what the workers of a cluster share."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    requests_per_second: float = Field(
        5, gt=0, le=100_000, description="requests a second that a host gets at most, from all workers together"
    )
    polls_at_once: int = Field(
        4, ge=1, le=10_000, description="polls of one host that run or wait side by side, on all workers together"
    )
    stalled_seconds: float = Field(
        30, ge=2, le=3600, description="a worker that was silent for so long counts as dead, and its polls are retried"
    )
    lag_alarm_seconds: float = Field(
        300, gt=0, le=604_800, description="when the 95th percentile of the sites is polled later than this, it is told"
    )


class DaemonOptions(BaseModel):
    """Hold how the daemon polls its sites."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    interval_seconds: float = Field(300, ge=1, le=604_800, description="how often a site is polled")
    jitter_seconds: float = Field(15, ge=0, le=86_400, description="a poll comes up to so much sooner or later")
    workers: int = Field(8, ge=2, le=256, description="polls that run side by side; a quarter is for sites that fail")
    backoff_seconds: float = Field(
        30, ge=1, le=86_400, description="the wait after a failed poll, doubled with each further one"
    )
    max_backoff_seconds: float = Field(900, ge=1, le=86_400, description="the longest such wait")
    circuit_failures: int = Field(
        5, ge=1, le=1000, description="after so many failed polls in a row a site counts as sick and waits the longest"
    )
    stop_seconds: float = Field(10, ge=1, le=600, description="on a stop, the time that polls have to end their page")
    port: int = Field(
        9480, ge=0, le=65_535, description="the port on this machine for /metrics, /healthz and /readyz; 0 for none"
    )


class LogOptions(BaseModel):
    """Hold what the daemon logs, and how."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="the least that is logged: debug, info, warning or error"
    )
    format: Literal["auto", "text", "json"] = Field(
        "auto", description="text, json, or auto: text on a terminal, else JSON"
    )


class StoreOptions(BaseModel):
    """Hold where the store is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field("sqlite:///quotewarden.db", description="the store: sqlite:///FILE, or postgresql://HOST/DATABASE")


class PollingOptions(BaseModel):
    """Hold how one site is polled."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    interval_seconds: float | None = Field(
        None, ge=1, le=604_800, description="how often this site is polled, in place of the daemon's interval"
    )
    backfill_days: float = Field(
        7, ge=0, le=36_500, description="comments posted so long before the first poll are read and judged too"
    )
    rescan_hours: float = Field(
        6, ge=0, le=8760, description="how often comments are read again, for edits and deletions; 0 for never"
    )
    rescan_days: float = Field(3, gt=0, le=3650, description="how old comments may be that are read again")
    push_secret: Secret | None = Field(
        None, description="the secret by which the site may tell that there is something to read; see docs/daemon.md"
    )


class ScanOptions(BaseModel):
    """Hold how `scan` divides its work."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    partition_comments: int = Field(
        50_000, ge=1, le=10_000_000, description="comments of a partition, the piece of work that a worker is given"
    )
    memory_mb: int = Field(
        2048, ge=256, le=1_048_576, description="memory that the process which checks a partition may take"
    )


class SiteConfig(BaseModel):
    """Hold a site: its platform, how it is polled, what decisions lead to, and the platform's own options."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    platform: str
    polling: PollingOptions
    decisions: DecisionOptions = DecisionOptions()
    options: SerializeAsAny[PlatformOptions]


class Config(BaseModel):
    """Hold a checked configuration; `sites` and `moderators` by name, and the options of every rule by its id."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    bot: BotOptions = BotOptions()
    cluster: ClusterOptions = ClusterOptions()
    check: CheckOptions = CheckOptions()
    pages: PagesOptions = PagesOptions()
    archive: ArchiveOptions = ArchiveOptions()
    daemon: DaemonOptions = DaemonOptions()
    log: LogOptions = LogOptions()
    store: StoreOptions = StoreOptions()
    scan: ScanOptions = ScanOptions()
    web: WebOptions = WebOptions()
    mail: MailOptions = MailOptions()
    moderators: dict[Name, ModeratorOptions] = {}
    sites: dict[str, SiteConfig] = {}
    rules: dict[str, RuleOptions] = {}


def load_config(path: Path | None = None, *, environment: Mapping[str, str] = os.environ) -> Config:
    """Load the file named, else the one that QUOTEWARDEN_CONFIG names, else ./quotewarden.toml, else the defaults.

    Raises ConfigError, with the place, at a named file that is missing, a key that nobody reads, a value out of range
    and an environment variable that looks like ours and is not.
    """
    strangers = sorted(name for name in environment if name.startswith("QUOTEWARDEN_") and name != PATH_VARIABLE)
    if strangers:
        raise ConfigError(f"unknown environment variable {strangers[0]}; known is {PATH_VARIABLE}")
    named = path or (Path(environment[PATH_VARIABLE]) if environment.get(PATH_VARIABLE) else None)
    if named is None:
        named = Path(FILE_NAME)
        if not named.exists():
            return check_config({}, name="the defaults")
    try:
        data = tomllib.loads(named.read_text("utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(f"{named}: no such file; `quotewarden config init` writes one") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{named}: cannot be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{named}: not TOML: {error}") from error
    return check_config(data, name=str(named))


def check_config(data: dict[str, Any], *, name: str) -> Config:
    """Check parsed TOML against the models; raises ConfigError."""
    rest = _validated(Config, {key: value for key, value in data.items() if key not in ("rules", "sites")}, name)
    config = rest.model_copy(
        update={
            "rules": _rule_options(_tables(data, "rules", name), name),
            "sites": {
                site: _site_config(table, f"{name}: sites.{site}")
                for site, table in _tables(data, "sites", name).items()
            },
        }
    )
    for place, problem in _contradictions(config):
        raise ConfigError(f"{name}: {place}: {problem}")
    return config


def _contradictions(config: Config) -> Iterator[tuple[str, str]]:
    """Yield what each table alone cannot know, with its place."""
    if config.bot.mode == "cluster":
        yield from _beyond_a_cluster(config)
    named = {f"moderators.{name}": one for name, one in config.moderators.items()}
    for place, one in named.items():
        if strangers := sorted(set(one.sites) - {"*", *config.sites}):
            yield f"{place}.sites", f"no site {strangers[0]!r}; there are {', '.join(config.sites) or 'none'}, and *"
        if one.address and not (config.mail.server and config.mail.sender):
            yield f"{place}.address", "mail goes out only with server and sender in the table [mail]"
    of_rules = {f"{place}.rules": set(one.rules) for place, one in named.items()}
    for site, settings in config.sites.items():
        of_rules[f"sites.{site}.wanted_precision"] = set(settings.decisions.wanted_precision)
        on_confirm = settings.decisions.on_confirm
        of_rules[f"sites.{site}.on_confirm.rules"] = set(on_confirm.rules) if on_confirm else set()
    for place, rules in of_rules.items():
        if strangers := sorted(rules - config.rules.keys()):
            yield place, f"no rule {strangers[0]!r}; there are {', '.join(config.rules)}"


def _beyond_a_cluster(config: Config) -> Iterator[tuple[str, str]]:
    if not config.store.url.startswith("postgres"):
        yield "bot.mode", "a cluster wants PostgreSQL: set store.url to postgresql://HOST/DATABASE"
    if config.archive.path is not None:
        yield "archive.path", "a cluster keeps no archive, which is one machine's file; leave it out"


def _tables(data: dict[str, Any], key: str, name: str) -> dict[str, dict[str, Any]]:
    tables = data.get(key, {})
    if not isinstance(tables, dict) or not all(isinstance(table, dict) for table in tables.values()):
        raise ConfigError(f"{name}: {key}: a table for each is wanted: [{key}.NAME]")
    return tables


def _rule_options(tables: dict[str, dict[str, Any]], name: str) -> dict[str, RuleOptions]:
    rules = {rule.ID: rule for rule in all_rules()}
    options: dict[str, RuleOptions] = {}
    for rule_id, table in tables.items():
        if rule_id not in rules:
            raise ConfigError(f"{name}: rules.{rule_id}: no such rule; there are {', '.join(rules)}")
        options[rule_id] = _validated(rules[rule_id].Options, table, f"{name}: rules.{rule_id}")
    for rule_id, rule in rules.items():
        options.setdefault(rule_id, rule.Options())
    return options


def _site_config(table: dict[str, Any], place: str) -> SiteConfig:
    # Only who watches sites loads what speaks to them.
    from adapters.registry import platforms

    known = {platform.NAME: platform for platform in platforms()}
    platform = table.get("platform")
    if not isinstance(platform, str) or platform not in known:
        raise ConfigError(f"{place}.platform: one of {', '.join(known)} is wanted")
    of_polling, of_decisions = PollingOptions.model_fields, DecisionOptions.model_fields
    polling = _validated(PollingOptions, {key: value for key, value in table.items() if key in of_polling}, place)
    decisions = _validated(DecisionOptions, {key: value for key, value in table.items() if key in of_decisions}, place)
    ours = ("platform", *of_polling, *of_decisions)
    rest = {key: value for key, value in table.items() if key not in ours}
    return SiteConfig(
        platform=platform,
        polling=polling,
        decisions=decisions,
        options=_validated(known[platform].Options, rest, place, also=ours),
    )


def _validated(model: type[M], table: Any, place: str, *, also: Sequence[str] = ()) -> M:
    try:
        return model.model_validate(table)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        known = ", ".join((*also, *model.model_fields))
        problem = f"unknown key; there are {known}" if first["type"] == "extra_forbidden" else first["msg"].lower()
        raise ConfigError(f"{place}{': ' if where else ''}{where}: {problem}") from error


def example(rules: Sequence[Rule] | None = None) -> str:
    """Return a complete configuration with every key at its default and a comment on each."""
    parts = [
        "# Quotewarden's configuration: every key, at its default. Delete what you do not change.\n"
        f"# It is read from --config, else from {PATH_VARIABLE}, else from ./{FILE_NAME}.\n",
        "[bot]\n" + _keys(BotOptions.model_fields),
        "[cluster]\n" + _keys(ClusterOptions.model_fields),
        "[check]\n" + _keys(CheckOptions.model_fields),
        "[pages]\n" + _keys(PagesOptions.model_fields),
        "[archive]\n" + _keys(ArchiveOptions.model_fields),
        "[daemon]\n" + _keys(DaemonOptions.model_fields),
        "[log]\n" + _keys(LogOptions.model_fields),
        "[store]\n" + _keys(StoreOptions.model_fields),
        "[web]\n" + _keys(WebOptions.model_fields),
        "[mail]\n" + _keys(MailOptions.model_fields),
        "[scan]\n" + _keys(ScanOptions.model_fields),
    ]
    # Commented out whole: a site is somebody's own, and has no default; nor has a moderator.
    of_site = _keys(PollingOptions.model_fields) + _keys(DecisionOptions.model_fields)
    for head, keys in ((_EXAMPLE_SITE, of_site), (_EXAMPLE_MODERATOR, _keys(ModeratorOptions.model_fields))):
        parts.append(head + "".join(f"# {line}\n" for line in keys.splitlines()))
    for rule in rules or all_rules():
        summary = (rule.__doc__ or rule.ID).strip().splitlines()[0]
        parts.append(f"[rules.{rule.ID}]\n# {summary}\n" + _keys(rule.Options.model_fields))
    return "\n".join(parts)


def _keys(fields: Mapping[str, FieldInfo]) -> str:
    return "".join(_key(name, field) for name, field in fields.items())


def _key(name: str, field: FieldInfo) -> str:
    value = field.default
    value = list(value) if isinstance(value, tuple) else value
    shown = str(value).lower() if isinstance(value, bool) else repr(value)
    # TOML has no null: a key that is unset by default is shown commented out.
    unset = '{ env = "..." }' if field.annotation == Secret | None else '"..."'
    line = f"# {name} = {unset}" if value is None else f"{name} = {shown}"
    return f"# {field.description}\n{line}\n"
