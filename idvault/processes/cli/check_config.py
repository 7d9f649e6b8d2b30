"""`idvault check-config`: says what a process would refuse at its start, without starting it."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from idvault.core import config
from idvault.core.check import Finding
from idvault.core.config import Process
from idvault.processes.bootstrap.checks import asked
from idvault.processes.bootstrap.checks.asked import WitnessOptions
from idvault.processes.cli import running, witness
from idvault.processes.cli.doctor import show
from idvault.processes.cli.serve import Edge
from idvault_verify.commands.errors import wrong_usage


class Started(StrEnum):
    """The processes: all but the witness take their settings from environment variables."""

    SERVE = "serve"
    WORK = "work"
    WEB = "web"
    WITNESS = "witness"
    NOTICES = "notices"


_EDGES = {
    Edge.PLATFORM: Process.PLATFORM_EDGE,
    Edge.CUSTODY: Process.CUSTODY_EDGE,
    None: Process.BOTH_EDGES,
}
_PROCESSES = {Started.WORK: Process.WORK, Started.WEB: Process.WEB, Started.NOTICES: Process.NOTICES}
_OF_WITNESS = "Of `witness`, as it would be started."


def check_config(  # noqa: PLR0917 - typer makes an option of each
    context: typer.Context,
    process: Annotated[Started, typer.Argument(help="The process that would start with these settings.")],
    edge: Annotated[Edge | None, typer.Option(help="Of `serve`: the edge, as it would be started.")] = None,
    shares_port: Annotated[
        bool,
        typer.Option("--shares-port", help="Of `serve`: its address may be in use, as it would be started."),
    ] = False,
    state: Annotated[Path | None, typer.Option(help=_OF_WITNESS)] = None,
    log_key: Annotated[list[str] | None, typer.Option(metavar="VKEY", help=_OF_WITNESS)] = None,
    name: Annotated[str | None, typer.Option(help=_OF_WITNESS)] = None,
    listen: Annotated[str | None, typer.Option(help=_OF_WITNESS)] = None,
    metrics_listen: Annotated[str | None, typer.Option(help=_OF_WITNESS)] = None,
    tls_certificate: Annotated[Path | None, typer.Option(help=_OF_WITNESS)] = None,
    tls_key: Annotated[Path | None, typer.Option(help=_OF_WITNESS)] = None,
    epoch: Annotated[Path | None, typer.Option(help=_OF_WITNESS)] = None,
    roster: Annotated[Path | None, typer.Option(help=_OF_WITNESS)] = None,
    next_key: Annotated[bool, typer.Option("--next-key", help=_OF_WITNESS)] = False,
    retire_key: Annotated[bool, typer.Option("--retire-key", help=_OF_WITNESS)] = False,
    ready_file: Annotated[Path | None, typer.Option(help="Of any process, as it would be started.")] = None,
) -> None:
    """Say what a process would refuse, with the setting's name; nothing is started and nothing is written.

    Run it as the user of that process, with its environment. Settings that are missing or not safe are listed
    with exit code 2, as the process itself would. Then certificates, key file, roster, databases and
    addresses are tried: each fault is a line, with exit code 1. A witness has options instead of settings:
    give the same ones. The last line is "check-config: NAME: N checks passed".
    """
    given = WitnessOptions(
        state=state,
        log_keys=log_key or (),
        name=name,
        addresses={"--listen": listen, "--metrics-listen": metrics_listen},
        tls_certificate=tls_certificate,
        tls_key=tls_key,
        epoch=epoch,
        roster=roster,
        announces=next_key,
        retires=retire_key,
    )
    if process is not Started.WITNESS and (strange := given.named()):
        raise wrong_usage(f"{strange[0]} is an option of witness", field=strange[0])
    of = {Started.SERVE: _EDGES[edge], **_PROCESSES}.get(process)
    findings = asyncio.run(_found(of, given, shares_port=shares_port, ready_file=ready_file))
    show(findings, _objects(findings) if context.obj else _lines(process, findings))


async def _found(
    of: Process | None, given: WitnessOptions, *, shares_port: bool, ready_file: Path | None
) -> list[Finding]:
    """Return the findings. of: None for a witness, which has options instead of settings."""
    clock = running.clock(None)
    found = [] if ready_file is None else await asked.check_ready_file(ready_file)
    if of is None:
        return [*await asked.check_witness(_complete(given), clock=clock), *found]
    settings = config.load(of)
    return [*await asked.check_config(settings, of=of, clock=clock, shares_port=shares_port), *found]


def _complete(given: WitnessOptions) -> WitnessOptions:
    """Return the options with a witness's own defaults; raises CommandError."""
    if given.state is None:
        raise wrong_usage("--state is missing: the folder of the witness", field="--state")
    listen, metrics_listen = given.addresses.values()
    return replace(given, addresses=_addresses(listen, metrics_listen))


def _addresses(listen: str | None, metrics_listen: str | None) -> dict[str, str]:
    """Return a witness's addresses by their option; raises CommandError."""
    addresses = {
        "--listen": listen or witness.LISTEN,
        "--metrics-listen": metrics_listen or witness.METRICS_LISTEN,
    }
    for option, address in addresses.items():
        running.address(address, option=option)
    return addresses


def _objects(findings: Sequence[Finding]) -> Iterator[Mapping[str, object]]:
    for finding in findings:
        yield {"setting": finding.name, "passed": finding.advice is None, "advice": finding.advice}


def _lines(process: Started, findings: Sequence[Finding]) -> Iterator[str]:
    """Yield the faults, or how many checks passed."""
    faults = [finding for finding in findings if finding.advice is not None]
    yield from (f"check-config: {finding.name} {finding.advice}" for finding in faults)
    if not faults:
        yield f"check-config: {process.value}: {len(findings)} checks passed"
