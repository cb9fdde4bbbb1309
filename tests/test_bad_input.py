"""The command on files that are broken, hostile or huge: one clear line each, and everything else still read."""

import gzip
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from bot.cli import app
from bot.inputs import Inputs

COMMAND = Path(sys.executable).parent / "quotewarden"
QUOTED = "rye dough wants a long cold night before anybody turns on the oven"
# A thread with one finding: Kim repeats Ida's words, and Ola has written in between.
GOOD = {
    "id": "good",
    "post": {"author": "Host", "body": "On bread.", "format": "plain"},
    "comments": [
        {"id": "1", "author": "Ida", "body": f"I say {QUOTED}.", "format": "plain"},
        {"id": "2", "author": "Ola", "body": "What about salt, then?", "format": "plain"},
        {"id": "3", "author": "Kim", "body": f"“{QUOTED}” Lovely weather.", "format": "plain"},
    ],
}


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*arguments: str, command: str = "check") -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(app, [command, *arguments, "--output", "jsonl"], catch_exceptions=False)


def findings(result: Result) -> list[dict]:
    """Return the records on stdout, each of which must be a JSON object on a line of its own, in UTF-8."""
    records = [json.loads(line) for line in result.stdout_bytes.decode("utf-8", "strict").splitlines()]
    assert all(isinstance(record, dict) for record in records)
    return records


def told(result: Result) -> list[str]:
    """Return the lines on stderr."""
    return result.stderr.splitlines()


def saved(thread: object, name: str = "thread.json") -> str:
    """Write a thread as JSON in ASCII; return the file's name."""
    Path(name).write_text(json.dumps(thread), "ascii")
    return name


def one_comment(body: str, **more: object) -> dict:
    """Return a thread with one comment."""
    return {"id": "t", "post": {"body": "On bread."}, "comments": [{"id": "1", "author": "Ida", "body": body, **more}]}


# What cannot be read


def cut_gzip() -> bytes:
    """Return the first half of a gzip file."""
    packed = gzip.compress(json.dumps(GOOD).encode())
    return packed[: len(packed) // 2]


UNREADABLE: dict[str, tuple[str, bytes, str]] = {
    "empty": ("a.json", b"", "the file is empty"),
    "white space": ("a.json", b" \n\n ", "the file is empty"),
    "binary": ("a.json", bytes(range(256)) * 20, "binary data"),
    "zip": ("a.json", b"PK\x03\x04\x14\x00" + b"\x00" * 50, "a zip archive"),
    "PDF": ("a.html", b"%PDF-1.7\n1 0 obj\n", "a PDF"),
    "PNG": ("a.txt", b"\x89PNG\r\n\x1a\n" + b"\x00" * 50, "a picture"),
    "cut JSON": ("a.json", json.dumps(GOOD).encode()[:200], "line 1, column"),
    "cut JSON over lines": ("a.json", json.dumps(GOOD, indent=1).encode()[:200], "line 12, column"),
    "JSON with a missing comma": ("a.json", b'{"post": {"body": "x"}\n "comments": []}', "line 2, column 2"),
    "cut gzip": ("a.json.gz", cut_gzip(), "the gzip data is damaged or cut off"),
    "gzip of nothing": ("a.json.gz", gzip.compress(b""), "the file is empty"),
    "damaged gzip": ("a.json.gz", gzip.compress(b"x" * 999)[:20] + b"\xff" * 50, "the gzip data is damaged"),
    "JSON of another shape": ("a.json", b'{"weather": "rye"}', "no known format"),
    "a number": ("a.json", b"42", "no known format"),
    "words": ("a.dat", b"just a few words about rye", "no known format"),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_an_unreadable_file_is_told_in_one_line(case: str) -> None:
    name, data, problem = UNREADABLE[case]
    Path(name).write_bytes(data)
    result = run(name)
    assert result.exit_code == 3
    assert findings(result) == []
    (line,) = told(result)
    assert line.startswith(f"error: {name}: ")
    assert problem in line


def test_a_missing_file_is_told_in_one_line() -> None:
    result = run("nowhere.json")
    assert (result.exit_code, told(result)) == (3, ["error: nowhere.json: no such file; check the path"])


def test_an_empty_folder_is_told_in_one_line() -> None:
    Path("empty").mkdir()
    Path("empty/.hidden.json").write_text("{}")
    result = run("empty")
    assert result.exit_code == 3
    assert told(result) == ["error: empty: no files in this folder; name another"]


def test_a_format_that_does_not_exist_is_wrong_usage() -> None:
    result = run(saved(GOOD), "--format", "carrier-pigeon")
    assert result.exit_code == 2
    (line,) = told(result)
    assert "--format: no format 'carrier-pigeon'" in line


def test_control_characters_in_a_file_name_do_not_reach_the_terminal() -> None:
    name = "a\x1b[31m\nb.json"
    Path(name).write_bytes(b"")
    (line,) = told(run(name))
    assert line.startswith("error: a\ufffd[31m\ufffdb.json: ")


def test_other_inputs_are_read_all_the_same() -> None:
    Path("empty.json").write_bytes(b"")
    result = run("empty.json", saved(GOOD), "nowhere.json")
    assert result.exit_code == 3
    assert [record["comment"]["id"] for record in findings(result)] == ["3"]
    assert [line.split(":")[1].strip() for line in told(result)] == ["empty.json", "nowhere.json"]


def test_a_folder_of_good_and_bad_files() -> None:
    Path("saved/deeper").mkdir(parents=True)
    saved(GOOD, "saved/good.json")
    saved(GOOD | {"id": "second"}, "saved/deeper/good.json")
    Path("saved/deeper/picture.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    Path("saved/packed.json.gz").write_bytes(gzip.compress(json.dumps(GOOD | {"id": "third"}).encode()))
    Path("saved/cut.json").write_bytes(json.dumps(GOOD).encode()[:100])
    result = run("saved")
    assert result.exit_code == 3
    assert sorted(record["thread"]["id"] for record in findings(result)) == ["good", "second", "third"]
    lines = told(result)
    assert [line.split(":")[1].strip() for line in lines] == ["saved/cut.json", "saved/deeper/picture.png"]


def test_a_broken_line_among_good_ones_is_told_with_its_number() -> None:
    lines = [json.dumps(GOOD), json.dumps(GOOD | {"id": "second"})[:150], "", "[]", json.dumps(GOOD | {"id": "third"})]
    Path("a.jsonl").write_text("\n".join(lines))
    result = run("a.jsonl")
    assert result.exit_code == 3
    assert [record["thread"]["id"] for record in findings(result)] == ["good", "third"]
    assert [line.split(": ")[:3] for line in told(result)] == [
        ["error", "a.jsonl", "line 2"],
        ["error", "a.jsonl", "line 4"],
    ]


def test_what_comes_before_a_cut_is_reported() -> None:
    many = b"".join(json.dumps(GOOD | {"id": f"t{number}"}).encode() + b"\n" for number in range(1500))
    packed = gzip.compress(many, 1)
    Path("a.jsonl.gz").write_bytes(packed[: len(packed) // 2])
    result = run("a.jsonl.gz")
    assert result.exit_code == 3
    assert {"t0", "t1", "t100"} < {record["thread"]["id"] for record in findings(result)}
    (line,) = told(result)
    assert "the gzip data is damaged or cut off" in line


# What is odd and read all the same


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "utf-32"])
def test_other_encodings_are_known_by_their_mark(encoding: str) -> None:
    text = json.dumps(GOOD, ensure_ascii=False)
    mark = "\ufeff" if encoding.endswith(("le", "be")) else ""
    Path("a.json").write_bytes((mark + text).encode(encoding))
    result = run("a.json")
    assert result.exit_code == 1
    assert [record["excerpt"] for record in findings(result)] == [QUOTED]
    assert not any(line.startswith("error") for line in told(result))


def test_stray_bytes_of_another_encoding_are_read_with_a_note() -> None:
    text = json.dumps(GOOD, ensure_ascii=False).encode("cp1252")
    Path("a.json").write_bytes(text.replace(b"On bread.", "On bread, à la “façon”.".encode()))
    result = run("a.json")
    assert result.exit_code == 1
    assert [record["excerpt"] for record in findings(result)] == [QUOTED]
    (line,) = told(result)
    assert line.startswith("note: a.json: ")
    assert "cp1252" in line


def test_double_ids_and_lost_parents_are_repaired_with_a_note_each() -> None:
    comments = [
        {"id": "1", "body": "one", "parent_id": "99"},
        {"id": "1", "body": "two", "parent_id": "2"},
        {"id": "2", "body": "three", "parent_id": "1~2"},
    ]
    result = run(saved({"id": "t", "post": {"body": "x"}, "comments": comments}))
    assert result.exit_code == 0
    lines = told(result)
    assert len(lines) == 3
    assert all(line.startswith("note: thread.json: thread t: ") for line in lines)
    assert [
        word for line in lines for word in ("more than once", "not in the thread", "in a circle") if word in line
    ] == [
        "more than once",
        "not in the thread",
        "in a circle",
    ]


def test_nul_and_lone_surrogates_are_read_and_written_as_valid_text() -> None:
    body = f"“\ud800{QUOTED}\x00” Lovely \udfff weather"
    thread = {
        "id": "\ud800",
        "title": "\x00\udc00",
        "url": "http://\ud800",
        "site": "\udead",
        **{k: GOOD[k] for k in ("post",)},
    }
    thread["comments"] = [
        *GOOD["comments"][:2],
        {"id": "\ud800", "author": "K\x00\ud800", "body": body, "format": "plain"},
    ]
    result = run(saved(thread))
    assert result.exit_code == 1
    (record,) = findings(result)
    assert QUOTED in record["excerpt"]
    assert "\x00" not in record["excerpt"] + record["comment"]["author"]
    assert record["comment"]["author"] == "K\ufffd\ufffd"


@pytest.mark.parametrize(
    ("command", "output"),
    [(command, output) for command in ("check", "quotes") for output in ("text", "json", "jsonl")]
    + [("check", "html")],
)
def test_terminal_sequences_never_reach_stdout_raw(command: str, output: str) -> None:
    evil = "\x1b]0;owned\x07\x1b[31m\x9b2J\x08\u202e"
    comments = [
        {**comment, "author": f"{comment['author']}{evil}", "body": f"{evil}{comment['body']}{evil}", "url": f"u{evil}"}
        for comment in GOOD["comments"]
    ]
    name = saved({**GOOD, "id": f"t{evil}", "title": f"T{evil}", "comments": comments})
    result = CliRunner().invoke(app, [command, name, "--output", output], catch_exceptions=False)
    assert result.exit_code == (1 if command == "check" else 0)
    raw = result.stdout_bytes
    assert QUOTED.split()[0].encode() in raw
    assert b"\x1b" not in raw
    assert b"\x07" not in raw
    assert b"\x08" not in raw
    if output in ("text", "html"):
        assert "\x9b" not in raw.decode()
        assert "\u202e" not in raw.decode()


# What is deep, long or large


def test_json_nested_ten_thousand_deep_is_told_in_one_line() -> None:
    Path("deep.json").write_text('{"post": {"body": "x"}, "comments": ' + "[" * 10_000 + "]" * 10_000 + "}")
    Path("cut.json").write_text('{"post": {"body": "x"}, "comments": ' + "[" * 10_000)
    result = run("deep.json", "cut.json", saved(GOOD))
    assert [record["thread"]["id"] for record in findings(result)] == ["good"]
    assert [line.split(": ")[:2] for line in told(result)] == [["error", "deep.json"], ["error", "cut.json"]]
    assert result.exit_code == 3


@pytest.mark.parametrize(
    "body",
    [
        "<blockquote>" * 10_000 + QUOTED + "</blockquote>" * 10_000,
        "<b><i>" * 10_000 + QUOTED,
        "<ul><li>" * 10_000 + QUOTED,
        "[quote]" * 10_000 + QUOTED + "[/quote]" * 10_000,
        ">" * 10_000 + QUOTED,
    ],
)
@pytest.mark.parametrize("format", ["html", "markdown", "plain"])
def test_a_body_nested_ten_thousand_deep_is_checked(body: str, format: str) -> None:
    result = run(saved(one_comment(body, format=format)))
    assert result.exit_code in (0, 1)
    assert told(result) == []


def test_a_quotation_ten_thousand_deep_is_found() -> None:
    name = saved(one_comment("<blockquote>" * 10_000 + QUOTED + "</blockquote>" * 10_000 + "<p>So they say.</p>"))
    (record,) = findings(run(name, command="quotes"))
    assert (record["form"], record["text"]) == ("block", QUOTED)


def test_a_chain_of_ten_thousand_answers_is_checked() -> None:
    comments = [
        {"id": str(number), "author": "Ida", "body": "yes", "parent_id": str(number - 1) if number else None}
        for number in range(10_000)
    ]
    result = run(saved({"id": "t", "post": {"body": "x"}, "comments": comments}))
    assert (result.exit_code, told(result)) == (0, [])


def test_a_circle_of_ten_thousand_answers_is_repaired() -> None:
    comments = [{"id": str(n), "body": "yes", "parent_id": str((n + 1) % 10_000)} for n in range(10_000)]
    result = run(saved({"id": "t", "post": {"body": "x"}, "comments": comments}))
    assert result.exit_code == 0
    (line,) = told(result)
    assert "in a circle" in line


@pytest.mark.parametrize(
    "make", [lambda: " ".join(f"rye{n % 9973}" for n in range(1_300_000)), lambda: "rye" * 3_500_000]
)
def test_a_comment_of_ten_megabytes_is_checked_in_seconds(make: Callable[[], str]) -> None:
    body = make()
    assert len(body) > 10_000_000
    name = saved(one_comment(body, format="plain"))
    started = time.process_time()
    result = run(name)
    assert time.process_time() - started < 20
    assert result.exit_code in (0, 1)
    assert told(result) == []


def test_a_line_of_two_hundred_megabytes_is_refused_without_being_held() -> None:
    with Path("long.json").open("wb") as file:
        file.write(b'{"post": {"body": "' + b"rye " * 50_000)
        file.truncate(200 * 1024 * 1024)  # the rest takes no room on the disk
    result = run("long.json", saved(GOOD))
    assert result.exit_code == 3
    assert [record["thread"]["id"] for record in findings(result)] == ["good"]
    (line,) = told(result)
    assert line.startswith("error: long.json: line 1: longer than 128 MB")


# The installed command itself


def test_the_installed_command_on_good_and_bad_files_at_once() -> None:
    Path("empty.json").write_bytes(b"")
    done = subprocess.run(
        [COMMAND, "check", saved(GOOD), "empty.json", "--output", "jsonl"], capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 3
    (record,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert (record["rule"], record["comment"]["id"], record["excerpt"]) == ("unattributed-quote", "3", QUOTED)
    assert done.stderr.decode().splitlines() == ["error: empty.json: the file is empty; save the thread again"]


@pytest.mark.parametrize(
    ("data", "code", "start"),
    [
        (json.dumps(GOOD).encode(), 1, b""),
        (gzip.compress(json.dumps(GOOD).encode()), 1, b""),
        (b"", 3, b"error: standard input: the file is empty"),
        (b"\x89PNG\r\n", 3, b"error: standard input: this is a picture"),
    ],
)
def test_standard_input_is_read_like_a_file(data: bytes, code: int, start: bytes) -> None:
    done = subprocess.run(
        [COMMAND, "check", "-", "--output", "jsonl"], input=data, capture_output=True, timeout=60, check=False
    )
    assert done.returncode == code
    assert done.stderr.startswith(start)
    assert len(done.stderr.splitlines()) == (code == 3)
    assert len(done.stdout.splitlines()) == (code == 1)


def test_a_name_too_long_for_any_file_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    good = tmp_path / "good.json"
    good.write_text(json.dumps(GOOD))
    result = run("a" * 5000, str(good))
    assert result.exit_code == 3
    assert result.stderr.count("\n") == 1
    assert "cannot be opened: File name too long" in result.stderr
    assert len(findings(result)) == 1


def test_a_folder_that_may_not_be_entered_is_told(tmp_path: Path, mocker, capsys) -> None:
    refused = PermissionError(13, "Permission denied", str(tmp_path))
    mocker.patch("bot.inputs.os.scandir", side_effect=refused)
    assert Inputs([str(tmp_path)]).unread == 1
    assert capsys.readouterr().err == f"error: {tmp_path}: this folder cannot be opened: Permission denied\n"


def test_a_file_that_opens_but_cannot_be_read_is_told(tmp_path: Path, mocker) -> None:
    (tmp_path / "sick.json").write_text("{}")
    mocker.patch("adapters.saved.source._Counted.readinto", side_effect=OSError(5, "Input/output error"))
    result = run("sick.json")
    assert result.exit_code == 3
    assert result.stderr == "error: sick.json: cannot be read: Input/output error\n"
