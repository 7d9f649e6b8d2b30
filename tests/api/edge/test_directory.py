"""The keys that may call are re-read, and a list that is too old is not trusted."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from idvault.core.edge.access import Directory, Pin
from idvault.core.platform import Platform
from idvault_verify.error import Reason, UnavailableError
from idvault_verify.session import ACCEPTED, Proof
from tools.support.edge import FakePlatforms

NOW = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
KEY, NEW_KEY = "aa" * 32, "bb" * 32
PLATFORM = Platform("platform-a", "platform", "22" * 16, KEY, NOW)
AUDITOR = Pin("auditor-a", "auditor", "33" * 16, KEY)


class Clock:
    """A clock that the test advances."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def directory(platforms: FakePlatforms, clock: Clock, *people: Pin, period: float = 60.0) -> Directory:
    return Directory(platforms=platforms, people=lambda: people, clock=clock, period=period)


async def test_platforms_and_people() -> None:
    """Platforms and members are found by role, name and key together."""
    found = directory(FakePlatforms(PLATFORM), Clock(), AUDITOR)
    await found.load()
    assert found.find(role="platform", name="platform-a", spki=KEY) == Pin(
        "platform-a", "platform", "22" * 16, KEY
    )
    assert found.find(role="auditor", name="auditor-a", spki=KEY) is AUDITOR
    assert found.find(role="auditor", name="platform-a", spki=KEY) is None
    assert found.find(role="platform", name="platform-a", spki=NEW_KEY) is None


async def test_a_caller_brings_what_its_platform_accepts() -> None:
    """So no call looks it up; a change is seen with the next reading, like a revocation."""
    platforms = FakePlatforms(PLATFORM)
    found = directory(platforms, Clock(), AUDITOR)
    for accepted in (ACCEPTED, frozenset({Proof.RESULT_ONLY})):
        platforms.platforms = [replace(PLATFORM, proofs=accepted)]
        await found.load()
        pin = found.find(role="platform", name="platform-a", spki=KEY)
        assert pin is not None
        assert pin.caller.proofs == accepted


async def test_a_desk_brings_what_its_platform_accepts() -> None:
    """Also if the platform has no key at present: a moderator has no proofs of their own."""
    moderator = Platform("7" * 32, "moderator", "44" * 16, NEW_KEY, NOW, relying_party="platform-a")
    for former in (None, NOW):
        accepting = replace(PLATFORM, proofs=frozenset({Proof.RESULT_ONLY}), revoked_at=former)
        found = directory(FakePlatforms(moderator, accepting), Clock())
        await found.load()
        pin = found.find(role="moderator", name="7" * 32, spki=NEW_KEY)
        assert pin is not None
        assert (pin.caller.name, pin.caller.moderator_id) == ("platform-a", "7" * 32)
        assert pin.caller.proofs == frozenset({Proof.RESULT_ONLY})


async def test_two_keys_of_one_name() -> None:
    """During a key change both keys work; a revoked one does not."""
    old = Platform("platform-a", "platform", "22" * 16, KEY, NOW, revoked_at=NOW)
    new = Platform("platform-a", "platform", "22" * 16, NEW_KEY, NOW)
    found = directory(FakePlatforms(old, new), Clock())
    await found.load()
    assert found.find(role="platform", name="platform-a", spki=KEY) is None
    assert found.find(role="platform", name="platform-a", spki=NEW_KEY) is not None


async def test_nothing_is_known_before_the_first_reading() -> None:
    """Before the first read every call is UNAVAILABLE, not unknown."""
    with pytest.raises(UnavailableError):
        directory(FakePlatforms(), Clock()).find(role="platform", name="platform-a", spki=KEY)


async def test_an_old_list_is_not_trusted() -> None:
    """After a minute without a successful read the answer is UNAVAILABLE."""
    platforms, clock = FakePlatforms(PLATFORM), Clock()
    found = directory(platforms, clock)
    await found.load()
    platforms.failure = UnavailableError(Reason.STORE_UNAVAILABLE)
    with pytest.raises(UnavailableError):
        await found.load()
    clock.now += timedelta(seconds=60)
    assert found.find(role="platform", name="platform-a", spki=KEY) is not None
    clock.now += timedelta(seconds=1)
    with pytest.raises(UnavailableError):
        found.find(role="platform", name="platform-a", spki=KEY)


class Told(FakePlatforms):
    """A store that signals when it is read."""

    def __init__(self, *platforms: Platform) -> None:
        super().__init__(*platforms)
        self.read: asyncio.Queue[None] = asyncio.Queue()

    async def __call__(self) -> list[Platform]:
        self.read.put_nowait(None)
        return await super().__call__()


async def test_it_is_read_again_and_again() -> None:
    """A revocation is found at the next read, and a failing store does not end the reads."""
    platforms = Told(PLATFORM)
    found = directory(platforms, Clock(), period=0.001)
    await found.load()
    reading = asyncio.create_task(found.run())
    platforms.failure = UnavailableError(Reason.STORE_UNAVAILABLE)
    async with asyncio.timeout(60):
        for _ in range(3):
            await platforms.read.get()
        assert found.find(role="platform", name="platform-a", spki=KEY) is not None
        platforms.failure = None
        platforms.platforms.clear()
        while not platforms.read.empty():
            platforms.read.get_nowait()
        for _ in range(2):
            await platforms.read.get()
    assert found.find(role="platform", name="platform-a", spki=KEY) is None
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
