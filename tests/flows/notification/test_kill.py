"""A worker that is killed between the sending of a message and its mark."""

import asyncio
import os
import signal
import sys

from idvault.core.db.database import Database
from idvault_verify.event import EventType
from tests.support.notified import HookServer
from tests.support.notified_world import NotifiedWorld
from tools.support.databases import Databases
from tools.support.project import ROOT


async def _start(databases: Databases, hooks: HookServer, seconds: float) -> asyncio.subprocess.Process:
    arguments = ("-m", "tests.support.notifying", databases.main_url, hooks.url, str(seconds))
    paths = [str(ROOT), *(str(ROOT / "clients" / name) for name in ("verify", "python", "people"))]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
    return await asyncio.create_subprocess_exec(sys.executable, *arguments, cwd=ROOT, env=environment)


async def test_a_killed_worker_s_message_arrives_with_the_same_id(
    sqlite_databases: Databases, hooks: HookServer
) -> None:
    """kill -9 when the server has the message: another worker sends it again half a minute later."""
    database = Database(url=sqlite_databases.main_url)
    world = NotifiedWorld(database)
    await world.erasure(EventType.ERASURE_REQUEST)
    hooks.answers = [30.0]
    worker = await _start(sqlite_databases, hooks, 0)
    async with asyncio.timeout(60):
        await hooks.arrived.wait()
        worker.send_signal(signal.SIGKILL)
        assert await worker.wait() == -signal.SIGKILL
        for seconds in (29, 30):
            other = await _start(sqlite_databases, hooks, seconds)
            assert await other.wait() == 0
    first, second = hooks.hooks
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    assert await world.levels() == (0, None)
    await world.close()
    await database.close()
