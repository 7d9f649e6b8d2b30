"""Second factors against both databases: charged tries, spent steps, one pending secret."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from idvault.core.act import MemberActor, known
from idvault.core.request import Request
from idvault.core.second_factor import SecondFactorError, Tries
from idvault.core.tables.people import second_factors
from idvault.people.second_factor import acts
from idvault.people.second_factor.rules import SecondFactor
from idvault.sealing.ports import FreshSecret
from idvault_verify.error import AlreadyExistsError, DeniedError, Reason
from tools.support.storage_world import World, at

WHO = MemberActor("d" * 32)


async def _begin(world: World, secret: bytes, *, request: Request | None = None) -> bytes:
    fresh, asked = FreshSecret(secret, b"for the person: " + secret), request or world.request()
    return await acts.begin_stored.run(world.vault, WHO, at(), asked, fresh, "auditor-a")


async def _confirm(world: World, secret: bytes, *, step: int = 10, request: Request | None = None) -> bool:
    found = SecondFactor(WHO.actor_id, None, secret, None, Tries())
    asked = request or world.request()
    try:
        await acts.confirm_stored.run(world.vault, WHO, at(), asked, found, step, "auditor-a")
    except SecondFactorError:
        assert await known(world.vault, asked) is None
        return False
    return True


async def _charge(world: World, *, after: timedelta = timedelta(0)) -> SecondFactor:
    return await acts.charge(world.vault, WHO, at(after=after))


async def _accept(world: World, secret: bytes, step: int) -> bool:
    return await acts.accept(world.vault, WHO, at(), secret, step)


async def _enrolled(world: World, secret: bytes = b"first") -> None:
    await _begin(world, secret)
    assert await _confirm(world, secret)


async def _locked(world: World, *, after: timedelta) -> Reason | None:
    try:
        await _charge(world, after=after)
    except DeniedError as error:
        return error.reason
    return None


async def test_a_secret_counts_once_it_is_confirmed(world: World) -> None:
    """A new secret is pending beside the active one; once confirmed it replaces it, with its step spent."""
    assert await acts.find(world.vault, WHO.actor_id) is None
    await _enrolled(world)
    await _charge(world)
    await _begin(world, b"second")
    await _begin(world, b"third")
    found = await acts.find(world.vault, WHO.actor_id)
    assert found is not None
    assert (found.active, found.pending, found.last_step, found.tries.count) == (b"first", b"third", 10, 1)
    assert not await _confirm(world, b"second")
    assert await _confirm(world, b"third", step=4)
    found = await acts.find(world.vault, WHO.actor_id)
    assert found is not None
    assert (found.active, found.pending, found.last_step, found.tries.count) == (b"third", None, 4, 0)
    assert b"third" not in repr(found).encode()


async def test_repeats_are_recognised(world: World) -> None:
    """A repeated begin returns the first answer, a repeated confirm passes, a different body is refused."""
    request, confirming = world.request(), world.request()
    answer = await _begin(world, b"first", request=request)
    assert await _begin(world, b"other", request=request) == answer == b"for the person: first"
    assert await _confirm(world, b"first", request=confirming)
    before = await world.contents()
    assert await _confirm(world, b"first", request=confirming)
    assert await world.contents() == before
    with pytest.raises(AlreadyExistsError):
        await _begin(world, b"x", request=Request(request.caller, request.request_id, b"o" * 32))


async def test_a_step_is_spent_once_and_only_forwards(world: World) -> None:
    """The same or an earlier step, and a secret that is no longer active, change nothing."""
    await _enrolled(world)
    await _charge(world)
    assert not await _accept(world, b"first", 10)
    assert not await _accept(world, b"other", 11)
    (row,) = await world.all(select(second_factors))
    assert row.tries == 1
    assert await _accept(world, b"first", 11)
    (row,) = await world.all(select(second_factors))
    assert (row.tries, row.locks, row.locked_until, row.last_step) == (0, 0, None, 11)


async def test_64_at_once_spend_a_step_once(world: World) -> None:
    """Only the first caller succeeds, in both databases."""
    await _enrolled(world)
    done = await asyncio.gather(*(_accept(world, b"first", 12) for _ in range(64)))
    assert done.count(True) == 1


async def test_64_tries_at_once_are_charged_one_by_one(world: World) -> None:
    """Exactly ten of 64 concurrent tries are let through."""
    await _enrolled(world)
    done = await asyncio.gather(*(_locked(world, after=timedelta(0)) for _ in range(64)))
    assert (done.count(None), done.count(Reason.SECOND_FACTOR_LOCKED)) == (10, 54)
