"""What a moderator asks of the store and tells it."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.thread import Comment
from bot.config import check_config
from bot.decisions import decide
from bot.store.database import Store, open_store
from bot.store.errors import StoreError
from bot.store.listing import by_key, listed, number_of
from bot.store.tables import decisions
from tests.commands import invoke
from tests.stored import FIRST, FISH, LINK, NOON, PILOT, QUOTED, SITE, Blog


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


class Commands:
    """Be a moderator at a terminal, with a store that holds the findings of some comments."""

    def __init__(self, folder: Path, *seen: Comment) -> None:
        self._config = folder / "quotewarden.toml"
        self._config.write_text(f"[store]\nurl = 'sqlite:///{folder / 'store.db'}'\n")
        with open_store(f"sqlite:///{folder / 'store.db'}") as store:
            Blog(store).take(*seen)

    def __call__(self, *words: str, code: int = 0) -> str:
        done = invoke(*words, "--config", self._config)
        assert done.exit_code == code, done.output
        return done.stderr if code else done.stdout


def test_the_commands_list_show_resolve_and_export(tmp_path: Path) -> None:
    commands = Commands(tmp_path, LINK)

    def said(*words: str) -> str:
        return commands("findings", *words)

    line = said("list")
    key = line.split()[0]
    assert line == f"{key}  link-only            {SITE} bridge 4  https://bridges.example/report.pdf\n"
    assert json.loads(said("show", key))["key"] == key
    assert said("resolve", key, "dismissed") == f"{key}: dismissed\n"
    (record,) = map(json.loads, said("export").splitlines())
    assert (record["decision"], record["state"]) == ("dismissed", "dismissed")


def test_the_commands_decide_undo_allow_and_tell_who_did_what(tmp_path: Path) -> None:
    said = Commands(tmp_path, LINK)
    key = said("findings", "list").split()[0]
    assert said("findings", "decide", key, "snoozed", "--days", "3") == f"{key}: snoozed\n"
    assert said("findings", "undo", key, "--moderator", "ada") == f"{key}: open\n"
    assert "nothing was decided" in said("findings", "undo", key, code=2)
    assert said("findings", "allow", key, "author", "--moderator", "ada") == f"{key}: dismissed; allowed from now on\n"
    assert "is dismissed already" in said("findings", "allow", key, "thread", code=2)
    (listed,) = said("allowances", "list").splitlines()
    assert listed.split() == ["1", SITE, "link-only", "author", "Pavel", "0", "quiet", "by", "ada"]
    assert said("allowances", "add", SITE, "phrase", "the old bridge stays") == (
        "allowed from now on; 0 open findings are quiet\n"
    )
    assert said("allowances", "remove", "2") == "2: allowed no more; 0 findings are open again\n"
    assert said("findings", "undo", key) == f"{key}: open\n"
    assert said("allowances", "list") == ""
    log = [line.split("  ")[1:3] for line in said("audit").splitlines()]
    assert log[-4:] == [["ada", "allowed"], ["ada", "dismissed"], ["ada", "undone"], ["-", "snoozed"]]
    assert said("audit", "--site", SITE, "--limit", "1").count("\n") == 1


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("findings", "decide", "none", "confirmed"), "no finding 'none'"),
        (("findings", "decide", "KEY", "confirmed", "--reason", "other"), "--reason: goes with dismissed"),
        (("findings", "decide", "KEY", "note"), "say what to note with --note"),
        (("allowances", "remove", "7"), "no allowance 7"),
        (("allowances", "add", "pier.example", "author", "Pavel"), "no site 'pier.example'"),
        (("allowances", "add", SITE, "author", "Pavel", "--rule", "quotes"), "no rule 'quotes'"),
        (("allowances", "add", SITE, "phrase", "…"), "there is no phrase to go by"),
        (("audit", "--site", "pier.example"), "no site 'pier.example'"),
        (("findings", "export", "--labelled", "/dev/null/x"), "cannot be written"),
    ],
)
def test_what_makes_no_sense_is_told_in_one_line(tmp_path: Path, words: tuple[str, ...], problem: str) -> None:
    said = Commands(tmp_path, LINK)
    key = said("findings", "list").split()[0]
    told = said(*(key if word == "KEY" else word for word in words), code=2)
    assert problem in told
    assert told.count("\n") == 1


def test_exports_are_a_table_or_labelled_threads(tmp_path: Path) -> None:
    said = Commands(tmp_path, replace(LINK, author="=1+1"))
    key = said("findings", "list").split()[0]
    said("findings", "decide", key, "confirmed")
    head, row = csv.reader(said("findings", "export", "--format", "csv").splitlines())
    assert dict(zip(head, row, strict=True))["author"] == "'=1+1"
    assert said("findings", "export", "--labelled", str(tmp_path / "out")) == (
        f"wrote {tmp_path / 'out'}: 1 decisions in 1 threads\n"
    )
    assert "name a new folder" in said("findings", "export", "--labelled", str(tmp_path / "out"), code=2)
    (week,) = said("findings", "precision").splitlines()
    assert week.split()[:2] == [SITE, "link-only"]
    assert week.endswith("1 of 1 confirmed (100%)")
