"""Real quotations of the shared threads, each corrupted in one known way, and honest variants of them."""

import html
import json
import random
import re
import sys
import textwrap
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from adapters.thread import Comment, Format, Thread
from bench.corpora import CORPORA
from rules.quotes.spans import find_spans
from rules.stopwords import STOPWORDS
from rules.view import Entry, ThreadView
from rules.words import Words, fold

SEED = 20
FEWEST, MOST = 10, 60
ENTRIES_BEFORE = 12
PER_THREAD = 3
LIMITS = {"labelled": 60, "blogs": 90, "issues": 40, "news": 60, "forum": 200}

NEGATIONS = {"not", "never"}
CONTRACTED = {
    "don't": "do", "doesn't": "does", "didn't": "did", "isn't": "is", "aren't": "are", "wasn't": "was",
    "weren't": "were",
    "won't": "will", "wouldn't": "would", "can't": "can", "cannot": "can", "couldn't": "could", "shouldn't": "should",
    "hasn't": "has", "haven't": "have", "hadn't": "had",
}  # fmt: skip
AUXILIARIES = set("is are was were will would should could can does do did has have had must may might".split())
NUMBERS = (
    "two three four five six seven eight nine ten eleven twelve twenty thirty fifty hundred thousand million".split()
)
JOINTS = set("and but because which that if when who while although unless or so as where".split())
LONG_FORMS = {
    "don't": "do not", "doesn't": "does not", "isn't": "is not", "can't": "cannot", "won't": "will not",
    "it's": "it is", "i'm": "I am", "that's": "that is", "didn't": "did not", "wouldn't": "would not",
}  # fmt: skip
VARIANTS = {
    "color": "colour", "behavior": "behaviour", "favor": "favour", "realize": "realise", "center": "centre",
    "behaviour": "behavior", "colour": "color", "organize": "organise", "toward": "towards",
}  # fmt: skip


@dataclass(frozen=True)
class Quotation:
    """Hold a real quotation: the comment that makes it, the entry that it is from, and the words there."""

    corpus: str
    thread: Thread
    view: ThreadView
    number: int
    holder: int
    start: int  # in words of the holder
    stop: int
    before: str
    after: str

    @property
    def text(self) -> str:
        words = self.view.entries[self.holder].words
        return self.view.entries[self.holder].document.text[words.start(self.start) : words.end(self.stop - 1)]

    @property
    def author(self) -> str:
        return self.view.entries[self.holder].author or ""


@dataclass(frozen=True)
class Case:
    """Hold a thread whose last comment quotes; `planted` are the words that a report must name, None for no report."""

    rule: str
    kind: str
    thread: Thread
    quoted: str
    planted: Sequence[str] | None


# Real quotations


def quotations(shared: Path, corpus: str) -> Iterator[Quotation]:
    """Yield the quotations of a corpus that stand word for word in an earlier entry by somebody else."""
    for thread in CORPORA[corpus](shared):
        view = ThreadView(thread)
        found = _gold(shared, view) if corpus == "forum" else _set_off(view)
        rng = random.Random(f"{SEED} {corpus} {thread.id}")  # noqa: S311  # no secret is made of it
        chosen = list(found)
        rng.shuffle(chosen)
        taken = 0
        for entry, start, end in chosen:
            if taken == PER_THREAD:
                break
            if (one := _traced(corpus, thread, view, entry, start, end)) is not None:
                taken += 1
                yield one


def _set_off(view: ThreadView) -> Iterator[tuple[Entry, int, int]]:
    for entry in view.entries[1:]:
        for span in find_spans(entry.document):
            yield entry, span.start, span.end


def _gold(shared: Path, view: ThreadView) -> Iterator[tuple[Entry, int, int]]:
    spans = _gold_spans(shared)
    for entry in view.entries[1:]:
        for start, end in spans.get(entry.id, ()):
            yield entry, start, end


_GOLD: dict[str, list[tuple[int, int]]] = {}


def _gold_spans(shared: Path) -> dict[str, list[tuple[int, int]]]:
    if not _GOLD:
        import gzip

        with gzip.open(shared / "data" / "iac4forums" / "developers.jsonl.gz", "rt", encoding="utf-8") as lines:
            for line in lines:
                for post in json.loads(line)["posts"]:
                    _GOLD[str(post["id"])] = [(quote["start"], quote["end"]) for quote in post["quotes"]]
    return _GOLD


def _traced(corpus: str, thread: Thread, view: ThreadView, entry: Entry, start: int, end: int) -> Quotation | None:
    words = entry.words.folded[entry.words.within(start, end).start : entry.words.within(start, end).stop]
    words = words[:MOST]
    if len(words) < FEWEST or not entry.author:
        return None
    needle = f" {' '.join(words)} "
    for holder in view.entries[: entry.number]:
        hay = f" {' '.join(holder.words.folded)} "
        at = hay.find(needle)
        if at < 0:
            continue
        if not holder.author or holder.author.casefold() == entry.author.casefold() or _is_code(needle):
            return None
        first = hay.count(" ", 0, at)
        before = entry.document.text[:start].rstrip(" \t\n>\"“'‘«[(").rpartition("\n\n")[2][-300:]
        after = entry.document.text[end:].lstrip(" \t\n>\"”'’»])").partition("\n\n")[0][:300]
        return Quotation(corpus, thread, view, entry.number, holder.number, first, first + len(words), before, after)
    return None


def _is_code(text: str) -> bool:
    return sum(text.count(sign) for sign in "(){}[]<>=;_\\|/") * 8 > len(text.split())


# How quotations are set


def _marked(opening: str, closing: str) -> Callable[[str], str]:
    return lambda text: f"{opening}{' '.join(text.split())}{closing}"


def _lines(text: str) -> str:
    return "\n".join(
        "> " + line
        for line in textwrap.wrap(" ".join(text.split()), 72, break_long_words=False, break_on_hyphens=False)
    )


SETTINGS: Sequence[tuple[str, Format, Callable[[str], str]]] = (
    ("curly marks", "plain", _marked("“", "”")),
    ("straight marks", "plain", _marked('"', '"')),
    ("> lines", "plain", lambda text: f"\n\n{_lines(text)}\n\n"),
    ("Markdown block", "markdown", lambda text: f"\n\n> {' '.join(text.split())}\n\n"),
    ("HTML block", "html", lambda text: f"</p><blockquote><p>{html.escape(text)}</p></blockquote><p>"),
    ("guillemets", "plain", _marked("« ", " »")),
)


def _body(quotation: Quotation, format: Format, quoted: str) -> str:
    before, after = quotation.before, quotation.after
    if format == "html":
        return f"<p>{html.escape(before)} {quoted} {html.escape(after)}</p>"
    if format == "markdown":
        before, after = (re.sub(r"([*_#<>\[\]`])", r"\\\1", part) for part in (before, after))
    return f"{before} {quoted} {after}".strip()


def _thread(quotation: Quotation, body: str, format: Format) -> Thread:
    """Return the thread up to the quotation's comment, without what is far from it, with that comment's body new."""
    comments = quotation.thread.comments[: quotation.number]
    first = max(0, quotation.number - 1 - ENTRIES_BEFORE)
    kept = [comment for place, comment in enumerate(comments[:-1], 1) if place > first or place == quotation.holder]
    own = comments[-1]
    new = Comment(id=own.id, author=own.author, parent_id=own.parent_id, body=body, format=format)
    return replace(quotation.thread, comments=[*kept, new])


# Altered quotations

Tokens = list[str]
Change = tuple[str, str, Sequence[str]]  # kind, text, words to be named


def _bare(token: str) -> str:
    return fold(token.strip(".,;:!?\"'“”‘’()[]*_-–—…"))


def _content(token: str) -> bool:
    word = _bare(token)
    return word.isalpha() and len(word) > 3 and word not in STOPWORDS


def _put(token: str, word: str) -> str:
    """Return a token with its word replaced: case and punctuation stay."""
    inner = token.strip(".,;:!?\"'“”‘’()[]*_-–—…")
    word = word.capitalize() if inner[:1].isupper() and not inner.isupper() else word
    return token.replace(inner, word, 1)


def corrupted(quotation: Quotation, rng: random.Random) -> Iterator[Change]:
    """Yield the quotation's text corrupted in each way that it allows."""
    tokens = quotation.text.split()
    vocabulary = sorted(
        {
            _bare(token)
            for entry in quotation.view.entries[max(0, quotation.number - ENTRIES_BEFORE) : quotation.number + 1]
            for token in entry.document.text.split()
            if _content(token)
        }
    )
    inner = [at for at, token in enumerate(tokens) if _content(token) and 2 < at < len(tokens) - 3]
    ends = [at for at, token in enumerate(tokens) if _content(token) and not 2 < at < len(tokens) - 3]
    for kind, places in (("word swapped", inner), ("word swapped near an end", ends)):
        if places:
            at = rng.choice(places)
            others = [word for word in vocabulary if not _alike(word, _bare(tokens[at]))]
            if others:
                other = rng.choice(others)
                yield kind, _joined(tokens, at, at + 1, [_put(tokens[at], other)]), [other]
    # Without its first or last word a quotation is cut, not changed.
    negated = [
        at
        for at, token in enumerate(tokens)
        if _bare(token) in CONTRACTED or (_bare(token) in NEGATIONS and tokens[:at] and tokens[at + 1 :])
    ]
    if negated:
        at = rng.choice(negated)
        word = _bare(tokens[at])
        put = [_put(tokens[at], CONTRACTED[word])] if word in CONTRACTED else []
        yield "negation dropped", _joined(tokens, at, at + 1, put), [word]
    free = [
        at
        for at, token in enumerate(tokens[:-1])
        if token.lower() in AUXILIARIES and _bare(tokens[at + 1]) not in {"not", "never", "no"}
    ]
    if free:
        at = rng.choice(free)
        yield "negation added", _joined(tokens, at + 1, at + 1, ["not"]), ["not"]
    joints = [at for at in range(3, len(tokens) - 6) if tokens[at - 1][-1:] in ",;" or tokens[at].lower() in JOINTS]
    if joints and len(tokens) > 14:
        at = rng.choice(joints)
        size = rng.randint(3, min(9, len(tokens) - at - 3))
        telling = [_bare(token) for token in tokens[at : at + size] if _content(token)]
        if telling and tokens[at] != tokens[at + size]:
            yield "clause cut", _joined(tokens, at, at + size, []), telling[:1]
    counted = [at for at, token in enumerate(tokens) if _bare(token).isdigit() or _bare(token) in NUMBERS]
    if counted:
        at = rng.choice(counted)
        word = _bare(tokens[at])
        other = str(int(word) + rng.randint(1, 60)) if word.isdigit() else rng.choice([n for n in NUMBERS if n != word])
        yield "number changed", _joined(tokens, at, at + 1, [_put(tokens[at], other)]), [other]


def _alike(one: str, other: str) -> bool:
    """Tell words that a reader may take for one another's forms or misspellings."""
    shorter, longer = sorted((one, other), key=len)
    return one[:4] == other[:4] or shorter in longer or sorted(one) == sorted(other) or _off_by_two(shorter, longer)


def _off_by_two(shorter: str, longer: str) -> bool:
    common = Counter(shorter) & Counter(longer)
    return len(longer) - sum(common.values()) <= 2


def _joined(tokens: Tokens, start: int, stop: int, new: Tokens) -> str:
    return " ".join([*tokens[:start], *new, *tokens[stop:]])


def honest(quotation: Quotation, rng: random.Random) -> Iterator[Change]:
    """Yield the quotation's text as honest writers may have it."""
    text = " ".join(quotation.text.split())
    tokens = text.split()
    third = len(tokens) // 3
    at = rng.randint(third, len(tokens) - third - 1)
    gap = rng.randint(2, 12)
    cut = rng.choice(("…", "...", "[...]", "[…]", ". . .", "(...)", "[snip]"))
    ways = [
        ("verbatim", quotation.text),
        ("other case", rng.choice((text.upper(), text.lower(), text[:1].swapcase() + text[1:], text.title()))),
        (
            "other punctuation",
            rng.choice((re.sub(r"(?<=\w)[,;:.!?]+(?= )", "", text), text.replace(",", ";").replace(".", "!"))),
        ),
        ("typographic signs", text.replace("'", "’").replace('"', "'").replace("--", "—").replace("...", "…")),
        ("plain signs", text.replace("’", "'").replace("“", "'").replace("”", "'").replace("—", "--")),
        ("marked cut", _joined(tokens, at, min(at + gap, len(tokens) - 3), [cut])),
        ("marked cut", _joined(tokens, at, min(at + gap, len(tokens) - 3), [cut])),
        (
            "[insertion]",
            _joined(tokens, at, at, [rng.choice(("[sic]", "[my emphasis]", "[as we saw]", "[of course]"))]),
        ),
        ("[capital]", f"[{tokens[0][:1].swapcase()}]{text[1:]}"),
        ("[replacement]", _joined(tokens, at, at + 1, [f"[{rng.choice(('the author', 'this', 'they'))}]"])),
        ("cut end", " ".join(tokens[: max(FEWEST, len(tokens) - third)]) + rng.choice(("", "…", ", ..."))),
        ("cut beginning", rng.choice(("", "… ", "...")) + " ".join(tokens[min(third, len(tokens) - FEWEST) :])),
        ("emphasis", _joined(tokens, at, at + 1, [f"*{tokens[at]}*"])),
    ]
    for table, name in ((LONG_FORMS, "contraction"), (VARIANTS, "spelling variant")):
        places = [place for place, token in enumerate(tokens) if _bare(token) in table]
        if places:
            place = rng.choice(places)
            other = table[_bare(tokens[place])]
            ways.append((name, _joined(tokens, place, place + 1, [_put(tokens[place], other)])))
    for kind, honest_text in ways:
        yield kind, honest_text, ()


def altered_cases(quotation: Quotation, rng: random.Random) -> Iterator[Case]:
    """Yield a quotation's corrupted cases, and three honest ones for each."""
    bad = list(corrupted(quotation, rng))
    good = list(honest(quotation, rng))
    good = rng.sample(good, min(len(good), 3 * len(bad)))
    for is_bad, ways in ((True, bad), (False, good)):
        for kind, text, planted in ways:
            _, format, setting = rng.choice(SETTINGS)
            thread = _thread(quotation, _body(quotation, format, setting(text)), format)
            yield Case("altered-quote", kind, thread, text, planted if is_bad else None)


# Wrong names

# Right before "@NAME" and "NAME:" may stand for whom the words are meant, not whose they are, when they are the post's.
SPOKEN_TO = {"@NAME “…”", "@NAME > …", "NAME: “…”", "NAME: > …"}
CREDITS: Sequence[tuple[str, Format, str]] = (
    ("NAME wrote: “…”", "plain", "{name} wrote: “{text}” {after}"),
    ("NAME said “…”", "plain", '{name} said "{text}" {after}'),
    ("As NAME says, “…”", "plain", "As {name} says, “{text}” {after}"),
    ("NAME claimed that “…”", "plain", "I see that {name} claimed that “{text}” {after}"),
    ("According to NAME, “…”", "plain", "According to {name}, “{text}” {after}"),
    ("To quote NAME: “…”", "plain", "To quote {name}: “{text}” {after}"),
    ("@NAME “…”", "plain", "@{name} “{text}” {after}"),
    ("NAME: “…”", "plain", "{name}: “{text}” {after}"),
    ("“…” — NAME", "plain", "“{text}” — {name}\n\n{after}"),
    ("“…”, NAME wrote", "plain", "“{text}”, {name} wrote. {after}"),
    ("NAME wrote: > …", "plain", "{name} wrote:\n{lines}\n\n{after}"),
    ("@NAME > …", "plain", "@{name}\n\n{lines}\n\n{after}"),
    ("NAME: > …", "plain", "{name}:\n\n{lines}\n\n{after}"),
    ("On DATE, NAME wrote: > …", "plain", "On Tue, Nov 14, 2017 at 9:02 AM, {name} wrote:\n{lines}\n\n{after}"),
    ("[quote=NAME]", "plain", "[quote={name}]{text}[/quote]\n{after}"),
    ('[quote="NAME, post:3"]', "plain", '[quote="{name}, post:3, topic:17"]\n{text}\n[/quote]\n{after}'),
    ("Originally Posted by NAME", "plain", "Originally Posted by {name}\n{lines}\n\n{after}"),
    ("NAME wrote: blockquote", "html", "<p>{name} wrote:</p><blockquote>{html}</blockquote><p>{after_html}</p>"),
    ("cite NAME", "html", "<blockquote>{html}</blockquote><p>— {name}</p><p>{after_html}</p>"),
    ("NAME said, Markdown", "markdown", "{name} said:\n\n> {text}\n\n{after}"),
)


def names_of(name: str, taken: set[str], rng: random.Random) -> Sequence[tuple[str, str]]:
    """Return a name as it stands, and in the short forms that nobody else of the thread could be meant by."""
    forms = [("full name", name), ("other case", rng.choice((name.lower(), name.upper())))]
    first = name.split()[0]
    if first != name and len(first) > 2 and not any(first.casefold() in other for other in taken):
        forms.append(("first name", first))
    return forms


def misattributed_cases(quotation: Quotation, rng: random.Random) -> Iterator[Case]:
    """Yield a quotation credited to somebody else in two ways, and to its author in five."""
    own = quotation.view.entries[quotation.number].author or ""
    authors = {entry.author for entry in quotation.view.entries[: quotation.number] if entry.author}
    near = quotation.view.entries[max(0, quotation.number - ENTRIES_BEFORE) : quotation.number]
    words = Words(quotation.text)
    others = sorted(
        {
            entry.author
            for entry in near
            if entry.author
            and not any(_related(entry.author, other) for other in (own, quotation.author))
            and not _has_said(quotation.view, entry.author, words)
            and re.fullmatch(r"[\w][\w .'-]{1,30}", entry.author)
        }
    )
    if others and re.fullmatch(r"[\w][\w .'-]{1,30}", quotation.author) and _is_own(quotation):
        for _ in range(2):
            yield from _credited(quotation, "wrong", rng.choice(others), rng)
    for _ in range(5):
        form, name = rng.choice(names_of(quotation.author, {a.casefold() for a in authors - {quotation.author}}, rng))
        yield from _credited(quotation, form, name, rng)


def _credited(quotation: Quotation, form: str, name: str, rng: random.Random) -> Iterator[Case]:
    text = " ".join(quotation.text.split())
    if rng.random() < 0.2 and len(text.split()) > 20:
        tokens = text.split()
        text = _joined(tokens, 8, 8 + rng.randint(2, len(tokens) - 16), ["…"])
    ways = [way for way in CREDITS if quotation.holder or way[0] not in SPOKEN_TO]
    kind, format, template = rng.choice(ways)
    if format == "markdown":
        name, text = (re.sub(r"([*_#<>\[\]`])", r"\\\1", part) for part in (name, text))
    after = quotation.after
    body = template.format(
        name=name if format != "html" else html.escape(name),
        text=text,
        lines=_lines(text),
        html=html.escape(text),
        after=after,
        after_html=html.escape(after),
    )
    thread = _thread(quotation, body, format)
    wrong = form == "wrong"
    yield Case("misattributed-quote", kind if wrong else f"right name: {form}", thread, text, [name] if wrong else None)


def _related(one: str, other: str) -> bool:
    a, b = one.casefold().split(), other.casefold().split()
    return any(x in y or y in x for x in a for y in b if len(x) > 2 and len(y) > 2) or a == b


def _has_said(view: ThreadView, author: str, words: Words) -> bool:
    grams = set(words.fingerprints)
    return any(
        len(grams & set(entry.words.fingerprints)) * 5 > len(grams) for entry in view.entries if entry.author == author
    )


def _is_own(quotation: Quotation) -> bool:
    """Tell whether the source has the words as its own, not as a quotation."""
    holder = quotation.view.entries[quotation.holder]
    start, end = holder.words.start(quotation.start), holder.words.end(quotation.stop - 1)
    spans = [(span.start, span.end) for span in find_spans(holder.document)] + _GOLD.get(holder.id, [])
    return not any(a < end and start < b for a, b in spans)


# Measuring
