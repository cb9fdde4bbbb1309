"""Who a comment says a passage is from.

The sentence around the passage is searched, the surest sign first: a header of the quotation itself, a handle or the
number of a comment, a clause of speech with a name, the name of somebody in the thread, a work, a link, a pronoun.
Vague words ("someone said") are found too: they attribute nothing.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from rules.document import Document
from rules.quotes.clauses import Clause, clause_after, clause_before
from rules.quotes.lexicon import HEARD, NO_NAME, SPEECH, WORKS, YOU, YOU_DO, YOUR, YOUR_WORDS
from rules.quotes.names import Members, bare_name
from rules.quotes.passage import Attribution, AttributionType, Span
from rules.quotes.sentence import BLANK, Surroundings, Tokens
from rules.view import Entry

_REACH = 240
_REACH_OF_PRONOUN = 600
_MOST_CALLS = 200
_NEAR = 12
_SHORT_LINE = 60
_CAPITALISED = r"[^\W\d_a-zß-öø-ÿа-я][\w.'’&-]*"
_NAME = rf"{_CAPITALISED}(?:[ \t]+(?:(?:de|van|von|der|den|al|bin|la|le|du|el|y|of)[ \t]+)*{_CAPITALISED}){{0,4}}"
_HANDLE = re.compile(r"(?<![\w.])@(\w)")
_LONGEST_HANDLE = 60
_COMMENT_NUMBER = re.compile(r"(?:\b(?:comment|post|reply|no\.?|number|Kommentar)\s*#?|#)(\d{1,5})\b", re.I)
_DIGIT = re.compile(r"\d")
_NAME_AT_NUMBER = re.compile(rf"({_NAME}|\w+)\s*@\s*(\d{{1,5}})\b")
_CALLING = r"(?:Hi|Hey|Hello|Dear|To|Re|Gee|Well|Sorry|Ah|Oh)\b[:,]?[ \t]+"
_LINE_CALL = re.compile(rf"^[ \t]*(?:@(\w[^\n]{{0,60}})|(?:{_CALLING})?({_NAME})[ \t]*(?:[,:–—-]|$))", re.M)
_CALL_BELOW = re.compile(rf"\s*\n\s*@?(?:{_CALLING})?({_NAME})[ \t]*(?:[,:.!–—-]|$)", re.M)
# A line that is nothing but a call, or opens with one: "to bobby," in any case of letters.
_CALL = re.compile(
    r"^\s*(?:(?:to|re|hi|hey|hello|dear|gee|well|sorry)\b[:,]?\s+)?(\w[\w .'-]{1,30}?)\s*(?:[,:–—-]|$)", re.I
)
_BYLINE = re.compile(rf"(?:^|\n)[^\S\n]*(?:By|Von|Par|Por|От)\s+({_NAME})\s*(?:$|\n|,)")
_QUOTE_FROM = re.compile(
    rf"^.{{0,40}}\b(?:quote|quotation|words?|line|saying)\b.{{0,20}}\b(?:from|by|of|was)\s+(?:from\s+|by\s+)?({_NAME})"
)
_SAID_BELOW = re.compile(
    r"\s*(?i:(?:(?:the|this|that)\s+)?(?:original\s+)?(?:quote|quotation|words?|line)\s+"
    rf"(?:is|was|comes?|came)\s+(?:from|by))\s+({_NAME})"
)
# A verse, a chapter: "Matthew 2:11", "appendix B", "§ 14".
_PLACE_IN_WORK = re.compile(
    r"\b(?!At\b)[A-Z][a-z]+\.? \d{1,3}:\d{1,3}\b|(?i:\b(?:appendix|chapter|section|p\.|page)|§)\s*(?:\d|[A-Z]\b)"
)
_BREAK = re.compile(r"[.!?…][\"”’)\]]*\s+(?=[\"“‘'(\[A-ZÀ-ÝА-Я])|\n")
# "What do you say?" asks, it does not quote.
_ASKING = frozenset("do would could can will should if".split())
_POSSESSIVE = re.compile(r"['’]s?$")
_URL = re.compile(r"\bhttps?://\S+|\bwww\.\S+")
_ARTICLES = YOUR | frozenset(
    "the this that his her their its der die das dem im am vom zum beim le la du au el los las del al в на из".split()
)


@dataclass(frozen=True, slots=True)
class Credit:
    """Hold what the words around a passage say of its speaker: an attribution, and the clause that tells of speech.

    `is_before` says that the clause stands before the passage, `is_addressed` that it is the person's who is spoken to.
    """

    attribution: Attribution | None
    clause: Clause | None
    is_before: bool
    is_addressed: bool


def _clause_before(around: Surroundings) -> Clause | None:
    clause = next((clause for lead in around.leads if (clause := clause_before(lead))), None)
    if clause is not None and around.follows_sentence and clause.who != "name" and BLANK not in around.before.text:
        # A sentence that ends right before the passage mostly belongs to the passage before it.
        return None
    return clause


def _is_addressed(around: Surroundings, clause: Clause | None) -> bool:
    """Tell whether the words around a passage give it to the person spoken to."""
    if clause is not None and clause.who == "you":
        return True
    above = around.above.text.rstrip()
    sides = [around.before.lows, around.after.lows[:_NEAR]]
    if above.endswith(":") or len(above) < _SHORT_LINE:
        sides.append(around.above.lows)
    for lows in sides:
        for place, low in enumerate(lows):
            near = lows[place + 1 : place + 5]
            asked = place and lows[place - 1] in _ASKING
            if low in YOU and not asked and any(word in SPEECH for word in near[:3]):
                return True
            if low in YOU and any(word in YOU_DO for word in near[:2]):
                before = lows[max(0, place - 3) : place]
                if any(word in YOUR_WORDS for word in (*near, *before)):
                    return True
            elif low in YOUR and any(word in YOUR_WORDS for word in near[:2]):
                return True
    return False


@dataclass(frozen=True, slots=True)
class _Call:
    start: int
    text: str
    name: str
    is_handle: bool
    entry: Entry


class Credits:
    """Find who a comment credits its passages to."""

    def __init__(self, members: Members, entry: Entry) -> None:
        self._members = members
        self._entry = entry

    def find(self, span: Span, around: Surroundings, holder: Entry | None) -> Credit:
        """Return the surest attribution of a passage; `holder` is the entry of the thread whose words they are."""
        before, after = _clause_before(around), clause_after(around.after)
        if after is not None and (before is None or before.who not in ("name", "he", "it", "I")):
            before = None
        if after is not None and (
            around.follows_sentence or not (around.before.words or around.above.text.rstrip().endswith(":"))
        ):
            before = None
        clause = before or after
        finder = _Finder(self._members, self._entry, span, around, holder, self._calls)
        credit = finder.find(clause, is_after=clause is after)
        addressed = _is_addressed(around, clause) or (credit is None and finder.is_called())
        return Credit(credit, clause, before is not None, addressed)

    @cached_property
    def _calls(self) -> Sequence[_Call]:
        """Those called by name at the beginning of a line."""
        found = []
        for match in islice(_LINE_CALL.finditer(self._entry.document.text), _MOST_CALLS):
            name = self._members.called_first(match[1]) if match[1] else match[2]
            number = self._members.number_of(bare_name(name), self._entry, loosely=True)
            if number is not None:
                is_handle = match[1] is not None
                shown = f"@{name}" if is_handle else match[0].strip()
                found.append(_Call(match.start(), shown, name, is_handle, self._members.view.entries[number]))
        return found


class _Finder:
    """Look for the signs of one passage's speaker."""

    def __init__(
        self,
        members: Members,
        entry: Entry,
        span: Span,
        around: Surroundings,
        holder: Entry | None,
        calls: Sequence[_Call],
    ) -> None:
        self._members = members
        self._entry = entry
        self._span = span
        self._around = around
        self._holder = holder
        self._calls = calls

    def find(self, clause: Clause | None, *, is_after: bool) -> Attribution | None:
        span, document = self._span, self._entry.document
        if span.author:
            return self._named(span.author, "name", span.author)
        if credit := self._numbered_before() or self._clause_name(clause):
            return credit
        if clause is None or clause.who != "he":
            sides = [self._named_before, self._named_after]
            for side in reversed(sides) if is_after else sides:
                if credit := side(clause):
                    return credit
        if span.form != "marks" and (match := _BYLINE.search(document.text, span.start, span.end)):
            return Attribution(match[0].strip(), "byline", match[1])
        # The words of somebody in the thread are not from a page that is linked.
        if self._holder is None and (link := _link_beside(document, span)):
            return Attribution(link, "link", None)
        if clause is not None and clause.who == "he":
            return self._pronoun(clause)
        if clause is not None and clause.who == "the" and _names_work(clause.speaker):
            return Attribution(clause.text, "work", clause.speaker)
        if work := self._work():
            return Attribution(
                work, "work", clause.speaker if clause is not None and clause.who in ("the", "some") else None
            )
        if clause is not None and clause.who == "it" and (work := self._work_before()):
            return Attribution(f"{work} ... {clause.text}", "work", None)
        if called := self._addressee():
            return called
        if clause is not None and clause.who == "I" and clause.text.split()[-1].casefold() in HEARD:
            return Attribution(clause.text, "vague", None)
        if clause is not None and clause.who in ("they", "some", "the", "we", "it"):
            return Attribution(clause.text, "vague", clause.speaker)
        return None

    def _numbered_before(self) -> Attribution | None:
        for lead in self._around.leads:
            if "@" in lead.text:
                if match := _last(_HANDLE, lead.text):
                    name = self._members.called_first(lead.text[match.start(1) : match.start(1) + _LONGEST_HANDLE])
                    return self._named(f"@{name}", "handle", name)
                if match := _last(_NAME_AT_NUMBER, lead.text):
                    return self._named(match[0], "name", match[1])
            if (
                _DIGIT.search(lead.text)
                and (match := _last(_COMMENT_NUMBER, lead.text))
                and (meant := self._numbered(match[0], match[1]))
            ):
                return meant
        return None

    def _clause_name(self, clause: Clause | None) -> Attribution | None:
        if clause is None or clause.who != "name" or not bare_name(clause.speaker):
            return None
        return self._named(clause.text, "name", clause.speaker)

    def _named_before(self, clause: Clause | None) -> Attribution | None:
        for lead in self._around.leads:
            if known := self._mentioned(lead):
                return known
            if clause is None and (owner := _owner(lead)):
                return self._named(owner, "name", owner)
            if (match := _CALL.match(lead.text)) and self._knows(match[1]):
                return self._named(match[1], "name", match[1])
        return None

    def _named_after(self, clause: Clause | None) -> Attribution | None:
        after = self._around.after
        if match := _QUOTE_FROM.match(after.text):
            return self._named(match[0].strip(" ,;.\n"), "name", match[1])
        if not after.words and (match := _SAID_BELOW.match(self._entry.document.text, self._span.outer_end)):
            return self._named(match[0].strip(), "name", match[1])
        return self._mentioned(after, _NEAR)

    def _named(self, text: str, type: AttributionType, name: str) -> Attribution:
        name = bare_name(name) or name
        number = self._members.number_of(name, self._entry, loosely=True)
        if number is None and " " in name and type == "name":
            # "the reporter Ann Lee", "Ann Lee of the council": a member is known by any part that is one's name.
            number = self._members.number_of(name.split()[0], self._entry)
        if number is None:
            return Attribution(text, type, name, None)
        found = self._members.view.entries[number]
        return Attribution(text, type, found.author, None if found.is_post else found.id)

    def _knows(self, name: str) -> bool:
        return self._members.number_of(bare_name(name), self._entry) is not None

    def _numbered(self, text: str, number: str) -> Attribution | None:
        """Return the comment that a number means: its id, else its place in the thread."""
        place = int(number)
        named = self._members.view.comment(number)
        if named is not None and named.number < self._entry.number:
            return Attribution(text, "handle", named.author, named.id)
        if 0 < place < self._entry.number:
            entry = self._members.view.entries[place]
            return Attribution(text, "handle", entry.author, entry.id)
        return None  # a number of something else: an issue, a ticket

    def _mentioned(self, tokens: Tokens, most: int | None = None) -> Attribution | None:
        """Find the name of somebody who has written in the thread, the last one before a passage, as a word."""
        for word in reversed(tokens.words[:most]):
            if (word[0].isupper() or word[0] == "@") and self._members.has(_POSSESSIVE.sub("", word.lstrip("@"))):
                name = bare_name(word.lstrip("@"))
                if name and self._knows(name):
                    return self._named(word, "name", name)
        return None

    def _addressee(self) -> Attribution | None:
        """Find the source's author called by name: by a handle above, in the line above, or right below."""
        text, span, holder = self._entry.document.text, self._span, self._holder
        if holder is None or not holder.author:
            return None
        near = text.rfind("\n", 0, max(0, text.rfind("\n", 0, span.outer_start))) + 1
        for call in self._calls:
            is_near = call.start < span.outer_start and (call.is_handle or call.start >= near)
            if is_near and call.entry.author == holder.author:
                return self._named(call.text, "handle" if call.is_handle else "name", call.name)
        if (below := _CALL_BELOW.match(text, span.outer_end)) is None:
            return None
        number = self._members.number_of(bare_name(below[1]), self._entry, loosely=True)
        if number is None or self._members.view.entries[number].author != holder.author:
            return None
        return self._named(below[1], "name", below[1])

    def is_called(self) -> bool:
        """Tell whether the source's author is called by name somewhere above: the comment speaks to him."""
        if self._holder is None or not self._holder.author:
            return False
        author, start = self._holder.author, self._span.outer_start
        return any(call.start < start and call.entry.author == author for call in self._calls)

    def _pronoun(self, clause: Clause) -> Attribution:
        """Let a pronoun stand for the member of the thread named last before it; of others only the pronoun is sure."""
        begin = max(0, self._span.outer_start - _REACH_OF_PRONOUN)
        known = self._mentioned(Tokens(self._entry.document.text[begin : self._span.outer_start]))
        if known is not None:
            return Attribution(clause.text, "pronoun", known.author, known.comment)
        return Attribution(clause.text, "pronoun", clause.speaker)

    def _work_before(self) -> str | None:
        begin = max(0, self._span.outer_start - _REACH)
        return _work_in(Tokens(self._entry.document.text[begin : self._span.outer_start]), _ARTICLES)

    def _work(self) -> str | None:
        around, holder = self._around, self._holder
        leads = [(lead, None) for lead in around.leads]
        if self._span.form == "block" and around.above not in around.leads:
            leads.append((around.above, None))
        # The words of another comment are not the article's.
        articles = YOUR if holder is not None and not holder.is_post else _ARTICLES
        for tokens, most in [*leads, (around.after, _NEAR)]:
            if work := _work_in(tokens, articles, most):
                return work
            if holder is None and (match := _last(_PLACE_IN_WORK, tokens.text)):
                return match[0]
        return None


def _names_work(phrase: str) -> bool:
    return any(word.casefold() in WORKS for word in phrase.split())


def _work_in(tokens: Tokens, articles: frozenset[str], most: int | None = None) -> str | None:
    lows = tokens.lows[:most]
    if WORKS.isdisjoint(lows) and "l'" not in tokens.text and "l’" not in tokens.text:
        return None
    for place in range(len(lows) - 1, -1, -1):
        if lows[place].startswith("l'") and lows[place][2:] in WORKS and "the" in articles:
            return tokens.words[place]
        if lows[place] in WORKS:
            for article in range(place - 1, max(-1, place - 5), -1):
                if lows[article] in articles:
                    return tokens.between(article, place + 1)
    return None


def _owner(lead: Tokens) -> str | None:
    """Return the name in the genitive that leads to the passage: "Ann's plain words", "Ann's"."""
    for place in range(len(lead) - 1, max(-1, len(lead) - 6), -1):
        word = lead.words[place]
        if word[0].isupper() and word.endswith(("'s", "’s")) and word[:-2].casefold() not in NO_NAME:
            first = place
            while first > 0 and lead.words[first - 1][0].isupper():
                first -= 1
            return bare_name(lead.between(first, place + 1)) or None
    return None


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    found = None
    for match in pattern.finditer(text):
        found = match
    return found


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
        if not _BREAK.search(between.strip()) or ("\n\n" not in between and len(between) < 80):
            return link.url
    window = text[max(0, span.outer_start - 160) : span.outer_end + 160]
    if "http" not in window and "www." not in window:
        return None
    match = _URL.search(window)
    return match[0] if match else None
