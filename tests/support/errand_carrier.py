"""A vault as a process: somebody's errands of several steps, all of them until it is done or killed."""

import asyncio
import json
import sys
from pathlib import Path

from idvault.claim.acts import verification
from tests.support import errands
from tests.support.cut_steps import calm
from tests.support.errands import Errands
from tools.torture.erasures.strike import Strike, StruckDatabase
from tools.torture.notices.submitter import strike_at_statements


def main(arguments: list[str] | None = None) -> int:
    """Do all errands of a person. Arguments: address, the file of moderators, number, life, when to die.

    life: how many processes began before. The last line is the number of points that there were.
    """
    url, path, number, life, point = arguments or sys.argv[1:]
    # Nobody waits for the job of whoever died: the person comes again.
    verification._FIRST_POLL = float("inf")
    strike = Strike(int(point), None)
    strike_at_statements(strike)
    moderators = {int(key): found for key, found in json.loads(Path(path).read_text("utf-8")).items()}
    asyncio.run(_carry(StruckDatabase(url=url, strike=strike), moderators, int(number), int(life)))
    print(strike.points, flush=True)
    return 0


async def _carry(database: StruckDatabase, moderators: dict[int, str], number: int, life: int) -> None:
    people = Errands(*await errands.opened(database, life=life), moderators, calm, life)
    for errand in errands.ALL:
        await getattr(people, errand)(number)
    await people.world.claims.verification.drain()
    await database.close()


if __name__ == "__main__":
    sys.exit(main())
