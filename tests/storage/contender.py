"""A separate process that opens claims; test_processes starts several at once."""

import asyncio
import json
import sys

from idvault.core.db.database import Database
from idvault.core.request import Request
from tools.support.storage_world import MATCHED, World


async def contend(url: str, name: str, request_id: str, count: int) -> dict[str, list[str]]:
    """Open one claim with a request shared by all processes, and settle claims of one shared person."""
    database = Database(url=url)
    world = World(database, seed=name)
    person = world.person("shared")
    request = Request("platform-b", request_id, b"f" * 32)
    shared = [await world.open(request=request, person=world.person("other"))]
    pair = person.index
    opened = await asyncio.gather(*(world.open(person=person, pair=pair) for _ in range(count)))
    settled = await asyncio.gather(*(world.settle(one.job, MATCHED) for one in opened if one.job))
    shared.append(await world.open(request=request, person=world.person("other")))
    await database.close()
    return {
        "claims": [one.claim.claim_id for one in shared],
        "opened": [one.job.claim_id for one in shared if one.job],
        "slots": [one.state.value for one in settled if one],
    }


def main() -> None:
    """Run with the arguments of the command line; print the answer."""
    _, url, name, request_id, count = sys.argv
    print(json.dumps(asyncio.run(contend(url, name, request_id, int(count)))))
