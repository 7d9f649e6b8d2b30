"""What a sanction closes is not replaced: no new public account for its person or organisation meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from idvault.core.db.database import Database
from idvault.core.policy import PublicAccountLimits
from idvault.public_account.acts import public_account as acts
from idvault_client.errors import PreconditionFailed
from idvault_client.public_accounts import OwnedPublicAccount
from idvault_client.sanctions import AccountSanction
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.error import Reason
from idvault_verify.public_account import PublicAccountState, RejectReason
from idvault_verify.sanction import AppealState, Degree
from tests.support.appeal_world import AppealWorld
from tests.support.refusal import reason_or_none
from tools.support import builders
from tools.support.flow_world import at, command
from tools.support.public_account_world import DAY, MIDNIGHT, PublicAccountWorld
from tools.support.sanction_world import until

ACTIVE, CLOSED, EXPIRED = (
    PublicAccountState.ACTIVE,
    PublicAccountState.CLOSED,
    PublicAccountState.EXPIRED,
)
REJECTED = PublicAccountState.REJECTED
END = 500 * DAY
"""Seconds until a closing ends that outlasts the term and the grace of what it closed."""


@pytest_asyncio.fixture
async def world(main_database: Database) -> AsyncIterator[PublicAccountWorld]:
    """Return the world with a new database of each kind."""
    made = PublicAccountWorld(main_database, sanctions=AppealWorld(main_database))
    yield made
    await made.claims.verification.drain()


@pytest_asyncio.fixture
async def keys(world: PublicAccountWorld) -> tuple[ModeratorKey, ModeratorKey]:
    """Return two moderators."""
    return await world.sanctions.moderator(1), await world.sanctions.moderator(2)


async def tokens_of(world: PublicAccountWorld, kind: str) -> tuple[str, str]:
    """Return two accounts of one person, or of one organisation."""
    if kind == "person":
        return await world.person(1, who=1), await world.person(2, who=1)
    return await world.company(90), await world.company(91)


async def close(
    world: PublicAccountWorld, shown: OwnedPublicAccount, keys: Any, target: str, **options: Any
) -> AccountSanction:
    """Close a public account by two moderators: it alone, or its owner's account."""
    only = shown.public_account_id if target == "public account" else None
    return await world.sanctions.closed(shown.account_token, keys, public_account_id=only, **options)


def told(shown: OwnedPublicAccount) -> tuple[PublicAccountState | None, RejectReason | None]:
    return shown.state, shown.reject_reason


NOT_ELIGIBLE = (REJECTED, RejectReason.OWNER_NOT_ELIGIBLE)
OPEN = (ACTIVE, None)
both_kinds = pytest.mark.parametrize("kind", ["person", "organisation"])
both_targets = pytest.mark.parametrize("target", ["public account", "account"])


@both_kinds
@both_targets
async def test_no_other_one_while_the_closing_is_in_force(
    world: PublicAccountWorld, keys: Any, kind: str, target: str
) -> None:
    """Under no token of the same owner; others' applications are decided as before, and a lift ends it."""
    first, second = await tokens_of(world, kind)
    waiting = await world.apply(second)
    closing = await close(world, await world.open(first), keys, target)
    if target == "public account":
        assert told(await world.open(first)) == NOT_ELIGIBLE
    assert told(await world.approve(waiting)) == NOT_ELIGIBLE
    assert told(await world.open(second, seconds=DAY)) == NOT_ELIGIBLE
    assert told(await world.open(await world.person(9, who=9))) == OPEN
    other = await world.company(99, body="MA000002")
    assert told(await world.open(other)) == OPEN
    await world.sanctions.lift(closing, key=keys[0], seconds=DAY)
    shown = await world.open(second, seconds=DAY)
    # A person has the restored one, and may have only one; an organisation may have five.
    assert told(shown) == (NOT_ELIGIBLE if kind == "person" else OPEN)


@both_targets
async def test_a_closing_outlasts_the_term_of_what_it_closed(
    world: PublicAccountWorld, keys: Any, target: str
) -> None:
    """Its grace and expiry do not free its owner; the end of the sanction does, to the second."""
    first, second = await tokens_of(world, "organisation")
    opened = await world.open(first)
    await close(world, opened, keys, target, given=until(END))
    late = 450 * DAY
    await world.work(seconds=late)
    assert (await world.profile(opened, seconds=late)).state is EXPIRED
    await world.company_again(second, seconds=late)
    assert told(await world.open(second, seconds=late)) == NOT_ELIGIBLE
    assert told(await world.open(second, seconds=END - 1)) == NOT_ELIGIBLE
    # Its end counts before the worker has stored it.
    assert told(await world.open(second, seconds=END)) == OPEN


@both_targets
async def test_an_upheld_appeal_frees_the_owner(world: PublicAccountWorld, target: str) -> None:
    """A rejected appeal leaves it, an upheld one ends it at once."""
    court = world.sanctions
    assert isinstance(court, AppealWorld)
    first, second = await tokens_of(world, "organisation")
    opened = await world.open(first)
    only = opened.public_account_id if target == "public account" else None
    _, closing, judge = await court.case(Degree.CLOSE, token=first, public_account_id=only)
    appeal = await court.file(closing)
    assert told(await world.open(second)) == NOT_ELIGIBLE
    await court.decide(appeal, AppealState.UPHELD, key=judge)
    assert told(await world.open(second)) == OPEN


async def test_each_closing_ends_only_its_own(world: PublicAccountWorld, keys: Any) -> None:
    """Of two closings the other still counts; a lesser sanction closes nothing, nor does a proposal."""
    first, second = await tokens_of(world, "organisation")
    opened = await world.open(first)
    one = await close(world, opened, keys, "public account")
    two = await close(world, opened, keys, "account")
    await world.sanctions.lift(one, key=keys[0])
    assert told(await world.open(second)) == NOT_ELIGIBLE
    await world.sanctions.lift(two, key=keys[0])
    only = opened.public_account_id
    await world.sanctions.impose(first, Degree.SUSPEND, key=keys[0], public_account_id=only)
    await world.sanctions.impose(first, Degree.CLOSE, key=keys[0], public_account_id=only)
    assert told(await world.open(second)) == OPEN


async def test_an_account_whose_closing_closes_no_public_account(
    world: PublicAccountWorld, keys: Any
) -> None:
    """One that had none, closed its own before, or whose one had expired: its owner is not barred."""
    first, second = await tokens_of(world, "person")
    await world.close(await world.open(first))
    refused = await world.apply(first)
    await world.reject(refused)
    await world.sanctions.closed(first, keys)
    assert told(await world.open(second)) == OPEN

    company, other = await tokens_of(world, "organisation")
    await world.open(company)
    # The last second of grace, and the first one after it, in the deployment's time zone.
    expired = (365 + 30 - 1) * DAY + MIDNIGHT
    await world.company_again(other, seconds=expired - 1)
    closing = await world.sanctions.closed(company, keys, seconds=expired - 1)
    assert told(await world.open(other, seconds=expired)) == NOT_ELIGIBLE
    await world.sanctions.lift(closing, key=keys[0], seconds=expired)
    await world.sanctions.closed(company, keys, seconds=expired)
    assert told(await world.open(other, seconds=expired)) == OPEN


async def test_whoever_closes_first_does_not_escape(world: PublicAccountWorld, keys: Any) -> None:
    """A sanction that closes a public account bars its owner even if its owner has closed it before."""
    first, second = await tokens_of(world, "person")
    opened = await world.open(first)
    await world.close(opened)
    waiting = await world.apply(first)
    await close(world, opened, keys, "public account")
    assert told(await world.approve(waiting)) == NOT_ELIGIBLE
    assert told(await world.open(second)) == NOT_ELIGIBLE


async def test_a_transfer_is_no_way_around_it(world: PublicAccountWorld, keys: Any) -> None:
    """An offer is not accepted, whoever's it is and whenever it was made."""
    first, second = await tokens_of(world, "organisation")
    theirs = await world.open(await world.company(99, body="MA000002"))
    mine, closed = await world.open(first), await world.open(first)
    for each in (theirs, mine):
        await world.offer(each, second)
    closing = await close(world, closed, keys, "public account")
    for each in (theirs, mine):
        assert await reason_or_none(world.accept(each, second)) is Reason.OWNER_NOT_ELIGIBLE
    await world.sanctions.lift(closing, key=keys[0])
    assert await reason_or_none(world.accept(mine, second)) is None


async def test_what_the_owner_has_besides_goes_on(world: PublicAccountWorld, keys: Any) -> None:
    """A sanction of one public account leaves an organisation's others alone, their renewals included."""
    first, _ = await tokens_of(world, "organisation")
    other, closed = await world.open(first), await world.open(first)
    await close(world, closed, keys, "public account")
    late = 320 * DAY
    assert (await world.renew(other, seconds=late)).profile.state is ACTIVE
    with pytest.raises(PreconditionFailed):
        await world.renew(closed, seconds=late)
    assert (await world.profile(closed, seconds=late)).state is CLOSED


async def test_a_rejection_for_a_closing_looks_like_any_other(world: PublicAccountWorld, keys: Any) -> None:
    """Answer, list and log of a barred owner are those of the platform's own no."""
    first, second = await tokens_of(world, "person")
    await close(world, await world.open(first), keys, "public account")
    barred = await world.apply(second)
    plain = await world.apply(await world.person(3, who=3), seconds=1)
    before = await world.events()
    refused = await world.approve(barred)
    rejected = await world.reject(plain, RejectReason.OWNER_NOT_ELIGIBLE)

    def seen(shown: OwnedPublicAccount) -> Any:
        profile = replace(shown.profile, public_account_id="")
        return replace(shown, profile=profile, account_token="", apply_time=builders.NOW)

    assert seen(refused) == seen(rejected)
    assert len(await world.events()) == len(before) + 2
    assert [kind for kind in await world.events() if "reject" in kind] == [
        "publicaccount:application:reject"
    ] * 2


async def test_the_owner_s_own_page_knows(world: PublicAccountWorld, keys: Any) -> None:
    """What a person is told after a match covers a closing, also under another token, and its end."""
    first, second = await tokens_of(world, "organisation")
    opened = await world.open(first)

    async def full() -> list[bool]:
        found = [
            await world.claims.accounts.get(relying_party="platform-a", account_token=token)
            for token in (first, second)
        ]
        return [
            await acts.is_full(world.vault, each, policy=world.policy, now=at(0))
            for each in found
            if each is not None
        ]

    assert await full() == [False, False]
    closing = await close(world, opened, keys, "public account")
    assert await full() == [True, True]
    await world.sanctions.lift(closing, key=keys[0])
    assert await full() == [False, False]


@both_targets
async def test_a_closing_and_an_approval_at_once(world: PublicAccountWorld, keys: Any, target: str) -> None:
    """Whichever comes first, a person who had one public account has no other one afterwards."""
    for number in range(1, 4):
        first, second = [await world.person(10 * number + each, who=number) for each in (0, 1)]
        opened, waiting = await world.open(first), await world.apply(second)
        only = opened.public_account_id if target == "public account" else None
        proposed = await world.sanctions.impose(first, Degree.CLOSE, key=keys[0], public_account_id=only)
        _, decided = await asyncio.gather(
            world.sanctions.confirm(proposed, key=keys[1]), world.approve(waiting)
        )
        assert told(decided) == NOT_ELIGIBLE
        assert (await world.profile(opened)).state is CLOSED


async def test_parallel_approvals_after_a_closing(world: PublicAccountWorld, keys: Any) -> None:
    """However many applications wait under however many tokens, none is approved."""
    first, second = await tokens_of(world, "organisation")
    world.policy = replace(world.policy, public_accounts=PublicAccountLimits(organization=9))
    waiting = [await world.apply(token) for token in (first, second) * 2]
    await close(world, await world.open(first), keys, "public account")
    decided = await asyncio.gather(*(world.approve(each) for each in waiting))
    assert {told(each) for each in decided} == {NOT_ELIGIBLE}


@pytest.mark.parametrize("lifted", [True, False])
async def test_what_follows_a_closing_is_not_replaced(
    world: PublicAccountWorld, keys: Any, lifted: bool
) -> None:
    """An account that follows a person's closing is closed for longer; its public account still counts."""
    first, second = await tokens_of(world, "person")
    opened = await world.open(second)
    closing = await world.sanctions.of_person(first, Degree.CLOSE, keys, given=until(100 * DAY))
    who = builders.identity(number="11000019010101000X")
    await world.claims.verify(command(77, who, account_token=second), seconds=DAY)
    ends = 2 * DAY if lifted else 100 * DAY
    if lifted:
        await world.sanctions.lift(closing, key=keys[0], seconds=ends)
    assert (await world.profile(opened, seconds=ends)).state is CLOSED
    third = (await world.claims.verify(command(78, who), seconds=ends)).account.account_token
    for token in (first, third):
        assert told(await world.open(token, seconds=ends)) == NOT_ELIGIBLE
    back = ends + 31 * DAY
    await world.sanctions.work(seconds=back)
    await world.sanctions.release(seconds=back)
    assert (await world.profile(opened, seconds=back)).state is ACTIVE
    assert told(await world.open(first, seconds=back)) == NOT_ELIGIBLE
