"""Every statement of the pipeline finds its rows by an index: none grows slower with what the store holds."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event

from bot.decisions import allow_like, wake
from bot.store.allowances import disallow, listed_allowances
from bot.store.audit import audited
from bot.store.browsing import Wanted, count, find
from bot.store.database import Store, open_store
from bot.store.findings import waiting
from bot.store.forgetting import to_forget
from bot.store.polls import Polled, note_poll, site_states
from bot.store.sites import keep_site, note_rescan, watch_site
from bot.store.tables import comments, findings, outbox, polls, posts
from bot.store.threads import living_ids
from bot.store.thresholds import keep_wanted
from bot.store.unarchived import tell_archive
from tests.conftest import new_database
from tests.stored import CREDITED, FIRST, LINK, NOON, PILOT, QUOTED, SITE, Blog
from tests.test_acting import Acted
from tests.test_decisions import wanting

# Not sites and cursors: those are few.
GROWING = re.compile(
    r"\b(posts|comments|findings|outbox|deliveries|decisions|not_evaluated|polls|unarchived|actions|audit)\b"
)


@contextmanager
def overheard(engine: Engine) -> Iterator[dict[str, Any]]:
    """Collect the statements of the block, each with values that it was run with."""
    heard: dict[str, Any] = {}

    def hear(connection: object, cursor: object, statement: str, values: Any, context: object, many: bool) -> None:
        heard[statement] = values[0] if many else values

    event.listen(engine, "before_cursor_execute", hear)
    yield heard
    event.remove(engine, "before_cursor_execute", hear)


def scans(connection: Connection, statement: str, values: Any) -> list[str]:
    """Return what the plan reads whole."""
    if connection.dialect.name == "sqlite":
        plan = [row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]
        return [line for line in plan if line.startswith("SCAN") and GROWING.search(line)]
    plan = [row[0] for row in connection.exec_driver_sql(f"EXPLAIN {statement}", values)]
    steps = "\n".join(plan).split("->")
    # A bitmap's heap is read where its index, the next step, has pointed.
    reads = [step for step in steps if "Scan" in step and "Bitmap Heap" not in step and GROWING.search(step)]
    return [step for step in reads if "Index Cond" not in step]


def plan(connection: Connection, statement: str, values: Any) -> str:
    """Return the plan of a statement."""
    explain = "EXPLAIN QUERY PLAN" if connection.dialect.name == "sqlite" else "EXPLAIN"
    return "\n".join(str(row[-1]) for row in connection.exec_driver_sql(f"{explain} {statement}", values))


def fill(store: Store) -> None:
    """Make the store large enough that a planner sees what an index is good for."""
    with store.write() as connection:
        sites = [keep_site(connection, name, now=NOON) for name in (SITE, *map(str, range(30)))]
        times = {"seen_at": NOON, "placed_at": NOON, "found_at": NOON, "queued_at": NOON}
        words = {
            "body": "",
            "format": "plain",
            "hash": "",
            "forgotten": False,
            "excerpt": "",
            "message": "",
        }
        times["started_at"] = NOON
        rest = {
            "comments": 1,
            "findings": 0,
            "severity": "info",
            "confidence": 1.0,
            "start": 0,
            "end": 1,
            "ruleset": "",
            "quiet": False,
        }
        for table in (posts, comments, findings, outbox, polls):
            rows = []
            for number in range(1000, 40_000 if table is polls else 4000):
                told = NOON if number % 100 else None
                named = {
                    "id": number,
                    "site_id": sites[number % 31],
                    "sent_at": told,
                    "resolved_at": told,
                    "platform_id": f"p{number}",
                    "key": f"{number}",
                    "state": ("open", "dismissed", *["resolved"] * 38)[number // 31 % 40],
                    "rule": f"rule {number // 31 // 40 % 2}",
                }
                linked = {"post_id": number, "comment_id": number, "finding_id": number}
                row = {**times, **words, **rest, **named, **linked}
                rows.append({name: value for name, value in row.items() if name in table.c})
            connection.execute(table.insert(), rows)
        connection.exec_driver_sql("ANALYZE")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def full(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A large store, filled once, for tests that only read it."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('full') / 'store.db'}"
    else:
        url = new_database(request.getfixturevalue("postgres"), "postgres")
    with open_store(url) as opened:
        fill(opened)
        yield opened


@pytest.fixture
def statements(store: Store, tmp_path: Path) -> dict[str, Any]:
    """What polls say to a store on pages of every kind, and what drains the outbox and feeds the archive."""
    blog = Blog(store, feeds_archive=True)
    fill(store)
    with overheard(store.engine) as heard:
        blog.take(FIRST, PILOT, LINK, QUOTED)
        blog.take(CREDITED, replace(PILOT, status="approved"), replace(FIRST, body=None))
        blog.take(FIRST, deleted=["4"])
        with store.read() as connection:
            waiting(connection, 1, limit=10)
            living_ids(connection, SITE, since=NOON)
            to_forget(connection, before=NOON)
            list(site_states(connection, now=NOON))
        with store.write() as connection:
            watch_site(connection, SITE, since=NOON, now=NOON)
            note_poll(connection, 1, Polled(started_at=NOON, ended_at=NOON))
            note_poll(connection, 1, Polled(started_at=NOON, ended_at=NOON, comments=1))
            note_rescan(connection, SITE, now=NOON)
        blog.pipeline.judge_again(SITE, since=NOON, now=NOON)
        tell_archive(store, tmp_path / "archive.db")
    # To count all is to read all, but of an index alone.
    heard = {text: values for text, values in heard.items() if "GROUP BY" not in text}
    # To take the oldest few is to walk the primary key until there are enough.
    heard = {text: values for text, values in heard.items() if not re.search(r"ORDER BY unarchived.id\s+LIMIT", text)}
    return {text: values for text, values in heard.items() if re.match("SELECT|UPDATE|DELETE|INSERT.* SELECT", text)}


def test_no_statement_reads_a_table_whole(store: Store, statements: dict[str, Any]) -> None:
    assert len(statements) > 15
    with store.read() as connection:
        if not store.is_sqlite:
            # What is small even so, the planner rightly reads whole.
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        found = {text: told for text, values in statements.items() if (told := scans(connection, text, values))}
    assert found == {}


def test_what_is_decided_finds_its_rows_by_an_index(store: Store) -> None:
    acted = Acted(store, {"action": "hold"})
    fill(store)
    with overheard(store.engine) as heard:
        decision = acted.say()
        acted.carry_out()
        acted.take_back(decision)
        acted.say("snoozed", until=acted.now)
        wake(store, now=acted.now)
        with store.write() as connection:
            keep_wanted(connection, wanting(0.9), now=NOON)
            allow_like(connection, 1, "author", moderator="ada", now=NOON)
            disallow(connection, 1, moderator="ada", now=NOON)
            audited(connection, limit=50, site=1)
            listed_allowances(connection)
    chosen = {text: values for text, values in heard.items() if re.match("SELECT|UPDATE|DELETE|INSERT.* SELECT", text)}
    assert len(chosen) > 20
    with store.read() as connection:
        if not store.is_sqlite:
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        found = {text: told for text, values in chosen.items() if (told := scans(connection, text, values))}
    assert found == {}


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(),
        Wanted(state="dismissed"),
        Wanted(sites=[5]),
        Wanted(rule="rule 1"),
        Wanted(sites=[5], rule="rule 1"),
        Wanted(before=3000),
        Wanted(age="week"),
        Wanted(age="older", rule="rule 1"),
        Wanted(sites=[5], sure=0.9),
        Wanted(words="somebody p17"),
    ],
    ids=str,
)
def test_a_page_of_the_queue_is_read_in_the_order_of_an_index(full: Store, wanted: Wanted) -> None:
    with full.read() as connection:
        if not full.is_sqlite:
            # Of so few rows it could sort all as well; of a million it could not.
            for way in ("seqscan", "sort", "bitmapscan"):
                connection.exec_driver_sql(f"SET LOCAL enable_{way} = off")
        with overheard(full.engine) as heard:
            find(connection, wanted, now=NOON)
            count(connection, wanted, now=NOON)
        plans = [plan(connection, text, values) for text, values in heard.items() if text.startswith("SELECT")]
        read_whole = [told for text, values in heard.items() if (told := scans(connection, text, values))]
    assert plans
    assert read_whole == []
    assert [plan for plan in plans if "TEMP B-TREE" in plan or "Sort" in plan] == []


def test_status_counts_by_an_index_alone(full: Store) -> None:
    with full.read() as connection:
        if not full.is_sqlite:
            pytest.skip("a server decides by how many rows it knows to be seen by all")
        with overheard(full.engine) as heard:
            list(site_states(connection, now=NOON))
        counts = [text for text in heard if "GROUP BY" in text and "not_evaluated" not in text]
        plans = [scans(connection, text, heard[text]) for text in counts]
    assert len(counts) == 3
    assert all("INDEX" in step for plan in plans for step in plan)


def test_a_missing_index_would_be_told(store: Store) -> None:
    statement = "SELECT id FROM comments WHERE body = 'x'"
    with store.read() as connection:
        assert scans(connection, statement, ()) != []
