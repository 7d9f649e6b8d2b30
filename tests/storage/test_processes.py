"""Several processes on one database, of each kind."""

import asyncio
import json

import pytest

from idvault.core.db.database import Database
from tools.support import programs
from tools.support.databases import Databases
from tools.support.storage_world import World

pytestmark = pytest.mark.process

REQUEST_ID = "00000000-0000-4000-8000-000000000001"


async def _contend(url: str, name: str) -> dict[str, list[str]]:
    arguments = ("tests.storage.contender:main", url, name, REQUEST_ID, "12")
    done = await asyncio.to_thread(programs.run, *arguments, check=True)
    answer: dict[str, list[str]] = json.loads(done.stdout)
    return answer


async def test_processes_share_requests_and_slots(databases: Databases) -> None:
    """Three processes open one shared request once, and take exactly K slots of one person."""
    answers = await asyncio.gather(*(_contend(databases.main_url, name) for name in ("a", "b", "c")))
    assert len({claim for answer in answers for claim in answer["claims"]}) == 1
    assert len([claim for answer in answers for claim in answer["opened"]]) == 1
    slots = [slot for answer in answers for slot in answer["slots"]]
    assert (slots.count("SUCCEEDED"), slots.count("FAILED")) == (5, 31)
    database = Database(url=databases.main_url)
    world = World(database)
    assert (await world.slots("shared"), await world.slots("other")) == (5, 0)
    counts = await world.counts()
    assert (counts["claims"], counts["jobs"], counts["log_entries"]) == (37, 37, 37 + 36)
    await database.close()
