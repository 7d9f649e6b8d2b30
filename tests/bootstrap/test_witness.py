"""The comparison with the witnesses at start-up, and afterwards if too few could be reached."""

import asyncio
from collections.abc import Collection
from typing import cast

import pytest

from idvault.log.acts import witness as acts
from idvault.log.acts.witness import Compared, LogForkedError, LogOlderError, UnwitnessedError
from idvault.processes.bootstrap import witness as bootstrap
from idvault.processes.bootstrap.witness import WitnessWatch, stopped
from idvault_verify.error import Reason, UnavailableError
from idvault_verify.transparency.note import VerifierKey


class Script:
    """A comparison whose outcomes are given: None confirms."""

    def __init__(self, *outcomes: Exception | None, kept: Exception | None = None) -> None:
        self.outcomes = list(outcomes)
        self.kept = kept
        self.kept_asked = 0

    async def check(self) -> int:
        outcome = self.outcomes.pop(0)
        if outcome is not None:
            raise outcome
        return 1

    async def check_kept(self, *, keys: Collection[VerifierKey]) -> int:
        self.kept_asked += 1
        if self.kept is not None:
            raise self.kept
        return 1


AWAY = UnwitnessedError("too few witnesses can be reached")


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "_LATER", 0.0)


@pytest.fixture(autouse=True)
def _by_script(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acts, "check", Script.check)
    monkeypatch.setattr(acts, "check_kept", Script.check_kept)


def watching(script: Script) -> WitnessWatch:
    return WitnessWatch(cast(Compared, script))


async def test_without_witnesses_there_is_nothing_to_compare() -> None:
    """Nothing is asked, and nothing ends the process."""
    watch = WitnessWatch(None)
    await watch.start(keys=())
    await watch.follow()


async def test_a_confirmed_log_is_not_compared_again() -> None:
    """One confirmation at the start is enough."""
    flow = Script(None)
    watch = watching(flow)
    await watch.start(keys=())
    await watch.follow()
    assert (flow.outcomes, flow.kept_asked) == ([], 0)


async def test_below_the_quorum_the_kept_checkpoint_counts_until_the_witnesses_are_back() -> None:
    """The process starts, and asks again through further failures until it is confirmed."""
    flow = Script(AWAY, AWAY, UnavailableError(Reason.STORE_UNAVAILABLE), None)
    watch = watching(flow)
    await watch.start(keys=())
    assert flow.kept_asked == 1
    await watch.follow()
    assert flow.outcomes == []


@pytest.mark.parametrize("conflict", [LogOlderError(size=1, known=2), LogForkedError(size=3)])
async def test_a_conflict_ends_the_process(conflict: Exception) -> None:
    """At the start, or as soon as the witnesses tell."""
    with pytest.raises(type(conflict)):
        await watching(Script(conflict)).start(keys=())
    with pytest.raises(type(conflict)):
        await watching(Script(AWAY, kept=conflict)).start(keys=())
    watch = watching(Script(AWAY, AWAY, conflict))
    await watch.start(keys=())
    with pytest.raises(type(conflict)):
        await stopped(asyncio.Event(), watch)


async def test_a_stop_does_not_wait_for_the_witnesses() -> None:
    """A process that is told to stop ends, confirmed or not."""
    stop = asyncio.Event()
    watch = watching(Script(AWAY, *[AWAY] * 10_000))
    await watch.start(keys=())
    ending = asyncio.create_task(stopped(stop, watch))
    await asyncio.sleep(0)
    assert not ending.done()
    stop.set()
    async with asyncio.timeout(60):
        await ending
    confirmed = WitnessWatch(None)
    ending = asyncio.create_task(stopped(asyncio.Event(), confirmed))
    await asyncio.sleep(0.05)
    assert not ending.done()
    ending.cancel()
    await asyncio.gather(ending, return_exceptions=True)
