"""A worker's task as a process of its own: `python -m tests.support.notifying DATABASE URL SECONDS`."""

import asyncio
import sys

from idvault.core.db.database import Database
from tests.support.notified_world import NotifiedWorld


async def notify(database_url: str, url: str, seconds: float) -> None:
    """Send what is due some seconds after the start of the test's time."""
    database = Database(url=database_url)
    world = NotifiedWorld(database, life=2)
    world.by_hook(url)
    await world.run(after=seconds)
    await world.close()
    await database.close()


if __name__ == "__main__":
    asyncio.run(notify(sys.argv[1], sys.argv[2], float(sys.argv[3])))
