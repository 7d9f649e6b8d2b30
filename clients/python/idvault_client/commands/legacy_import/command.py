"""`idvault-client import-legacy`: imports legacy accounts, and writes their tokens."""

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

from idvault_client.backend.campaign import ImportedRow, LegacyAccount
from idvault_client.commands.legacy_import.importer import Import, ImportProgress
from idvault_client.commands.output import AsJson, reporting

_CHECK_FAILED = 1


def import_legacy(  # noqa: PLR0917 - typer makes an option of each
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV with columns reference,create_date.")],
    label: Annotated[str, typer.Option(help="The label of the import; campaigns choose by it.")],
    resume: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The file that records the progress, to continue from."),
    ] = None,
    result: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The CSV file for each row's token and outcome."),
    ] = None,
    json_option: AsJson = False,
) -> None:
    """Import accounts from before the rule, 2,000 in each call; the import invites nobody.

    After a crash, the same command with the same --resume file continues; nothing is lost or doubled.
    The reference is your own and must reveal nothing about the person; the vault keeps only its keyed hash.
    Exit code 1 if a row was invalid: the --result file names it.
    """
    with reporting(context, json_option) as as_json, context.obj.open() as vault:

        def send(chunk: list[LegacyAccount], request_id: str) -> tuple[ImportedRow, ...]:
            rows: tuple[ImportedRow, ...] = vault.campaigns.import_legacy_accounts(
                label, chunk, request_id=request_id
            )
            return rows

        running = Import(file=file, label=label, resume=resume, result=result)
        with _bar() as bar:
            shown = bar.add_task("import", total=running.total, completed=running.done.rows)
            done = running.run(send, lambda count: bar.advance(shown, count))
        _show(done, as_json=as_json)
    if done.failed:
        if not as_json:
            named = result or "run the command again with --result FILE, which"
            typer.echo(f"some rows failed: {named} lists them and what is wrong", err=True)
        raise typer.Exit(_CHECK_FAILED)


def _bar() -> Progress:
    # Drawn on stderr, and only on a terminal.
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


def _show(done: ImportProgress, *, as_json: bool) -> None:
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
