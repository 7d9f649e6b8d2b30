"""Registering platforms and adopting rosters."""

import pytest

from idvault.domain.error import NotFoundError, PreconditionError
from idvault.flows.platform import PlatformFlow
from idvault.flows.roster import RosterFlow
from idvault.storage.platform import SqlPlatformStore
from idvault.storage.roster import SqlRosterStore
from tests.fakes.sealing import CountingEntropy
from tests.flows.world import World, at

SPKI = "f" * 64


async def test_a_platform_is_registered_once_and_keeps_its_actor_id(world: World) -> None:
    """A second certificate of the same name belongs to the same actor."""
    flow = PlatformFlow(
        store=SqlPlatformStore(database=world.database), guard=world.guard, entropy=CountingEntropy()
    )
    first = await flow.register(name="platform-a", role="platform", spki=SPKI, now=at(0))
    assert await flow.register(name="platform-a", role="platform", spki=SPKI, now=at(1)) == first
    second = await flow.register(name="platform-a", role="platform", spki="e" * 64, now=at(2))
    assert second.actor_id == first.actor_id
    revoked = await flow.revoke(name="platform-a", role="platform", spki=SPKI, now=at(3))
    assert revoked.revoked_at == at(3).business
    with pytest.raises(NotFoundError):
        await flow.revoke(name="platform-a", role="platform", spki="0" * 64, now=at(4))


async def test_a_roster_version_is_noted_once_and_never_goes_back(world: World) -> None:
    """An older version, or another file under the same number, is refused."""
    flow = RosterFlow(store=SqlRosterStore(database=world.database), entropy=CountingEntropy())
    assert await flow.adopt(version=1, digest="a" * 64, now=at(0))
    assert not await flow.adopt(version=1, digest="a" * 64, now=at(1))
    assert await flow.adopt(version=2, digest="b" * 64, now=at(2))
    for version, digest in ((1, "a" * 64), (2, "c" * 64)):
        with pytest.raises(PreconditionError):
            await flow.adopt(version=version, digest=digest, now=at(3))
