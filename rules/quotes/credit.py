"""Whom a comment credits a passage to, without a doubt: a name in a header, right before the words, or right after.

Attribution finds every sign of whose words a passage is; an accusation needs more. Here a name counts only where
nothing but a verb of speech, a colon or a dash stands between it and the passage, and nothing says that the named
one did not say it.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator

from rules.quotes.lexicon import SPEECH
from rules.quotes.passage import Passage
from rules.stopwords import STOPWORDS
from rules.view import Entry, ThreadView

_REACH = 200
_TAIL = 160
_MOST_NAME_WORDS = 4
_WORD = re.compile(r"[^\W_](?:[\w.'’-]*[^\W_])?\.?")
_MARKS = " \t\r\n>|“”„«»‹›\"'‘’([`*_"
_SENTENCE = re.compile(r"[.!?…][\"”’')\]]*\s+(?=[A-ZÀ-ÝА-Я@“\"])|\n\s*\n|\n")
_NOT = re.compile(r"\b(?:never|not|nor|no|hardly|nobody)\b|n['’]t\b|\b(?:you|your|my|his|her|their|our|i)\b", re.I)
_ASKED = re.compile(
    r"\b(?:if|where|when|whether|did|does|nowhere|(?:any|no)thing|(?:point|show) me)\b(?:[^\w.!?]+\w+){0,5}\W*\Z", re.I
)
_HAS_SAID = re.compile(
    r"['’]s?\s+(?:\w+\s+){0,2}(?:words?|comments?|statements?|claims?|points?|remarks?|lines?|questions?)\b[^.!?\n]{0,20}\Z",
    re.I,
)
_SET_IN = re.compile(r"(?:\s*\([^()]{0,40}\))?,?")
_NEXT_WORD = re.compile(r"\s+(\w+)")
_REST = re.compile(r"[^.!?\n]{0,50}\Z")
_WORD_BEFORE = re.compile(r"(\w+)\s+@?\Z")
_ONE_WORD = re.compile(r"\A[\s,]*(\w+)\s+@?\Z")
_COLON = re.compile(r"\s*:\s*\Z")
_CALL = re.compile(r"\s*[:,–—-]?\s*\Z")
_COMMA = re.compile(r"\s*[,:]?\s*\Z")
_ACCORDING = re.compile(
    r"\b(?:according to|in the words of|quote|quoting|quoth|(?:quote|quotation|words) (?:from|by|of)|posted by)\s+@?\Z",
    re.I,
)
_LINE_BEGIN = re.compile(r"(?:\A|\n)[\s>]*(?:(?:as|and|but|to|from)\s+)?@?\Z", re.I)
_DASH = re.compile(r"\A[\s.,!?]*(?:[-–—―~]{1,3}|\()\s*@?")
_AFTER_DASH = re.compile(r"\A\s*(?:\Z|[\n.,;:)(#])")
_AFTER = re.compile(r"\A[\s,.!?]*(?:as\s+|is what\s+)?@?")


def credited(view: ThreadView, entry: Entry, passage: Passage) -> tuple[str, bool] | None:
    """Return whom a passage is credited to, as in `view.authors`, and whether that may be a mere call of his name."""
    text = entry.document.text
    blocks = entry.document.blocks
    for place in range(bisect_left(blocks, passage.start, key=lambda block: block.start), len(blocks)):
        block = blocks[place]
        if block.start != passage.start:
            break
        if block.kind == "quote" and block.author:
            author = view.called(block.author, entry)
            return (author, False) if author is not None else None
    lead = text[max(0, passage.start - _REACH) : passage.start].rstrip(_MARKS)
    found = None
    for start, end, author in _names(view, entry, lead):
        before, between = lead[:start], lead[end:]
        if _NOT.search(between) or _SENTENCE.search(between) or _ASKED.search(before):
            continue
        if _ACCORDING.search(before) and _COMMA.match(between):
            found = author, False
        elif passage.form == "bare":
            found = (author, False) if _says(between) and between.endswith(":") else None
        elif _says(between) or (_is_said_by(_WORD_BEFORE.search(before)) and _COMMA.match(between)):
            found = author, False
        elif _LINE_BEGIN.search(before) and (_COLON.match(between) or (before.endswith("@") and _CALL.match(between))):
            found = author, True
    if found is not None or passage.form == "bare":
        return found
    tail = text[passage.end : passage.end + _TAIL].lstrip("“”„«»‹›\"'‘’)]`*_")
    tail = tail[1:] if tail[:1] in "»”" else tail
    for start, end, author in _names(view, entry, tail):
        before, rest = tail[:start], tail[end:]
        if (match := _DASH.match(before)) and match.end() == start and _AFTER_DASH.match(rest):
            return author, False
        if (
            (match := _AFTER.match(before))
            and match.end() == start
            and _tells(rest, 1) is not None
            and "\n" not in before
        ):
            return author, False
        if _is_said_by(_ONE_WORD.match(before)) and "\n" not in before and _COMMA.match(rest[:1]):
            return author, False
    return None


def _says(between: str) -> bool:
    """Tell whether a verb of speech leads from a name to the words: " (the mason), who has said yesterday: "."""
    if _HAS_SAID.match(between):
        return True
    rest = _tells(between, 3, _SET_IN.match(between))
    return rest is not None and _REST.match(rest) is not None


def _tells(text: str, most: int, after: re.Match[str] | None = None) -> str | None:
    """Return what follows a verb of speech before which at most so many words stand."""
    at = after.end() if after else 0
    for _ in range(most + 1):
        if (word := _NEXT_WORD.match(text, at)) is None or word[1].lower() == "to":
            return None
        at = word.end()
        if word[1].lower() in SPEECH:
            return text[at:]
    return None


def _is_said_by(word: re.Match[str] | None) -> bool:
    return word is not None and word[1].lower() in SPEECH


def _names(view: ThreadView, entry: Entry, text: str) -> Iterator[tuple[int, int, str]]:
    """Yield the names of those who have written in the thread: start, end, author; of names in names the longest."""
    words = list(_WORD.finditer(text))
    place = 0
    while place < len(words):
        size = 1
        for count in range(min(_MOST_NAME_WORDS, len(words) - place), 0, -1):
            start, end = words[place].start(), words[place + count - 1].end()
            for stop in (end, end - 1) if text[end - 1] == "." else (end,):
                name = re.sub(r"['’]s?\Z", "", text[start:stop])
                author = view.called(name, entry)
                if author is not None and (count > 1 or _is_name(name, author)):
                    yield start, start + len(name), author
                    size = count
                    break
            else:
                continue
            break
        place += size


def _is_name(word: str, author: str) -> bool:
    """Tell a name of one word from a word that somebody's name happens to begin with."""
    if word.casefold() in STOPWORDS or len(word) < 3:
        return word.isupper() and word.casefold() == author
    return word.casefold() == author or word[0].isupper()


def may_be_one(one: str, other: str) -> bool:
    """Tell whether two names may be one person's: they share a word, or one is inside the other."""
    a, b = one.casefold().split(), other.casefold().split()
    return a == b or any(x in y or y in x for x in a for y in b if min(len(x), len(y)) > 2)
