"""Names for threads whose format gives them none."""

from pathlib import PurePath


def stem(name: str) -> str:
    """Return the name of a file without its folder and ending: `blog/albukamal.txt.gz` gives `albukamal`."""
    path = PurePath(name)
    return PurePath(path.stem if path.suffix == ".gz" else path.name).stem or "thread"
