"""A digest on a terminal, as its mail will say it."""

from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from bot.digest.content import Digest, Item, Precision, listed
from bot.digest.words import count, moment, period, reason, resolved_summary, rule_name, whence
from bot.report.comparison import Side
from bot.report.direction import isolated

_TONES = {"info": "cyan", "warning": "yellow", "serious": "bold red"}
_OWN, _OWN_OTHER = "black on khaki1", "bold black on orange1 underline"
_THEIRS, _THEIRS_OTHER = "black on dark_sea_green2", "bold black on medium_spring_green underline"
# Below this width the source stands under the passage, not beside it.
_BESIDE = 80
_BAR = 24


def show(digest: Digest, console: Console) -> None:
    """Print a digest."""
    console.print(Rule(Text(f" {digest.site} ", "bold"), align="left", style="dim"))
    console.print(Text(period(digest), "dim"))
    console.print(_sums(digest))
    if digest.trouble:
        text = f"This site could not be polled since {moment(digest.trouble[1], digest.made_at)}: {digest.trouble[0]}"
        console.print(Padding(Text(text, "red"), (1, 0, 0, 0)))
    for section in digest.sections:
        title = Text(isolated(section.title), "bold")
        if section.url:
            title.append(f"  {section.url}", "not bold dim default")
        console.print(Padding(title, (1, 0, 0, 0)))
        for item in section.items:
            _item(item, digest, console)
    _rest(digest, console)
    console.print()


def _sums(digest: Digest) -> Text:
    text = Text(f"{digest.findings:,}", "bold").append(" to look at", "not bold")
    if digest.resolved:
        text.append(f"   {len(digest.resolved):,}").append(" resolved by itself", "not bold")
    if digest.unjudged:
        text.append(f"   {sum(digest.unjudged.values()):,}", "bold red").append(" not evaluated", "not bold")
    return text


def _item(item: Item, digest: Digest, console: Console) -> None:
    tone = _TONES[item.severity]
    head = Text("▌ ", tone).append(isolated(item.author), "bold default")
    head.append(f"  comment {item.comment}", "not bold dim default")
    if item.posted_at:
        head.append(f", {moment(item.posted_at, digest.made_at)}", "not bold dim default")
    console.print(Padding(head, (1, 0, 0, 2)))
    for claim in item.claims:
        line = Text(rule_name(claim.rule), _TONES[claim.severity]).append(
            f"  {claim.confidence:.0%} sure", "not bold dim"
        )
        if claim.why:
            line.append(f"  {isolated(claim.why, ours=True)}", "not bold default")
        console.print(Padding(line, (0, 0, 0, 4)))
    panes: list[RenderableType] = [Group(Text("The comment", "dim"), _side(item.passage, _OWN, _OWN_OTHER))]
    if item.origin:
        words = item.origin.side and _side(item.origin.side, _THEIRS, _THEIRS_OTHER)
        words = words or Text("The source's words are not at hand.", "dim")
        panes.append(Group(Text(whence(item.origin), "dim"), words))
    if len(panes) == 2 and console.width >= _BESIDE:
        table = Table.grid(padding=(0, 3), expand=True)
        table.add_column(ratio=1)
        table.add_column(ratio=1)
        table.add_row(*panes)
        panes = [table]
    for pane in panes:
        console.print(Padding(pane, (1, 0, 0, 4)))


def _side(side: Side, style: str, other: str) -> Text:
    text = Text(side.before, "dim")
    for piece in side.pieces:
        text.append(piece.text, f"not dim {other if piece.differs else style}")
    return text.append(side.after)


def _rest(digest: Digest, console: Console) -> None:
    if digest.more:
        by_rule = ", ".join(f"{number:,} {rule}" for rule, number in digest.more.items())
        _head(f"{sum(digest.more.values()):,} more than fit into one mail", console)
        console.print(Padding(Text(by_rule), (0, 0, 0, 2)))
    if digest.resolved:
        _head("Resolved by itself", console)
        shown = listed(digest.resolved)
        for settled in shown:
            where = f"{isolated(settled.author)}, {rule_name(settled.rule).lower()} in {isolated(settled.title)}: "
            console.print(Padding(Text(where).append(reason(settled), "dim"), (0, 0, 0, 2)))
        if rest := resolved_summary(digest, len(shown)):
            console.print(Padding(Text(rest, "dim"), (0, 0, 0, 2)))
    if digest.unjudged:
        _head("Not evaluated", console)
        for (rule, why), number in list(digest.unjudged.items())[:5]:
            line = Text(f"{rule_name(rule)} on {count(number, 'comment')}: ").append(why[:200], "dim")
            console.print(Padding(line, (0, 0, 0, 2)))
    if digest.precision:
        _head("How often each rule was right, last week", console)
        console.print(Padding(_chart(digest.precision), (0, 0, 0, 2)))


def _chart(rows: Sequence[Precision]) -> Table:
    table = Table.grid(padding=(0, 2))
    for row in rows:
        full = round(row.share * _BAR)
        bar = Text("━" * full, "green").append("━" * (_BAR - full), "bright_black")
        of = f"{row.share:.0%} ({row.confirmed} of {row.confirmed + row.dismissed})"
        table.add_row(rule_name(row.rule), bar, Text(of, "dim"))
    return table


def _head(text: str, console: Console) -> None:
    console.print(Padding(Text(text, "bold"), (1, 0, 0, 0)))
