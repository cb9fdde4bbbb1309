"""Titles: lines in which the words that matter are capitalised."""

import re

_LONG_WORD = re.compile(r"[^\W\d_]{4,}")


def is_title(text: str) -> bool:
    """Tell whether nearly all of the longer words begin with a capital, and there are several."""
    long_words = _LONG_WORD.findall(text)
    return len(long_words) > 1 and sum(word[0].isupper() for word in long_words) >= 0.8 * len(long_words)
