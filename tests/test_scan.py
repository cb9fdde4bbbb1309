"""Scans: what they find is what `check` finds, whatever dies on the way."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer import Exit

pyarrow_parquet = pytest.importorskip("pyarrow.parquet", reason="pip install 'quotewarden[scan]'")

from adapters.thread import Comment, Post, Thread  # noqa: E402  # what follows needs the extra
from bot.config import check_config  # noqa: E402
from bot.elsewhere import Asked  # noqa: E402
from bot.records import thread_record  # noqa: E402
from bot.scan.command import scan  # noqa: E402
from bot.scan.errors import PartError  # noqa: E402
from bot.scan.folder import Folder  # noqa: E402
from bot.scan.summary import summed_up, write_summary  # noqa: E402
from bot.scan.threads import read_threads_of, write_threads  # noqa: E402
from bot.scan.work import PartJob, see_through  # noqa: E402
from rules.topic.site import MIN_POSTS  # noqa: E402
from tests.dialogue import thread_of  # noqa: E402
from tests.test_off_topic import CAKE, MILL  # noqa: E402

BIN = Path(sys.executable).parent
PATIENCE = 300.0
BAKING = "Baking day: whisk eggs and caster sugar, fold in sifted flour and butter, layer raspberry jam, vanilla cream"
LINE = "A bridge that is closed for two summers takes the fish market with it, whatever the plan says."
# A rule that a distribution beside ours brings: it does what comments tell it to.
RULE = """
import os, signal, time
from rules.finding import Report
from rules.rule import RuleOptions as Options
ID, VERSION, SEVERITY = "obedient", 1, "info"
__doc__ = "Does as it is told."
def check(comment, context, options):
    text = comment.document.text
    if "KILL" in text:
        os.kill(os.getpid(), signal.SIGKILL)
    if "SLEEP" in text:
        time.sleep(0.15)
    if "HOARD" in text:
        bytearray(1 << 31)
    yield from () if "SLEEP" not in text else [Report(start=0, end=5, confidence=1.0, message="Slept.")]
"""


def threads(count: int, *, word: str = "So") -> list[dict]:
    made = []
    for number in range(count):
        rows = [
            {"id": "1", "author": "Ada", "body": f"{LINE} {word} {number}.", "format": "plain"},
            {"id": "2", "author": "Ben", "body": f"“{LINE}” Who would believe that, {number}?", "format": "plain"},
            {"id": "3", "author": "Eve", "body": "https://bridges.example/", "format": "plain"},
        ]
        for place, row in enumerate(rows):
            row["posted_at"] = f"2026-0{1 + number % 4}-01T12:0{place}:00+00:00"
        made.append({"site": "harbour.example", "id": f"t{number}", "post": {"id": "p"}, "comments": rows})
    return made


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "beside").mkdir()
    (tmp_path / "beside" / "obedient.py").write_text(RULE)
    info = tmp_path / "beside" / "obedient-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: obedient\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[quotewarden.rules]\nobedient = obedient\n")
    (tmp_path / "quotewarden.toml").write_text("[scan]\npartition_comments = 20\nmemory_mb = 1024\n")
    return {"PYTHONPATH": str(tmp_path / "beside"), "PATH": os.environ["PATH"], "HOME": str(tmp_path)}


@pytest.fixture
def run(tmp_path: Path, env: dict[str, str]) -> Callable[..., subprocess.CompletedProcess[str]]:
    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = [BIN / "quotewarden", *arguments]
        return subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=PATIENCE)

    return run


def write(path: Path, made: list[dict]) -> Path:
    path.write_text("".join(json.dumps(thread) + "\n" for thread in made))
    return path


def lines(folder: Path) -> str:
    return "".join(path.read_text() for path in sorted((folder / "findings").glob("*.jsonl")))


def leftovers(folder: Path) -> list[str]:
    return [str(path) for path in folder.rglob("*") if path.is_file() and path.name.startswith(".")]


def test_it_finds_what_check_finds_and_sums_up(tmp_path: Path, run) -> None:
    write(tmp_path / "a.jsonl", threads(7))
    write(tmp_path / "b.jsonl", threads(3, word="Also"))
    checked = run("check", "a.jsonl", "b.jsonl", "--output", "jsonl")
    done = run("scan", "a.jsonl", f"file://{tmp_path}/b.jsonl", "--out", "out", "--jobs", "1")
    assert done.returncode == 0, done.stderr
    assert lines(tmp_path / "out") == checked.stdout
    rows = [
        row
        for path in sorted((tmp_path / "out" / "findings").glob("*.parquet"))
        for row in pyarrow_parquet.read_table(path).to_pylist()
    ]
    assert rows == [json.loads(line) for line in checked.stdout.splitlines()]
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert (summary["threads"], summary["comments"], summary["findings"]) == (10, 30, len(rows))
    assert summary["partitions"] == {"finished": 2, "failed": 0}
    assert summary["findings_by_rule"]["link-only"] == 10
    assert summary["comments_by_month"] == {"2026-01": 9, "2026-02": 9, "2026-03": 9, "2026-04": 3}
    page = (tmp_path / "out" / "summary.html").read_text()
    assert "<svg" in page
    assert "2026-04, link-only: 1 in 3 comments" in page
    assert list((tmp_path / "out" / "parts").iterdir()) == []
    assert leftovers(tmp_path / "out") == []

    # What is finished stays as it is; other inputs want another folder.
    before = (tmp_path / "out" / "done" / "00001.json").stat().st_mtime_ns
    again = run("scan", "a.jsonl", f"file://{tmp_path}/b.jsonl", "--out", "out")
    assert again.returncode == 0
    assert (tmp_path / "out" / "done" / "00001.json").stat().st_mtime_ns == before
    other = run("scan", "a.jsonl", "--out", "out")
    assert other.returncode == 2
    assert "out: holds another scan (inputs differ); name another folder for --out" in other.stderr


def test_comments_are_held_against_the_posts_of_every_partition(tmp_path: Path, run) -> None:
    made = [
        {"id": f"minutes-{number}", "post": {"body": f"Minutes of meeting {number}: drains, lamps and benches."}}
        for number in range(MIN_POSTS)
    ]
    mill = thread_record(thread_of(f"{MILL}Ben: {CAKE}\n"))
    made.append({**mill, "id": "mill", "site": None})
    made.append({"id": "baking", "post": {"title": BAKING, "body": BAKING}})
    write(tmp_path / "a.jsonl", made)
    (tmp_path / "c.toml").write_text("[rules.off-topic]\nmin_score_in_site = 0.6\n")
    checked = run("check", "a.jsonl", "--config", "c.toml", "--output", "jsonl")
    assert "Looks meant for" in checked.stdout
    assert run("scan", "a.jsonl", "--config", "c.toml", "--out", "out").returncode == 0
    assert lines(tmp_path / "out") == checked.stdout


def test_with_an_index_a_source_is_found_in_the_last_thread(tmp_path: Path, run) -> None:
    copied = {
        "id": "9",
        "author": "Zoe",
        "body": f"{LINE} And {LINE.lower()} That is so, I am sure.",
        "format": "plain",
    }
    copied["posted_at"] = "2026-08-01T12:00:00+00:00"
    late = {"site": "harbour.example", "id": "late", "post": {"id": "p"}, "comments": [copied]}
    write(tmp_path / "a.jsonl", [late, *threads(5)])
    assert run("archive", "add", "a.jsonl", "--archive", "a.db").returncode == 0
    checked = run("check", "a.jsonl", "--archive", "a.db", "--output", "jsonl")
    done = run("scan", "a.jsonl", "--index", "--out", "out", "--jobs", "1")
    assert done.returncode == 0, done.stderr
    assert '"kind": "archive"' in checked.stdout
    assert lines(tmp_path / "out") == checked.stdout


def worker_at_work(folder: Path, workers: list[subprocess.Popen]) -> subprocess.Popen | None:
    """Return the worker whose process writes a partition: the process's number ends the file's temporary name."""
    for file in folder.glob("out/findings/.*.jsonl.*"):
        with suppress(OSError):
            status = Path(f"/proc/{file.name.rpartition('.')[2]}/status").read_text()
            parent = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("PPid:"))
            return next((worker for worker in workers if worker.pid == parent), None)
    return None


@contextmanager
def dask_cluster(env: dict[str, str], folder: Path, workers: int) -> Iterator[tuple[str, list[subprocess.Popen]]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    scheduler = ["scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"]
    worker = ["worker", address, "--nthreads", "1", "--no-dashboard", "--no-nanny", "--local-directory", str(folder)]
    begun: list[subprocess.Popen] = []
    with (folder / "dask.log").open("w") as log:
        try:
            for command in (scheduler, *[worker] * workers):
                begun.append(subprocess.Popen([BIN / "dask", *command], env=env, stderr=log, stdout=log))
            yield address, begun[1:]
        finally:
            for process in begun:
                process.kill()
                process.wait()


def test_a_worker_that_is_killed_changes_nothing(tmp_path: Path, run, env: dict[str, str]) -> None:
    write(tmp_path / "a.jsonl", threads(12, word="SLEEP"))
    checked = run("check", "a.jsonl", "--output", "jsonl")
    with dask_cluster(env, tmp_path, workers=2) as (address, workers):
        scan = subprocess.Popen(
            [BIN / "quotewarden", "scan", "a.jsonl", "--out", "out", "--scheduler", address],
            cwd=tmp_path,
            env=env,
            stderr=subprocess.PIPE,
            text=True,
        )
        until = time.monotonic() + PATIENCE
        # A partition is finished, and another in work: its worker goes.
        while not list(tmp_path.glob("out/done/*.json")) or not (worker := worker_at_work(tmp_path, workers)):
            assert time.monotonic() < until, (tmp_path / "dask.log").read_text()
            assert scan.poll() is None
            time.sleep(0.02)
        worker.send_signal(signal.SIGKILL)
        _, told = scan.communicate(timeout=PATIENCE)
    assert scan.returncode == 0, told
    assert lines(tmp_path / "out") == checked.stdout


def test_a_scan_that_is_killed_goes_on(tmp_path: Path, run, env: dict[str, str]) -> None:
    write(tmp_path / "a.jsonl", threads(9, word="SLEEP"))
    checked = run("check", "a.jsonl", "--output", "jsonl")
    scan = subprocess.Popen(
        [BIN / "quotewarden", "scan", "a.jsonl", "--out", "out", "--jobs", "1"],
        cwd=tmp_path,
        env=env,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    until = time.monotonic() + PATIENCE
    while not list(tmp_path.glob("out/done/*.json")):
        assert time.monotonic() < until
        assert scan.poll() is None
        time.sleep(0.02)
    # It must not come to its end meanwhile.
    os.killpg(scan.pid, signal.SIGSTOP)
    beside = run("scan", "a.jsonl", "--out", "out")
    assert "out: another scan works on this folder" in beside.stderr
    os.killpg(scan.pid, signal.SIGKILL)
    scan.wait()
    finished = {path: path.stat().st_mtime_ns for path in tmp_path.glob("out/done/*.json")}
    done = run("scan", "a.jsonl", "--out", "out", "--jobs", "1")
    assert done.returncode == 0, done.stderr
    assert lines(tmp_path / "out") == checked.stdout
    assert {path: path.stat().st_mtime_ns for path in finished} == finished


@pytest.fixture
def job(tmp_path: Path, env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., PartJob]:
    monkeypatch.setenv("PYTHONPATH", env["PYTHONPATH"])
    (tmp_path / "out").mkdir()

    def job(made: list[Thread]) -> PartJob:
        folder = Folder(tmp_path / "out")
        for name in ("parts", "findings", "not-evaluated", "done", "failed"):
            (folder.path / name).mkdir(exist_ok=True)
        write_threads(folder.part(0), made)
        config = check_config({}, name="the test's")
        return PartJob(folder=folder.path, number=0, config=config, rules=frozenset(), asked=Asked(), memory=1024 << 20)

    return job


def thread(id: str, body: str) -> Thread:
    said = Comment(id="1", body=body, format="plain")
    return Thread(site=None, id=id, title=None, url=None, post=Post(id="p"), comments=(said,))


def test_a_thread_that_kills_its_process_is_passed_over_alone(job: Callable[..., PartJob], tmp_path: Path) -> None:
    see_through(job([thread("a", "https://a.example/"), thread("b", "KILL"), thread("c", "https://c.example/")]))
    found = [json.loads(line)["thread"]["id"] for line in lines(tmp_path / "out").splitlines()]
    assert found == ["a", "c"]
    summary = summed_up(Folder(tmp_path / "out"), unread=0, seconds=1)
    [passed_over] = summary["passed_over"]
    assert passed_over == {"partition": 0, "number": 1, "thread": "b", "reason": "killed by SIGKILL"}
    write_summary(Folder(tmp_path / "out"), summary)
    assert "killed by SIGKILL" in (tmp_path / "out" / "summary.html").read_text()


def test_a_partition_that_is_all_poison_is_given_up(job: Callable[..., PartJob], tmp_path: Path, mocker) -> None:
    mocker.patch("bot.scan.work._MOST_PASSED_OVER", 1)
    with pytest.raises(PartError, match="threads a, b killed their process twice each, the last: killed by SIGKILL"):
        see_through(job([thread("a", "KILL"), thread("b", "KILL"), thread("c", "KILL")]))
    assert not Folder(tmp_path / "out").is_done(0)


def test_memory_is_bounded(job: Callable[..., PartJob], tmp_path: Path) -> None:
    see_through(job([thread("a", "HOARD"), thread("b", "https://b.example/")]))
    record = json.loads((tmp_path / "out" / "not-evaluated" / "00000.jsonl").read_text())
    assert record == {"thread": "a", "comment": "1", "rule": "obedient", "reason": "MemoryError: "}
    assert [json.loads(line)["rule"] for line in lines(tmp_path / "out").splitlines()] == ["link-only"]


@pytest.mark.parametrize(
    ("given", "code", "told"),
    [
        ({"inputs": ["-"]}, 2, "-: a scan goes on where it stopped, so it reads files, not standard input"),
        ({"scheduler": "tcp://127.0.0.1:9"}, 2, "--scheduler tcp://127.0.0.1:9: no scheduler answers there"),
        ({"index": True, "archive": Path("a.db")}, 2, "--index makes an archive of the inputs; leave --archive out"),
        ({"inputs": ["nosuch://b/a"]}, 3, "error: nosuch://b/a: cannot be reached: Protocol not known: nosuch"),
        ({"inputs": ["missing.jsonl"]}, 3, "error: missing.jsonl: no such file"),
    ],
)
def test_what_is_wrong_is_told_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mocker, capsys, given: dict, code: int, told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    mocker.patch("bot.scan.run._CONNECT_SECONDS", 0.5)
    write(tmp_path / "a.jsonl", threads(1))
    options = {"inputs": ["a.jsonl"], "scheduler": None, "index": False, "archive": None} | given
    with pytest.raises((SystemExit, Exit)) as ended:
        scan(**options, out=tmp_path / "out", jobs=1, format=None, rules=None, config=None)
    error = ended.value
    assert (error.exit_code if isinstance(error, Exit) else error.code) == code
    assert told in capsys.readouterr().err


_TEXT = st.text(st.characters(), max_size=30)
_TIME = st.none() | st.datetimes(timezones=st.just(UTC))


@given(st.lists(st.tuples(_TEXT, _TEXT, _TIME), max_size=4), st.none() | _TEXT)
def test_a_partition_gives_back_the_threads_that_it_was_given(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, datetime | None]], title: str | None
) -> None:
    said = tuple(
        Comment(id=id, author="", body=body, format="markdown", posted_at=time, edited_at=time, status="held")
        for id, body, time in rows
    )
    made = Thread(site="", id="\ud800", title=title, url=None, post=Post(id="p", posted_at=None), comments=said)
    path = tmp_path_factory.mktemp("part") / "00000.jsonl.gz"
    write_threads(path, [made, made])
    assert list(read_threads_of(path)) == [made, made]
