"""Acts of platforms and of usage, interrupted at each statement and at the commit, on both databases."""

from uuid import uuid4

from idvault.core.act import SYSTEM
from idvault.core.request import MemberAsked
from idvault.core.usage import CHARGED, UsageBatch
from idvault.platform import acts as platform_acts
from idvault.platform.usage import acts as usage_acts
from idvault.platform.usage.rules import ACCOUNTS, RECORDS
from idvault_verify.session import Proof
from tests.storage import torn
from tests.storage.test_torn_acts import Prepare
from tests.storage.torn import Act
from tools.support.storage_world import World, at


async def _accept(world: World) -> Act:
    name = "platform-a"
    await platform_acts.register(world.vault, SYSTEM, at(), name=name, role="platform", spki="a" * 64)
    return lambda: platform_acts.accept(world.vault, SYSTEM, at(), name, proofs=[Proof.RESULT_ONLY])


async def _register(world: World) -> Act:
    spki = "a" * 64
    asked = MemberAsked("b" * 32, str(uuid4()), "RegisterPlatform", b"content")
    return lambda: platform_acts.register(
        world.vault, asked, at(), name="platform-a", role="platform", spki=spki
    )


async def _revoke(world: World) -> Act:
    await (await _register(world))()
    asked = MemberAsked("b" * 32, str(uuid4()), "RevokePlatform", b"content")
    return lambda: platform_acts.revoke(world.vault, asked, at(), "platform-a", "a" * 64)


async def _present(world: World) -> Act:
    await (await _register(world))()
    origins = ("https://im.example",)
    return lambda: platform_acts.present(
        world.vault, SYSTEM, at(), "platform-a", title="A title", origins=origins
    )


async def _add_usage(world: World) -> Act:
    """A batch of two platforms and two months, after another one of the same process."""
    counts = {("platform-b", "2026-03", CHARGED): 2, ("platform-a", "2026-02", CHARGED): 1}
    first, second = (UsageBatch(process="c" * 32, number=each, counts=counts) for each in (1, 2))
    await usage_acts.add(world.vault, SYSTEM, at(), first)
    return lambda: usage_acts.add(world.vault, SYSTEM, at(), second)


async def _count_stored(world: World) -> Act:
    """Replace what an hour ago was stored of two platforms, of which one has nothing any more."""
    month = "2026-03"
    for party in ("platform-a", "platform-b"):
        await usage_acts.put(world.vault, SYSTEM, at(), month, {(party, month, ACCOUNTS): 5}, hour=1)
    numbers = {("platform-a", month, what): 4 for what in (ACCOUNTS, RECORDS)}
    return lambda: usage_acts.put(world.vault, SYSTEM, at(), month, numbers, hour=2)


ACTS: dict[Prepare, str] = {
    _register: "platform.register",
    _revoke: "platform.revoke",
    _present: "platform.present",
    _add_usage: "usage.add",
    _count_stored: "usage.put",
    _accept: "platform.accept",
}


class TestTornPlatforms(torn.UnsentActs):
    """Callers, what platforms present, and usage: all of them or nothing."""

    acts = ACTS
