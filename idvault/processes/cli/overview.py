"""`idvault overview`: what the operator's console shows of the vault."""

import asyncio
import json

import typer

from idvault.core import config
from idvault.core.config import Process
from idvault.processes.bootstrap import overview as overviews
from idvault.processes.cli import running


def overview(context: typer.Context, clock_file: running.ClockFile = None) -> None:
    """Print the state of the vault: platforms, drills, log, queue, deadlines, databases, backups.

    It changes nothing, and takes the settings of `doctor`; those of `work` show most. Each line is one part
    as JSON; with `--json` all of them are one object. A part that cannot be read has only
    "problem", and under "reason" its kind. `idvault-people operator console` runs it.
    """
    settings = config.load(Process.DOCTOR, clock_file=clock_file)
    found = asyncio.run(overviews.overview(settings, clock=running.clock(clock_file)))
    if context.obj:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    for name, part in found.items():
        typer.echo(f"{name}: {json.dumps(part, ensure_ascii=False)}")
