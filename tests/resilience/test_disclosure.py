"""A few disclosures with one bad custodian; `scripts/torture disclosures` runs every combination."""

import asyncio
from pathlib import Path

import pytest

from tools.support.chamber import CUSTODIANS
from tools.torture import disclosure
from tools.torture.campaign import Options
from tools.torture.disclosure import Round
from tools.torture.rooms import Rooms
from tools.torture.tally import Tally

A, B, C = CUSTODIANS


def test_one_custodian_blocks_nothing_and_every_disclosure_is_public() -> None:
    """Twelve of all combinations, mixed."""
    tally = disclosure.run(Options(count=12))
    assert tally.complaints == []
    assert (tally.faults, tally.lost) == (12, 0)
    assert {*disclosure.ODD, "opened", "silent"} <= set(tally.figures)


@pytest.mark.parametrize("behaviour", ["denies", "garbage"])
def test_two_bad_custodians_are_counted(tmp_path: Path, behaviour: str) -> None:
    """Two of three who act badly do block: the campaign would find one who could."""
    tally, vaults = Tally(), Rooms(tmp_path)

    class Two(Round):
        async def _act(self, name: str, behaviour: str) -> None:
            await super()._act(name, self.behaviour if name == B else behaviour)

    async def play() -> None:
        async with vaults.fresh() as room:
            await disclosure.judge(Two(room, (A, B, C), A, behaviour, "opened"), tally)

    asyncio.run(play())
    assert any("two honest custodians were not enough" in each for each in tally.complaints)
