"""Other options over stored comments."""

from pathlib import Path

from bot.config import check_config
from bot.decisions import decide
from bot.replay import precision, replay
from bot.store.allowances import allow
from bot.store.database import Store, open_store
from bot.store.listing import listed, number_of
from tests.stored import CONFIG, FIRST, LINK, NOON, PILOT, QUOTED, SITE, Blog
from tests.test_command import run

SILENT = check_config({"rules": {"link-only": {"report": False}}}, name="the test's")


def test_the_same_rules_keep_everything_and_change_nothing(store: Store) -> None:
    blog = Blog(store)
    blog.take(FIRST, PILOT, LINK, QUOTED)
    before = blog.state()
    assert [(one.change, one.rule, one.site, one.comment) for one in replay(store, CONFIG)] == [
        ("kept", "link-only", SITE, "4"),
        ("kept", "unattributed-quote", SITE, "5"),
    ]
    assert blog.state() == before


def test_what_other_options_add_and_remove_is_told_with_its_decisions(store: Store) -> None:
    Blog(store).take(FIRST, PILOT, LINK, QUOTED)
    with store.write() as connection:
        link, quote = list(listed(connection, only_open=True))
        for record, verdict in ((link, "dismissed"), (quote, "confirmed")):
            decide(connection, number_of(connection, record["key"]), verdict, moderator="ada", now=NOON)
    replayed = list(replay(store, SILENT))
    assert [(one.change, one.key, one.decision) for one in replayed] == [
        ("removed", link["key"], "dismissed"),
        ("kept", quote["key"], "confirmed"),
    ]
    assert (precision(replayed, after=False), precision(replayed, after=True)) == ((1, 2), (1, 1))


def test_what_is_quiet_for_an_allowance_is_not_told_as_added(store: Store) -> None:
    Blog(store).take(LINK)
    with store.write() as connection:
        allow(connection, 1, rule="link-only", kind="thread", value="bridge", moderator="ada", now=NOON)
    assert list(replay(store, CONFIG)) == []


def test_a_rule_that_was_on_trial_would_add_its_findings(store: Store) -> None:
    Blog(store, config=SILENT).take(LINK)
    assert [(one.change, one.rule) for one in replay(store, CONFIG)] == [("added", "link-only")]


def test_the_command_prints_changes_and_counts(tmp_path: Path) -> None:
    config = tmp_path / "quotewarden.toml"
    config.write_text(f"[store]\nurl = 'sqlite:///{tmp_path / 'store.db'}'\n[rules.link-only]\nreport = false\n")
    with open_store(f"sqlite:///{tmp_path / 'store.db'}") as store:
        Blog(store).take(LINK)
    done = run("replay", "--config", str(config))
    change, counts = done.stdout.decode().splitlines()
    assert change[0] == "-"
    assert change.endswith(f"link-only            {SITE} 4  https://bridges.example/report.pdf")
    assert counts == "link-only: 0 added, 1 removed, 0 kept; confirmed before 0 of 0, now 0 of 0"
    assert (done.returncode, done.stderr) == (0, b"")
