"""A PostgreSQL cluster for the tests alone: in a temporary folder, behind a socket in it, stopped with them."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

HOW_TO_GET = "PostgreSQL's programs are missing: apt install postgresql"
_OTHERS = ("postgres", "nobody")


def binaries() -> Path | None:
    """Return the folder of initdb and postgres, of the newest version there is."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    on_path = shutil.which("initdb")
    if on_path is not None:
        folders.append(Path(on_path).resolve().parent)
    return next((folder for folder in folders if (folder / "initdb").exists() and (folder / "postgres").exists()), None)


@contextmanager
def cluster(folder: Path) -> Iterator[str]:
    """Yield the URL, without a database's name, of a cluster that runs as long as the block."""
    programs = _user()
    # A socket's path may be 107 bytes long, and pytest's folders are its owner's alone.
    with tempfile.TemporaryDirectory(prefix="qw-pg-") as home:
        if programs:
            shutil.chown(home, programs["user"])
        data = Path(home) / "data"
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "cwd": home, **programs}
        init = [folder / "initdb", "-D", data, "-U", "quotewarden", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"]
        subprocess.run(init, check=True, stderr=subprocess.DEVNULL, **quiet)
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": home,
            "fsync": "off",
            "full_page_writes": "off",
            "synchronous_commit": "off",
            "shared_buffers": "16MB",
            "autovacuum": "off",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (Path(home) / "log").open("wb") as log:
            server = subprocess.Popen([folder / "postgres", "-D", data, *options], stderr=log, **quiet)
        try:
            _wait(server, Path(home))
            yield f"postgresql://quotewarden@/{{database}}?host={quote(home)}"
        finally:
            server.send_signal(subprocess.signal.SIGINT)  # SIGINT is its fast shutdown
            server.wait(30)


def _user() -> dict[str, object]:
    if os.getuid() != 0:
        return {}
    import pwd

    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    user = next(known[name] for name in _OTHERS if name in known)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _wait(server: subprocess.Popen[bytes], home: Path) -> None:
    until = time.monotonic() + 60
    while not (home / ".s.PGSQL.5432").exists() or "ready" not in _state(home):
        if server.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"the cluster did not start: {(home / 'log').read_text()}")
        time.sleep(0.02)


def _state(home: Path) -> str:
    # The last line of this file is the server's own word for its state.
    try:
        return (home / "data" / "postmaster.pid").read_text().splitlines()[-1]
    except (OSError, IndexError):
        return ""
