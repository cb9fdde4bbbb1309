"""What the digest asks of a store is found by an index, however much was told before."""

import re
from datetime import timedelta
from typing import Any

from sqlalchemy import insert

from bot.store.database import Store
from bot.store.tables import deliveries, mails
from tests.digests import MORNING, Desk, config_of
from tests.stored import CREDITED, FIRST, LINK, NOON, PILOT, QUOTED
from tests.test_store_plans import fill, overheard, scans

GROWING = re.compile(r"\b(mails|deliveries)\b")


def fill_mails(store: Store) -> None:
    """Make it a store that has told of much."""
    with store.write() as connection:
        row = {"site_id": 1, "channel": "mail", "kind": "digest", "findings": 1, "since": NOON, "tries": 1}
        row |= {"made_at": NOON, "next_try_at": NOON, "state": "sent", "sent_at": NOON}
        names = [f"reader {number % 40}" for number in range(3000)]
        told = [{**row, "id": at, "message_id": str(at), "moderator": name} for at, name in enumerate(names, 1000)]
        connection.execute(insert(mails), told)
        kept = [{"mail_id": at, "finding_id": at, "moderator": name} for at, name in enumerate(names, 1000)]
        connection.execute(insert(deliveries), kept)
        connection.exec_driver_sql("ANALYZE")


def test_no_round_reads_a_table_whole(store: Store) -> None:
    fill(store)
    desk = Desk(store, config_of(alert_severity="serious", others={"bob": {"address": "bob@mail.test"}}))
    desk.blog.take(FIRST, PILOT, QUOTED, LINK)
    fill_mails(store)
    desk.round()
    with overheard(store.engine) as heard:
        desk.round(MORNING)
        desk.blog.now = MORNING + timedelta(hours=1)
        desk.blog.take(CREDITED)
        desk.round(MORNING + timedelta(days=1))
    assert [to for to, _ in desk.sent] == ["ada@mail.test", "bob@mail.test"]
    statements = {text: values for text, values in heard.items() if re.match("SELECT|UPDATE|DELETE", text)}
    assert len(statements) > 25
    with store.read() as connection:
        if not store.is_sqlite:
            # What is small even so, the planner rightly reads whole.
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            # Of so few findings it walks the primary key, to find those that are serious.
            statements = {text: values for text, values in statements.items() if "DISTINCT sites.name" not in text}
        found: dict[str, Any] = {}
        for text, values in statements.items():
            # The index of what waits holds nothing else: to read all of it is what it is for.
            plan = [step for step in scans(connection, text, values) if "ix_outbox_waiting" not in step]
            if store.is_sqlite:
                rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)
                plan += [row[-1] for row in rows if row[-1].startswith("SCAN") and GROWING.search(row[-1])]
            if plan:
                found[text] = plan
    assert list(found.values()) == []
