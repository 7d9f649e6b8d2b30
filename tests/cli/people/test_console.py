"""`idvault-people auditor console`: the command's own part; what its pages do is tested with the pages."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from idvault_client.errors import Unavailable
from idvault_people.commands.console import Newest
from tests.support import hasty
from tests.support.commands import Commands
from tests.support.console import visiting
from tests.support.served_chamber import House, house_over
from tools.support import programs
from tools.support.databases import Databases

pytestmark = pytest.mark.process


@pytest.fixture
async def house(sqlite_databases: Databases, tmp_path: Path, idvault: Commands) -> AsyncIterator[House]:
    """Serve a chamber over mutual TLS."""
    async with house_over(sqlite_databases, tmp_path, idvault) as made:
        yield made


async def test_evidence_is_read_without_the_vault(house: House) -> None:
    """The console begins with the pinned roster; a page that needs the vault says that it is not there."""
    folder = house.folder / "auditor-a"
    connection = folder / "connection.json"
    await asyncio.to_thread(_disconnect, connection)
    given = ("--identity", folder, "--passphrase-file", house.passphrase)
    started = programs.start(hasty.CONSOLE, "auditor", *given, "console", "--no-browser")
    try:
        await asyncio.to_thread(started.stdout.readline)
        async with visiting(folder / "console.html") as visitor:
            assert (await visitor.get("/evidence")).status == 200
            cases = await visitor.get("/")
            assert (cases.status, "The vault cannot be reached" in cases.words) == (503, True)
            await visitor.post("/end", cases)
        out, err = await asyncio.to_thread(started.communicate, 30)
    finally:
        started.kill()
    assert (started.returncode, out, err) == (0, "console: ended\n", "")


def _disconnect(connection: Path) -> None:
    found = json.loads(connection.read_text("utf-8"))
    connection.write_text(json.dumps(found | {"target": "localhost:1"}), "utf-8")


@pytest.mark.parametrize("name", ["auditor-a", "custodian-a"])
async def test_the_console_of_a_role_runs_until_it_is_ended(house: House, name: str) -> None:
    """It names the file to open, shows what waits over the real edge, and removes the file at the end."""
    disclosure_id = await house.request(await house.room.account())
    folder = house.folder / name
    role = name.partition("-")[0]
    given = ("--identity", folder, "--passphrase-file", house.passphrase)
    started = programs.start(programs.VAULT, role, *given, "--json", "console", "--no-browser")
    try:
        told = json.loads(await asyncio.to_thread(started.stdout.readline))
        assert told == {"file": str(folder / "console.html")}
        async with visiting(folder / "console.html") as visitor:
            assert disclosure_id in (await visitor.get("/")).text
        started.send_signal(signal.SIGTERM)
        out, err = await asyncio.to_thread(started.communicate, 30)
    finally:
        started.kill()
    assert (started.returncode, out, err) == (0, "", "")
    assert not (folder / "console.html").exists()


@dataclass(frozen=True)
class PinnedSession:
    """What the newest roster is asked with."""

    identity_folder: SimpleNamespace
    edge: SimpleNamespace


async def test_a_newer_roster_is_asked_for_now_and_then() -> None:
    """Not for every page; a vault that is away leaves the pinned roster and is asked more seldom."""
    asked: list[float] = []
    vault = SimpleNamespace(now=0.0, is_there=True)

    def call(*_: object) -> Any:
        asked.append(vault.now)
        if not vault.is_there:
            raise Unavailable(None, "UNAVAILABLE")
        return SimpleNamespace(newest_version=1)

    pinned = SimpleNamespace(versions=(SimpleNamespace(version=1),))
    session: Any = PinnedSession(identity_folder=pinned, edge=SimpleNamespace(call=call))
    newest = Newest(session, clock=lambda: vault.now)
    for vault.now in (0.0, 4.0, 6.0, 10.0, 12.0):
        assert newest() == session
    vault.is_there = False
    for vault.now in (18.0, 24.0, 37.0, 39.0, 45.0):
        assert newest() == session
    vault.is_there = True
    for vault.now in (60.0, 64.0, 66.0):
        assert newest() == session
    assert asked == [0.0, 6.0, 12.0, 18.0, 39.0, 60.0, 66.0]
