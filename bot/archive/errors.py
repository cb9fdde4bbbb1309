"""What can be wrong with an archive."""


class ArchiveError(Exception):
    """Say what is wrong with an archive, where, and what to do."""
