"""The records that other programs read: see docs/formats.md for their contract."""

from datetime import datetime
from typing import Any

from adapters.thread import Comment, Thread
from rules.finding import Finding, NotEvaluated, Source
from rules.quotes.passage import Attribution, Passage
from rules.view import Entry

Record = dict[str, Any]  # JSON to be


def finding_record(thread: Thread, comment: Entry, finding: Finding) -> Record:
    """Return a finding as `check --output jsonl` prints it."""
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "confidence": finding.confidence,
        "site": thread.site,
        "thread": {"id": thread.id, "title": thread.title, "url": thread.url},
        "comment": {
            "id": comment.id,
            "author": comment.author,
            "url": comment.content.url,
            "posted_at": _time(comment.content.posted_at),
        },
        "start": finding.start,
        "end": finding.end,
        "excerpt": finding.excerpt,
        "message": finding.message,
        "source": source_record(finding.source),
        "suggestion": finding.suggestion,
        "key": finding.key,
        "ruleset": finding.ruleset,
    }


def thread_record(thread: Thread) -> Record:
    """Return a thread in the native saved format."""
    post = thread.post
    return {
        "site": thread.site,
        "id": thread.id,
        "title": thread.title,
        "url": thread.url,
        "post": {
            "id": post.id,
            "title": post.title,
            "author": post.author,
            "body": post.body,
            "format": post.format,
            "url": post.url,
            "posted_at": _time(post.posted_at),
        },
        "comments": [
            {
                "id": comment.id,
                "parent_id": comment.parent_id,
                "author": comment.author,
                "body": comment.body,
                "format": comment.format,
                "url": comment.url,
                "posted_at": _time(comment.posted_at),
                "edited_at": _time(comment.edited_at),
                "status": comment.status,
            }
            for comment in thread.comments
        ],
    }


def not_evaluated_record(thread: Thread, record: NotEvaluated) -> Record:
    """Return what `check --output json` says of a rule that gave no verdict."""
    return {"thread": thread.id, "comment": record.comment_id, "rule": record.rule, "reason": record.reason}


def scores_record(thread: Thread, comment: Entry, scores: dict[str, float]) -> Record:
    """Return a comment's scores as `check --scores` prints them."""
    return {"thread": thread.id, "comment": comment.id, "scores": scores}


def passage_record(thread: Thread, entry: Entry, passage: Passage) -> Record:
    """Return a passage as `quotes --output jsonl` prints it."""
    return {
        "thread": thread.id,
        "comment": entry.id if isinstance(entry.content, Comment) else "post",
        "start": passage.start,
        "end": passage.end,
        "text": passage.text,
        "form": passage.form,
        "kind": passage.kind,
        "verdict": passage.verdict,
        "attribution": _attribution(passage.attribution) if passage.attribution else None,
        "source": source_record(passage.source),
        "altered": passage.altered,
        "confidence": passage.confidence,
    }


# Written out, key by key: dataclasses.asdict copies deeply, at ten times the cost.
def _attribution(found: Attribution) -> Record:
    return {"text": found.text, "type": found.type, "author": found.author, "comment": found.comment}


def source_record(source: Source | None) -> Record | None:
    """Return a source as findings and passages have it."""
    if source is None:
        return None
    return {
        "kind": source.kind,
        "id": source.id,
        "author": source.author,
        "url": source.url,
        "start": source.start,
        "end": source.end,
        "similarity": source.similarity,
    }


def _time(value: datetime | None) -> str | None:
    return value.isoformat() if value else None
