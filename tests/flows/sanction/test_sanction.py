"""Sanctions over both databases: what moderators decide, what it does to accounts, and what is logged."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from idvault.campaign.rules import Verb
from idvault.core.edge import convert
from idvault.sanction import acts
from idvault.status.api import SerialisedStatuses, StatusBatches
from idvault_client.errors import (
    InvalidFields,
    NotFound,
    PreconditionFailed,
    RequestIdReused,
    VaultError,
)
from idvault_verify.account import AccountState, Standing
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.claim import ClaimState, FailureReason
from idvault_verify.error import Reason
from idvault_verify.registry import RegistryAnswer
from idvault_verify.sanction import Degree, SanctionState
from idvault_verify.v1 import status_pb2
from tests.support.refusal import fields_of, reason_of
from tools.support import builders
from tools.support.campaign_world import DAY, tokens
from tools.support.flow_world import PARTY, at, command, request_id
from tools.support.sanction_world import SanctionWorld, key_of, reasons, until

HOUR = 3_600
PROPOSED, IN_FORCE = SanctionState.PROPOSED, SanctionState.IN_FORCE
LIFTED, LAPSED = SanctionState.LIFTED, SanctionState.LAPSED


async def seen(world: SanctionWorld, token: str, *, seconds: float = 0) -> tuple[Standing, int]:
    """Return the standing and the revision of an account."""
    status = await world.status(token, seconds=seconds)
    return status.standing, status.revision


async def test_of_two_decisions_one_wins(world: SanctionWorld) -> None:
    """A confirmation and a withdrawal at once: one takes effect, the other is told both states."""
    token = await world.account()
    keys = [await world.moderator(number) for number in (1, 2, 3, 4)]
    proposed = await world.impose(token, Degree.CLOSE, key=keys[0])
    answers = await asyncio.gather(
        world.confirm(proposed, key=keys[1]),
        world.confirm(proposed, key=keys[2]),
        world.confirm(proposed, key=keys[3]),
        return_exceptions=True,
    )
    told = [answer for answer in answers if isinstance(answer, PreconditionFailed)]
    assert [each.states for each in told] == [("IN_FORCE", "IN_FORCE")] * 2
    assert (await world.status(token)).standing is Standing.CLOSED
    assert await world.events("sanction:close:impose") == ["sanction:close:impose"]
    raised = await asyncio.gather(*(world.lift(proposed, key=key) for key in keys), return_exceptions=True)
    assert sum(isinstance(each, PreconditionFailed) for each in raised) == 3
    assert await seen(world, token) == (Standing.GOOD, 4)


async def test_a_proposal_is_withdrawn_or_lapses(world: SanctionWorld) -> None:
    """Neither is counted as a lift of a sanction."""
    token, first = await world.account(), await world.moderator(1)
    withdrawn = await world.impose(token, Degree.CLOSE, key=first)
    assert await fields_of(world.lift(withdrawn, key=first, reason="")) == ["reason"]
    assert (await world.lift(withdrawn, key=first)).state is LIFTED
    forgotten = await world.impose(token, Degree.CLOSE, key=first)
    late = 72 * HOUR
    assert (await world.get(forgotten, seconds=late)).state is LAPSED
    assert await world.work(seconds=late - 1) == 0
    assert await world.work(seconds=late) == 1
    assert await world.work(seconds=late) == 0
    assert await seen(world, token, seconds=late) == (Standing.GOOD, 2)
    assert await world.events("sanction:") == [
        "sanction:close:expire",
        "sanction:close:propose",
        "sanction:close:propose",
        "sanction:close:withdraw",
    ]


async def test_a_batch_is_as_a_single_read(world: SanctionWorld) -> None:
    """With several ends to come, at each of their seconds; nothing that falls by itself is kept."""
    token, other, key = await world.account(1), await world.account(2), await world.moderator(1)
    for degree, hours in ((Degree.WARN, 3), (Degree.SUSPEND, 1), (Degree.LIMIT, 2)):
        await world.impose(token, degree, key=key, given=until(hours * HOUR))
    await world.impose(token, Degree.WARN, key=key)
    flow = world.claims.status
    batches = StatusBatches(flow=flow, statuses=SerialisedStatuses(flow))
    for seconds in (0, HOUR - 1, HOUR, 2 * HOUR, 9 * HOUR):
        answer = await batches.read(relying_party=PARTY, account_tokens=[token, other], now=at(seconds))
        found = status_pb2.BatchGetStatusesResponse.FromString(answer.SerializeToString())
        assert list(found.statuses) == [
            convert.status(await world.status(each, seconds=seconds)) for each in (token, other)
        ]


async def test_a_repeat_is_the_same_decision(world: SanctionWorld) -> None:
    """Whenever it is signed, and also once the signature is old; another body is refused."""
    token, key, other = await world.account(), await world.moderator(1), await world.moderator(2)
    asked = request_id(77)
    first = await world.impose(token, Degree.WARN, key=key, request_id=asked)
    again = await world.impose(token, Degree.WARN, key=key, request_id=asked, seconds=30)
    old = await world.impose(token, Degree.WARN, key=key, request_id=asked, seconds=DAY, signed=0)
    assert first == again == old
    for changed in ({"degree": Degree.SUSPEND, "key": key}, {"degree": Degree.WARN, "key": other}):
        with pytest.raises(RequestIdReused):
            await world.impose(token, request_id=asked, **changed)  # type: ignore[arg-type]
    lift = request_id(78)
    assert await world.lift(first, key=key, request_id=lift) == await world.lift(
        first, key=key, request_id=lift, seconds=60
    )
    several = await asyncio.gather(
        *(world.impose(token, Degree.LIMIT, key=key, request_id=request_id(79)) for _ in range(4))
    )
    assert len({each.sanction_id for each in several}) == 1
    assert await world.events("sanction:") == [
        "sanction:limit:impose",
        "sanction:warn:impose",
        "sanction:warn:lift",
    ]


async def test_nothing_is_decided_without_a_valid_signature(world: SanctionWorld) -> None:
    """An unknown or revoked moderator, another key, another paper, an old signature: nothing is stored."""
    token, key, other = await world.account(), await world.moderator(1), await world.moderator(2)
    wrong = replace(other, moderator_id=key.moderator_id)
    unknown = key_of(3).of("f" * 32)
    assert await fields_of(world.impose(token, Degree.WARN, key=wrong)) == ["signature.signature"]
    assert await fields_of(world.impose(token, Degree.WARN, key=key, seconds=HOUR, signed=0)) == [
        "signature.sign_time"
    ]
    assert await reason_of(world.impose(token, Degree.WARN, key=unknown)) is Reason.MODERATOR_NOT_FOUND
    elsewhere = replace(key, relying_party="platform-b")
    with pytest.raises(InvalidFields):
        await world.impose(token, Degree.WARN, key=replace(elsewhere, private_key=other.private_key))
    made = await world.impose(token, Degree.WARN, key=key)
    await world.revoke(key)
    for work in (world.impose(token, Degree.WARN, key=key), world.lift(made, key=key)):
        assert await reason_of(work) is Reason.MODERATOR_REVOKED
    assert len(await world.events("sanction:")) == 1


async def test_a_key_is_one_moderator_for_ever(world: SanctionWorld) -> None:
    """Registering it again returns the same one, at once too; a revoked key is not registered again."""
    staff = await world.moderator(1), await world.moderator(2)
    made = await asyncio.gather(*(world.register(key_of(3), by=staff) for _ in range(3)))
    assert len({each.moderator_id for each in made}) == 1
    repeated = request_id(5)
    known = await world.register(key_of(3), by=staff, request_id=repeated)
    assert known == await world.register(key_of(3), by=staff, request_id=repeated, seconds=9)
    assert await world.events("moderator:") == ["moderator:key:countersign", *["moderator:key:name"] * 2]
    other = await world.moderator(3, party="platform-b")
    assert other.moderator_id != known.moderator_id
    third = key_of(3).of(known.moderator_id)
    assert await world.asks().find_moderator(third.public_key) == known
    revoked = await world.revoke(third, seconds=5)
    assert revoked.revoke_time == at(5).business
    assert await world.revoke(third, seconds=9) == revoked
    assert await world.asks().get_moderator(third.moderator_id) == revoked
    for unknown in (world.asks().get_moderator("9" * 32), world.asks().find_moderator(key_of(9).public_key)):
        assert await reason_of(unknown) is Reason.MODERATOR_NOT_FOUND
    with pytest.raises(PreconditionFailed):
        await world.register(key_of(3), by=staff)
    with pytest.raises(NotFound):
        await world.revoke(key_of(9).of("9" * 32))
    assert await world.events("moderator:key:revoke") == ["moderator:key:revoke"]


async def test_only_ones_own_accounts(world: SanctionWorld) -> None:
    """Another platform's account and sanction are unknown, in the same words as one that does not exist."""
    token, key = await world.account(), await world.moderator(1)
    made = await world.impose(token, Degree.WARN, key=key)
    theirs = await world.moderator(1, party="platform-b")
    assert (
        await reason_of(world.impose(token, Degree.WARN, key=theirs, party="platform-b"))
        is Reason.ACCOUNT_NOT_FOUND
    )
    for work in (
        world.lift(made, key=theirs, party="platform-b"),
        world.get(made, party="platform-b"),
    ):
        assert await reason_of(work) is Reason.SANCTION_NOT_FOUND
    assert await world.pages(size=5, party="platform-b") == [[]]


async def test_a_claim_that_waits_meanwhile(world: SanctionWorld) -> None:
    """A sanction that stops renewals also stops the claim that was open before, once it has matched."""
    token, key = await world.account(), await world.moderator(1)
    world.claims.registry.script.append(RegistryAnswer.NOT_SENT)
    again = command(2, builders.identity(number="11000019010101000X"), account_token=token)
    assert (await world.claims.verify(again)).state is ClaimState.PENDING
    await world.impose(token, Degree.SUSPEND, key=key)
    (ended,) = await world.claims.work(seconds=60)
    assert ended is not None
    assert (ended.state, ended.failure_reason) == (ClaimState.FAILED, FailureReason.SANCTIONED)
    assert ended.account.state is AccountState.VERIFIED
    assert await seen(world, token) == (Standing.RENEWAL_SUSPENDED, 3)


async def test_a_sign_up_that_is_closed_takes_no_slot(world: SanctionWorld) -> None:
    """The account of a claim that waits is closed: it is not verified, and its history stays."""
    keys = (await world.moderator(1), await world.moderator(2))
    world.claims.registry.script.append(RegistryAnswer.NOT_SENT)
    asked = command(1, builders.identity())
    token = (await world.claims.verify(asked)).account.account_token
    await world.closed(token, keys)
    (ended,) = await world.claims.work(seconds=60)
    assert ended is not None
    assert (ended.failure_reason, ended.account.state) == (FailureReason.SANCTIONED, AccountState.REJECTED)
    assert (await world.status(token)).standing is Standing.CLOSED
    assert await world.claims.retention.remove_abandoned(now=at(40 * DAY), limit=9) == 0
    others = [
        (await world.claims.verify(command(number, builders.identity()))).state for number in range(2, 8)
    ]
    assert others == [ClaimState.SUCCEEDED] * 5 + [ClaimState.FAILED]


async def test_a_moderators_limit_outlives_a_campaign(world: SanctionWorld) -> None:
    """A campaign's limit is one of several: its end lifts its own, and a lift leaves the campaign's."""
    campaigns = world.campaigns
    (token,) = await campaigns.members(1)
    key = await world.moderator(1)
    campaign = await campaigns.started(enforcement_date=builders.TODAY + timedelta(days=10))
    await campaigns.take(campaign)
    await campaigns.record(campaign, token)
    first = await world.impose(token, Degree.LIMIT, key=key)
    assert await campaigns.enforce(at(10 * DAY)) == 1
    await world.lift(first, key=key, seconds=10 * DAY)
    assert (await world.status(token)).standing is Standing.PUBLISHING_LIMITED
    second = await world.impose(token, Degree.LIMIT, key=key, seconds=10 * DAY)
    await campaigns.move(campaign, Verb.END, seconds=11 * DAY)
    assert await campaigns.lift(at(11 * DAY)) == 1
    assert (await world.status(token)).standing is Standing.PUBLISHING_LIMITED
    await world.lift(second, key=key, seconds=11 * DAY)
    assert (await world.status(token)).standing is Standing.GOOD


async def test_a_verification_ends_only_the_campaigns_limit(world: SanctionWorld) -> None:
    """The owner of a limited legacy account verifies: what a moderator imposed stays."""
    campaigns = world.campaigns
    (token,) = await campaigns.members(1)
    key = await world.moderator(1)
    campaign = await campaigns.started(enforcement_date=builders.TODAY + timedelta(days=10))
    await campaigns.take(campaign)
    await campaigns.record(campaign, token)
    await campaigns.enforce(at(10 * DAY))
    await world.impose(token, Degree.WARN, key=key, seconds=10 * DAY)
    claim = await world.claims.verify(command(account_token=token), seconds=11 * DAY)
    assert (claim.account.state, claim.account.standing) == (AccountState.VERIFIED, Standing.WARNED)
    assert claim.account.revision == 3


async def test_pages_do_not_move(world: SanctionWorld) -> None:
    """Sanctions that are imposed while somebody reads appear at the end; no page repeats or omits one."""
    token, other, key = await world.account(1), await world.account(2), await world.moderator(1)
    made = [await world.impose(token, Degree.WARN, key=key) for _ in range(5)]
    page = await world.asks().list_page(page_size=2)
    new = await world.impose(other, Degree.WARN, key=key, seconds=1)
    rest = await world.asks().list_page(page_size=9, page_token=page.next_page_token)
    found = [each.sanction_id for each in (*page.sanctions, *rest.sanctions)]
    assert found == [*sorted(each.sanction_id for each in made), new.sanction_id]
    assert rest.next_page_token == ""
    assert [len(each) for each in await world.pages(size=4)] == [4, 2]
    assert await world.pages(size=9, account_token=other) == [[new.sanction_id]]
    assert await fields_of(world.asks().list_page(page_token="f" * 32)) == ["page_token"]


async def test_lists_by_state(world: SanctionWorld) -> None:
    """Proposals to confirm, sanctions in force, and what has ended."""
    token, key = await world.account(), await world.moderator(1)
    proposed = await world.impose(token, Degree.CLOSE, key=key)
    forever = await world.impose(token, Degree.WARN, key=key)
    ending = await world.impose(token, Degree.WARN, key=key, given=until(HOUR))
    lifted = await world.lift(await world.impose(token, Degree.WARN, key=key), key=key)

    async def listed(state: SanctionState, seconds: float) -> list[set[str]]:
        of_all = await world.pages(size=9, state=state, seconds=seconds)
        of_one = await world.pages(size=9, state=state, seconds=seconds, account_token=token)
        assert of_all == of_one
        return [set(page) for page in of_all]

    assert await listed(PROPOSED, 0) == [{proposed.sanction_id}]
    assert await listed(IN_FORCE, 0) == [{forever.sanction_id, ending.sanction_id}]
    assert await listed(IN_FORCE, HOUR) == [{forever.sanction_id}]
    assert await listed(LIFTED, 0) == [{lifted.sanction_id}]
    await world.work(seconds=80 * HOUR)
    assert await listed(LAPSED, 80 * HOUR) == [{proposed.sanction_id, ending.sanction_id}]


async def test_what_an_operator_watches(world: SanctionWorld) -> None:
    """Proposals that can still be confirmed, and the oldest end that is not stored."""
    token, key = await world.account(), await world.moderator(1)
    await world.impose(token, Degree.CLOSE, key=key)
    await world.impose(token, Degree.WARN, key=key, given=until(HOUR))
    await world.impose(token, Degree.WARN, key=key, given=until(2 * HOUR))
    for seconds, proposed, first in (
        (0, 1, None),
        (3 * HOUR, 1, HOUR),
        (72 * HOUR - 1, 1, HOUR),
        (72 * HOUR, 0, HOUR),
    ):
        levels = await acts.levels(world.vault, now=at(seconds))
        expected = None if first is None else at(first).business
        assert (levels.proposed, levels.first_due_at) == (proposed, expected)
    await world.work(seconds=72 * HOUR)
    assert (await acts.levels(world.vault, now=at(72 * HOUR))).first_due_at is None


async def test_the_statement_is_kept_as_it_was_signed(world: SanctionWorld) -> None:
    """Every part of a statement is returned, and an incomplete one imposes nothing."""
    token, key = await world.account(), await world.moderator(1)
    given = until(HOUR, rule_reference="条款 4.2")
    made = await world.impose(token, Degree.LIMIT, key=key, given=given)
    found = await world.get(made)
    assert (found.statement, found.measure, found.impose_moderator_id) == (
        given,
        "10-a-day",
        key.moderator_id,
    )
    with pytest.raises(VaultError):
        await world.impose(token, Degree.LIMIT, key=key, given=reasons(evidence=()))
    assert len(await world.events("sanction:")) == 1


async def test_who_may_not_renew_is_not_invited(
    world: SanctionWorld, keys: tuple[ModeratorKey, ModeratorKey]
) -> None:
    """A campaign passes over accounts that are suspended or closed; one that is warned is invited."""
    suspended, closed, warned = await world.campaigns.members(3)
    await world.impose(suspended, Degree.SUSPEND, key=keys[0])
    await world.closed(closed, keys)
    await world.impose(warned, Degree.WARN, key=keys[0])
    batch = await world.campaigns.take(await world.campaigns.started())
    assert tokens(batch) == [warned]
