"""Other rules or options over stored comments: which findings they would add and remove. Nothing is changed."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select

from bot.config import Config
from bot.judging import archived
from bot.limits import time_limit
from bot.store.database import Store
from bot.store.findings import DECIDED, Ledger
from bot.store.tables import posts, sites
from bot.store.threads import load_thread
from rules.engine import Engine
from rules.registry import all_rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """Hold a finding that the rules would add, keep or remove, with what a moderator last said of it."""

    change: Literal["added", "kept", "removed"]
    rule: str
    key: str
    site: str
    comment: str
    excerpt: str
    decision: str | None


def replay(store: Store, config: Config) -> Iterator[Replayed]:
    """Yield what the configuration's rules make of every stored thread, beside what is in the store."""
    elsewhere = archived(config)
    with store.read() as connection, time_limit(config.check.rule_seconds) as limit:
        engine = Engine(all_rules(), config.rules, limit=limit)
        every = select(posts.c.id, posts.c.site_id, posts.c.seen_at, sites.c.name).join(sites).order_by(posts.c.id)
        for post in connection.execute(every).all():
            stored = load_thread(connection, post.name, post.id)
            kept = Ledger(connection, post.site_id, now=post.seen_at).kept(stored.numbers)
            _, outcomes = engine.evaluate(stored.thread, elsewhere=elsewhere(stored.thread))
            for number, said in zip(stored.numbers, outcomes, strict=True):
                silent = {record.rule for record in said.not_evaluated}
                before = {row.key: row for row in kept[number] if row.state not in ("quiet", "resolved")}
                hushed = {row.key for row in kept[number] if row.quiet_reason in ("allowance", "threshold")}
                now = {finding.key: finding for finding in said.findings if finding.key not in hushed - before.keys()}
                for key in [*now, *(key for key, row in before.items() if key not in now and row.rule not in silent)]:
                    known, shown = before.get(key), now.get(key) or before[key]
                    yield Replayed(
                        change="added" if known is None else "kept" if key in now else "removed",
                        rule=shown.rule,
                        key=key,
                        site=post.name,
                        comment=said.comment.id,
                        excerpt=shown.excerpt,
                        decision=known.state if known is not None and known.state in DECIDED else None,
                    )


def precision(replayed: list[Replayed], *, after: bool) -> tuple[int, int]:
    """Return how many findings were confirmed, and how many decided, of those in the store or of those made now."""
    left_out = "removed" if after else "added"
    decided = [one.decision for one in replayed if one.decision is not None and one.change != left_out]
    return decided.count("confirmed"), len(decided)
