"""A real Isso, from the package index, in an environment of its own that is kept in the cache."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.contract import Contract
from tests.servers.isso import IssoServer, logged_in
from tests.servers.real import MissingError, RealBoard, RealServer, fetched, free_address, in_memory, serving

PACKAGE = "isso==0.14.0"
_CONFIG = """
[general]
dbpath = {home}/comments.db
host = http://127.0.0.1/
latest-enabled = true
[admin]
enabled = true
password = {password}
[server]
listen = http://{address}
[guard]
enabled = false
"""


def installed() -> Path:
    """Return the folder of Isso's environment, made once; raises MissingError."""
    return fetched(PACKAGE.replace("==", "-"), _fetch)


def _fetch(kept: Path) -> None:
    pip = [kept / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", PACKAGE]
    for command in ([sys.executable, "-m", "venv", kept], pip):
        if subprocess.run(command, capture_output=True).returncode:
            raise MissingError(f"a real Isso is fetched with pip, which could not install {PACKAGE}")


class RealIsso(RealServer):
    """Be a running Isso."""

    def __init__(self, url: str, board: RealBoard) -> None:
        super().__init__(url, board)
        # It writes seconds since 1970, in whatever zone it is.
        self.zone = ZoneInfo("UTC")

    def reset(self) -> None:
        """Begin anew, without comments."""
        self.board.do("reset")


@contextmanager
def running(environment: Path) -> Iterator[RealIsso]:
    """Start Isso in a temporary folder, and end it."""
    with tempfile.TemporaryDirectory(prefix="qw-isso-", dir=in_memory()) as home:
        config, address = Path(home) / "isso.cfg", free_address()
        config.write_text(_CONFIG.format(home=home, password=IssoServer.password, address=address))
        program = environment / "bin" / "python"
        url = f"http://{address}"
        command = [environment / "bin" / "isso", "-c", config, "run"]
        with serving(command, url=f"{url}/config", environment={"TZ": "Asia/Kathmandu"}, log=Path(home) / "log"):
            board = RealBoard([program, "-P", Path(__file__).parent / "isso_board.py", config], {})
            try:
                yield RealIsso(url, board)
            finally:
                board.close()


CONTRACTS = (
    Contract(
        name="isso-0.14",
        platform="isso",
        serve="isso",
        options=logged_in,
        environment={"PW": IssoServer.password},
        logs_in=True,
        is_revocable=False,
        is_conditional=False,
        no_thread="/nowhere/",
    ),
    Contract(name="isso-0.14-public", platform="isso", serve="isso", no_thread="/nowhere/"),
)
