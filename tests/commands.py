"""The command in this process, for tests to which a process of its own says nothing more."""

import logging

import structlog
from click.testing import Result
from typer.testing import CliRunner

from bot.cli import app


def invoke(*words: object) -> Result:
    """Run the command; whatever it does to the logs is undone, for they lead to streams that end with it."""
    handlers = list(logging.getLogger().handlers)
    try:
        return CliRunner().invoke(app, [*map(str, words)], catch_exceptions=False)
    finally:
        structlog.reset_defaults()
        logging.getLogger().handlers = handlers
