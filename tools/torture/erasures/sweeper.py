"""A worker's sweeps as a process: carries out what is due until nothing is, or until it is killed."""

import asyncio
import sys
from pathlib import Path
from time import monotonic

from idvault.erasure import acts
from tools.support.erasure_world import DELAYED, ErasureWorld
from tools.support.flow_world import at
from tools.torture.erasures.strike import Strike, StruckDatabase

_LONGEST = 120.0
_PAUSE = 0.05


def main(arguments: list[str] | None = None) -> int:
    """Sweep. Arguments: both addresses, how often processes began before, the point of death, the server.

    The last line is the number of points that there were; exit code 1 if something is still due.
    """
    main_url, shred_url, life, point, server = arguments or sys.argv[1:]
    strike = Strike(int(point), Path(server) if server else None)
    done = asyncio.run(_sweep(main_url, shred_url, int(life), strike))
    print(strike.points, flush=True)
    return 0 if done else 1


async def _sweep(main_url: str, shred_url: str, life: int, strike: Strike) -> bool:
    main, shred = (StruckDatabase(url=url, strike=strike) for url in (main_url, shred_url))
    world = ErasureWorld(main, shred, life=life)
    begun, minute = monotonic(), 0
    try:
        while monotonic() - begun < _LONGEST:
            # A minute of the vault's time passes in each turn: it looks again at files that were kept.
            await world.work(seconds=DELAYED + 60 * minute)
            minute += 1
            levels = await acts.levels(world.vault, at(DELAYED + 60 * minute))
            if levels.undestroyed == 0:
                return True
            await asyncio.sleep(_PAUSE)
        return False
    finally:
        await main.close()
        await shred.close()


if __name__ == "__main__":
    sys.exit(main())
