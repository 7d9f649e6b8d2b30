"""`idvault dev`: the whole vault on one machine, for trying it out and for tests."""

import asyncio
import signal
from contextlib import closing, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from idvault.core.fork_server import ForkServer
from idvault.core.process import PortBusyError
from idvault.processes.cli import running
from idvault_dev.commands.processes import DevelopmentProcesses
from idvault_dev.layout import Layout
from idvault_dev.supervisor import FREE_PORTS, Lock, LockedError, Ports
from idvault_verify.commands.errors import CommandError, ExitCode

_CHILDREN = (
    "idvault_dev.commands.mock_registry",
    *(f"idvault.processes.cli.{name}" for name in ("witness", "serve", "work", "web")),
    *(f"idvault.processes.bootstrap.{name}" for name in ("serve", "platform_edge", "custody_edge")),
)


class PortChoice(StrEnum):
    """Which ports are used."""

    FIXED = "fixed"
    FREE = "free"


@dataclass(frozen=True, slots=True)
class _DevOptions:
    """The options of the command line."""

    state: Path
    ready_file: Path | None
    ports: PortChoice
    clock_file: Path | None
    registry_latency: int


def dev(  # noqa: PLR0917 - typer makes an option of each
    state: Annotated[Path, typer.Option(help="The folder for all data; kept between starts.")] = Path("var"),
    ready_file: Annotated[
        Path | None,
        typer.Option(help="Where to write the ready file; without it, ready.json in the state folder."),
    ] = None,
    ports: Annotated[
        PortChoice, typer.Option(help="fixed: 7443, 7444, 7480 and so on. free: any free ports.")
    ] = PortChoice.FIXED,
    clock_file: Annotated[
        Path | None, typer.Option(help="A file of seconds to add to business time, re-read while it runs.")
    ] = None,
    registry_latency: Annotated[
        int, typer.Option(min=0, metavar="MS", help="How long the mocked registry takes to answer.")
    ] = 0,
    prepared: Annotated[
        Path | None,
        typer.Option(
            "--lean",
            metavar="DIR",
            help="Run one process for platforms' tests, without custody edge, witness and roster members. "
            "The state folder is a new copy of one prepared once under DIR. Uses free ports.",
        ),
    ] = None,
) -> None:
    """Run the vault on this machine: SQLite, a mocked registry, development certificates and people.

    Never use it in production: it creates every key itself, and every passphrase is `development`. Ctrl-C
    stops it; its data stays in the state folder.
    """
    state = state.absolute()
    if prepared is not None:
        _run_alone(state, prepared.absolute(), ready_file=ready_file, registry_latency=registry_latency)
        return
    options = _DevOptions(state, ready_file, ports, clock_file, registry_latency)
    # A signal before anything runs is a clean stop too. The handlers are set explicitly, because a shell
    # starts its background commands with SIGINT ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    # The children's programs are imported while this process prepares the state folder.
    with suppress(KeyboardInterrupt), closing(ForkServer.beside(*_CHILDREN)) as server:
        _dev(options, server)


def _run_alone(state: Path, prepared: Path, *, ready_file: Path | None, registry_latency: int) -> None:
    from idvault_dev.commands import single_process  # noqa: PLC0415 - the supervisor runs no edge itself

    single_process.prepare(prepared, state=state)
    program = single_process.SingleProcess(layout=Layout(state), registry_latency=registry_latency).program
    running.run(program, ready_file=ready_file or Layout(state).ready, factory=running.fast_loop)


def _dev(options: _DevOptions, server: ForkServer) -> None:
    layout = Layout(options.state)
    layout.create()
    try:
        lock = Lock(layout.lock)
    except LockedError as error:
        raise CommandError(ExitCode.REFUSED, str(error), reason="ALREADY_RUNNING", field="--state") from error
    processes = DevelopmentProcesses(
        layout=layout,
        server=server,
        ports=Ports() if options.ports is PortChoice.FIXED else FREE_PORTS,
        ready_file=(options.ready_file or layout.ready).absolute(),
        clock_file=options.clock_file.absolute() if options.clock_file else None,
        registry_latency=options.registry_latency,
    )
    try:
        asyncio.run(processes.run())
    except PortBusyError as error:
        raise PortBusyError(f"{error}; with --ports free it takes other ones") from error
    finally:
        lock.release()
