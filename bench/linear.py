"""Measure cost against size on hostile input: `python bench/linear.py [--only WORD] [--all]`.

Every text is made at sizes that double four times, rendered, searched for quotations, and then checked as a comment
under a post of the same text. Printed are the largest size, its processor time and the time at 2n over the time at n
for each doubling; linear work gives about 2. A row is marked when the last two doublings multiply its time by more than
RATIO_LIMIT squared; the exit code is then 1.
Without `--all` only the marked rows and the sum are printed.
"""

import argparse
import gc
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from adapters.thread import Comment, Format, Post, Thread
from rules.engine import Engine
from rules.markup import render
from rules.quotes.spans import find_spans
from rules.registry import all_rules

RATIO_LIMIT = 2.6
# Below this other work of the machine decides the ratio.
MEASURABLE = 0.05
# One measurement over this ends its row: what is quadratic need not be waited for.
PATIENCE = 3.0
DOUBLINGS = 4
CHARACTERS = 5_000  # of the smallest text
COMMENTS = 310  # of the smallest thread

SENTENCE = "The ferry to the outer islands leaves at nine and nobody has told the baker about it. "
WORDS = "ferry island baker morning lantern harbour gull rope tide anchor".split()


@dataclass(frozen=True)
class Text:
    """Name a hostile text: `make` gives it in about as many characters as it is asked for."""

    name: str
    make: Callable[[int], str]
    formats: tuple[Format, ...] = ("html", "markdown", "plain")


def repeated(unit: str) -> Callable[[int], str]:
    """Return a maker of one unit over and over."""
    return lambda size: unit * (size // len(unit) + 1)


def nested(opening: str, inside: str, closing: str) -> Callable[[int], str]:
    """Return a maker of opening marks, a text, and as many closing ones."""

    def make(size: int) -> str:
        depth = size // (len(opening) + len(closing)) + 1
        return opening * depth + inside + closing * depth

    return make


def numbered(unit: str) -> Callable[[int], str]:
    """Return a maker of units that differ by a number at {}."""
    return lambda size: "".join(unit.format(number) for number in range(size // (len(unit) + 2) + 1))


def distinct(size: int) -> str:
    """Return words in an order that hardly repeats."""
    count = size // 7 + 1
    return " ".join(WORDS[(place * place + place // 10) % 10] + str(place % 97) for place in range(count))


def quoted_pieces(size: int) -> str:
    """Return many short quotations, each of different words."""
    pieces = (
        f"“{WORDS[n % 10]}{n} told the {WORDS[n % 7]} about {n} of them” and so on. " for n in range(size // 50 + 1)
    )
    return "".join(pieces)


HTML: tuple[Format, ...] = ("html",)
MARKDOWN: tuple[Format, ...] = ("markdown",)
PLAIN: tuple[Format, ...] = ("plain",)

TEXTS = (
    Text("“ opening marks", repeated("“")),
    Text("“ opening marks with words", repeated("“tide ")),
    Text("” stray closing marks", repeated("tide” ")),
    Text("„ low marks", repeated("„tide ")),
    Text("« nested », then closed", nested("«tide ", "gull", " tide»")),
    Text("straight double quotes", repeated('"')),
    Text("straight double quotes with words", repeated(' "tide" gull')),
    Text("straight single quotes", repeated("'")),
    Text("opening single marks", repeated(" ‘tide")),
    Text("LaTeX quotes", repeated("``tide ")),
    Text("short quotations", repeated("“the gull sat on a rope” ")),
    Text("many different quotations", quoted_pieces),
    Text("quotations credited to a pronoun", repeated("he said “the gull sat on a rope” today. ")),
    Text("quotations credited to a number", repeated("in #7 “the gull sat on a rope” stands. ")),
    Text("> in one line", repeated(">")),
    Text("> with spaces in one line", repeated("> ")),
    Text("> lines", repeated("> the gull sat on a rope\n")),
    Text("> lines of depths up and down", repeated("> a\n>>>>>> b\n>>> c\nd\n")),
    Text("> lines with headers", repeated("Gull Rope wrote:\n> the gull sat on a rope\n\n")),
    Text("headers hard to take apart", repeated("In article >" + ">" * 90 + "@" * 90 + ":\n> tide\n\n")),
    Text("dates hard to take apart", repeated("On " + "1 " * 100 + ":\n> tide\n\n")),
    Text("[quote] opened", repeated("[quote]")),
    Text("[quote without bracket", repeated("[quote")),
    Text("[quote= names without bracket", repeated("[quote=gull ")),
    Text("[quote] nested", nested("[quote]", "tide", "[/quote]")),
    Text("[quote] nested over lines", nested("[quote=Gull]\n", "tide", "\n[/quote]")),
    Text("[/quote] closed", repeated("[/quote]")),
    Text("<blockquote> opened", repeated("<blockquote>")),
    Text("<blockquote> nested", nested("<blockquote>", "tide", "</blockquote>")),
    Text("<blockquote> nested with words", nested("<blockquote>tide ", "tide", "</blockquote>")),
    Text("</blockquote> closed", repeated("</blockquote>")),
    Text("<q> nested with words", nested("<q>the gull sat on a rope ", "tide", "</q>"), HTML),
    Text("<a", repeated("<a")),
    Text("<a spaced", repeated("<a ")),
    Text('<a "', repeated('<a "')),
    Text("<a 'and \"", repeated("<a '\"")),
    Text('<a href=" unclosed', repeated('<a href="')),
    Text("one tag with a long word", lambda size: "<a " + "a" * size + ">", HTML),
    Text("one tag with many attributes", lambda size: "<a " + "a=b " * (size // 4) + ">", HTML),
    Text("links", repeated('<a href="https://gull.example/rope">the rope</a> ')),
    Text("links and quotations", repeated('<a href="https://gull.example/">it</a> has “the gull sat on a rope”. ')),
    Text("<!--", repeated("<!--")),
    Text("<! and <?", repeated("<!<?")),
    Text("<script> unclosed", repeated("<script>")),
    Text("<script> with the other's end", repeated("<script></style>")),
    Text("<b><i> crossed", repeated("<b><i>tide</b></i>")),
    Text("<p>", repeated("<p>")),
    Text("<br>", repeated("<br>")),
    Text("<li>", repeated("<li>tide")),
    Text("<div with no end", lambda size: "<div " + "a" * size),
    Text("<div per line", repeated("<div \n")),
    Text("<", repeated("<")),
    Text("&", repeated("&")),
    Text("&amp; without end", repeated("&amp")),
    Text("&#", repeated("&#38;")),
    Text("[", repeated("[")),
    Text("]", repeated("]")),
    Text("[a](", repeated("[a](")),
    Text("[a](<b", repeated("[a](<b")),
    Text("![", repeated("![")),
    Text("![ nested", nested("![", "tide", "](a)"), MARKDOWN),
    Text("[ nested", nested("[", "tide", "](a)"), MARKDOWN),
    Text("[a][b]", repeated("[a][b] ")),
    Text("definitions of links", numbered("[gull{}]: /rope\n"), MARKDOWN),
    Text("definition without end", repeated("[gull]: /rope '"), MARKDOWN),
    Text("markdown links", repeated("[the rope](https://gull.example/rope) ")),
    Text("autolinks", repeated("<https://gull.example> ")),
    Text("*", repeated("*")),
    Text("*a", repeated("*a ")),
    Text("a**b", repeated("a**b")),
    Text("*a_", repeated("*a_ ")),
    Text("_ closed in another order", repeated("a_b*c_d*")),
    Text("~~", repeated("~~a ")),
    Text("` of one length", repeated("`a")),
    Text("` of growing lengths", lambda size: "".join("`" * n + "a" for n in range(1, int((2 * size) ** 0.5) + 1))),
    Text("``` fences", repeated("```\n")),
    Text("\\ escapes", repeated("\\*")),
    Text("| tables", repeated("|a")),
    Text("table rows", lambda size: "|a|b|\n|-|-|\n" + "|tide|gull|\n" * (size // 12), MARKDOWN),
    Text(
        "table columns",
        lambda size: "|a" * (size // 8) + "|\n" + "|-" * (size // 8) + "|\n" + "|\n" * (size // 4),
        MARKDOWN,
    ),
    Text("- lists", repeated("- tide\n")),
    Text("- nested lists in one line", repeated("- ")),
    Text(
        "- nested lists by indents",
        lambda size: "".join(" " * 2 * n + "- a\n" for n in range(int(size**0.5))),
        MARKDOWN,
    ),
    Text("# headings", repeated("# tide\n")),
    Text("newlines", repeated("\n")),
    Text("newlines inside a quotation", lambda size: "> a\n" + "\n" * size + "> b"),
    Text("carriage returns", repeated("\r")),
    Text("spaces", repeated(" ")),
    Text("zero-width spaces", repeated("\u200b")),
    Text("no spaces at all", repeated("a")),
    Text("one word repeated", repeated("tide ")),
    Text("one word repeated, some changed", lambda size: ("tide " * 50 + "gull ") * (size // 255 + 1)),
    Text("one sentence repeated", repeated(SENTENCE)),
    Text("different words", distinct),
    Text("apostrophes in a word", repeated("a'")),
    Text("addresses", repeated("https://gull.example/rope ")),
    Text("addresses run together", repeated("http://a.b/")),
    Text("addresses without scheme", repeated("www.gull.example ")),
    Text("names like addresses", repeated("gull.example/")),
    Text("mail addresses", repeated("a@b.example ")),
    Text("@", repeated("a@")),
    Text("://", repeated("://")),
    Text("( after an address", lambda size: "http://a.b/" + "(" * size),
    Text("addresses of different hosts", numbered("https://gull{}.example/rope ")),
    Text("addresses, one a line", numbered("https://gull{}.example/rope\n")),
    Text("addresses that look alike", repeated("https://g\u0443ll.example/rope ")),
    Text("addresses that run backwards", repeated("\u202ehttps://gull.example/\u202c ")),
    Text("addresses with tracking", lambda size: "https://gull.example/?" + "utm_source=a&" * (size // 13)),
    Text("addresses made harmless", repeated("hxxps://gull[.]example/rope ")),
    Text("addresses in closing marks", repeated("gull.com/a” ")),
    Text("links that run scripts", repeated('<a href="javascript:alert(1)">tide</a> ')),
    Text("pictures that hold their data", lambda size: '<img src="data:image/png;base64,' + "A" * size + '">'),
    Text("pictures", repeated('<img src="https://gull.example/a.png">')),
    Text("players", repeated('<iframe src="https://gull.example/a"></iframe>')),
    Text("[url= opened", repeated("[url=https://gull.example")),
    Text("dots", repeated("a.")),
    Text("titles under links", numbered('<a href="https://gull.example/{}">The Long Rope</a><br>'), HTML),
    Text("letters of other scripts", repeated("潮かもめ")),
    Text("combining accents", repeated("\u0301\u0323")),
)


def thread(bodies: list[str], authors: list[str | None], *, post: str = SENTENCE, format: Format = "plain") -> Thread:
    """Return a thread with a comment a minute."""
    start = datetime(2020, 1, 1, tzinfo=UTC)
    comments = tuple(
        Comment(id=str(number), author=author, body=body, format=format, posted_at=start + timedelta(minutes=number))
        for number, (body, author) in enumerate(zip(bodies, authors, strict=True), 1)
    )
    opening = Post(id="p", author="Host", body=post, format=format)
    return Thread(site=None, id="t", title=None, url=None, post=opening, comments=comments)


def own_words(number: int) -> str:
    """Return a sentence that no other number has."""
    return " ".join(f"{WORDS[(number + place) % 10]}{number}{place}" for place in range(12))


def answers(count: int, form: str) -> list[str]:
    """Return comments that each quote the one before: {} is its words."""
    return [form.format(own_words(number - 1)) + " " + own_words(number) for number in range(count)]


def people(count: int, different: int) -> list[str | None]:
    """Return authors in turn."""
    return [f"Writer{number % different} Rope" for number in range(count)]


THREADS: dict[str, Callable[[int], Thread]] = {
    "each quotes the last, everybody new": lambda n: thread(answers(n, "> {}\n\n"), people(n, n)),
    "each quotes the last in marks": lambda n: thread(answers(n, "“{}” is not so. I think"), people(n, n)),
    "each quotes the last by name": lambda n: thread(
        [f"Writer{k - 1} Rope said “{own_words(k - 1)}” and {own_words(k)}" for k in range(n)], people(n, n)
    ),
    "each quotes the last by number": lambda n: thread(
        [f"In #{k} “{own_words(k - 1)}” and {own_words(k)}" for k in range(n)], people(n, n)
    ),
    "each quotes the last, two in turn": lambda n: thread(answers(n, "“{}” is not so. I think"), people(n, 2)),
    "each quotes the first": lambda n: thread(
        [own_words(0), *(f"“{own_words(0)}” and {own_words(k)}" for k in range(1, n))], people(n, n)
    ),
    "one author quotes the first for ever": lambda n: thread(
        [own_words(0), *(f"“{own_words(0)}” and {own_words(k)}" for k in range(1, n))], ["Ann", *["Ben"] * (n - 1)]
    ),
    "all identical, everybody new": lambda n: thread([SENTENCE] * n, people(n, n)),
    "all identical, one author": lambda n: thread([SENTENCE] * n, ["Ann"] * n),
    "all identical, no names": lambda n: thread([SENTENCE] * n, [None] * n),
    "all post one link": lambda n: thread([f"https://gull.example/?utm_source={k}" for k in range(n)], people(n, n)),
    "each posts a link of its own": lambda n: thread([f"https://gull.example/{k}" for k in range(n)], people(n, n)),
    "a comment quotes all others": lambda n: thread(
        [*(own_words(k) for k in range(n)), " ".join(f"“{own_words(k)}” and" for k in range(n))], people(n + 1, n + 1)
    ),
    "a comment repeats all others": lambda n: thread(
        [*(own_words(k) + "." for k in range(n)), " ".join(own_words(k) + ".\n" for k in range(n))],
        people(n + 1, n + 1),
    ),
}


def find(body: str, format: Format) -> None:
    """Render a text and find its quotations."""
    find_spans(render(body, format))


def check(whole: Thread) -> None:
    """Run every rule over a thread; raises if one gave no verdict."""
    _, outcomes = Engine(all_rules(), {}).evaluate(whole, with_scores=True)
    for outcome in outcomes:
        if outcome.not_evaluated:
            raise RuntimeError(outcome.not_evaluated[0].reason)


def measure(work: Callable[[int], Callable[[], None]], smallest: int) -> tuple[int, list[float]]:
    """Return the largest size that was measured, and the seconds for it and each smaller one."""
    seconds: list[float] = []
    size = smallest
    for step in range(DOUBLINGS + 1):
        size = smallest << step
        run = work(size)
        best = float("inf")
        for _ in range(2 if step < 3 else 1):
            gc.collect()
            started = time.process_time()
            run()
            best = min(best, time.process_time() - started)
        seconds.append(best)
        if best > PATIENCE:
            break
    return size, seconds


def rows(only: str) -> Iterator[tuple[str, int, list[float]]]:
    """Yield name, largest size and seconds of every measurement whose name has `only` in it."""
    for text in TEXTS:
        for format in text.formats:
            name = f"{text.name}, {format}"
            if only in name:

                def rendering(size: int, text: Text = text, format: Format = format) -> Callable[[], None]:
                    body = text.make(size)
                    return lambda: find(body, format)

                def checking(size: int, text: Text = text, format: Format = format) -> Callable[[], None]:
                    body = text.make(size)
                    return lambda: check(thread([body], ["Ann"], post=body, format=format))

                yield f"render: {name}", *measure(rendering, CHARACTERS)
                yield f"check:  {name}", *measure(checking, CHARACTERS)
    for name, make in THREADS.items():
        if only in name:

            def checking_thread(size: int, make: Callable[[int], Thread] = make) -> Callable[[], None]:
                whole = make(size)
                return lambda: check(whole)

            yield f"thread: {name}", *measure(checking_thread, COMMENTS)


def main() -> int:
    """Print the table; return 1 if anything was not linear."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="", help="measure only what has this in its name")
    parser.add_argument("--all", action="store_true", help="print what is linear too")
    options = parser.parse_args()
    steep = count = 0
    for name, size, seconds in rows(options.only):
        ratios = [after / before if before else 0.0 for before, after in pairwise(seconds)]
        # One measurement can be disturbed; what is not linear grows at the end, where it hurts, and goes on growing.
        steps = min(2, len(seconds) - 1)
        growth = (seconds[-1] / max(seconds[-1 - steps], 1e-4)) ** (1 / steps) if steps else float("inf")
        is_steep = seconds[-1] > MEASURABLE and growth > RATIO_LIMIT
        count += 1
        steep += is_steep
        if is_steep or options.all:
            shown = " ".join(f"{ratio:5.2f}" for ratio in ratios)
            print(f"{'!' if is_steep else ' '} {name:<60} {size:>9,} {seconds[-1]:>8.3f} s  {shown}", flush=True)
    print(f"{count} measured, {steep} not linear")
    return 1 if steep else 0


if __name__ == "__main__":
    sys.exit(main())
