"""The daemon's log: one record for each event, and no secret in any."""

import io
import json
import logging
import threading
from collections.abc import Iterator

import pytest
import structlog

from bot.config import LogOptions
from bot.daemon.logs import configure_logs
from bot.daemon.redaction import Redaction


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    root, hook = logging.getLogger(), threading.excepthook
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level, threading.excepthook = handlers, level, hook
    structlog.reset_defaults()


def test_what_is_no_terminal_gets_one_json_object_a_line() -> None:
    stream = io.StringIO()
    configure_logs(LogOptions(), stream=stream)
    structlog.get_logger("daemon").info("polled\nand lied", site="é\x1b[2J", number=3, none=None)
    structlog.get_logger("daemon").debug("not asked for")
    [record] = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert list(record)[:3] == ["timestamp", "level", "event"]
    assert record["timestamp"].endswith("Z")
    assert (record["level"], record["number"], record["none"]) == ("info", 3, None)
    assert "\x1b" not in record["site"]


def test_a_terminal_gets_text_that_cannot_steer_it() -> None:
    stream = Terminal()
    configure_logs(LogOptions(), stream=stream)
    structlog.get_logger().warning("odd", site="a\x1b[2Jb", error="one\ntwo")
    text = stream.getvalue()
    assert text.count("\n") == 1
    assert "\x1b[2J" not in text
    assert "odd" in text


@pytest.mark.parametrize(("format", "stream"), [("json", Terminal()), ("text", io.StringIO())])
def test_the_form_can_be_named(format: str, stream: io.StringIO) -> None:
    configure_logs(LogOptions.model_validate({"format": format}), stream=stream)
    structlog.get_logger().info("hello")
    assert stream.getvalue().startswith("{") == (format == "json")
    assert "\x1b" not in stream.getvalue()


def test_an_exception_is_one_record_and_its_secrets_are_hidden() -> None:
    stream = io.StringIO()
    configure_logs(LogOptions(), secrets={"0pen-sesame"}, stream=stream)

    def fail(password: str) -> None:
        raise RuntimeError(f"tried {password}")

    try:
        fail("0pen-sesame")
    except RuntimeError as error:
        structlog.get_logger().error("failed", exc_info=error)
    [record] = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert "RuntimeError: tried ***" in record["exception"]
    assert "0pen-sesame" not in stream.getvalue()


def test_libraries_and_threads_log_there_too() -> None:
    stream = io.StringIO()
    configure_logs(LogOptions(level="warning"), secrets={"0pen-sesame"}, stream=stream)
    configure_logs(LogOptions(level="warning"), secrets={"0pen-sesame"}, stream=stream)
    logging.getLogger("urllib3").warning("retrying with %s", "0pen-sesame")
    logging.getLogger("urllib3").info("not asked for")
    thread = threading.Thread(target=lambda: [][1], name="odd")
    thread.start()
    thread.join()
    records = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [record["event"] for record in records] == ["retrying with ***", "a thread failed"]
    assert (records[0]["logger"], records[1]["thread"]) == ("urllib3", "odd")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://bot:pw@db/x", "postgresql://bot:***@db/x"),
        (
            "GET https://blog.example/c?page=2&access_token=abc&x=1",
            "GET https://blog.example/c?page=2&access_token=***&x=1",
        ),
        ("Authorization: Bearer abc.def", "Authorization: ***"),
        ("{'Set-Cookie': 'session=1'}", "{'Set-Cookie': ***"),
        ('{"api_key": "abc", "n": 1}', '{"api_key": "***", "n": 1}'),
        ("client_secret=abc", "client_secret=***"),
        ("a token of thanks; the passage, a secret: none", "a token of thanks; the passage, a secret: ***"),
        ("polled https://blog.example:8443/a@b in 3 s", "polled https://blog.example:8443/a@b in 3 s"),
    ],
)
def test_what_looks_like_a_secret_in_a_text_is_hidden(text: str, shown: str) -> None:
    assert Redaction().of_text(text) == shown


def test_keys_tell_secrets_at_any_depth() -> None:
    hide = Redaction({"0pen-sesame", "0pen-sesame-again", "abc"}).of_value
    assert hide({"smtp": {"password": "x", "user": "me"}, "api_key": ["x"]}) == {
        "smtp": {"password": "***", "user": "me"},
        "api_key": "***",
    }
    assert hide(["0pen-sesame-again", ("0pen-sesame", 1)]) == ["***", ["***", 1]]
    assert hide("x", key="X-Token") == "***"
    assert hide("x", key="passage") == "x"
    assert hide("tokens abc", key="tokenizer") == "tokens abc"
    assert hide(None, key="password") is None
