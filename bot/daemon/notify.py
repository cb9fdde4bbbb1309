"""What systemd is told of the daemon's state; see sd_notify(3) and systemd.service(5)."""

import os
import socket
import time
from collections.abc import Mapping


class Notifier:
    """Send states to the socket that NOTIFY_SOCKET names; without one, do nothing."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        if self._address.startswith("@"):
            self._address = "\0" + self._address[1:]
        self.watchdog_seconds = self._watchdog(environment)

    def ready(self) -> None:
        """Tell that the daemon has started, or has reloaded."""
        self._send("READY=1")

    def reloading(self) -> None:
        """Tell that a reload begins; `ready` ends it."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        """Tell that the daemon is on its way out."""
        self._send("STOPPING=1")

    def alive(self) -> None:
        """Keep the watchdog quiet for another `watchdog_seconds`."""
        if self.watchdog_seconds is not None:
            self._send("WATCHDOG=1")

    def status(self, text: str) -> None:
        """Set the line that `systemctl status` shows."""
        self._send("STATUS=" + text.replace("\n", " "))

    @staticmethod
    def _watchdog(environment: Mapping[str, str]) -> float | None:
        try:
            seconds = int(environment.get("WATCHDOG_USEC", "0")) / 1e6
            # A variable that was inherited from somebody else's service names another process.
            ours = int(environment.get("WATCHDOG_PID", os.getpid())) == os.getpid()
        except ValueError:
            return None
        return seconds if ours and seconds > 0 else None

    def _send(self, state: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
                out.settimeout(1)
                out.connect(self._address)
                out.sendall(state.encode())
        except OSError:
            # A supervisor that does not listen is no reason to stop.
            return
