"""The end of a command that cannot go on."""

import sys
from typing import NoReturn


def stop(problem: str) -> NoReturn:
    """Say in one line what is wrong and exit with 2: wrong usage or configuration."""
    print(f"quotewarden: {problem}", file=sys.stderr)
    sys.exit(2)
