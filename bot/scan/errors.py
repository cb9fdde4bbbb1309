"""Why a scan cannot be run, or a partition not be finished."""


class ScanError(Exception):
    """Say what keeps a scan from running, and what to do."""


class PartError(Exception):
    """Say why one partition could not be finished; the others go on."""
