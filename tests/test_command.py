"""The installed command, as its user runs it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
COMMAND = Path(sys.executable).parent / "quotewarden"
EXAMPLES = ROOT / "examples"


def run(*words: str, stdin: bytes | None = None, **environment: str) -> subprocess.CompletedProcess[bytes]:
    environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **environment}
    return subprocess.run([COMMAND, *words], input=stdin, capture_output=True, timeout=60, env=environment, cwd=ROOT)


def lines(done: subprocess.CompletedProcess[bytes]) -> list[dict]:
    return [json.loads(line) for line in done.stdout.decode().splitlines()]


def test_check_finds_every_kind_in_the_first_example() -> None:
    done = run("check", str(EXAMPLES / "harbour-bridge.txt"), "--output", "jsonl")
    assert done.returncode == 1
    assert done.stderr == b""
    found = [(row["comment"]["id"], row["rule"], (row["source"] or {}).get("id")) for row in lines(done)]
    assert found == [
        ("3", "pasted-text", None),
        ("4", "link-only", None),
        ("5", "unattributed-quote", "1"),
        ("6", "altered-quote", "1"),
        ("8", "misattributed-quote", "2"),
        ("10", "off-topic", None),
    ]


def test_finding_record_has_the_contract_s_keys_and_slices() -> None:
    done = run("check", str(EXAMPLES / "plum-cake.json"), "--output", "jsonl")
    paste, link = lines(done)
    assert list(paste)[:13] == [
        "rule", "severity", "confidence", "site", "thread", "comment", "start", "end", "excerpt", "message", "source",
        "suggestion", "key",
    ]  # fmt: skip
    assert paste["thread"] == {
        "id": "plum-cake",
        "title": "My grandmother's plum cake",
        "url": "https://kitchen.example/plum-cake",
    }
    assert paste["comment"]["posted_at"] == "2025-09-08T03:15:00+00:00"
    assert paste["source"]["author"] == "Agnes"
    assert paste["source"]["similarity"] == 1.0
    assert link["excerpt"] == "this! https://orchard.example/varieties"
    assert link["end"] - link["start"] == len(link["excerpt"])


def test_keys_are_the_same_over_runs_and_jobs() -> None:
    once, again = (run("check", "examples", "--output", "jsonl", "--jobs", jobs) for jobs in ("1", "2"))
    assert once.stdout == again.stdout
    keys = [row["key"] for row in lines(once)]
    assert len(set(keys)) == len(keys) == 15


def test_json_wraps_findings_and_says_what_was_read() -> None:
    done = run("check", "examples", "--output", "json", "--scores")
    data = json.loads(done.stdout)
    assert len(data["findings"]) == 15
    assert data["not_evaluated"] == []
    assert data["stats"] == {"threads": 5, "comments": 34, "findings": 15, "unread": 0}
    assert len(data["scores"]) == 34
    assert set(data["scores"][0]["scores"]) == {"link-only", "off-topic"}


def test_html_is_one_page_that_loads_nothing() -> None:
    page = run("check", "examples", "--output", "html").stdout.decode()
    assert "<title>Quotewarden: 15 findings</title>" in page
    assert "<mark>Nobody who sells fish for a living can live through two summers without the road.</mark>" in page
    assert "<script" not in page
    assert 'src="' not in page


def test_html_escapes_what_a_comment_says() -> None:
    thread = {
        "id": "<t>",
        "url": "javascript:alert(1)",
        "post": {"body": "x", "format": "plain"},
        "comments": [
            {
                "id": "1",
                "author": "<b>Eve</b>",
                "format": "plain",
                "body": "https://a.example/ <script>",
            }
        ],
    }
    page = run("check", "-", "--output", "html", stdin=json.dumps(thread).encode()).stdout.decode()
    assert "&lt;b&gt;Eve&lt;/b&gt;" in page
    assert "&lt;script&gt;" in page
    assert "<script>" not in page
    assert "javascript:" not in page


def test_text_marks_the_words_and_shows_the_source_beside_them() -> None:
    done = run("check", str(EXAMPLES / "harbour-bridge.txt"), COLUMNS="100")
    text = done.stdout.decode()
    assert "6 findings in 11 comments of 1 thread" in text
    line = next(line for line in text.splitlines() if "“Nobody who sells fish" in line)
    assert line.count("Nobody who sells fish for a living can live") == 2
    narrow = run("check", str(EXAMPLES / "harbour-bridge.txt"), COLUMNS="60").stdout.decode()
    assert max(map(len, narrow.splitlines())) <= 60


def test_terminal_escapes_of_a_comment_are_not_passed_on() -> None:
    thread = {
        "post": {"body": "x", "format": "plain"},
        "comments": [{"id": "1", "author": "\x1b]0;x\x07Eve", "format": "plain", "body": "https://a.example/ \x1b[2J"}],
    }
    done = run("check", "-", stdin=json.dumps(thread).encode())
    assert done.returncode == 1
    assert b"\x1b" not in done.stdout


@pytest.mark.parametrize(("words", "code"), [((), 1), (("--exit-zero",), 0), (("--rules", "off-topic"), 0)])
def test_exit_codes_without_trouble(words: tuple[str, ...], code: int) -> None:
    assert run("check", str(EXAMPLES / "plum-cake.json"), *words).returncode == code


def test_an_unreadable_input_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    done = run("check", str(tmp_path / "none.json"), str(EXAMPLES / "plum-cake.json"), "--exit-zero")
    assert done.returncode == 3
    assert done.stderr.decode() == f"error: {tmp_path}/none.json: no such file; check the path\n"
    assert b"2 findings in 7 comments of 1 thread, 1 input not read" in done.stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("check", "examples", "--rules", "off-topick"), "--rules: no rule 'off-topick'; there are unattributed-quote"),
        (("check", "examples", "--format", "word"), "--format: no format 'word'; there are"),
        (("check", "examples", "--config", "none.toml"), "none.toml: no such file"),
        (("rules", "explain", "nothing"), "no rule 'nothing'"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_2(words: tuple[str, ...], told: str) -> None:
    done = run(*words)
    assert done.returncode == 2
    assert told in done.stderr.decode()
    assert done.stderr.count(b"\n") == 1


def test_quotes_prints_every_passage_flagged_or_not() -> None:
    done = run("quotes", str(EXAMPLES / "harbour-bridge.txt"), "--output", "jsonl", "--explain")
    rows = lines(done)
    assert done.returncode == 0
    assert [(row["comment"], row["kind"], row["verdict"]) for row in rows] == [
        ("3", "quotation", "attributed"),
        ("5", "quotation", "unattributed"),
        ("6", "quotation", "attributed"),
        ("7", "quotation", "attributed"),
        ("8", "quotation", "attributed"),
        ("9", "not-quotation", None),
    ]
    assert rows[0]["attribution"]["type"] == "byline"
    assert rows[2]["altered"] is True
    assert rows[2]["attribution"] == {"text": "Hanne said", "type": "name", "author": "Hanne Vik", "comment": "1"}
    assert all(row["reasons"] for row in rows)


def test_help_names_every_command_and_loads_no_rules() -> None:
    done = run("--help")
    assert all(name in done.stdout.decode() for name in ("check", "quotes", "adapters", "rules", "config"))
    code = (
        "import sys, bot.cli\nsys.argv = ['quotewarden', '--help']\n"
        "try:\n  bot.cli.main()\nexcept SystemExit:\n  pass\n"
        "print([name for name in ('pydantic', 'rules.engine', 'rich.console', 'selectolax') if name in sys.modules])"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert loaded.stdout.splitlines()[-1] == "[]"


def test_version_rules_and_adapters() -> None:
    assert run("--version").stdout.startswith(b"quotewarden 0.")
    rules = run("rules", "list").stdout.decode()
    assert [line.split()[0] for line in rules.splitlines()] == [
        "unattributed-quote", "misattributed-quote", "altered-quote", "pasted-text", "link-only", "off-topic",
    ]  # fmt: skip
    assert "min_confidence = 0.6" in run("rules", "explain", "unattributed-quote").stdout.decode()
    assert b"wxr" in run("adapters").stdout


def test_a_reader_who_leaves_early_is_no_error() -> None:
    with subprocess.Popen(
        [COMMAND, "quotes", "examples", "--output", "jsonl"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""


def test_a_terminal_of_another_encoding_shows_what_it_can() -> None:
    done = run("check", str(EXAMPLES / "harbour-bridge.txt"), PYTHONIOENCODING="ascii")
    assert done.returncode == 1
    assert done.stderr == b""
    assert b"?Nobody who sells fish for a living" in done.stdout
    lines_as_ever = run("check", str(EXAMPLES / "harbour-bridge.txt"), "--output", "jsonl", PYTHONIOENCODING="ascii")
    assert lines_as_ever.stdout == run("check", str(EXAMPLES / "harbour-bridge.txt"), "--output", "jsonl").stdout
