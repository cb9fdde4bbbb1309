"""Forgetting on request: nothing of it stays, and nothing brings it back."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.store.allowances import allow
from bot.store.database import Store, open_store
from bot.store.forgetting import forget_allowances, to_forget
from bot.store.tables import allowances, comments
from tests.stored import FIRST, LINK, NOON, PILOT, QUOTED, SITE, Blog
from tests.test_command import run


def test_a_forgotten_comment_leaves_nothing_and_does_not_come_back(store: Store) -> None:
    blog = Blog(store)
    blog.take(FIRST, PILOT, LINK, QUOTED)
    assert blog.pipeline.forget(SITE, ["1", "99"], now=blog.now) == 1
    assert blog.pipeline.forget(SITE, ["1"], now=blog.now) == 0
    taken = blog.take(FIRST)
    assert (taken.new, taken.edited, taken.unchanged) == (0, 0, 1)
    assert blog.rows(comments, "platform_id", "body", "hash", "author")[0] == ("1", "", "", None)
    assert "Hanne" not in str(blog.state())


def test_a_comment_that_was_deleted_before_is_forgotten_too(store: Store) -> None:
    blog = Blog(store)
    blog.take(LINK)
    blog.take(deleted=["4"])
    assert blog.pipeline.forget(SITE, ["4"], now=blog.now) == 1
    assert blog.rows(comments, "hash") == [("",)]


def test_a_site_that_nobody_knows_has_nothing_to_forget(store: Store) -> None:
    assert Blog(store).pipeline.forget("unknown.example", ["1"], now=NOON) == 0


@pytest.mark.parametrize(
    ("asked", "ids"),
    [
        ({"author": "old pilot"}, {SITE: ["2"]}),
        ({"author": "old pilot", "site": "other.example"}, {}),
        ({"comment": "4", "site": SITE}, {SITE: ["4"]}),
        ({"before": NOON + timedelta(minutes=4)}, {SITE: ["1", "2"]}),
        ({"before": NOON + timedelta(minutes=4), "author": "Hanne Vik"}, {SITE: ["1"]}),
    ],
)
def test_what_is_asked_for_is_found(store: Store, asked: dict, ids: dict) -> None:
    Blog(store).take(FIRST, PILOT, LINK, QUOTED)
    with store.read() as connection:
        assert to_forget(connection, **asked) == ids


def test_who_is_forgotten_is_not_named_by_an_allowance_either(store: Store) -> None:
    Blog(store).take(FIRST)
    with store.write() as connection:
        for kind, value in (("author", "Hanne Vik"), ("author", "old pilot"), ("phrase", "Hanne Vik")):
            allow(connection, 1, rule="*", kind=kind, value=value, moderator="ada", now=NOON)
        assert forget_allowances(connection, "Hanne Vik", site="other.example", now=NOON) == 0
        assert forget_allowances(connection, "Hanne Vik", now=NOON) == 1
        left = connection.execute(select(allowances.c.kind, allowances.c.value).order_by(allowances.c.id)).all()
    assert [tuple(row) for row in left] == [("author", "old pilot"), ("phrase", "hanne vik")]


def test_purge_takes_the_words_out_of_the_file(tmp_path: Path) -> None:
    config, file = tmp_path / "quotewarden.toml", tmp_path / "store.db"
    config.write_text(f"[store]\nurl = 'sqlite:///{file}'\n")
    with open_store(f"sqlite:///{file}") as store:
        Blog(store).take(FIRST, PILOT, LINK)
    assert b"northern pier" in file.read_bytes()
    done = run("purge", "--author", "old pilot", "--config", str(config))
    assert (done.returncode, done.stdout, done.stderr) == (0, b"1 forgotten\n", b"")
    left = b"".join(path.read_bytes() for path in tmp_path.glob("store.db*"))
    assert b"northern pier" not in left
    assert b"old pilot" not in left
    assert b"whole argument" in left


def test_purge_wants_to_know_what_and_where(tmp_path: Path) -> None:
    for words, problem in (([], b"say what to forget"), (["--comment", "4"], b"name the --site")):
        done = run("purge", *words)
        assert done.returncode == 2
        assert problem in done.stderr
