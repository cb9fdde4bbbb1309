"""The store: its tables, its versions, and what is said of those that cannot be used."""

import stat
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import IntegrityError

from adapters.saved.threads import read_threads
from bot.store import versions
from bot.store.database import Store, connect, open_store
from bot.store.errors import StoreError
from bot.store.tables import comments, cursors, metadata, sites
from bot.store.upkeep import backup, problems, vacuum
from tests.stored import BRIDGE, FIRST, QUOTED, SITE, Blog
from tests.test_command import run

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_the_migrations_make_the_tables_as_they_are_described(store: Store) -> None:
    with store.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_the_version_in_the_code_is_that_of_the_last_migration() -> None:
    folder = Path(versions.__file__).parent / "migrations"
    assert ScriptDirectory(str(folder)).get_current_head() == versions.HEAD


def test_a_new_store_gets_its_tables_by_itself_and_opens_again(empty_url: str) -> None:
    for _ in range(2):
        with open_store(empty_url) as opened:
            assert set(metadata.tables) < set(inspect(opened.engine).get_table_names())


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("UPDATE alembic_version SET version_num = '0000'", "older version; back it up, then run `quotewarden db upg"),
        (
            "UPDATE alembic_version SET version_num = '9999'; UPDATE store_state SET oldest = '9999'",
            "is of a newer ver",
        ),
        ("DROP TABLE alembic_version", "holds tables that are none of ours"),
    ],
)
def test_a_store_of_another_version_is_refused(store_url: str, change: str, problem: str) -> None:
    engine = connect(store_url)
    with engine.begin() as connection:
        for statement in change.split(";"):
            connection.execute(text(statement))
    engine.dispose()
    with pytest.raises(StoreError, match=problem):
        open_store(store_url)


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("quotewarden.db", "is none"),
        ("sqlite://", "names no file"),
        ("sqlite:////no/such/folder/store.db", "its folder does not exist"),
        ("mysql://host/database", "there are sqlite and postgresql"),
    ],
)
def test_a_url_that_names_no_store_is_refused(url: str, problem: str) -> None:
    with pytest.raises(StoreError, match=problem):
        connect(url)


def test_a_server_that_is_not_there_is_told_in_one_line_without_the_password(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as told:
        open_store(f"postgresql://anna:secret@/blog?host={tmp_path}")
    assert "\n" not in str(told.value)
    assert "secret" not in str(told.value)


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "store.db").write_bytes(b"no database at all, but long enough" * 100)
    with pytest.raises(StoreError, match="file is not a database"):
        open_store(f"sqlite:///{tmp_path / 'store.db'}")


def test_times_come_back_in_utc_and_characters_that_no_database_keeps_are_replaced(store: Store) -> None:
    east = NOON.astimezone(timezone(timedelta(hours=9)))
    with store.write() as connection:
        connection.execute(sites.insert().values(name="a\0b\ud800c", added_at=east))
    with store.read() as connection:
        row = connection.execute(select(sites)).one()
    assert (row.name, row.added_at, row.added_at.utcoffset()) == ("a\ufffdb\ufffdc", NOON, timedelta(0))


def test_a_row_that_points_nowhere_is_refused(store: Store) -> None:
    with pytest.raises(StoreError) as told, store.write() as connection:
        connection.execute(cursors.insert().values(site_id=7, value="null"))
    assert isinstance(told.value.__cause__, IntegrityError)


def test_what_fails_within_a_write_leaves_nothing(store: Store) -> None:
    def fail() -> None:
        with store.write() as connection:
            connection.execute(sites.insert().values(name="blog", added_at=NOON))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with store.read() as connection:
        assert connection.execute(select(sites)).all() == []


def test_a_reader_sees_one_state_and_holds_no_writer_up(store: Store) -> None:
    if not store.is_sqlite:
        pytest.skip("said of SQLite's files only")
    with store.read() as reading:
        assert reading.execute(select(sites.c.name)).all() == []
        with store.write() as writing:
            writing.execute(sites.insert().values(name="blog", added_at=NOON))
        assert reading.execute(select(sites.c.name)).all() == []


def test_a_backup_is_a_store_and_never_written_over_a_file(tmp_path: Path, store: Store) -> None:
    copy = tmp_path / "copy.db"
    if not store.is_sqlite:
        with pytest.raises(StoreError, match="pg_dump"):
            backup(store.engine, copy)
        return
    with store.write() as connection:
        connection.execute(sites.insert().values(name="blog", added_at=NOON))
    backup(store.engine, copy)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with open_store(f"sqlite:///{copy}") as opened, opened.read() as connection:
        assert connection.execute(select(sites.c.name)).scalars().all() == ["blog"]
    with pytest.raises(StoreError, match="exists already"):
        backup(store.engine, copy)


def test_a_store_is_sound_before_and_after_vacuum(store: Store) -> None:
    vacuum(store.engine)
    assert problems(store.engine) == []


def test_the_commands_make_check_and_back_up_a_store(tmp_path: Path) -> None:
    config = tmp_path / "quotewarden.toml"
    config.write_text(f"[store]\nurl = 'sqlite:///{tmp_path / 'store.db'}'\n")
    missing = run("db", "check", "--config", str(config))
    assert missing.returncode == 2
    assert b"holds nothing yet; `quotewarden db upgrade` makes its tables" in missing.stderr
    for words, said in (
        (["upgrade"], b"store.db: up to date\n"),
        (["check"], b"store.db: up to date and sound\n"),
        (["backup", str(tmp_path / "copy.db")], b"copy.db\n"),
        (["vacuum"], b"store.db: vacuumed\n"),
    ):
        done = run("db", *words, "--config", str(config))
        assert done.stderr == b""
        assert done.stdout.endswith(said)
        assert done.returncode == 0


def test_a_store_goes_back_to_every_older_version_and_forth_again(store: Store) -> None:
    Blog(store).take(FIRST)
    folder = ScriptDirectory(str(Path(versions.__file__).parent / "migrations"))
    for version in [one.revision for one in folder.walk_revisions()][1:]:
        versions.downgrade(store.engine, version)
        assert versions.standing(store.engine) is versions.Standing.OLD
        versions.upgrade(store.engine)
        with store.read() as connection:
            assert compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata) == []
            assert connection.execute(select(comments.c.body)).scalar_one() == FIRST.body


@pytest.mark.parametrize("version", ["0000", versions.HEAD, "9999", "1", "", "head", "0001; DROP TABLE sites"])
def test_a_version_that_is_no_older_one_is_refused(store: Store, version: str) -> None:
    with pytest.raises(StoreError, match="no older version"):
        versions.downgrade(store.engine, version)


def test_an_export_is_read_like_any_saved_thread(tmp_path: Path) -> None:
    config = tmp_path / "quotewarden.toml"
    config.write_text(f"[store]\nurl = 'sqlite:///{tmp_path / 'store.db'}'\n")
    held = replace(QUOTED, parent_id="1", status="hold", url="https://harbour.example/#5", edited_at=NOON)
    with open_store(f"sqlite:///{tmp_path / 'store.db'}") as opened:
        Blog(opened).take(FIRST, held)
    done = run("db", "export", "--config", str(config))
    assert (done.returncode, done.stderr) == (0, b"")
    (tmp_path / "saved.jsonl").write_bytes(done.stdout)
    [thread] = read_threads(str(tmp_path / "saved.jsonl"), on_notice=print, on_bytes=lambda count: None)
    assert (thread.site, thread.post, tuple(thread.comments)) == (SITE, BRIDGE, (FIRST, held))


def test_what_needs_no_store_loads_no_database() -> None:
    program = "import sys, bot.cli, bot.check, bot.report; print({'sqlalchemy', 'alembic'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.stdout == "set()\n"
