"""`idvault db`: the schema of both databases."""

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from idvault.core import config
from idvault.core.config import Process
from idvault.processes.bootstrap import operator, overview
from idvault.processes.migrations.branch import Migration, Phase
from idvault_verify.commands.errors import CommandError, ExitCode

if TYPE_CHECKING:
    from idvault.processes.migrations.pending import State

app = typer.Typer(help="The schema of both databases.", no_args_is_help=True)


_ROOT = 0
_FILE = "sqlite:///"


def _check_reader(url: str) -> None:
    """Refuse to let root create a SQLite database in a folder of another user, who could not write to it."""
    if os.geteuid() != _ROOT or not url.startswith(_FILE):
        return
    file = Path(url.removeprefix(_FILE).partition("?")[0])
    folder = file.parent
    if not file.exists() and folder.exists() and folder.stat().st_uid != _ROOT:
        owner = f"the owner of {folder}"
        with suppress(KeyError):
            owner = folder.owner()
        text = f"root would create {file}, which {owner} could not write to: run this as {owner}"
        raise CommandError(ExitCode.REFUSED, text, reason="OWNER", field="IDVAULT_DATABASE_URL")


@app.callback()
def database() -> None:
    """The schema of both databases."""


@app.command()
def current(context: typer.Context) -> None:
    """Print the schema version of both databases, and the one that this program needs; changes nothing.

    Uses IDVAULT_DATABASE_URL and IDVAULT_SHRED_DATABASE_URL. The exit code is 1 if this program cannot use
    one of them.
    """
    states = operator.database_states(config.load(Process.DATABASES))
    for state in states:
        if context.obj:
            typer.echo(json.dumps(overview.described_state(state)))
        else:
            typer.echo(f"db: {state.name} {_compared(state)}")
    if any(state.problem for state in states):
        raise typer.Exit(ExitCode.CHECK_FAILED)


def _compared(state: "State") -> str:
    if state.found is None:
        return f"has no schema; this program needs {state.needed}"
    found = f"is at version {state.found}"
    if state.found < state.needed:
        return f"{found}; this program needs {state.needed}"
    if state.found > state.newest:
        how = f"serves programs of {state.floor} or later, not" if state.problem else "can be used by"
        return f"{found}, and {how} this program of {state.newest}"
    waiting = ", ".join(each.version for each in state.waiting)
    return f"{found}; {waiting} waits for the contract phase" if waiting else found


@app.command()
def upgrade(
    context: typer.Context,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the migrations that would run, and change nothing.")
    ] = False,
    phase: Annotated[
        Phase | None,
        typer.Option(
            help="expand: before the first process is replaced; the version before goes on. contract: once "
            "the last one is replaced. Without a phase both run, with every process stopped."
        ),
    ] = None,
) -> None:
    """Migrate both databases to the schema of this version; a new pair gets one deployment id.

    Uses IDVAULT_DATABASE_URL and IDVAULT_SHRED_DATABASE_URL. A repeat changes nothing. Run it before you
    start the processes of a new version.
    """
    settings = config.load(Process.DATABASES)
    if dry_run:
        _show_steps(operator.upgrade_steps(settings, phase=phase), as_json=bool(context.obj))
        return
    for url in (settings.database_url, settings.shred_database_url):
        _check_reader(url.get_secret_value())
    operator.upgrade_databases(settings, phase=phase)
    waiting = [
        f"{each.name} {step.version}" for each in operator.database_states(settings) for step in each.waiting
    ]
    if waiting:
        typer.echo(f"db: {', '.join(waiting)} waits for the contract phase")
    typer.echo("db: both databases are up to date")


def _show_steps(steps: list[tuple[str, Migration]], *, as_json: bool) -> None:
    for name, each in steps:
        shown = {"database": name, "version": each.version, "phase": each.phase.value, "title": each.title}
        text = f"db: would run {name} {each.version} ({each.phase.value}): {each.title}"
        typer.echo(json.dumps(shown, ensure_ascii=False) if as_json else text)
    if not as_json:
        typer.echo(f"db: {len(steps)} migrations would run" if steps else "db: nothing to run")
