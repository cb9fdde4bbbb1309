"""The systemd unit and the Dockerfile: checked by systemd where it is, else by what they must say."""

import re
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest

from bot.config import DaemonOptions

ROOT = Path(__file__).parent.parent
UNIT = (ROOT / "deploy" / "quotewarden.service").read_text("utf-8")
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text("utf-8")


def settings() -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for line in UNIT.splitlines():
        if line and not line.startswith(("#", "[")):
            key, sign, value = line.partition("=")
            assert sign, line
            found[key].append(value)
    return found


def instructions() -> list[tuple[str, str]]:
    joined = re.sub(r"\\\n\s*", " ", re.sub(r"^#.*\n", "", DOCKERFILE, flags=re.M))
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1]) for line in joined.splitlines() if line]


def analyze(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("needs systemd-analyze: apt install systemd")
    unit = tmp_path / "quotewarden.service"
    # What it starts is not on this machine.
    unit.write_text(re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", UNIT, flags=re.M))
    return subprocess.run([program, *arguments, str(unit)], capture_output=True, text=True)


def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path) -> None:
    done = analyze(tmp_path, "verify", "--man=no")
    assert [line for line in done.stderr.splitlines() if "quotewarden.service" in line] == []
    assert done.returncode == 0, done.stderr


def test_systemd_finds_little_that_the_unit_exposes(tmp_path: Path) -> None:
    # In tenths: 0 is nothing, 100 everything; a unit without hardening has 96.
    done = analyze(tmp_path, "security", "--offline=true", "--threshold=20", "--no-pager")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_unit_fits_the_daemon() -> None:
    unit = settings()
    assert unit["Type"] == ["notify"]
    assert unit["ExecReload"] == ["/bin/kill -HUP $MAINPID"]
    assert int(unit["WatchdogSec"][0]) >= 2 * 30
    assert int(unit["TimeoutStopSec"][0]) > DaemonOptions().stop_seconds
    assert unit["DynamicUser"] == unit["NoNewPrivileges"] == ["yes"]
    assert unit["ProtectSystem"] == ["strict"]
    assert unit["CapabilityBoundingSet"] == [""]
    assert [key for key, values in unit.items() if len(values) > 1] == ["SystemCallFilter"]


def test_the_image_runs_without_root_and_asks_the_right_port() -> None:
    last = [number for number, (name, _) in enumerate(instructions()) if name == "FROM"][-1]
    final = dict(instructions()[last:])
    user = final["USER"].split(":")[0]
    assert user.isdigit()
    assert int(user) > 0
    assert f":{DaemonOptions().port}/healthz" in final["HEALTHCHECK"]
    for exec_form in (final["ENTRYPOINT"], final["CMD"]):
        # A shell in between would keep SIGTERM to itself.
        assert exec_form.startswith("[")
    known = set("FROM WORKDIR COPY RUN ENV USER VOLUME STOPSIGNAL HEALTHCHECK ENTRYPOINT CMD".split())
    assert {name for name, _ in instructions()} <= known


def test_everything_that_the_image_copies_is_there_and_let_through() -> None:
    ignore = (ROOT / "deploy" / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    assert ignore[0] == "*"
    copied = [
        part for name, rest in instructions() if name == "COPY" and "--from" not in rest for part in rest.split()[:-1]
    ]
    assert len(copied) == 7
    for name in copied:
        assert (ROOT / name).exists()
        assert f"!{name}" in ignore
