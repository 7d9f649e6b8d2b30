"""`idvault doctor`: checks whether a deployment is healthy, and says how to fix what is not."""

import asyncio
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence

import typer

from idvault.core import config
from idvault.core.check import Finding
from idvault.core.config import Process
from idvault.processes.bootstrap.checks import asked
from idvault.processes.cli import running
from idvault_verify.commands.errors import ExitCode


def doctor(context: typer.Context, clock_file: running.ClockFile = None) -> None:
    """Check databases, roster, drills, hand-overs, erasures, log, certificates, registry, clock and witness.

    It changes nothing, and the registry charges nothing. It uses the settings of a service; a check whose
    settings are missing belongs to another process. With the settings of `idvault web` it checks the edge,
    certificates and files. The last line is "doctor: all N checks passed", or
    "doctor: NAME: what to do" with exit code 1. If the databases cannot be used, the checks that need them
    are not made: the last line names them.
    """
    of = Process.WEB if is_of_pages() else Process.DOCTOR
    settings = config.load(of, clock_file=clock_file)
    findings = asyncio.run(asked.doctor(settings, of=of, clock=running.clock(clock_file)))
    objects = (
        {
            "check": finding.name,
            "passed": finding.advice is None,
            "made": finding.is_made,
            "advice": finding.advice,
            "remark": finding.remark,
        }
        for finding in findings
    )
    show(findings, objects if context.obj else _lines(findings))


def show(findings: Sequence[Finding], shown: Iterable[str] | Iterable[Mapping[str, object]]) -> None:
    """Print lines, or objects as JSON; exit code 1 if a check failed."""
    for each in shown:
        typer.echo(each if isinstance(each, str) else json.dumps(each, ensure_ascii=False))
    if any(finding.advice is not None for finding in findings):
        raise typer.Exit(ExitCode.CHECK_FAILED)


def _lines(findings: Sequence[Finding]) -> Iterator[str]:
    """Yield remarks and what to do, with the checks that were not made in one line."""
    ailing = [finding for finding in findings if finding.advice is not None]
    for finding in findings:
        if finding.remark is not None:
            yield f"doctor: remark on {finding.name}: {finding.remark}"
    yield from (f"doctor: {finding.name}: {finding.advice}" for finding in ailing if finding.is_made)
    omitted = [finding for finding in ailing if not finding.is_made]
    if omitted:
        yield f"doctor: {', '.join(finding.name for finding in omitted)}: {omitted[0].advice}"
    if not ailing:
        yield f"doctor: all {len(findings)} checks passed"


def is_of_pages() -> bool:
    """Return whether the settings are those of `idvault web`, which has no database."""
    target, database = (os.environ.get(f"{config.PREFIX}{name}") for name in ("WEB_TARGET", "DATABASE_URL"))
    return bool(target) and not database
