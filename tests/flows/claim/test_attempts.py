"""Guessing somebody's name, and keeping somebody out: the attempts of a person and the slots of accounts.

Platforms ask through the client; which attempts are too many is proven in tests/domain.
"""

import asyncio
from contextlib import suppress

import pytest

from idvault.core.policy import OperatorPolicy
from idvault.registry.ports import Reserved
from idvault_client import FailureReason, Verification
from idvault_client.errors import TooManyAttempts
from idvault_verify.claim import ClaimState, Identity
from idvault_verify.registry import RegistryAnswer
from tools.support import builders
from tools.support.databases import Databases
from tools.support.flow_world import World, open_world

OWNER = builders.identity()
OTHER = builders.identity(name="某一二", number="110000190101020007")
_DAY = 86_400


def guess(number: int) -> Identity:
    """Return the owner's number under a wrong name."""
    return builders.identity(name=f"某{chr(0x4E00 + number)}")


class _Knowing:
    """Makes a world's registry answer like a real one: only the owners' pairs match."""

    def __init__(self, world: World, *known: Identity) -> None:
        self._check, self._known = world.registry.check, known
        self._registry = world.registry

    async def check(
        self, *, ai: str, identity: Identity, patience: float, reserved: Reserved | None = None
    ) -> RegistryAnswer:
        known = identity in self._known
        self._registry.verdict = RegistryAnswer.MATCH if known else RegistryAnswer.MISMATCH
        return await self._check(ai=ai, identity=identity, patience=patience)


def know(world: World, *known: Identity) -> None:
    world.registry.check = _Knowing(world, *known).check  # type: ignore[method-assign]


async def _tried(world: World, number: int, identity: Identity, *, seconds: float = 0) -> Verification | None:
    """Return a sign-up's claim; None if it was refused for too many attempts."""
    with suppress(TooManyAttempts):
        return await world.claim(number, identity, seconds=seconds)
    return None


async def test_80_names_on_one_number_at_once_are_5_decided(world: World) -> None:
    """The attempt is charged when the claim opens, so that claims under way count."""
    know(world, OWNER)
    world.registry.gate = asyncio.Event()
    calls = [asyncio.create_task(_tried(world, number, guess(number))) for number in range(80)]
    await world.registry.asked.wait()
    await asyncio.sleep(0.5)
    world.registry.gate.set()
    answers = await asyncio.gather(*calls)
    assert (world.registry.charged, answers.count(None)) == (5, 75)


async def test_150_names_during_an_outage_are_20_in_a_day(world: World) -> None:
    """Claims that wait count too."""
    know(world, OWNER)
    world.registry.script.extend([RegistryAnswer.NOT_SENT] * 150)
    for number in range(150):
        await _tried(world, number, guess(number), seconds=number * _DAY / 150)
    world.registry.script.clear()
    while await world.work(seconds=_DAY + 3_600):
        pass
    assert world.registry.charged == 20


async def test_strangers_take_no_slot(sqlite_databases: Databases) -> None:
    """Claims under wrong names, waiting or under way, leave the owner's slots free."""
    world = await open_world(sqlite_databases, policy=OperatorPolicy(1, 365, 90, builders.ZONE))
    know(world, OWNER)
    world.registry.script.extend([RegistryAnswer.NOT_SENT] * 4)
    for number in range(4):
        await _tried(world, number, guess(number))
    claim = await _tried(world, 5, OWNER)
    assert claim is not None
    assert claim.state is ClaimState.SUCCEEDED
    await world.database.close()


async def test_strangers_do_not_keep_an_owner_from_verifying_again(world: World) -> None:
    """An account with a record is charged by itself."""
    know(world, OWNER)
    mine = await world.claim(100, OWNER)
    for number in range(6):
        await _tried(world, number, guess(number))
    assert await _tried(world, 7, OWNER) is None
    again = await world.claim(101, OWNER, token=mine.account_token)
    assert again.state is ClaimState.SUCCEEDED


async def test_a_refusal_does_not_tell_whose_number_it_is(world: World) -> None:
    """Where another person's attempts are used up, the claim ends like a wrong guess, and is not sent."""
    know(world, OWNER, OTHER)
    mine = await world.claim(100, OTHER)
    for number in range(5):
        await _tried(world, number, guess(number))
    sent = len(world.registry.checks)
    for number, identity in ((6, guess(9)), (7, OWNER)):
        claim = await world.claim(number, identity, token=mine.account_token)
        assert (claim.state, claim.failure_reason) == (ClaimState.FAILED, FailureReason.MISMATCH)
    assert len(world.registry.checks) == sent


@pytest.mark.parametrize("mine", [True, False])
async def test_what_an_account_names_is_charged_whoever_it_is(world: World, mine: bool) -> None:
    """The attack: whether a sixth name was refused told whose number an account had named before."""
    know(world, OWNER, OTHER)
    account = await world.claim(100, OWNER if mine else OTHER)
    for number in range(4):
        await _tried(world, number, guess(number))
    claim = await world.claim(50, guess(50), token=account.account_token)
    assert claim.failure_reason is FailureReason.MISMATCH
    assert await _tried(world, 60, guess(60)) is None
