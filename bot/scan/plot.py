"""The picture of a scan: findings of each rule, and how many among a thousand comments in the course of time."""

from collections import Counter
from collections.abc import Iterator, Mapping
from html import escape

from bot.records import Record

_WIDTH, _LEFT, _RIGHT = 760, 190, 70
_BAR, _GAP = 18, 8
_HEIGHT = 180
_MOST_COLUMNS = 60
# Told apart by those who see few colours too (Okabe and Ito, 2002).
_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#999999")


def plot(summary: Record) -> str:
    """Return the picture as SVG, which loads nothing."""
    rules: Mapping[str, int] = summary["findings_by_rule"]
    colours = {rule: _COLOURS[place % len(_COLOURS)] for place, rule in enumerate(rules)}
    y = 24
    parts: list[str] = [_text(0, y, f"{summary['findings']:,} findings in {summary['comments']:,} comments", bold=True)]
    y += 14
    most = max(rules.values(), default=1)
    for rule, count in sorted(rules.items(), key=lambda item: -item[1]):
        width = (_WIDTH - _LEFT - _RIGHT) * count / most
        parts.append(_text(_LEFT - 8, y + 13, rule, end=True))
        parts.append(_box(_LEFT, y, width, _BAR, colours[rule], f"{rule}: {count:,}"))
        parts.append(_text(_LEFT + width + 6, y + 13, f"{count:,}"))
        y += _BAR + _GAP
    columns = _columns(summary)
    if len(columns) > 1:
        y += 34
        parts.append(_text(0, y, "findings among 1,000 comments, by when these were written", bold=True))
        parts += _over_time(columns, colours, y + 12)
        y += 12 + _HEIGHT + 26
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {_WIDTH} {y + 8}" width="{_WIDTH}" '
        f'font-family="system-ui, sans-serif" font-size="13"><title>Findings of the scan</title>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _columns(summary: Record) -> list[tuple[str, int, Mapping[str, int]]]:
    """Return period, comments and findings by rule: months, or years where the months are too many to be seen."""
    length = 7 if len(summary["comments_by_month"]) <= _MOST_COLUMNS else 4
    comments: Counter[str] = Counter()
    found: dict[str, Counter[str]] = {}
    for month, count in summary["comments_by_month"].items():
        comments[month[:length]] += count
    for rule, months in summary["findings_by_rule_and_month"].items():
        for month, count in months.items():
            found.setdefault(month[:length], Counter())[rule] += count
    return [(name, comments[name], found.get(name, Counter())) for name in sorted(comments) if name]


def _over_time(
    columns: list[tuple[str, int, Mapping[str, int]]], colours: Mapping[str, str], top: float
) -> Iterator[str]:
    rates = [1000 * sum(found.values()) / comments for _, comments, found in columns]
    most = max(rates) or 1.0
    step = (_WIDTH - _RIGHT) / len(columns)
    every = -(-len(columns) // 10)
    for place, (name, comments, found) in enumerate(columns):
        y = top + _HEIGHT
        for rule, count in found.items():
            height = _HEIGHT * 1000 * count / comments / most
            y -= height
            told = f"{name}, {rule}: {count:,} in {comments:,} comments"
            yield _box(place * step, y, max(1.0, step - 2), height, colours[rule], told)
        if place % every == 0:
            yield _text(place * step, top + _HEIGHT + 18, name)
    yield f'<path d="M0 {top + _HEIGHT}H{_WIDTH - _RIGHT}" stroke="currentColor" stroke-opacity=".4"/>'
    yield _text(_WIDTH - _RIGHT + 6, top + 12, f"{most:.1f}")


def _box(x: float, y: float, width: float, height: float, colour: str, told: str) -> str:
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}">'
        f"<title>{escape(told)}</title></rect>"
    )


def _text(x: float, y: float, text: str, *, bold: bool = False, end: bool = False) -> str:
    style = (' font-weight="600"' if bold else "") + (' text-anchor="end"' if end else "")
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="currentColor"{style}>{escape(text)}</text>'
