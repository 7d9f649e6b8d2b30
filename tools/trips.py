"""Prints the files of the service that one call meets: `python -m tools.trips`.

A file is met if one of its functions runs while the service answers: in the task of the call, in one that it
begins, or in an act or read of it. The calls are a sign-up, GetStatus and the opening of a disclosed
record, made by the real clients. Not counted is what every call meets: core, verify and generated code.

A slow machine meets the same files: the sign-up is the first call of its process, whose caches are empty, and
waits so long for the registry that it does not go into the queue instead.
"""

import asyncio
import contextlib
import functools
import io
import os
import subprocess
import sys
import tempfile
import threading
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

import idvault
from idvault.claim.api import VerificationMethods
from idvault.core.db.database import Database
from idvault.disclosure.api.auditor import DisclosureServicer
from idvault.processes.services.platform_edge import StatusServicer
from idvault_client import Consent, Tls, Vault, connect, resident_id, testing
from idvault_dev.commands import single_process
from idvault_dev.layout import Layout
from tools.support.chamber import chamber
from tools.support.databases import Databases, SqliteMaker

_ROOT = Path(__file__).resolve().parent.parent
_PACKAGE = Path(idvault.__file__).parent
NOT_COUNTED = ("idvault/core/", "idvault/processes/bootstrap/", "idvault/processes/cli/")
_Met = dict[str, None]
"""Files, in the order in which they were met."""
_TRIP: ContextVar[_Met | None] = ContextVar("trip", default=None)
_PATIENCE, _TIMEOUT = 20.0, 60.0


def _note(frame: FrameType, _event: str, _argument: object) -> None:
    met = _TRIP.get()
    if met is not None:
        met.setdefault(frame.f_code.co_filename)


def _follow(way: str) -> None:
    """Follow a call to the thread in which a database runs its work."""
    run: Callable[..., Any] = getattr(Database, way)

    @functools.wraps(run)
    async def followed(database: Database, name: str, work: Callable[..., Any]) -> Any:
        trip = _TRIP.get()

        async def worked(connection: Any) -> Any:
            token = _TRIP.set(trip)
            try:
                return await work(connection)
            finally:
                _TRIP.reset(token)

        return await run(database, name, worked)

    setattr(Database, way, followed)


def _watch(servicer: type[Any], method: str) -> _Met:
    """Return what gets the files of each later call of a method."""
    met: _Met = {}
    answer: Callable[..., Any] = getattr(servicer, method)

    @functools.wraps(answer)
    async def watched(*arguments: Any, **named: Any) -> Any:
        token = _TRIP.set(met)
        try:
            return await answer(*arguments, **named)
        finally:
            _TRIP.reset(token)

    setattr(servicer, method, watched)
    return met


def _counted(met: _Met) -> list[str]:
    own = [Path(name) for name in met if Path(name).is_relative_to(_PACKAGE)]
    names = [path.relative_to(_PACKAGE.parent).as_posix() for path in own]
    return [name for name in names if not name.startswith(NOT_COUNTED)]


def _call(ready: dict[str, Any]) -> None:
    """Sign a person up and read the status, as a platform's backend does."""
    registry = testing.MockRegistry(ready["registry"]["admin_url"])
    person = registry.newcomer()
    own = ready["certificates"]["platform-a"]
    tls = Tls(ca=ready["ca"], certificate=own["certificate"], key=own["key"])
    with connect(ready["grpc"], tls=tls, server_name=ready["server_name"], timeout=_TIMEOUT) as vault:
        _sign_up(vault, person)


def _sign_up(vault: Vault, person: testing.SyntheticPerson) -> None:
    consent = Consent(policy_version="2026-01", agree_time=datetime.now(UTC))
    document = resident_id(person.number)
    claim = vault.verify_individual(person.name, document, consent=consent)
    vault.get_status(claim.account_token)


async def _platform(folder: Path) -> None:
    """Run edge, worker and registry in this process, and call the edge."""
    ready: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    stop = asyncio.Event()
    vault = single_process.SingleProcess(layout=Layout(folder), registry_latency=0)
    running = asyncio.create_task(vault.program(ready.set_result, stop))
    await asyncio.wait([running, ready], return_when=asyncio.FIRST_COMPLETED)
    await asyncio.to_thread(_call, await ready)
    stop.set()
    await running


async def _disclose(databases: Databases, folder: Path) -> None:
    """Disclose a record to an auditor, who opens it."""
    async with chamber(databases, folder) as room:
        room.remaining = _PATIENCE
        disclosure_id = await room.request(await room.account())
        await room.approve(disclosure_id, "custodian-a", "custodian-b")
        await room.open(disclosure_id)


def trips() -> dict[str, list[str]]:
    """Make the calls; return the files that each one meets, in order.

    For a process of its own: it changes the environment, and classes of the service.
    """
    watched = {
        "sign-up": _watch(VerificationMethods, "VerifyIndividual"),
        "GetStatus": _watch(StatusServicer, "GetStatus"),
        "opening": _watch(DisclosureServicer, "OpenDisclosure"),
    }
    os.environ["IDVAULT_SETTLE_PATIENCE"] = str(_PATIENCE)
    with tempfile.TemporaryDirectory() as temporary:
        state, other = Path(temporary) / "state", Path(temporary) / "other"
        (other / "template").mkdir(parents=True)
        # The vault's own lines go to the standard output.
        with contextlib.redirect_stdout(io.StringIO()):
            single_process.prepare(Path(temporary) / "prepared", state=state)
            databases = SqliteMaker(other / "template").fresh(other)
            for way in ("act", "read"):
                _follow(way)
            threading.setprofile(_note)
            sys.setprofile(_note)
            asyncio.run(_platform(state))
            asyncio.run(_disclose(databases, other))
            sys.setprofile(None)
            threading.setprofile(None)
    return {name: _counted(met) for name, met in watched.items()}


def measured() -> dict[str, list[str]]:
    """Return the trips that a process of its own has measured; raises CalledProcessError."""
    command = [sys.executable, "-m", "tools.trips"]
    done = subprocess.run(command, cwd=_ROOT, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, list[str]] = {}
    files: list[str] = []
    for line in done.stdout.splitlines():
        if line.startswith(" "):
            files.append(line.strip())
        else:
            files = found[line.partition(":")[0]] = []
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Print each trip and return the exit code."""
    ArgumentParser(
        prog="python -m tools.trips", description="Prints the files of the service that one call meets."
    ).parse_args(arguments)
    for name, files in trips().items():
        print(f"{name}: {len(files)} files")
        print(*(f"  {file}" for file in files), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
