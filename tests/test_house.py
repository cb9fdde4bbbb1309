"""The house: imports go one way, strangers may join, and its packages lie side by side."""

import subprocess
import sys
from pathlib import Path

import bot.house

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent


def test_imports_go_one_way() -> None:
    done = subprocess.run([BIN / "lint-imports", "--no-cache"], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stdout


def test_a_distribution_can_bring_a_rule_and_a_reader(tmp_path: Path) -> None:
    (tmp_path / "stranger.py").write_text(
        "from rules.finding import Report\nfrom rules.rule import RuleOptions as Options\n"
        "ID, VERSION, SEVERITY = 'shouting', 1, 'info'\n'A comment in capitals.'\n"
        "__doc__ = 'A comment in capitals.'\n"
        "def check(comment, context, options):\n"
        "    text = comment.document.text\n"
        "    if text.isupper():\n"
        "        yield Report(start=0, end=len(text), confidence=1.0, message='All in capitals.')\n"
    )
    (tmp_path / "strange_format.py").write_text(
        "from adapters.thread import Comment, Post, Thread\n"
        "NAME, TITLE = 'strange', 'One line, one comment'\n"
        "def recognises(head):\n    return head.startswith('STRANGE')\n"
        "def read(source):\n"
        "    rows = list(source.lines())[1:]\n"
        "    comments = [Comment(id=str(n), body=row, format='plain') for n, row in enumerate(rows, 1)]\n"
        "    yield Thread(site=None, id='s', title=None, url=None, post=Post(id='s'), comments=comments)\n"
    )
    info = tmp_path / "stranger-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: stranger\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[quotewarden.rules]\nshouting = stranger\n[quotewarden.adapters]\nstrange = strange_format\n"
    )
    done = subprocess.run(
        [BIN / "quotewarden", "check", "-", "--output", "jsonl"],
        input=b"STRANGE\nWHY IS NOBODY LISTENING\nA quiet word\n",
        capture_output=True,
        env={"PYTHONPATH": str(tmp_path), "PATH": "/usr/bin:/bin"},
    )
    assert done.stderr == b""
    assert done.stdout.count(b"\n") == 1
    assert b'"rule": "shouting"' in done.stdout
    assert b'"excerpt": "WHY IS NOBODY LISTENING"' in done.stdout


def test_foreign_packages_of_the_same_name_are_refused(tmp_path: Path, mocker) -> None:
    assert bot.house.check_house() is None
    foreign = mocker.Mock(origin=str(tmp_path / "rules" / "__init__.py"))
    mocker.patch("bot.house.importlib.util.find_spec", return_value=foreign)
    problem = bot.house.check_house()
    assert problem is not None
    assert "an environment of its own" in problem
