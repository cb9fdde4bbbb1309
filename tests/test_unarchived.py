"""The archive is told of what the pipeline took, and of what is gone."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.archive.errors import ArchiveError
from bot.archive.reader import Archive
from bot.config import check_config
from bot.store.database import Store
from bot.store.tables import findings
from bot.store.unarchived import count_unarchived, tell_archive
from rules.words import Words
from tests.stored import BRIDGE, FIRST, FISH, PILOT, QUOTED, SITE, Blog, comment


@pytest.fixture
def blog(store: Store) -> Blog:
    return Blog(store, feeds_archive=True)


def holders(path: Path, words: str) -> list[tuple[str | None, str]]:
    with Archive(path) as archive:
        return [(text.id, text.text) for text in archive.holders(Words(words), site=SITE, thread="another")]


def waiting(blog: Blog) -> int:
    with blog.store.read() as connection:
        return count_unarchived(connection)


def test_new_comments_and_their_post_are_told_once(blog: Blog, tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    blog.take(FIRST, PILOT)
    assert waiting(blog) == 3
    assert tell_archive(blog.store, path) == 3
    assert holders(path, FISH) == [("1", FIRST.body)]
    assert [id for id, _ in holders(path, BRIDGE.body)] == ["bridge"]
    blog.take(FIRST, PILOT)
    assert tell_archive(blog.store, path) == 0


def test_an_edited_a_moved_and_a_deleted_comment_are_told(blog: Blog, tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    blog.take(FIRST, PILOT, QUOTED)
    tell_archive(blog.store, path)
    blog.take(replace(FIRST, body="All I said is withdrawn, and nobody will find it."), deleted=["5"])
    assert tell_archive(blog.store, path) == 2
    assert holders(path, FISH) == []
    blog.take(PILOT, post="the other bridge", posts=[replace(BRIDGE, id="the other bridge")])
    tell_archive(blog.store, path)
    with Archive(path) as archive:
        in_old_thread = archive.holders(Words(PILOT.body), site=SITE, thread="the other bridge")
        in_new_thread = archive.holders(Words(PILOT.body), site=SITE, thread="bridge")
    assert (in_old_thread, [text.id for text in in_new_thread]) == ([], ["2"])


def test_what_was_forgotten_leaves_the_archive(blog: Blog, tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    blog.take(FIRST)
    tell_archive(blog.store, path)
    assert blog.pipeline.forget(SITE, ["1"], now=blog.now) == 1
    tell_archive(blog.store, path)
    assert holders(path, FISH) == []


def test_what_an_archive_could_not_take_stays_noted(blog: Blog, tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    path.write_text("no archive, but long enough to be taken for a file of somebody's own making")
    blog.take(FIRST)
    with pytest.raises(ArchiveError):
        tell_archive(blog.store, path)
    assert waiting(blog) == 2
    path.unlink()
    assert tell_archive(blog.store, path) == 2


def test_words_from_another_thread_are_traced_to_it(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    config = check_config({"archive": {"path": str(path)}}, name="the test's")
    blog = Blog(store, feeds_archive=True)
    blog.take(FIRST)
    tell_archive(store, path)
    looking = Blog(store, config=config)
    copied = comment("77", f"“{FISH}” So much for that.", author="Ida")
    looking.take(copied, post="the other bridge", posts=[replace(BRIDGE, id="the other bridge", body="Another one.")])
    assert ("77", "unattributed-quote", None) in looking.findings()
    [(source,)] = looking.rows(findings, "source")
    assert (source["kind"], source["id"]) == ("archive", "1")


def test_without_an_archive_nothing_is_noted(store: Store) -> None:
    blog = Blog(store)
    blog.take(FIRST)
    assert waiting(blog) == 0
