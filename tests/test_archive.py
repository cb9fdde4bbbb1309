"""The archive: what is found in it, what adding and removing change, and what a crash or a bad file does."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from typer.testing import CliRunner

import bot.archive.file
import bot.archive.reader
import bot.archive.writer
from bot.archive.file import ArchiveError
from bot.archive.postings import Lookup, Segment, capped, merged, packed, unpacked
from bot.archive.reader import Archive
from bot.archive.texts import ArchivedText, texts_of
from bot.archive.writer import ArchiveWriter
from bot.cli import app
from rules.quotes.fingerprints import HASH_BITS, fingerprints
from rules.rule import RuleTimeout
from rules.words import Words

ROOT = Path(__file__).parent.parent
KILN = "a kiln that has cooled too fast will crack along the oldest brick before anybody in the yard can hear it"
ROPE = "whoever splices wet rope in a hurry ties the knot that lets go on the first cold night of the season"
BEES = "the bees came back to the empty chapel every spring although nobody had set out a hive for them"
SYLLABLES = "ba ke li mo nu ra se ti vo wa zel dor fin gar hum jas lek mir nol pos".split()


@cache
def chatter(seed: int, words: int = 60) -> str:
    chance = random.Random(seed)  # noqa: S311  # nothing secret
    return " ".join("".join(chance.choices(SYLLABLES, k=2)) for _ in range(words))


def text(id: str, body: str, *, thread: str = "old", site: str | None = "s", day: int = 1, **more) -> ArchivedText:
    posted = datetime(2020, 1, day, tzinfo=UTC)
    return ArchivedText(site=site, thread=thread, kind="comment", id=id, text=body, posted_at=posted, **more)


def archive(path: Path, *texts: ArchivedText, chattering: int = 40) -> Path:
    with ArchiveWriter(path, create=True) as writer:
        writer.add([*texts, *(text(f"c{n}", chatter(n), thread="chatter") for n in range(chattering))])
    return path


def found(path: Path, body: str, *, site: str | None = "s", thread: str = "new") -> list[str]:
    with Archive(path) as opened:
        return [holder.id or "" for holder in opened.holders(Words(body), site=site, thread=thread)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.db"


def test_fingerprints_are_the_same_in_every_process() -> None:
    assert fingerprints(["the", "oldest", "brick", "cracked"]).tolist() == [18596249, 92410782]
    assert len(fingerprints(["two", "words"])) == 0


@pytest.mark.parametrize(("first", "last"), [(1, 1), (7, 40), (100, 5000)])
def test_postings_survive_packing_and_are_found(first: int, last: int) -> None:
    chance = np.random.default_rng(3)
    segment = Segment(9, first, last, 9000)
    grams = chance.integers(0, 1 << HASH_BITS, 9000).astype(np.uint64)
    texts = chance.integers(first, last + 1, 9000)
    keys = capped(segment, np.sort(segment.keys(grams, texts)))
    rows = list(packed(keys))
    assert (unpacked(rows) == keys).all()
    asked = np.unique(grams[:50])
    lookup = Lookup([segment], asked)
    asked_rows = [(segment.base + row, blob) for row, blob in rows if segment.base + row in lookup.rows]
    which, holders = lookup.found(asked_rows)
    got = set(zip(asked[which].tolist(), holders.tolist(), strict=True))
    assert got == {(g, t) for g, t in zip(grams.tolist(), texts.tolist(), strict=True) if g in asked}


def test_merging_keeps_every_posting() -> None:
    chance = np.random.default_rng(4)
    parts, wanted = [], set()
    for id, (first, last) in enumerate([(1, 600), (601, 603), (700, 700)]):
        segment = Segment(id, first, last, 500)
        grams = chance.integers(0, 1 << HASH_BITS, 500).astype(np.uint64)
        texts = chance.integers(first, last + 1, 500)
        parts.append((segment, np.sort(segment.keys(grams, texts))))
        wanted |= set(zip(grams.tolist(), texts.tolist(), strict=True))
    into = Segment(9, 1, 700, 1500)
    keys = merged(parts, into)
    bits = np.uint64(into.text_bits)
    texts = (keys & ((np.uint64(1) << bits) - np.uint64(1))) + np.uint64(1)
    assert set(zip((keys >> bits).tolist(), texts.tolist(), strict=True)) == wanted


def test_what_everybody_says_keeps_its_earliest_holders() -> None:
    segment = Segment(1, 1, 1000, 1000)
    keys = segment.keys(np.full(1000, 5, np.uint64), np.arange(1, 1001))
    assert (capped(segment, keys) == keys[:128]).all()


def test_a_quote_leads_to_its_holder_with_all_that_is_known_of_it(path: Path) -> None:
    archive(path, text("77", f"As I said: {KILN}. So.", author="Vera", url="/old#77", day=3))
    with Archive(path) as opened:
        [holder] = opened.holders(Words(f"Well, {KILN}!"), site="s", thread="new")
    assert (holder.kind, holder.id, holder.author, holder.url) == ("archive", "77", "Vera", "/old#77")
    assert holder.text == f"As I said: {KILN}. So."
    assert holder.posted_at == datetime(2020, 1, 3, tzinfo=UTC)


def test_an_edited_quote_is_found(path: Path) -> None:
    archive(path, text("77", KILN))
    assert found(path, "a kiln cooled too fast will crcak along the oldest brick before in the yard")[0] == "77"
    assert found(path, "the oldest bric before anybody yard can hear it")[0] == "77"


def test_several_passages_are_each_covered(path: Path) -> None:
    # The long one must not push the short ones out, however many hold it.
    copies = [text(f"x{n}", chatter(900, 200), thread=f"t{n}", day=2 + n) for n in range(20)]
    archive(path, text("1", KILN), text("2", f"Hm. {ROPE}.", thread="b"), text("3", BEES, thread="c"), *copies)
    comment = f"{KILN}. {chatter(500)} {chatter(900, 200)} {chatter(501)} {ROPE}? {chatter(502, 20)} {BEES}."
    holders = found(path, comment)
    assert {"1", "2", "3", "x0"} <= set(holders[:4])
    assert len(holders) <= 12


def test_a_very_long_text_is_found_by_any_of_its_stretches(path: Path) -> None:
    words = chatter(77, 30_000).split()
    archive(path, text("book", " ".join(words)), chattering=3)
    for start in range(0, 30_000, 1500):
        assert found(path, " ".join(words[start : start + 12])) == ["book"]


def test_its_own_thread_is_left_out_but_for_another_site_s(path: Path) -> None:
    archive(path, text("1", KILN, thread="t"), text("2", ROPE, thread="t", site=None))
    assert found(path, KILN, thread="t") == []
    assert found(path, KILN, thread="t", site="other") == ["1"]
    assert found(path, KILN, thread="u") == ["1"]
    assert found(path, ROPE, thread="t", site=None) == []


def test_the_earliest_holder_comes_first_whatever_the_order_of_adding(path: Path) -> None:
    archive(
        path, text("late", KILN, day=9), text("early", KILN, day=2, thread="b"), text("mid", KILN, day=5, thread="c")
    )
    assert found(path, KILN) == ["early", "mid", "late"]


def test_who_only_quotes_gives_way_to_who_wrote(path: Path) -> None:
    quoted = ((2, 2 + len(KILN.split())),)
    quoting = text("quotes", f"They say “{KILN}” here.", day=1, quoted=quoted)
    archive(path, quoting, text("wrote", KILN, day=4, thread="b"))
    assert found(path, KILN) == ["wrote", "quotes"]


def test_nothing_is_found_where_nothing_is(path: Path) -> None:
    archive(path, text("1", KILN))
    assert found(path, chatter(777)) == []
    assert found(path, "Indeed.") == []
    assert found(path, "") == []


def test_adding_twice_changes_nothing(path: Path) -> None:
    archive(path, text("1", KILN))
    with ArchiveWriter(path) as writer:
        changes = writer.add([text("1", KILN)])
    assert (changes.added, changes.replaced, changes.unchanged) == (0, 0, 1)
    with Archive(path) as opened:
        assert opened.status().texts == 41


def test_an_edited_comment_has_its_new_words_only(path: Path) -> None:
    archive(path, text("1", KILN))
    with ArchiveWriter(path) as writer:
        changes = writer.add([text("1", ROPE)])
    assert (changes.added, changes.replaced, changes.unchanged) == (0, 1, 0)
    assert found(path, KILN) == []
    assert found(path, ROPE) == ["1"]
    assert b"oldest brick" not in path.read_bytes()


def rows(path: Path) -> list[tuple[int, bytes]]:
    connection = sqlite3.connect(path)
    kept = connection.execute("SELECT key & 0xffffffff, row FROM postings ORDER BY key").fetchall()
    connection.close()
    return kept


def test_removing_erases_the_words_and_their_postings_from_the_file(path: Path) -> None:
    long = " ".join([KILN, chatter(1234, 5000), "lanternfish"])
    archive(path, text("1", long), text("2", ROPE))
    before = rows(path)
    with ArchiveWriter(path) as writer:
        assert writer.remove(site="s", id="1") == 1
        left = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert b"oldest brick" not in left
    assert b"lanternfish" not in left
    assert b"splices wet rope" in left
    assert sum(len(row) for _, row in rows(path)) < sum(len(row) for _, row in before) - 3 * 4900
    assert found(path, KILN) == []
    assert found(path, ROPE) == ["2"]


def test_a_thread_and_a_site_can_be_removed(path: Path) -> None:
    archive(path, text("1", KILN), text("2", ROPE, thread="b"), text("3", BEES, site="other"))
    with ArchiveWriter(path) as writer:
        assert writer.remove(site="s", thread="b") == 1
        assert writer.remove(site="nobody") == 0
        assert writer.remove(site="s") == 41
    assert (found(path, KILN), found(path, ROPE), found(path, BEES)) == ([], [], ["3"])


def test_small_batches_are_merged_and_lose_nothing(path: Path, mocker) -> None:
    mocker.patch.object(bot.archive.writer, "_BATCH_TEXTS", 5)
    mocker.patch.object(bot.archive.writer, "_MERGED_TOGETHER", 3)
    with ArchiveWriter(path, create=True) as writer:
        for start in range(0, 80, 8):
            writer.add(text(f"c{n}", chatter(n)) for n in range(start, start + 8))
    with Archive(path) as opened:
        state = opened.status()
        assert (state.texts, state.lag) == (80, 0)
        assert state.segments <= 5
    assert [found(path, chatter(n)) for n in range(80)] == [[f"c{n}"] for n in range(80)]


def test_rebuilding_gives_the_same_index(path: Path) -> None:
    archive(path, text("1", KILN), text("2", ROPE))
    before = rows(path)
    connection = sqlite3.connect(path)
    connection.execute("DELETE FROM segments")
    connection.commit()
    connection.close()
    with Archive(path) as opened:
        assert opened.status().lag == 42
    with ArchiveWriter(path) as writer:
        assert writer.rebuild() == 42
    assert rows(path) == before
    with Archive(path) as opened:
        assert opened.status().lag == 0


def test_rebuilding_from_a_store_takes_its_texts_and_its_watermark(path: Path) -> None:
    archive(path, text("1", KILN))
    with ArchiveWriter(path) as writer:
        writer.add([], watermark="41")
        assert writer.rebuild([text("2", ROPE)], watermark="57") == 1
    with Archive(path) as opened:
        assert (opened.status().texts, opened.status().watermark) == (1, "57")
    assert (found(path, KILN), found(path, ROPE)) == ([], ["2"])


def test_a_reader_sees_the_old_state_until_the_writer_is_done(path: Path) -> None:
    archive(path, text("1", KILN))
    with Archive(path) as opened, ArchiveWriter(path) as writer:
        seen = []

        def more():
            yield text("2", ROPE)
            seen.append(opened.status().texts)
            yield text("3", BEES)

        writer.rebuild(more())
        assert seen == [41]
        assert opened.status().texts == 2


CRASH = """
import os, signal, sys
from pathlib import Path
import bot.archive.writer as w
from tests.test_archive import KILN, ROPE, chatter, text
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


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [*map(str, words)])


def thread(path: Path, id: str, *bodies: str) -> Path:
    comments = [
        {"id": f"{id}{n}", "author": f"{id}{n}", "body": body, "format": "plain"} for n, body in enumerate(bodies)
    ]
    path.write_text(json.dumps({"site": "s", "id": id, "post": {"id": "p", "body": "On pots."}, "comments": comments}))
    return path


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
