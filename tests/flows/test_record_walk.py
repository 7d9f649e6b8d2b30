"""Records are looked up in steps: none is left out, and a step is bounded.

The walk is called: the worker makes it, no method does.
"""

from collections.abc import Sequence
from datetime import timedelta

import pytest_asyncio
from sqlalchemy import insert

from idvault.core.db.statement import statement
from idvault.core.tables.account import accounts, records
from idvault.core.tables.erasure import erasure_memos
from idvault.core.tables.key import record_keys, shred_keys
from idvault.core.telemetry.series import Gauge
from idvault.core.telemetry.vitals import Vitals
from idvault.core.telemetry.watching import ProcessHealth
from idvault.processes.backup import acts as backup_acts
from idvault.processes.bootstrap.periodic.vault import UnkeyedCount
from tests.support.fakes.memory_log import MemoryDatabase
from tests.support.sealed_rows import synthetic_row
from tools.support.builders import reading

TOKENS = [f"acct_{number:026d}" for number in range(2_500)]
LOST, ERASED = [TOKENS[7], TOKENS[1_700], TOKENS[2_499]], TOKENS[1_000]


class Pair:
    """2,500 records, three of which have lost their key."""

    def __init__(self) -> None:
        self.main = MemoryDatabase(accounts, records)
        self.shred = MemoryDatabase(record_keys, shred_keys, erasure_memos)

    async def fill(self) -> None:
        """Store the records, and the keys of all others."""
        owners = [
            synthetic_row(
                accounts, number, account_token=each, state="ERASED" if each == ERASED else "VERIFIED"
            )
            for number, each in enumerate(TOKENS)
        ]
        sealed = [synthetic_row(records, number, account_token=each) for number, each in enumerate(TOKENS)]
        await self.main.connection.many(statement(insert(accounts)), owners)
        await self.main.connection.many(statement(insert(records)), sealed)
        await self.give_keys([each for each in TOKENS if each not in {*LOST, ERASED}])

    async def give_keys(self, tokens: Sequence[str]) -> None:
        rows = [{"account_token": each, "shred_key": b"k" * 32} for each in tokens]
        await self.shred.connection.many(statement(insert(shred_keys)), rows)


class Shown(Gauge):
    """What the metric was set to."""

    def __init__(self) -> None:
        super().__init__("idvault_records_without_key", "")
        self.counts: list[float] = []

    def set(self, value: float, *labels: str) -> None:
        self.counts.append(value)


@pytest_asyncio.fixture
async def pair() -> Pair:
    made = Pair()
    await made.fill()
    return made


async def test_a_whole_walk(pair: Pair) -> None:
    """It finds each record without a key, and counts an erased one apart."""
    found = await backup_acts.walk_records(pair.main, pair.shred)
    assert found == backup_acts.Walked(tuple(LOST), 1, 2_500, "")


async def test_steps(pair: Pair) -> None:
    """A step ends with the page that reaches its bound; the next one goes on there."""
    first = await backup_acts.walk_records(pair.main, pair.shred, most=1_500)
    assert (first.looked, first.unkeyed, first.after) == (2_000, tuple(LOST[:2]), TOKENS[1_999])
    second = await backup_acts.walk_records(pair.main, pair.shred, after=first.after, most=1_500)
    assert (second.looked, second.unkeyed, second.after) == (500, (LOST[2],), "")


async def test_the_workers_count(pair: Pair) -> None:
    """It tells what it has found before a round has ended, rests, and takes back what was mended."""
    shown, vitals = Shown(), Vitals(ProcessHealth())
    vitals.records_without_key = shown
    count = UnkeyedCount(main=pair.main, shred=pair.shred, vitals=vitals, step=1_000)
    start = reading()
    for _ in range(3):
        await count.look(start)
    assert shown.counts == [1, 2, 3]
    await pair.give_keys(LOST)
    await count.look(start)
    assert shown.counts == [1, 2, 3]
    for _ in range(3):
        await count.look(reading(after=timedelta(hours=2)))
    assert shown.counts == [1, 2, 3, 0]
