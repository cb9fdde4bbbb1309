"""What a configuration asks of the daemon: its sites opened, its rules in processes, its store locked."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from functools import partial

import structlog

from adapters.errors import AdapterError, SecretError
from adapters.limiter import Turnstile
from adapters.secrets import named_secrets
from adapters.site import Site, open_site
from bot.archive.writer import ArchiveWriter
from bot.budget import shares
from bot.config import Config, ConfigError, PollingOptions, SiteConfig
from bot.daemon.polls import TimedAction, WatchedSite, Work
from bot.decisions import wake
from bot.digest.rounds import Rounds
from bot.judging import JudgeProcesses
from bot.polling import Poller
from bot.store.actions import StoreLedger
from bot.store.database import Store
from bot.store.thresholds import keep_wanted

_log = structlog.get_logger("daemon")

Opened = Mapping[str, tuple[Site, SiteConfig]]


class Watch:
    """Make the daemon's work from a configuration, and anew at each reload; what was before ends with its polls."""

    def __init__(
        self,
        store: Store,
        load: Callable[[], Config],
        *,
        only: str | None = None,
        turnstile: Turnstile | None = None,
    ) -> None:
        self._store, self._load, self._only, self._turnstile = store, load, only, turnstile
        self._poller: Poller | None = None
        self._url: str | None = None

    def work(self) -> Work:
        """Return the work of the configuration as it is now; raises ConfigError."""
        config = self._load()
        opened = open_sites(config, only=self._only, store=self._store, turnstile=self._turnstile)
        if self._url not in (None, config.store.url):
            _log.warning("store.url changes only at a restart")
        self._url = self._url or config.store.url
        before, self._poller = self._poller, new_poller(config, self._store, opened)
        if before is not None:
            before.retire()
        return Work(
            config=config,
            sites=[_watched(name, one.polling) for name, (_, one) in opened.items()],
            poll=self._poller,
            timed=list(self._timed(config)),
            secrets=frozenset(revealed(config)),
        )

    def _timed(self, config: Config) -> Iterator[TimedAction]:
        yield TimedAction(name="snoozes", cron="* * * * *", act=partial(wake, self._store))
        if config.moderators:
            yield TimedAction(name="digests and alerts", cron="* * * * *", act=Rounds(config, self._store))

    def close(self) -> None:
        """End what the last work runs on."""
        if self._poller is not None:
            self._poller.retire()


def new_poller(config: Config, store: Store, opened: Opened) -> Poller:
    """Return what polls sites, with the rules in a process for each core, two at least; raises ArchiveError."""
    if config.archive.path is not None:
        # The rules look into it from the first page on.
        ArchiveWriter(config.archive.path, create=True).close()
    with store.write() as connection:
        keep_wanted(connection, config, now=datetime.now(UTC))
    judges = JudgeProcesses(config, processes=max(2, os.cpu_count() or 1))
    return Poller(store, judges, opened, archive=config.archive.path, shares=shares(config))


def open_sites(
    config: Config, *, only: str | None = None, store: Store | None = None, turnstile: Turnstile | None = None
) -> Opened:
    """Open the sites of a configuration, or one of them, without a request; raises ConfigError.

    What is done at them is remembered in the store, where there is one.
    """
    if only is not None and only not in config.sites:
        raise ConfigError(f"no site {only!r} in the configuration; there are {', '.join(config.sites) or 'none'}")
    if not config.sites:
        raise ConfigError('the configuration names no site: add a table [sites."NAME"]; see docs/platforms.md')
    opened: dict[str, tuple[Site, SiteConfig]] = {}
    with ExitStack() as closing:
        for name, site in config.sites.items():
            if only in (None, name):
                try:
                    ledger = StoreLedger(store, name) if store is not None else None
                    live = open_site(name, site.platform, site.options, ledger=ledger, turnstile=turnstile)
                except AdapterError as error:
                    raise ConfigError(f"sites.{name}: {error}") from error
                closing.callback(live.close)
                opened[name] = live, site
        closing.pop_all()
    return opened


def _watched(name: str, polling: PollingOptions) -> WatchedSite:
    try:
        secret = polling.push_secret.reveal(os.environ) if polling.push_secret else None
    except AdapterError as error:
        raise ConfigError(f"sites.{name}: push_secret: {error}") from error
    return WatchedSite(name=name, interval=polling.interval_seconds, push_secret=secret)


def revealed(config: Config) -> Iterator[str]:
    """Yield the secrets that a configuration names, to be kept out of logs."""
    for site in config.sites.values():
        for secret in (*named_secrets(site.options), *named_secrets(site.polling)):
            yield secret.reveal(os.environ)
    for secret in (*named_secrets(config.mail), *(one for told in config.moderators.values() for one in told.channels)):
        # Of a way to moderators that does not open, the log tells when it is tried; the sites are watched meanwhile.
        with suppress(SecretError):
            yield secret.reveal(os.environ)
