"""The archive: what is found in it, and what adding and removing change."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

import bot.archive.file
import bot.archive.reader
import bot.archive.writer
from bot.archive.postings import Lookup, Segment, capped, merged, packed, unpacked
from bot.archive.reader import Archive
from bot.archive.writer import ArchiveWriter
from rules.quotes.fingerprints import HASH_BITS, fingerprints
from rules.words import Words
from tests.archived import BEES, KILN, ROPE, archive, chatter, found, rows, text


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
