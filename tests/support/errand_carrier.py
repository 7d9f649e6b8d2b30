"""A vault as a process: somebody's errands of several steps, until they are done or it is killed in one."""

import asyncio
import json
import sys
from dataclasses import dataclass
from pathlib import Path

from idvault.claim.acts import verification
from tests.support import errands
from tests.support.cut_steps import calm
from tests.support.errands import Errands
from tools.torture.erasures.strike import Strike, StruckDatabase
from tools.torture.notices.submitter import strike_at_statements


@dataclass(frozen=True, slots=True)
class _Carried:
    """What a process is asked for (main)."""

    number: int
    life: int
    first: str
    aim: str
    point: int


def main(arguments: list[str] | None = None) -> int:
    """Do errands of a person. Arguments: address, the file of moderators, number, life, first, aim, point.

    life: how many processes began before. first: the errand to begin with. aim: the errand to die in, at
    which of its points; 0 for never. Each errand is a line when it begins, and one with its points when it
    is done: the last line of a process that died names the errand that it died in.
    """
    url, path, number, life, first, aim, point = arguments or sys.argv[1:]
    asked = _Carried(int(number), int(life), first, aim, int(point))
    # Nobody waits for the job of whoever died: the person comes again.
    verification._FIRST_POLL = float("inf")
    moderators = {int(key): found for key, found in json.loads(Path(path).read_text("utf-8")).items()}
    asyncio.run(_carry(url, moderators, asked))
    return 0


async def _carry(url: str, moderators: dict[int, str], asked: _Carried) -> None:
    strike = Strike(0, None)
    strike_at_statements(strike)
    database = StruckDatabase(url=url, strike=strike)
    people = Errands(*await errands.opened(database, life=asked.life), moderators, calm, asked.life)
    for errand in errands.ALL[errands.ALL.index(asked.first) :]:
        print(errand, flush=True)
        strike.points, strike.at = 0, asked.point if errand == asked.aim else 0
        await getattr(people, errand)(asked.number)
        print(errand, strike.points, flush=True)
    strike.at = 0
    await people.world.claims.verification.drain()
    await database.close()


if __name__ == "__main__":
    sys.exit(main())
