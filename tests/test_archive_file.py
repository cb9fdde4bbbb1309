"""The archive's file: what a crash, a second writer, a full disk and a bad file do."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

import bot.archive.file
import bot.archive.reader
import bot.archive.writer
from bot.archive.errors import ArchiveError
from bot.archive.reader import Archive
from bot.archive.writer import ArchiveWriter
from rules.rule import RuleTimeout
from rules.words import Words
from tests.archived import KILN, ROPE, archive, chatter, found, text

ROOT = Path(__file__).parent.parent


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.db"


CRASH = """
import os, signal, sys
from pathlib import Path
import bot.archive.writer as w
from tests.archived import KILN, ROPE, chatter, text
w._BATCH_TEXTS = 10
put, done = w.ArchiveWriter._index, []
def index(self, texts):
    put(self, texts)
    done.append(1)
    if len(done) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
w.ArchiveWriter._index = index
texts = [text("1", KILN), *(text(f"c{n}", chatter(n)) for n in range(19)), text("2", ROPE)]
texts += [text(f"d{n}", chatter(100 + n)) for n in range(19)]
with w.ArchiveWriter(Path(sys.argv[1]), create=True) as writer:
    writer.add(texts)
"""


def test_a_killed_writer_leaves_whole_batches_only(path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", CRASH, path], cwd=ROOT)
    assert done.returncode == -signal.SIGKILL
    with Archive(path) as opened:
        assert (opened.status().texts, opened.status().lag) == (20, 0)
    assert (found(path, KILN), found(path, ROPE)) == (["1"], [])
    assert archive(path, text("2", ROPE)) == path
    assert found(path, ROPE) == ["2"]


def test_a_second_writer_is_told_and_harms_nothing(path: Path, mocker) -> None:
    archive(path, text("1", KILN))
    mocker.patch.object(bot.archive.file, "_BUSY_SECONDS", 0.05)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(ArchiveError, match=r"a\.db: another process is writing to it; try again when it has finished"):
        archive(path, text("2", ROPE))
    assert found(path, KILN) == ["1"]
    other.execute("ROLLBACK")
    other.close()
    archive(path, text("2", ROPE))
    assert found(path, ROPE) == ["2"]


def test_a_full_disk_is_told_and_what_was_there_stays(path: Path) -> None:
    archive(path, text("1", KILN))
    with ArchiveWriter(path) as writer:
        pages = writer._connection.execute("PRAGMA page_count").fetchone()[0]
        writer._connection.execute(f"PRAGMA max_page_count = {pages + 2}")
        with pytest.raises(ArchiveError, match="the disk is full"):
            writer.add(text(f"n{n}", chatter(n)) for n in range(500, 800))
    with Archive(path) as opened:
        assert opened.status().texts == 41
    assert found(path, KILN) == ["1"]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="cannot be opened; check that its folder is there and may be written to"):
        archive(tmp_path / "nowhere" / "a.db", text("1", KILN))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_an_archive_that_may_not_be_written_to_is_read_all_the_same(path: Path) -> None:
    archive(path, text("1", KILN))
    path.chmod(0o444)
    path.parent.chmod(0o555)
    try:
        assert found(path, KILN) == ["1"]
        with pytest.raises(ArchiveError, match=r"may not be written to|cannot be opened"):
            archive(path, text("2", ROPE))
    finally:
        path.parent.chmod(0o755)


def test_a_rule_whose_time_runs_out_leaves_the_reader_usable(path: Path, mocker) -> None:
    archive(path, text("1", KILN))
    with Archive(path) as opened:
        mocker.patch.object(bot.archive.reader, "likely_clusters", side_effect=RuleTimeout("ran longer than 1 s"))
        with pytest.raises(RuleTimeout):
            opened.holders(Words(KILN), site="s", thread="new")
        mocker.stopall()
        assert [holder.id for holder in opened.holders(Words(KILN), site="s", thread="new")] == ["1"]


def test_what_a_reader_holds_on_to_is_told_when_removing(path: Path, mocker) -> None:
    mocker.patch.object(bot.archive.file, "_BUSY_SECONDS", 0.05)
    archive(path, text("1", KILN))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN")
    other.execute("SELECT count(*) FROM texts").fetchone()
    with ArchiveWriter(path) as writer, pytest.raises(ArchiveError, match="1 removed, but a reader still holds"):
        writer.remove(site="s", id="1")
    other.close()
    with ArchiveWriter(path) as writer:
        writer.remove(site="s", id="none")
        assert b"oldest brick" not in b"".join(file.read_bytes() for file in path.parent.iterdir())


def spoilt(kind: str, path: Path) -> None:
    """Make an archive that is no good."""
    if kind == "missing":
        return
    if kind == "folder":
        path.mkdir()
        return
    if kind == "no archive":
        path.write_text("kilns and ropes\n" * 100)
        return
    if kind == "another database":
        connection = sqlite3.connect(path)
        connection.execute("CREATE TABLE texts (id)")
        connection.close()
        return
    archive(path, text("1", KILN))
    if kind == "cut off":
        os.truncate(path, path.stat().st_size - 10_000)
    elif kind == "damaged":
        data = bytearray(path.read_bytes())
        data[8192:] = b"\x5a" * (len(data) - 8192)
        path.write_bytes(data)
    elif kind == "another version":
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA user_version = 99")
        connection.close()


BAD = {
    "missing": "no such archive; `quotewarden archive add` makes one",
    "folder": "a folder; name the archive's file",
    "no archive": "not an archive of quotewarden's; name another file",
    "another database": "not an archive of quotewarden's; name another file",
    "cut off": "cut off; restore it from a backup",
    "damaged": "damaged; try `quotewarden archive rebuild`",
    "another version": "an archive of version 99, and this quotewarden reads version 1",
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_archive_is_told_in_one_line(kind: str, path: Path) -> None:
    spoilt(kind, path)
    with pytest.raises(ArchiveError) as raised:
        found(path, KILN)
    assert BAD[kind] in str(raised.value)
    assert str(raised.value).startswith(f"{path}: ")
    assert "\n" not in str(raised.value)
