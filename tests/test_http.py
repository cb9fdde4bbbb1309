"""Asking a live site: how patiently, where to, and what becomes of a reply that is none."""

import logging
import socket
import time
from collections.abc import Iterator

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from adapters.base import PlatformOptions
from adapters.errors import (
    BadReply,
    LoginError,
    NotFoundError,
    OutcomeUnknown,
    RateLimited,
    RefusedError,
    SiteError,
    UnreachableError,
)
from adapters.http import Http
from tests.clocks import StillClock
from tests.loopback import Answer, Web, answer

SECRET = "hunter-2-hunter-2"  # noqa: S105  # nobody's


@pytest.fixture
def web() -> Iterator[Web]:
    """A server that answers byte for byte."""
    made = Web({})
    yield made
    made.close()


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


def raw(web: Web, said: Answer, **options: object) -> Http:
    url = f"http://127.0.0.1:{web.port}"
    web.answers[f"{url}/x"] = said
    return Http(PlatformOptions(url=url, **{"seconds": 5, **options}), max_bytes=100_000)


def ask(http: Http, web: Web) -> object:
    with http:
        return http.get(f"http://127.0.0.1:{web.port}/x").json()


@pytest.fixture
def http(httpserver: HTTPServer, clock: StillClock) -> Iterator[Http]:
    with Http(PlatformOptions(url=httpserver.url_for("/"), contact="mod@kiln.example"), clock=clock) as made:
        yield made


def test_requests_say_who_asks_and_how_to_reach_him(httpserver: HTTPServer, http: Http) -> None:
    httpserver.expect_request("/x").respond_with_json({"a": 1})
    http.log_in("bot", SECRET)
    assert http.get(httpserver.url_for("/x")).json() == {"a": 1}
    sent = httpserver.log[0][0].headers
    assert sent["User-Agent"].startswith("Quotewarden/")
    assert sent["User-Agent"].endswith(" (+mod@kiln.example)")
    assert sent["Authorization"].startswith("Basic ")


def test_the_environment_has_no_say(
    httpserver: HTTPServer, http: Http, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    httpserver.expect_request("/x").respond_with_json([])
    assert http.get(httpserver.url_for("/x")).json() == []


def test_a_proxy_of_the_configuration_is_used(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/x").respond_with_json(["through the proxy"])
    options = PlatformOptions(url="http://blog.test", proxy=httpserver.url_for("").rstrip("/"))
    with Http(options) as through:
        assert through.get("http://blog.test/x").json() == ["through the proxy"]
    options = PlatformOptions(url="http://blog.test", proxy="http://127.0.0.1:9")
    told = r"^http://blog\.test/x: the proxy does not lead there$"
    with Http(options) as through, pytest.raises(UnreachableError, match=told):
        through.get("http://blog.test/x")


@pytest.mark.parametrize(
    ("headers", "left"),
    [
        ({"Retry-After": "90"}, 90),
        ({"Retry-After": "Mon, 21 Sep 2026 14:14:50 GMT"}, 90),
        ({"Retry-After": "999999999"}, 86_400),
        ({"Retry-After": "soon"}, None),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "70"}, 70),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1790000070"}, 70),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "2026-09-21T14:14:30Z"}, 70),
        ({"RateLimit-Remaining": "0", "RateLimit-Reset": "70"}, 70),
        ({}, None),
    ],
)
def test_a_site_that_wants_rest_gets_it(
    httpserver: HTTPServer, http: Http, clock: StillClock, headers: dict[str, str], left: float | None
) -> None:
    httpserver.expect_request("/x").respond_with_json({"message": "too fast"}, status=429, headers=headers)
    with pytest.raises(RateLimited, match="the site answered 429: too fast") as caught:
        http.get(httpserver.url_for("/x"))
    assert (caught.value.retry_after, caught.value.passes) == (left, True)
    assert (len(httpserver.log), clock.slept) == (1, [])
    if left:
        with pytest.raises(RateLimited, match=f"wants to be left alone for {left} s"):
            http.get(httpserver.url_for("/x"))
        assert len(httpserver.log) == 1
        clock.now += left
        httpserver.clear()
        httpserver.expect_request("/x").respond_with_json("well again")
        assert http.get(httpserver.url_for("/x")).json() == "well again"


def test_a_short_rest_is_waited_out_once(httpserver: HTTPServer, http: Http, clock: StillClock) -> None:
    httpserver.expect_request("/x").respond_with_json({}, status=429, headers={"Retry-After": "3"})
    with pytest.raises(RateLimited):
        http.get(httpserver.url_for("/x"))
    assert (len(httpserver.log), clock.slept) == (2, [3.0])


def test_the_last_allowed_request_makes_the_next_one_wait(
    httpserver: HTTPServer, http: Http, clock: StillClock
) -> None:
    spent = {"x-ratelimit-remaining": "0.0", "x-ratelimit-reset": "4"}
    httpserver.expect_request("/x").respond_with_json(1, headers=spent)
    httpserver.expect_request("/y").respond_with_json(2, headers={"x-ratelimit-remaining": "9"})
    assert http.get(httpserver.url_for("/x")).json() == 1
    assert clock.slept == []
    assert [http.get(httpserver.url_for("/y")).json() for _ in range(2)] == [2, 2]
    assert clock.slept == [4.0]


def test_requests_to_a_site_that_says_no_limit_can_be_held_apart(
    httpserver: HTTPServer, http: Http, clock: StillClock
) -> None:
    http.apart = 0.25
    httpserver.expect_request("/x").respond_with_json([])
    http.get(httpserver.url_for("/x"))
    clock.now += 0.125
    http.get(httpserver.url_for("/x"))
    clock.now += 9
    http.get(httpserver.url_for("/x"))
    assert clock.slept == [0.125]


def test_what_has_not_changed_is_not_sent_again(httpserver: HTTPServer, http: Http) -> None:
    def reply(request: Request) -> Response:
        if request.headers.get("If-None-Match") == '"7"' and request.headers.get("If-Modified-Since"):
            return Response(status=304)
        return Response("[7]", headers={"ETag": '"7"', "Last-Modified": "Mon, 21 Sep 2026 14:13:20 GMT"})

    httpserver.expect_request("/x").respond_with_handler(reply)
    url = httpserver.url_for("/x")
    first = http.get(url, {"page": 1}, if_changed=True)
    assert (first.unchanged, first.json()) == (False, [7])
    assert http.get(url, {"page": 1}, if_changed=True).unchanged
    assert not http.get(url, {"page": 1}).unchanged
    assert not http.get(url, {"page": 2}, if_changed=True).unchanged


@pytest.mark.parametrize(
    ("status", "kind", "passes"),
    [
        (400, RefusedError, False),
        (401, LoginError, False),
        (403, LoginError, False),
        (404, NotFoundError, False),
        (410, NotFoundError, False),
        (500, SiteError, True),
        (503, SiteError, True),
    ],
)
def test_a_status_says_whether_it_passes(
    httpserver: HTTPServer, http: Http, status: int, kind: type[SiteError], passes: bool
) -> None:
    said = {"code": "no_way", "message": "not\nso", "data": {"status": status}}
    httpserver.expect_request("/x").respond_with_json(said, status=status)
    with pytest.raises(SiteError) as caught:
        http.get(httpserver.url_for("/x"), {"api_key": SECRET})
    assert type(caught.value) is kind
    assert (caught.value.passes, caught.value.status, caught.value.code) == (passes, status, "no_way")
    assert str(caught.value) == f"{httpserver.url_for('/x')}: the site answered {status}: not so"


def test_a_gateway_that_fails_for_a_moment_is_asked_again(httpserver: HTTPServer, http: Http) -> None:
    httpserver.expect_ordered_request("/x").respond_with_data("<title>Bad gateway</title>", status=502)
    httpserver.expect_ordered_request("/x").respond_with_json("there")
    assert http.get(httpserver.url_for("/x")).json() == "there"
    assert len(httpserver.log) == 2


def test_the_keys_in_an_address_reach_no_log(
    httpserver: HTTPServer, http: Http, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    httpserver.expect_request("/x").respond_with_data("", status=502)
    with pytest.raises(SiteError):
        http.get(httpserver.url_for("/x"), {"api_key": SECRET})
    assert len(httpserver.log) == 3
    assert [record.message for record in caplog.records if record.name.startswith("urllib3")] == []


def test_a_gateway_that_keeps_failing_is_told(httpserver: HTTPServer, http: Http) -> None:
    httpserver.expect_request("/x").respond_with_data("<title>Bad  gateway &amp; more</title>", status=502)
    with pytest.raises(SiteError, match=r"the site answered 502: Bad gateway & more$"):
        http.get(httpserver.url_for("/x"))
    assert len(httpserver.log) == 3


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"<!doctype html><title>\n Just a moment...</title>", r"a web page \(Just a moment...\) where JSON is wanted"),
        (b"<html>", "a web page where JSON is wanted"),
        (b"", "an empty reply where JSON is wanted"),
        (b'{"a": [1, 2', "the JSON breaks off"),
        (b"{'a': 1}", "not JSON"),
        (b"Fatal error: out of memory", "not JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b"\xff\xfe\x00", "not JSON"),
    ],
)
def test_a_reply_that_is_no_json_is_one_clear_line(httpserver: HTTPServer, http: Http, body: bytes, told: str) -> None:
    httpserver.expect_request("/x").respond_with_data(body)
    with pytest.raises(BadReply, match=told) as caught:
        http.get(httpserver.url_for("/x"), {"api_key": SECRET}).json()
    assert "\n" not in str(caught.value)
    assert SECRET not in str(caught.value)
    assert caught.value.passes


def test_a_half_reply_is_none(web: Web) -> None:
    with pytest.raises(BadReply, match="the reply breaks off"):
        ask(raw(web, answer(b'["half', "Content-Length: 999")), web)
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n[1,2\r\n"
    with pytest.raises(BadReply, match="the reply breaks off"):
        ask(raw(web, chunked), web)


def test_a_connection_that_breaks_is_tried_again_and_told(web: Web) -> None:
    def reset(link: socket.socket) -> None:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")

    with pytest.raises(SiteError, match="the connection broke") as caught:
        ask(raw(web, reset), web)
    assert len(web.asked) == 3
    assert caught.value.passes
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("pieces", [(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b" "), (b" ",)])
def test_a_server_that_drips_is_left(web: Web, pieces: tuple[bytes, ...]) -> None:
    started = time.monotonic()
    slow = raw(web, lambda link: web.drip(link, *pieces, every=0.1 if len(pieces) > 1 else 5), seconds=0.5)
    with pytest.raises(UnreachableError, match=r"no whole reply within 0.5 s"):
        ask(slow, web)
    assert time.monotonic() - started < 4
    assert len(web.asked) == 1


def test_a_reply_that_is_too_large_is_not_read_to_its_end(web: Web) -> None:
    with pytest.raises(BadReply, match="a reply of more than 0 MB"):
        ask(raw(web, answer(b"[" + b" " * 200_000 + b"]")), web)


def test_a_bomb_is_not_unpacked(web: Web) -> None:
    import gzip

    bomb = gzip.compress(b" " * 50_000_000)
    assert len(bomb) < 100_000
    with pytest.raises(BadReply, match="a reply of more than"):
        ask(raw(web, answer(bomb, "Content-Encoding: gzip")), web)


def test_nobody_at_the_other_end_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with Http(PlatformOptions(url=f"http://127.0.0.1:{port}")) as http:
        for send in (http.get, lambda url: http.send("POST", url, json={})):
            with pytest.raises(UnreachableError, match="it does not take connections") as caught:
                send(f"http://127.0.0.1:{port}/x?key={SECRET}")
            assert SECRET not in str(caught.value)


def test_redirects_stay_among_the_allowed_hosts(httpserver: HTTPServer, http: Http, web: Web) -> None:
    here = httpserver.url_for("/there")
    httpserver.expect_request("/x").respond_with_data(status=301, headers={"Location": "/there"})
    httpserver.expect_request("/there").respond_with_json("there")
    assert http.get(httpserver.url_for("/x"), {"page": 2}).url == here
    elsewhere = f"http://127.0.0.1:{web.port}/x"
    web.answers[elsewhere] = answer(b"[1]")
    httpserver.expect_request("/out").respond_with_data(status=302, headers={"Location": elsewhere})
    http.log_in("bot", SECRET)
    with pytest.raises(BadReply, match=r"it redirects to 127\.0\.0\.1, which `hosts` does not allow") as caught:
        http.get(httpserver.url_for("/out"))
    assert not caught.value.passes
    assert web.asked == []
    with Http(PlatformOptions(url=httpserver.url_for("/"), hosts=(f"127.0.0.1:{web.port}",))) as allowed:
        assert allowed.get(httpserver.url_for("/out")).json() == [1]


def test_a_redirect_without_end_is_left(httpserver: HTTPServer, http: Http) -> None:
    httpserver.expect_request("/x").respond_with_data(status=302, headers={"Location": "/x"})
    with pytest.raises(BadReply, match="redirects too often"):
        http.get(httpserver.url_for("/x"))
    assert len(httpserver.log) == 6


@pytest.mark.parametrize("url", ["file:///etc/passwd", "http://other.example/", "https://", "ftp://blog.test/"])
def test_a_link_out_of_the_site_is_not_followed(url: str) -> None:
    with Http(PlatformOptions(url="http://blog.test")) as http:
        for ask in (http.get, lambda url: http.send("POST", url)):
            with pytest.raises(BadReply, match=r"it leads to"):
                ask(url)


def test_https_is_never_left() -> None:
    with Http(PlatformOptions(url="https://blog.test")) as http:
        with pytest.raises(BadReply, match="redirects from https to http"):
            http._redirected("https://blog.test/x", "http://blog.test/x")
        assert http._redirected("https://blog.test/x", "/y") == "https://blog.test/y"
    with Http(PlatformOptions(url="http://blog.test")) as http:
        assert http._redirected("http://blog.test/x", "https://blog.test/x") == "https://blog.test/x"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (500, OutcomeUnknown),
        (502, OutcomeUnknown),
        (504, OutcomeUnknown),
        (303, OutcomeUnknown),
        (307, RefusedError),
        (429, RateLimited),
        (403, RateLimited),
        (409, RefusedError),
    ],
)
def test_what_changes_something_is_sent_once(
    httpserver: HTTPServer, http: Http, status: int, kind: type[SiteError]
) -> None:
    headers = {"Location": "/y", "Retry-After": "2"}
    httpserver.expect_request("/x", method="POST").respond_with_json({}, status=status, headers=headers)
    with pytest.raises(SiteError) as caught:
        http.send("POST", httpserver.url_for("/x"), json={"status": "hold"})
    assert type(caught.value) is kind
    assert len(httpserver.log) == 1


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n[", b"nonsense\r\n\r\n"])
def test_a_post_without_a_proper_reply_leaves_its_outcome_open(web: Web, said: bytes) -> None:
    with raw(web, said) as http, pytest.raises(OutcomeUnknown, match="whether it was done is to be seen"):
        http.send("POST", f"http://127.0.0.1:{web.port}/x", json={"status": "hold"})
    assert len(web.asked) == 1


def test_the_servers_clock_is_noted(web: Web, clock: StillClock) -> None:
    url = f"http://127.0.0.1:{web.port}"
    web.answers[f"{url}/x"] = answer("1", "Date: Mon, 21 Sep 2026 14:14:20 GMT")
    web.answers[f"{url}/y"] = answer("1", "Date: yesterday")
    with Http(PlatformOptions(url=url), clock=clock) as http:
        http.get(f"{url}/x")
        assert http.skew == 60
        http.get(f"{url}/y")
        assert http.skew is None


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"url": "blog.example"}, "begins with https"),
        ({"url": "https://bot:pw@blog.example"}, "no place in an address"),
        ({"url": "https://blog.example:99999"}, "not well formed"),
        ({"url": "https://blog.example", "proxy": f"http://me:{SECRET}@proxy"}, "pattern"),
        ({"url": "https://blog.example", "contact": "a b"}, "pattern"),
        ({"url": "https://blog.example", "nothing": 1}, "not permitted"),
    ],
)
def test_options_that_make_no_sense_are_refused(given: dict[str, object], told: str) -> None:
    with pytest.raises(ValueError, match=told) as caught:
        PlatformOptions(**given)
    assert SECRET not in str(caught.value)
