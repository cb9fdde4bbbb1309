"""What holds for every text and every thread, tried on made-up ones."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.saved.repair import repair
from adapters.thread import Comment, Format, Post, Thread
from rules import link_only
from rules.engine import Engine, Outcome
from rules.links.anchors import find_anchors
from rules.links.identity import address
from rules.links.urls import find_urls
from rules.markup import render
from rules.quotes.spans import find_spans
from rules.registry import all_rules
from rules.rule import Context
from rules.words import Words, fold, word_pattern

FORMATS: list[Format] = ["html", "markdown", "plain"]
WORDS = "rye dough wants a long cold night before anybody turns the oven on said Ida of loaf's".split()
MARKS = "“ ” \" ' ‘ ’ « » „ ‚ `` '' 「 」 … . , ! ? : ; ( ) / {} = - @ #3 > >> >>> < & \\".split(" ")
MARKDOWN = "* ** _ ` ``` ~~ # | [ ] \\* ]( [rye](u) ![rye](u) [rye]: <u>".split(" ")
TAGS = (
    "<p> </p> <br> <b> </b> <i> </i> <q> </q> <a </a> <blockquote> </blockquote> <li> <ul> </ul> <pre> </pre> <code> "
    "</code> <h1> <script> </script> <!-- --> <img/src=x> <a/href='https://rye.example/?a=b'> "
    "<aside/data-username='Ida'> </aside> [quote] [quote=Ida] [/quote] &amp; &lt; &nbsp; &#8220; &bogus; &#"
).split(" ")
ODD = "\u200b \u00ad \u2028 \ufffd \ud800 \x00 \x1b[31m é 潮 😀".split(" ")
URLS = ["https://rye.example", "www.rye.example", "rye.example", "a@b.example"]
HEADERS = [
    "Ida wrote:\n",
    "On 4 May 2019, Ola Rye <o@rye.example> wrote:\n",
    "In article <a@b> Ida writes:\n",
    "By Ida Rye\n",
]
FORMS = ["{}", "“{}”", '"{}"', "> {}\n\n", "<blockquote>{}</blockquote>", "[quote=Ida]{}[/quote]", "Ida said “{}”"]
NAMES = ["Ida", "ida ", "Ola Rye", "", " ", "@", "<b>", "a\nb", "I I I", "\u200b", "潮"]

pieces = st.one_of(
    st.sampled_from([*MARKS, *MARKDOWN, *TAGS, *ODD, *URLS]),
    st.sampled_from(WORDS),
    st.sampled_from(["\n", "\n\n", "\n> ", "\n>> ", "\n- ", "\n    ", "\n|-|-|\n", " ", "\t", "\r\n", "\u00a0"]),
    st.sampled_from(HEADERS),
    st.integers(0, 12).map(lambda start: " ".join(WORDS[start : start + 9])),
    st.text(max_size=4),
)
bodies = st.lists(pieces, max_size=30).flatmap(
    lambda parts: st.sampled_from(["", " "]).map(lambda glue: glue.join(parts))
)
formats = st.sampled_from(FORMATS)
authors = st.one_of(st.none(), st.sampled_from(NAMES), st.text(max_size=6))
ids = st.one_of(st.sampled_from(["1", "2", "3", "p", "", " ", "~2", "post"]), st.text(max_size=3))


@st.composite
def threads(draw: st.DrawFn) -> Thread:
    """Return a thread some of whose comments copy others, in marks, in blocks, or bare, whole or in part."""
    written = [draw(bodies)]
    comments = []
    for _ in range(draw(st.integers(0, 6))):
        body = draw(bodies)
        if draw(st.booleans()):
            copied = draw(copies(written))
            body = f"{copied} {body}" if draw(st.booleans()) else body + copied
        written.append(body)
        id, parent = draw(ids), draw(st.none() | ids)
        comments.append(Comment(id=id, parent_id=parent, author=draw(authors), body=body, format=draw(formats)))
    title = draw(st.none() | bodies)
    post = Post(id=draw(ids), title=title, author=draw(authors), body=written[0], format=draw(formats))
    thread = Thread(site=draw(st.none() | ids), id=draw(ids), title=title, url=None, post=post, comments=comments)
    return repair(thread, lambda text: None)


@st.composite
def copies(draw: st.DrawFn, written: list[str]) -> str:
    """Return words of an earlier text, perhaps with one of them changed, set apart in one way or another."""
    words = draw(st.sampled_from(written)).split()
    start, length = draw(st.integers(0, 8)), draw(st.integers(3, 25))
    words = words[start : start + length]
    if words and draw(st.booleans()):
        words[draw(st.integers(0, len(words) - 1))] = draw(st.sampled_from(["…", "salt", "[salt]"]))
    return draw(st.sampled_from(FORMS)).replace("{}", " ".join(words))


def rate(examples: int) -> settings:
    """Return settings under which every run tries the same examples."""
    return settings(max_examples=examples, derandomize=True, deadline=None, database=None)


@given(st.one_of(bodies, st.text()), formats)
@rate(400)
def test_spans_of_a_document_lie_inside_its_text(body: str, format: Format) -> None:
    document = render(body, format)
    size = len(document.text)
    if format == "plain":
        assert document.text == body
    for block in document.blocks:
        assert 0 <= block.start < block.end <= size
        assert document.text[block.start : block.end]
        if block.lead is not None:
            assert 0 <= block.lead[0] < block.lead[1] <= block.start
    for link in document.links:
        assert 0 <= link.start <= link.end <= size
    for run in document.emphasis:
        assert 0 <= run.start < run.end <= size
    assert [block.start for block in document.blocks] == sorted(block.start for block in document.blocks)


@given(bodies, formats)
@rate(200)
def test_offsets_lead_into_the_body_and_back_in_order(body: str, format: Format) -> None:
    document = render(body, format)
    written = [document.to_body(at) for at in range(len(document.text) + 1)]
    shown = [document.to_text(at) for at in range(len(body) + 1)]
    assert written == sorted(written)
    assert shown == sorted(shown)
    assert all(0 <= at <= len(body) for at in written)
    assert all(0 <= at <= len(document.text) for at in shown)


@given(st.one_of(bodies, st.text(alphabet="“”\"'‘’«»„‚ .,aB1\n>`")), formats)
@rate(400)
def test_spans_are_in_order_and_do_not_overlap(body: str, format: Format) -> None:
    document = render(body, format)
    spans = find_spans(document)
    for span in spans:
        assert 0 <= span.outer_start <= span.start < span.end <= span.outer_end <= len(document.text)
    for one, other in pairwise(spans):
        assert one.end <= other.start


@given(threads())
@rate(200)
def test_passages_lie_inside_their_comment_and_their_source(thread: Thread) -> None:
    context = Context(thread)
    for entry in context.view.entries:
        passages = context.passages(entry)
        for passage in passages:
            assert 0 <= passage.start < passage.end <= len(entry.document.text)
            assert 0 <= passage.confidence <= 1
            if passage.form != "block":
                assert passage.text == entry.document.text[passage.start : passage.end]
            if passage.source is not None and passage.source_number is not None:
                source = context.view.entries[passage.source_number]
                assert source.number < entry.number
                assert passage.source.id == source.id
                assert passage.source.start is not None
                assert passage.source.end is not None
                assert 0 <= passage.source.start < passage.source.end <= len(source.document.text)
                assert 0 < (passage.source.similarity or 0) <= 1
        assert [passage.start for passage in passages] == sorted(passage.start for passage in passages)


def evaluated(thread: Thread) -> list[Outcome]:
    """Return what all rules say of each comment."""
    _, outcomes = Engine(all_rules(), {}).evaluate(thread, with_scores=True)
    return list(outcomes)


@given(threads())
@rate(200)
def test_every_rule_gives_a_verdict_on_every_comment(thread: Thread) -> None:
    outcomes = evaluated(thread)
    assert [outcome.comment.id for outcome in outcomes] == [comment.id for comment in thread.comments]
    for outcome in outcomes:
        assert outcome.not_evaluated == []
        text = outcome.comment.document.text
        for finding in outcome.findings:
            assert 0 <= finding.start < finding.end <= len(text)
            assert finding.excerpt == text[finding.start : finding.end]
            assert finding.comment_id == outcome.comment.id
            assert 0 <= finding.confidence <= 1
            assert finding.message
        assert all(0 <= score <= 1 for score in outcome.scores.values())
        keys = [finding.key for finding in outcome.findings]
        assert len(set(keys)) == len(keys)


ADDRESSES = (
    "https://rye.example/a?b=c#d http://a.b/ www.rye.com rye.com/a a.b.c https://[ https:// :// // "
    "http://rye.example:x/ hxxp://rye[.]example rye(dot)com javascript:alert(1) data:text/html;base64,AAAA "
    "mailto:a@b.c https://xn--a.xn--b/ https://рye.com/ пекарня.рф \u202ehttps://rye.example/\u202c "
    "http://rye.example/(((( http://rye.example/))) asp.net [rye]( [rye](https://rye.example) "
    "![](https://rye.example/x.png) <a/href=x> <iframe/src='https://rye.example'> "
    "[url=https://rye.example]rye[/url] https://rye.example/%ff%00 ftp://rye.example #a @a utm_source=a &amp; "
    "?a&b;c \ud800"
).split(" ")
address_texts = st.lists(
    st.sampled_from([*ADDRESSES, *TAGS, "\n", "“", "”", ".", "。", "rye", "No"]), max_size=25
).flatmap(lambda parts: st.sampled_from(["", " "]).map(lambda glue: glue.join(parts)))


@given(st.one_of(address_texts, st.text(alphabet="htps:/.wcom@[](<>)“”é1 \n\u202e")), formats)
@rate(600)
def test_links_lie_in_order_inside_the_text_and_their_addresses_are_taken_apart(body: str, format: Format) -> None:
    document = render(body, format)
    spans = find_urls(document.text)
    for start, end, url in spans:
        assert 0 <= start < end <= len(document.text)
        assert not any(character.isspace() for character in document.text[start:end])
        assert url.endswith(document.text[start:end])
    assert all(one[1] <= other[0] for one, other in pairwise(spans))
    anchors = find_anchors(document)
    for anchor in anchors:
        assert 0 <= anchor.start <= anchor.end <= len(document.text)
        link = address(anchor.url)
        if link is not None:
            assert link.host
            again = address(f"https://{link.page}")
            assert again is None or again.host == link.host
    assert all(one.end <= other.start for one, other in pairwise(anchors))


@given(st.lists(address_texts, min_size=1, max_size=4), formats)
@rate(300)
def test_link_only_gives_a_verdict_on_any_heap_of_addresses(bodies: list[str], format: Format) -> None:
    comments = [Comment(id=str(n), author="Ida", body=body, format=format) for n, body in enumerate(bodies)]
    thread = Thread(site=None, id="t", title=None, url=None, post=Post(id="p"), comments=comments)
    _, outcomes = Engine([link_only], {}).evaluate(thread, with_scores=True)
    for outcome in outcomes:
        assert outcome.not_evaluated == []
        assert 0 <= outcome.scores["link-only"] <= 1
        for finding in outcome.findings:
            assert finding.excerpt == outcome.comment.document.text.strip()
            assert finding.message.startswith("Nothing but ")


@given(threads())
@rate(60)
def test_a_second_run_finds_the_same(thread: Thread) -> None:
    first, second = evaluated(thread), evaluated(thread)
    assert [outcome.findings for outcome in first] == [outcome.findings for outcome in second]
    assert [outcome.scores for outcome in first] == [outcome.scores for outcome in second]


@given(st.one_of(bodies, st.text(alphabet="abÉß_²µ0 '’‘“”…–\u00ad\u200b\u00a0\n潮")))
@rate(600)
def test_words_read_byte_by_byte_are_those_that_the_pattern_finds(body: str) -> None:
    words = Words(body)
    found = [(match.start(), match.end(), fold(match[0])) for match in word_pattern(body).finditer(body)]
    assert [(words.start(place), words.end(place), word) for place, word in enumerate(words.folded)] == found
