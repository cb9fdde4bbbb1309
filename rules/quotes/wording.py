"""What a quotation changes of its source's words, and which changes mean nothing.

Words that a writer marks as cut (with an ellipsis) or as his own (in brackets), code, addresses and masked words are
left out of the comparison. What remains is a list of places where the two differ. Most such places are harmless: a
word of grammar, an inflection, a slip of typing. `is_telling` tells those that change what is said.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence

from rules.quotes.alignment import Copy, differences
from rules.words import Words

_CUT = re.compile(r"…|\.\s?\.[. ]*|[<(*]{1,3}\s?(?:snip|cut|\.\.\.)\s?[>)*]{1,3}|-{2,5}\s?snip\w{0,5}\s?-{2,5}", re.I)
# Whole lines are left out of a block by trimming it: a paragraph's end may hide some.
_PARAGRAPH = re.compile(r"\n[>\s]*\n|(?<=[.!?:…\"”)])[ \t]*\n[>\s]*(?=[\"“(]?[A-Z])")
# With what touches them: "[T]he", "ask[ed]", "put(s)".
_ADDED = re.compile(
    r"(?:(?<!\w)\w{1,30})?\[[^\[\]]{0,120}\]\w*|(?<!\w)\w{1,30}\(\w{1,4}\)\w*|"
    r"&#?\w{1,9};|\((?:sic|[^()]{0,30}emphasis[^()]{0,30})\)",
    re.I,
)
# Not words of speech: code, addresses, HTML that shows, handles, masked words.
_MASKED = re.compile(r"\w{1,9}\*{1,9}\w{0,9}|X{3,9}")
_TOKEN = re.compile(r"\S+")
_UNSPOKEN = re.compile(r"://|www\.|\w[_=\\@<>|*]{1,9}\w|[{}=\\]|XXX|(?:^|\W)@\w|<[/\w]|^--?[A-Za-z]|(?<!\w)\w{1,2}\*\*")
_END_OF_SENTENCE = re.compile(r"[.!?…:][\"”’')\]]*\s*\Z")
# Unequal words at an end are a changed end when they are few, and else mostly the writer's own.
_LOOSE = 2
# With fewer equal words beside it an unequal end is another quotation's.
_FIRM = 8
_FEW = 6
_MARKED_CUT = 60
_SLACK = 2
_REACH = 12
_SLIDE = 20

_LIGHT = frozenset(
    "a an the this that these those it its there here of in on at to by with from into onto upon for as over through "
    "about among between within toward towards during per via and but so then also too well very really quite rather "
    "indeed just even still already yet now again oh is are was were am be been being has have had having do does did "
    "get gets got which who whom whose what when where while since because thus therefore however though although "
    "like such own s t d ll re ve m".split()
)
_TELLING = frozenset("no not never none nor neither nobody nothing without hardly scarcely barely".split())
_PERSONS = frozenset(
    "i me my mine myself we us our ours ourselves you your yours yourself yourselves he him his himself she her hers "
    "herself they them their theirs themselves one ones one's".split()
)
_DEIXIS = frozenset("i me my mine myself we us our ours ourselves you your yours yourself yourselves".split())
_ENDINGS = ("'s", "ing", "ies", "ied", "ed", "es", "s", "ly", "er", "y", "e", "d")
_AFFIXES = re.compile(r"(?:un|in|im|il|ir|dis|non|anti|mis|de|a|under|over|re)|less|ful")
_NUMBERS = {word: str(number) for number, word in enumerate(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty".split())}  # fmt: skip
_NUMBERS |= {"1st": "first", "2nd": "second", "3rd": "third"}
_IRREGULAR = {
    "said": "say", "wrote": "write", "written": "write", "told": "tell", "thought": "think", "took": "take",
    "taken": "take", "made": "make", "knew": "know", "known": "know", "gave": "give", "given": "give", "came": "come",
    "went": "go", "gone": "go", "saw": "see", "seen": "see", "found": "find", "ran": "run", "began": "begin",
    "begun": "begin", "left": "leave", "meant": "mean", "felt": "feel", "kept": "keep", "held": "hold",
    "built": "build", "brought": "bring", "bought": "buy", "men": "man", "women": "woman", "children": "child",
    "people": "person",
}  # fmt: skip
_SHORT_FORMS = (
    ("can't", "can not"), ("cannot", "can not"), ("won't", "will not"), ("shan't", "shall not"), ("let's", "let us"),
    ("gonna", "going to"), ("wanna", "want to"),
)  # fmt: skip
_IS = re.compile(r"(it|he|she|that|there|here|what|who|how|where|this)'s")
_CONTRACTED = (("n't", " not"), ("'re", " are"), ("'ve", " have"), ("'ll", " will"), ("'m", " am"), ("'d", " would"))
_MISSING_APOSTROPHE = re.compile(r"(do|does|did|is|are|was|were|wo|would|ca|could|should|has|have|had)nt")


def changes(text: str, words: Words, part: range, source_text: str, source: Words, copy: Copy) -> list[tuple[str, str]]:
    """Return the places where the words `part` of a text differ from their source: (source's, text's) words each.

    `copy` is the part's place in the source, as matching found it. Words at the part's ends that have no equal are
    told when they are few and the source has as many in their place.
    """
    if copy.matched == len(part) == copy.source_end - copy.source_start:
        return []
    begin, end = words.start(part.start), words.end(part.stop - 1)
    while begin and text[begin - 1] in "[(@":
        begin -= 1
    while end < len(text) and text[end] in ")];*":
        end += 1
    cuts = [mark.start() for kind in (_CUT, _PARAGRAPH) for mark in kind.finditer(text, begin, end)]
    added = {
        at
        for kind in (_ADDED, _MASKED)
        for mark in kind.finditer(text, begin, end)
        for at in words.within(*mark.span())
    }
    dropped = added | _unspoken(text, words, begin, end)
    own = [at for at in part if at not in dropped]
    gaps = {bisect_left(own, at) for at in (*added, *(words.within(cut, end).start for cut in cuts))}
    if not own:
        return []
    folded = [words.folded[at] for at in own]
    # The nearest words first: with more of the source at hand a small word may be taken for one that stands far off.
    # Behind a cut near an end too few words may stand for matching to have found them.
    near = _held(copy, part, source_text, source, _SLACK)
    far = _held(copy, part, source_text, source, _REACH + _MARKED_CUT * bool(gaps))
    ways = [(differences(folded, [source.folded[at] for at in held]), held) for held in (near, far) if held]
    opcodes, held = min(ways, key=lambda way: sum(d - c for *_, c, d in way[0]), default=([], near))
    others = [source.folded[at] for at in held]
    found: list[tuple[str, str]] = []
    for place, (a, b, c, d) in enumerate(opcodes):
        before = c - (opcodes[place - 1][3] if place else 0)
        after = (opcodes[place + 1][2] if place + 1 < len(opcodes) else len(folded)) - d
        if not before or not after:
            if not 0 < d - c <= _LOOSE or max(before, after) < _FIRM or gaps & {c, d}:
                continue
            if _is_harmless_end(others[a:b], folded[c:d], at_start=not before):
                continue
            a, b = (a, min(b, a + d - c)) if before else (max(a, b - d), b)
            if a == b or _ends_sentence(source_text, source, held, a if before else b):
                continue
        elif c == d:
            if b - a > _LOOSE and min(before, after) < 2:
                continue  # an equal word far off, not the rest of the quotation
            if all(_ends_sentence(source_text, source, held, at) for at in (a, b)):
                continue
        elif a == b and (d - c > _FEW or _is_aside(text, words.start(own[c]), words.end(own[d - 1]))):
            continue
        elif min(b - a, d - c) > _FEW or b - a > d - c + _FEW:
            continue  # other words altogether
        if not _is_marked(gaps, others, a, b, c, d):
            found.append((" ".join(others[a:b]), " ".join(folded[c:d])))
    return _without_moved(found)


def _held(copy: Copy, part: range, source_text: str, source: Words, reach: int) -> list[int]:
    """Return the source's words that a passage is held against: its place in the source and `reach` words around."""
    first = max(0, copy.source_start - (copy.start - part.start) - reach)
    last = min(len(source), copy.source_end + part.stop - copy.end + reach)
    unspoken = _unspoken(source_text, source, source.start(first), source.end(last - 1))
    return [at for at in range(first, last) if at not in unspoken]


def _unspoken(text: str, words: Words, begin: int, end: int) -> set[int]:
    """Return the words of a stretch that nobody speaks."""
    tokens = (token for token in _TOKEN.finditer(text, begin, end) if _UNSPOKEN.search(token[0]))
    return {at for token in tokens for at in words.within(*token.span())}


def _ends_sentence(text: str, source: Words, held: Sequence[int], at: int) -> bool:
    """Tell whether a sentence of the source ends before the word `at` of those held against the quotation."""
    if not 0 < at < len(held):
        return at > 0
    return bool(_END_OF_SENTENCE.search(text, source.end(held[at - 1]), source.start(held[at])))


def _is_aside(text: str, start: int, end: int) -> bool:
    """Tell whether a stretch stands in parentheses of its own."""
    return text[start - 1 : start] == "(" and ")" in text[end : end + 2]


def _is_harmless_end(source: Sequence[str], own: Sequence[str], *, at_start: bool) -> bool:
    """Tell whether the source has what means the same there, in fewer or more words."""
    now = " ".join(own)
    ends = (source[-size:] if at_start else source[:size] for size in range(1, len(own) + 2))
    return not all(is_telling(" ".join(end), now) for end in ends)


def _is_marked(gaps: set[int], source: Sequence[str], a: int, b: int, c: int, d: int) -> bool:
    """Tell whether a marked cut stands where the source's words `a` to `b` are missing before the own word `c`.

    Where equal words stand at both sides of a gap it may as well be taken for one some words further on.
    """
    if any(at in gaps for at in range(c, d + 1)):
        return True
    if c < d or not gaps:
        return False
    at, first, last = c, a, b
    while 0 < first and c - at < _SLIDE and source[first - 1] == source[last - 1]:
        first, last, at = first - 1, last - 1, at - 1
        if at in gaps:
            return True
    at, first, last = c, a, b
    while last < len(source) and at - c < _SLIDE and source[first] == source[last]:
        first, last, at = first + 1, last + 1, at + 1
        if at in gaps:
            return True
    return False


def _without_moved(found: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Leave out what is left out at one place and added at another."""
    gone = {was for was, now in found if was and not now}
    come = {now for was, now in found if now and not was}
    moved = gone & come
    return [pair for pair in found if not ({*pair} - {""} <= moved)] if moved else found


def is_telling(was: str, now: str) -> bool:
    """Tell whether the change from `was` to `now`, both folded words, changes what is said.

    Grammar's small words, inflections, variants and slips of spelling, short forms, and I for you do not.
    """
    before, after = _plain(was), _plain(now)
    if "".join(before).replace("'", "") == "".join(after).replace("'", ""):
        return False
    if sum(word in _TELLING for word in before) != sum(word in _TELLING for word in after):
        return True
    if len(before) == len(after) and all(map(_is_alike, before, after)):
        return False
    before = [word for word in before if word not in _LIGHT]
    after = [word for word in after if word not in _LIGHT]
    if len(before) != len(after):
        return not all(word in _DEIXIS for word in (*before, *after))
    return not all(_is_alike(one, other) for one, other in zip(before, after, strict=True))


def _plain(text: str) -> list[str]:
    words: list[str] = []
    for word in text.split():
        for short, full in _SHORT_FORMS:
            word = full if word == short else word
        word = _MISSING_APOSTROPHE.sub(r"\1 not", word) if _MISSING_APOSTROPHE.fullmatch(word) else word
        word = _IS.sub(r"\1 is", word) if _IS.fullmatch(word) else word
        for ending, full in _CONTRACTED:
            if word.endswith(ending):
                word = word[: -len(ending)] + full
        word = {"ca not": "can not", "wo not": "will not"}.get(word, word)
        words += (_NUMBERS.get(part, part) for part in word.split())
    return words


def _is_alike(one: str, other: str) -> bool:
    """Tell two forms or spellings of one word."""
    if one == other or (one in _DEIXIS and other in _DEIXIS):
        return True
    if one in _PERSONS or other in _PERSONS or one[:1].isdigit() or other[:1].isdigit():
        return False
    one, other = one.replace("'", ""), other.replace("'", "")
    if _stem(one) == _stem(other):
        return True
    shorter, longer = sorted((one, other), key=len)
    return len(shorter) > 3 and (_is_slip(shorter, longer) or _is_abbreviation(shorter, longer))


def _stem(word: str) -> str:
    word = _IRREGULAR.get(word, word)
    word = word.replace("our", "or").replace("ise", "ize").replace("isa", "iza").replace("ogue", "og")
    for _ in range(2):
        for ending in _ENDINGS:
            if word.endswith(ending) and len(word) - len(ending) >= 3:
                word = word[: -len(ending)]
                break
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] else word


def _is_abbreviation(shorter: str, longer: str) -> bool:
    """Tell govt for government: the ends, and some letters between them in their order."""
    letters = iter(longer)
    return shorter[0] == longer[0] and shorter[-1] == longer[-1] and all(letter in letters for letter in shorter)


def _is_slip(shorter: str, longer: str) -> bool:
    """Tell a slip of typing: a letter too many, two letters in the wrong order, another vowel; an affix is none."""
    head = 0
    while head < len(shorter) and shorter[head] == longer[head]:
        head += 1
    tail = 0
    while tail < len(shorter) - head and shorter[-1 - tail] == longer[-1 - tail]:
        tail += 1
    one, other = shorter[head : len(shorter) - tail], longer[head : len(longer) - tail]
    if not one:
        return len(other) == 1 and not (head == 0 and _AFFIXES.fullmatch(other))
    if len(one) == len(other) == 2:
        return one == other[::-1]
    return len(one) == len(other) == 1 and len(shorter) > 4 and {one, other} <= set("aeiouy")
