"""Disavowals over both databases: who decides, what silence does, and how an account's holder answers."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from idvault.claim.rules import Claim
from idvault.core.db.database import Database
from idvault.processes.bootstrap.checks import contents
from idvault.session.disavowal import rules, store
from idvault_client.sessions import AccountDisavowal
from idvault_verify.account import AccountState
from idvault_verify.claim import FailureReason
from idvault_verify.error import Reason
from idvault_verify.sanction import Degree
from idvault_verify.session import ContestState, DisavowalState
from idvault_verify.v1 import identity_pb2
from tests.support.inquiry_world import DECIDED, STRANGER, TOLD, InquiryWorld, somebody
from tests.support.misses import missed
from tests.support.refusal import reason_of
from tests.support.withdrawal_world import DAY, HOUR, OTHER
from tools.support.flow_world import PARTY, at
from tools.support.sanction_world import signing

SOON = TOLD + HOUR


@pytest_asyncio.fixture
async def world(main_database: Database) -> AsyncIterator[InquiryWorld]:
    """Return the flows with a new database of each kind, and a provider."""
    made = InquiryWorld(main_database)
    await made.prepare()
    yield made
    await made.claims.verification.drain()


async def one(world: InquiryWorld) -> tuple[Claim, AccountDisavowal]:
    """Return an account, and what its platform was told of it."""
    claim = await world.verify()
    [told] = await world.disowned(claim)
    return claim, told


async def state(world: InquiryWorld, seconds: float) -> DisavowalState | None:
    """Return the state of the only disavowal."""
    [found] = (await world.disavowals(seconds).list_page()).disavowals
    return found.state


async def doctors_remark(world: InquiryWorld, seconds: float) -> str | None:
    """Return what the operator's doctor says of disavowals."""
    now = at(seconds).business
    found = await world.vault.read("disavowal.deadlines", lambda one: store.deadlines(one, now=now))
    return contents.describe_overdue(found)


async def test_two_moderators_uphold_it(world: InquiryWorld) -> None:
    """The verification is withdrawn, and the person must be present to sign up there again."""
    claim, told = await one(world)
    token = claim.account.account_token
    assert told.due_time > at(SOON).business
    upheld = await world.decided(told, seconds=SOON)
    assert (upheld.state, upheld.decide_moderator_id != upheld.propose_moderator_id) == (
        DisavowalState.UPHELD,
        True,
    )
    assert (await world.status(token, seconds=SOON)).state is AccountState.REVOKED
    assert await world.counts() == [(0, 0, 1)]
    assert (await world.verify(seconds=SOON)).failure_reason is FailureReason.HOLDER_REQUIRED
    assert (await world.verify(token=token, seconds=SOON)).failure_reason is FailureReason.HOLDER_REQUIRED
    assert await world.events("withdrawal:") == ["withdrawal:account:decide"]
    assert await world.events("disavowal:") == ["disavowal:case:file", "disavowal:case:propose"]
    assert (await world.verify_present(seconds=SOON)).failure_reason is None
    assert await world.fall(seconds=DECIDED) == 0


async def test_one_moderator_rejects_it(world: InquiryWorld) -> None:
    """The person may disown it again, and who rejected it has no say then."""
    claim, told = await one(world)
    await world.decided(told, DisavowalState.REJECTED, seconds=SOON)
    assert (await world.status(claim.account.account_token, seconds=SOON)).state is AccountState.VERIFIED
    [second] = await world.disowned(claim, seconds=SOON)
    assert second.disavowal_id != told.disavowal_id
    later = SOON + TOLD
    for verdict in (DisavowalState.REJECTED, DisavowalState.UPHELD):
        again = world.decided(second, verdict, seconds=later)
        assert await reason_of(again) is Reason.SELF_APPROVAL
    upheld = await world.decided(second, seconds=later, by=(4, 5))
    assert upheld.state is DisavowalState.UPHELD


async def test_nobody_upholds_it_alone_or_late(world: InquiryWorld) -> None:
    """Nor by what another proposal said; after 72 hours the proposal counts as none."""
    _, told = await one(world)
    [third, fourth] = await world.keys(3, 4)
    asks, key = world.disavowals(SOON), signing(third, SOON)
    upheld = DisavowalState.UPHELD
    proposed = await asks.decide(told.disavowal_id, upheld, "seen", key=key)
    assert proposed.state is DisavowalState.PROPOSED
    assert await reason_of(asks.confirm(proposed, key=key)) is Reason.SELF_APPROVAL
    late = SOON + 72 * HOUR
    confirmed = world.disavowals(late).confirm(proposed, key=signing(fourth, late))
    assert await reason_of(confirmed) is Reason.ILLEGAL_TRANSITION
    assert await state(world, late) is DisavowalState.FILED
    for verdict in (DisavowalState.SILENT, DisavowalState.ENDED, DisavowalState.PROPOSED):
        wrong = asks.decide(told.disavowal_id, verdict, "seen", key=key)
        assert await reason_of(wrong) is Reason.INVALID_MESSAGE


async def test_silence_withdraws(world: InquiryWorld) -> None:
    """At the end of the fifteenth day, although a bad contest was rejected before; once."""
    claim = await world.verify()
    token = claim.account.account_token
    contest = await world.contested(claim)
    [third] = await world.keys(3)
    await world.asks().decide_contest(
        contest.contest_id, ContestState.REJECTED, "seen", key=signing(third, 0)
    )
    [told] = await world.disowned(claim)
    due = (told.due_time - at(0).business).total_seconds()
    assert await world.fall(seconds=due - 1) == 0
    assert await world.fall(seconds=due) == 1
    assert await world.fall(seconds=due) == 0
    assert await state(world, due) is DisavowalState.SILENT
    assert (await world.status(token, seconds=due)).state is AccountState.REVOKED
    assert await world.events("withdrawal:") == ["withdrawal:account:silence"]
    assert await world.events("disavowal:") == ["disavowal:case:file"]
    assert (await world.verify(seconds=due)).failure_reason is FailureReason.HOLDER_REQUIRED
    late = world.decided(told, DisavowalState.REJECTED, seconds=due)
    assert await reason_of(late) is Reason.ILLEGAL_TRANSITION


async def test_silence_withdraws_nothing_that_is_open(world: InquiryWorld) -> None:
    """Under a sanction it is overdue, once, and stays the moderators' although the sanction ends."""
    claim, told = await one(world)
    token = claim.account.account_token
    [first] = await world.keys(1)
    warned = await world.moderation.impose(token, Degree.WARN, key=first, seconds=SOON)
    assert await world.fall(seconds=DECIDED) == 1
    assert (await world.levels(seconds=DECIDED)).overdue == 1
    remark = await doctors_remark(world, DECIDED)
    assert remark is not None
    assert "platform-a (1)" in remark
    [shown] = (await world.disavowals(DECIDED).list_page(overdue=True)).disavowals
    assert (shown.overdue, shown.state) == (True, DisavowalState.FILED)
    assert (await world.status(token, seconds=DECIDED)).state is AccountState.VERIFIED
    await world.moderation.lift(warned, key=signing(first, DECIDED), seconds=DECIDED)
    assert await world.fall(seconds=DECIDED + 100 * DAY) == 0
    await world.decided(told, seconds=DECIDED + 100 * DAY)
    assert (await world.status(token)).state is AccountState.REVOKED
    assert (await world.levels(seconds=DECIDED + 100 * DAY)).overdue == 0
    assert await doctors_remark(world, DECIDED + 100 * DAY) is None
    assert await world.events("disavowal:case:overdue") == ["disavowal:case:overdue"]
    assert [each[:2] for each in await missed(world.database)] == [("disavowal:case:overdue", PARTY)]
    assert await world.events("withdrawal:") == ["withdrawal:account:decide"]


async def test_the_holder_of_the_account_rejects_at_once(world: InquiryWorld) -> None:
    """On the page of the account, by a proof of the same person; a repeat is the same answer."""
    claim, told = await one(world)
    token = claim.account.account_token
    session = await world.identity(token, seconds=SOON)
    own = await world.own("GetIdentity", identity_pb2.GetIdentityRequest, session, seconds=SOON)
    assert [each.disavowal_id for each in own.disavowals] == [told.disavowal_id]
    assert (own.proof_provider, own.next_proof, own.proof_url) == (world.prover.name, 1, "")
    page = await world.answer_begun(session, seconds=SOON)
    assert await reason_of(world.answered(session, seconds=SOON)) is Reason.PROOF_OPEN
    shown = await world.own("GetIdentity", identity_pb2.GetIdentityRequest, session, seconds=SOON)
    assert (shown.proof_url, shown.next_proof) == (page, 2)
    world.prover.end(page)
    before = (await world.status(token)).revision
    for _ in range(2):
        answered = await world.answered(session, seconds=SOON)
        assert (answered.state, answered.decide_moderator_id) == (answered.STATE_REJECTED, "")
    assert (await world.status(token)).revision == before + 1
    assert await world.fall(seconds=DECIDED) == 0
    assert await world.events("disavowal:") == ["disavowal:case:answer", "disavowal:case:file"]
    gone = world.answer_begun(session, proof=2, seconds=SOON)
    assert await reason_of(gone) is Reason.DISAVOWAL_NOT_FOUND


async def test_another_person_answers_nothing(world: InquiryWorld) -> None:
    """Whoever holds the account must be the person in whose name it is; nothing else is told."""
    claim, _ = await one(world)
    session = await world.identity(claim.account.account_token, seconds=SOON)
    await world.verify(STRANGER)
    for proof, who in enumerate((STRANGER, somebody(2)), start=1):
        world.prover.end(await world.answer_begun(session, who, proof=proof, seconds=SOON))
        wrong = world.answered(session, proof=proof, seconds=SOON)
        assert await reason_of(wrong) is Reason.PROOF_REFUSED
    assert await state(world, SOON) is DisavowalState.FILED
    for proof in (3, 4, 5):
        await world.answer_begun(session, proof=proof, seconds=SOON)
    more = world.answer_begun(session, proof=6, seconds=SOON)
    assert await reason_of(more) is Reason.INVALID_MESSAGE


async def test_a_verification_as_holder_rejects_it_too(world: InquiryWorld) -> None:
    """By name and number it does not: whoever knows both could answer for the person."""
    claim, _ = await one(world)
    token = claim.account.account_token
    await world.verify(token=token, seconds=SOON)
    assert await state(world, SOON) is DisavowalState.FILED
    await world.verify_present(token=token, seconds=SOON)
    assert await state(world, SOON) is DisavowalState.REJECTED
    assert await world.fall(seconds=DECIDED) == 0


async def test_a_withdrawal_for_another_reason_ends_it(world: InquiryWorld) -> None:
    """And whoever verifies the account afterwards is not the person who disowned it."""
    claim, told = await one(world)
    token = claim.account.account_token
    await world.withdraw(claim, seconds=SOON)
    assert await state(world, SOON) is DisavowalState.ENDED
    await world.verify(OTHER, token, seconds=SOON)
    late = world.decided(told, seconds=SOON)
    assert await reason_of(late) is Reason.ILLEGAL_TRANSITION
    assert await world.fall(seconds=DECIDED) == 0
    assert (await world.status(token, seconds=DECIDED)).state is AccountState.VERIFIED
    assert await world.events("disavowal:case:end") == ["disavowal:case:end"]


async def test_what_waits_ends_with_the_verification(world: InquiryWorld) -> None:
    """Nobody is told of it later."""
    claim = await world.verify()
    key, shown = await world.listed()
    await world.disown(key, shown.accounts[0].handle, seconds=0)
    await world.withdraw(claim, seconds=HOUR)
    assert await world.drawn() == {}
    assert await world.tell(seconds=TOLD) == 0


async def test_a_platform_sees_its_own(world: InquiryWorld) -> None:
    """Another platform's is not found, in the words for an unknown one."""
    _, told = await one(world)
    await world.prepare(name="platform-b")
    assert (await world.disavowals(SOON, name="platform-b").list_page()).disavowals == ()
    [key] = await world.keys(3)
    others = world.disavowals(SOON, name="platform-b").decide(
        told.disavowal_id, DisavowalState.REJECTED, "seen", key=signing(key, SOON)
    )
    assert await reason_of(others) is Reason.DISAVOWAL_NOT_FOUND
    assert await world.disavowals(SOON).get(told.disavowal_id) == told
    for asks, which in (
        (world.disavowals(SOON, name="platform-b"), told.disavowal_id),
        (world.disavowals(SOON), "e" * 32),
    ):
        assert await reason_of(asks.get(which)) is Reason.DISAVOWAL_NOT_FOUND


async def test_too_many_suspend_silence(world: InquiryWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """One more than is usual, and none is decided by silence; the operator sees the platform, then none."""
    people = [somebody(1), somebody(2)]
    claims = [await world.verify(each) for each in people]
    monkeypatch.setattr(rules, "UNUSUAL", 1)
    for claim, who in zip(claims, people, strict=True):
        await world.disowned(claim, who=who)
    assert (await world.levels(seconds=TOLD)).unusual == 1
    assert await world.fall(seconds=DECIDED) == 2
    assert (await world.levels(seconds=DECIDED)).overdue == 2
    assert (await world.levels(seconds=TOLD + 40 * DAY)).unusual == 0
    assert await world.fall(seconds=DECIDED + 40 * DAY) == 0
    for claim in claims:
        token = claim.account.account_token
        assert (await world.status(token, seconds=DECIDED)).state is AccountState.VERIFIED
