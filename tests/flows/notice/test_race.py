"""Notices and claims of one person at once, over both databases: no account escapes, whoever is first."""

import asyncio

import pytest

from idvault_verify.account import AccountState
from idvault_verify.claim import FailureReason
from idvault_verify.notice import NoticeKind
from tools.support.notice_world import NoticeWorld, notice, person

ROUNDS = 6


@pytest.mark.parametrize("places", [1, 4])
async def test_an_account_ends_or_is_not_verified(world: NoticeWorld, places: int) -> None:
    """A sign-up that succeeds beside a notice has its day; any other is a mismatch."""
    for number in range(ROUNDS):
        who = person(number)
        await world.sign_up(who)
        claims = [world.verify(who) for _ in range(places)]
        ended = world.submit(notice(number, NoticeKind.PERSON_ENDED, who.document))
        order = [*claims[: number % (places + 1)], ended, *claims[number % (places + 1) :]]
        await asyncio.gather(*order)
        late = await world.verify(who)
        assert late.failure_reason is FailureReason.MISMATCH


async def test_every_verified_account_has_a_day(world: NoticeWorld) -> None:
    """Of accounts that were verified before, beside and after the notice."""
    tokens: list[str] = []
    for number in range(ROUNDS):
        who = person(100 + number)
        first = await world.sign_up(who)
        claims = asyncio.gather(*(world.verify(who) for _ in range(3)))
        ended = world.submit(notice(100 + number, NoticeKind.PERSON_ENDED, who.document))
        made, _ = await asyncio.gather(claims, ended)
        tokens += [first, *(claim.account.account_token for claim in made)]
    due = await world.due()
    for token in tokens:
        verified = (await world.status(token)).state is AccountState.VERIFIED
        assert verified == (token in due)


async def test_two_notices_at_once(world: NoticeWorld) -> None:
    """The same notice is applied once, and notices that replace one number leave one mark."""
    old = person(1)
    token = await world.sign_up(old)
    made = [
        notice(
            1 + each // 2,
            NoticeKind.NUMBER_REPLACED,
            old.document,
            new_document=person(2 + each // 2).document,
        )
        for each in range(8)
    ]
    fresh = await asyncio.gather(*(world.submit(each) for each in made))
    assert sum(fresh) == 4
    renewing = [await world.verify(person(number), token) for number in range(2, 6)]
    assert [claim.failure_reason for claim in renewing].count(None) == 1
