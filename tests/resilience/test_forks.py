"""A few forked vaults; `scripts/torture forks` runs the full count."""

import asyncio
from pathlib import Path

from tools.torture import forks
from tools.torture.campaign import Options
from tools.torture.forks import Fork
from tools.torture.rooms import Rooms
from tools.torture.tally import Tally


def test_no_record_opens_at_a_copy() -> None:
    """Twelve rounds: each number of dishonest witnesses with each checkpoint that a copy can show."""
    tally = forks.run(Options(count=12, seed=15))
    assert tally.complaints == []
    assert (tally.faults, tally.lost) == (12, 0)
    assert tally.figures["told LOG_FORKED"] > 0
    assert tally.figures["told LOG_NOT_WITNESSED"] > 0


def test_one_dishonest_witness_more_is_enough(tmp_path: Path) -> None:
    """With 2K - N of them the attack succeeds, and the campaign counts it: it could find something."""
    tally, vaults = Tally(), Rooms(tmp_path)

    async def play() -> None:
        async with vaults.fresh(forks.roster()) as room:
            await forks.judge(Fork(room, Options(count=1).dice(), forks.MOST_DISHONEST + 1, looking=0), tally)

    asyncio.run(play())
    assert tally.lost == 3
    assert len(tally.complaints) == 2
