"""Findings and passages for other programs: JSON Lines as they come, or one JSON object."""

import json
import sys

from bot.check import Checked, Quoted
from bot.records import Record

# json.dumps would make an encoder for each record.
_line = json.JSONEncoder(ensure_ascii=False).encode


def _write(line: str) -> None:
    sys.stdout.buffer.write(line.encode("utf-8", "replace"))


class FindingsAsLines:
    """Print a finding a line, and a comment's scores a line when they were asked for."""

    def add(self, checked: Checked) -> None:
        """Print what one thread gave; a rule that gave no verdict is told on stderr."""
        for shown in checked.findings:
            _write(_line(shown.record) + "\n")
        for scores in checked.scores:
            _write(_line(scores) + "\n")
        for record in checked.not_evaluated:
            place = f"thread {record['thread']}, comment {record['comment']}"
            print(f"not evaluated: {place}: {record['rule']}: {record['reason']}", file=sys.stderr)

    def finish(self, *, unread: int) -> None:
        """Flush what was printed."""
        sys.stdout.buffer.flush()


class FindingsAsJson:
    """Print one object with `findings`, `not_evaluated`, `stats` and, when asked for, `scores`."""

    def __init__(self, *, with_scores: bool) -> None:
        self._with_scores = with_scores
        self._threads = self._comments = self._findings = 0
        self._not_evaluated: list[Record] = []
        self._scores: list[Record] = []
        _write('{"findings": [')

    def add(self, checked: Checked) -> None:
        """Print the findings of one thread and keep the rest for the end."""
        for shown in checked.findings:
            _write((",\n" if self._findings else "\n") + _line(shown.record))
            self._findings += 1
        self._threads += 1
        self._comments += checked.comments
        self._not_evaluated += checked.not_evaluated
        self._scores += checked.scores

    def finish(self, *, unread: int) -> None:
        """Close the object."""
        stats = {"threads": self._threads, "comments": self._comments, "findings": self._findings, "unread": unread}
        scores = f',\n"scores": {json.dumps(self._scores, ensure_ascii=False)}' if self._with_scores else ""
        not_evaluated = json.dumps(self._not_evaluated, ensure_ascii=False)
        _write(f'],\n"not_evaluated": {not_evaluated}{scores},\n"stats": {_line(stats)}}}\n')
        sys.stdout.buffer.flush()


class PassagesAsLines:
    """Print a passage a line."""

    def __init__(self, *, explain: bool) -> None:
        self._explain = explain

    def add(self, quoted: Quoted) -> None:
        """Print the passages of one thread."""
        for record in _passages(quoted, self._explain):
            _write(_line(record) + "\n")

    def finish(self, *, unread: int) -> None:
        """Flush what was printed."""
        sys.stdout.buffer.flush()


class PassagesAsJson:
    """Print one object with `passages` and `stats`."""

    def __init__(self, *, explain: bool) -> None:
        self._explain = explain
        self._threads = self._comments = self._passages = 0
        _write('{"passages": [')

    def add(self, quoted: Quoted) -> None:
        """Print the passages of one thread."""
        self._threads += 1
        self._comments += quoted.comments
        for record in _passages(quoted, self._explain):
            _write((",\n" if self._passages else "\n") + _line(record))
            self._passages += 1

    def finish(self, *, unread: int) -> None:
        """Close the object."""
        stats = {"threads": self._threads, "comments": self._comments, "passages": self._passages, "unread": unread}
        _write(f'],\n"stats": {_line(stats)}}}\n')
        sys.stdout.buffer.flush()


def _passages(quoted: Quoted, explain: bool) -> list[Record]:
    return [shown.record | ({"reasons": list(reasons)} if explain else {}) for shown, reasons in quoted.passages]
