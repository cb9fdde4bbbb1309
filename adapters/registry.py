"""Every saved format, in the order in which a file is tried against them."""

from importlib.metadata import entry_points
from typing import cast

from adapters.saved import native
from adapters.saved.reader import Reader

# From the most certain sign to the least: a format that names itself before one that is guessed from its keys,
# and the formats of last resort (any page, any text) at the end.
READERS: tuple[Reader, ...] = (native,)


def saved_readers() -> tuple[Reader, ...]:
    """Return the readers, those of third parties (entry point group `quotewarden.adapters`) first."""
    return (*(cast(Reader, point.load()) for point in entry_points(group="quotewarden.adapters")), *READERS)
