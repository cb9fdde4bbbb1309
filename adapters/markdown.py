"""Plain text as Markdown that shows it as it is, and whether two such texts are one."""

import re

# What begins a mark-up, but for addresses, which stand as they are.
_SPECIAL = re.compile(r"(https?://\S+)|([\\`*_{}\[\]<>#~|^&])|(?m:^([-+=]+|\d{1,9}[.)])(?=\s|$))")
_INDENT = re.compile(r"(?m)^[^\S\n]+")


def written(text: str) -> str:
    """Return plain text in Markdown (CommonMark, and what Reddit and Lemmy read), without indents."""
    return _SPECIAL.sub(_escaped, _INDENT.sub("", text))


def is_same(one: str | None, other: str | None) -> bool:
    """Tell whether two texts differ in their blanks only: sites trim what they are sent."""
    return (one or "").split() == (other or "").split()


def _escaped(found: re.Match[str]) -> str:
    address, sign, bullet = found.groups()
    if address:
        return found[0]
    if sign:
        return f"\\{sign}"
    # A digit cannot be escaped, and needs not.
    return f"{bullet[:-1]}\\{bullet[-1]}" if bullet[0].isdigit() else f"\\{bullet}"
