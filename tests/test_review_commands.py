"""The commands that serve the review page and look after its accounts."""

import re
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
import requests

from bot.config import check_config
from bot.review.server import address, greeting
from bot.store.database import open_store
from tests.reviewed import add_person
from tests.test_command import run


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """A configuration with a store and a port of its own."""
    path = tmp_path / "quotewarden.toml"
    store = f'[store]\nurl = "sqlite:///{tmp_path / "store.db"}"\n'
    path.write_text(f'{store}[web]\nport = {free_port()}\n[daemon]\nport = 0\n[log]\nformat = "json"\n', "utf-8")
    return path


def line_with(process: subprocess.Popen[str], words: str) -> str:
    """Return the first line of a program's errors that has these words."""
    assert process.stderr is not None
    for line in process.stderr:
        if words in line:
            return line
    raise AssertionError(f"it ended with {process.wait()} and never said {words!r}")


def test_the_page_is_served_until_a_signal_and_tells_how_the_first_account_is_made(settings: Path) -> None:
    command = [sys.executable, "-c", "from bot.cli import main; main()", "web", "--config", str(settings)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            told = line_with(process, "make the first account")
            [link] = re.findall(r"http://127\.0\.0\.1:\d+/welcome/[\w-]+", told)
            answer = requests.get(link, timeout=20)
            assert answer.status_code == 200
            assert "Welcome" in answer.text
        finally:
            process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(20)
        assert process.returncode is not None


def test_a_port_that_is_taken_is_told_in_one_line(settings: Path) -> None:
    [port] = re.findall(r"port = (\d+)\n\[daemon", settings.read_text("utf-8"))
    with socket.create_server(("127.0.0.1", int(port))):
        done = run("web", "--config", str(settings))
    assert done.returncode == 2
    assert f"port {port}: cannot be listened at" in done.stderr.decode()
    assert done.stderr.count(b"\n") == 1


def test_people_are_invited_and_listed(settings: Path, tmp_path: Path) -> None:
    done = run("people", "invite", "ada", "--role", "admin", "--config", str(settings))
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/welcome/[\w-]+\n", done.stdout.decode())
    assert run("people", "list", "--config", str(settings)).stdout == b""
    with open_store(f"sqlite:///{tmp_path / 'store.db'}") as store:
        add_person(store, "bo", "viewer", frozenset({"blog.example"}))
    assert run("people", "list", "--config", str(settings)).stdout.split() == [b"bo", b"viewer", b"blog.example"]
    done = run("people", "invite", "a\u202eb", "--config", str(settings))
    assert done.returncode == 2
    assert "a name has one to sixty characters" in done.stderr.decode()


def test_who_starts_it_is_warned_of_what_is_in_the_open(tmp_path: Path) -> None:
    with open_store(f"sqlite:///{tmp_path / 'store.db'}") as store:

        def told(on_terminal: bool = False, **web: object) -> str:
            config = check_config({"web": web}, name="the test's")
            return "\n".join(greeting(store, config, on_terminal=on_terminal))

        assert "no encryption" not in told()
        assert "no encryption" in told(host="0.0.0.0")  # noqa: S104  # nothing listens
        assert "no encryption" in told(host="0.0.0.0", url="http://mod.example")  # noqa: S104
        assert "no encryption" not in told(host="0.0.0.0", url="https://mod.example")  # noqa: S104
        assert "/welcome/" not in told()
        assert "https://mod.example/welcome/" in told(on_terminal=True, url="https://mod.example/")
    assert address(check_config({"web": {"host": "::1"}}, name="the test's")) == "http://[::1]:9481"
