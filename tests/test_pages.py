"""Pages that comments link to: read as text, by leave of robots.txt, kept, and counted."""

import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

import bot.elsewhere
import bot.limits
import bot.pages.linked
from adapters.public_http import PublicHttp, Reply
from adapters.thread import Post, Thread
from bot.config import Config, PagesOptions
from bot.elsewhere import NOT_ASKED, Asked, ask_settings, open_outside
from bot.pages.cache import Kept, PageCache
from bot.pages.linked import LinkedPages
from bot.pages.robots import allows, robots_rules
from bot.pages.text import decoded, page_text
from rules.elsewhere import OutsideText
from rules.rule import RuleTimeout
from tests.loopback import PUBLIC, Answer, Web, answer, redirect

URL = "http://kiln.example/craft"
ROBOTS = "http://kiln.example/robots.txt"
PAGE = answer("<title>Kilns</title><h1>Craft</h1><p>A kiln cools slowly.")


class Clock:
    """Be a clock that moves when somebody sleeps."""

    def __init__(self) -> None:
        self.at, self.slept = 1_000_000.0, 0.0

    def __call__(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += seconds
        self.slept += seconds


class Desk:
    """Hold a web and what reads pages from it."""

    def __init__(self, answers: dict[str, Answer], path: str, **names: object) -> None:
        self.web, self.clock, self.notes, self.path = Web(answers, **names), Clock(), [], path
        self._made: list[LinkedPages] = []

    def pages(self, *, run: str = "run", **options: object) -> LinkedPages:
        """Return what another process, or a later run, would have."""
        made = LinkedPages(
            PagesOptions(**{"seconds": 5, "max_bytes": 100_000} | options),
            PageCache(self.path, now=self.clock),
            http=self.web.http(),
            run=run,
            on_note=self.notes.append,
            sleep=self.clock.sleep,
        )
        self._made.append(made)
        return made

    def close(self) -> None:
        """Close the web and every cache."""
        self.web.close()
        for pages in self._made:
            pages._cache.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    """Make desks whose webs are closed when the test ends."""
    made: list[Desk] = []

    def make(answers: dict[str, Answer] | None = None, **names: object) -> Desk:
        made.append(Desk({URL: PAGE} | (answers or {}), str(tmp_path / "pages.sqlite"), **names))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_a_page_is_read_once_and_kept(desk: Callable[..., Desk]) -> None:
    one = desk()
    wanted = OutsideText(kind="page", text="Craft\n\nA kiln cools slowly.", url=URL)
    pages = one.pages()
    assert pages.page(f"{URL}#clay") == pages.page(URL) == one.pages(run="later").page(URL) == wanted
    assert one.web.asked == [ROBOTS, URL]
    one.clock.at += 8 * 86_400
    assert one.pages(run="much later").page(URL) == wanted
    assert one.web.asked == [ROBOTS, URL] * 2
    assert one.notes == []


def test_the_page_is_known_by_its_last_address(desk: Callable[..., Desk]) -> None:
    one = desk({"http://old.example/": redirect(URL)})
    found = one.pages().page("http://old.example/")
    assert found is not None
    assert found.url == URL
    assert one.pages().page(URL) == found
    assert one.web.asked == ["http://old.example/robots.txt", "http://old.example/", ROBOTS, URL]


FAILURES: dict[str, tuple[Answer, str]] = {
    "gone": (answer(status="404 Not Found"), "it answers 404"),
    "broken": (answer(status="503 Busy"), "it answers 503"),
    "a picture": (answer(b"\xff\xd8", type="image/jpeg"), "it is no text to read (image/jpeg)"),
    "empty": (answer("<nav>Home</nav>"), "it has no text"),
    "large": (answer("<p>" + "clay " * 30_000), "it is larger than 100,000 bytes"),
    "nested": (answer("<b><p>" * 10_000), "its elements are nested too deeply to be a page"),
    "nowhere": (redirect("http://10.0.0.1/"), "it redirects: its address is not public"),
    "no HTTP": (b"SSH-2.0-x\r\n", "it gives no proper answer"),
}


@pytest.mark.parametrize(("found", "told"), FAILURES.values(), ids=FAILURES)
def test_what_cannot_be_read_is_told_once_a_host_and_not_asked_again(
    desk: Callable[..., Desk], found: Answer, told: str
) -> None:
    one = desk({URL: found, "http://kiln.example/other": found})
    pages = one.pages()
    assert pages.page(URL) is pages.page(URL) is pages.page("http://kiln.example/other") is None
    assert len(one.notes) == 1
    assert one.notes[0].startswith(f"kiln.example: a linked page was not read: {told}")
    asked = len(one.web.asked)
    assert one.pages(run="later").page(URL) is None
    assert len(one.web.asked) == asked
    assert one.notes[1:] == one.notes[:1]


def test_what_may_pass_is_asked_again_sooner(desk: Callable[..., Desk]) -> None:
    one = desk({URL: answer(status="503 Busy"), "http://kiln.example/gone": answer(status="410 Gone")})
    for _ in range(2):
        one.pages().page(URL)
        one.pages().page("http://kiln.example/gone")
        one.clock.at += 2 * 3600
    assert one.web.asked == [ROBOTS, URL, "http://kiln.example/gone", URL]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://inside.example/",
        "https://u:p@kiln.example/",
        "http://[",
        "http://x y/",
        "http://\ud800/",
        "",
    ],
)
def test_an_address_that_must_not_be_asked_gives_nothing(desk: Callable[..., Desk], url: str) -> None:
    one = desk(names={"inside.example": ["192.168.0.1"]})
    assert one.pages().page(url) is None
    assert one.web.connected == []
    assert len(one.notes) == 1
    assert "a linked page was not read: " in one.notes[0]


ROBOT_FILES: dict[str, tuple[Answer, bool]] = {
    "none": (answer(status="404 Not Found"), True),
    "forbidden to read": (answer(status="403 Forbidden"), True),
    "all shut": (answer("User-agent: *\nDisallow: /", type="text/plain"), False),
    "shut to us": (answer("User-agent: *\nAllow: /\n\nUser-Agent: Quotewarden/2.0\nDisallow: /craft"), False),
    "shut to others": (answer("User-agent: *\nDisallow: /\n\nUser-agent: quotewarden\nDisallow: /private"), True),
    "shut to one of a like name": (answer("User-agent: quote\nUser-agent: warden\nDisallow: /"), True),
    "a part shut": (answer("User-agent: *\nDisallow: /*.pdf$\nDisallow: /cr\nAllow: /craft"), True),
    "in trouble": (answer(status="500 Oops"), False),
    "too busy": (answer(status="429 Slow down"), False),
    "elsewhere": (redirect("http://other.example/robots.txt"), False),
    "nowhere": (redirect("http://127.0.0.1/robots.txt"), False),
    "in a circle": (redirect(ROBOTS), False),
    "long": (answer("# clay\n" * 100_000 + "User-agent: *\nDisallow: /"), True),
}


@pytest.mark.parametrize(("robots", "is_allowed"), ROBOT_FILES.values(), ids=ROBOT_FILES)
def test_robots_txt_is_honoured_and_kept(desk: Callable[..., Desk], robots: Answer, is_allowed: bool) -> None:
    other = answer("User-agent: *\nDisallow: /")
    one = desk({ROBOTS: robots, "http://other.example/robots.txt": other, "http://kiln.example/craft2": PAGE})
    assert (one.pages().page(URL) is not None) == is_allowed
    assert (URL in one.web.asked) == is_allowed
    asked = one.web.asked.count(ROBOTS)
    assert (one.pages().page("http://kiln.example/craft2") is not None) == is_allowed
    assert one.web.asked.count(ROBOTS) == asked


def test_a_robots_txt_that_is_not_to_be_had_is_told(desk: Callable[..., Desk]) -> None:
    one = desk({ROBOTS: answer(status="500 Oops")})
    assert one.pages().page(URL) is None
    assert one.notes == ["kiln.example: a linked page was not read: its robots.txt answers 500"]


def test_a_hostile_robots_txt_costs_little() -> None:
    many = "".join(f"User-agent: a{number}\n" for number in range(15_000)) + "Disallow: /x\n" * 15_000
    wild = "User-agent: *\n" + "Disallow: /" + "*a" * 200_000 + "b$\n"
    for text in (many, many.replace("User-agent:", "user agent"), wild, "Disallow: /*a$\n" * 30_000):
        begun = time.process_time()
        assert allows(robots_rules(Reply(ROBOTS, 200, body=text.encode())), f"{URL}{'a' * 1500}")
        assert time.process_time() - begun < 2


def test_one_host_is_asked_one_page_at_a_time_with_a_pause_between(desk: Callable[..., Desk]) -> None:
    one = desk({"http://kiln.example/b": PAGE, "http://clay.example/a": PAGE})
    first, other_process = one.pages(), one.pages()
    first.page(URL)
    assert one.clock.slept == 0
    other_process.page("http://clay.example/a")
    assert one.clock.slept == 0
    other_process.page("http://kiln.example/b")
    assert one.clock.slept == pytest.approx(1, abs=0.11)


def test_a_host_that_never_comes_free_is_given_up(desk: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bot.pages.linked, "_PATIENCE", 0.0)
    one = desk()
    with closing(PageCache(one.path, now=one.clock)) as other:
        other.take_turn("kiln.example", seconds=6)
    assert one.pages().page(URL) is None
    assert one.notes == ["kiln.example: a linked page was not read: too many of its pages are asked for at once"]
    assert one.web.asked == []
    # Neither one that died in its turn nor a clock that was set back keeps the host closed.
    for moved in (6, -100):
        one.clock.at += moved
        assert one.pages().page(f"{URL}?{moved}") is None
        assert one.web.asked[-1] == f"{URL}?{moved}"


def test_what_another_process_fetched_meanwhile_is_not_fetched_again(desk: Callable[..., Desk]) -> None:
    one = desk()
    pages = one.pages()
    with closing(PageCache(one.path, now=one.clock)) as other:
        other.take_turn("kiln.example", seconds=6)

        def finish(seconds: float) -> None:
            one.clock.at += 6
            other.keep_page(URL, Kept(URL, text="Theirs."), seconds=60)

        pages._sleep = finish
        found = pages.page(URL)
    assert found is not None
    assert found.text == "Theirs."
    assert one.web.asked == []


def test_a_run_asks_for_so_many_pages_and_says_when_it_stops(desk: Callable[..., Desk]) -> None:
    one = desk({f"http://a{number}.example/": PAGE for number in range(4)})
    one_process, other_process = one.pages(max_pages=3), one.pages(max_pages=3)
    found = [
        (one_process if number % 2 else other_process).page(f"http://a{number}.example/") is not None
        for number in (0, 1, 1, 2, 3, 3)
    ]
    assert found == [True, True, True, True, False, False]
    assert one.notes == ["3 linked pages were asked for, and no more are in this run (max_pages)"]
    assert one.pages(run="later", max_pages=3).page("http://a3.example/") is not None


def test_a_cache_that_goes_bad_under_way_is_passed_over(desk: Callable[..., Desk]) -> None:
    one = desk()
    pages = one.pages()
    pages.page(URL)
    sqlite3.connect(one.path).execute("DROP TABLE pages").connection.close()
    assert pages.page(URL) is None
    assert pages.page(URL) is not None
    assert len(one.notes) == 1
    assert one.notes[0].startswith("the cache of pages is passed over from here on")


def test_whatever_happens_nothing_is_raised(desk: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch) -> None:
    one = desk()
    monkeypatch.setattr(bot.pages.linked, "page_text", lambda reply: 1 / 0)
    assert one.pages().page(URL) is None
    assert one.notes == [f"the linked page {URL} was not read: ZeroDivisionError: division by zero"]


def test_waiting_for_a_page_is_not_the_rule_s_time(desk: Callable[..., Desk]) -> None:
    one = desk()
    one.web.answers[URL] = lambda link: (time.sleep(0.3), link.sendall(PAGE))
    with bot.limits.time_limit(0.2) as limit, limit():
        assert one.pages().page(URL) is not None
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 0
        with pytest.raises(RuleTimeout):
            time.sleep(1)


def test_markup_that_takes_too_long_is_left(desk: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch) -> None:
    one = desk()
    monkeypatch.setattr(bot.pages.linked, "page_text", lambda reply: time.sleep(3))
    assert one.pages(seconds=0.2).page(URL) is None
    assert one.notes == ["kiln.example: a linked page was not read: its markup takes too long to read"]


HTML = """<!doctype html><title>Kilns</title><script>var a = "<p>no</p>"</script><style>p {}</style>
<nav>Home</nav><div role="navigation">Up</div><header><h1>On kilns</h1></header>
<article><p>A kiln&nbsp;cools.</p><aside>Buy clay!</aside><blockquote>Slowly.</blockquote></article>
<section id="comments"><ol class="commentlist"><li id="comment-1" class="comment"><cite>Ann</cite>
<p>Mine cracked.</p></li></ol></section><div id="disqus_thread">Loading</div>
<form><textarea>Say something</textarea></form><footer>1998</footer>"""


def test_a_page_is_its_text_without_what_stands_around_it() -> None:
    assert page_text(Reply(URL, 200, "text/html", None, HTML.encode())) == "On kilns\n\nA kiln\xa0cools.\n\nSlowly."
    plain = page_text(Reply(URL, 200, "text/plain", None, b" A <b> of clay.\r\n\n"))
    assert plain == "A <b> of clay."


@pytest.mark.parametrize(
    ("body", "charset", "shown"),
    [
        ("Töpfe", None, "Töpfe"),
        ("Töpfe".encode("latin-1"), "ISO-8859-1", "Töpfe"),
        (b"\x93T\x94", "iso-8859-1", "“T”"),
        (b'<meta charset="windows-1252">\x93', None, '<meta charset="windows-1252">“'),
        (b'<meta content="text/html; charset=koi8-r" http-equiv=x>\xc1', "utf-9", None),
        (b'<meta charset="utf-16">a', None, '<meta charset="utf-16">a'),
        ("ä".encode("utf-8-sig"), "latin-1", "ä"),
        ("ä".encode("utf-16"), None, "ä"),
        (b"a\xffb", "utf-8", "a\ufffdb"),
        (b"a\xffb", "punycode", "a\ufffdb"),
        (b"a\\u0041", "unicode_escape", "a\\u0041"),
        (b"ab", "zlib", "ab"),
        (b"ab", "undefined", "ab"),
        (b"ab", "a\0b", "ab"),
    ],
)
def test_the_encoding_is_taken_from_where_it_is_surest(
    body: bytes | str, charset: str | None, shown: str | None
) -> None:
    found = decoded(body if isinstance(body, bytes) else body.encode(), charset)
    assert found == shown if shown else found.endswith("а")


def thread(url: str | None = None) -> Thread:
    return Thread(site=None, id="t", title=None, url=url, post=Post(id="p"), comments=[])


def test_switched_off_nothing_is_asked_and_no_cache_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    asked = ask_settings(Config())
    assert asked == NOT_ASKED
    assert open_outside(asked, thread()).elsewhere.pages is None
    assert list(tmp_path.iterdir()) == []
    assert ask_settings(Config(), fetch_pages=True).cache == str(tmp_path / "quotewarden" / "pages.sqlite")
    assert ask_settings(Config(pages=PagesOptions(fetch=True))).pages is not None


@pytest.mark.parametrize("kind", ["corrupt", "another program's", "a folder", "not writable", "in a file"])
def test_a_cache_that_cannot_be_used_is_one_line_and_passed_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    path = tmp_path / "kept" / "pages.sqlite"
    path.parent.mkdir()
    if kind == "corrupt":
        path.write_text("no database, whatever it may say" * 100)
    elif kind == "another program's":
        sqlite3.connect(path).execute("CREATE TABLE clay (a)").connection.close()
    elif kind == "a folder":
        path.mkdir()
    elif kind == "not writable":
        path = Path("/proc/kept/pages.sqlite")
    else:
        (tmp_path / "file").write_text("")
        path = tmp_path / "file" / "pages.sqlite"
    before = path.read_bytes() if path.is_file() else None
    asked = ask_settings(Config(pages=PagesOptions(fetch=True, cache=path)))
    told = capsys.readouterr().err
    assert told.startswith(f"note: {path}: this cache of pages cannot be used and is passed over: ")
    assert told.count("\n") == 1
    assert (path.read_bytes() if path.is_file() else None) == before
    PageCache(asked.cache).close()


def test_links_are_taken_from_their_thread_and_its_own_page_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    class Listening:
        def page(self, url: str) -> None:
            asked.append(url)

    monkeypatch.setattr(bot.elsewhere, "_linked_pages", lambda asked: Listening())
    pages = open_outside(Asked(pages=PagesOptions()), thread("https://kiln.example/2020/craft")).elsewhere.pages
    assert pages is not None
    for url in (
        "/about",
        "mailto:a@kiln.example",
        "#comment-2",
        "http://kiln.example/2020/craft/#comment-3",
        URL,
        "//[",
    ):
        assert pages.page(url) is None
    assert asked == ["https://kiln.example/about", URL]
    alone = open_outside(Asked(pages=PagesOptions()), thread()).elsewhere.pages
    assert alone is not None
    alone.page("/about")
    assert len(asked) == 2


def test_the_request_says_who_asks_and_whom_to_write_to(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    agents: list[str] = []
    monkeypatch.setattr(PublicHttp, "__init__", lambda self, *, user_agent: agents.append(user_agent))
    for contact in (None, "mailto:ann@kiln.example"):
        asked = Asked(None, PagesOptions(contact=contact), str(tmp_path / "pages.sqlite"), "run")
        open_outside(asked, thread())
    assert agents[0].startswith("Quotewarden/0.")
    assert agents[1].endswith(" (+mailto:ann@kiln.example)")
    assert PUBLIC not in agents[1]
    for contact in ("a\r\nX: y", "a b", "(a)", ""):
        with pytest.raises(ValueError, match="pattern"):
            PagesOptions(contact=contact)
