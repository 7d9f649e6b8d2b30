"""Vaults in memory for campaigns about people's clients: real flows and databases, and unmodified clients."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from idvault_verify.attest.people.roster import Roster
from tools.support.chamber import Chamber, chamber
from tools.support.databases import SqliteMaker
from tools.torture.campaign import Options
from tools.torture.tally import Tally

_MEMORY = Path("/dev/shm")  # noqa: S108 - the folder in it is made by mkdtemp


class Rooms:
    """Opens one fresh vault after the other; the folders are in memory if the machine has /dev/shm."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._maker = SqliteMaker(folder)
        self._number = 0

    @asynccontextmanager
    async def fresh(self, *versions: Roster) -> AsyncIterator[Chamber]:
        """Open a vault. versions: of its roster, if not the usual one."""
        self._number += 1
        with tempfile.TemporaryDirectory(dir=self._folder) as name:
            folder = Path(name)
            async with chamber(self._maker.fresh(folder), folder) as room:
                if versions:
                    room.rosters.versions[:] = versions
                yield room


def run(options: Options, tally: Tally, play: Callable[[Rooms, int], Awaitable[None]]) -> Tally:
    """Play as many rounds as requested, each by its number; stops early if told to."""

    async def one(number: int) -> None:
        await play(rooms, number)

    place = _MEMORY if _MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="idvault-rooms-", dir=place) as folder:
        rooms = Rooms(Path(folder))
        for number in range(options.count):
            if not options.stop.is_set():
                asyncio.run(one(number))
    return tally
