"""The readers of XML exports and feeds, on exports made up here and on real ones that may lie beside the checkout."""

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.errors import ReadError
from adapters.saved import blogger, disqus_xml, feed, wxr
from adapters.saved.repair import repair
from adapters.saved.source import Notice, Source
from adapters.thread import Comment, Thread

FIXTURES = Path(__file__).parents[2] / "shared" / "fixtures"
READERS = (wxr, disqus_xml, blogger, feed)


@dataclass
class Outcome:
    """Hold what a reader gave: threads, what it told, and the error that ended it."""

    reader: str = ""
    threads: list[Thread] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    error: ReadError | None = None

    @property
    def comments(self) -> dict[str, Comment]:
        return {comment.id: comment for thread in self.threads for comment in thread.comments}

    @property
    def parents(self) -> dict[str, str | None]:
        return {id: comment.parent_id for id, comment in self.comments.items()}


Read = Callable[[str | bytes], Outcome]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Read:
    def _read(given: str | bytes) -> Outcome:
        data = given if isinstance(given, bytes) else given.encode("utf-8", "surrogatepass")
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        outcome = Outcome()
        source = Source("-", on_notice=outcome.notices.append, on_bytes=lambda _: None)
        reader = next(reader for reader in READERS if reader.recognises(source.head))
        outcome.reader = reader.NAME
        try:
            for thread in reader.read(source):
                outcome.threads.append(repair(thread, source.note))
        except ReadError as error:
            outcome.error = error
        return outcome

    return _read


def at(*when: int) -> datetime:
    return datetime(*when, tzinfo=UTC)  # type: ignore[misc, arg-type]  # as many numbers as a date has


# WordPress

WXR_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<!-- an export -->
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
  xmlns:excerpt="http://wordpress.org/export/{0}/excerpt/" xmlns:wp="http://wordpress.org/export/{0}/"><channel>
<title>Harbour notes</title><link>https://harbour.example</link><wp:wxr_version>{0}</wp:wxr_version>
<wp:base_blog_url>https://harbour.example</wp:base_blog_url>
<wp:author><wp:author_login>mb</wp:author_login><wp:author_display_name><![CDATA[Mara Bell]]></wp:author_display_name>
</wp:author>
"""


def wp_comment(id: int, body: str = "text", parent: int = 0, **fields: str) -> str:
    fields = {"author": f"Reader {id}", "date_gmt": "2024-03-01 09:00:00", "approved": "1", "type": "comment"} | fields
    rest = "".join(f"<wp:comment_{name}><![CDATA[{value}]]></wp:comment_{name}>" for name, value in fields.items())
    return (
        f"<wp:comment><wp:comment_id>{id}</wp:comment_id><wp:comment_parent>{parent}</wp:comment_parent>{rest}"
        f"<wp:comment_content><![CDATA[{body}]]></wp:comment_content></wp:comment>"
    )


def wp_item(id: int, *comments: str) -> str:
    return (
        f"<item><title>Post &amp;amp; {id}</title><link>https://harbour.example/{id}/</link><dc:creator>mb</dc:creator>"
        f"<excerpt:encoded>short</excerpt:encoded><content:encoded><![CDATA[<p>Body {id}</p>]]></content:encoded>"
        f"<wp:post_id>{id}</wp:post_id><wp:post_date_gmt>2024-02-29 08:00:00</wp:post_date_gmt>"
        f"{''.join(comments)}</item>\n"
    )


def wp_export(*items: str, version: str = "1.2") -> str:
    return WXR_HEAD.format(version) + "".join(items) + "</channel></rss>\n"


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2"])
def test_wxr_gives_posts_and_nested_comments(read: Read, version: str) -> None:
    outcome = read(
        wp_export(
            wp_item(3, wp_comment(7, "One.\n\nTwo <em>x</em>."), wp_comment(8, parent=7), wp_comment(9, parent=8)),
            wp_item(4),
            wp_item(5, wp_comment(10)),
            version=version,
        )
    )
    assert (outcome.reader, outcome.error, outcome.notices) == ("wxr", None, [])
    assert [thread.id for thread in outcome.threads] == ["3", "5"]
    post = outcome.threads[0].post
    assert (post.title, post.author, post.body) == ("Post & 3", "Mara Bell", "<p>Body 3</p>")
    assert (post.url, post.posted_at) == ("https://harbour.example/3/", at(2024, 2, 29, 8))
    assert outcome.threads[0].site == "https://harbour.example"
    assert outcome.parents == {"7": None, "8": "7", "9": "8", "10": None}
    first = outcome.comments["7"]
    assert (first.author, first.body, first.format) == ("Reader 7", "One.\n\nTwo <em>x</em>.", "html")
    assert (first.url, first.posted_at) == ("https://harbour.example/3/#comment-7", at(2024, 3, 1, 9))


def test_wxr_keeps_statuses_pings_and_what_is_missing(read: Read) -> None:
    rows = (
        wp_comment(1, approved="0", author=""),
        wp_comment(2, approved="spam", author="O&#039;Neil"),
        wp_comment(3, approved="trash", date_gmt="0000-00-00 00:00:00", date="2024-03-02 10:00:00"),
        wp_comment(4, type="pingback", date_gmt="0000-00-00 00:00:00", date="0000-00-00 00:00:00"),
        wp_comment(5, type="note"),
    )
    comments = read(wp_export(wp_item(1, *rows))).comments
    assert {id: comment.status for id, comment in comments.items()} == {
        "1": "held", "2": "spam", "3": "trash", "4": "approved"
    }  # fmt: skip
    assert [comments[id].author for id in "124"] == [None, "O'Neil", "Reader 4"]
    assert [comments[id].posted_at for id in "34"] == [at(2024, 3, 2, 10), None]


def test_wxr_without_comments_says_so(read: Read) -> None:
    assert "without any comment" in str(read(wp_export(wp_item(1))).error)


# Disqus

DISQUS = """<?xml version="1.0" encoding="utf-8"?>
<disqus xmlns="http://disqus.com" xmlns:dsq="http://disqus.com/disqus-internals">
<thread dsq:id="50"><id>a</id><forum>harbour</forum><link>https://harbour.example/a</link>
 <title>Tides &amp;amp; us</title><author><name>Mara</name></author><createdAt>2020-01-01T00:00:00Z</createdAt></thread>
<thread dsq:id="51"><forum>harbour</forum><link>https://harbour.example/b</link><title>B</title></thread>
<thread dsq:id="52"><forum>harbour</forum><link>https://harbour.example/c</link><title>C</title></thread>
<post dsq:id="902"><message><![CDATA[<p>Later.</p>]]></message><createdAt>2020-01-03T00:00:00Z</createdAt>
 <isDeleted>true</isDeleted><isSpam>false</isSpam><author><username>jo</username></author>
 <thread dsq:id="50"/><parent dsq:id="901"/></post>
<post dsq:id="901"><message>
  <![CDATA[<p>First.</p>]]>
 </message><createdAt>2020-01-02T00:00:00Z</createdAt><isDeleted>false</isDeleted><isSpam>false</isSpam>
 <author><name>Ada</name><isAnonymous>true</isAnonymous></author><thread dsq:id="50"/></post>
<post dsq:id="903"><message>buy</message><isDeleted>false</isDeleted><isSpam>true</isSpam>
 <author><name>Guest</name></author><thread dsq:id="52"/></post>
<post dsq:id="904"><message>lost</message></post>
</disqus>"""


def test_disqus_joins_posts_to_threads(read: Read) -> None:
    outcome = read(DISQUS)
    assert (outcome.reader, outcome.error) == ("disqus", None)
    assert [thread.id for thread in outcome.threads] == ["50", "52"]
    thread = outcome.threads[0]
    assert (thread.site, thread.title, thread.url) == ("harbour", "Tides & us", "https://harbour.example/a")
    assert (thread.post.author, thread.post.posted_at) == ("Mara", at(2020, 1, 1))
    assert [comment.id for comment in thread.comments] == ["901", "902"]
    assert outcome.parents == {"901": None, "902": "901", "903": None}
    assert [comment.author for comment in outcome.comments.values()] == ["Ada", "jo", None]
    assert [comment.status for comment in outcome.comments.values()] == ["approved", "deleted", "spam"]
    assert outcome.comments["901"].body == "<p>First.</p>"
    assert outcome.comments["901"].url == "https://harbour.example/a#comment-901"
    assert [notice.lost for notice in outcome.notices] == [True]


# Blogger

KIND = (
    "<category scheme='http://schemas.google.com/g/2005#kind' term='http://schemas.google.com/blogger/2008/kind#{}'/>"
)
BLOG = "tag:blogger.com,1999:blog-7"


def backup(*entries: str) -> str:
    return (
        "<?xml version='1.0' encoding='UTF-8'?><?xml-stylesheet href='a.css' type='text/css'?>"
        "<feed xmlns='http://www.w3.org/2005/Atom' xmlns:thr='http://purl.org/syndication/thread/1.0' "
        f"xmlns:gd='http://schemas.google.com/g/2005'><id>{BLOG}.archive</id><title>Quay</title>"
        "<link rel='alternate' type='text/html' href='https://quay.example/'/>" + "".join(entries) + "</feed>"
    )


def backup_entry(kind: str, number: int, inner: str) -> str:
    return (
        f"<entry><id>{BLOG}.post-{number}</id><published>2011-05-0{number}T10:00:00.000+02:00</published>"
        f"<updated>2011-05-0{number}T10:00:00.000+02:00</updated>{KIND.format(kind)}<title>Title {number}</title>"
        f"<content type='html'>&lt;p&gt;Body {number}&lt;/p&gt;</content>{inner}</entry>"
    )


def reply(post: int) -> str:
    return f"<thr:in-reply-to href='https://quay.example/{post}.html' ref='{BLOG}.post-{post}'/>"


def test_blogger_backup_groups_comments_by_post(read: Read) -> None:
    related = "<link rel='related' href='https://www.blogger.com/feeds/7/1/comments/default/4'/>"
    own = "<link rel='edit' href='https://x.example/'/><link rel='alternate' href='https://quay.example/1.html#c4'/>"
    removed = "<gd:extendedProperty name='blogger.contentRemoved' value='true'/>"
    outcome = read(
        backup(
            backup_entry("settings", 9, ""),
            backup_entry("post", 1, "<link rel='alternate' href='https://quay.example/1.html'/>"),
            backup_entry("post", 2, "<link rel='alternate' href='https://quay.example/2.html'/>"),
            backup_entry("page", 3, ""),
            backup_entry("comment", 4, reply(1) + own + "<author><name>Ida</name></author>"),
            backup_entry("comment", 5, related + "<author><name>Anonymous</name></author>" + reply(1)),
            backup_entry("comment", 6, reply(3) + removed),
        )
    )
    assert (outcome.reader, outcome.error, outcome.notices) == ("blogger", None, [])
    assert [thread.id for thread in outcome.threads] == ["1", "3"]
    assert (outcome.threads[0].site, outcome.threads[0].title) == ("https://quay.example/", "Title 1")
    assert outcome.parents == {"4": None, "5": "4", "6": None}
    assert [comment.author for comment in outcome.comments.values()] == ["Ida", None, None]
    assert outcome.comments["4"].posted_at == at(2011, 5, 4, 8)
    assert outcome.comments["4"].edited_at is None
    assert outcome.comments["4"].body == "<p>Body 4</p>"
    assert [outcome.comments[id].url for id in "45"] == [
        "https://quay.example/1.html#c4",
        "https://quay.example/1.html#c5",
    ]
    assert outcome.comments["6"].status == "deleted"


def test_blogger_takeout_reads_its_own_tags(read: Read) -> None:
    def entry(number: int, kind: str, inner: str, status: str = "LIVE") -> str:
        return (
            f"<entry><id>{BLOG}.post-{number}</id>{inner}<blogger:type>{kind}</blogger:type>"
            f"<blogger:status>{status}</blogger:status><title>T{number}</title><content type='html'>B{number}</content>"
            f"<author><name>A{number}</name><blogger:type>BLOGGER</blogger:type></author>"
            f"<blogger:created>2012-01-0{number}T00:00:00Z</blogger:created><blogger:trashed/></entry>"
        )

    parent, answers = "<blogger:parent>{}.post-1</blogger:parent>", "<blogger:inReplyTo>{}.post-2</blogger:inReplyTo>"
    outcome = read(
        f"<feed xmlns='http://www.w3.org/2005/Atom' xmlns:blogger='http://schemas.google.com/blogger/2018'><id>{BLOG}</id>"
        + entry(3, "COMMENT", parent.format(BLOG) + answers.format(BLOG), "SPAM_COMMENT")
        + entry(1, "POST", "<blogger:parent/>")
        + entry(2, "COMMENT", parent.format(BLOG) + "<blogger:inReplyTo/>")
        + "</feed>"
    )
    assert (outcome.reader, outcome.error, outcome.notices) == ("blogger", None, [])
    assert [(thread.id, thread.title, thread.site) for thread in outcome.threads] == [("1", "T1", BLOG)]
    assert outcome.parents == {"2": None, "3": "2"}
    assert [comment.status for comment in outcome.comments.values()] == ["approved", "spam"]
    assert outcome.comments["2"].posted_at == at(2012, 1, 2)


# Feeds


def rss(title: str, *items: str) -> str:
    return (
        "<?xml version='1.0' encoding='iso-8859-1'?><rss version='2.0' xmlns:dc='http://purl.org/dc/elements/1.1/' "
        "xmlns:content='http://purl.org/rss/1.0/modules/content/' xmlns:wfw='http://wellformedweb.org/CommentAPI/'>"
        f"<channel><title>{title}</title><link>https://harbour.example/a/</link>{''.join(items)}</channel></rss>"
    )


def rss_item(title: str, id: int, body: str, post: str = "a", author: str = "") -> str:
    address = f"https://harbour.example/{post}/#comment-{id}"
    return (
        f"<item><title>{title}</title><link>{address}</link><guid isPermaLink='false'>{address}</guid>"
        f"<dc:creator><![CDATA[{author}]]></dc:creator><pubDate>Fri, 01 Mar 2024 0{id}:00:00 +0100</pubDate>"
        f"<content:encoded><![CDATA[{body}]]></content:encoded><description>cut</description></item>"
    )


def in_reply(words: str, id: int, name: str) -> str:
    return f'<p>{words} <a href="https://harbour.example/a/#comment-{id}">{name}</a>.</p>\n'


def test_feed_of_a_blog_groups_by_post_and_cuts_the_reply_line(read: Read) -> None:
    outcome = read(
        rss(
            "Comments for Harbour notes",
            rss_item(
                "Comment on Rise by Hand by Bo", 4, in_reply("Als Antwort auf", 2, "Ann") + "<p>c</p>", author="Bo"
            ),
            rss_item("Comment on Fog by Cy", 3, "<p onclick='x'>d<script>e</script></p>", post="b", author="Cy"),
            rss_item("Comment on Rise by Hand by Ann", 2, in_reply("In reply to", 1, "Di") + "<p>é</p>", author="Ann"),
        )
    )
    assert (outcome.reader, outcome.error) == ("feed", None)
    assert [(thread.id, thread.title) for thread in outcome.threads] == [
        ("https://harbour.example/a/", "Rise by Hand"),
        ("https://harbour.example/b/", "Fog"),
    ]
    assert outcome.threads[0].site == "https://harbour.example"
    assert [outcome.comments[id].body for id in "243"] == [
        "<p>é</p>",
        "<p>c</p>",
        "<p onclick='x'>d<script>e</script></p>",
    ]
    assert outcome.parents == {"2": None, "4": "2", "3": None}
    assert any("'2' answers a comment that is not in the thread" in notice.text for notice in outcome.notices)
    assert (outcome.comments["2"].author, outcome.comments["2"].posted_at) == ("Ann", at(2024, 3, 1, 1))
    assert outcome.comments["3"].url == "https://harbour.example/b/#comment-3"


def test_feed_of_a_post_takes_title_and_author_from_titles(read: Read) -> None:
    own_words = 'See <a href="https://harbour.example/a/#comment-1">this one</a>.\nIt says more.'
    outcome = read(rss("Comments on: Low tide", rss_item("By: Ann", 1, "x"), rss_item("By: Anonymous", 2, own_words)))
    assert [(thread.title, len(thread.comments)) for thread in outcome.threads] == [("Low tide", 2)]
    assert [outcome.comments[id].author for id in "12"] == ["Ann", None]
    assert (outcome.comments["2"].body, outcome.comments["2"].parent_id) == (own_words, None)


def test_feed_follows_atom_threading(read: Read) -> None:
    def entry(id: str, inner: str) -> str:
        return f"<entry><id>u:{id}</id><title>t</title>{inner}<updated>2020-01-0{id}T00:00:00Z</updated></entry>"

    outcome = read(
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:thr="http://purl.org/syndication/thread/1.0"><title>D</title>'
        + entry("3", '<thr:in-reply-to ref="u:2"/><content type="text">a &lt;b&gt; c</content>')
        + entry("2", '<thr:in-reply-to ref="u:1"/><content type="html">&lt;i&gt;two&lt;/i&gt;</content>')
        + entry("1", '<link href="https://d.example/1"/><content type="html">the post</content>')
        + "</feed>"
    )
    assert [(thread.id, thread.post.body) for thread in outcome.threads] == [("https://d.example/1", "the post")]
    assert outcome.parents == {"u:2": None, "u:3": "u:2"}
    assert [(comment.body, comment.format) for comment in outcome.comments.values()] == [
        ("<i>two</i>", "html"),
        ("a <b> c", "plain"),
    ]
    assert outcome.comments["u:2"].posted_at == at(2020, 1, 2)


def test_feed_of_posts_is_told_apart(read: Read) -> None:
    item = "<item><title>P</title><link>https://a.example/p/</link><wfw:commentRss>https://a.example/p/feed/</wfw:commentRss></item>"
    error = read(rss("Harbour notes", item)).error
    assert error is not None
    assert error.problem == "a feed of posts, not of comments"
    assert "https://a.example/p/feed/" in (error.mend or "")
    assert "without any comment" in str(read(rss("Comments on: Fog")).error)


# Broken and hostile XML

BOMB = '<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
EXTERNAL = '<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
PARAMETER = '<!DOCTYPE r [<!ENTITY % a SYSTEM "http://127.0.0.1:9/x.dtd"> %a;]>'


def with_prolog(document: str, prolog: str) -> str:
    declared, mark, rest = document.partition("?>")
    return declared + mark + prolog + rest if mark else prolog + document


WHOLE = {
    "wxr": wp_export(wp_item(1, wp_comment(1)), wp_item(2, wp_comment(2))),
    "disqus": DISQUS,
    "blogger": backup(backup_entry("post", 1, ""), backup_entry("comment", 2, reply(1))),
    "feed": rss("Comments on: Fog", rss_item("By: Ann", 1, "x"), rss_item("By: Bo", 2, "y")),
}


@pytest.mark.parametrize("format", WHOLE)
@pytest.mark.parametrize("prolog", [BOMB, EXTERNAL, PARAMETER], ids=["bomb", "external", "parameter"])
def test_entities_are_refused(read: Read, format: str, prolog: str) -> None:
    outcome = read(with_prolog(WHOLE[format], prolog))
    assert outcome.reader == format
    assert outcome.threads == []
    assert outcome.error is not None
    assert outcome.error.problem.startswith("refused: it declares entities")
    assert (outcome.error.place or "").startswith("line ")


@pytest.mark.parametrize("format", WHOLE)
def test_a_document_type_without_entities_and_html_characters_pass(read: Read, format: str) -> None:
    document = with_prolog(WHOLE[format], '<!DOCTYPE r SYSTEM "http://127.0.0.1:9/never-fetched.dtd">')
    plain = read(WHOLE[format])
    outcome = read(document.replace("<title>", "<title>&eacute;", 1))
    assert outcome.error is None
    assert list(outcome.comments) == list(plain.comments) != []


@pytest.mark.parametrize("format", WHOLE)
def test_a_cut_file_gives_what_came_before(read: Read, format: str) -> None:
    whole = WHOLE[format]
    last = max(whole.rfind(tag) for tag in ("</item>", "</post>", "</entry>"))
    outcome = read(whole[: last - 5])
    assert outcome.error is not None
    assert outcome.error.problem == "the XML breaks off"
    assert outcome.error.mend
    expected = {"wxr": ["1"], "disqus": ["901", "902", "903"], "blogger": [], "feed": ["1"]}
    assert list(outcome.comments) == expected[format]


@pytest.mark.parametrize("format", ["wxr", "disqus", "blogger"])
@pytest.mark.parametrize(
    ("insert", "problem"),
    [
        ("a & b", "not well-formed XML: not well-formed"),
        ("<zz:x/>", "an undeclared prefix"),
        ("&nope;", "undefined entity"),
    ],
)
def test_what_is_not_well_formed_is_told_with_its_place(read: Read, format: str, insert: str, problem: str) -> None:
    whole = WHOLE[format]
    last = max(whole.rfind(tag) for tag in ("</item>", "</post>", "</entry>"))
    outcome = read(whole[:last] + insert + whole[last:])
    assert outcome.error is not None
    assert problem in outcome.error.problem
    line = whole[:last].count("\n") + 1
    assert (outcome.error.place or "").startswith(f"line {line}, column ")


def test_a_feed_that_is_not_well_formed_is_read_all_the_same(read: Read) -> None:
    outcome = read(WHOLE["feed"].replace("<channel>", "<channel><description>a & b</description>"))
    assert (outcome.error, list(outcome.comments)) == (None, ["1", "2"])
    assert sum("not well-formed" in notice.text for notice in outcome.notices) == 1


@pytest.mark.parametrize("format", WHOLE)
def test_forbidden_characters_are_left_out_and_told_once(read: Read, format: str) -> None:
    whole = WHOLE[format]
    spoilt = whole.replace("</title>", "\x01\x0b&#8;&#xB;&#xFFFF;&#55357;</title>")
    outcome = read("\n\n" + spoilt)
    assert outcome.error is None
    assert [thread.title for thread in outcome.threads] == [thread.title for thread in read(whole).threads]
    told = [notice.text for notice in outcome.notices if "XML forbids" in notice.text]
    assert len(told) == 1


def test_bytes_of_cp1252_in_a_file_that_says_utf_8(read: Read) -> None:
    export = wp_export(wp_item(1, wp_comment(1, "caf\u00e9 §"))).encode().replace("§".encode(), b"\x93x\x94")
    outcome = read(export)
    assert outcome.comments["1"].body == "café “x”"
    assert any("cp1252" in notice.text for notice in outcome.notices)


def test_an_export_in_another_encoding(read: Read) -> None:
    export = wp_export(wp_item(1, wp_comment(1, "déjà"))).replace('encoding="UTF-8"', 'encoding="utf-16"')
    assert read(export.encode("utf-16")).comments["1"].body == "déjà"


@pytest.mark.parametrize("format", WHOLE)
@pytest.mark.parametrize("depth", [10_000, 1_000_000])
def test_deep_nesting_is_refused(read: Read, format: str, depth: int) -> None:
    whole = WHOLE[format]
    tag = next(tag for tag in ("</item>", "</thread>", "</entry>") if tag in whole)
    outcome = read(whole.replace(tag, "<b>" * depth + "</b>" * depth + tag, 1))
    assert outcome.error is not None
    assert outcome.error.problem.startswith("refused: elements nested")


@pytest.mark.parametrize(
    "bomb",
    [
        pytest.param("<x y='" + "a" * 20_000_000 + "'/>", id="attribute"),
        pytest.param("<!--" + "a" * 20_000_000 + "-->", id="comment"),
        pytest.param("".join(f"<x{n}/>" for n in range(6_000)), id="names"),
        pytest.param("<item>" + "<x/>" * 500_000 + "</item>", id="elements"),
    ],
)
def test_bombs_are_bounded(read: Read, bomb: str) -> None:
    outcome = read(wp_export(wp_item(1, wp_comment(1)), bomb))
    assert list(outcome.comments) == ["1"]
    assert outcome.error is not None
    assert outcome.error.problem.startswith("refused: ")


@pytest.mark.parametrize("format", ["wxr", "feed"])
def test_a_comment_of_ten_megabytes(read: Read, format: str) -> None:
    body = "<p>" + "tide &amp; foam " * 660_000 + "</p>"
    outcome = read(
        wp_export(wp_item(1, wp_comment(1, body)))
        if format == "wxr"
        else rss("Comments on: Fog", rss_item("By: Ann", 1, body))
    )
    assert outcome.error is None
    assert outcome.comments["1"].body == body


def test_text_after_the_end_is_told(read: Read) -> None:
    outcome = read(WHOLE["wxr"] + "<br />Warning: something in plugin.php")
    assert (outcome.error, list(outcome.comments)) == (None, ["1", "2"])
    assert [(notice.lost, "after the end" in notice.text) for notice in outcome.notices] == [(True, True)]


def test_other_documents_are_not_recognised() -> None:
    for head in (
        '{"post": 1}',
        "<html><body>&lt;rss&gt; wordpress.org/export</body></html>",
        "<!-- <rss> -->",
        "",
        "<rss",
    ):
        assert not any(reader.recognises(head) for reader in READERS)


# Real exports; none is part of the repository


@pytest.fixture
def real() -> Callable[[str], Path]:
    if not FIXTURES.is_dir():
        pytest.skip("no fixtures beside the checkout")
    return lambda name: FIXTURES / name


@pytest.mark.parametrize(
    ("name", "threads", "comments", "replies"),
    [
        ("wxr/themeunittestdata.wordpress.xml", 7, 33, 10),
        ("wxr/a11y-unit-test-data.xml", 5, 29, 9),
        ("wxr/valid-wxr-1.0.xml", 1, 1, 0),
        ("wxr/wxr-with-sub-data.xml", 1, 1, 0),
        ("wxr/test-serialized-comment-meta.xml", 1, 1, 0),
        ("wxr/slashes.xml", 1, 1, 0),
        # One reply in each answers a comment that was deleted.
        ("wp_rest_live/out61_export.wxr.xml", 2, 25, 13),
        ("wp_rest_live/out65_export.wxr.xml", 3, 29, 14),
        # A feed has only the last ten, so some answer a comment that it no longer has.
        ("wp_rest_live/out61_comments_feed.xml", 1, 10, 2),
        ("wp_rest_live/out65_comments_feed.xml", 1, 10, 5),
        ("wp_rest_live/out65_surrogate-markers_feed.xml", 1, 10, 5),
        ("wp_rest_live/out65_post_feed.xml", 1, 4, 1),
        ("isso_live/feed.atom", 1, 1, 0),
        ("feedparser_thr/atomthreadingwithentry.xml", 1, 1, 0),
    ],
)
def test_real_exports(
    read: Read, real: Callable[[str], Path], name: str, threads: int, comments: int, replies: int
) -> None:
    outcome = read(real(name).read_bytes())
    assert outcome.error is None
    rows = [comment for thread in outcome.threads for comment in thread.comments]
    assert (len(outcome.threads), len(rows)) == (threads, comments)
    assert sum(comment.parent_id is not None for comment in rows) == replies
    assert all(comment.body for comment in rows)


@pytest.mark.parametrize(("name", "deleted"), [("disqus.xml", 0), ("disqus-deleted-post.xml", 1)])
def test_real_disqus_export_with_a_broken_last_post(
    read: Read, real: Callable[[str], Path], name: str, deleted: int
) -> None:
    # The files are test data that ends in an attribute without quotation marks, between two backticks.
    outcome = read(real(f"remark42/{name}").read_text(encoding="utf-8").strip().strip("`"))
    assert outcome.error is not None
    assert "not well-formed" in outcome.error.problem
    assert {thread.id: len(thread.comments) for thread in outcome.threads} == {"247918464": 2, "247937687": 3}
    statuses = [comment.status for comment in outcome.comments.values()]
    assert (statuses.count("deleted"), statuses.count("spam")) == (deleted, 1)


def test_real_feed_of_posts(read: Read, real: Callable[[str], Path]) -> None:
    assert "not of comments" in str(read(real("wp_rest_live/out65_feed.xml").read_bytes()).error)
