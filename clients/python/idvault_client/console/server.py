"""Runs a console on this machine until the person ends it."""

import asyncio
import logging
import os
import signal
import socket as sockets
from collections.abc import Callable
from pathlib import Path

from aiohttp import web

from idvault import durable_file
from idvault_client.console import entrance
from idvault_client.console.app import Console, ConsoleApp

_LOOPBACK = "127.0.0.1"
_GRACE = 5.0
_PATIENCE = 30.0


def serve(console: Console, *, folder: Path, ready: Callable[[Path], None]) -> None:
    """Serve a console until SIGINT, SIGTERM or the button that ends the session; raises OSError.

    folder: the person's own, for the redirect file. ready: gets the path of that file once the port listens.
    """

    async def until_signal() -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        for each in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(each, stop.set)
        await run(console, folder=folder, ready=ready, stop=stop)

    asyncio.run(until_signal())


async def run(
    console: Console,
    *,
    folder: Path,
    ready: Callable[[Path], None],
    stop: asyncio.Event,
    patience: float = _PATIENCE,
) -> None:
    """Serve a console until stop is set; the redirect file is destroyed at the end.

    patience: how many seconds a form may take to arrive.
    """
    with _listening() as socket:
        door = entrance.drawn(port=socket.getsockname()[1], random=os.urandom(48))
        app = ConsoleApp(console=console, entrance=door, stop=stop, patience=patience)
        # No access log: addresses hold the token and the ids of cases.
        runner = web.AppRunner(app.application(), access_log=None, logger=_silent(), shutdown_timeout=_GRACE)
        await runner.setup()
        path = folder / entrance.FILE
        try:
            await web.SockSite(runner, socket).start()
            path = await asyncio.to_thread(door.write, folder)
            ready(path)
            await stop.wait()
        finally:
            await asyncio.to_thread(durable_file.destroy, path)
            await runner.cleanup()


def _listening() -> sockets.socket:
    """Return a socket on a free port of this machine's own interface."""
    made = sockets.socket(sockets.AF_INET, sockets.SOCK_STREAM)
    made.bind((_LOOPBACK, 0))
    return made


def _silent() -> logging.Logger:
    """Return a logger that writes nothing: what aiohttp says of a broken request quotes the request."""
    logger = logging.getLogger("idvault.console.silent")
    logger.disabled = True
    return logger
