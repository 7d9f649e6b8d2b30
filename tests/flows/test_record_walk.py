"""Records are looked up in steps: none is left out, and a step is bounded."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import timedelta
from typing import cast

import pytest

from idvault.core.telemetry.vitals import Vitals
from idvault.processes.backup import record_walk
from idvault.processes.backup.ports import MainContents, RecordHolder, ShredContents
from idvault.processes.bootstrap.periodic.backup import UnkeyedCount
from tests.support.builders import reading

TOKENS = [f"acct_{number:026d}" for number in range(2_500)]
LOST, ERASED = [TOKENS[7], TOKENS[1_700], TOKENS[2_499]], TOKENS[1_000]


class Contents:
    """A pair with 2,500 records, three of which have lost their key."""

    lost = LOST

    async def holders(self, *, after: str, limit: int) -> list[RecordHolder]:
        at = bisect_right(TOKENS, after)
        return [RecordHolder(each, each == ERASED) for each in TOKENS[at : at + limit]]

    async def with_key(self, tokens: Sequence[str]) -> set[str]:
        return set(tokens) - {*self.lost, ERASED}


class Shown:
    """What the metric was set to."""

    def __init__(self) -> None:
        self.counts: list[int] = []

    def records_without_key(self, count: int) -> None:
        self.counts.append(count)


@pytest.fixture
def contents() -> Contents:
    return Contents()


def both(contents: Contents) -> tuple[MainContents, ShredContents]:
    return cast(MainContents, contents), cast(ShredContents, contents)


async def test_a_whole_walk(contents: Contents) -> None:
    """It finds each record without a key, and counts an erased one apart."""
    found = await record_walk.walk(*both(contents))
    assert found == record_walk.Walked(tuple(LOST), 1, 2_500, "")


async def test_steps(contents: Contents) -> None:
    """A step ends with the page that reaches its bound; the next one goes on there."""
    first = await record_walk.walk(*both(contents), most=1_500)
    assert (first.looked, first.unkeyed, first.after) == (2_000, tuple(LOST[:2]), TOKENS[1_999])
    second = await record_walk.walk(*both(contents), after=first.after, most=1_500)
    assert (second.looked, second.unkeyed, second.after) == (500, (LOST[2],), "")


async def test_the_workers_count(contents: Contents) -> None:
    """It tells what it has found before a round has ended, rests, and takes back what was mended."""
    shown, (main, shred) = Shown(), both(contents)
    count = UnkeyedCount(main=main, shred=shred, vitals=cast(Vitals, shown), step=1_000)
    start = reading()
    for _ in range(3):
        await count.look(start)
    assert shown.counts == [1, 2, 3]
    contents.lost = []
    await count.look(start)
    assert shown.counts == [1, 2, 3]
    for _ in range(3):
        await count.look(reading(after=timedelta(hours=2)))
    assert shown.counts == [1, 2, 3, 0]
