"""A page's way into the store: new, edited, deleted and awkward comments; none lost, none double."""

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import update

from adapters.base import Page, Sighting
from adapters.thread import Post
from bot.decisions import decide
from bot.store.database import Store
from bot.store.errors import CursorMoved
from bot.store.tables import comments, cursors, findings, outbox, posts
from bot.store.threads import load_thread
from tests.stored import BRIDGE, CREDITED, FIRST, FISH, LINK, NOON, PILOT, QUOTED, SITE, Blog, comment

UNATTRIBUTED = "unattributed-quote"


@pytest.fixture
def blog(store: Store) -> Blog:
    return Blog(store)


def test_a_page_s_comments_findings_and_outbox_rows_are_kept(blog: Blog) -> None:
    taken = blog.take(FIRST, LINK, QUOTED, cursor={"since": "noon"})
    assert (taken.new, taken.found, taken.unchanged, taken.resolved, taken.not_evaluated) == (3, 2, 0, 0, 0)
    assert blog.findings() == [("4", "link-only", None), ("5", UNATTRIBUTED, None)]
    assert blog.waiting() == [("4", "link-only"), ("5", UNATTRIBUTED)]
    assert blog.rows(comments, "platform_id", "author", "posted_at")[0] == ("1", "Hanne Vik", FIRST.posted_at)
    assert blog.rows(findings, "rule", "excerpt")[1] == (UNATTRIBUTED, FISH)
    assert blog.rows(cursors, "value") == [('{"since": "noon"}',)]


def test_the_same_page_again_changes_nothing(blog: Blog) -> None:
    blog.take(FIRST, LINK, QUOTED, cursor=7)
    before = blog.state()
    again = blog.take(FIRST, LINK, QUOTED, cursor=7)
    assert (again.new, again.edited, again.unchanged, again.found, again.resolved) == (0, 0, 3, 0, 0)
    assert blog.state() == before


def test_a_page_from_a_place_that_was_left_is_refused_and_leaves_nothing(blog: Blog) -> None:
    blog.take(FIRST, cursor=7)
    before = blog.state()
    page = Page(after=3, cursor=4, posts=[], comments=[Sighting(post_id="bridge", comment=QUOTED)])
    with pytest.raises(CursorMoved):
        blog.pipeline.take(SITE, page, now=NOON)
    assert blog.state() == before


def test_the_context_of_a_comment_comes_from_earlier_pages(blog: Blog) -> None:
    blog.take(FIRST, PILOT)
    assert blog.take(QUOTED, posts=[]).found == 1
    (source,) = [row[0] for row in blog.rows(findings, "source")]
    assert (source["kind"], source["id"], source["author"]) == ("comment", "1", "Hanne Vik")


def test_an_edit_that_credits_the_words_resolves_the_finding(blog: Blog) -> None:
    blog.take(FIRST, PILOT, QUOTED)
    taken = blog.take(CREDITED)
    assert (taken.edited, taken.resolved, taken.found) == (1, 1, 0)
    assert blog.findings() == [("5", UNATTRIBUTED, "credited")]
    assert blog.waiting() == []


def test_an_edit_that_takes_the_words_out_resolves_the_finding(blog: Blog) -> None:
    blog.take(FIRST, PILOT, QUOTED)
    blog.take(replace(QUOTED, body="We lived through the winter of the strike, and so will the market."))
    assert blog.findings() == [("5", UNATTRIBUTED, "removed")]


def test_an_edit_elsewhere_in_the_comment_moves_the_finding_and_tells_nothing_new(blog: Blog) -> None:
    blog.take(FIRST, PILOT, QUOTED)
    taken = blog.take(replace(QUOTED, body="Well now. " + QUOTED.body))
    assert (taken.edited, taken.found, taken.resolved) == (1, 0, 0)
    assert blog.rows(findings, "start", "end") == [(11, 11 + len(FISH))]
    assert len(blog.rows(outbox, "id")) == 1


def test_a_finding_that_comes_back_is_open_again_and_told_once(blog: Blog) -> None:
    blog.take(FIRST, PILOT, QUOTED)
    blog.take(CREDITED)
    assert blog.take(QUOTED).found == 1
    assert blog.findings() == [("5", UNATTRIBUTED, None)]
    assert blog.waiting() == [("5", UNATTRIBUTED)]


def test_what_was_told_is_not_told_again(blog: Blog, store: Store) -> None:
    blog.take(FIRST, PILOT, QUOTED)
    with store.write() as connection:
        connection.execute(update(outbox).values(sent_at=NOON))
    blog.take(CREDITED)
    blog.take(QUOTED)
    assert blog.findings() == [("5", UNATTRIBUTED, None)]
    assert blog.rows(outbox, "sent_at") == [(NOON,)]


def test_what_a_moderator_has_resolved_stays_resolved(blog: Blog, store: Store) -> None:
    blog.take(FIRST, PILOT, QUOTED)
    with store.write() as connection:
        decide(connection, 1, "dismissed", moderator="ada", now=NOON)
    blog.take(replace(QUOTED, body=QUOTED.body + " Twice."))
    assert blog.rows(findings, "state", "resolved_reason") == [("dismissed", None)]
    assert blog.waiting() == []
    blog.take(CREDITED)
    assert blog.rows(findings, "state", "resolved_reason") == [("dismissed", "credited")]


@pytest.mark.parametrize("way", ["id", "status"])
def test_a_deletion_erases_the_words_and_keeps_the_hash(blog: Blog, way: str) -> None:
    blog.take(FIRST, LINK, QUOTED)
    (hashed,) = [row for row in blog.rows(comments, "platform_id", "hash") if row[0] == "5"]
    if way == "id":
        taken = blog.take(QUOTED, deleted=["5", "99"])
    else:
        taken = blog.take(replace(QUOTED, body="[deleted]", author="[deleted]", status="deleted"))
    assert (taken.deleted, taken.edited, taken.resolved) == (1, 0, 1)
    assert blog.findings() == [("4", "link-only", None), ("5", UNATTRIBUTED, "deleted")]
    assert blog.waiting() == [("4", "link-only")]
    assert hashed in blog.rows(comments, "platform_id", "hash")
    assert ("5", "", None) in [row[:3] for row in blog.rows(comments, "platform_id", "body", "author")]
    assert "strike" not in str(blog.state())
    assert [row for row in blog.rows(findings, "excerpt", "message", "source", "suggestion") if not row[0]] == [
        ("", "", None, None)
    ]


def test_the_name_of_a_deleted_source_leaves_other_findings_too(blog: Blog) -> None:
    blog.take(FIRST, PILOT, QUOTED)
    blog.take(deleted=["1"])
    assert "Hanne" not in str(blog.state())


def test_a_resolved_finding_loses_the_name_of_a_deleted_source(blog: Blog) -> None:
    blog.take(FIRST, PILOT, QUOTED)
    blog.take(replace(QUOTED, body="We lived through the winter of the strike, and so will the market."))
    blog.take(deleted=["1"])
    assert blog.findings() == [("5", UNATTRIBUTED, "removed")]
    assert "Hanne" not in str(blog.state())


def test_a_deleted_comment_that_is_back_is_judged_anew(blog: Blog) -> None:
    blog.take(FIRST, PILOT, QUOTED)
    blog.take(deleted=["5"])
    assert blog.take(QUOTED).found == 1
    assert blog.findings() == [("5", UNATTRIBUTED, None)]
    assert blog.rows(findings, "excerpt") == [(FISH,)]


def test_a_change_of_status_is_kept_and_is_no_edit(blog: Blog) -> None:
    blog.take(FIRST, PILOT, replace(QUOTED, status="held"))
    taken = blog.take(replace(QUOTED, status="approved"))
    assert (taken.edited, taken.unchanged, taken.found) == (0, 1, 0)
    assert blog.rows(comments, "platform_id", "status") == [("1", None), ("2", None), ("5", "approved")]


def test_a_late_approval_takes_its_place_and_later_comments_are_judged_by_it(blog: Blog) -> None:
    blog.take(PILOT, QUOTED)
    assert [row[0]["kind"] for row in blog.rows(findings, "source")] == ["unknown"]
    blog.take(FIRST)
    (source,) = [row[0] for row in blog.rows(findings, "source")]
    assert (source["kind"], source["id"]) == ("comment", "1")
    assert blog.waiting() == [("5", UNATTRIBUTED)]


def test_a_comment_that_moves_to_another_thread_keeps_its_findings(blog: Blog) -> None:
    ferry = Post(id="ferry", body="A ferry for two summers.", format="plain")
    blog.take(LINK)
    taken = blog.take(LINK, posts=[ferry], post="ferry")
    assert (taken.edited, taken.found, taken.resolved) == (1, 0, 0)
    assert blog.findings() == [("4", "link-only", None)]
    assert len(blog.rows(outbox, "id")) == 1


def test_an_answer_that_gets_another_parent_is_one_comment(blog: Blog) -> None:
    blog.take(FIRST, LINK, replace(QUOTED, parent_id="4"))
    taken = blog.take(replace(QUOTED, parent_id="1"))
    assert taken.edited == 1
    assert dict(blog.rows(comments, "platform_id", "parent_id")) == {"1": None, "4": None, "5": "1"}
    assert len(blog.rows(comments, "id")) == 3


def test_of_two_sightings_in_a_page_the_later_edit_stands(blog: Blog) -> None:
    edited = replace(CREDITED, edited_at=NOON + timedelta(hours=1))
    taken = blog.take(FIRST, PILOT, edited, QUOTED)
    assert taken.new == 3
    assert blog.findings() == []


def test_a_burst_within_one_second_stands_in_the_order_of_its_ids(blog: Blog) -> None:
    burst = [comment(str(id), f"burst {id} https://bridges.example/{id}", posted_at=NOON) for id in range(8, 13)]
    shuffled = Random(3).sample(burst, len(burst))  # noqa: S311  # nothing secret
    blog.take(*shuffled[:2])
    blog.take(*shuffled[1:])
    with blog.store.read() as connection:
        thread = load_thread(connection, SITE, blog.rows(posts, "id")[0][0]).thread
    assert [one.id for one in thread.comments] == ["8", "9", "10", "11", "12"]


def test_however_pages_are_cut_the_store_ends_the_same(blog: Blog) -> None:
    said = [FIRST, LINK, QUOTED, *(comment(str(id), f"https://bridges.example/{id}") for id in range(6, 30))]
    blog.take(*said)
    whole = [(row[0], row[1]) for row in blog.findings()]
    random = Random(7)  # noqa: S311  # nothing secret
    with blog.store.write() as connection:
        for table in (outbox, findings, comments, posts):
            connection.execute(table.delete())
    left = said[:]
    while left:
        overlap = random.sample(said, 3)
        blog.take(*random.sample([*left[:4], *overlap], len(left[:4]) + 3))
        left = left[4:]
    assert [(row[0], row[1]) for row in blog.findings()] == whole
    assert len(blog.waiting()) == len(whole)


def test_a_post_that_nobody_has_seen_is_asked_for_and_its_arrival_judges_the_thread_anew(blog: Blog) -> None:
    words = "The council decides on Thursday whether the old bridge is mended."
    page = Page(after=None, cursor=1, comments=[Sighting(post_id="bridge", comment=FIRST)])
    assert blog.pipeline.unseen(SITE, page) == {"bridge"}
    blog.take(comment("2", f"“{words}” And then?"), posts=[])
    assert blog.findings() == [("2", UNATTRIBUTED, None)]
    assert blog.pipeline.unseen(SITE, page) == {"bridge"}
    blog.take(posts=[BRIDGE])
    assert blog.pipeline.unseen(SITE, page) == set()
    assert blog.rows(posts, "platform_id", "body") == [("bridge", BRIDGE.body)]
    assert blog.findings() == [("2", UNATTRIBUTED, "changed")]


def test_sites_do_not_meet(store: Store) -> None:
    blog = Blog(store)
    blog.take(LINK)
    page = Page(after=None, cursor=1, posts=[BRIDGE], comments=[Sighting(post_id="bridge", comment=LINK)])
    assert blog.pipeline.take("other.example", page, now=NOON).new == 1
    assert len(blog.rows(outbox, "site_id")) == 2
    assert len(set(blog.rows(findings, "key"))) == 2


def test_a_failure_within_a_page_leaves_nothing_of_it(blog: Blog, monkeypatch: pytest.MonkeyPatch) -> None:
    blog.take(FIRST)
    before = blog.state()

    def fail(*given: object, **rest: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("bot.store.findings.Ledger.settle", fail)
    with pytest.raises(KeyboardInterrupt):
        blog.take(QUOTED)
    assert blog.state() == before
