"""Titles of other pages that a platform has set among the comments, because those pages link to the post.

The link of such a trackback lies under its author's name, where no rule sees it; its text is a title and nothing else.
"""

import re

from rules.links.lexicon import EMPTY, PERSONS, TRACKBACK
from rules.stopwords import STOPWORDS
from rules.titles import capital_share
from rules.view import Entry

_SITE_NAME = re.compile(
    r"\b\w*(?:blog|weblog|site|news|links|journal|diary|tagebuch|notizen|carnet|cuaderno|блог)\w*\b"
    r"|\w\.(?:com|net|org|info|de|fr|es|ru|io|me)\b|::|\.\.\.|…|^(?:welcome to|my|the)\s|(?-i:['’]s\s+[A-Z])",
    re.I,
)
_CAMEL = re.compile(r"[A-Z][a-z]+(?:[A-Z][a-z]+)+")
_LINK_LIST = re.compile(
    r"^(?:(?:daily|weekly|interesting|my)\s)?(?:link(?:s|\s?list(?:ing)?|\s?dump|\s?fest)?|linkliste|liens|enlaces|ссылки)\b"
    r"[^.!?]*\b\d",
    re.I,
)
_NO_TITLE = re.compile(r"\bvs\b|[<>=,;]|\.\.", re.I)
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
_MIN_NAME = 5


def is_title_of_trackback(comment: Entry, post: Entry, *, site: str) -> bool:
    """Tell whether a comment without a link is the title of another page, and nothing else.

    Under the name of a site some capitals, or few words, are enough; under a name in one word like `TwoParts` the title
    must share a word with the post, under any other two, and each of its words must begin with a capital.
    """
    text = comment.document.text.strip()
    words = text.split()
    if not 2 <= len(words) <= _LONGEST or len(text) > 200 or "\n" in text or _TALK.search(text):
        return False
    if TRACKBACK.search(text) or _LINK_LIST.search(text):
        return True
    folded = comment.words.folded
    capitals = capital_share(text)
    if all(word in EMPTY for word in folded) or (capitals < 1 and any(word in PERSONS for word in folded)):
        return False
    is_ended = text.endswith((".", "!", "?", ":", ","))
    if _is_site(comment.author or "", site):
        is_short = len(words) <= _LONGEST_IN_LOWER_CASE and text[0].isupper() and not is_ended
        return capitals >= _SITE_CAPITALS or is_short
    if is_ended or text.isupper() or _NO_TITLE.search(text):
        return False
    topic = post.words.vocabulary
    shared = {word for word in folded if word in topic and word not in STOPWORDS and word not in EMPTY}
    if _CAMEL.fullmatch((comment.author or "").strip()):
        return bool(shared) and len(words) > 1 and text[0].isupper()
    spelled = [word for word in _WORD.findall(text) if len(word) > 1]
    return len(shared) > 1 and len(spelled) > 2 and all(word[0].isupper() for word in spelled)


def _is_site(name: str, site: str) -> bool:
    """Tell a site's name from a person's; the blog's own name among the commenters is that of its other posts."""
    if _SITE_NAME.search(name):
        return True
    own_names = re.split(r"[./]", site.casefold())
    return " " in name and any(len(own) >= _MIN_NAME and own in name.casefold() for own in own_names)
