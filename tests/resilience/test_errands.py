"""Promise: what takes several steps happens once and wholly, whoever dies meanwhile.

Proofs at a provider with and without a name, an organisation's representative, and one who never comes; a
child's adult, two numbers of one person, and accounts that somebody disowns; documents that two reviewers
sign, and measures on content; orders of authorities, a joint operation, and reports that are referred.
"""

import asyncio
import json
import signal
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from idvault.core.db.database import Database
from tests.support import errands
from tools.support import programs
from tools.support.databases import Databases

pytestmark = pytest.mark.process

_CARRIER = "tests.support.errand_carrier:main"
# Each errand is left twice: after a third of its points, and later in what its repeat has left.
_THIRDS = (1, 2)


@dataclass
class _Carriers:
    """Processes that do errands, one after the other. died: the errands in which they were killed."""

    url: str
    moderators: Path
    died: list[str] = field(default_factory=list)
    _lives: int = 0

    def carry(self, number: int, first: str = errands.ALL[0], *, aim: str = "", point: int = 0) -> list[str]:
        """Let a process do a person's errands from one on; return its lines (errand_carrier)."""
        self._lives += 1
        process = programs.start(
            _CARRIER, self.url, self.moderators, number, self._lives, first, aim or "none", point
        )
        out, error = process.communicate()
        if process.returncode == -signal.SIGKILL:
            self.died.append(out.split()[-1])
        else:
            assert process.returncode == 0, error[-2_000:]
        return out.splitlines()

    def points(self, number: int) -> dict[str, int]:
        """Let a process do all errands of a person; return how many points each has."""
        pairs = (line.split() for line in self.carry(number))
        return {pair[0]: int(pair[1]) for pair in pairs if len(pair) > 1}

    def kill_in_each(self, number: int, points: dict[str, int]) -> None:
        """Kill processes in each errand in turn; the next one does it, and the one before, again."""
        before = errands.ALL[0]
        for errand in errands.ALL:
            for third in _THIRDS:
                self.carry(number, before, aim=errand, point=points[errand] * third // 3)
            before = errand


async def test_processes_killed_in_every_errand_do_it_once(databases: Databases, tmp_path: Path) -> None:
    """Each process dies before a statement, or before or after a transaction; in the end one repeats all."""
    path, database = tmp_path / "moderators.json", Database(url=databases.main_url)
    people = await errands.prepared(database)
    path.write_text(json.dumps(people.moderators), "utf-8")
    begun, carriers = await people.seen(), _Carriers(databases.main_url, path)
    points = await asyncio.to_thread(carriers.points, errands.ONE)
    calmly = await people.seen()
    await asyncio.to_thread(carriers.kill_in_each, errands.OTHER, points)
    assert carriers.died == [errand for errand in errands.ALL for _ in _THIRDS]
    await asyncio.to_thread(carriers.carry, errands.OTHER)
    assert await people.seen() - calmly == calmly - begun
    await people.world.claims.verification.drain()
    await database.close()
