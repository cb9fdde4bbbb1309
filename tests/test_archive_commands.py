"""The commands `quotewarden archive`, and `check` and `quotes` with one."""

import json
import sqlite3
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from bot.archive.texts import texts_of
from bot.cli import app
from tests.archived import KILN, ROPE, archive, found, text, thread

ROOT = Path(__file__).parent.parent


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.db"


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [*map(str, words)])


def test_the_commands_add_find_and_remove(path: Path, tmp_path: Path) -> None:
    old = thread(tmp_path / "old.json", "o", f"As I said: {KILN}. So.", f"No: {ROPE}.")
    body = f"My own view of it all. {KILN.capitalize()}. What now?"
    new = thread(tmp_path / "new.json", "n", body, "Nothing from elsewhere.")
    assert run("archive", "add", old, "--archive", path).stdout == f"{path}: 3 added, 0 replaced, 0 unchanged\n"
    assert run("archive", "add", old, "--archive", path).stdout == f"{path}: 0 added, 0 replaced, 3 unchanged\n"
    done = run("check", new, "--archive", path, "--output", "jsonl")
    [finding] = [json.loads(line) for line in done.stdout.splitlines()]
    assert (finding["rule"], finding["comment"]["id"]) == ("unattributed-quote", "n0")
    assert finding["excerpt"] == KILN.capitalize() + "."
    assert (finding["source"]["kind"], finding["source"]["id"], finding["source"]["author"]) == ("archive", "o0", "o0")
    assert (finding["source"]["start"], finding["source"]["end"]) == (11, 11 + len(KILN))
    assert run("check", new, "--archive", path, "--output", "jsonl", "--jobs", "2").stdout == done.stdout
    assert "As I said" in run("check", new, "--archive", path).stdout
    assert run("check", new, "--output", "jsonl").stdout == ""
    [passage] = [
        json.loads(line) for line in run("quotes", new, "--archive", path, "--output", "jsonl").stdout.splitlines()
    ]
    assert (passage["verdict"], passage["source"]["id"]) == ("unattributed", "o0")
    assert "3 in 1 threads of 1 sites" in run("archive", "status", "--archive", path).stdout
    assert run("archive", "rebuild", "--archive", path).stdout == f"{path}: 3 texts indexed\n"
    assert run("archive", "remove", "--site", "s", "--id", "o0", "--archive", path).stdout == f"{path}: 1 removed\n"
    assert run("check", new, "--archive", path, "--output", "jsonl").stdout == ""


def test_the_configuration_can_name_the_archive(path: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    archive(path, text("1", KILN))
    (tmp_path / "quotewarden.toml").write_text(f"[archive]\npath = '{path}'\n")
    new = thread(tmp_path / "new.json", "n", f"My own view of it all. {KILN.capitalize()}. What now?")
    done = run("check", new, "--output", "jsonl")
    assert json.loads(done.stdout)["source"]["id"] == "1"
    assert "41 in 2 threads" in run("archive", "status").stdout


@pytest.mark.parametrize("words", [("check", "-"), ("quotes", "-"), ("archive", "status")])
def test_a_command_tells_of_a_missing_archive_in_one_line(words: tuple[str, ...], path: Path) -> None:
    done = run(*words, "--archive", path)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == f"quotewarden: {path}: no such archive; `quotewarden archive add` makes one\n"


def test_damage_met_on_the_way_leaves_no_comment_in_silence(path: Path, tmp_path: Path) -> None:
    archive(path, text("1", KILN))
    connection = sqlite3.connect(path)
    connection.execute("UPDATE postings SET row = zeroblob(40)")
    connection.commit()
    connection.close()
    new = thread(tmp_path / "new.json", "n", f"My own view of it all. {KILN.capitalize()}. What now?")
    told = f"{path}: damaged; try `quotewarden archive rebuild`, else make it anew with `quotewarden archive add`"
    done = run("quotes", new, "--archive", path)
    assert (done.exit_code, done.stderr) == (2, f"quotewarden: {told}\n")
    records = json.loads(run("check", new, "--archive", path, "--output", "json").stdout)["not_evaluated"]
    assert {record["reason"] for record in records} == {f"ArchiveError: {told}"}
    assert run("archive", "rebuild", "--archive", path).stdout == f"{path}: 41 texts indexed\n"
    assert found(path, KILN) == ["1"]


def test_removing_needs_to_be_told_what(path: Path) -> None:
    archive(path)
    done = run("archive", "remove", "--site", "s", "--archive", path)
    assert (done.exit_code, done.stderr) == (
        2,
        "quotewarden: name what to remove with --id or --thread, or all of the site with --whole-site\n",
    )


def test_a_thread_is_kept_as_its_reader_sees_it() -> None:
    from adapters.saved.threads import read_threads

    [plum] = read_threads(str(ROOT / "examples" / "plum-cake.json"), on_notice=print, on_bytes=lambda count: None)
    texts = list(texts_of(plum))
    assert [kept.kind for kept in texts] == ["post", *["comment"] * (len(texts) - 1)]
    assert all(kept.site == plum.site and kept.thread == plum.id for kept in texts)
    assert "<p>" not in texts[0].text


def test_what_a_comment_quotes_is_kept_with_it(tmp_path: Path) -> None:
    from adapters.saved.threads import read_threads

    saved = thread(tmp_path / "old.json", "o", f"They say “{KILN}” here.", "A “so-called” oven.")
    [old] = read_threads(str(saved), on_notice=print, on_bytes=lambda count: None)
    post, one, two = texts_of(old)
    assert (post.quoted, one.quoted, two.quoted) == ((), ((2, 23),), ())
