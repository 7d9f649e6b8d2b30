"""Promise: what a receipt of an erasure says about files. A few kills; `scripts/torture erasures` has all."""

import asyncio

import pytest

from idvault.core.db.database import Database
from tools.support.erasure_world import ErasureWorld
from tools.torture.campaign import Options
from tools.torture.erasures import run as erasures
from tools.torture.erasures.run import Rounds

pytestmark = pytest.mark.process


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_no_file_has_a_key_that_a_receipt_says_is_gone(kind: str) -> None:
    """Killed at points from the first to the last, with readers and followers: nothing is lost."""
    tally = erasures.run(Options(count=4, database=kind))
    assert tally.complaints == []
    assert (tally.faults, tally.acknowledged) == (4, 5)


def test_a_key_that_is_found_is_a_loss() -> None:
    """A key that comes back into a file after its destruction was told is found by the next search."""

    async def play() -> Rounds:
        main, shred = Database(url=made.databases.main_url), Database(url=made.databases.shred_url)
        rounds = Rounds(made, ErasureWorld(main, shred))
        await rounds.play(0)
        assert rounds.tally.complaints == []
        (token,) = rounds.told
        (made.folders[0] / "left.tmp").write_bytes(b"before" + rounds.keys.by_name[token] + b"after")
        await rounds.play(0)
        await rounds.world.claims.verification.drain()
        await main.close()
        await shred.close()
        return rounds

    with erasures.scene("sqlite") as made:
        tally = asyncio.run(play()).tally
    assert tally.lost >= 1
    assert "is in left.tmp" in tally.complaints[0]
