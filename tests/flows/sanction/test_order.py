"""Orders of authorities over both databases: carried out by which sanctions, and which are overdue."""

import asyncio
from datetime import date
from typing import Any

import pytest

from idvault.sanction.order import acts
from idvault_client.errors import RequestIdReused
from idvault_client.sanctions import PlatformOrder
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.error import Reason
from idvault_verify.sanction import (
    AuthorityOrder,
    Degree,
    IssuerKind,
    OrderState,
    SanctionState,
    Scope,
    StatementOfReasons,
)
from tests.support.misses import missed
from tests.support.refusal import fields_of, reason_of
from tools.support.flow_world import PARTY, at, request_id
from tools.support.in_process import ids
from tools.support.sanction_world import SanctionWorld, reasons, signing

HOUR = 3_600
OPEN, OVERDUE = OrderState.OPEN, OrderState.OVERDUE
CARRIED_OUT, LATE = OrderState.CARRIED_OUT, OrderState.CARRIED_OUT_LATE


def order(number: int = 1) -> AuthorityOrder:
    return AuthorityOrder(
        "an authority (synthetic)", f"order {number}", date(2026, 2, 27), bytes([number]) * 32
    )


def carrying(number: int = 1) -> StatementOfReasons:
    """Return the statement of a sanction that carries an order out."""
    return reasons(issuer_kind=IssuerKind.AUTHORITY, order=order(number))


async def record(
    world: SanctionWorld,
    number: int = 1,
    *,
    deadline: float = HOUR,
    seconds: float = 0,
    party: str = PARTY,
    **options: Any,
) -> PlatformOrder:
    """Record an order."""
    key, until = signing(await world.clerk(party=party), seconds), at(deadline).business
    asks = world.asks(seconds, party=party)
    return await asks.record_order(order(number), deadline=until, key=key, **options)


async def listed(
    world: SanctionWorld, state: OrderState | None = None, *, seconds: float = 0, size: int = 9
) -> list[str]:
    """Return the ids of a list, read page by page."""
    return [
        each
        for page in await ids(world.asks(seconds).list_orders, state=state, page_size=size)
        for each in page
    ]


async def states(world: SanctionWorld, *, seconds: float = 0) -> list[OrderState | None]:
    """Return every order's state; each list of one state has exactly those."""
    orders = (await world.asks(seconds).list_orders()).orders
    for state in OrderState:
        expected = [each.order_id for each in orders if each.state is state]
        assert await listed(world, state, seconds=seconds) == expected
    return [each.state for each in orders]


async def test_a_sanction_carries_its_order_out(
    world: SanctionWorld, keys: tuple[ModeratorKey, ModeratorKey]
) -> None:
    """By its deadline or late; an order that nobody carries out is overdue from its second on."""
    token = await world.account()
    first, second, _ = [await record(world, number, seconds=number) for number in (1, 2, 3)]
    assert (first.order, first.deadline) == (order(1), at(HOUR).business)
    assert await states(world) == [OPEN, OPEN, OPEN]
    made = await world.impose(token, Degree.WARN, key=keys[0], given=carrying(1))
    assert await states(world, seconds=HOUR - 1) == [CARRIED_OUT, OPEN, OPEN]
    assert await states(world, seconds=HOUR) == [CARRIED_OUT, OVERDUE, OVERDUE]
    late = await world.impose(token, Degree.WARN, key=keys[0], given=carrying(2), seconds=HOUR + 1)
    assert await states(world, seconds=HOUR + 1) == [CARRIED_OUT, LATE, OVERDUE]
    assert await world.pages(size=9, order_id=first.order_id) == [[made.sanction_id]]
    assert await world.pages(size=9, order_id=second.order_id) == [[late.sanction_id]]
    lifted = await world.lift(made, key=keys[0])
    assert await states(world, seconds=HOUR + 1) == [CARRIED_OUT, LATE, OVERDUE]
    assert await world.pages(size=9, order_id=first.order_id, state=SanctionState.IN_FORCE) == [[]]
    assert lifted.statement is not None
    assert lifted.statement.order == first.order


async def test_a_proposal_carries_nothing_out(
    world: SanctionWorld, keys: tuple[ModeratorKey, ModeratorKey]
) -> None:
    """Only the confirmation does."""
    token = await world.account()
    await record(world)
    proposed = await world.impose(token, Degree.LIMIT, key=keys[0], given=carrying(), scope=Scope.PERSON)
    assert await states(world) == [OPEN]
    await world.confirm(proposed, key=keys[1])
    assert await states(world) == [CARRIED_OUT]


async def test_an_order_that_was_carried_out_before(
    world: SanctionWorld, keys: tuple[ModeratorKey, ModeratorKey]
) -> None:
    """The sanction counts although the order is recorded after it, or at the same time."""
    token = await world.account()
    await world.impose(token, Degree.WARN, key=keys[0], given=carrying(1))
    assert (await record(world, 1)).carry_out_time == at(0).business
    await asyncio.gather(world.impose(token, Degree.WARN, key=keys[0], given=carrying(2)), record(world, 2))
    assert await states(world, seconds=HOUR) == [CARRIED_OUT, CARRIED_OUT]
    assert await acts.overdue(world.vault, now=at(HOUR)) == 0
    assert await acts.miss_all(world.vault, at(HOUR), limit=9) == 0


async def test_a_missed_deadline_is_logged_once(
    world: SanctionWorld, keys: tuple[ModeratorKey, ModeratorKey]
) -> None:
    """So that anybody can count it; an order that is carried out late stays counted, and is not overdue."""
    for number in (1, 2):
        await record(world, number, seconds=number)
    token = await world.account()
    await world.impose(token, Degree.WARN, key=keys[0], given=carrying(1))
    assert await acts.miss_all(world.vault, at(HOUR - 1), limit=9) == 0
    assert await acts.overdue(world.vault, now=at(HOUR - 1)) == 0
    assert await acts.miss_all(world.vault, at(HOUR), limit=9) == 1
    assert await acts.miss_all(world.vault, at(HOUR), limit=9) == 0
    assert await acts.overdue(world.vault, now=at(HOUR)) == 1
    assert await missed(world.database) == [("order:deadline:miss", PARTY, at(0).business)]
    assert await world.events("order:") == [
        "order:authority:record",
        "order:authority:record",
        "order:deadline:miss",
    ]
    await world.impose(token, Degree.WARN, key=keys[0], given=carrying(2), seconds=2 * HOUR)
    assert await acts.overdue(world.vault, now=at(2 * HOUR)) == 0
    assert await states(world, seconds=2 * HOUR) == [CARRIED_OUT, LATE]


async def test_two_workers_miss_a_deadline_once(world: SanctionWorld) -> None:
    """The second one finds it stored."""
    await record(world)
    counts = await asyncio.gather(*(acts.miss_all(world.vault, at(HOUR), limit=9) for _ in range(3)))
    assert sum(counts) == 1
    assert await world.events("order:deadline") == ["order:deadline:miss"]


async def test_the_digest_names_an_order(world: SanctionWorld) -> None:
    """Recording it again returns the first; a request id is for one order; another platform has its own."""
    first = await record(world, request_id=request_id(7))
    assert await record(world, request_id=request_id(7), seconds=9) == first
    assert await record(world, deadline=9 * HOUR, request_id=request_id(8)) == first
    assert await record(world, deadline=9 * HOUR, request_id=request_id(8)) == first
    with pytest.raises(RequestIdReused):
        await record(world, 2, request_id=request_id(7))
    other = await record(world, party="platform-b")
    assert other.order_id != first.order_id
    assert await world.events("order:") == ["order:authority:record"] * 2


async def test_lists_do_not_move(world: SanctionWorld) -> None:
    """Pages follow each other; an unknown token and another platform's order are refused."""
    made = [await record(world, number, seconds=number) for number in range(1, 6)]
    assert await listed(world, size=2) == [each.order_id for each in made]
    assert await listed(world, OPEN, size=2) == [each.order_id for each in made]
    assert await fields_of(world.asks().list_orders(page_token="f" * 32)) == ["page_token"]
    theirs = await record(world, party="platform-b")
    assert await reason_of(world.pages(size=9, order_id=theirs.order_id)) is Reason.ORDER_NOT_FOUND
