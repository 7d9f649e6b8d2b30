"""Signed orders over both databases: given, delivered, answered, carried out, missed and withdrawn."""

import asyncio
from dataclasses import replace

import pytest

from idvault.sanction.order import acts
from idvault_client.errors import NotFound, PreconditionFailed
from idvault_client.sanctions import CheckedOrder
from idvault_people.authority.officer import GivenOrder, Officer
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.content_measure import ContentMeasureKind
from idvault_verify.error import Reason
from idvault_verify.order import OrderMeasure, OrderSource
from idvault_verify.sanction import Degree, OrderState, Scope
from idvault_verify.tip_off import TargetKind
from tests.support.refusal import fields_of, reason_of
from tools.support.authority_world import TERM, AuthorityWorld, carrying
from tools.support.flow_world import PARTY, at
from tools.support.in_process import ids
from tools.support.orders import OTHER_OFFICE
from tools.support.sanction_world import signing

Keys = tuple[ModeratorKey, ModeratorKey]
STRANGER = "acct_" + "0" * 25 + "7"


async def acknowledge(
    world: AuthorityWorld, order: CheckedOrder, key: ModeratorKey, *, seconds: float = 0
) -> OrderState | None:
    asks = world.asks(seconds)
    return (await asks.acknowledge_order(order, key=signing(key, seconds))).state


async def object_to(
    world: AuthorityWorld,
    order: CheckedOrder,
    key: ModeratorKey,
    *,
    seconds: float = 0,
    reason: str = "unknown",
) -> OrderState | None:
    asks = world.asks(seconds)
    return (await asks.object_to_order(order, reason, key=signing(key, seconds))).state


def every(officer: Officer, state: OrderState | None = None) -> list[GivenOrder]:
    return list(officer.every(state=state))


async def states(world: AuthorityWorld, *, seconds: float = 0) -> dict[str, OrderState | None]:
    """Return each order's state; the authority, the platform and each list of one state say the same."""
    shown = {each.order_id: each.state for each in await world.orders(seconds=seconds)}
    officer = world.officer(seconds=seconds)
    for state in OrderState:
        expected = sorted(order_id for order_id, its in shown.items() if its is state)
        pages = await ids(world.asks(seconds).list_orders, state=state, page_size=1)
        assert sorted(each for page in pages for each in page) == expected
        read = await asyncio.to_thread(every, officer, state)
        assert sorted(each.order_id for each in read if each.platform == PARTY) == expected
        assert all(each.state is state for each in read)
    return shown


async def test_an_order_is_delivered_and_carried_out(world: AuthorityWorld, keys: Keys) -> None:
    """The platform checks it, acknowledges it, and carries it out in time; the authority reads when."""
    token = await world.account()
    [given] = await world.issue((PARTY, token))
    [listed] = await world.orders()
    assert (listed.source, listed.state) == (OrderSource.SIGNED, OrderState.OPEN)
    order = await world.checked(given)
    assert (order.terms.target, order.terms.measure) == (token, OrderMeasure.WARN)
    assert await acknowledge(world, order, keys[0], seconds=9) is OrderState.ACKNOWLEDGED
    assert await acknowledge(world, order, keys[1], seconds=20) is OrderState.ACKNOWLEDGED
    made = await world.impose(token, Degree.WARN, key=keys[0], given=carrying(order), seconds=30)
    assert await states(world, seconds=40) == {given.order_id: OrderState.CARRIED_OUT}
    assert await world.pages(order_id=given.order_id) == [[made.sanction_id]]
    read = await world.read(given, seconds=2 * TERM)
    assert (read.state, read.missed) == (OrderState.CARRIED_OUT, False)
    assert (read.acknowledge_time, read.carry_out_time) == (at(9).business, at(30).business)
    assert await world.events("order:") == ["order:authority:issue", "order:platform:acknowledge"]
    assert await acts.miss_all(world.vault, at(2 * TERM), limit=9) == 0


async def test_each_platform_gets_its_own_target(world: AuthorityWorld) -> None:
    """One call, two platforms: neither list has anything of the other's order."""
    mine, theirs = await world.issue((PARTY, STRANGER), ("platform-b", STRANGER[:-1] + "8"))
    for party, given in ((PARTY, mine), ("platform-b", theirs)):
        [listed] = await world.orders(party=party)
        assert listed.order_id == given.order_id
        assert (await world.checked(given, party=party)).terms.platform == party
    assert STRANGER[:-1] + "8" not in repr((await world.orders())[0].signed_order)
    assert await reason_of(world.pages(order_id=theirs.order_id)) is Reason.ORDER_NOT_FOUND


async def test_only_a_sanction_of_its_target_carries_it_out(world: AuthorityWorld, keys: Keys) -> None:
    """Of at least the degree that it names; a milder one, and one of another account, leave it open."""
    token, other = await world.account(), await world.account(2)
    [given] = await world.issue((PARTY, token), measure=OrderMeasure.LIMIT)
    statement = carrying(await world.checked(given))
    await world.impose(other, Degree.LIMIT, key=keys[0], given=statement)
    await world.impose(token, Degree.WARN, key=keys[0], given=statement)
    proposed = await world.impose(token, Degree.SUSPEND, key=keys[0], given=statement, scope=Scope.PERSON)
    assert await states(world) == {given.order_id: OrderState.OPEN}
    await world.confirm(proposed, key=keys[1], seconds=TERM + 1)
    assert await states(world, seconds=TERM + 2) == {given.order_id: OrderState.CARRIED_OUT_LATE}
    assert (await world.read(given, seconds=TERM + 2)).missed


async def test_a_measure_on_its_content_carries_it_out(world: AuthorityWorld, keys: Keys) -> None:
    """At least as hard as ordered, on the content that the order names; a sanction does not."""
    token, asks = await world.account(), world.platform().content_measures
    [given] = await world.issue((PARTY, "post/17"), kind=TargetKind.CONTENT, measure=OrderMeasure.RESTRICT)
    order = await world.checked(given)
    assert (order.terms.target_kind, order.terms.target) == (TargetKind.CONTENT, "post/17")
    await world.impose(token, Degree.SUSPEND, key=keys[0], given=carrying(order))
    key, statement = signing(keys[0], 0), carrying(order)
    await asks.impose("post/17", ContentMeasureKind.LABELLED, statement, key=key)
    await asks.impose("post/18", ContentMeasureKind.REMOVED, statement, key=key)
    assert await states(world) == {given.order_id: OrderState.OPEN}
    await asks.impose("post/17", ContentMeasureKind.REMOVED, statement, key=key)
    assert await states(world) == {given.order_id: OrderState.CARRIED_OUT}


async def test_an_objection_stops_no_deadline(world: AuthorityWorld, keys: Keys) -> None:
    """An unknown target is the platform's objection, not the vault's error; the deadline runs on."""
    [given] = await world.issue((PARTY, STRANGER))
    order = await world.checked(given)
    assert await object_to(world, order, keys[0], reason="no such account", seconds=5) is OrderState.OBJECTED
    assert await states(world, seconds=6) == {given.order_id: OrderState.OBJECTED}
    read = await world.read(given, seconds=6)
    assert (read.objection, read.object_time, read.missed) == ("no such account", at(5).business, False)
    assert await acts.miss_all(world.vault, at(TERM), limit=9) == 1
    assert await states(world, seconds=TERM) == {given.order_id: OrderState.OVERDUE}
    assert (await world.read(given, seconds=TERM)).missed
    with pytest.raises(PreconditionFailed) as refused:
        await object_to(world, order, keys[0], seconds=TERM)
    assert refused.value.states is not None
    assert await world.events("order:") == [
        "order:authority:issue", "order:deadline:miss", "order:platform:object",
    ]  # fmt: skip


async def test_a_withdrawn_order_is_over_and_stays(world: AuthorityWorld, keys: Keys) -> None:
    """Nothing is done in the authority's name afterwards; it is not missed, and every list still has it."""
    token = await world.account()
    [given] = await world.issue((PARTY, token))
    order = await world.checked(given)
    proposed = await world.impose(token, Degree.WARN, key=keys[0], given=carrying(order), scope=Scope.PERSON)
    withdrawn = await world.withdraw(given, seconds=7)
    assert (withdrawn.state, withdrawn.withdraw_time) == (OrderState.WITHDRAWN, at(7).business)
    assert await states(world, seconds=2 * TERM) == {given.order_id: OrderState.WITHDRAWN}
    assert (await world.checked(given, seconds=8)).order == order.order
    again = world.impose(token, Degree.WARN, key=keys[0], given=carrying(order), seconds=9)
    assert await reason_of(again) is Reason.ORDER_WITHDRAWN
    assert await reason_of(world.confirm(proposed, key=keys[1], seconds=9)) is Reason.ORDER_WITHDRAWN
    assert await reason_of(acknowledge(world, order, keys[0], seconds=9)) is Reason.ILLEGAL_TRANSITION
    assert await reason_of(object_to(world, order, keys[0], seconds=9)) is Reason.ILLEGAL_TRANSITION
    assert await reason_of(world.withdraw(given, seconds=9)) is Reason.ILLEGAL_TRANSITION
    assert await acts.miss_all(world.vault, at(TERM), limit=9) == 0
    assert await acts.overdue(world.vault, now=at(TERM)) == 0
    assert not (await world.read(given, seconds=2 * TERM)).missed
    assert await world.events("order:") == ["order:authority:issue", "order:authority:withdraw"]


async def test_what_was_carried_out_may_be_withdrawn(world: AuthorityWorld, keys: Keys) -> None:
    """The platform then lifts its sanction; when it was carried out stays told."""
    token = await world.account()
    [given] = await world.issue((PARTY, token))
    order = await world.checked(given)
    await world.impose(token, Degree.WARN, key=keys[0], given=carrying(order), seconds=3)
    assert await reason_of(object_to(world, order, keys[0], seconds=4)) is Reason.ILLEGAL_TRANSITION
    withdrawn = await world.withdraw(given, seconds=5)
    assert (withdrawn.state, withdrawn.carry_out_time) == (OrderState.WITHDRAWN, at(3).business)


async def test_an_authority_reads_its_own(world: AuthorityWorld) -> None:
    """Another authority's order is not found, in the words for one that nobody gave, and not withdrawn."""
    [given] = await world.issue((PARTY, STRANGER))
    [other] = await world.issue((PARTY, STRANGER), name=OTHER_OFFICE)
    for unknown in (other, replace(given, order_id="f" * 32)):
        with pytest.raises(NotFound) as refused:
            await world.read(unknown)
        assert refused.value.reason == Reason.ORDER_NOT_FOUND.value
    mine = await asyncio.to_thread(every, world.officer())
    assert [each.order_id for each in mine] == [given.order_id]
    theirs = await asyncio.to_thread(every, world.officer(OTHER_OFFICE))
    assert [each.order_id for each in theirs] == [other.order_id]


async def test_an_order_on_paper_stays_one(world: AuthorityWorld, keys: Keys) -> None:
    """It is marked as paper, and nobody acknowledges or withdraws it."""
    [given] = await world.issue((PARTY, STRANGER))
    order = await world.checked(given)
    recorded = await world.asks(1).record_order(
        order.order, deadline=at(TERM).business, key=signing(keys[0], 1)
    )
    assert (recorded.order_id, recorded.source) == (given.order_id, OrderSource.SIGNED)
    of_paper = replace(order.order, digest=bytes(32))
    kept = await world.asks(2).record_order(of_paper, deadline=at(TERM).business, key=signing(keys[0], 2))
    assert kept.source is OrderSource.PAPER
    other = replace(order, terms=replace(order.terms, order_id=kept.order_id), order=of_paper)
    assert await reason_of(acknowledge(world, other, keys[0])) is Reason.ORDER_NOT_FOUND
    assert await reason_of(object_to(world, other, keys[0])) is Reason.ORDER_NOT_FOUND


async def test_what_was_read_is_answered(world: AuthorityWorld, keys: Keys) -> None:
    """A moderator who read another order than the vault keeps acknowledges nothing."""
    [given] = await world.issue((PARTY, STRANGER))
    order = await world.checked(given)
    other = replace(order, order=replace(order.order, digest=bytes(32)))
    assert await fields_of(acknowledge(world, other, keys[0])) == ["order_digest"]
    assert await fields_of(object_to(world, order, keys[0], reason="\n")) == ["reason"]


async def test_orders_are_given_in_one_act(world: AuthorityWorld) -> None:
    """If one of them names a platform that nobody registered, none is given."""
    work = world.issue((PARTY, STRANGER), ("nobody", STRANGER))
    assert await reason_of(work) is Reason.PLATFORM_NOT_FOUND
    assert await world.orders() == []
    assert await world.events("order:") == []


async def test_lists_do_not_move(world: AuthorityWorld) -> None:
    """Pages follow each other at authority and platform; an unknown page token is refused."""
    made = [(await world.issue((PARTY, STRANGER), seconds=number))[0].order_id for number in range(1, 6)]
    pages = await ids(world.asks(9).list_orders, page_size=2)
    assert pages == [made[:2], made[2:4], made[4:]]
    officer = world.officer(seconds=9)
    assert [each.order_id for each in await asyncio.to_thread(every, officer)] == made
