"""What goes wrong with a store."""


class StoreError(Exception):
    """Say in one line what is wrong with a store, and what to do."""


class CursorMoved(StoreError):  # noqa: N818  # somebody else was faster, which is nobody's error
    """Say that a page was read from a place that the store has left since."""
