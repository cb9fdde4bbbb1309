"""The direction of writing, kept in place where there is no markup for it."""

import unicodedata


def isolated(text: str, *, ours: bool = False) -> str:
    """Return a text that turns nothing around it where it is written from right to left; for forms without markup.

    One of `ours` reads from left to right, whatever names stand in it.
    """
    if any(unicodedata.bidirectional(character) in ("R", "AL", "AN") for character in text):
        begin = "\N{LEFT-TO-RIGHT ISOLATE}" if ours else "\N{FIRST STRONG ISOLATE}"
        return f"{begin}{text}\N{POP DIRECTIONAL ISOLATE}"
    return text
