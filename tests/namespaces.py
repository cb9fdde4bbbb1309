"""A network of its own for one process: a namespace, and a link to it that can be cut."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

HOW_TO_GET = "needs root and network namespaces: apt install iproute2, outside of a container that forbids them"


class Link:
    """Be the link: `here` and `there` are the addresses of its ends, `within` begins a command that runs there."""

    def __init__(self) -> None:
        number = os.getpid() % 16384
        net = f"10.231.{number >> 6}.{(number & 63) << 2}".rpartition(".")
        self.here, self.there = (f"{net[0]}.{int(net[2]) + end}" for end in (1, 2))
        self._space, self._near, self._far = f"qw-{number}", f"qwa{number}", f"qwb{number}"
        self.within = ["ip", "netns", "exec", self._space]

    def lay(self) -> bool:
        """Make it; return whether that may be done here."""
        steps = [
            f"ip netns add {self._space}",
            f"ip link add {self._near} type veth peer name {self._far} netns {self._space}",
            f"ip addr add {self.here}/30 dev {self._near}",
            f"ip -n {self._space} addr add {self.there}/30 dev {self._far}",
            f"ip link set {self._near} up",
            f"ip -n {self._space} link set lo up",
            f"ip -n {self._space} link set {self._far} up",
        ]
        return all(_run(step) for step in steps)

    def cut(self) -> None:
        """Let nothing through; neither side is told."""
        assert _run(f"ip -n {self._space} link set {self._far} down")

    def mend(self) -> None:
        """Let everything through again."""
        assert _run(f"ip -n {self._space} link set {self._far} up")

    def remove(self) -> None:
        """Leave nothing of it."""
        _run(f"ip link del {self._near}")
        _run(f"ip netns del {self._space}")


@contextmanager
def linked() -> Iterator[Link | None]:
    """Yield a link; None where there cannot be one."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        yield None
        return
    link = Link()
    try:
        yield link if link.lay() else None
    finally:
        link.remove()


def _run(command: str) -> bool:
    return subprocess.run(command.split(), check=False, capture_output=True).returncode == 0
