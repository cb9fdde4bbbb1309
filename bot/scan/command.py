"""The command `quotewarden scan`."""

from pathlib import Path
from typing import Annotated

import typer

from bot.stop import stop


def scan(
    inputs: Annotated[
        list[str],
        typer.Argument(help="Saved threads: files, .gz files, folders, or what fsspec reads, as s3://bucket/folder."),
    ],
    out: Annotated[Path, typer.Option("--out", help="The folder for what is found; all workers have to see it.")],
    scheduler: Annotated[
        str | None, typer.Option(help="The Dask scheduler's address, as tcp://HOST:8786; else workers on this machine.")
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, max=256, help="Workers on this machine; else one for each processor.")
    ] = None,
    index: Annotated[
        bool, typer.Option("--index", help="Look words up in all the inputs: index them first, then check.")
    ] = False,
    format: Annotated[
        str | None, typer.Option("--format", help="Read every input as this format (see `adapters`).")
    ] = None,
    rules: Annotated[str | None, typer.Option(help="Report only these rules, set apart by commas.")] = None,
    archive: Annotated[Path | None, typer.Option("--archive", help="Look words up in this archive too.")] = None,
    config: Annotated[Path | None, typer.Option("--config", help="The configuration file.")] = None,
) -> None:
    """Check an archive of any size, partition by partition, on this machine or on many; run again, it goes on.

    Exit codes: 0 all was checked, 2 wrong usage or configuration, 3 an input, a thread or a partition could not be.
    """
    from bot.usage import known_format, load, rule_ids, with_archive

    if index and archive is not None:
        stop("--index makes an archive of the inputs; leave --archive out")
    settings = with_archive(load(config), archive)
    wanted, format = rule_ids(rules), known_format(format)
    try:
        from bot.scan.run import Plan, cores
        from bot.scan.run import scan as run_scan
    except ImportError as error:
        stop(f"scan wants Dask and its friends ({error.name} is missing): pip install 'quotewarden[scan]'")
    from bot.scan.errors import ScanError
    from bot.scan.folder import Folder
    from bot.scan.inputs import ScanInputs

    if settings.pages.fetch:
        _note("pages.fetch: a scan fetches no pages")
    try:
        read = ScanInputs(inputs, format=format, room=out / "parts")
        plan = Plan(
            folder=Folder(out),
            config=settings,
            rules=wanted,
            has_index=index,
            scheduler=scheduler,
            jobs=jobs or cores(),
        )
        summary = run_scan(plan, read)
    except ScanError as error:
        stop(str(error))
    except KeyboardInterrupt:
        _note("stopped; the same command goes on from here")
        raise typer.Exit(130) from None
    print(
        f"{out}: {summary['findings']} findings in {summary['comments']} comments of {summary['threads']} threads; "
        f"see {out / 'summary.html'}"
    )
    failed, passed_over = len(summary["failed"]), len(summary["passed_over"])
    if failed or passed_over:
        print(f"not checked: {failed} partitions, {passed_over} threads of others")
    raise typer.Exit(3 if summary["unread"] or failed or passed_over else 0)


def _note(text: str) -> None:
    import sys

    print(f"note: {text}", file=sys.stderr, flush=True)
