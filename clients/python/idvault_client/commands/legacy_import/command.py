"""`idvault-client import-legacy`: gives the accounts from before the rule their tokens."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from idvault_client.commands.exit_code import exit_codes
from idvault_client.commands.legacy_import.importer import Import, ImportFileError, ImportProgress

_CHECK_FAILED, _WRONG_USAGE = 1, 2


def import_legacy(  # noqa: PLR0917 - typer makes an option of each
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV with columns reference,create_date.")],
    label: Annotated[str, typer.Option(help="The label of the import; campaigns choose by it.")],
    resume: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where to note what is done, and where to go on from."),
    ] = None,
    result: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where each row's token and outcome are written, as CSV."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Import accounts from before the rule, 2,000 a call; nobody is invited by that.

    Killed in the middle, the same command with the same --resume file goes on; nothing is lost or doubled.
    The reference is your own and must say nothing about the person; the vault keeps only its keyed hash.
    Exit code 1 if a row was wrong: the --result file names it.
    """
    asked = context.obj
    as_json = as_json or asked.as_json
    with exit_codes(as_json), asked.open() as vault:
        try:
            running = Import(file=file, label=label, resume=resume, result=result)
            with _bar() as bar:
                task = bar.add_task("import", total=running.total, completed=running.done.rows)
                done = running.run(
                    lambda chunk, request_id: vault.campaigns.import_legacy_accounts(
                        label, chunk, request_id=request_id
                    ),
                    lambda count: bar.advance(task, count),
                )
        except ImportFileError as error:
            _tell(str(error), as_json=as_json)
            raise typer.Exit(_WRONG_USAGE) from error
    _print(done, as_json=as_json)
    if done.failed:
        if not as_json:
            named = result or "run the command again with --result FILE, which"
            typer.echo(f"some rows failed: {named} says which, and what is wrong with them", err=True)
        raise typer.Exit(_CHECK_FAILED)


def _bar() -> Progress:
    # People read stderr; where it is no terminal nothing is drawn.
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TaskProgressColumn(show_speed=True),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
    )


def _print(done: ImportProgress, *, as_json: bool) -> None:
    if as_json:
        shown = {
            "accounts": done.rows,
            "created": done.created,
            "repeated": done.repeated,
            "failed": done.failed,
        }
        typer.echo(json.dumps(shown))
        return
    typer.echo(
        f"import: {done.rows} accounts, {done.created} created,"
        f" {done.repeated} repeated, {done.failed} failed"
    )


def _tell(text: str, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"error": {"code": "USAGE", "reason": text, "field": None}}), err=True)
    else:
        typer.echo(text, err=True)
