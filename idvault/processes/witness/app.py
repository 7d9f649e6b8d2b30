"""Serves add-checkpoint over HTTP (C2SP tlog-witness), if the witness can write its state."""

import asyncio
import os
import shutil
import ssl
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import cast

from aiohttp import web

from idvault.core import capacity, tuning
from idvault.core.check import AilmentError, in_thread
from idvault.core.connections import Door
from idvault.core.telemetry import watching
from idvault.core.telemetry.metrics import WitnessMetrics
from idvault.processes.witness import wire
from idvault.processes.witness.cosigner import Cosigner

# A request has a few kilobytes: a slower sender only keeps a connection busy.
_BODY_PATIENCE = 10.0
_GRACE = 1.0
_SILENCE = 30.0


def application(
    cosigner: Cosigner, *, body_patience: float = _BODY_PATIENCE, door: Door | None = None
) -> web.Application:
    """Return the application, which serves only POST /add-checkpoint.

    It answers 413 to a body that is too long and 408 to one that takes longer than body_patience seconds.
    door: of its port.
    """
    held = door or Door(takes=capacity.port())

    async def add_checkpoint(request: web.Request) -> web.Response:
        try:
            async with asyncio.timeout(body_patience):
                body = await request.read()
        except TimeoutError:
            raise web.HTTPRequestTimeout from None
        # In a thread, because it waits for the disk. It completes even if the caller disconnects.
        with held.answering(request.protocol):
            answer = await asyncio.to_thread(cosigner.add_checkpoint, body)
        # The type is spelled exactly as in the specification: some logs compare the text.
        return web.Response(
            status=answer.status,
            body=answer.body.encode(),
            headers={"Content-Type": answer.content_type},
        )

    app = web.Application(client_max_size=wire.MAX_REQUEST_BYTES)
    app.router.add_post(wire.PATH, add_checkpoint)
    return app


async def run(
    *,
    cosigner: Cosigner,
    host: str,
    port: int,
    ready: Callable[[str], None],
    stop: asyncio.Event,
    tls: ssl.SSLContext | None = None,
) -> None:
    """Serve until stop is set; ready receives the URL once the port listens. Port 0 takes a free one.

    Raises OSError if the port is taken.
    """
    takes = capacity.port()
    # Without TLS a web server of its own stands in front: every connection is of that one's address.
    door = Door(takes=takes.within(tuning.allow_files(takes.files)), by_address=tls is not None)
    runner = web.AppRunner(
        application(cosigner, door=door), access_log=None, shutdown_timeout=_GRACE, keepalive_timeout=_SILENCE
    )
    await runner.setup()
    try:
        await door.open(cast("web.Server", runner.server), host=host, port=port, context=tls)
        scheme = "http" if tls is None else "https"
        shown = f"[{host}]" if ":" in host else host
        ready(f"{scheme}://{shown}:{door.port}")
        await stop.wait()
    finally:
        await door.close()
        await runner.cleanup()


# A state is a few hundred bytes; what is left must hold the draft beside it.
_LEAST_FREE = 1 << 20


def check_state(folder: Path) -> None:
    """Raise AilmentError unless the witness can write its state. folder: the state."""
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise AilmentError("the state folder is gone") from error
    if not os.access(folder, os.W_OK):
        raise AilmentError("the state folder cannot be written to")
    if free < _LEAST_FREE:
        raise AilmentError("the disk of the state folder is full")


def watch_health(
    stack: AsyncExitStack, metrics: WitnessMetrics, *, folder: Path, certificate: Path | None
) -> None:
    """Look at the state and read the figures of the files until the stack closes."""
    certificates = {} if certificate is None else {"tls_certificate": certificate}
    now = partial(datetime.now, UTC)
    read = partial(metrics.vitals.read, certificates=certificates, disks={"state": folder}, clock=now)
    watching.watch(stack, metrics.health, [in_thread("state", check_state, folder)], read)
