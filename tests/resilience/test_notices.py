"""Promise: a notice is applied once, and leaves no number. A few; `scripts/torture notices` has all."""

import asyncio

import pytest

from idvault.core.db.database import Database
from tools.support.notice_world import NoticeWorld
from tools.torture.campaign import Options
from tools.torture.erasures.run import Scene, scene
from tools.torture.notices import feed
from tools.torture.notices import run as notices
from tools.torture.tally import Tally

pytestmark = pytest.mark.process


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_killed_processes_apply_each_notice_once(kind: str) -> None:
    """Killed at points of several notices: each is there once, and no file has a number or a digest."""
    tally = notices.run(Options(count=60, database=kind))
    assert tally.complaints == []
    assert tally.acknowledged == 60
    assert tally.faults >= 2


def test_what_is_left_in_a_file_is_found() -> None:
    """A number, a digest of it and a signature are found wherever they are, also in hex."""
    given = feed.notices(1, 10)
    wanted = feed.secrets_of(given)
    with scene("sqlite") as made:
        assert notices.found_in(made, wanted) == []
        for place, (name, value) in enumerate(sorted(wanted.items())):
            text = value if place % 2 else value.hex().encode()
            (made.folders[0] / f"left-{place}").write_bytes(b"before" + text + b"after")
            assert f"the {name} is in left-{place}" in notices.found_in(made, wanted)


def test_a_notice_that_is_missing_is_a_loss() -> None:
    """What is stored is compared with what the notices say."""

    async def compare(made: Scene) -> Tally:
        campaign = await notices.play(made, Options(count=60))
        assert campaign.tally.complaints == []
        campaign.tokens["platform-a", 0].append("acct_of_nobody")
        campaign.options = Options(count=61)
        again = Database(url=made.databases.main_url)
        campaign.world = NoticeWorld(again, life=99)
        await campaign.compare()
        await again.close()
        return campaign.tally

    with scene("sqlite") as made:
        tally = asyncio.run(compare(made))
    assert tally.lost >= 2
    assert tally.doubled == 1
