"""The certificates of desks: each is of one registered moderator, and ends with that moderator."""

import pytest

from idvault.core.act import SYSTEM
from idvault.core.platform import Platform
from idvault.platform import acts
from idvault_verify.error import IdvaultError, Reason
from tools.support.flow_world import PARTY
from tools.support.sanction_world import SanctionWorld
from tools.support.storage_world import World, at


async def register(world: World, name: str, *, role: str = "moderator", spki: str = "a" * 64) -> Platform:
    return await acts.register(world.vault, SYSTEM, at(), name=name, role=role, spki=spki)


async def reason_of(world: World, name: str, **options: str) -> Reason:
    with pytest.raises(IdvaultError) as refused:
        await register(world, name, **options)
    return refused.value.reason


async def test_a_desk_is_one_moderators(world: World) -> None:
    """Nobody's desk is registered, and neither is a revoked moderator's; a name keeps its role."""
    staff = SanctionWorld(world.database)
    first, second = await staff.moderator(1), await staff.moderator(2)
    made = await register(world, first.moderator_id)
    assert (made.role, made.relying_party) == ("moderator", PARTY)
    assert await register(world, first.moderator_id) == made
    assert await reason_of(world, "9" * 32, spki="b" * 64) is Reason.MODERATOR_NOT_FOUND
    assert await reason_of(world, second.moderator_id) is Reason.ILLEGAL_TRANSITION, "another's key"
    platform = await register(world, "platform-a", role="platform", spki="c" * 64)
    assert platform.relying_party == ""
    assert (
        await reason_of(world, first.moderator_id, role="platform", spki="d" * 64)
        is Reason.ILLEGAL_TRANSITION
    )
    await staff.revoke(second)
    assert await reason_of(world, second.moderator_id, spki="b" * 64) is Reason.MODERATOR_REVOKED


async def test_a_desk_ends_with_its_moderator(world: World) -> None:
    """As soon as the moderator is revoked, the key counts as revoked; the platform's stays."""
    staff = SanctionWorld(world.database)
    first = await staff.moderator(1)
    await register(world, first.moderator_id)
    await register(world, "platform-a", role="platform", spki="c" * 64)
    assert [each.revoked_at for each in await acts.keys(world.vault)] == [None, None]
    revoked = await staff.revoke(first, seconds=9)
    found = {each.role: each.revoked_at for each in await acts.keys(world.vault)}
    assert found == {"moderator": revoked.revoke_time, "platform": None}
