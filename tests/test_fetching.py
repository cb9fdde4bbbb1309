"""The installed command with and without `--fetch-pages`, against a web on loopback."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.loopback import PUBLIC, Web, answer

COMMAND = Path(sys.executable).parent / "quotewarden"
CRAFT = "a kiln that has cooled too fast will crack along the oldest brick before anybody in the yard can hear it"

# Python runs this before the command: every way out leads to loopback, and is written down.
DETOUR = """
import socket
from pathlib import Path

def note(what):
    with Path({log!r}).open("a") as file:
        file.write(what + "\\n")

def asked(host, *rest, **how):
    note(host)
    raise socket.gaierror(socket.EAI_NONAME, "no names here")

socket.getaddrinfo = asked
reach = socket.socket.connect

def connect(self, address):
    note(str(address))
    reach(self, address)

socket.socket.connect = connect

def patched():
    from adapters.public_http import PublicHttp
    def leave(address, port, seconds):
        link = socket.socket()
        link.settimeout(seconds)
        link.connect(("127.0.0.1", {port}))
        return link
    PublicHttp.__init__.__kwdefaults__.update(resolve=lambda *asked: [{public!r}], connect=leave)

patched()
"""


@pytest.fixture
def web() -> Iterator[Web]:
    """A web with one page, and one that is not to be had."""
    web = Web(
        {
            "http://kiln.example/craft": answer(f"<nav>Home</nav><p>Kilns. {CRAFT.capitalize()}. Ends."),
            "http://gone.example/a": answer(status="404 Not Found"),
        }
    )
    yield web
    web.close()


def run(web: Web, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    detour = DETOUR.format(log=str(folder / "log"), port=web.port, public=PUBLIC)
    (folder / "sitecustomize.py").write_text(detour)
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(folder), "XDG_CACHE_HOME": str(folder / "cache")}
    return subprocess.run([COMMAND, *words], capture_output=True, text=True, timeout=60, env=environment, cwd=folder)


def threads(folder: Path, count: int) -> str:
    path = folder / "threads.jsonl"
    with path.open("w") as file:
        for number in range(count):
            body = f"<p>See <a href='http://kiln.example/craft#{number}'>this</a>.</p><blockquote>{CRAFT}</blockquote>"
            lost = "<p>And <a href='http://gone.example/a'>that</a>, with more words than a run needs.</p>"
            comments = [{"id": "1", "author": "Olaf", "body": body}, {"id": "2", "author": "Vera", "body": lost}]
            post = {"id": "p", "title": "Pots", "body": "On pots."}
            file.write(json.dumps({"id": f"t{number}", "post": post, "comments": comments}) + "\n")
    return str(path)


def test_switched_off_nothing_leaves_the_machine(web: Web, tmp_path: Path) -> None:
    for command in ("check", "quotes"):
        done = run(web, tmp_path, command, threads(tmp_path, 2), "--output", "jsonl")
        assert done.stderr == ""
        assert "kiln.example/craft" not in done.stdout.replace("craft#", "")
    assert not (tmp_path / "log").exists()
    assert not (tmp_path / "cache").exists()
    assert web.asked == []


def test_a_linked_page_is_the_source_and_a_second_run_asks_nothing(web: Web, tmp_path: Path) -> None:
    path = threads(tmp_path, 1)
    first = run(web, tmp_path, "quotes", path, "--output", "jsonl", "--fetch-pages")
    assert first.stderr == "note: gone.example: a linked page was not read: it answers 404\n"
    [row] = [json.loads(line) for line in first.stdout.splitlines()]
    assert (row["source"]["kind"], row["source"]["url"]) == ("page", "http://kiln.example/craft")
    assert row["verdict"] == "attributed"
    assert "http://kiln.example/craft" in web.asked
    before = list(web.asked)
    (tmp_path / "quotewarden.toml").write_text("[pages]\nfetch = true\n")
    again = run(web, tmp_path, "quotes", path, "--output", "jsonl")
    assert (again.stdout, again.stderr) == (first.stdout, first.stderr)
    assert web.asked == before


def test_several_processes_share_what_is_fetched_and_told(web: Web, tmp_path: Path) -> None:
    done = run(web, tmp_path, "quotes", threads(tmp_path, 12), "--output", "jsonl", "--fetch-pages", "--jobs", "4")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["thread"] for row in rows] == [f"t{number}" for number in range(12)]
    assert {row["source"]["kind"] for row in rows} == {"page"}
    assert done.stderr == "note: gone.example: a linked page was not read: it answers 404\n"
    assert sorted(web.asked) == [
        "http://gone.example/a",
        "http://gone.example/robots.txt",
        "http://kiln.example/craft",
        "http://kiln.example/robots.txt",
    ]


def test_check_works_with_a_cache_that_cannot_be_used(web: Web, tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("no database")
    (tmp_path / "quotewarden.toml").write_text('[pages]\ncache = "kept"\n')
    done = run(web, tmp_path, "check", threads(tmp_path, 3), "--output", "jsonl", "--fetch-pages", "--jobs", "2")
    assert done.stderr.splitlines() == [
        "note: kept: this cache of pages cannot be used and is passed over: file is not a database",
        "note: gone.example: a linked page was not read: it answers 404",
    ]
    assert (tmp_path / "kept").read_text() == "no database"
    assert web.asked.count("http://kiln.example/craft") == 1
