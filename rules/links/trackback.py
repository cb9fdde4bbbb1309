"""Titles of other pages that a platform has set among the comments, because those pages link to the post.

The link of such a trackback lies under its author's name, where no rule sees it; its text is a title and nothing else.
"""

import re
from collections.abc import Sequence

from rules.links.lexicon import EMPTY, PERSONS, TRACKBACK
from rules.stopwords import STOPWORDS
from rules.titles import capital_share
from rules.view import Entry

_SITE_NAME = re.compile(
    r"\b\w*(?:blog|weblog|site|news|links|journal|diary|tagebuch|notizen|carnet|cuaderno|блог)\w*\b"
    r"|\w\.(?:com|net|org|info|de|fr|es|ru|io|me)\b|::|\.\.\.|…|^(?:welcome to|my|the)\s|['’]s\s+\w",
    re.I,
)
_CAMEL = re.compile(r"[A-Z][a-z]+(?:[A-Z][a-z]+)+")
_LINK_LIST = re.compile(
    r"^(?:(?:daily|weekly|interesting|my)\s)?(?:link(?:s|\s?list(?:ing)?|\s?dump|\s?fest)?|linkliste|liens|enlaces|ссылки)\b"
    r"[^.!?]*\b\d",
    re.I,
)
_VERSUS = re.compile(r"\bvs\b", re.I)
_WORD = re.compile(r"[^\W\d_]+")
_TALK = re.compile(
    r"@|[:;=]-?[()DPp]|[^\W\d_]{3}[.!]\s+[^\W_]"
    r"|\b(?:thanks?|thx|congrat\w*|happy|merry|danke|merci|gracias|спасибо)\b",
    re.I,
)
_LONGEST = 20
# A title in lower case is told from the beginning of an excerpt by its length.
_LONGEST_IN_LOWER_CASE = 6
_SITE_CAPITALS = 0.7


def is_title_of_trackback(comment: Entry, post: Entry) -> bool:
    """Tell whether a comment without a link is the title of another page, and nothing else.

    Under the name of a site some capitals, or few words, are enough; under any other name every word must begin with a
    capital and the title must share a word with the post.
    """
    text = comment.document.text.strip()
    words = text.split()
    if not 2 <= len(words) <= _LONGEST or len(text) > 200 or "\n" in text or _TALK.search(text):
        return False
    if TRACKBACK.search(text) or _LINK_LIST.search(text):
        return True
    name = comment.author or ""
    capitals = capital_share(text)
    if _is_site(name):
        is_short = len(words) <= _LONGEST_IN_LOWER_CASE and text[0].isupper() and not text.endswith((".", "!", "?", ":"))
        return (capitals >= _SITE_CAPITALS or is_short) and not _speaks(comment.words.folded)
    if text.endswith((".", "!", "?", ":", ",")) or _VERSUS.search(text) or capitals < 1:
        return False
    spelled = [word for word in _WORD.findall(text) if len(word) > 1]
    topic = post.words.vocabulary
    shared = [word for word in comment.words.folded if word in topic and word not in STOPWORDS and word not in EMPTY]
    return len(spelled) > 2 and all(word[0].isupper() for word in spelled) and bool(shared)


def _is_site(name: str) -> bool:
    lower = [word for word in name.split() if word[:1].islower()]
    return bool(_SITE_NAME.search(name) or _CAMEL.fullmatch(name.strip())) or (len(name.split()) > 2 and len(lower) > 0)


def _speaks(folded: Sequence[str]) -> bool:
    """Tell a sentence, or small talk, from a title."""
    return all(word in EMPTY for word in folded) or folded[0] in PERSONS
