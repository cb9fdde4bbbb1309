"""Names resolved against those who have written in a thread: whole, in part, short forms, initials, one slip."""

import re
from bisect import bisect_left

from rules.quotes.lexicon import NO_NAME, TITLES
from rules.view import Entry, ThreadView

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_FILE = re.compile(r"\w\w\.\w\w")
_POSSESSIVE = re.compile(r"['’]s?$")
_SHORT_FORMS = {
    short: tuple(names.split("/"))
    for short, names in (
        pair.split("=")
        for pair in (
            "abe=abraham al=albert/alan alex=alexander/alexandra andy=andrew ben=benjamin bill=william bob=robert "
            "cathy=catherine charlie=charles chris=christopher/christian/christine chuck=charles dan=daniel dave=david "
            "deb=deborah dick=richard don=donald doug=douglas ed=edward fred=frederick greg=gregory jack=john "
            "jeff=jeffrey jen=jennifer jim=james joe=joseph jon=jonathan josh=joshua kate=katherine/catherine "
            "ken=kenneth larry=lawrence liz=elizabeth maggie=margaret matt=matthew max=maximilian/maxwell "
            "mike=michael nate=nathan/nathaniel nick=nicholas/nicolas pam=pamela pat=patrick/patricia pete=peter "
            "phil=philip/phillip ray=raymond rick=richard rob=robert ron=ronald sam=samuel/samantha sasha=alexander "
            "steve=steven/stephen stu=stuart sue=susan ted=edward/theodore tim=timothy tom=thomas tony=anthony "
            "vicky=victoria will=william zach=zachary"
        ).split()
    )
}
_LONG_ENOUGH_FOR_A_SLIP = 5
_MOST_WORDS = 4
_NO_PART = NO_NAME | TITLES


class Members:
    """Hold those who have written in a thread up to an entry, by every name that they may be called."""

    def __init__(self, view: ThreadView) -> None:
        self.view = view
        self._called: dict[str, str] = {}
        self._initials: dict[str, str] = {}
        self._slips: dict[str, list[tuple[str, str]]] = {}
        self._known: set[str] = set()
        self._read = 0

    def learn(self, entry: Entry) -> None:
        """Take on whoever has written up to an entry; entries are to be given in time order."""
        for earlier in self.view.entries[self._read : entry.number + 1]:
            author = (earlier.author or "").strip().casefold()
            if author and author not in self._known:
                self._known.add(author)
                self._add(author)
        self._read = max(self._read, entry.number + 1)

    def _add(self, author: str) -> None:
        # A whole name goes before the same word as a part of another's.
        self._called[author] = author
        parts = [part for part in _WORD.findall(author) if not part.isdigit()]
        if not parts:
            return
        forms = {author, " ".join(parts), "".join(parts)}
        forms.update(part for part in (parts[0], parts[-1]) if len(part) > 2 and part not in NO_NAME)
        for form in forms:
            self._called.setdefault(form, author)
            if len(form) >= _LONG_ENOUGH_FOR_A_SLIP:
                for key in _without_one(form):
                    self._slips.setdefault(key, []).append((form, author))
        if len(parts) > 1:
            self._initials.setdefault("".join(part[0] for part in parts), author)

    def number_of(self, name: str, entry: Entry, *, loosely: bool = False) -> int | None:
        """Return the number of the latest entry before `entry` by somebody of that name.

        `loosely` also takes short forms ("Bob"), initials ("JS") and a name with one slip of the pen.
        """
        folded = name.strip().casefold()
        author = self._called.get(folded)
        if author is None and loosely and folded:
            author = self._loosely(name.strip(), folded)
        if author is None:
            return None
        numbers = self.view.authors[author]
        earlier = bisect_left(numbers, entry.number)
        return numbers[earlier - 1] if earlier else None

    def has(self, name: str) -> bool:
        """Tell whether anybody in the thread is called just so."""
        return name.casefold() in self._called

    def called_first(self, text: str) -> str:
        """Return the longest run of words that opens a text and is somebody's name; else its first word."""
        words = text.split(maxsplit=_MOST_WORDS)[:_MOST_WORDS]
        for count in range(len(words), 1, -1):
            name = " ".join(words[:count]).rstrip(",:;.!-–—")
            if name.casefold() in self._called:
                return name
        return words[0].rstrip(",:;.!") if words else ""

    def _loosely(self, name: str, folded: str) -> str | None:
        first, *rest = folded.split()
        for whole in _SHORT_FORMS.get(first, ()):
            if author := self._called.get(" ".join((whole, *rest))):
                return author
        if name.isupper() and 1 < len(name) < 5 and (author := self._initials.get(folded)):
            return author
        if rest and (author := self._called.get(folded.replace(" ", ""))):
            return author
        if len(folded) >= _LONG_ENOUGH_FOR_A_SLIP:
            for key in (folded, *_without_one(folded)):
                for form, author in self._slips.get(key, ()):
                    if abs(len(form) - len(folded)) <= 1:
                        return author
        return None


def _without_one(word: str) -> set[str]:
    return {word, *(word[:place] + word[place + 1 :] for place in range(len(word)))}


def bare_name(text: str) -> str:
    """Return a name without the capitalised words before it that only open the sentence; empty when none is left."""
    parts = text.split()
    while parts and parts[0].casefold().replace("’", "'").rstrip(".,") in _NO_PART:
        del parts[0]
    name = _POSSESSIVE.sub("", " ".join(parts)).rstrip(".,")
    # "System.Web" and "main.cs" are capitalised too.
    return name if len(name) > 1 and not _FILE.search(name) else ""
