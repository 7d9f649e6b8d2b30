"""A worker as a process: destroys the former versions that are due, until none is left or it is killed."""

import asyncio
import sys
from datetime import datetime

from sqlalchemy import select

from idvault.core.tables.disclosure import kept_records
from idvault.erasure.former_version.acts import LOOK_PAUSE, VersionSweep
from idvault.key.acts.remnants import Remnants
from idvault_verify.clock import ClockReading
from tools.support import sql
from tools.support.erasure_world import ErasureWorld
from tools.torture.erasures.strike import Strike, StruckDatabase
from tools.torture.notices.submitter import strike_at_statements

_LOOKS = 20


def main(arguments: list[str] | None = None) -> int:
    """Sweep. Arguments: both addresses, the time, how many processes began before, when to die.

    The last line is the number of points that there were; exit code 1 if a version is left.
    """
    main_url, shred_url, time, life, point = arguments or sys.argv[1:]
    strike = Strike(int(point), None)
    strike_at_statements(strike)
    done = asyncio.run(_sweep(main_url, shred_url, datetime.fromisoformat(time), int(life), strike))
    print(strike.points, flush=True)
    return 0 if done else 1


async def _sweep(main_url: str, shred_url: str, time: datetime, life: int, strike: Strike) -> bool:
    main, shred = (StruckDatabase(url=url, strike=strike) for url in (main_url, shred_url))
    world = ErasureWorld(main, shred, life=life)
    sweep = VersionSweep(
        vault=world.vault, shred_keys=world.shred_keys, remnants=Remnants(main=main, shred=shred)
    )
    left = 1
    for look in range(_LOOKS):
        # Files that somebody read are looked at again after a pause.
        await sweep.step(now=ClockReading(time, time + look * 2 * LOOK_PAUSE), limit=100)
        left = len(await sql.rows(main, select(kept_records.c.record_id)))
        if not left:
            break
    await main.close()
    await shred.close()
    return not left


if __name__ == "__main__":
    sys.exit(main())
