"""A PostgreSQL cluster for the tests alone: in a temporary folder, behind a socket in it, stopped with them."""

import os
import shutil
import signal
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


class Cluster:
    """Be a cluster whose server can be stopped and started; `url` lacks the database's name, `{database}`.

    One that is not durable is faster, and loses what it was told when its machine stops. With an `address` it listens
    there too, and the url leads there.
    """

    def __init__(self, folder: Path, home: Path, *, is_durable: bool, address: str = "") -> None:
        programs = _user()
        if programs:
            shutil.chown(home, programs["user"])
        self._home, self._postgres = home, folder / "postgres"
        self._quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "cwd": home, **programs}
        self.url = f"postgresql://quotewarden@/{{database}}?host={quote(str(home))}"
        init = [folder / "initdb", "-D", home / "data", "-U", "quotewarden", "-A", "trust", "-E", "UTF8"]
        subprocess.run([*init, "--locale=C", "-N"], check=True, stderr=subprocess.DEVNULL, **self._quiet)
        if address:
            with (home / "data" / "pg_hba.conf").open("a") as allowed:
                allowed.write("host all all samenet trust\n")
            self.url = f"postgresql://quotewarden@{address}/{{database}}"
        settings = {"listen_addresses": address, "unix_socket_directories": str(home)}
        if not is_durable:
            settings |= dict.fromkeys(("fsync", "full_page_writes", "synchronous_commit", "autovacuum"), "off")
            settings["shared_buffers"] = "16MB"
        self._options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        with (self._home / "log").open("ab") as log:
            command = [self._postgres, "-D", self._home / "data", *self._options]
            self._server = subprocess.Popen(command, stderr=log, **self._quiet)
        _wait(self._server, self._home)

    def stop(self) -> None:
        """Stop the server, whoever is connected."""
        self._server.send_signal(signal.SIGINT)  # its fast shutdown
        self._server.wait(30)


@contextmanager
def cluster(folder: Path, *, is_durable: bool = False, address: str = "") -> Iterator[Cluster]:
    """Yield a cluster that runs as long as the block."""
    # A socket's path may be 107 bytes long, and pytest's folders are its owner's alone.
    with tempfile.TemporaryDirectory(prefix="qw-pg-") as home:
        made = Cluster(folder, Path(home), is_durable=is_durable, address=address)
        made.start()
        try:
            yield made
        finally:
            made.stop()


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
