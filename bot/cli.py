"""The command `quotewarden`."""

import sys
from enum import StrEnum
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer

from bot.archive.commands import archive_app
from bot.cluster.commands import drain, worker
from bot.digest.commands import digest_app
from bot.review.commands import people_app, web
from bot.scan.command import scan
from bot.site_commands import adapters_app, doctor, fetch, poll, run, status
from bot.stop import stop as _stop
from bot.store.allowance_commands import allowances_app, audit
from bot.store.commands import db_app
from bot.store.findings_commands import findings_app
from bot.store.purge_command import purge
from bot.store.replay_command import replay
from bot.usage import known_format, load, rule_ids, with_archive

# Everything else is imported by the command that needs it: --help must not wait for the rules.
app = typer.Typer(
    help="Tell a blog's moderators which comments use somebody else's words without saying whose they are.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
rules_app = typer.Typer(help="Show the rules.", no_args_is_help=True)
config_app = typer.Typer(help="Write or check a configuration.", no_args_is_help=True)
app.add_typer(rules_app, name="rules")
app.add_typer(config_app, name="config")
app.add_typer(archive_app, name="archive")
app.add_typer(db_app, name="db")
app.add_typer(digest_app, name="digest")
app.add_typer(findings_app, name="findings")
app.add_typer(allowances_app, name="allowances")
app.add_typer(adapters_app, name="adapters")
app.add_typer(people_app, name="people")
for command in (scan, run, worker, drain, poll, status, doctor, fetch, purge, replay, web, audit):
    app.command()(command)


class CheckOutput(StrEnum):
    """Name the forms that findings can be printed in."""

    text = "text"
    json = "json"
    jsonl = "jsonl"
    html = "html"


class QuotesOutput(StrEnum):
    """Name the forms that passages can be printed in."""

    text = "text"
    json = "json"
    jsonl = "jsonl"


Paths = Annotated[list[str], typer.Argument(help="Saved threads: files, .gz files, folders, or - for standard input.")]
FormatName = Annotated[str | None, typer.Option("--format", help="Read every input as this format (see `adapters`).")]
ConfigPath = Annotated[Path | None, typer.Option("--config", help="The configuration file.")]
FetchPages = Annotated[bool, typer.Option("--fetch-pages", help="Fetch the pages that comments link to.")]
ArchivePath = Annotated[Path | None, typer.Option("--archive", help="Look words up in this archive too.")]
Jobs = Annotated[int | None, typer.Option(min=1, max=256, help="Processes that work side by side.")]


def _version(value: bool) -> None:
    if value:
        from importlib.metadata import version

        print(f"quotewarden {version('quotewarden')}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


@app.command()
def check(
    paths: Paths,
    output: Annotated[CheckOutput, typer.Option(help="How to print the findings.")] = CheckOutput.text,
    format: FormatName = None,
    rules: Annotated[str | None, typer.Option(help="Run only these rules, set apart by commas.")] = None,
    scores: Annotated[bool, typer.Option("--scores", help="Print every comment's scores too.")] = False,
    exit_zero: Annotated[bool, typer.Option("--exit-zero", help="Exit with 0 even when there are findings.")] = False,
    archive: ArchivePath = None,
    config: ConfigPath = None,
    fetch_pages: FetchPages = False,
    jobs: Jobs = None,
) -> None:
    """Check saved threads and print the findings.

    Exit codes: 0 no findings, 1 findings, 2 wrong usage or configuration, 3 an input could not be read.
    """
    from functools import partial

    from bot.budget import RunBudget, shares
    from bot.check import check_thread
    from bot.elsewhere import ask_settings
    from bot.inputs import Inputs
    from bot.processes import over_threads
    from bot.report import check_reporter
    from bot.sentence_model import what_is_wrong

    settings = with_archive(load(config), archive)
    wanted = rule_ids(rules)
    inputs = Inputs(paths, format=known_format(format))
    asked = ask_settings(settings, fetch_pages=fetch_pages, siblings=inputs.files, format=format)
    if asked.sentences and (wrong := what_is_wrong()):
        print(f"note: {wrong}", file=sys.stderr)
    work = partial(check_thread, settings, wanted, scores, asked=asked)
    reporter = check_reporter(output.value, with_scores=scores)
    budget = RunBudget(shares(settings))
    found = 0
    for checked in over_threads(work, inputs.threads(), jobs=jobs or settings.check.jobs, tell=inputs.tell):
        budget.apply(checked)
        found += len(checked.findings)
        reporter.add(checked)
    reporter.finish(unread=inputs.unread)
    for rule, over in budget.over.items():
        if over:
            print(f"note: {over} more of {rule} left out, over its share of comments (max_share)", file=sys.stderr)
    raise typer.Exit(3 if inputs.unread else 1 if found and not exit_zero else 0)


@app.command()
def quotes(
    paths: Paths,
    output: Annotated[QuotesOutput, typer.Option(help="How to print the passages.")] = QuotesOutput.text,
    explain: Annotated[bool, typer.Option("--explain", help="Say why each verdict was given.")] = False,
    format: FormatName = None,
    archive: ArchivePath = None,
    config: ConfigPath = None,
    fetch_pages: FetchPages = False,
    jobs: Jobs = None,
) -> None:
    """Print every passage of somebody else's words, and whose they are."""
    from functools import partial

    from bot.archive.errors import ArchiveError
    from bot.check import quote_thread
    from bot.elsewhere import ask_settings
    from bot.inputs import Inputs
    from bot.processes import over_threads
    from bot.report import quotes_reporter

    settings = with_archive(load(config), archive)
    inputs = Inputs(paths, format=known_format(format))
    reporter = quotes_reporter(output.value, explain=explain)
    work = partial(quote_thread, asked=ask_settings(settings, fetch_pages=fetch_pages))
    try:
        for quoted in over_threads(work, inputs.threads(), jobs=jobs or settings.check.jobs, tell=inputs.tell):
            reporter.add(quoted)
    except ArchiveError as error:
        _stop(str(error))
    reporter.finish(unread=inputs.unread)
    raise typer.Exit(3 if inputs.unread else 0)


@rules_app.command("list")
def rules_list() -> None:
    """List the rules."""
    from rules.registry import all_rules

    for rule in all_rules():
        print(f"{rule.ID:<20} {rule.SEVERITY:<9} {_summary(rule.__doc__)}")


@rules_app.command("explain")
def rules_explain(rule_id: Annotated[str, typer.Argument(metavar="ID", help="The rule's id.")]) -> None:
    """Tell what a rule reports, with its options and examples."""
    from rules.registry import all_rules

    rule = next((rule for rule in all_rules() if rule_id == rule.ID), None)
    if rule is None:
        _stop(f"no rule {rule_id!r}; there are {', '.join(rule.ID for rule in all_rules())}")
    print(f"{rule.ID} (version {rule.VERSION}, {rule.SEVERITY})\n\n{(rule.__doc__ or '').strip()}\n\nOptions:\n")
    for name, field in rule.Options.model_fields.items():
        print(f"  {name} = {field.default!r}\n      {field.description}")


@config_app.command("init")
def config_init(
    path: Annotated[Path, typer.Argument(help="Where to write it.")] = Path("quotewarden.toml"),
) -> None:
    """Write a configuration with every key at its default and a comment on each."""
    from bot.config import example

    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(example())
    except FileExistsError:
        _stop(f"{path}: exists already; name another file")
    except OSError as error:
        _stop(f"{path}: cannot be written: {error.strerror}")
    print(f"wrote {path}")


@config_app.command("check")
def config_check(path: Annotated[Path | None, typer.Argument(help="The configuration file.")] = None) -> None:
    """Check a configuration and say what is wrong with it."""
    settings = load(path)
    silent = [rule_id for rule_id, options in settings.rules.items() if not options.report]
    print("the configuration is good" + (f"; not reporting: {', '.join(silent)}" if silent else ""))


def main() -> None:
    """Run the command."""
    from bot.house import check_house

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A terminal of another encoding shows what it can; machine formats are written as UTF-8 bytes.
            stream.reconfigure(errors="replace")
    if problem := check_house():
        _stop(problem)
    try:
        app()
    except BrokenPipeError:
        # Whoever read the output has seen enough; closing stderr keeps the interpreter quiet about it.
        sys.stderr.close()
        sys.exit(1)


def _summary(docstring: str | None) -> str:
    return (docstring or "").strip().splitlines()[0]
