"""`idvault check-config`: says what a process would refuse at its start, without starting it."""

import asyncio
import json
from enum import StrEnum
from typing import Annotated

import typer

from idvault import config
from idvault.bootstrap import check_config as checking
from idvault.cli import running
from idvault.cli.errors import ExitCode
from idvault.cli.serve import Edge
from idvault.config import Process


class Started(StrEnum):
    """The processes whose settings are environment variables."""

    SERVE = "serve"
    WORK = "work"
    WEB = "web"


_EDGES = {
    Edge.PLATFORM: Process.PLATFORM_EDGE,
    Edge.CUSTODY: Process.CUSTODY_EDGE,
    None: Process.BOTH_EDGES,
}


def check_config(
    context: typer.Context,
    process: Annotated[Started, typer.Argument(help="The process that would start with these settings.")],
    edge: Annotated[Edge | None, typer.Option(help="Of `serve`: the edge, as it would be started.")] = None,
) -> None:
    """Say what a process would refuse, with the setting's name; nothing is started and nothing is written.

    Run it as the user of that process, with its environment. Settings that are missing or not safe are listed
    with exit code 2, as the process itself would. Then certificates, key file, roster, databases and
    addresses are tried: each fault is a line, with exit code 1. The last line is
    "check-config: NAME: N checks passed".
    """
    of = {Started.SERVE: _EDGES[edge], Started.WORK: Process.WORK, Started.WEB: Process.WEB}[process]
    findings = asyncio.run(checking.check(config.load(of), of=of, clock=running.clock(None)))
    faults = [finding for finding in findings if finding.advice is not None]
    for finding in findings if context.obj else faults:
        shown = {"setting": finding.name, "passed": finding.advice is None, "advice": finding.advice}
        text = f"check-config: {finding.name} {finding.advice}"
        typer.echo(json.dumps(shown, ensure_ascii=False) if context.obj else text)
    if faults:
        raise typer.Exit(ExitCode.CHECK_FAILED)
    if not context.obj:
        typer.echo(f"check-config: {process.value}: {len(findings)} checks passed")
