"""`idvault setup`: installs the service, or a witness, on a host from the operator's file."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from idvault.processes.cli import running
from idvault.processes.setup import installation, plan
from idvault.processes.setup.place import HostPlace, StepState
from idvault.processes.setup.plan import SetupFileError
from idvault.processes.setup.step import SetupStep
from idvault_verify.commands.errors import CommandError, ExitCode, wrong_usage

_ROOT = 0
_SYSTEM = Path("/")

Folder = Annotated[
    Path | None,
    typer.Argument(help="The folder with setup.toml; `in` has what others sent, `out` what they are to get."),
]
HostName = Annotated[
    str | None,
    typer.Option("--host", metavar="NAME", help="Which host of the file this is; the first one without it."),
]
Root = Annotated[
    Path,
    typer.Option(
        "--root",
        metavar="DIR",
        help="Put everything below DIR, which the files then name, without users: to look at it, or to test.",
    ),
]
Example = Annotated[
    bool, typer.Option("--example", help="Print a setup.toml with every field, and do nothing.")
]


def setup(
    context: typer.Context,
    folder: Folder = None,
    host: HostName = None,
    root: Root = _SYSTEM,
    example: Example = False,
) -> None:
    """Install the service or a witness on this host: users, folders, keys, certificates, settings, units.

    It says of each step whether it was done before, made now, renewed, or what it waits for from others. Run
    it again after each step outside, after a change of setup.toml, and after an interruption at any point. A
    key is never replaced, and neither is a file that you have edited. It starts nothing; its last line is the
    command that does. Exit code 3 while something is waited for, 2 for a file that is wrong, 5 for a roster
    that does not verify.
    """
    if example:
        typer.echo(plan.example(), nl=False)
        return
    if folder is None:
        raise wrong_usage("FOLDER is missing: the folder with setup.toml", field="FOLDER")
    if os.geteuid() != _ROOT and root == _SYSTEM:
        raise wrong_usage(
            "users and units are made by root: run this as root, or with --root DIR", field="--root"
        )
    try:
        if plan.begin(folder):
            begun = SetupStep(
                "setup.toml", StepState.WAITING, f"edit {folder / plan.FILE}, then run this again"
            )
            _tell(begun, as_json=bool(context.obj))
            raise typer.Exit(ExitCode.UNREACHABLE)
        found = plan.read(folder.absolute())
        at = HostPlace(root.absolute(), is_system=root == _SYSTEM)
        waits = False
        for step in installation.run(found, found.host(host), at, now=running.real_clock().real):
            _tell(step, as_json=bool(context.obj))
            waits = waits or step.state is StepState.WAITING
    except SetupFileError as error:
        raise CommandError(ExitCode.WRONG_USAGE, str(error), reason="SETUP", field=error.place) from error
    if waits:
        raise typer.Exit(ExitCode.UNREACHABLE)


def _tell(step: SetupStep, *, as_json: bool) -> None:
    if as_json:
        typer.echo(
            json.dumps({"step": step.name, "state": step.state.value, "text": step.text}, ensure_ascii=False)
        )
    else:
        typer.echo(f"setup: {step.state.value:<7} {step.name}: {step.text}")
