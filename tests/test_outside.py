"""Words from outside the thread: the archive, and pages that a comment links to."""

from dataclasses import dataclass
from datetime import UTC, datetime

from adapters.thread import Comment, Format, Post, Thread
from rules.elsewhere import Elsewhere, OutsideText
from rules.quotes.passage import Passage
from rules.rule import Context
from rules.words import Words

KILN = "a kiln that has cooled too fast will crack along the oldest brick before anybody in the yard can hear it"
ARCHIVED = OutsideText(kind="archive", text=f"As I told them: {KILN}. So there.", id="77", author="Vera", url="/old#77")
PAGE = OutsideText(kind="page", text=f"Kilns. {KILN.capitalize()}. Ends.", url="https://kiln.example/craft")


@dataclass
class Kept:
    """Be an archive and the pages, from a list."""

    texts: list[OutsideText]

    def holders(self, words: Words, *, site: str | None, thread: str) -> list[OutsideText]:
        return [text for text in self.texts if text.kind == "archive"]

    def page(self, url: str) -> OutsideText | None:
        return next((text for text in self.texts if text.url == url), None)


def passages(body: str, *texts: OutsideText, author: str = "Olaf", format: Format = "plain") -> list[Passage]:
    comment = Comment(
        id="1",
        author=author,
        body=body,
        format=format,
        posted_at=datetime(2020, 5, 1, tzinfo=UTC),
    )
    thread = Thread(site="s", id="t", title=None, url=None, post=Post(id="p", body="On pots."), comments=[comment])
    kept = Kept(list(texts))
    context = Context(thread, Elsewhere(archive=kept, pages=kept))
    return list(context.passages(context.view.entries[1]))


def test_a_bare_copy_is_traced_to_the_archive() -> None:
    body = f"My own view. {KILN.capitalize()}. What now?"
    [passage] = passages(body, ARCHIVED)
    assert (passage.form, passage.verdict) == ("bare", "unattributed")
    assert body[passage.start : passage.end] == KILN.capitalize() + "."
    assert passage.source is not None
    assert (passage.source.kind, passage.source.id, passage.source.author) == ("archive", "77", "Vera")
    assert ARCHIVED.text[passage.source.start : passage.source.end] == KILN


def test_asking_the_reader_does_not_make_archived_words_his() -> None:
    [passage] = passages(f"My own view. {KILN.capitalize()}. You said you would write about what you read?", ARCHIVED)
    assert passage.verdict == "unattributed"


def test_a_quotation_in_marks_finds_its_source_in_the_archive_and_keeps_its_credit() -> None:
    [passage] = passages(f"Vera once wrote “{KILN}” about this.", ARCHIVED)
    assert passage.verdict == "attributed"
    assert passage.source is not None
    assert passage.source.kind == "archive"


def test_ones_own_archived_words_are_ones_own() -> None:
    [passage] = passages(f"{KILN.capitalize()}. What now?", ARCHIVED, author="vera")
    assert passage.verdict == "self"


def test_what_was_archived_later_is_no_source() -> None:
    later = OutsideText(
        kind="archive", text=ARCHIVED.text, id="78", author="Vera", posted_at=datetime(2021, 1, 1, tzinfo=UTC)
    )
    assert passages(f"{KILN.capitalize()}. What now?", later) == []


def test_a_short_run_that_the_archive_has_too_is_chance() -> None:
    assert passages("Well, will crack along the oldest brick before anybody comes.", ARCHIVED) == []


def test_words_of_a_linked_page_are_credited_by_the_link() -> None:
    [passage] = passages(
        f'<p>See <a href="{PAGE.url}">this</a>.</p><blockquote>{KILN}</blockquote>', PAGE, format="html"
    )
    assert passage.verdict == "attributed"
    assert passage.source is not None
    assert (passage.source.kind, passage.source.url) == ("page", PAGE.url)


def test_a_page_that_is_not_linked_is_not_asked() -> None:
    assert passages(f"{KILN.capitalize()}. What now?", PAGE) == []


def test_the_thread_comes_before_the_archive() -> None:
    post = Post(id="p", author="Host", body=KILN)
    comment = Comment(id="1", author="Olaf", body=f"“{KILN}” is good.", format="plain")
    thread = Thread(site="s", id="t", title=None, url=None, post=post, comments=[comment])
    context = Context(thread, Elsewhere(archive=Kept([ARCHIVED])))
    [passage] = context.passages(context.view.entries[1])
    assert passage.source is not None
    assert passage.source.kind == "post"
