"""The acts of notifications, interrupted at each statement and at the commit, on both databases."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from idvault.core.act import SYSTEM
from idvault.core.topic import Audience
from idvault.notification import acts, rules
from idvault.notification.rules import Failure, Notification, Recipient, SendError
from idvault_verify.event import EventType
from tests.storage import torn
from tests.storage.torn import Act
from tests.support.notified_world import happen
from tools.support.flow_world import PARTY
from tools.support.storage_world import World, at

Prepare = Callable[[World], Awaitable[Act]]
_NAME = "desk"
_RECIPIENT = Recipient(_NAME, Audience.PLATFORM, webhook="https://hooks.example/", secret="whsec_")
_OTHER = Recipient("other", Audience.PLATFORM, webhook="https://hooks.example/", secret="whsec_")


async def _happened(world: World) -> None:
    """Let something happen to three things, to one of them twice."""
    for number in (1, 2, 3, 3):
        fields = {"erasure_id": f"{number:032x}", "erase_at": "2026-01-01"}
        await happen(world.vault, SYSTEM, at(), EventType.ERASURE_REQUEST, PARTY, fields)


async def _distribute(world: World) -> Act:
    """The rows of one outbox, of which two recipients hear."""
    await _happened(world)
    return lambda: acts.distribute(world.vault, SYSTEM, at(), [_RECIPIENT, _OTHER])


async def _compose(world: World) -> Act:
    await (await _distribute(world))()
    return lambda: acts.compose(world.vault, SYSTEM, at(), _NAME, _RECIPIENT)


async def _forget(world: World) -> Act:
    """What nobody hears who is out of the file."""
    await (await _distribute(world))()
    return lambda: acts.compose(world.vault, SYSTEM, at(), _NAME, None)


async def _made(world: World) -> Notification:
    await (await _compose(world))()
    [made] = await acts.unsent(world.vault)
    return made


async def _begin(world: World) -> Act:
    made = await _made(world)
    return lambda: acts.begin(world.vault, SYSTEM, at(), made)


async def _fail(world: World) -> Act:
    made = await _made(world)
    return lambda: acts.fail(world.vault, SYSTEM, at(), made, SendError(Failure.REFUSED, 503), dies=False)


def _died(world: World, made: Notification) -> Act:
    late = at(after=rules.GIVEN_UP)
    return lambda: acts.fail(world.vault, SYSTEM, late, made, SendError(Failure.LATE), dies=True)


async def _give_up(world: World) -> Act:
    """The message is dead, and its things are free."""
    return _died(world, await _made(world))


async def _arrive(world: World) -> Act:
    made = await _made(world)
    return lambda: acts.arrive(world.vault, SYSTEM, at(), made.message_id)


async def _revive(world: World) -> Act:
    made = await _made(world)
    await _died(world, made)()
    return lambda: acts.revive(world.vault, SYSTEM, at(after=timedelta(days=4)), made.message_id)


async def _forget_dead(world: World) -> Act:
    await _died(world, await _made(world))()
    late = at(after=timedelta(days=rules.DEAD_DAYS + 4))
    return lambda: acts.forget_dead(world.vault, SYSTEM, late, days=rules.DEAD_DAYS)


ACTS: dict[Prepare, str] = {
    _distribute: "notification.distribute",
    _compose: "notification.compose",
    _forget: "notification.compose",
    _begin: "notification.begin",
    _fail: "notification.fail",
    _give_up: "notification.fail",
    _arrive: "notification.arrive",
    _revive: "notification.revive",
    _forget_dead: "notification.forget_dead",
}


class TestTornNotifications(torn.InterruptedActs):
    """Outbox, things to tell and messages: none is lost between them, in two of them, or told twice."""

    acts = ACTS
