"""Words that stand side by side: how the threads of a site are told apart by them."""

import math
from collections.abc import Sequence

import numpy as np
import pytest

from rules.topic.pairs import NO_PAIRS, PAIR_SIGNS, PairCounts, Pairs, SitePairs, pairs_of

KILN = "the kiln door is open and the glaze will run down the shelf"
LAMPS = "the lamps in the lane are dark and the bench will rot"


def pairs(text: str) -> Pairs:
    return pairs_of(text.split())


def site(*texts: str) -> SitePairs:
    known = SitePairs()
    for at, text in enumerate(texts):
        known.add(at, pairs(text))
    return known


def signs(
    text: str,
    known: SitePairs,
    *,
    post: str = "",
    comments: Sequence[str] = (),
    here: int | None = None,
    copied: int | None = None,
) -> dict[str, float]:
    of_post, of_comments = PairCounts(), PairCounts()
    of_post.add(pairs(post))
    for comment in comments:
        of_comments.add(pairs(comment))
    return known.signs(pairs(text), of_post, of_comments, here=here, copied=copied)


def test_pairs_are_words_in_their_order_with_function_words() -> None:
    assert len(pairs("of the valve of the").codes) == 3
    assert sorted(pairs("of the valve of the").counts.tolist()) == [1, 1, 2]
    assert pairs("valve the").codes.tolist() != pairs("the valve").codes.tolist()
    assert pairs("alone").codes.tolist() == []


def test_the_thread_that_says_it_so_is_nearer_than_one_that_uses_the_same_words() -> None:
    known = site(LAMPS, "open is the door of glaze and kiln the shelf down will run")
    here = signs("is the kiln door open", known, post=KILN)
    there = signs("is the kiln door open", known, post=LAMPS)
    assert here["pairs: share of either"] > 0.4 > there["pairs: share of either"]
    assert here["pairs: thread less best other"] > there["pairs: thread less best other"]
    assert here["pairs: chance of thread"] > there["pairs: chance of thread"]


def test_another_thread_that_says_it_counts_against_this_one() -> None:
    before = signs("the glaze will run", site(LAMPS, LAMPS), post=LAMPS)
    after = signs("the glaze will run", site(LAMPS, KILN), post=LAMPS)
    assert after["pairs: chance of thread"] < before["pairs: chance of thread"] - 1
    assert after["pairs: best among others"] > before["pairs: best among others"]


def test_neither_the_thread_itself_nor_a_copy_of_the_comment_is_another_home() -> None:
    text = "the glaze will run down"
    nothing = signs(text, site(LAMPS, LAMPS, "the end"), post=LAMPS)
    itself = signs(text, site(LAMPS, LAMPS, "the end", KILN), post=LAMPS, here=3)
    copied = signs(text, site(LAMPS, LAMPS, "the end", text), post=LAMPS, copied=3)
    assert itself["pairs: best among others"] == pytest.approx(nothing["pairs: best among others"], abs=0.05)
    assert copied["pairs: best among others"] == pytest.approx(nothing["pairs: best among others"], abs=0.05)


def test_it_is_all_one_whether_a_thread_comes_at_once_or_bit_by_bit() -> None:
    at_once, by_bits = site(LAMPS, KILN), SitePairs()
    by_bits.add(0, pairs(LAMPS))
    by_bits.add(1, NO_PAIRS)
    asked = signs("the kiln door", by_bits, post=LAMPS)
    assert math.isfinite(sum(asked.values()))
    by_bits.add(1, pairs(KILN))
    assert signs("the kiln door", by_bits, post=LAMPS) == signs("the kiln door", at_once, post=LAMPS)
    twice, both = site(LAMPS, KILN), SitePairs()
    twice.add(1, pairs(KILN))
    both.add(0, pairs(LAMPS))
    both.add(1, Pairs(pairs(KILN).codes, 2 * pairs(KILN).counts))
    assert signs("the kiln door", twice, post=LAMPS) == signs("the kiln door", both, post=LAMPS)


def test_what_is_new_is_sorted_in_once_it_is_a_part_of_the_whole() -> None:
    known = site(LAMPS, " ".join(f"{KILN} {n}" for n in range(40)))
    signs("the kiln door", known)
    news = ["so the ferry sank", "and the ferry sank again", "now the ferry sank with the mail and with the cook"]
    nearest = []
    for text in news:
        known.add(0, pairs(text))
        nearest.append(signs("the ferry sank", known)["pairs: best among others"])
    assert nearest[0] == nearest[1] == 0 < nearest[2]


@pytest.mark.parametrize("text", ["", "alone", "\ud800 broken \ud800", "no " * 5_000, "水 水 水"])
def test_any_text_has_signs(text: str) -> None:
    for known in (site("", ""), site(LAMPS, text), site(text, text, text)):
        for copied in (None, 1):
            found = signs(text, known, post=KILN, comments=[LAMPS], copied=copied)
            assert tuple(found) == PAIR_SIGNS
            assert np.isfinite(list(found.values())).all()
