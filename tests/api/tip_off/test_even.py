"""Refusals that tell nothing by their time: steps of a clock that the test moves."""

import pytest

from idvault.tip_off.api.form import BETWEEN, STEP, EvenRefusals
from idvault_verify.error import InvalidError, NotFoundError, Reason


class Clock:
    """A clock that sleeps by moving on."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.slept = False

    def read(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept = True
        self.now += seconds


async def work(clock: Clock, seconds: float, error: Exception | None = None) -> str:
    clock.now += seconds
    if error is not None:
        raise error
    return "read"


@pytest.mark.parametrize("seconds", [0, STEP / 1_000, STEP / 2, STEP * 0.999])
async def test_a_refusal_leaves_at_the_end_of_its_step(seconds: float) -> None:
    """Whatever the look-up took, a refusal takes a step; longer work takes whole steps."""
    for more in range(3):
        clock = Clock()
        refusals = EvenRefusals(clock=clock.read, sleep=clock.sleep)
        with pytest.raises(NotFoundError):
            await refusals.of(
                work(clock, seconds + more * STEP, NotFoundError(Reason.TIP_OFF_NOT_FOUND)), caller="a"
            )
        assert clock.now - 1_000 == pytest.approx((more + 1) * STEP)


async def test_nothing_else_waits() -> None:
    """Neither a right answer nor another error."""
    clock = Clock()
    refusals = EvenRefusals(clock=clock.read, sleep=clock.sleep)
    assert await refusals.of(work(clock, 0.01), caller="a") == "read"
    with pytest.raises(InvalidError):
        await refusals.of(work(clock, 0.01, InvalidError(Reason.INVALID_MESSAGE)), caller="a")
    assert not clock.slept


async def test_those_of_one_caller_leave_one_after_another() -> None:
    """However many wait at the same time; another caller's leaves at the end of its own step."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    refusals = EvenRefusals(clock=lambda: 1_000.0, sleep=sleep)
    for who in ("a", "a", "b", "a"):
        with pytest.raises(NotFoundError):
            await refusals.of(work(Clock(), 0, NotFoundError(Reason.TIP_OFF_NOT_FOUND)), caller=who)
    assert slept == pytest.approx([STEP, STEP + BETWEEN, STEP, STEP + 2 * BETWEEN])
