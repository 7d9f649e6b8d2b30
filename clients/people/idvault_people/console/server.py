"""Runs a console on this machine until the user ends it."""

import asyncio
import errno
import logging
import os
import signal
import socket
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from socket import socket as Socket

from aiohttp import web

from idvault_people.console import entrance
from idvault_people.console.app import Console, ConsoleApp

_ATTEMPTS = 20
_GRACE = 5.0
_PATIENCE = 30.0


def serve(console: Console, *, folder: Path, ready: Callable[[Path], None]) -> None:
    """Serve a console until SIGINT, SIGTERM or the button that ends the session; raises OSError.

    folder: the user's own, for the redirect file. ready: gets the path of that file once the port listens.
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
    with ExitStack() as stack:
        sockets = _sockets(stack)
        door = entrance.drawn(port=sockets[0].getsockname()[1], random=os.urandom(48))
        app = ConsoleApp(console=console, entrance=door, stop=stop, patience=patience)
        # No access log: addresses hold the token and the ids of cases.
        runner = web.AppRunner(app.application(), access_log=None, logger=_silent(), shutdown_timeout=_GRACE)
        await runner.setup()
        path = folder / entrance.FILE
        try:
            for each in sockets:
                await web.SockSite(runner, each).start()
            path = await asyncio.to_thread(door.write, folder)
            ready(path)
            await stop.wait()
        finally:
            await asyncio.to_thread(door.withdraw, path)
            await runner.cleanup()


def _sockets(stack: ExitStack) -> list[Socket]:
    """Return sockets with one free port of each loopback address; raises OSError if there is no such port.

    A browser tries both addresses of a *.localhost name. If only one were ours, another user of the machine
    could listen on the other, and would be sent the token.
    """
    for _ in range(_ATTEMPTS):
        first = _bound(socket.AF_INET, "127.0.0.1", 0)
        try:
            second = _bound(socket.AF_INET6, "::1", first.getsockname()[1])
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                first.close()
                continue
            # This machine has no such address, so that nobody can listen there.
            return [stack.enter_context(first)]
        return [stack.enter_context(first), stack.enter_context(second)]
    raise OSError(errno.EADDRINUSE, "no port is free on both loopback addresses")


def _bound(family: socket.AddressFamily, address: str, port: int) -> Socket:
    made = Socket(family, socket.SOCK_STREAM)
    try:
        made.bind((address, port))
    except OSError:
        made.close()
        raise
    return made


def _silent() -> logging.Logger:
    """Return a logger that writes nothing: what aiohttp says of a broken request quotes the request."""
    logger = logging.getLogger("idvault.console.silent")
    logger.disabled = True
    return logger
