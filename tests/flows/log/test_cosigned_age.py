"""How long the log has been without K cosignatures: in a metric at each look, and once a minute in a line.

The look is called: the worker takes it, no method does.
"""

from datetime import datetime, timedelta

import pytest

from idvault.log.acts.witness import CosignedAge, Demand, cosigned_at
from idvault_verify.transparency import note
from tests.support.fakes.memory_log import MemoryLog
from tools.support import merkle
from tools.support.log_world import START
from tools.support.merkle import log_of

THREE = [merkle.witness(f"witness.example/w{number}", seed=20 + number) for number in range(3)]
DEMAND = Demand(2, [each.key for each in THREE])


class Looks:
    """Looks at a log whose checkpoint was cosigned by each witness some seconds before the start."""

    def __init__(self, *ages: int, entries: int = 5, demand: Demand = DEMAND) -> None:
        self.log = MemoryLog(origin="log.example/idvault", signer=merkle.signer("log.example/idvault"))
        self.log.append(*log_of(5))
        self.log.sign()
        assert self.log.note is not None
        parsed = note.parse(self.log.note)
        at = int(START.timestamp())
        lines = [note.sign(each, parsed.text, time=at - age) for each, age in zip(THREE, ages, strict=False)]
        self.log.note = parsed.with_signatures(lines).encode()
        self.log.append(*log_of(entries)[5:])
        self.ages: list[float] = []
        self.told: list[float] = []
        self.lags: list[dict[str, int]] = []
        self._age = CosignedAge(
            main=self.log.main,
            shred=self.log.shred,
            demand=lambda: demand,
            observe=self.ages.append,
            tell=self.told.append,
            lag=lambda lags: self.lags.append(dict(lags)),
        )

    async def after(self, *seconds: float) -> "Looks":
        for each in seconds:
            await self._age.look(now=self._at(each))
        return self

    @staticmethod
    def _at(seconds: float) -> datetime:
        return START + timedelta(seconds=seconds)


async def test_the_age_is_that_of_the_kth_witness() -> None:
    """With two of three demanded, the older of the two newest counts; nothing is told in ordinary time."""
    looks = await Looks(10, 200, 90).after(0, 300)
    assert (looks.ages, looks.told) == ([90, 390], [])


async def test_waiting_entries_are_told_after_half_a_minute_and_then_every_minute() -> None:
    """The log grows, and too few witnesses cosign: the line says for how long."""
    looks = await Looks(0, 0, entries=7).after(10, 30, 31, 60, 90.9, 91, 200)
    assert looks.told == [31, 91, 200]


async def test_an_idle_log_is_told_after_ten_minutes() -> None:
    """The worker asks again every five minutes."""
    looks = await Looks(0, 0).after(600, 601)
    assert looks.told == [601]


@pytest.mark.parametrize("ages", [(), (5,)])
async def test_without_enough_cosignatures_time_counts_from_the_first_look(ages: tuple[int, ...]) -> None:
    """A new roster demands others, or no checkpoint is complete yet."""
    looks = await Looks(*ages).after(100, 150, 701)
    assert (looks.ages, looks.told) == ([0, 50, 601], [601])


async def test_a_roster_without_witnesses_has_no_age() -> None:
    """A development vault demands none."""
    looks = await Looks(demand=Demand(0, ())).after(0, 10_000)
    assert (looks.ages, looks.told) == ([], [])
    assert looks.log.note is not None
    assert cosigned_at(looks.log.note, Demand(0, ())) is None


async def test_each_witness_has_a_lag() -> None:
    """Two have cosigned five of seven entries, the third none; what was cosigned once is remembered."""
    looks = await Looks(10, 20, entries=7).after(0)
    w0, w1, w2 = (each.key.name for each in THREE)
    assert looks.lags == [{w0: 2, w1: 2, w2: 7}]
    looks.log.note = None
    await looks.after(5)
    assert looks.lags[1] == looks.lags[0]
