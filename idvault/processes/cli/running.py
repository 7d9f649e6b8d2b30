"""Runs a server command until a signal stops it, with a ready file that exists while it is ready."""

import asyncio
import json
import signal
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from idvault.core import process
from idvault_verify.address import split_address
from idvault_verify.clock import ClockReading
from idvault_verify.commands.errors import CommandError, ExitCode, wrong_usage

_LAST_PORT = 65_535
Ready = Callable[[Mapping[str, Any]], None]
Program = Callable[[Ready, asyncio.Event], Awaitable[None]]

ReadyFile = Annotated[
    Path | None,
    typer.Option(
        help="A JSON file to write (mode 0600) once health answers SERVING, removed on a clean stop."
    ),
]
ClockFile = Annotated[
    Path | None,
    typer.Option(help="A file of seconds to add to business time; refused outside IDVAULT_DEVELOPMENT=1."),
]


def address(listen: str, *, option: str) -> tuple[str, int]:
    """Return host and port of an option; raises CommandError (2) unless it is HOST:PORT."""
    host, port = listen.rpartition(":")[0], listen.rpartition(":")[2]
    if not host or not (port.isascii() and port.isdecimal()) or int(port) > _LAST_PORT:
        raise wrong_usage(f"{option} must be HOST:PORT", field=option)
    return split_address(listen)


def run(program: Program, *, ready_file: Path | None, factory: Callable[[], Any] | None = None) -> None:
    """Run a program until SIGTERM or SIGINT, or until it ends by itself.

    factory: creates the event loop; None for the standard one.
    """
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(_run(program, ready_file))


async def _run(program: Program, ready_file: Path | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)

    def ready(document: Mapping[str, Any]) -> None:
        process.write_ready(ready_file, document)
        process.tell_systemd("READY=1")
        typer.echo(json.dumps({"ready": dict(document)}, ensure_ascii=False))

    def started(document: Mapping[str, Any]) -> None:
        start.close()
        ready(document)

    start = ExitStack()
    start.enter_context(process.without_collector())
    try:
        await program(started, stop)
    finally:
        start.close()
        process.tell_systemd("STOPPING=1")
        process.remove_ready(ready_file)


def real_clock() -> ClockReading:
    """Return the real time as business time and as real time."""
    now = datetime.now(UTC)
    return ClockReading(business=now, real=now)


def clock(file: Path | None) -> Callable[[], ClockReading]:
    """Return the clock of a process. The settings already refuse a clock file outside development."""
    if file is None:
        return real_clock
    # Development only; production never loads the code of development.
    from idvault.processes.shifted_clock import ClockFileError, ShiftedClock  # noqa: PLC0415

    try:
        return ShiftedClock(file=file)
    except ClockFileError as error:
        raise CommandError(
            ExitCode.WRONG_USAGE, str(error), reason="CLOCK_FILE", field="--clock-file"
        ) from error


def fast_loop() -> asyncio.AbstractEventLoop:
    """Return the event loop of a server."""
    import uvloop  # noqa: PLC0415 - the people's commands run without the server's packages

    return uvloop.new_event_loop()
