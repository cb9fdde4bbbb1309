"""What a rule reports, and what the engine says of a rule that could not."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["info", "warning", "serious"]
SourceKind = Literal["post", "comment", "archive", "page", "external", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Say where words are from; `start` and `end` are offsets in the source's rendered text, similarity is 0 to 1."""

    kind: SourceKind
    id: str | None = None
    author: str | None = None
    url: str | None = None
    start: int | None = None
    end: int | None = None
    similarity: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Be what a rule yields: a span of the comment's text, how sure the rule is (0 to 1), and why in one sentence."""

    start: int
    end: int
    confidence: float
    message: str
    source: Source | None = None
    suggestion: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Be a report with everything that a moderator or a store wants to know; `key` is the same over runs."""

    rule: str
    severity: Severity
    comment_id: str
    start: int
    end: int
    excerpt: str
    confidence: float
    message: str
    source: Source | None
    suggestion: str | None
    key: str
    ruleset: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotEvaluated:
    """Say that a rule gave no verdict on a comment, and why."""

    rule: str
    comment_id: str
    reason: str
