"""The words of digests that all their forms share."""

from datetime import datetime

from bot.digest.content import Digest, Origin, Settled
from bot.report.direction import isolated
from bot.review.templating import RULES

_REASONS = {
    "credited": "says now whose words they are",
    "removed": "the words were taken out",
    "deleted": "the comment was deleted",
    "changed": "the thread or the rules have changed",
}


def rule_name(rule: str) -> str:
    """Return a rule's id as words."""
    return "Every rule" if rule == "*" else RULES.get(rule, rule.replace("-", " ").capitalize())


def whence(origin: Origin) -> str:
    """Return whose a passage is, for forms without markup."""
    return f"{isolated(origin.author)}, {origin.where}" if origin.author else origin.where.capitalize()


def count(number: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def heading(digest: Digest) -> str:
    """Return what a digest says in a few words: the subject of its mail, with nothing of a comment in it."""
    parts = []
    if digest.findings:
        serious = sum(claim.severity == "serious" for item in digest.items for claim in item.claims)
        if serious == digest.findings:
            parts.append(count(serious, "serious finding"))
        else:
            parts.append(count(digest.findings, "finding") + (f", {serious} serious" if serious else ""))
    if digest.trouble:
        parts.append("could not be polled")
    if digest.unjudged:
        parts.append(f"{sum(digest.unjudged.values()):,} not evaluated")
    return ", ".join(parts) or "nothing new"


def moment(at: datetime, now: datetime) -> str:
    """Return a time in short, as near to now as it is."""
    if at.date() == now.date():
        return f"{at:%H:%M}"
    if 0 < (now.date() - at.date()).days < 7:
        return f"{at:%A %H:%M}"
    return f"{at.day} {at:%b %H:%M}" if at.year == now.year else f"{at.day} {at:%b %Y %H:%M}"


def period(digest: Digest) -> str:
    """Return when a digest was made and what time it covers."""
    made = digest.made_at
    day = f"{made:%A}, {made.day} {made:%B %Y, %H:%M}"
    return day if digest.kind == "alert" else f"{day}. Since {moment(digest.since, made)}"


def reason(settled: Settled) -> str:
    """Return why something resolved itself."""
    return _REASONS.get(settled.reason, settled.reason)


def resolved_summary(digest: Digest, listed: int) -> str:
    """Return the line for what resolved itself and is not named one by one, or an empty one."""
    left = len(digest.resolved) - listed
    return f"and {left:,} more" if left else ""
