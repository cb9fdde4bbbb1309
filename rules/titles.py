"""Titles: lines in which the words that matter are capitalised."""

import re

_LONG_WORD = re.compile(r"[^\W\d_]{4,}")


def is_title(text: str) -> bool:
    """Tell whether nearly all of the longer words begin with a capital, and there are several."""
    return capital_share(text) >= 0.8


def capital_share(text: str) -> float:
    """Return the share of the longer words that begin with a capital; 0 where there are not several."""
    long_words = _LONG_WORD.findall(text)
    return sum(word[0].isupper() for word in long_words) / len(long_words) if len(long_words) > 1 else 0.0
