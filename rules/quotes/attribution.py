"""Who a comment says a passage is from.

The words just before and just after the passage are searched, the surest sign first: a header of the quotation
itself, a handle, the name of somebody in the thread, a name with a verb of speech, a work, a link, a pronoun. Vague
words ("someone said") are found too: they attribute nothing.
"""

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from rules.document import Document
from rules.quotes.lexicon import ACCORDING, PRONOUNS, SPEECH_VERBS, VAGUE, WORKS
from rules.quotes.passage import Attribution, AttributionType, Span
from rules.view import Entry, ThreadView

_REACH = 240
_SHORT_LINE = 60
_REACH_OF_PRONOUN = 600
_REACH_OF_CALL = 5000
_SENTENCE_END = re.compile(
    r"(?<!\b[A-Z])(?<!\bMr)(?<!\bMs)(?<!\bDr)(?<!\bMrs)(?<!\bRep)(?<!\bSen)(?<!\bGov)(?<!\bProf)[.!?…][\"”’')\]]*\s+(?=[\"“‘'(\[A-ZÀ-ÝА-Я])|\n"
)
_CAPITALISED = r"[^\W\d_a-zß-öø-ÿа-я][\w.'’&-]*"
_NAME = rf"{_CAPITALISED}(?:\s+(?:(?:de|van|von|der|den|al|bin|la|le|du|el|y|of)\s+)*{_CAPITALISED}){{0,4}}"
_FILE = re.compile(r"\w\w\.\w\w")
_NO_NAME = frozenset(
    "i a an the if when but and so or as it its it's i'm i'd i've i'll you your he she they we this that these "
    "those there in on at to of for from by with not no yes now then what who why how which where while well just "
    "also like my his her their our one some all any because since after before although though here let me be is "
    "are was were do does did have has had can could would should will may might maybe perhaps yeah ok okay oh hi "
    "hey hello thanks lol imho imo ps edit update ja nein und oder aber ich du er sie es wir ihr der die das ein "
    "eine mais et ou je tu il elle nous vous le la les un une el los las pero y o yo earlier later recently once "
    "today yesterday again finally still previously originally according quote quoting someone somebody people "
    "many everyone everybody anyone others another jemand alguien кто-то oops ahh ah likewise additionally "
    "furthermore anyway instead re eg ie error sorry mr mrs ms dr first second however moreover otherwise "
    "meanwhile therefore thus hence besides apparently obviously basically actually specifically generally "
    "personally honestly seriously interestingly unfortunately fortunately similarly clearly surely sometimes "
    "often usually nope wow hmm ugh yep sure right true good great nice love agreed renaming learning reading "
    "using saying".split()
)

_HANDLE = re.compile(r"(?<![\w.])@([\w][\w.-]*\w|\w)")
_COMMENT_NUMBER = re.compile(r"(?:\b(?:comment|post|reply|no\.?|number|Kommentar)\s*#?|#)(\d{1,5})\b", re.I)
_NAME_AT_NUMBER = re.compile(rf"({_NAME}|\w+)\s*@\s*(\d{{1,5}})\b")
_BEFORE_NAME_VERB = re.compile(rf"({_NAME})(?:\s*\([^()]{{0,60}}\))?,?\s+(?:\w+(?:ly)?\s+){{0,2}}{SPEECH_VERBS}\b")
_BEFORE_VERB_NAME = re.compile(rf"\b(?!told){SPEECH_VERBS}\s+({_NAME})\s*[,:–—-]?\s*$")
_BEFORE_ACCORDING = re.compile(rf"\b(?i:{ACCORDING})\s+(?:the\s+)?({_NAME})")
_BEFORE_POSSESSIVE = re.compile(rf"({_NAME})['’]s?\s+(?:\w+\s+){{0,5}}$")
_BEFORE_VOCATIVE = re.compile(
    rf"(?:^|\n)\s*(?:(?:Hi|Hey|Hello|Dear|Gee|Well|Sorry|Actually|Yes|No|Oh)\s*,?\s+)?({_NAME})\s*(?:[,:;–—-]|\n|$)"
)
_LINE_CALL = re.compile(
    rf"^[ \t]*(?:(?:Hi|Hey|Hello|Dear|To|Re)\b,?[ \t]+)?@?({_NAME}|(?<=@)[\w.-]+)[ \t]*(?:[,:–—-]|$)", re.M
)
# A line that is nothing but a call: "to bobby," in any case of letters.
_CALL = re.compile(r"^\s*(?:(?:to|re|hi|hey|hello|dear)\b[:,]?\s+)?(\w[\w .'-]{1,30}?)\s*[,:–—-]?\s*$", re.I)
_AFTER_VERB_NAME = re.compile(rf"^[\s,;.]*(?!told){SPEECH_VERBS}\s+(?:[a-z]+\s+){{0,5}}({_NAME})")
_AFTER_NAME_VERB = re.compile(
    rf"^[\s,;.]*(?:as\s+)?(?:[a-z]+\s+){{0,2}}({_NAME}(?:\s+[a-z]+){{0,3}}(?:\s+{_NAME})?)(?:\s*\([^()]{{0,40}}\))?(?:\s+\w+ly)?\s+{SPEECH_VERBS}\b"
)
_AFTER_DASH = re.compile(rf"^[\s.,]*(?:[-–—―~]{{1,3}}|\()\s*(?:by\s+)?({_NAME})\s*(?:[,)(\n.]|$)")
_AFTER_QUOTE_FROM = re.compile(
    rf"^.{{0,40}}\b(?:quote|quotation|words?|line|saying)\b.{{0,20}}\b(?:from|by|of)\s+({_NAME})"
)
_AFTER_ACCORDING = re.compile(rf"^[\s,;.]*(?:\()?{ACCORDING}\s+(?:the\s+)?({_NAME})")
_BYLINE = re.compile(rf"(?:^|\n)[^\S\n]*(?:By|Von|Par|Por|От)\s+({_NAME})\s*(?:$|\n|,)")
_WORK = re.compile(
    rf"\b(?:the|this|that|your|his|her|their|its|der|die|das|dem|dein|le|la|l'|votre|ton|el|tu|su|our)\s+(?:[\w'’.-]+\s+){{0,3}}?{WORKS}\b",
    re.I,
)
# A verse, a chapter: "Matthew 2:11", "appendix B", "§ 14".
_PLACE_IN_WORK = re.compile(
    r"\b(?!At\b)[A-Z][a-z]+\.? \d{1,3}:\d{1,3}\b|(?i:\b(?:appendix|chapter|section|p\.|page)|§)\s*(?:\d|[A-Z]\b)"
)
_VAGUE = re.compile(rf"\b{VAGUE}\s+(?:\w+\s+){{0,3}}?{SPEECH_VERBS}\b|\b(?:I|we)\s+(?:read|heard|saw)\b", re.I)
_IT_SAYS = re.compile(
    r"\b(?:it|which|that|es|il|elle)\s+(?:\w+\s+)?(?:says|states|reads|said|stated|claims|explains|steht|dit)\b", re.I
)
_PRONOUN = re.compile(rf"\b{PRONOUNS}\s+(?:\w+\s+)?{SPEECH_VERBS}\b", re.I)
_PRONOUN_WORD = re.compile(rf"\b{PRONOUNS}\b", re.I)
_AFTER_PRONOUN = re.compile(rf"^[\s,;.]*{PRONOUNS}\s+(?:\w+\s+)?{SPEECH_VERBS}\b", re.I)
_ADDRESSED = re.compile(
    rf"\b(?:you|du|Sie|vous|tu|usted|вы|ты)(?:['’](?:re|ve|d))?\s+(?:\w+\s+){{0,3}}?{SPEECH_VERBS}\b|"
    r"\byour?\s+(?:own\s+)?(?:words?|claim|statement|point|comment|question|quote|assertion|argument|reply|view)\b|"
    r"\b(?:points?|claims?|questions?|statements?|arguments?|things?)\s+(?:that\s+)?you(?:['’]ve)?\s+(?:make|made|raise|raised|asked|posed)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Hold the words around a passage: its sentence before and after it, and the line above when it opens a line."""

    before: str
    after: str
    above: str

    @property
    def leads(self) -> list[str]:
        """The words that lead to the passage: a sentence above that is over, and long, speaks of something else."""
        over = len(self.above) > _SHORT_LINE and self.above.rstrip().endswith((".", "!", "?"))
        return [lead for lead in (self.before, "" if over else self.above) if lead.strip()]


def surroundings(text: str, span: Span) -> Surroundings:
    """Cut out the words around a passage that can tell whose it is."""
    begin = max(0, span.outer_start - _REACH)
    before = text[begin : span.outer_start]
    above = ""
    if not before.strip(" \t") or before.rstrip(" \t").endswith("\n"):
        above = _last_sentence(before.rstrip().rpartition("\n")[2])
        before = ""
    else:
        before = _last_sentence(before)
    after = text[span.outer_end : span.outer_end + _REACH]
    if (end := _SENTENCE_END.search(after.lstrip(" .,"))) is not None:
        after = after[: end.end() + len(after) - len(after.lstrip(" .,"))]
    return Surroundings(before, after, above)


def _last_sentence(text: str) -> str:
    ends = [match.end() for match in _SENTENCE_END.finditer(text) if text[match.end() :].strip()]
    return text[ends[-1] :] if ends else text


def is_addressed(around: Surroundings) -> bool:
    """Tell whether the words around a passage give it to the person spoken to."""
    return bool(
        _ADDRESSED.search(around.before) or _ADDRESSED.search(around.above) or _ADDRESSED.search(around.after[:60])
    )


def find_attribution(
    view: ThreadView, entry: Entry, span: Span, around: Surroundings, holder: Entry | None
) -> Attribution | None:
    """Return the surest attribution of a passage, or None; `holder` is the entry that has the words, if one does."""
    resolver = _Resolver(view, entry)
    if span.author:
        return resolver.named(span.author, "name", span.author)
    document, leads = entry.document, around.leads
    # A sentence that ends right before the passage mostly belongs to the passage before: what follows comes first.
    signs = (
        [_named_after, _named_before]
        if around.before.rstrip().endswith((".", "!", "?"))
        else [_named_before, _named_after]
    )
    for find in signs:
        if credit := find(resolver, around):
            return credit
    if (known := resolver.mentioned(around.after[:60])) is not None:
        return known
    if span.form != "marks" and (match := _BYLINE.search(document.text, span.start, span.end)):
        return Attribution(match[0].strip(), "byline", match[1])
    # The words of somebody in the thread are not from a page that is linked.
    if holder is None and (link := _link_beside(document, span)):
        return Attribution(link, "link", None)
    for lead in [*leads, around.after[:80], around.above if span.form == "block" else ""]:
        if match := _last(_WORK, lead) or _last(_PLACE_IN_WORK, lead):
            return Attribution(match[0], "work", None)
    if holder is not None and holder.author and (called := resolver.addressee(span.outer_start, holder)):
        return called
    for lead in leads:
        if match := _last(_VAGUE, lead):
            return Attribution(match[0], "vague", None)
        if match := _last(_IT_SAYS, lead):
            before = document.text[max(0, span.outer_start - _REACH) : span.outer_start]
            if work := _last(_WORK, before):
                return Attribution(f"{work[0]} ... {match[0]}", "work", None)
        if match := _last(_PRONOUN, lead):
            before = document.text[max(0, span.outer_start - _REACH_OF_PRONOUN) : span.outer_start]
            return resolver.pronoun(match[0], before)
    if match := _AFTER_PRONOUN.match(around.after):
        before = document.text[max(0, span.outer_start - _REACH_OF_PRONOUN) : span.outer_start]
        return resolver.pronoun(match[0].strip(" ,;."), before)
    return None


def _named_before(resolver: "_Resolver", around: Surroundings) -> Attribution | None:
    for lead in around.leads:
        if "@" in lead:
            if match := _last(_HANDLE, lead):
                return resolver.named(match[0], "handle", match[1])
            if match := _last(_NAME_AT_NUMBER, lead):
                return resolver.named(match[0], "name", match[1])
        if (match := _last(_COMMENT_NUMBER, lead)) and (meant := resolver.numbered(match[0], match[1])):
            return meant
        if known := resolver.mentioned(lead):
            return known
        for pattern in (_BEFORE_NAME_VERB, _BEFORE_VERB_NAME, _BEFORE_ACCORDING, _BEFORE_POSSESSIVE):
            if (match := _last(pattern, lead)) and _is_name(match[1]):
                return resolver.named(match[0].strip(), "name", match[1])
        for call in (_BEFORE_VOCATIVE, _CALL):
            if (match := _last(call, lead)) and resolver.knows(match[1]):
                return resolver.named(match[1], "name", match[1])
    return None


def _named_after(resolver: "_Resolver", around: Surroundings) -> Attribution | None:
    for pattern in (_AFTER_VERB_NAME, _AFTER_NAME_VERB, _AFTER_DASH, _AFTER_ACCORDING, _AFTER_QUOTE_FROM):
        if (match := pattern.match(around.after)) and _is_name(match[1]):
            return resolver.named(match[0].strip(" ,;.\n"), "name", match[1])
    return None


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    found = None
    for match in pattern.finditer(text):
        found = match
    return found


def _is_name(text: str) -> bool:
    return bool(_bare_name(text))


def _bare_name(text: str) -> str:
    """Return a name without the capitalised words before it that only open the sentence."""
    parts = text.split()
    while parts and re.split(r"['’]", parts[0])[0].casefold().rstrip(".,") in _NO_NAME:
        del parts[0]
    name = re.sub(r"['’]s?$", "", " ".join(parts)).rstrip(".,")
    # "System.Web" and "main.cs" are capitalised too.
    return name if len(name) > 1 and not _FILE.search(name) else ""


def _link_beside(document: Document, span: Span) -> str | None:
    """Return the URL of a link in the passage, around it, or in the sentence before or after it."""
    text = document.text
    # Anchors do not overlap, but for pictures inside them: the links around one place stand together.
    first = bisect_left(document.links, span.outer_start - _REACH, key=lambda link: link.start)
    stop = bisect_right(document.links, span.outer_end + _REACH, first, key=lambda link: link.start)
    for link in document.links[max(0, first - 3) : stop]:
        if link.is_image or link.end < span.outer_start - _REACH or link.start > span.outer_end + _REACH:
            continue
        between = text[link.end : span.outer_start] if link.start < span.start else text[span.outer_end : link.start]
        if not _SENTENCE_END.search(between.strip()) or ("\n\n" not in between and len(between) < 80):
            return link.url
    match = re.search(r"\bhttps?://\S+|\bwww\.\S+", text[max(0, span.outer_start - 160) : span.outer_end + 160])
    return match[0] if match else None


class _Resolver:
    """Resolve names against the authors of the thread."""

    def __init__(self, view: ThreadView, entry: Entry) -> None:
        self._view = view
        self._entry = entry

    def named(self, text: str, type: AttributionType, name: str) -> Attribution:
        name = _bare_name(name) or name
        number = self._number_of(name)
        found = self._view.entries[number] if number is not None else None
        comment = found.id if found and not found.is_post else None
        return Attribution(text, type, found.author if found else name, comment)

    def knows(self, name: str) -> bool:
        """Tell whether somebody of that name has written in the thread."""
        return self._number_of(_bare_name(name)) is not None

    def numbered(self, text: str, number: str) -> Attribution | None:
        place = int(number)
        named = self._view.comment(number)
        if named is not None and named.number < self._entry.number:
            return Attribution(text, "handle", named.author, named.id)
        if 0 < place < self._entry.number:
            entry = self._view.entries[place]
            return Attribution(text, "handle", entry.author, entry.id)
        return None  # a number of something else: an issue, a ticket

    def mentioned(self, lead: str) -> Attribution | None:
        """Find the name of somebody who has written in the thread, as a word of the lead."""
        best: tuple[int, str, str] | None = None
        for match in re.finditer(rf"{_NAME}|\b[\w.-]{{3,}}\b", lead):
            word = re.sub(r"['’]s?$", "", match[0])
            if word[0].isupper() and _is_name(word) and self._number_of(word) is not None:
                best = match.start(), match[0], word
        return self.named(best[1], "name", best[2]) if best else None

    def addressee(self, before: int, holder: Entry) -> Attribution | None:
        """Find the source's author called by name at the start of an earlier line: what follows answers him."""
        for match in _LINE_CALL.finditer(self._entry.document.text, max(0, before - _REACH_OF_CALL), before):
            number = self._number_of(_bare_name(match[1]))
            if number is not None and self._view.entries[number].author == holder.author:
                return self.named(match[0].strip(), "handle" if "@" in match[0] else "name", match[1])
        return None

    def pronoun(self, text: str, before: str) -> Attribution:
        """Let a pronoun stand for the member of the thread named last before it; of others only the pronoun is sure."""
        known = self.mentioned(before)
        if known is not None:
            return Attribution(text, "pronoun", known.author, known.comment)
        word = _PRONOUN_WORD.search(text)
        return Attribution(text, "pronoun", word[0] if word else None)

    def _number_of(self, name: str) -> int | None:
        """Return the number of the latest earlier entry by somebody of that name, given whole or by its first word."""
        author = self._view.called.get(name.strip().casefold())
        if author is None:
            return None
        numbers = self._view.authors[author]
        earlier = bisect_left(numbers, self._entry.number)
        return numbers[earlier - 1] if earlier else None
