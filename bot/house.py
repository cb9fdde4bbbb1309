"""A look at the house before work begins: the three packages must be the ones that belong together."""

import importlib.util
from pathlib import Path


def check_house() -> str | None:
    """Return what is wrong when `adapters` or `rules` come from another distribution, else None."""
    home = Path(__file__).resolve().parent.parent
    for name in ("adapters", "rules"):
        spec = importlib.util.find_spec(name)
        found = Path(spec.origin).resolve().parent.parent if spec and spec.origin else None
        if found != home:
            return (
                f"the package {name!r} is not quotewarden's own (found in {found or 'no place'}): "
                "install quotewarden into an environment of its own"
            )
    return None
