"""The daemon's log: for people on a terminal, else one JSON object a line; on stderr, without secrets."""

import json
import logging
import sys
import threading
from collections.abc import Iterable, MutableMapping
from typing import TextIO

import structlog

from bot.config import LogOptions
from bot.daemon.redaction import Redaction

_Record = MutableMapping[str, object]


def configure_logs(options: LogOptions, *, secrets: Iterable[str] = (), stream: TextIO | None = None) -> None:
    """Send the logs of structlog and of the standard library to a stream, stderr by default; may be called anew."""
    stream = stream or sys.stderr
    level = getattr(logging, options.level.upper())
    pretty = options.format == "text" or (options.format == "auto" and stream.isatty())
    redaction = Redaction(secrets)

    def redact(logger: object, method: str, record: _Record) -> _Record:
        return {key: redaction.of_value(value, key=key) for key, value in record.items()}

    render: structlog.types.Processor
    if pretty:
        render = structlog.dev.ConsoleRenderer(
            colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    else:
        render = structlog.processors.JSONRenderer(serializer=_json)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            # Before the secrets are taken out: a traceback may hold some.
            structlog.processors.format_exc_info,
            redact,
            _printable,
            _ordered,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *names: structlog.PrintLogger(stream),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers = [handler for handler in root.handlers if not isinstance(handler, _ToStructlog)] + [_ToStructlog()]
    root.setLevel(max(level, logging.WARNING))
    # That a poll outlasts its interval is told by the lag; APScheduler would say it every time.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    threading.excepthook = _tell_thread


class _ToStructlog(logging.Handler):
    """Pass on what libraries log by the standard library."""

    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger().log(
            record.levelno, record.getMessage(), logger=record.name, exc_info=record.exc_info or None
        )


def _tell_thread(failed: threading.ExceptHookArgs) -> None:
    if failed.exc_value is not None:
        name = failed.thread.name if failed.thread else None
        structlog.get_logger().error("a thread failed", thread=name, exc_info=failed.exc_value)


def _printable(logger: object, method: str, record: _Record) -> _Record:
    # Names and errors hold what strangers wrote: none of it may steer a terminal or feign a line of its own.
    return {key: _safe(value, lines=key == "exception") for key, value in record.items()}


def _safe(value: object, *, lines: bool) -> object:
    if not isinstance(value, str):
        return value
    return "".join(
        part if part.isprintable() or (lines and part == "\n") else "\N{REPLACEMENT CHARACTER}" for part in value
    )


def _ordered(logger: object, method: str, record: _Record) -> _Record:
    first = {key: record[key] for key in ("timestamp", "level", "event") if key in record}
    return first | {key: value for key, value in record.items() if key not in first}


def _json(record: object, **_: object) -> str:
    return json.dumps(record, ensure_ascii=False, default=str)
