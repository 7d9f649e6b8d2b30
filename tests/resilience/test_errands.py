"""Promise: what takes several steps happens once and wholly, whoever dies meanwhile.

Proofs at a provider, an organisation's representative, a child's adult, two numbers of one person, accounts
that somebody disowns, documents that two reviewers sign, and measures on content.
"""

import asyncio
import json
import signal
from pathlib import Path

import pytest

from idvault.core.db.database import Database
from tests.support import errands
from tools.support import programs
from tools.support.databases import Databases

pytestmark = pytest.mark.process

_CARRIER = "tests.support.errand_carrier:main"
# Prime to the number of points between two acts, so that every kind of point has its turn.
_STEP = 131
_MOST = 30
_LEAST = 5


def _kill_until_done(url: str, path: Path) -> int:
    """Let one process after the other do the errands, and kill each; return how many were killed."""
    for life in range(1, _MOST):
        process = programs.start(_CARRIER, url, path, errands.OTHER, life, life * _STEP)
        _, error = process.communicate()
        if process.returncode != -signal.SIGKILL:
            assert process.returncode == 0, error[-2_000:]
            return life - 1
    raise AssertionError("it was never done")


async def test_killed_processes_do_every_errand_once(databases: Databases, tmp_path: Path) -> None:
    """Each process dies before a statement, or before or after a transaction; the next one repeats it all."""
    path, database = tmp_path / "moderators.json", Database(url=databases.main_url)
    people = await errands.prepared(database)
    path.write_text(json.dumps(people.moderators), "utf-8")
    begun = await people.seen()
    for errand in errands.ALL:
        await getattr(people, errand)(errands.ONE)
    calmly = await people.seen()
    kills = await asyncio.to_thread(_kill_until_done, databases.main_url, path)
    assert await people.seen() - calmly == calmly - begun
    assert kills >= _LEAST
    await people.world.claims.verification.drain()
    await database.close()
