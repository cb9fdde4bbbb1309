"""Fetching one public document: where it goes, how much it takes, how long it waits."""

import gzip
import ipaddress
import re
import socket
import ssl
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator

import pytest
import trustme
from hypothesis import example, given
from hypothesis.strategies import characters, sampled_from, text

from adapters.errors import FetchError
from adapters.public_address import check_url, is_public
from adapters.public_http import PublicHttp, Reply, resolve
from tests.loopback import PUBLIC, Answer, Web, answer, redirect

URL = "http://kiln.example/craft"
MakeWeb = Callable[..., Web]


@pytest.fixture
def web() -> Iterator[MakeWeb]:
    """Make webs that are closed when the test ends."""
    made: list[Web] = []

    def make(answers: dict[str, Answer] | None = None, **names: object) -> Web:
        made.append(Web(answers or {}, **names))
        return made[-1]

    yield make
    for one in made:
        one.close()


def fetch(web: Web, url: str = URL, *, seconds: float = 5, max_bytes: int = 100_000, **given: object) -> Reply:
    given = {"types": ("text/html",)} | given
    return web.http().fetch(url, until=time.monotonic() + seconds, max_bytes=max_bytes, **given)


def test_a_page_is_fetched_with_an_honest_and_bare_request(web: MakeWeb, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    net = web({f"{URL}?a=1&b=%20%C3%A9": answer("<p>Clay.", "Set-Cookie: a=b")})
    for _ in range(2):
        reply = fetch(net, f"{URL}?a=1&b=%20é#top")
        assert (reply.status, reply.body, reply.charset, reply.is_cut) == (200, b"<p>Clay.", "utf-8", False)
        assert reply.url == f"{URL}?a=1&b=%20%C3%A9"
    head = net.heads[-1]
    assert [line.partition(":")[0] for line in head.split("\r\n")[1:]] == [
        "Host", "User-Agent", "Accept", "Accept-Encoding", "Connection",
    ]  # fmt: skip
    assert "User-Agent: Quotewarden/0\r\n" in head


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("ftp://kiln.example/a", "only http and https"),
        ("file:///etc/passwd", "only http and https"),
        ("gopher://kiln.example/", "only http and https"),
        ("//kiln.example/a", "only http and https"),
        ("http://user:pw@kiln.example/", "a name or a password"),
        ("http://kiln.example@127.0.0.1/", "a name or a password"),
        ("http://kiln.example:8080/", "port 8080 is not asked"),
        ("https://kiln.example:80/", "port 80 is not asked"),
        ("http://kiln.example:x/", "not well formed"),
        ("http://[::1/", "not well formed"),
        ("http:///a", "not well formed"),
        ("http://kiln.example\\.evil.example/", "not well formed"),
        ("http://kiln .example/", "not well formed"),
        ("http://kiln..example/", "not well formed"),
        (f"http://{'a' * 64}.example/", "not well formed"),
        ("http://%6cocalhost/", "not"),
        ("http://localhost/", "not public"),
        ("http://intranet/", "not public"),
        ("http://printer.local/", "not public"),
        ("http://metadata.google.internal/", "not public"),
        ("http://2130706433/", "a number in disguise"),
        ("http://0x7f000001/", "a number in disguise"),
        ("http://0177.0.0.1/", "a number in disguise"),
        ("http://127.1/", "a number in disguise"),
        ("http://127.0.0.1./", "not public"),
        ("http://１２７.０.０.１/", "a number in disguise"),
        ("http://127。0。0。1/", "a number in disguise"),
        ("http://[fe80::1%25eth0]/", "not"),
        ("http://" + "a." * 1200 + "example/", "too long"),
    ],
)
def test_an_address_that_must_not_be_asked_is_not_even_resolved(web: MakeWeb, url: str, told: str) -> None:
    net = web()
    with pytest.raises(FetchError, match=told):
        fetch(net, url)
    assert net.resolved == net.connected == []


@given(sampled_from(["", "http://", "https://", "http://kiln.example/", "http://kiln.example?"]), text(characters()))
@example("http://kiln.example/", "\ud800?\udfff")
@example("http://kiln.example/", "a\r\nHost: b")
def test_whatever_is_asked_is_spelled_without_harm(start: str, rest: str) -> None:
    try:
        target = check_url(start + rest)
    except FetchError:
        return
    assert target.scheme in ("http", "https")
    assert re.fullmatch(r"[a-z0-9._-]+|[0-9a-f:]+", target.host)
    assert re.fullmatch(r"/[!-~]*", target.path)
    assert check_url(target.url) == target


CLOSED = """
0.0.0.0 0.1.2.3 10.1.2.3 100.64.0.1 100.100.100.200 100.127.255.255 127.0.0.1 127.8.8.8
169.254.169.254 172.16.0.1 172.31.255.255
192.0.0.1 192.0.0.170 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.9 224.0.0.1
239.255.255.250 240.0.0.1 255.255.255.255 168.63.129.16
:: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:169.254.169.254 ::ffff:10.0.0.1 ::ffff:0:127.0.0.1
64:ff9b::127.0.0.1 64:ff9b::a9fe:a9fe 64:ff9b:1::8.8.8.8 2002:7f00:1:: 2002:a9fe:a9fe::1 2002:c0a8:101::1
2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2
2001:db8::1 2001:10::1 2001:20::1 3fff::1 5f00::1 100::1 fc00::1 fd00:ec2::254 fe80::1 fec0::1 ff02::1 4000::1
""".split()  # fmt: skip


@pytest.mark.parametrize("address", CLOSED)
def test_an_address_that_is_not_public_is_never_connected_to(web: MakeWeb, address: str) -> None:
    net = web(names={"kiln.example": [PUBLIC, address]})
    with pytest.raises(FetchError, match="not public"):
        fetch(net)
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(FetchError, match="not public"):
        fetch(net, f"http://{host}/")
    assert net.resolved == ["kiln.example"]
    assert net.connected == []


@pytest.mark.parametrize(
    "address",
    [
        PUBLIC,
        "8.8.8.8",
        "100.63.255.255",
        "172.32.0.1",
        "2606:4700::1111",
        "2a00::1",
        "64:ff9b::808:808",
        "::ffff:8.8.8.8",
        "2002:808:808::1",
    ],
)
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


def test_a_name_without_a_proper_address_is_refused(web: MakeWeb) -> None:
    with pytest.raises(FetchError, match="not public"):
        fetch(web(names={"kiln.example": ["2606:4700::1111%eth0"]}))
    with pytest.raises(FetchError, match="not public"):
        fetch(web(names={"kiln.example": ["elsewhere.example"]}))
    with pytest.raises(FetchError, match="name is not known"):
        fetch(web(names={"kiln.example": []}))


def test_the_connection_goes_to_the_address_that_was_checked(web: MakeWeb) -> None:
    net = web({URL: answer("<p>Clay.")})
    answers = iter([[PUBLIC], ["127.0.0.1"]])
    client = net.http(resolve=lambda host, port, seconds: next(answers))
    assert client.fetch(URL, until=time.monotonic() + 5, max_bytes=1000).status == 200
    assert net.connected == [(PUBLIC, 80)]
    assert next(answers) == ["127.0.0.1"]


def test_a_name_is_spelled_as_its_server_knows_it(web: MakeWeb) -> None:
    net = web({"http://xn--tpferei-90a.example/": answer("<p>Clay.")})
    assert fetch(net, "http://Töpferei.Example.").status == 200
    assert net.resolved == ["xn--tpferei-90a.example"]


def test_the_next_address_is_tried_when_one_refuses(web: MakeWeb) -> None:
    net = web({URL: answer("<p>Clay.")}, names={"kiln.example": ["2606:4700::1111", PUBLIC]})

    def connect(address: str, port: int, seconds: float) -> socket.socket:
        if ":" in address:
            raise OSError(101, "Network is unreachable")
        return net.connect(address, port, seconds)

    assert net.http(connect=connect).fetch(URL, until=time.monotonic() + 5, max_bytes=1000).body == b"<p>Clay."


@pytest.mark.parametrize(
    ("to", "told"),
    [
        ("http://127.0.0.1/", "redirects: its address is not public"),
        ("http://169.254.169.254/latest/meta-data/", "redirects: its address is not public"),
        ("http://inside.example/", "address is not public"),
        ("file:///etc/passwd", "redirects: only http and https"),
        ("http://a:b@kiln.example/", "redirects: the address carries"),
        ("http://kiln.example:22/", "redirects: port 22"),
        ("http://[", "not well formed"),
        ("http://0x7f.1/", "redirects: its host is a number"),
    ],
)
def test_each_redirect_is_checked_again(web: MakeWeb, to: str, told: str) -> None:
    net = web({URL: redirect(to)}, names={"inside.example": ["10.0.0.8"]})
    with pytest.raises(FetchError, match=told):
        fetch(net)
    assert net.connected == [(PUBLIC, 80)]


def test_redirects_are_followed_a_few_times_and_each_request_is_announced(web: MakeWeb) -> None:
    net = web(
        {
            URL: redirect("/new%20place?q=é", "301 Moved Permanently"),
            "http://kiln.example/new%20place?q=%C3%A9": redirect("//clay.example/a#b", "308 Permanent Redirect"),
            "http://clay.example/a": answer("<p>Clay."),
        }
    )
    heard: list[str] = []
    reply = fetch(net, before=lambda target: heard.append(target.url))
    assert (reply.url, reply.body) == ("http://clay.example/a", b"<p>Clay.")
    assert heard == net.asked == [URL, "http://kiln.example/new%20place?q=%C3%A9", "http://clay.example/a"]
    round_ = web({URL: redirect(URL)})
    with pytest.raises(FetchError, match="redirects too often"):
        fetch(round_)
    assert len(round_.asked) == 6


def test_a_request_that_is_objected_to_is_not_made(web: MakeWeb) -> None:
    net = web({URL: redirect("http://clay.example/a")})

    def before(target: object) -> None:
        if check_url("http://clay.example/a") == target:
            raise FetchError("stay away")

    with pytest.raises(FetchError, match="stay away"):
        fetch(net, before=before)
    assert net.resolved == ["kiln.example"]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """An authority that only these tests trust."""
    return trustme.CA()


def secured(net: Web, authority: trustme.CA, name: str) -> tuple[PublicHttp, list[str | None]]:
    net.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(net.tls)
    named: list[str | None] = []
    net.tls.sni_callback = lambda link, sni, context: named.append(sni)
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    return net.http(trust=trust), named


def test_tls_names_the_host_and_checks_its_certificate(web: MakeWeb, authority: trustme.CA) -> None:
    net = web({"https://kiln.example/": answer("<p>Clay.")})
    client, named = secured(net, authority, "kiln.example")
    assert client.fetch("https://kiln.example/", until=time.monotonic() + 5, max_bytes=1000).body == b"<p>Clay."
    assert named == ["kiln.example"]
    assert net.connected == [(PUBLIC, 443)]
    with pytest.raises(FetchError, match="certificate does not hold"):
        client.fetch("https://clay.example/", until=time.monotonic() + 5, max_bytes=1000)
    with pytest.raises(FetchError, match="certificate does not hold"):
        net.http().fetch("https://kiln.example/", until=time.monotonic() + 5, max_bytes=1000)
    assert net.asked == ["https://kiln.example/"]


def test_a_redirect_from_https_to_http_is_not_followed(web: MakeWeb, authority: trustme.CA) -> None:
    net = web({"https://kiln.example/": redirect("http://kiln.example/")})
    client, _ = secured(net, authority, "kiln.example")
    with pytest.raises(FetchError, match="from https to http"):
        client.fetch("https://kiln.example/", until=time.monotonic() + 5, max_bytes=1000)
    assert net.connected == [(PUBLIC, 443)]


DRIPPING = {
    "nothing": (b"",),
    "its status line": (b"HTTP/1.1 2", b"0"),
    "its headers": (b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n"),
    "one header": (b"HTTP/1.1 200 OK\r\nX-A: ", b"b"),
    "interim answers": (b"HTTP/1.1 100 Continue\r\n\r\n",),
    "its body": (answer(b"", "Content-Length: 90000"), b"a"),
    "its chunks": (answer(b"", "Transfer-Encoding: chunked"), b"1\r\na\r\n"),
    "a chunk's size": (answer(b"", "Transfer-Encoding: chunked"), b"0"),
    "an endless body": (answer(b"", "Transfer-Encoding: chunked", type="text/html"), b"1\r\n \r\n"),
}


@pytest.mark.parametrize("pieces", DRIPPING.values(), ids=DRIPPING)
def test_a_server_that_drips_is_left_when_the_time_is_up(web: MakeWeb, pieces: tuple[bytes, ...]) -> None:
    net = web()
    net.answers[URL] = lambda link: net.drip(link, *pieces, every=0.02)
    begun = time.monotonic()
    with pytest.raises(FetchError, match="takes too long"):
        fetch(net, seconds=0.15)
    assert time.monotonic() - begun < 1


@pytest.mark.parametrize("is_shaken", [False, True], ids=["in the handshake", "after it"])
def test_a_tls_record_that_drips_is_left_too(web: MakeWeb, authority: trustme.CA, is_shaken: bool) -> None:
    net = web()
    client, _ = secured(net, authority, "kiln.example")
    kind = b"\x17" if is_shaken else b"\x16"

    def drip(link: socket.socket) -> None:
        with socket.socket(fileno=link.detach()) as plain:
            net.drip(plain, kind + b"\x03\x03\x40\x00", b"\0", every=0.02)

    net.answers["https://kiln.example/"] = drip
    if not is_shaken:
        net.greet = drip
    begun = time.monotonic()
    with pytest.raises(FetchError, match="takes too long"):
        client.fetch("https://kiln.example/", until=begun + 0.2, max_bytes=1000)
    assert time.monotonic() - begun < 1
    assert bool(net.asked) == is_shaken


def test_a_handshake_and_a_resolver_that_take_for_ever_are_left_too(
    web: MakeWeb, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = socket.create_server(("127.0.0.1", 0))
    begun = time.monotonic()
    with silent, pytest.raises(FetchError, match="takes too long"):
        web().http(connect=lambda *_: socket.create_connection(silent.getsockname())).fetch(
            "https://kiln.example/", until=begun + 0.1, max_bytes=1000
        )
    over = threading.Event()

    def never(*asked: object, **how: object) -> list[object]:
        over.wait(5)
        return []

    monkeypatch.setattr("adapters.public_http.socket.getaddrinfo", never)
    with pytest.raises(FetchError, match="takes too long"):
        PublicHttp(user_agent="Quotewarden/0").fetch(URL, until=time.monotonic() + 0.1, max_bytes=1000)
    over.set()
    assert time.monotonic() - begun < 1


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nX-A: " + b"b" * 70_000,
        b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: b\r\n" % number for number in range(150)) + b"\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 5000,
        b"HTTP/1.1 200 OK\r\n" + b"X-A: " + b"b" * 40_000 + b"\r\nX-B: " + b"b" * 40_000 + b"\r\n\r\n",
        b"no HTTP at all\r\n\r\n",
        b"",
    ],
    ids=["one long header", "many headers", "interim answers", "two long headers", "no HTTP", "nothing"],
)
def test_headers_are_capped(web: MakeWeb, head: bytes) -> None:
    with pytest.raises(FetchError, match=r"no proper answer|more than a page has"):
        fetch(web({URL: head}))


def chunked(*chunks: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in (*chunks, b""))


def test_a_body_is_cut_at_the_cap(web: MakeWeb) -> None:
    body = b"clay " * 40_000
    net = web(
        {
            URL: answer(body),
            "http://kiln.example/chunks": answer(chunked(*[body] * 3), "Transfer-Encoding: chunked"),
            "http://kiln.example/gzip": answer(gzip.compress(body), "Content-Encoding: gzip"),
            "http://kiln.example/just": answer(b"a" * 1000),
        }
    )
    for path in ("craft", "chunks", "gzip"):
        reply = fetch(net, f"http://kiln.example/{path}", max_bytes=1000)
        assert (reply.body, reply.is_cut) == (body[:1000], True)
    assert fetch(net, "http://kiln.example/just", max_bytes=1000).is_cut is False


def test_endless_answers_are_not_held_in_memory(web: MakeWeb) -> None:
    net = web()

    def pour(head: bytes) -> Callable[[socket.socket], None]:
        return lambda link: net.drip(link, head, b"0" * 60_000, every=0)

    for head in (
        answer(b"", "Transfer-Encoding: chunked"),
        answer(b"", "Transfer-Encoding: chunked") + b"5;",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n",
    ):
        net.answers[URL] = pour(head)
        tracemalloc.start()
        try:
            reply = fetch(net, max_bytes=100_000)
            assert reply.is_cut
        except FetchError:
            pass
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
        tracemalloc.stop()


def test_what_swells_when_unpacked_is_cut_too(web: MakeWeb) -> None:
    packer = zlib.compressobj(9, wbits=16 + zlib.MAX_WBITS)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(60)) + packer.flush()
    net = web({URL: answer(bomb, "Content-Encoding: gzip")})
    tracemalloc.start()
    reply = fetch(net, max_bytes=100_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (len(reply.body), reply.is_cut) == (100_000, True)
    assert peak < 2_000_000


def test_what_is_sent_beside_the_body_is_capped_too(web: MakeWeb) -> None:
    net = web()
    # Blocks of no length, a header after the last chunk: neither ever makes the body longer.
    packed = answer(b"", "Content-Encoding: gzip", "Transfer-Encoding: none") + gzip.compress(b"")[:10]
    trailers = answer(b"", "Transfer-Encoding: chunked") + b"0\r\n"
    for head, piece in ((packed, b"\0\0\0\xff\xff"), (trailers, b"X-A: b\r\n")):
        net.answers[URL] = lambda link, head=head, piece=piece: net.drip(link, head, piece * 10_000, every=0)
        with pytest.raises(FetchError, match="more than a page has"):
            fetch(net)


def test_a_body_comes_whole_or_not_at_all(web: MakeWeb) -> None:
    packed = gzip.compress(b"<p>Clay.")
    net = web({URL: answer(packed, "Content-Encoding: x-gzip")})
    assert fetch(net).body == b"<p>Clay."
    for broken in (
        answer(b"<p>Clay.", "Content-Length: 500"),
        answer(b"20\r\n<p>Clay.", "Transfer-Encoding: chunked"),
        answer(packed[:-9], "Content-Encoding: gzip"),
        answer(b"<p>Clay.", "Content-Encoding: gzip"),
    ):
        net.answers[URL] = broken
        with pytest.raises(FetchError, match=r"breaks off|no proper answer"):
            fetch(net)


@pytest.mark.parametrize("encoding", ["br", "zstd", "deflate", "gzip, gzip", "compress"])
def test_what_was_packed_unasked_is_refused(web: MakeWeb, encoding: str) -> None:
    with pytest.raises(FetchError, match="not asked for"):
        fetch(web({URL: answer(b"abc", f"Content-Encoding: {encoding}")}))


@pytest.mark.parametrize("type", ["image/jpeg", "application/pdf", "application/json", "", None, "text/html-not"])
def test_what_is_no_text_is_refused_before_it_is_read(web: MakeWeb, type: str | None) -> None:
    net = web()
    net.answers[URL] = lambda link: net.drip(link, answer(b"", "Content-Length: 90000", type=type), b"a")
    begun = time.monotonic()
    with pytest.raises(FetchError, match="no text to read"):
        fetch(net, seconds=2)
    assert time.monotonic() - begun < 1


def test_the_body_of_an_error_is_not_read(web: MakeWeb) -> None:
    net = web()
    net.answers[URL] = lambda link: net.drip(link, answer(b"", "Content-Length: 900", status="404 Not Found"), b"a")
    assert fetch(net, seconds=2) == Reply(URL, 404, "text/html")


def test_the_system_s_resolver_is_asked_for_addresses_only() -> None:
    assert "127.0.0.1" in resolve("localhost", 80, 5)
    with pytest.raises(OSError, match="not a name"):
        resolve("a" * 300 + ".example", 80, 5)
