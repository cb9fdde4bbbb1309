"""Bodies as their readers see them: text, blocks, links, emphasis, and the way back into the body."""

import html

import pytest

from adapters.thread import Format
from rules.document import Document
from rules.markup import render

FORMATS: tuple[Format, ...] = ("html", "markdown", "plain")


def texts(document: Document, kind: str) -> list[str]:
    """Return the text of each block of one kind."""
    return [document.text[block.start : block.end] for block in document.blocks if block.kind == kind]


def quotes(document: Document) -> list[tuple[str, int, str | None]]:
    """Return each quote's text, depth and author."""
    return [(document.text[q.start : q.end], q.depth, q.author) for q in document.blocks_of("quote")]


def anchors(document: Document) -> list[tuple[str, str]]:
    """Return each link's anchor text and URL, pictures left out."""
    return [(document.text[link.start : link.end], link.url) for link in document.links if not link.is_image]


def emphasised(document: Document) -> list[tuple[str, str]]:
    """Return the kind and text of all emphasis."""
    return [(run.kind, document.text[run.start : run.end]) for run in document.emphasis]


# HTML: the text


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("salt &amp; rye &lt;b&gt;", "salt & rye <b>"),
        ("&#8220;rise&#x201D; &hellip; &copy 3", "“rise” … © 3"),
        ("&nosuch; AT&T Q&A;", "&nosuch; AT&T Q&A;"),
        ("a&nbsp;b", "a\u00a0b"),
        ("so\u00adur do&shy;ugh", "sour dough"),
        ("ze\u200bro \ufeffwidth \u2060joined", "zero width joined"),
        ("fami\u200dly", "fami\u200dly"),
        ("one<br>two<br/>three", "one\ntwo\nthree"),
        ("one<br><br>two", "one\n\ntwo"),
        ("<br><br>first", "first"),
        ("a  b\t c\n d", "a b c\nd"),
        ("<p>a\n   b</p>\n\n<p>c</p>", "a b\n\nc"),
        ("<p>a</p><p></p><p> </p><p>b</p>", "a\n\nb"),
        ("<ul><li>flour</li><li>salt</li></ul>bake", "flour\nsalt\n\nbake"),
        ("<table><tr><td>rye</td><td>wheat</td></tr></table>", "rye\n\nwheat"),
        ("<p>end with spaces   </p><p>next</p>", "end with spaces\n\nnext"),
        ("<pre>  two\n    four</pre>", "  two\n    four"),
        ("", ""),
        (" \n\t ", ""),
    ],
)
def test_html_text_is_what_a_browser_shows(body: str, text: str) -> None:
    assert render(body, "html").text == text


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("a <!-- not shown --> b", "a b"),
        ("a<!-- <p>not shown</p> > -->b", "ab"),
        ("a<script>var x = '<p>shown?</p>';</script>b", "ab"),
        ("a<STYLE>p { color: red }</STYLE>b", "ab"),
        ("a<Script>x</sCRIPT >b<script>y</script\n>c", "abc"),
        ("<SCRIPT>x</SCRIPT>kept<script>y</script>", "kept"),
        ("a<textarea>typed</textarea>b", "ab"),
        ("<unknown-tag>kept</unknown-tag>", "kept"),
    ],
)
def test_comments_and_scripts_show_nothing(body: str, text: str) -> None:
    assert render(body, "html").text == text


@pytest.mark.parametrize("text", ["5 < 6", "a<3 b", "x <= y", "<3", "1 < 2 and 4 > 3", "<", "a <", "<>"])
def test_a_sign_that_opens_no_tag_is_text(text: str) -> None:
    assert render(text, "html").text == text


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<p>open <b>bold", "open bold"),
        ("</p></blockquote>stray</b></a>", "stray"),
        ("<b><i>crossed</b></i> tags", "crossed tags"),
        ("<a href='it's'>odd</a> don't stop", "odd don't stop"),
        ('<p class="never closed>text</p> after', "text\n\nafter"),
        ("cut off <a hre", "cut off <a hre"),
        ("<blockquote><blockquote>two open", "two open"),
    ],
)
def test_broken_tags_lose_no_words(body: str, text: str) -> None:
    assert render(body, "html").text == text


def test_newlines_break_lines_where_the_platform_stored_what_was_typed() -> None:
    document = render("first <b>line</b>\nsecond line\n\n\nnew paragraph", "html")
    assert document.text == "first line\nsecond line\n\nnew paragraph"
    assert texts(document, "paragraph") == ["first line\nsecond line", "new paragraph"]


def test_newlines_are_spaces_where_the_body_has_breaks_of_its_own() -> None:
    assert render("<p>first\nline</p>\n<p>second\nline</p>", "html").text == "first line\n\nsecond line"


# HTML: blocks, links, emphasis


def test_html_blocks_have_their_kinds() -> None:
    document = render("<h2>Oven</h2><p>Hot.</p><ul><li>rye</li><li>salt</li></ul><pre>x = 1</pre>end", "html")
    assert [(block.kind, document.text[block.start : block.end]) for block in document.blocks] == [
        ("heading", "Oven"),
        ("paragraph", "Hot."),
        ("list", "rye"),
        ("list", "salt"),
        ("code", "x = 1"),
        ("paragraph", "end"),
    ]


def test_nested_blockquotes_know_their_depth() -> None:
    body = "<blockquote><p>Salt it.</p><blockquote>Never salt.</blockquote>At all.</blockquote><p>I do.</p>"
    document = render(body, "html")
    assert quotes(document) == [("Salt it.\n\nNever salt.\n\nAt all.", 1, None), ("Never salt.", 2, None)]
    depths = {document.text[block.start : block.end]: block.depth for block in document.blocks_of("paragraph")}
    assert depths == {"Salt it.": 1, "Never salt.": 2, "At all.": 1, "I do.": 0}


def test_an_empty_blockquote_is_none() -> None:
    assert quotes(render("a<blockquote> <p></p></blockquote>b", "html")) == []


def test_an_aside_names_the_author_of_its_blockquote() -> None:
    body = (
        '<aside class="quote" data-username="marta" data-post="3"><div class="title">marta:</div>'
        "<blockquote><p>Rye keeps for a week.</p></blockquote></aside><p>Two, here.</p>"
        "<blockquote><p>Whose?</p></blockquote>"
    )
    assert quotes(render(body, "html")) == [("Rye keeps for a week.", 1, "marta"), ("Whose?", 1, None)]


def test_typed_signs_in_html_make_a_quote() -> None:
    document = render("<p>&gt; rye keeps<br>&gt; for a week<br>Not here.</p>", "html")
    assert quotes(document) == [("rye keeps\n> for a week", 1, None)]
    assert texts(document, "paragraph") == ["rye keeps\n> for a week", "Not here."]


def test_html_links_have_their_anchor_and_resolved_url() -> None:
    document = render('see <a href="https://b.example/?a=1&amp;b=2">the <b>rye</b> page</a>, or <a>this</a>', "html")
    assert anchors(document) == [("the rye page", "https://b.example/?a=1&b=2")]


@pytest.mark.parametrize(
    "body",
    [
        "<a href=https://b.example/x>rye</a>",
        "<A HREF='https://b.example/x'>rye</A>",
        "<a class=k href = \"https://b.example/x\" title='a > b'>rye</a>",
        "<a href=https://b.example/x>rye",
    ],
)
def test_links_are_found_however_they_are_written(body: str) -> None:
    assert anchors(render(body, "html")) == [("rye", "https://b.example/x")]


def test_pictures_are_links_without_an_anchor() -> None:
    (link,) = render('loaf <img src="https://b.example/l.png" alt="x"> here', "html").links
    assert (link.url, link.is_image, link.start, link.end) == ("https://b.example/l.png", True, 5, 5)


@pytest.mark.parametrize(
    "body",
    [
        'loaf <iframe src="https://b.example/l"></iframe>here',
        "loaf <video src='https://b.example/l' controls>no video</video>here",
        "loaf <embed src=https://b.example/l>here",
    ],
)
def test_players_are_links_without_an_anchor(body: str) -> None:
    document = render(body, "html")
    (link,) = document.links
    assert document.text == "loaf here"
    assert (link.url, link.is_image, link.start, link.end) == ("https://b.example/l", True, 5, 5)


def test_html_emphasis_has_its_kinds() -> None:
    body = "<em>a</em> <i>b</i> <strong>c</strong> <b>d</b> <q>e</q> <cite>f</cite> <code>g</code> <tt>h</tt><i> </i>"
    assert emphasised(render(body, "html")) == [
        ("em", "a"),
        ("em", "b"),
        ("strong", "c"),
        ("strong", "d"),
        ("q", "e"),
        ("cite", "f"),
        ("code", "g"),
        ("code", "h"),
    ]


# Markdown


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("**rye** and _salt_ and ~~sugar~~", "rye and salt and sugar"),
        ("first\nsecond\n\nthird", "first\nsecond\n\nthird"),
        ("hard\\\nbreak  \nhere", "hard\nbreak\nhere"),
        (r"\*not em\* \> \# \\", r"*not em* > # " + "\\"),
        ("salt &amp; rye &copy; &#35;", "salt & rye © #"),
        ("`a < b` and ``c ` d``", "a < b and c ` d"),
        ("# Oven\n\nHot\n===\n\ncold", "Oven\n\nHot\n\ncold"),
        ("- rye\n- salt", "rye\n\nsalt"),
        ("|a|b|\n|-|-|\n|rye|salt|", "a\nb\nrye\nsalt"),
        ("a <b>bold</b> word", "a bold word"),
        ("<div class='x'>raw <b>bold</b> text</div>\n\nafter", "raw bold text\n\nafter"),
        ("![the loaf](l.png) tastes", " tastes"),
        ("5 < 6 & 7 > 3", "5 < 6 & 7 > 3"),
        ("so\u00adur", "sour"),
        ("* * *\n\nend", "end"),
        ("one\r\ntwo\r\n\r\nthree", "one\ntwo\n\nthree"),
        ("one\rtwo\r\rthree", "one\ntwo\n\nthree"),
        ("", ""),
    ],
)
def test_markdown_text_has_no_markup(body: str, text: str) -> None:
    assert render(body, "markdown").text == text


def test_markdown_links_of_every_kind() -> None:
    body = (
        'the [rye *page*](https://b.example/rye_(bread) "title") and <https://auto.example/> and [salt][s], '
        "[sugar][] but not [this]\n\n[s]: https://salt.example\n[sugar]: https://sugar.example"
    )
    document = render(body, "markdown")
    assert document.text == "the rye page and https://auto.example/ and salt, sugar but not [this]"
    assert anchors(document) == [
        ("rye page", "https://b.example/rye_(bread)"),
        ("https://auto.example/", "https://auto.example/"),
        ("salt", "https://salt.example"),
        ("sugar", "https://sugar.example"),
    ]


def test_text_after_a_link_maps_past_its_url() -> None:
    body = "[rye](https://rye.example/rye) rye"
    document = render(body, "markdown")
    assert document.text == "rye rye"
    assert document.to_body(4) == body.rindex("rye")


def test_markdown_quotes_lazy_lines_and_depths() -> None:
    document = render("> Salt it.\nAlways.\n> > Never.\n\nI do.", "markdown")
    assert quotes(document) == [("Salt it.\nAlways.\n\nNever.", 1, None), ("Never.", 2, None)]
    assert [(document.text[b.start : b.end], b.depth) for b in document.blocks_of("paragraph")] == [
        ("Salt it.\nAlways.", 1),
        ("Never.", 2),
        ("I do.", 0),
    ]


def test_markdown_code_is_kept_as_it_is() -> None:
    document = render("```py\nif x:\n\n    y = '*'\n```\n\n    indented > code\n\nend", "markdown")
    assert texts(document, "code") == ["if x:\n\n    y = '*'\n", "indented > code\n"]
    assert texts(document, "paragraph") == ["end"]


def test_markdown_emphasis_is_the_right_one_of_equal_words() -> None:
    document = render("rye **rye** rye _rye_", "markdown")
    assert [(run.kind, run.start, run.end) for run in document.emphasis] == [("strong", 4, 7), ("em", 12, 15)]


def test_markdown_too_large_to_parse_is_plain() -> None:
    body = "*rye* and salt\n" * 20_000
    document = render(body, "markdown")
    assert document.text == body
    assert document.emphasis == []


def test_markdown_of_little_but_brackets_is_plain() -> None:
    body = "[rye" * 5_000
    assert render(body, "markdown").text == body


# Plain text


@pytest.mark.parametrize(
    "body",
    [
        "rye  and\tsalt",
        "a &amp; <b>c</b> **d**",
        "  edges \n\n",
        "so\u00adur\u200b",
        "a\r\n\r\nb",
        "> q\n\n\n[quote]x[/quote]",
    ],
)
def test_plain_text_stays_unchanged(body: str) -> None:
    document = render(body, "plain")
    assert document.text == body
    assert [document.to_body(at) for at in range(len(body))] == list(range(len(body)))


def test_plain_paragraphs_are_set_apart_by_empty_lines() -> None:
    document = render("\n one\ntwo \n \t\n\nthree\r\n\r\nfour ", "plain")
    assert texts(document, "paragraph") == ["one\ntwo", "three", "four"]


# Quotations typed as text


def test_sign_lines_of_several_depths() -> None:
    document = render("> > Never.\n> Salt it.\n>> Why?\nI do.", "plain")
    assert quotes(document) == [("Never.\n> Salt it.\n>> Why?", 1, None), ("Never.", 2, None), ("Why?", 2, None)]
    assert [(document.text[b.start : b.end], b.depth) for b in document.blocks_of("paragraph")] == [
        ("Never.", 2),
        ("Salt it.", 1),
        ("Why?", 2),
        ("I do.", 0),
    ]


def test_a_wrapped_tail_belongs_to_the_quotation() -> None:
    body = "> the loaf was left in the oven for so long that nobody dared to\nlook at it\n> any more\nWe ate it."
    assert quotes(render(body, "plain")) == [(body[2 : body.index("\nWe")], 1, None)]


@pytest.mark.parametrize(
    "body",
    [
        "> short\nlook at it\n> any more",
        "> the loaf was left in the oven for so long that nobody dared to\nLook at it!\n> any more",
        "> the loaf was left in the oven so long that nobody dared\nto look, said my elder sister again\n> any more",
    ],
)
def test_an_answer_between_quoted_lines_is_no_wrapped_tail(body: str) -> None:
    first, answer, last = body.split("\n")
    assert [text for text, *_ in quotes(render(body, "plain"))] == [first[2:], last[2:]]
    assert answer in texts(render(body, "plain"), "paragraph")


@pytest.mark.parametrize("body", [">>12345\nhello", ">>> bake(1)\n1", "a > b", "->x", "x\n\n a => b"])
def test_other_uses_of_the_sign_are_no_quotes(body: str) -> None:
    assert quotes(render(body, "plain")) == []


@pytest.mark.parametrize(
    ("opening", "author"),
    [
        ("[quote]", None),
        ("[quote=Marta]", "Marta"),
        ("[QUOTE=Marta;4711]", "Marta"),
        ('[quote="Marta Rye"]', "Marta Rye"),
        ("[quote='Marta Rye']", "Marta Rye"),
        ('[quote="Marta Rye, post:3, topic:9"]', "Marta Rye"),
        ('[QUOTE="Marta Rye, post: 12, member: 3"]', "Marta Rye"),
        ('[quote="Marta Rye" post_id=12 time=1500000000 user_id=3]', "Marta Rye"),
        ("[quote name='Marta Rye' timestamp='12']", "Marta Rye"),
        ("[quote author=Marta Rye link=topic=1.msg2#msg2 date=123]", "Marta Rye"),
    ],
)
@pytest.mark.parametrize("format", FORMATS)
def test_bbcode_quotes_name_their_author(opening: str, author: str | None, format: Format) -> None:
    document = render(f"{opening}\nRye keeps.\n[/quote]\nNot here.", format)
    assert quotes(document) == [("Rye keeps.", 1, author)]


def test_nested_bbcode_quotes() -> None:
    document = render("[quote=Ida][quote=Ola]Salt?[/quote]Never.[/quote] I do.", "plain")
    assert quotes(document) == [("[quote=Ola]Salt?[/quote]Never.", 1, "Ida"), ("Salt?", 2, "Ola")]


@pytest.mark.parametrize(
    "body", ["[quote] never closed", "[/quote] never opened", "[quote][/quote]", "[quote \n x]a[/quote]"]
)
def test_bbcode_that_does_not_pair_is_no_quote(body: str) -> None:
    assert quotes(render(body, "plain")) == []


@pytest.mark.parametrize(
    "header",
    [
        "Marta Rye wrote:",
        "Marta Rye <marta@rye.example> wrote:",
        "Marta Rye wrote on 4 May:",
        "On 4 May, Marta Rye wrote:",
        "On 4 May 2019, Marta Rye wrote:",
        "On Sat, 4 May 2019 at 15:15, Marta Rye <marta@rye.example> wrote:",
        "On Saturday, May 4, 2019 at 3:15:00 PM UTC+2, Marta Rye wrote:",
        "On 2019-05-04 at 10:11:12 +0200, Marta Rye wrote:",
        "On 5/4/2019 3:15 PM, Marta Rye wrote:",
        "On May 4th, Marta Rye wrote:",
        "In article <a1@news.example>, marta@rye.example (Marta Rye) writes:",
        "In article <a1@news.example> Marta Rye writes:",
        "Am 4. Mai 2019 um 15:15 Uhr schrieb Marta Rye:",
        "Am 04.05.19 um 15:15 schrieb Marta Rye <marta@rye.example>:",
        "Marta Rye schrieb am 4. Mai 2019:",
        "Le 4 mai 2019 à 15:15, Marta Rye a écrit :",
        "Le 4 mai 2019, Marta Rye <marta@rye.example> a écrit :",
        "@Marta Rye said:",
    ],
)
def test_a_header_line_binds_its_name_to_the_quote_below(header: str) -> None:
    body = f"Hello all.\n\n{header}\n> Rye keeps.\n\nNot here."
    document = render(body, "plain")
    assert quotes(document) == [("Rye keeps.", 1, "Marta Rye")]
    (quote,) = document.blocks_of("quote")
    assert quote.lead is not None
    assert body[slice(*quote.lead)] == header


def test_initials_are_part_of_a_name() -> None:
    assert quotes(render("On 4 May 2019, M. Rye wrote:\n> Rye keeps.", "plain")) == [("Rye keeps.", 1, "M. Rye")]


def test_a_header_binds_in_html_and_markdown_too() -> None:
    by_html = render("<p>On 4 May 2019, Marta Rye wrote:</p><blockquote>Rye keeps.</blockquote>", "html")
    by_markdown = render("On 4 May 2019, Marta Rye wrote:\n\n> Rye keeps.", "markdown")
    assert quotes(by_html) == quotes(by_markdown) == [("Rye keeps.", 1, "Marta Rye")]


def test_a_header_inside_the_quote_is_its_first_line() -> None:
    document = render("<blockquote>Marta Rye wrote:<br>Rye keeps.</blockquote>No.", "html")
    assert quotes(document) == [("Rye keeps.", 1, "Marta Rye")]


def test_a_quoted_header_belongs_to_the_deeper_quotation() -> None:
    document = render("> Marta wrote:\n>> Rye keeps.\n> It does not.\nIt does.", "plain")
    assert quotes(document) == [("Marta wrote:\n>> Rye keeps.\n> It does not.", 1, None), ("Rye keeps.", 2, "Marta")]


@pytest.mark.parametrize("line", ["He says yes. And then:", "Marta wrote", "My list:", ":", "Marta wrote this: see"])
def test_other_lines_above_a_quote_name_nobody(line: str) -> None:
    assert quotes(render(f"{line}\n> Rye keeps.", "plain")) == [("Rye keeps.", 1, None)]


# The way back into the body

BODIES: list[tuple[str, Format]] = [
    ("<p>salt &amp; <b>rye</b></p>\n<blockquote>so\u00adur <br> do&shy;ugh</blockquote> a<3 <!-- c --> e", "html"),
    ("first  line\nsecond &lt;line&gt;\n\n<a href='u'>third</a>&nbsp;&hellip;", "html"),
    ("<ul>\n<li>rye</li>\n<li> salt </li>\n</ul><pre>  a\n b &amp;</pre>\u200bz", "html"),
    ("rye **rye** `rye` [rye](rye \"rye\") ![rye](rye) rye\n> rye &amp; \\*rye\\*\n\nrye", "markdown"),
    ("# a *b*\n\n- c\n  - d e\n\n1. f\n\n```rye\na *b*\n```\n\n|a|b|\n|-|-|\n|c|*d*|\n\n    e f", "markdown"),
    ("a <b>b</b> <https://b.example> &copy; ~~c~~ \\\\ d  \ne\\\nf\n\n<div>g <i>h</i></div>\n\ni", "markdown"),
    ("> a\n> > b\n\nc  d\t[quote=e]f[/quote]\r\n\r\ng &amp; <h>", "plain"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "format"), BODIES)
def test_every_character_leads_back_to_where_it_was_written(body: str, format: Format) -> None:
    document = render(body, format)
    assert document.text.strip()
    for at, character in enumerate(document.text):
        if character.isspace():
            continue
        written = document.to_body(at)
        if body[written] == "&" and character != "&":
            assert html.unescape(body[written : body.index(";", written) + 1]) == character
        elif body[written] == "\\" and character != "\\":
            assert body[written + 1] == character
        else:
            assert body[written] == character
            assert document.to_text(written) == at


@pytest.mark.parametrize(("body", "format"), BODIES)
def test_offsets_keep_their_order(body: str, format: Format) -> None:
    document = render(body, format)
    written = [document.to_body(at) for at in range(len(document.text) + 1)]
    shown = [document.to_text(at) for at in range(len(body) + 1)]
    assert written == sorted(written)
    assert shown == sorted(shown)
    assert 0 <= written[0] <= written[-1] <= len(body)
    assert 0 <= shown[0] <= shown[-1] == len(document.text)


def test_markup_leads_to_the_text_that_follows_it() -> None:
    body = "<p>salt <b>rye</b></p>"
    document = render(body, "html")
    assert document.to_text(body.index("<b>")) == document.text.index("rye")
    assert document.to_text(0) == 0
    assert document.to_text(len(body)) == len(document.text)


@pytest.mark.parametrize("format", FORMATS)
def test_an_empty_body_is_an_empty_document(format: Format) -> None:
    document = render("", format)
    assert (document.text, list(document.blocks), document.to_body(0), document.to_text(0)) == ("", [], 0, 0)


def test_raw_links_in_markdown_have_their_anchors() -> None:
    document = render(
        'the <a class="k" href="https://b.example/?a&amp;b">rye loaf</a> and [salt](https://c.example)', "markdown"
    )
    assert document.text == "the rye loaf and salt"
    assert anchors(document) == [("rye loaf", "https://b.example/?a&b"), ("salt", "https://c.example")]


@pytest.mark.parametrize(
    "body", ["[<a href=https://b.example>rye](https://c.example)", "<a href=x>[rye](https://c.example)"]
)
def test_a_raw_link_in_markdown_that_is_never_closed_is_none(body: str) -> None:
    assert anchors(render(body, "markdown")) == [("rye", "https://c.example")]


@pytest.mark.parametrize(
    "body", ['<img src="https://b.example/l.png">', 'loaf <img alt="x" src=https://b.example/l.png>']
)
def test_raw_pictures_in_markdown_are_links_without_an_anchor(body: str) -> None:
    (link,) = render(body, "markdown").links
    assert (link.url, link.is_image, link.end - link.start) == ("https://b.example/l.png", True, 0)
