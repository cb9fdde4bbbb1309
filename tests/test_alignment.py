"""Whose words a text repeats: runs of words, where they stood first, and what was changed in them."""

from itertools import count

from adapters.thread import Comment, Post, Thread
from rules.quotes.alignment import Copy, RunIndex, differences
from rules.quotes.sources import ThreadSources, copy_of
from rules.rule import Context
from rules.view import ThreadView
from rules.words import Words

BREAD = "rye dough wants a long cold night before anybody turns on the oven at all"


def changed_words(copy: list[str], source: list[str]) -> list[tuple[list[str], list[str]]]:
    return [(source[a:b], copy[c:d]) for a, b, c, d in differences(copy, source)]


def index_of(*texts: str) -> RunIndex:
    """Return an index of texts, numbered from 0."""
    index = RunIndex()
    for text in texts:
        index.add(Words(text))
    return index


def shown(text: str, copies: list[Copy]) -> list[tuple[int, str]]:
    """Return each copy's holder and its words."""
    return [(copy.holder, " ".join(Words(text).folded[copy.start : copy.end])) for copy in copies]


def thread_of(*turns: tuple[str | None, str]) -> Thread:
    """Return a thread of plain texts: the post, then the comments, each with its author."""
    (author, body), *rest = turns
    numbers = count(1)
    comments = [Comment(id=str(next(numbers)), author=name, body=text, format="plain") for name, text in rest]
    post = Post(id="p", author=author, body=body, format="plain")
    return Thread(site=None, id="t", title=None, url=None, post=post, comments=comments)


def last_passages(*turns: tuple[str | None, str]) -> list[tuple[str, str | None, tuple[tuple[str, str], ...]]]:
    """Return of each passage of the last comment its text, the id of its source, and the changes in it."""
    context = Context(thread_of(*turns))
    passages = context.passages(context.view.entries[-1])
    return [(passage.text, passage.source.id if passage.source else None, passage.changes) for passage in passages]


# The index


def test_a_run_of_four_words_is_found_and_one_of_three_is_not() -> None:
    index = index_of(BREAD)
    text = "we say a long cold night is fine but a long cold day is not"
    assert index.copies(Words(text)) == [Copy(2, 6, 0, 3, 7, 4, ((2, 3, 4),))]


def test_case_punctuation_and_kinds_of_apostrophe_do_not_matter() -> None:
    text = "THE BAKER’S OVEN, was (never) cold."
    assert shown(text, index_of("the baker's oven was never cold").copies(Words(text))) == [
        (0, "the baker's oven was never cold")
    ]


def test_the_earliest_of_equal_holders_is_the_source() -> None:
    assert [copy.holder for copy in index_of("nothing here", BREAD, BREAD, BREAD).copies(Words(BREAD))] == [1]


def test_the_longest_run_wins_over_an_earlier_one() -> None:
    index = index_of("a long cold night it was", BREAD)
    text = "rye dough wants a long cold night before anybody"
    assert shown(text, index.copies(Words(text))) == [(1, text)]


def test_own_words_give_way_to_equally_long_ones_of_others() -> None:
    index = index_of(BREAD, "and so " + BREAD)
    assert [copy.holder for copy in index.copies(Words(BREAD), last={0})] == [1]
    assert [copy.holder for copy in index.copies(Words(BREAD), last={0, 1})] == [0]


def test_longer_own_words_do_not_give_way() -> None:
    index = index_of(BREAD, "a long cold night before")
    assert [copy.holder for copy in index.copies(Words(BREAD), last={0})] == [0]


def test_a_copy_goes_with_the_place_of_its_source_that_continues_alike() -> None:
    source = "a long cold night is best said Ida but a long cold night is worst said Ola of the bread"
    text = "a long cold night is worst said Ola"
    assert index_of(source).copies(Words(text)) == [Copy(0, 8, 0, 9, 17, 8, ((0, 9, 8),))]


def test_a_changed_word_does_not_part_a_copy() -> None:
    text = BREAD.replace("anybody", "somebody")
    (copy,) = index_of(BREAD).copies(Words(text))
    assert (copy.start, copy.end, copy.source_start, copy.source_end) == (0, 15, 0, 15)
    assert (copy.matched, copy.runs) == (14, ((0, 0, 8), (9, 9, 6)))


def test_a_cut_that_is_marked_does_not_part_a_copy() -> None:
    long = BREAD + " and " + " ".join(f"filler{number}" for number in range(30)) + " then bake it until it is black"
    text = "rye dough wants a long cold night … then bake it until it is black"
    (copy,) = index_of(long).copies(Words(text), is_cut={7}.__contains__)
    assert (copy.start, copy.end, copy.source_start) == (0, 14, 0)
    assert copy.matched == 14
    assert [(one.start, one.end) for one in index_of(long).copies(Words(text))] == [(0, 7), (7, 14)]


def test_words_added_to_the_copy_part_it_when_they_are_many() -> None:
    index = index_of(BREAD)
    few = "rye dough wants a long and very cold night before anybody turns on the oven"
    many = "rye dough wants a long and very but not too cold night before anybody turns on the oven"
    assert [copy.matched for copy in index.copies(Words(few))] == [13]
    assert [copy.matched for copy in index.copies(Words(many))] == [5, 8]


def test_pieces_far_apart_in_the_source_are_no_one_copy() -> None:
    far = "rye dough wants salt " + " ".join(f"filler{number}" for number in range(60)) + " then bake it until black"
    text = "rye dough wants salt then bake it until black"
    assert shown(text, index_of(far).copies(Words(text))) == [
        (0, "rye dough wants salt"),
        (0, "then bake it until black"),
    ]


def test_copies_of_several_holders_follow_one_another() -> None:
    index = index_of("one loaf is never enough for us", "two loaves are quite a lot of bread")
    text = "two loaves are quite a lot but one loaf is never enough"
    assert shown(text, index.copies(Words(text))) == [
        (1, "two loaves are quite a lot"),
        (0, "one loaf is never enough"),
    ]


def test_only_so_many_holders_of_a_run_are_kept() -> None:
    texts = [f"a long cold night for baker{number}" for number in range(40)]
    index = index_of(*texts)
    assert shown(texts[5], index.copies(Words(texts[5]))) == [(5, texts[5])]
    late = index.copies(Words(texts[30]))
    assert shown(texts[30], late)[0] == (0, "a long cold night for")


def test_one_word_repeated_is_one_copy() -> None:
    assert [copy.matched for copy in index_of("rye " * 500).copies(Words("rye " * 400))] == [400]


def test_a_text_shorter_than_a_run_has_no_copy() -> None:
    index = index_of("rye dough wants", "")
    assert index.copies(Words("rye dough wants")) == []
    assert index.copies(Words("")) == []


# Changed words


def test_changes_are_pairs_of_the_source_and_the_copy() -> None:
    assert changed_words("a warm night for dough".split(), "a long cold night for rye dough".split()) == [
        (["long", "cold"], ["warm"]),
        (["rye"], []),
    ]
    assert changed_words("so a night".split(), "a night".split()) == [([], ["so"])]
    assert changed_words("a night".split(), "a night".split()) == []


def test_changes_in_a_long_text_of_few_words_are_found_piece_by_piece() -> None:
    source = ("rye " * 40 + "salt ").split() * 60
    copy = list(source)
    copy[0], copy[1500], copy[-1] = "oats", "oats", "oats"
    assert changed_words(copy, source) == [(["rye"], ["oats"]), (["rye"], ["oats"]), (["salt"], ["oats"])]


# The sources of a thread


def test_a_quotation_is_traced_to_the_first_who_wrote_it() -> None:
    turns = [
        ("Host", "On bread."),
        ("Ida", BREAD),
        ("Ola", f"> {BREAD}\nAgreed."),
        ("Kim", f"But “{BREAD}” is not so."),
    ]
    assert last_passages(*turns) == [(BREAD, "1", ())]


def test_the_post_is_a_source_too() -> None:
    context = Context(thread_of(("Host", f"Hear me: {BREAD}."), ("Ida", f"“{BREAD}” is not so.")))
    (passage,) = context.passages(context.view.entries[1])
    assert passage.source is not None
    assert (passage.source.kind, passage.source.id, passage.source.author) == ("post", "p", "Host")
    assert (passage.source.start, passage.source.end) == (9, 9 + len(BREAD))
    assert passage.source.similarity == 1


def test_words_stay_their_first_author_s_whoever_repeated_them() -> None:
    again = f"As I said: “{BREAD}”"
    assert last_passages(("Host", "On bread."), ("Ida", BREAD), ("Ola", BREAD), ("Ida", again))[0][1] == "1"
    assert last_passages(("Host", "On bread."), ("Ida", BREAD), ("Ida", again))[0][1] == "1"


def test_later_entries_are_no_source() -> None:
    context = Context(thread_of(("Host", "On bread."), ("Ida", f"“{BREAD}” is what they say."), ("Ola", BREAD)))
    (passage,) = context.passages(context.view.entries[1])
    assert passage.source is None


def test_a_part_of_a_copy_with_added_words_is_traced_to_its_own_place() -> None:
    source = "one loaf two loaves and three loaves four loaves salt and water and flour and a very long night"
    text = (
        "one loaf two loaves (as ever) and three loaves four loaves (oh well) salt and water and flour and a very long"
    )
    view = ThreadView(thread_of(("Host", source), ("Ida", text)))
    sources, entry = ThreadSources(view), view.entries[1]
    copies = sources.copies(entry)
    assert [copy.matched for copy in copies] == [18]
    copy = copy_of(entry.words, range(len(entry.words) - 5, len(entry.words)), copies, sources.texts)
    assert copy is not None
    found = sources.source(copy)
    assert source[found.start : found.end] == "flour and a very long"
    assert found.similarity == 1


def test_changed_words_of_a_quotation_are_told() -> None:
    altered = BREAD.replace("cold night", "warm night")
    turns = [("Host", "On bread."), ("Ida", BREAD), ("Ola", f"“{altered}” is what Ida says.")]
    assert last_passages(*turns) == [(altered, "1", (("cold", "warm"),))]


def test_a_cut_that_is_marked_is_no_change() -> None:
    cut = BREAD.replace(" long cold night", " …")
    turns = [("Host", "On bread."), ("Ida", BREAD), ("Ola", f"“{cut}” is what Ida says.")]
    assert [changes for _, _, changes in last_passages(*turns)] == [()]


def test_a_quotation_of_scattered_words_has_no_source() -> None:
    turns = [
        ("Host", "On bread."),
        ("Ida", BREAD),
        ("Ola", "“the long oven turns a cold rye night on anybody” they say."),
    ]
    assert [source for _, source, _ in last_passages(*turns)] == [None]
