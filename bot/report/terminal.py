"""Findings and passages on a terminal: the passage highlighted, its source beside it."""

import shutil

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bot.check import Checked, Quoted, Shown
from bot.records import Record
from bot.report.excerpt import excerpt, showable

_SEVERITY = {"info": "cyan", "warning": "yellow", "serious": "bold red"}
_VERDICT = {"unattributed": "yellow", "attributed": "green", "implied": "green", "self": "cyan", None: "dim"}
# Below this width the source stands under the passage, not beside it.
_BESIDE = 88


def _console() -> Console:
    width = min(shutil.get_terminal_size((100, 24)).columns, 120)
    return Console(width=width, highlight=False, soft_wrap=False)


class _OnTerminal:
    def __init__(self, console: Console | None) -> None:
        self._console = console or _console()
        self._threads = self._comments = self._items = 0

    def _thread(self, thread: Record, comments: int, items: int, noun: str) -> None:
        self._threads += 1
        self._comments += comments
        self._items += items
        title = Text(showable(thread["title"] or thread["id"]), style="bold")
        title.append(f"  {_count(items, noun)} in {_count(comments, 'comment')}", style="not bold dim")
        self._console.print(title)

    def _item(self, head: Text, shown: Shown, style: str) -> None:
        record = shown.record
        panes: list[RenderableType] = [_pane(shown.text, record["start"], record["end"], style)]
        source = record["source"]
        if source and shown.source_text is not None:
            who = source["author"] or ("the post" if source["kind"] == "post" else "somebody")
            where = "the post" if source["kind"] == "post" else f"comment {source['id']}"
            label = Text(showable(f"{who}, {where}" if who != where else where), style="dim")
            panes.append(Group(label, _pane(shown.source_text, source["start"], source["end"], "green")))
        self._console.print(Padding(head, (1, 0, 0, 2)))
        if len(panes) == 2 and self._console.width >= _BESIDE:
            table = Table.grid(padding=(0, 3), expand=True)
            table.add_column(ratio=1)
            table.add_column(ratio=1)
            panes[0] = Group(Text("the comment", style="dim"), panes[0])
            table.add_row(*panes)
            self._console.print(Padding(table, (0, 0, 0, 4)))
        else:
            for pane in panes:
                self._console.print(Padding(pane, (0, 0, 0, 4)))

    def _sum(self, noun: str) -> str:
        places = f"{_count(self._comments, 'comment')} of {_count(self._threads, 'thread')}"
        return f"{_count(self._items, noun)} in {places}"

    def _note(self, text: str, style: str = "") -> None:
        self._console.print(Padding(Text(showable(text), style=style), (0, 0, 0, 4)))


class FindingsOnTerminal(_OnTerminal):
    """Print each finding with its passage, its source and why."""

    def __init__(self, *, console: Console | None = None) -> None:
        super().__init__(console)
        self._not_evaluated = 0

    def add(self, checked: Checked) -> None:
        """Print the findings of one thread; a thread without any is only counted."""
        if not (checked.findings or checked.not_evaluated or checked.scores):
            self._threads += 1
            self._comments += checked.comments
            return
        self._thread(checked.thread, checked.comments, len(checked.findings), "finding")
        for shown in checked.findings:
            record = shown.record
            style = _SEVERITY[record["severity"]]
            head = Text(
                showable(f"{record['comment']['author'] or 'no name'}, comment {record['comment']['id']}"), "bold"
            )
            head.append("  ").append(record["rule"], style=style)
            head.append(f"  {record['confidence']:.0%} sure", style="not bold dim")
            self._item(head, shown, "black on yellow")
            self._note(f"→ {record['message']}", style)
        for record in checked.not_evaluated:
            self._not_evaluated += 1
            self._note(f"not evaluated: comment {record['comment']}, {record['rule']}: {record['reason']}", "red")
        for record in checked.scores:
            scores = ", ".join(f"{rule} {score:.2f}" for rule, score in record["scores"].items())
            self._note(f"comment {record['comment']}: {scores}", "dim")
        self._console.print()

    def finish(self, *, unread: int) -> None:
        """Print the sum."""
        line = self._sum("finding")
        if self._not_evaluated:
            line += f", {self._not_evaluated} not evaluated"
        if unread:
            line += f", {_count(unread, 'input')} not read"
        self._console.print(Text(line, style="bold"))


class PassagesOnTerminal(_OnTerminal):
    """Print each passage with its verdict and whose it is."""

    def __init__(self, *, explain: bool, console: Console | None = None) -> None:
        super().__init__(console)
        self._explain = explain

    def add(self, quoted: Quoted) -> None:
        """Print the passages of one thread."""
        self._thread(quoted.thread, quoted.comments, len(quoted.passages), "passage")
        for shown, reasons in quoted.passages:
            record = shown.record
            where = "the post" if record["comment"] == "post" else f"comment {record['comment']}"
            verdict = record["verdict"] or record["kind"]
            head = Text(showable(where), style="bold")
            head.append("  ").append(verdict, style=_VERDICT[record["verdict"]])
            head.append(f"  {record['form']}, {record['confidence']:.0%} sure", style="not bold dim")
            self._item(head, shown, _VERDICT[record["verdict"]] + " underline")
            if credit := record["attribution"]:
                by = f" ({credit['author']})" if credit["author"] else ""
                self._note(f"→ {credit['type']}: {credit['text']}{by}", "dim")
            if self._explain and reasons:
                self._note("why: " + "; ".join(reasons), "dim")
        self._console.print()

    def finish(self, *, unread: int) -> None:
        """Print the sum."""
        line = self._sum("passage")
        self._console.print(Text(line + (f", {_count(unread, 'input')} not read" if unread else ""), style="bold"))


def _pane(text: str, start: int, end: int, style: str) -> Text:
    cut = excerpt(text, start, end)
    return Text(cut.before, "dim").append(cut.passage, style=f"not dim {style}").append(cut.after, style="dim")


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
