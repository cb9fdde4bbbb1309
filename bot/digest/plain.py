"""A digest as plain text: the part of a mail that every program shows, and the one to read on a terminal."""

from collections.abc import Iterator
from textwrap import wrap

from bot.digest.content import Claim, Digest, Item, Origin, Section, listed
from bot.digest.words import count, heading, moment, period, reason, resolved_summary, rule_name, whence
from bot.report.comparison import Side
from bot.report.direction import isolated

_WIDTH = 72
_BAR = 20


def plain(digest: Digest) -> str:
    """Return the text; what others wrote stands after a bar, so that it passes for nothing of ours."""
    return "\n".join(_lines(digest)) + "\n"


def _lines(digest: Digest) -> Iterator[str]:
    yield f"{digest.site}: {heading(digest)}"
    yield period(digest)
    if digest.trouble:
        yield ""
        yield f"! This site could not be polled since {moment(digest.trouble[1], digest.made_at)}:"
        yield from _quoted(digest.trouble[0], indent="  ")
    number = 0
    for section in digest.sections:
        yield ""
        yield ""
        yield from _title(section)
        for item in section.items:
            number += 1
            yield ""
            yield from _item(item, number, digest)
    if not digest.sections:
        yield ""
        yield "Nothing to look at."
    yield from _rest(digest)
    yield ""
    yield "-" * _WIDTH
    if digest.sections:
        yield "A passage stands between [ ]; words between * * are other words at the source."
    yield "A finding is a hint with its evidence; the decision is yours."
    if digest.queue_url:
        yield f"Review page: {digest.queue_url}"
    if digest.unsubscribe_url:
        yield f"No more mails about this site: {digest.unsubscribe_url}"


def _title(section: Section) -> Iterator[str]:
    yield from wrap(f"Thread: {isolated(section.title)}", _WIDTH, subsequent_indent="        ")
    if section.url:
        yield section.url
    yield "-" * _WIDTH


def _item(item: Item, number: int, digest: Digest) -> Iterator[str]:
    at = f", {moment(item.posted_at, digest.made_at)}" if item.posted_at else ""
    yield f"{number}. {isolated(item.author)}, comment {item.comment}{at}"
    for claim in item.claims:
        yield from _claim(claim)
    yield ""
    yield "   The comment:"
    yield from _quoted(_marked(item.passage))
    if item.origin:
        yield ""
        yield from _origin(item.origin)
    yield ""
    links = [("Comment", item.url), ("Source", item.origin.url if item.origin else None)]
    for claim in item.claims:
        name = f" ({rule_name(claim.rule).lower()})" if len(item.claims) > 1 else ""
        links += [(link.label + name, link.url) for link in claim.decisions]
    for label, url in links:
        if url:
            yield f"   {label}: {url}"


def _claim(claim: Claim) -> Iterator[str]:
    grave = f"{claim.severity.upper()}: " if claim.severity == "serious" else ""
    yield f"   {grave}{rule_name(claim.rule)}, {claim.confidence:.0%} sure"
    if claim.why:
        why = isolated(claim.why, ours=True)
        yield from wrap(why, _WIDTH, initial_indent="   Why: ", subsequent_indent="        ")


def _origin(origin: Origin) -> Iterator[str]:
    yield f"   The source: {whence(origin)}"
    yield from _quoted(_marked(origin.side) if origin.side else "(the source's words are not at hand here)")


def _marked(side: Side) -> str:
    words = "".join(_starred(piece.text) if piece.differs else piece.text for piece in side.pieces)
    return f"{side.before}[{words}]{side.after}"


def _starred(text: str) -> str:
    return f"*{text}*" if text.strip() else text


def _quoted(text: str, *, indent: str = "   ") -> Iterator[str]:
    for line in text.split("\n"):
        for part in wrap(line, _WIDTH - len(indent) - 2, break_on_hyphens=False) or [""]:
            yield f"{indent}| {isolated(part)}"


def _rest(digest: Digest) -> Iterator[str]:
    if digest.more:
        yield ""
        by_rule = ", ".join(f"{number:,} {rule}" for rule, number in digest.more.items())
        yield from wrap(f"{sum(digest.more.values()):,} more than fit into one mail: {by_rule}.", _WIDTH)
        yield f"See them all: {digest.queue_url or 'quotewarden findings list'}"
    if digest.resolved:
        yield ""
        yield "Resolved by itself"
        shown = listed(digest.resolved)
        for settled in shown:
            where = f"{isolated(settled.author)}, {rule_name(settled.rule).lower()} in {isolated(settled.title)}"
            yield from wrap(f"{where}: {reason(settled)}", _WIDTH, initial_indent="- ", subsequent_indent="  ")
        if rest := resolved_summary(digest, len(shown)):
            yield f"- {rest}"
    if digest.unjudged:
        yield ""
        yield "Not evaluated"
        for (rule, why), number in list(digest.unjudged.items())[:5]:
            text = f"{rule_name(rule)} on {count(number, 'comment')}: {why[:200]}"
            yield from wrap(isolated(text, ours=True), _WIDTH, initial_indent="- ", subsequent_indent="  ")
    if digest.precision:
        yield ""
        yield "How often each rule was right, last week"
        for row in digest.precision:
            full = round(row.share * _BAR)
            bar = "█" * full + "░" * (_BAR - full)
            of = f"{row.share:.0%} ({row.confirmed} of {row.confirmed + row.dismissed})"
            yield f"{rule_name(row.rule):<26} {bar} {of}"
