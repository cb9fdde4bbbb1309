"""What a comment says besides its links, and what the finding says of it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from adapters.thread import Comment, Format, Post, Thread
from bot.cli import app
from rules import link_only
from rules.engine import Engine
from rules.finding import Finding
from rules.links.lexicon import asks_for_link
from rules.links.residue import Residue, find_residue
from rules.markup import render
from tests.dialogue import thread_of

RYE = "https://rye.example/a"


def residue(body: str, format: Format = "plain") -> Residue:
    """Return what is left of a comment that has links."""
    found = find_residue(render(body, format))
    assert found is not None
    return found


def findings(thread: Thread, **options: object) -> list[Finding]:
    """Return what the rule finds in a thread."""
    engine = Engine([link_only], {"link-only": link_only.Options.model_validate(options)})
    outcomes = list(engine.evaluate(thread)[1])
    assert [outcome.not_evaluated for outcome in outcomes] == [[]] * len(outcomes)
    return [finding for outcome in outcomes for finding in outcome.findings]


def message(dialogue: str, format: Format = "plain") -> str:
    """Return what is said of a dialogue's last comment."""
    return findings(thread_of(dialogue, format=format))[-1].message


@pytest.mark.parametrize("body", ["rye bread", "see main.py", "I.", "[x] rye", "`curl rye.com`", ""])
def test_a_text_without_a_link_has_no_residue(body: str) -> None:
    assert find_residue(render(body, "markdown")) is None


@pytest.mark.parametrize(
    ("body", "urls", "words"),
    [
        (RYE, [RYE], []),
        (f"see here: {RYE} !", [RYE], []),
        ("(www.rye.com) bread", ["http://www.rye.com"], ["bread"]),
        (f"{RYE}\nhttps://salt.example", [RYE, "https://salt.example"], []),
        ("bake rye.com and salt.org", ["http://rye.com", "http://salt.org"], ["bake"]),
        (f"@Ida {RYE} #bread", [RYE], []),
        (f"[dough]({RYE}) and ![loaf](https://salt.example/x.png)", [RYE, "https://salt.example/x.png"], ["dough"]),
        (f"[url={RYE}]dough[/url]", [RYE], ["dough"]),
        ("hxxps://rye[.]example/a", [RYE], []),
        ("rye(dot)example/a", ["rye.example/a"], []),
        (f"dough of 1902 {RYE}", [RYE], ["dough", "1902"]),
    ],
)
def test_typed_urls_and_the_words_beside_them(body: str, urls: list[str], words: list[str]) -> None:
    found = residue(body)
    assert (list(found.urls), list(found.words)) == (urls, words)


def test_an_anchor_that_shows_its_url_is_one_link() -> None:
    found = residue(f'<a href="{RYE}">{RYE}</a> bread <a href="https://salt.example">salt</a>', "html")
    assert list(found.urls) == [RYE, "https://salt.example"]
    assert list(found.words) == ["bread", "salt"]


def test_a_picture_that_one_can_click_is_one_link() -> None:
    found = residue(f'<a href="{RYE}"><img src="https://salt.example/x.png"></a>', "html")
    assert (list(found.urls), found.images) == ([RYE], 0)


def test_two_pictures_are_two() -> None:
    found = residue('<img src="https://rye.example/a.png"><img src="https://rye.example/b.png">', "html")
    assert (len(found.urls), found.images) == (2, 2)


def test_urls_run_together_into_one_long_word_are_one_link() -> None:
    body = "http://rye.example/" * 1_000
    found = residue(body + " bread")
    assert (list(found.urls), list(found.words)) == ([body], ["bread"])


@pytest.mark.parametrize(
    ("format", "body", "said"),
    [
        ("plain", RYE, "Nothing but a link."),
        ("plain", f"{RYE} https://salt.example", "Nothing but 2 links."),
        ("plain", f"this! {RYE}", "Nothing but a link and “this!”."),
        ("plain", f"^^ this {RYE}", "Nothing but a link and “^^ this”."),
        ("plain", f"Hier: {RYE}", "Nothing but a link and “Hier”."),
        ("plain", f"Rye Bread for Winter Days {RYE}", "Nothing but a link under its own title."),
        ("html", f'<a href="{RYE}">Rye for Winter Days</a>', "Nothing but a link under its own title."),
        (
            "html",
            f'<a href="{RYE}">Rye for Winter Days</a><br><a href="https://salt.example">Salt in All Its Colours</a>',
            "Nothing but 2 links under titles.",
        ),
        ("html", '<img src="https://rye.example/loaf.png">', "Nothing but an image from rye.example."),
        ("plain", "https://youtu.be/x", "Nothing but a link to a picture, a video or a sound."),
        ("plain", "https://bit.ly/3abc", "Nothing but a link; bit.ly hides where it leads."),
        (
            "html",
            f'You have been linked - Trackback from <a href="{RYE}">rye.example</a>',
            "Nothing but a trackback.",
        ),
    ],
)
def test_the_kinds_are_told_apart(format: Format, body: str, said: str) -> None:
    assert message(f"Ann: {body}", format) == said


def test_a_link_that_is_there_already_names_who_posted_it_first() -> None:
    (finding,) = findings(
        thread_of(f"Ida: Rye wants a cold night: {RYE}\nOla: Salt wants more of it, as {RYE} says\nBen: {RYE}")
    )
    assert finding.comment_id == "3"
    assert finding.message == "Nothing but a link; Ida had posted it before."
    assert finding.source is not None
    assert (finding.source.kind, finding.source.id, finding.source.author) == ("comment", "1", "Ida")
    assert (finding.source.start, finding.source.end) == (24, 24 + len(RYE))


@pytest.mark.parametrize(
    ("format", "first"),
    [
        ("html", f'<p>Rye wants <a href="{RYE}">a cold night</a> and salt.</p>'),
        ("html", f'<p>Rye wants a cold night and salt. <img src="{RYE}"></p>'),
        ("plain", f"Rye wants a cold night (and salt, {RYE}), says Ola."),
    ],
)
@pytest.mark.parametrize("output", ["text", "json", "jsonl", "html"])
def test_every_report_shows_who_was_first(format: Format, first: str, output: str, tmp_path: Path) -> None:
    comments = [
        {"id": "1", "author": "Ida", "body": first, "format": format},
        {"id": "2", "author": "Ben", "body": RYE},
    ]
    saved = tmp_path / "thread.json"
    saved.write_text(json.dumps({"site": "s", "id": "t", "post": {"id": "p", "body": "Rye"}, "comments": comments}))
    done = CliRunner().invoke(app, ["check", str(saved), "--output", output])
    assert done.exit_code == 1, done.exception
    assert "Ida had posted it before" in done.stdout.replace("\n", " ")


def test_a_difference_in_tracking_alone_is_told() -> None:
    said = message(f"Ida: Rye wants a cold night: {RYE}?utm_source=a\nBen: http://www.rye.example/a?fbclid=b")
    assert said == "Nothing but a link; Ida had posted it before, with other tracking parameters."


def test_a_link_of_the_post_and_one_of_the_authors_own() -> None:
    assert message(f"post: Rye wants {RYE}\nBen: {RYE}") == "Nothing but a link; the post has it before."
    own = message(f"Ben: Rye wants a cold night: {RYE}\nBen: {RYE}")
    assert own == "Nothing but a link; its author had posted it before."


def test_a_link_that_comes_later_is_no_repeat() -> None:
    first, _ = findings(thread_of(f"Ben: {RYE}\nIda: {RYE}"))
    assert first.message == "Nothing but a link."


def test_the_host_that_is_named_like_the_author() -> None:
    assert message("Ida Rye: https://www.idarye.com/a") == "Nothing but a link; the host is named like its author."


def test_welcome_hosts_and_authors() -> None:
    thread = thread_of(f"Ann: {RYE}\nBen: https://docs.salt.example/b\nCem: {RYE} https://salt.example/c")
    assert [f.comment_id for f in findings(thread, allowed_hosts=["salt.example"])] == ["1", "3"]
    assert [f.comment_id for f in findings(thread, allowed_hosts=["www.Salt.example", "rye.example"])] == []
    assert [f.comment_id for f in findings(thread, trusted_authors=["ANN ", "cem"])] == ["2"]
    assert [f.comment_id for f in findings(thread, allowed_hosts=["alt.example"])] == ["1", "2", "3"]


def test_an_answer_to_a_request_is_welcome_unless_it_is_not() -> None:
    thread = thread_of(f"Ann: Source?\nBen: {RYE}")
    assert findings(thread) == []
    assert [f.comment_id for f in findings(thread, welcome_answers=False)] == ["2"]


def test_a_request_counts_where_it_is_answered() -> None:
    thread = thread_of(f"Ann: Any link?\nCem: Rye wants a cold night.\nBen>2: {RYE}")
    assert [f.comment_id for f in findings(thread)] == ["3"]


def test_a_post_that_asks_makes_no_link_welcome() -> None:
    assert len(findings(thread_of(f"post: Does anybody have a source for this?\nBen: {RYE}"))) == 1


def test_trackbacks_can_be_passed_over() -> None:
    comments = [
        Comment(id="1", author="The Rye Blog", body="Cold Nights for Rye", format="html"),
        Comment(id="2", author="RyeLinks", body=f'Trackback from <a href="{RYE}">RyeLinks</a>', format="html"),
        Comment(id="3", author="Ben", body=RYE, format="plain"),
    ]
    thread = Thread(site="salt.example", id="t", title=None, url=None, post=Post(id="p"), comments=comments)
    assert [f.comment_id for f in findings(thread)] == ["1", "2", "3"]
    assert [f.comment_id for f in findings(thread, trackbacks=False)] == ["3"]


def test_the_titles_of_the_blogs_own_later_posts() -> None:
    comment = Comment(id="1", author="you are reading SALTWORKS", body="Leaving the sea", format="html")
    thread = Thread(site="saltworks.example", id="t", title=None, url=None, post=Post(id="p"), comments=[comment])
    assert len(findings(thread)) == 1
    elsewhere = Thread(site="rye.example", id="t", title=None, url=None, post=Post(id="p"), comments=[comment])
    assert findings(elsewhere) == []


def test_max_words() -> None:
    thread = thread_of(f"Ann: dough salt {RYE}")
    assert len(findings(thread)) == 1
    assert findings(thread, max_words=1) == []


@pytest.mark.parametrize(
    ("body", "lowest", "highest"),
    [(RYE, 1, 1), (f"dough {RYE}", 0.7, 0.8), (f"dough rises overnight {RYE}", 0.4, 0.6), ("dough", 0, 0),
     (f"No, dough: {RYE}", 0, 0.4), (f"{RYE} " + "dough rises " * 40, 0, 0.1)],
)  # fmt: skip
def test_scores_fall_with_own_words(body: str, lowest: float, highest: float) -> None:
    _, outcomes = Engine([link_only], {}).evaluate(thread_of(f"Ann: {body}"), with_scores=True)
    assert lowest <= next(outcomes).scores["link-only"] <= highest


@pytest.mark.parametrize(
    "text",
    [
        "Source?",
        "Do you have a link to that study?",
        "[citation needed]",
        "link please",
        "Where can I download it?",
        "Can you share the link",
        "Quelle?",
        "Hast du einen Link dazu?",
        "Wo kann ich das lesen?",
        "Tu as un lien ?",
        "Où peut-on trouver ça ?",
        "¿Tienes la fuente?",
        "¿Dónde puedo leer eso?",
        "Есть ссылка?",
        "Где можно прочитать?",
        "Дайте ссылку",
    ],
)
def test_requests_for_a_link(text: str) -> None:
    assert asks_for_link(text)


@pytest.mark.parametrize(
    "text", ["The source is clear.", "Here is the link.", "Who bakes rye?", "Where is Ida?", "Danke für den Link.", ""]
)
def test_what_asks_for_no_link(text: str) -> None:
    assert not asks_for_link(text)
