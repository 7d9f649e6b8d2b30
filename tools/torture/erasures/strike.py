"""Databases at whose calls a process, or the PostgreSQL server, is killed with SIGKILL."""

import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from idvault.core.db.connection import Commit
from idvault.core.db.database import Database
from tools.support.processes import children


@dataclass(eq=False)
class Strike:
    """Counts the points before and after each call; at one of them it kills. at: 0 for never.

    server: the data folder of the PostgreSQL server of which a process is killed, None for this process.
    """

    at: int
    server: Path | None
    points: int = 0

    def point(self) -> None:
        self.points += 1
        if self.points != self.at:
            return
        if self.server is None:
            os.kill(os.getpid(), signal.SIGKILL)
            return
        # The server ends all others, and recovers from its log.
        postmaster = int((self.server / "postmaster.pid").read_text().split()[0])
        os.kill(max(children(postmaster)), signal.SIGKILL)


class StruckDatabase(Database):
    """A database whose calls are points of a strike."""

    def __init__(self, *, url: str, strike: Strike) -> None:
        super().__init__(url=url)
        self._strike = strike

    async def _repeated(self, name: str, way: Callable[[Commit], Awaitable[Any]]) -> Any:
        self._strike.point()
        found = await super()._repeated(name, way)
        self._strike.point()
        return found
