"""Why the daemon does not start."""


class DaemonError(Exception):
    """Say why the daemon cannot start, and what to do."""
