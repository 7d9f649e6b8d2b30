"""Whether a witness is ready: it must be able to write its state before it cosigns anything."""

import asyncio
import os
import shutil
from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from idvault.core.telemetry import watching
from idvault.core.telemetry.vitals import Vitals
from idvault.core.telemetry.witness import WitnessMetrics
from idvault_verify.attest import expiry

# A state is a few hundred bytes; what is left must hold the draft beside it.
_LEAST_FREE = 1 << 20


async def look(folder: Path) -> Mapping[str, str]:
    """Return why the witness is not ready, by check. folder: its state."""
    return await asyncio.to_thread(_look, folder)


def _look(folder: Path) -> Mapping[str, str]:
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        return {"state": "the state folder is gone"}
    if not os.access(folder, os.W_OK):
        return {"state": "the state folder cannot be written to"}
    return {"state": "the disk of the state folder is full"} if free < _LEAST_FREE else {}


async def read_vitals(vitals: Vitals, *, folder: Path, certificate: Path | None) -> None:
    """Set the figures of the witness's files."""
    files = {} if certificate is None else {"tls_certificate": certificate}
    vitals.certificates(await asyncio.to_thread(expiry.seconds_left, files, now=datetime.now(UTC)))
    with suppress(OSError):
        used = await asyncio.to_thread(shutil.disk_usage, folder)
        vitals.disks({"state": (used.free, used.total)})


def watch(stack: AsyncExitStack, metrics: WitnessMetrics, *, folder: Path, certificate: Path | None) -> None:
    """Look at the state and read the figures until the stack closes."""
    reading = partial(read_vitals, metrics.vitals, folder=folder, certificate=certificate)
    for forever in (
        watching.follow(metrics.health, partial(look, folder)),
        watching.every_minute(reading),
    ):
        stack.push_async_callback(watching.cancel, asyncio.create_task(forever))
