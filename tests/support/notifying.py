"""A worker that tells recipients, as a process of its own, which may be killed at a point of its database."""

import asyncio
import json
import sys
from collections.abc import Sequence
from typing import Any

from idvault.core.topic import Audience
from tests.support.notified_world import NotifiedWorld
from tools.torture.erasures.strike import Strike, StruckDatabase
from tools.torture.notices.submitter import strike_at_statements


def hear(world: NotifiedWorld, recipients: Sequence[dict[str, Any]]) -> None:
    """Add recipients: the platform of which each hears, and a webhook's address or a mail server's port."""
    for each in recipients:
        if "port" in each:
            world.by_mail(each["port"], Audience.PLATFORM, of=each["of"])
        else:
            world.by_hook(each["url"], of=each["of"])


def main(arguments: list[str] | None = None) -> int:
    """Look once, and send what is due. Arguments: address, recipients, seconds, lives before, when to die.

    seconds: since the start of the tests' time. The last line is the number of points that there were.
    """
    url, recipients, seconds, life, point = arguments or sys.argv[1:]
    strike = Strike(int(point), None)
    strike_at_statements(strike)
    database = StruckDatabase(url=url, strike=strike)
    asyncio.run(_notify(database, json.loads(recipients), float(seconds), int(life)))
    print(strike.points, flush=True)
    return 0


async def _notify(
    database: StruckDatabase, recipients: Sequence[dict[str, Any]], seconds: float, life: int
) -> None:
    world = NotifiedWorld(database, patience=60.0, life=life)
    hear(world, recipients)
    await world.run(after=seconds)
    await world.close()
    await database.close()


if __name__ == "__main__":
    sys.exit(main())
