"""Operators and transfers over both databases: whose right it is, and that nobody escapes by moving."""

import asyncio
from datetime import timedelta

import pytest

from idvault_client.errors import RequestIdReused
from idvault_client.public_accounts import OwnedPublicAccount
from idvault_verify.public_account import PublicAccountState
from idvault_verify.sanction import Degree, SanctionState
from tests.support.refusal import reason_or_none
from tools.support import builders
from tools.support.flow_world import at
from tools.support.public_account_world import DAY, PublicAccountWorld, licence
from tools.support.sanction_world import until

HOUR = 3_600


def rights(shown: OwnedPublicAccount) -> dict[str, bool]:
    return {each.account_token: each.may_publish for each in shown.operators}


async def test_an_operator_comes_and_goes(world: PublicAccountWorld) -> None:
    """Named by the company, shown in every answer, and without right from the next reading after removal."""
    opened = await world.open(await world.company())
    one, two = await world.person(1, who=1), await world.person(2, who=3)
    added = await world.add_operator(opened, one)
    assert rights(added) == {one: True}
    both = await world.add_operator(opened, two, seconds=1)
    assert rights(both) == {one: True, two: True}
    assert both.profile.revision > added.profile.revision > opened.profile.revision
    assert await world.get(opened) == both
    assert (await world.asks().list_page()).public_accounts == (both,)
    assert await world.add_operator(opened, one) == both
    left = await world.remove_operator(opened, one)
    assert rights(left) == rights(await world.get(opened)) == {two: True}
    assert await world.remove_operator(opened, one) == left
    assert [kind for kind in await world.events() if "operator" in kind] == [
        "publicaccount:operator:add",
        "publicaccount:operator:add",
        "publicaccount:operator:remove",
    ]


async def test_a_right_ends_with_what_it_needs(world: PublicAccountWorld) -> None:
    """A suspended operator, a closed company and the grace period stop it, to the second."""
    company, key = await world.company(), await world.sanctions.moderator(1)
    keys = (key, await world.sanctions.moderator(2))
    opened = await world.open(company)
    person = await world.person()
    await world.add_operator(opened, person)
    await world.sanctions.impose(person, Degree.SUSPEND, key=key, given=until(HOUR))
    assert rights(await world.get(opened, seconds=HOUR - 1)) == {person: False}
    assert rights(await world.get(opened, seconds=HOUR)) == {person: True}
    closing = await world.sanctions.closed(company, keys, seconds=HOUR)
    assert rights(await world.get(opened, seconds=HOUR)) == {person: False}
    assert await reason_or_none(world.add_operator(opened, person, seconds=HOUR)) is None
    await world.sanctions.lift(closing, key=key, seconds=HOUR)
    assert rights(await world.get(opened, seconds=365 * DAY)) == {person: False}
    assert rights(await world.remove_operator(opened, person, seconds=HOUR)) == {}


async def test_who_is_no_operator(world: PublicAccountWorld) -> None:
    """A company, and somebody unknown; another platform names none."""
    company, person = await world.company(), await world.person()
    opened = await world.open(company)
    assert await reason_or_none(world.add_operator(opened, company)) == "OPERATOR_NOT_ELIGIBLE"
    assert await reason_or_none(world.add_operator(opened, "acct_" + "0" * 26)) == "ACCOUNT_NOT_FOUND"
    assert await reason_or_none(world.add_operator(opened, "acct_7" + "z" * 25)) == "ACCOUNT_NOT_FOUND"
    assert (
        await reason_or_none(world.add_operator(opened, person, party="platform-b"))
        == "PUBLIC_ACCOUNT_NOT_FOUND"
    )


async def test_a_transfer(world: PublicAccountWorld) -> None:
    """Offered, accepted: another company owns it, the day is public, operators and licence are gone."""
    first, second = await world.company(90), await world.company(91, body="MA000002")
    opened = await world.open(first, licence(builders.TODAY + timedelta(days=90)))
    await world.add_operator(opened, await world.person())
    offered = await world.offer(opened, second)
    assert offered.account_token == first
    moved = await world.accept(opened, second, seconds=DAY)
    assert moved.account_token == second
    assert (moved.profile.state, moved.profile.licence) == (PublicAccountState.ACTIVE, None)
    assert moved.profile.owner_changed_on == builders.TODAY + timedelta(days=1)
    assert (moved.operators, moved.offer) == ((), None)
    assert moved.profile.revision > offered.profile.revision
    assert await world.get(opened, seconds=DAY) == moved
    assert await world.pages(account_token=first) == [[]]
    assert await world.pages(account_token=second) == [[moved.public_account_id]]
    assert await reason_or_none(world.accept(opened, second, seconds=DAY)) == "TRANSFER_NOT_OFFERED"
    assert [kind for kind in await world.events() if "transfer" in kind] == [
        "publicaccount:transfer:accept",
        "publicaccount:transfer:offer",
    ]
    # The new owner acts, and may give it back.
    await world.offer(opened, first, seconds=DAY)
    back = await world.accept(opened, first, seconds=2 * DAY)
    assert back.profile.revision > moved.profile.revision
    assert back.account_token == first


async def test_who_does_not_get_it(world: PublicAccountWorld) -> None:
    """Another kind, an unknown account, and one to whom nobody offered it, whose owner nobody knows."""
    opened = await world.open(await world.company())
    (legacy,) = await world.sanctions.campaigns.members(1)
    assert await reason_or_none(world.accept(opened, legacy)) == "TRANSFER_NOT_OFFERED"
    assert await reason_or_none(world.offer(opened, await world.person())) == "KIND_DIFFERS"
    assert await reason_or_none(world.offer(opened, "acct_" + "0" * 26)) == "ACCOUNT_NOT_FOUND"


async def test_the_limit_of_the_new_owner(world: PublicAccountWorld) -> None:
    """Counted by person, whatever token accepts and whoever owned it: no answer links two accounts."""
    mine, also_mine, theirs = (
        await world.person(1, who=1),
        await world.person(2, who=1),
        await world.person(3, who=3),
    )
    opened, second = await world.open(mine), await world.open(theirs)
    await world.offer(second, also_mine)
    assert await reason_or_none(world.accept(second, also_mine)) == "OWNER_NOT_ELIGIBLE"
    await world.offer(opened, also_mine)
    assert await reason_or_none(world.accept(opened, also_mine)) == "OWNER_NOT_ELIGIBLE"
    assert (await world.get(second)).account_token == theirs


async def test_nobody_escapes_a_sanction(world: PublicAccountWorld) -> None:
    """Neither offer, acceptance nor closing while a sanction of the owner is in force or proposed."""
    sanctions = world.sanctions
    first, second = await world.company(90), await world.company(91, body="MA000002")
    opened, key = await world.open(first), await sanctions.moderator(1)
    await world.offer(opened, second)

    async def told() -> list[str | None]:
        works = (world.offer(opened, second), world.accept(opened, second), world.close(opened))
        return [await reason_or_none(work) for work in works]

    warned = await sanctions.impose(first, Degree.WARN, key=key)
    assert await told() == ["SANCTION_OPEN"] * 3
    await sanctions.lift(warned, key=key)
    proposed = await sanctions.impose(first, Degree.CLOSE, key=key)
    assert await told() == ["SANCTION_OPEN"] * 3
    assert await reason_or_none(world.close(opened, seconds=72 * HOUR)) is None
    assert (await sanctions.get(proposed, seconds=72 * HOUR)).state is SanctionState.LAPSED


async def test_parallel_acceptances_and_closings(world: PublicAccountWorld) -> None:
    """One of them takes effect; after it, the other is told, whichever account it locks first."""
    first, second = await world.company(90), await world.company(91, body="MA000002")
    opened = await world.open(first)
    await world.offer(opened, second)
    told = await asyncio.gather(
        reason_or_none(world.accept(opened, second)), reason_or_none(world.close(opened))
    )
    assert tuple(told) in {(None, None), (None, "STORE_UNAVAILABLE"), ("PUBLIC_ACCOUNT_NOT_LIVE", None)}
    # What was refused because the owner changed meanwhile is told on repetition.
    state = (await world.get(opened)).profile.state
    assert state in (PublicAccountState.ACTIVE, PublicAccountState.CLOSED)


async def test_repeats(world: PublicAccountWorld) -> None:
    """The same request is the same act; with another body it is refused."""
    first, second = await world.company(90), await world.company(91, body="MA000002")
    opened, person = await world.open(first), await world.person()
    ids = [world.sanctions.new_id() for _ in range(4)]
    for _ in range(2):
        await world.add_operator(opened, person, request_id=ids[0])
    for _ in range(2):
        await world.remove_operator(opened, person, request_id=ids[1])
    offered = [await world.offer(opened, second, request_id=ids[2]) for _ in range(2)]
    assert offered[0] == offered[1]
    moved = [await world.accept(opened, second, request_id=ids[3]) for _ in range(2)]
    assert moved[0] == moved[1]
    with pytest.raises(RequestIdReused):
        await world.accept(opened, first, request_id=ids[3])
    assert len(await world.events()) == 6


async def test_nothing_changes_while_the_log_stands_still(world: PublicAccountWorld) -> None:
    """Every act asks the log guard first."""
    company, person = await world.company(), await world.person()
    opened = await world.open(company)
    world.claims.waiting.oldest = at(-HOUR).real
    for work in (
        world.add_operator(opened, person, seconds=5),
        world.remove_operator(opened, person, seconds=5),
        world.offer(opened, person, seconds=5),
        world.accept(opened, person, seconds=5),
    ):
        assert await reason_or_none(work) == "LOG_UNAVAILABLE"
