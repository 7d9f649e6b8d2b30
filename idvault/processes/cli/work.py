"""`idvault work`: settles waiting claims, expires accounts, publishes day keys."""

import asyncio
from typing import Annotated

import typer

from idvault.core import config, process
from idvault.processes.bootstrap import work as worker
from idvault.processes.cli import running


def work(
    ready_file: running.ReadyFile = None,
    clock_file: running.ClockFile = None,
    *,
    clock_agrees: Annotated[
        bool,
        typer.Option(
            "--clock-agrees",
            help="Without witnesses: the clock is right, although the last trusted time is not near.",
        ),
    ] = False,
    speed: Annotated[
        float,
        typer.Option(
            min=1,
            max=100,
            help="How many times as often tasks run while there are changes; above 1 refused outside "
            "IDVAULT_DEVELOPMENT=1.",
        ),
    ] = 1,
) -> None:
    """Run background work until SIGTERM or SIGINT: settle, expire and delete what is due, publish the log.

    Several workers may run; each lease belongs to one of them. IDVAULT_KEYS must name the worker's key file.
    The log goes to stdout, one JSON object a line.
    """
    settings = config.load(config.Process.WORK, clock_file=clock_file, speed=speed)
    clock = running.clock(clock_file)

    async def program(ready: running.Ready, stop: asyncio.Event) -> None:
        await process.check_free({"IDVAULT_METRICS_LISTEN": settings.metrics_listen})
        await worker.work(
            settings, ready=ready, stop=stop, clock=clock, clock_agrees=clock_agrees, speed=speed
        )

    running.run(program, ready_file=ready_file, factory=running.fast_loop)
