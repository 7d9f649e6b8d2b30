"""`idvault doctor`: checks whether a deployment is healthy, and says how to fix what is not."""

import asyncio
import json
import os
from collections.abc import Iterator, Sequence

import typer

from idvault.core import config
from idvault.core.config import Process
from idvault.processes.bootstrap import doctor as examination
from idvault.processes.cli import running
from idvault.processes.doctor import Finding
from idvault_verify.commands.errors import ExitCode


def doctor(context: typer.Context) -> None:
    """Check databases, roster, drills, hand-overs, erasures, log, certificates, registry, clock and witness.

    It changes nothing, and the registry charges nothing. It uses the settings of a service; a check whose
    settings are missing belongs to another process. With the settings of `idvault web` it checks the edge,
    certificates and files. The last line is "doctor: all N checks passed", or
    "doctor: NAME: what to do" with exit code 1. If the databases cannot be used, the checks that need them
    are not made: the last line names them.
    """
    settings = config.load(Process.WEB if _is_of_pages() else Process.DOCTOR)
    findings = asyncio.run(examination.examine(settings, clock=running.clock(None)))
    ailing = [finding for finding in findings if finding.advice is not None]
    if context.obj:
        for finding in findings:
            shown: dict[str, object] = {
                "check": finding.name,
                "passed": finding.advice is None,
                "advice": finding.advice,
                "remark": finding.remark,
            }
            typer.echo(json.dumps(shown, ensure_ascii=False))
    else:
        for finding in findings:
            if finding.remark is not None:
                typer.echo(f"doctor: remark on {finding.name}: {finding.remark}")
        for line in _lines(ailing):
            typer.echo(f"doctor: {line}")
        if not ailing:
            typer.echo(f"doctor: all {len(findings)} checks passed")
    if ailing:
        raise typer.Exit(ExitCode.CHECK_FAILED)


def _lines(ailing: Sequence[Finding]) -> Iterator[str]:
    """Yield what to do, with the checks that were not made in one line."""
    yield from (f"{finding.name}: {finding.advice}" for finding in ailing if finding.is_made)
    omitted = [finding for finding in ailing if not finding.is_made]
    if omitted:
        yield f"{', '.join(finding.name for finding in omitted)}: {omitted[0].advice}"


def _is_of_pages() -> bool:
    """Return whether the settings are those of `idvault web`, which has no database."""
    named = (os.environ.get(f"{config.PREFIX}{name}") for name in ("WEB_TARGET", "DATABASE_URL"))
    target, database = named
    return bool(target) and not database
