"""What a moderator asks of the store and tells it."""

import json
from pathlib import Path

import pytest

from bot.config import check_config
from bot.decisions import decide
from bot.store.database import Store, open_store
from bot.store.errors import StoreError
from bot.store.listing import by_key, listed, number_of
from bot.store.tables import decisions
from tests.stored import FIRST, FISH, LINK, NOON, PILOT, QUOTED, SITE, Blog
from tests.test_command import run


def rules(store: Store, *, only_open: bool) -> list[tuple[str, str | None, str | None]]:
    with store.read() as connection:
        return [
            (record["rule"], record["resolved_reason"], record["decision"])
            for record in listed(connection, only_open=only_open)
        ]


def test_the_open_findings_are_listed_as_check_prints_them(store: Store) -> None:
    Blog(store).take(FIRST, PILOT, LINK, QUOTED)
    with store.read() as connection:
        link, quote = listed(connection, only_open=True)
        assert by_key(connection, quote["key"]) == quote
    assert link["rule"] == "link-only"
    assert (quote["site"], quote["excerpt"], quote["source"]["author"]) == (SITE, FISH, "Hanne Vik")
    assert quote["thread"] == {"id": "bridge", "title": "The old harbour bridge", "url": None}
    assert quote["comment"] == {
        "id": "5",
        "author": "Marguerite",
        "url": None,
        "posted_at": "2026-03-01T12:05:00+00:00",
    }
    assert (quote["found_at"], quote["resolved_at"]) == ("2026-03-01T13:01:00+00:00", None)


def test_resolved_findings_and_those_on_trial_are_left_out_of_the_list(store: Store) -> None:
    blog = Blog(store, config=check_config({"rules": {"link-only": {"report": False}}}, name="the test's"))
    blog.take(FIRST, PILOT, LINK, QUOTED)
    assert rules(store, only_open=True) == [("unattributed-quote", None, None)]
    blog.take(deleted=["5"])
    assert rules(store, only_open=True) == []
    assert rules(store, only_open=False) == [("link-only", None, None), ("unattributed-quote", "deleted", None)]


def test_a_decision_resolves_the_finding_and_the_last_one_counts(store: Store) -> None:
    blog = Blog(store)
    blog.take(LINK)
    with store.read() as connection:
        (record,) = listed(connection, only_open=True)
    for verdict in ("confirmed", "dismissed"):
        with store.write() as connection:
            number = number_of(connection, record["key"])
            decide(connection, number, verdict, moderator="ada", now=NOON, replace=True)
    assert rules(store, only_open=False) == [("link-only", None, "dismissed")]
    assert blog.rows(decisions, "verdict", "decided_at") == [("confirmed", NOON), ("dismissed", NOON)]
    assert blog.waiting() == []


def test_a_key_that_nobody_has_is_told(store: Store) -> None:
    with store.read() as connection, pytest.raises(StoreError, match="no finding 'none'; `quotewarden findings list`"):
        by_key(connection, "none")


def test_the_commands_list_show_resolve_and_export(tmp_path: Path) -> None:
    config = tmp_path / "quotewarden.toml"
    config.write_text(f"[store]\nurl = 'sqlite:///{tmp_path / 'store.db'}'\n")
    with open_store(f"sqlite:///{tmp_path / 'store.db'}") as store:
        Blog(store).take(LINK)

    def said(*words: str) -> str:
        done = run("findings", *words, "--config", str(config))
        assert (done.returncode, done.stderr) == (0, b"")
        return done.stdout.decode()

    line = said("list")
    key = line.split()[0]
    assert line == f"{key}  link-only            {SITE} bridge 4  https://bridges.example/report.pdf\n"
    assert json.loads(said("show", key))["key"] == key
    assert said("resolve", key, "dismissed") == f"{key}: dismissed\n"
    (record,) = map(json.loads, said("export").splitlines())
    assert (record["decision"], record["state"]) == ("dismissed", "dismissed")
