"""Registering platforms, from the command line and over the API."""

from dataclasses import replace

import pytest

from idvault.core.event_factory import EventFactory
from idvault.platform.acts import OperatorFlow, PlatformCommand, PlatformFlow, PresentationFlow
from idvault.platform.ports import PlatformPages
from idvault.platform.store import SqlPlatformStore
from idvault.verify.error import AlreadyExistsError, InvalidError, NotFoundError, Reason
from tests.support.fakes.sealing import CountingEntropy, FakeFingerprinter
from tests.support.flow_world import World, at, request_id

SPKI = "f" * 64


async def test_a_platform_is_registered_once_and_keeps_its_actor_id(world: World) -> None:
    """A second certificate of the same name has the same actor id."""
    flow = PlatformFlow(
        store=SqlPlatformStore(database=world.database), guard=world.guard, entropy=CountingEntropy()
    )
    first = await flow.register(name="platform-a", role="platform", spki=SPKI, now=at(0))
    assert await flow.register(name="platform-a", role="platform", spki=SPKI, now=at(1)) == first
    second = await flow.register(name="platform-a", role="platform", spki="e" * 64, now=at(2))
    assert second.actor_id == first.actor_id
    revoked = await flow.revoke(name="platform-a", spki=SPKI, now=at(3))
    assert revoked.revoked_at == at(3).business
    with pytest.raises(NotFoundError):
        await flow.revoke(name="platform-a", spki="0" * 64, now=at(4))


async def test_nobody_is_called_like_the_drill(world: World) -> None:
    """The name of drills is refused, and nothing is written."""
    store = SqlPlatformStore(database=world.database)
    flow = PlatformFlow(store=store, guard=world.guard, entropy=CountingEntropy())
    with pytest.raises(InvalidError):
        await flow.register(name="drill", role="platform", spki=SPKI, now=at(0))
    assert await store.all() == []


async def test_an_operator_s_request_is_repeated_and_not_reused(world: World) -> None:
    """A repeat returns the key in its current state; the same id for another key is refused."""
    store = SqlPlatformStore(database=world.database)
    platforms = PlatformFlow(store=store, guard=world.guard, entropy=CountingEntropy())
    flow = OperatorFlow(platforms=platforms, fingerprinter=FakeFingerprinter())
    asked = PlatformCommand("d" * 32, request_id(1), "platform-a", "platform", SPKI)
    first = await flow.register(asked, now=at(0))
    assert await flow.register(asked, now=at(1)) == first
    with pytest.raises(AlreadyExistsError) as reused:
        await flow.register(replace(asked, spki="e" * 64), now=at(2))
    assert reused.value.reason is Reason.REQUEST_ID_REUSED
    revoking = replace(asked, request_id=request_id(2), role="")
    revoked = await flow.revoke(revoking, now=at(3))
    assert (revoked.revoked_at, revoked.role) == (at(3).business, "platform")
    assert await flow.revoke(revoking, now=at(4)) == revoked
    assert await flow.register(asked, now=at(5)) == revoked
    with pytest.raises(AlreadyExistsError):
        await flow.register(replace(asked, request_id=request_id(3)), now=at(6))
    with pytest.raises(NotFoundError):
        await flow.revoke(replace(revoking, request_id=request_id(4), spki="0" * 64), now=at(7))


async def test_a_platform_is_presented_and_changed(world: World) -> None:
    """Title and return origins are replaced as a whole; only a registered platform has them."""
    store = SqlPlatformStore(database=world.database)
    entropy = CountingEntropy()
    platforms = PlatformFlow(store=store, guard=world.guard, entropy=entropy)
    flow = PresentationFlow(store=store, guard=world.guard, events=EventFactory(entropy=entropy))
    await platforms.register(name="platform-a", role="platform", spki=SPKI, now=at(0))
    await platforms.register(name="monitor", role="monitor", spki="e" * 64, now=at(0))
    assert await store.pages(name="platform-a") == PlatformPages()
    twice = ("https://a.example", "https://b.example", "https://a.example")
    await flow.present(name="platform-a", title="A", origins=twice, now=at(1))
    assert await store.pages(name="platform-a") == PlatformPages("A", twice[:2])
    await flow.present(name="platform-a", title="A", origins=twice, now=at(2))
    await flow.present(name="platform-a", title="", origins=(), now=at(3))
    assert await store.pages(name="platform-a") == PlatformPages()
    for name in ("monitor", "unknown"):
        with pytest.raises(NotFoundError):
            await flow.present(name=name, title="A", origins=(), now=at(4))
    for origins in (("https://a.example/",), tuple(f"https://{n}.example" for n in range(11))):
        with pytest.raises(InvalidError) as refused:
            await flow.present(name="platform-a", title="", origins=origins, now=at(5))
        assert refused.value.violations[0].field == "return_origin"
