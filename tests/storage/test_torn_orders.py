"""Acts about signed orders, interrupted at each statement and at the commit, on both databases."""

from datetime import timedelta

from idvault.authority import acts as authority_acts
from idvault.authority.joint_operation import acts as joint_acts
from idvault.authority.joint_operation import rules as joint_rules
from idvault.core.act import SYSTEM
from idvault.core.request import MemberAsked
from idvault.platform import acts as platform_acts
from idvault.sanction.operation import acts as operation_acts
from idvault.sanction.operation import store as operation_store
from idvault.sanction.order import acts as order_acts
from idvault.sanction.order.rules import IssuedTerms, RecordedOrder
from idvault_verify.attest import order as papers
from idvault_verify.attest.order import WithdrawalTerms
from tests.storage import torn
from tests.storage.test_torn_acts import CALLER, Prepare
from tests.storage.torn import Act
from tools.support import builders, orders
from tools.support.storage_world import World, at

_ISSUER = "b" * 32
_DAY = builders.TODAY


def _order(order_id: str) -> RecordedOrder:
    terms = orders.terms(order_id=order_id)
    signed = orders.signed(terms)
    return RecordedOrder(
        order_id,
        terms.platform,
        papers.named(terms, signed=signed, organisation="an office (synthetic)"),
        at(after=timedelta(hours=1)).business,
        at().business,
        issued=IssuedTerms(_ISSUER, signed, terms.target_kind, terms.target, terms.measure),
    )


def _asked(number: int) -> MemberAsked:
    return MemberAsked(_ISSUER, f"00000000-0000-4000-8000-{number:012}", "IssueOrders", b"content")


async def _given(world: World) -> RecordedOrder:
    """Register the platform, and give it an order."""
    name = orders.PLATFORM
    await platform_acts.register(world.vault, SYSTEM, at(), name=name, role="platform", spki="a" * 64)
    order = _order("ab" * 16)
    await authority_acts.issue_stored(world.vault, _asked(1), at(), _ISSUER, [order], _DAY)
    return order


async def _issue(world: World) -> Act:
    await _given(world)
    given = [_order("cd" * 16), _order("ef" * 16)]
    return lambda: authority_acts.issue_stored(world.vault, _asked(2), at(), _ISSUER, given, _DAY)


async def _withdraw(world: World) -> Act:
    order = await _given(world)
    terms = WithdrawalTerms(order.order_id, order.order.digest, "office-a", "by mistake", 1)
    signed = orders.signed(terms)
    return lambda: authority_acts.withdraw_stored(
        world.vault, _asked(3), at(), _ISSUER, order.order_id, terms, signed
    )


async def _acknowledge(world: World) -> Act:
    order, request = await _given(world), world.request()
    digest = order.order.digest
    act = order_acts.acknowledge.act.run
    return lambda: act(world.vault, CALLER, at(), request, order.order_id, b"paper", digest)


async def _object(world: World) -> Act:
    order, request = await _given(world), world.request()
    act, digest = order_acts.object_to.act.run, order.order.digest
    return lambda: act(world.vault, CALLER, at(), request, order.order_id, b"paper", digest, "unknown")


async def _join(world: World) -> Act:
    await _given(world)
    await platform_acts.register(world.vault, SYSTEM, at(), name="platform-b", role="platform", spki="b" * 64)
    terms = orders.joint()
    made = joint_rules.opened(
        terms=terms, signed=orders.signed(terms), issuer=_ISSUER, zone=builders.ZONE, now=at().business
    )
    return lambda: joint_acts.open_stored(world.vault, _asked(4), at(), made, terms, _DAY)


async def _end(world: World) -> Act:
    await (await _join(world))()
    late = at(after=timedelta(days=90))
    [first, *_] = await world.vault.read(
        "test", lambda one: operation_store.ended(one, now=late.business, limit=9)
    )
    return lambda: operation_acts.end(world.vault, SYSTEM, late, first)


ACTS: dict[Prepare, str] = {
    _join: "joint_operation.open",
    _end: "operation.end",
    _issue: "authority.issue",
    _withdraw: "authority.withdraw",
    _acknowledge: "order.acknowledge",
    _object: "order.object",
}


class TestTornOrders(torn.UnsentActs):
    """Orders, joint operations and their entries: all of them or nothing."""

    acts = ACTS
