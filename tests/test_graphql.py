"""GraphQL over HTTP: questions are repeated, changes are not, and errors with status 200 are errors."""

from collections.abc import Iterator

import pytest
from pytest_httpserver import HTTPServer

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
from adapters.graphql import ask, change
from adapters.http import Http
from tests.clocks import StillClock
from tests.loopback import Web, answer

ANSWER = {"data": {"viewer": {"login": "ada"}}}


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def http(httpserver: HTTPServer, clock: StillClock) -> Iterator[Http]:
    with Http(PlatformOptions(url=httpserver.url_for("/")), clock=clock) as made:
        yield made


def test_a_question_goes_with_its_variables(httpserver: HTTPServer, http: Http) -> None:
    said = {"query": "query { viewer { login } }", "variables": {"first": 3}}
    httpserver.expect_request("/graphql", method="POST", json=said).respond_with_json(ANSWER)
    assert ask(http, httpserver.url_for("/graphql"), said["query"], {"first": 3}) == ANSWER["data"]


def test_a_question_is_asked_again_and_a_change_is_not(httpserver: HTTPServer, http: Http, clock: StillClock) -> None:
    url = httpserver.url_for("/graphql")
    httpserver.expect_ordered_request("/graphql").respond_with_data("<title>Bad gateway</title>", status=502)
    httpserver.expect_ordered_request("/graphql").respond_with_json(ANSWER)
    assert ask(http, url, "query { a }", {}) == ANSWER["data"]
    httpserver.clear()
    httpserver.expect_request("/graphql").respond_with_data("<title>Bad gateway</title>", status=502)
    with pytest.raises(OutcomeUnknown):
        change(http, url, "mutation { a }", {})
    assert len(httpserver.log) == 1
    httpserver.clear()
    httpserver.expect_request("/graphql").respond_with_json({}, status=429, headers={"Retry-After": "3"})
    with pytest.raises(RateLimited):
        ask(http, url, "query { a }", {})
    assert (len(httpserver.log), clock.slept) == (2, [3.0])


def test_a_question_without_a_reply_leaves_nothing_open() -> None:
    web = Web({})
    url = f"http://127.0.0.1:{web.port}"
    web.answers[f"{url}/x"] = answer(b'{"data": ', "Content-Length: 999")
    with Http(PlatformOptions(url=url, seconds=5)) as http:
        with pytest.raises(BadReply, match="breaks off"):
            ask(http, f"{url}/x", "query { a }", {})
        with pytest.raises(OutcomeUnknown):
            change(http, f"{url}/x", "mutation { a }", {})
    web.close()
    with Http(PlatformOptions(url=url, seconds=5)) as http, pytest.raises(UnreachableError):
        ask(http, f"{url}/x", "query { a }", {})


def test_a_question_stays_among_the_allowed_hosts(httpserver: HTTPServer, http: Http) -> None:
    with pytest.raises(BadReply, match="which `hosts` does not allow"):
        ask(http, "http://elsewhere.test/graphql", "query { a }", {})
    httpserver.expect_request("/graphql").respond_with_data("", status=307, headers={"Location": "http://a.test/"})
    with pytest.raises(RefusedError, match="answered 307"):
        ask(http, httpserver.url_for("/graphql"), "query { a }", {})
    assert len(httpserver.log) == 1


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"type": "NOT_FOUND", "message": "no such\nnode"}, NotFoundError),
        ({"type": "RATE_LIMITED", "message": "no such\nnode"}, RateLimited),
        ({"type": "INSUFFICIENT_SCOPES", "message": "no such\nnode"}, LoginError),
        ({"extensions": {"code": "RAW_QUERY_NOT_AUTHORIZED"}, "message": "no such\nnode"}, LoginError),
        ({"extensions": {"code": "COMMENT_NOT_FOUND", "message": "no such node"}}, NotFoundError),
        ({"message": "no such node"}, RefusedError),
        ("no such node", RefusedError),
    ],
)
def test_an_error_is_what_its_code_says(
    httpserver: HTTPServer, http: Http, error: object, kind: type[SiteError]
) -> None:
    httpserver.expect_request("/graphql").respond_with_json({"data": {"a": None}, "errors": [error]})
    for say in (ask, change):
        with pytest.raises(SiteError) as caught:
            say(http, httpserver.url_for("/graphql"), "{ a }", {})
        assert type(caught.value) is kind
        said = "an error without words" if isinstance(error, str) else "no such node"
        assert str(caught.value) == f"{httpserver.url_for('/graphql')}: {said}"


def test_the_words_of_an_error_with_another_status_are_told(httpserver: HTTPServer, http: Http) -> None:
    said = {"errors": [{"message": "raw queries are not allowed"}]}
    httpserver.expect_request("/graphql").respond_with_json(said, status=400)
    with pytest.raises(RefusedError, match="answered 400: raw queries are not allowed"):
        ask(http, httpserver.url_for("/graphql"), "{ a }", {})


@pytest.mark.parametrize("said", [[], {"data": None}, {"message": "hello"}, "data"])
def test_what_is_no_answer_is_told(httpserver: HTTPServer, http: Http, said: object) -> None:
    httpserver.expect_request("/graphql").respond_with_json(said)
    with pytest.raises(BadReply, match="no answer of GraphQL"):
        ask(http, httpserver.url_for("/graphql"), "{ a }", {})


@pytest.mark.parametrize(
    "headers",
    [{"x-ratelimit-remaining": "0", "x-ratelimit-reset": "70"}, {"Retry-After": "70", "x-ratelimit-remaining": "9"}],
)
def test_a_403_that_names_a_wait_is_a_limit_and_no_refusal(
    httpserver: HTTPServer, http: Http, headers: dict[str, str]
) -> None:
    said = {"message": "You have exceeded a rate limit"}
    httpserver.expect_request("/graphql").respond_with_json(said, status=403, headers=headers)
    with pytest.raises(RateLimited) as caught:
        ask(http, httpserver.url_for("/graphql"), "{ a }", {})
    assert caught.value.retry_after == 70
