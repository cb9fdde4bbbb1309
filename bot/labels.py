"""Decisions as labelled threads: what moderators said of findings, in the form that `make eval` scores rules by.

A folder of threads in the native format and one file of labels. A decision says something of one passage, not of the
whole thread: `decided` in a thread's line holds them all, and only what they say for certain becomes a label.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, exists, func, select

from bot.records import Record, thread_record
from bot.store.findings import DECIDED
from bot.store.tables import comments, decisions, findings, posts, sites
from bot.store.threads import StoredThread, load_thread
from rules.rule import Context

_QUOTE_RULES = ("unattributed-quote", "misattributed-quote", "altered-quote", "pasted-text")
# What a decision says of a passage that was reported as unattributed.
_VERDICTS = {"attributed": "attributed", "wrong-source": "unattributed", "allowed-here": "unattributed"}
_LISTS = {"link-only": "link_only", "off-topic": "off_topic", "pasted-text": "copied"}
_LONG = 30


def write_labels(connection: Connection, folder: Path) -> tuple[int, int]:
    """Write the threads with decided findings, and their labels, into an empty folder; return how many of each.

    Decisions on words that have changed or gone since are left out. Raises OSError.
    """
    (folder / "threads").mkdir(mode=0o700, parents=True)
    written = labelled = 0
    with (folder / "labels.jsonl").open("x", encoding="utf-8", errors="replace") as file:
        for stored, decided in _threads(connection):
            # By number: a thread's id may be anything.
            name = f"{written + 1:06}"
            text = json.dumps(thread_record(stored.thread), ensure_ascii=False, indent=1)
            (folder / "threads" / f"{name}.json").write_text(text, "utf-8", "replace")
            for line in labels_of(stored, decided):
                file.write(json.dumps({"thread": name, **line}, ensure_ascii=False) + "\n")
            written += 1
            labelled += len(decided)
    return written, labelled


def labels_of(stored: StoredThread, decided: Sequence[Row[Any]]) -> Iterator[Record]:
    """Yield the labels of a thread: a line for each comment with passages, and one for the thread."""
    context = Context(stored.thread)
    passages: dict[str, list[Record]] = {}
    for row in decided:
        if (label := _passage(row, context)) is not None:
            passages.setdefault(row.comment, []).append(label)
    yield from ({"comment": comment, "passages": found} for comment, found in passages.items())
    lists: dict[str, list[str]] = {name: [] for name in ("link_only", "off_topic", "spam", "copied")}
    for row in decided:
        if row.state == "confirmed" and row.rule in _LISTS:
            lists[_LISTS[row.rule]].append(row.comment)
    yield {
        **lists,
        "decided": [
            {
                "comment": row.comment,
                "rule": row.rule,
                "key": row.key,
                "start": row.start,
                "end": row.end,
                "confidence": row.confidence,
                "verdict": row.state,
                "reason": row.reason,
            }
            for row in decided
        ],
    }


def _threads(connection: Connection) -> Iterator[tuple[StoredThread, list[Row[Any]]]]:
    """Yield the threads with decided findings, each with these, whose comment is still what was decided on."""
    said, undone = decisions.alias("said"), decisions.alias("undone")
    is_undone = exists().where(undone.c.finding_id == findings.c.id, undone.c.undoes == said.c.id)
    of_it = (said.c.finding_id == findings.c.id, said.c.verdict == findings.c.state, ~is_undone)
    last = select(func.max(said.c.id)).where(*of_it).correlate(findings).scalar_subquery()
    joined = (
        select(findings, decisions.c.reason, comments.c.platform_id.label("comment"), comments.c.post_id)
        .join(comments, comments.c.id == findings.c.comment_id)
        .join(decisions, decisions.c.id == last)
        .where(findings.c.state.in_(DECIDED), comments.c.deleted_at.is_(None))
        .where(decisions.c.revision == comments.c.hash)
        .order_by(comments.c.post_id, findings.c.id)
    )
    by_thread: dict[int, list[Row[Any]]] = {}
    for row in connection.execute(joined):
        by_thread.setdefault(row.post_id, []).append(row)
    for post, rows in by_thread.items():
        site = connection.execute(select(sites.c.name).join(posts).where(posts.c.id == post)).scalar_one()
        yield load_thread(connection, site, post), rows


def _passage(row: Row[Any], context: Context) -> Record | None:
    if row.rule not in _QUOTE_RULES:
        return None
    label: dict[str, Any] = {"text": _cut(row.excerpt), "form": _form(row, context)}
    if row.state == "dismissed" and row.reason == "not-a-quotation":
        return {**label, "kind": "not-quotation"}
    verdict = "unattributed" if row.state == "confirmed" else _VERDICTS.get(row.reason or "")
    if row.rule != "unattributed-quote" or verdict is None:
        return None
    is_known = row.reason != "wrong-source"
    return {
        **label,
        "kind": "quotation",
        "verdict": verdict,
        "source": _source(row.source) if is_known else "unknown",
        "source_named": None,
        "altered": False,
    }


def _source(source: Mapping[str, Any] | None) -> str:
    kind = (source or {}).get("kind", "unknown")
    if source is not None and kind == "comment":
        return f"comment:{source['id']}"
    return kind if kind in ("post", "unknown") else "external"


def _form(row: Row[Any], context: Context) -> str | None:
    entry = context.view.comment(row.comment)
    if entry is None:
        return None
    try:
        passages = context.passages(entry)
    except Exception:  # noqa: BLE001  # a form is no more than good to know
        return None
    return next((one.form for one in passages if one.start < row.end and row.start < one.end), None)


def _cut(text: str) -> str:
    words = text.split()
    return text if len(words) <= _LONG else f"{' '.join(words[:12])} ... {' '.join(words[-12:])}"
