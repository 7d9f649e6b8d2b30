"""Reinstated verifications over both databases: who decides, what comes back, and what does not."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from idvault.account.store import rows as account_rows
from idvault.account.store import version as version_store
from idvault.core.db.database import Database
from idvault.session.reinstatement.acts import REINSTATEMENTS
from idvault_client.errors import NotFound
from idvault_verify.account import AccountState, Assurance, Standing
from idvault_verify.claim import ClaimState, FailureReason
from idvault_verify.error import Reason
from idvault_verify.notice import NoticeKind
from idvault_verify.public_account import PublicAccountState
from idvault_verify.registry import RegistryAnswer
from idvault_verify.sanction import Degree, NarrowingState, Scope
from idvault_verify.session import ReinstatementState
from tests.support.misses import missed
from tests.support.refusal import reason_of
from tests.support.withdrawal_world import DAY, HOUR, OTHER, VICTIM, WithdrawalWorld
from tools.support.erasure_world import TERMS, ErasureWorld
from tools.support.flow_world import PARTY, at, command
from tools.support.notice_world import NoticeWorld, notice, person, resident
from tools.support.sanction_world import signing

LIMIT = 5


@pytest_asyncio.fixture
async def world(main_database: Database) -> AsyncIterator[WithdrawalWorld]:
    """Return the flows with a new database of each kind."""
    made = WithdrawalWorld(main_database)
    await made.prepare()
    yield made
    await made.claims.verification.drain()


async def record_id(world: WithdrawalWorld, token: str) -> str | None:
    """Return the id of an account's present record."""
    found = await world.database.read("test", lambda one: account_rows.find_record(one, token))
    return None if found is None else found.record_id


async def held(world: WithdrawalWorld, token: str) -> list[str]:
    """Return the ids of the records of an account that are held."""
    found = await world.database.read("test", lambda one: version_store.held(one, token))
    return [each.record_id for each in found]


async def test_everything_comes_back_in_one_act(world: WithdrawalWorld) -> None:
    """State, dates, assurance, owner, place and record; the claim shows its receipt again."""
    claim = await world.verify()
    token = claim.account.account_token
    before, record = await world.status(token), await record_id(world, token)
    await world.withdraw(claim, seconds=HOUR)
    assert (await world.status(token)).state is AccountState.REVOKED
    assert (await record_id(world, token), await held(world, token)) == (None, [record])
    appeal = await world.appealed(token, seconds=2 * HOUR)
    assert (appeal.state, appeal.due_time > appeal.file_time) == (ReinstatementState.FILED, True)
    done = await world.reinstated(appeal, seconds=3 * HOUR)
    assert (done.state, done.reinstated) == (ReinstatementState.UPHELD, True)
    after = await world.status(token)
    assert (after.state, after.assurances, after.verify_date, after.expire_date) == (
        AccountState.VERIFIED,
        frozenset({Assurance.REGISTRY_MATCH}),
        before.verify_date,
        before.expire_date,
    )
    assert (await record_id(world, token), await held(world, token)) == (record, [])
    assert await world.counts() == [(1, 0, 1)]
    shown = await world.claims.client().get_verification(claim.request_id)
    assert shown.receipt is not None
    assert await world.events("reinstatement:") == [
        "reinstatement:case:file",
        "reinstatement:case:propose",
        "reinstatement:case:uphold",
    ]
    # It renews as ever: the demand of a proof of presence concerns new places alone.
    assert (await world.verify(token=token)).state is ClaimState.SUCCEEDED
    assert (await world.verify()).failure_reason is FailureReason.HOLDER_REQUIRED
    assert await world.forget(seconds=181 * DAY) == 1
    assert await world.counts() == [(1, 0, 0)]
    assert (await world.status(token, seconds=181 * DAY)).state is AccountState.VERIFIED


async def test_neither_of_those_who_withdrew_decides(world: WithdrawalWorld) -> None:
    """Nor one moderator alone, nor for another proposal; a rejection ends it."""
    token = await world.withdraw(await world.verify())
    appeal = await world.appealed(token, seconds=HOUR)
    withdrew, others = await world.keys(3, 4), await world.keys(5, 6)
    asks = world.asks(HOUR)
    which, upheld = appeal.reinstatement_id, ReinstatementState.UPHELD
    for key in withdrew:
        for verdict in (upheld, ReinstatementState.REJECTED):
            work = asks.decide_reinstatement(which, verdict, "no", key=signing(key, HOUR))
            assert await reason_of(work) is Reason.SELF_APPROVAL
    proposed = await asks.decide_reinstatement(which, upheld, "seen", key=signing(others[0], HOUR))
    assert (proposed.state, proposed.reinstated) == (ReinstatementState.PROPOSED, False)
    for key in (*withdrew, others[0]):
        work = asks.confirm_reinstatement(proposed, key=signing(key, HOUR))
        assert await reason_of(work) is Reason.SELF_APPROVAL
    late = world.asks(74 * HOUR)
    work = late.confirm_reinstatement(proposed, key=signing(others[1], 74 * HOUR))
    assert await reason_of(work) is Reason.ILLEGAL_TRANSITION
    assert (await world.status(token)).state is AccountState.REVOKED
    rejected = await late.decide_reinstatement(
        which, ReinstatementState.REJECTED, "seen", key=signing(others[1], 74 * HOUR)
    )
    assert (rejected.state, rejected.reinstated) == (ReinstatementState.REJECTED, False)
    assert await reason_of(world.appealed(token, seconds=75 * HOUR)) is Reason.REINSTATEMENT_EXISTS
    assert (await world.status(token)).state is AccountState.REVOKED


async def test_when_and_of_what_it_is_filed(world: WithdrawalWorld) -> None:
    """Of a withdrawn verification alone, within 15 days; another's is not found."""
    claim = await world.verify()
    token = claim.account.account_token
    assert await reason_of(world.appealed(token)) is Reason.ILLEGAL_TRANSITION
    await world.withdraw(claim)
    assert await reason_of(world.appealed(token, seconds=17 * DAY)) is Reason.REINSTATEMENT_TOO_LATE
    filed = await world.appealed(token, seconds=15 * DAY)
    found = await world.asks(15 * DAY).get_reinstatement(filed.reinstatement_id)
    assert found.text == "it was me (synthetic)"
    listed = await world.asks(15 * DAY).list_reinstatements(account_token=token)
    assert [each.reinstatement_id for each in listed.reinstatements] == [filed.reinstatement_id]
    with pytest.raises(NotFound):
        await world.asks().get_reinstatement("0" * 32)


async def test_an_undecided_one_is_overdue_in_public_and_its_text_is_deleted(world: WithdrawalWorld) -> None:
    """Also while one is proposed; the entry stays when it is decided, and the text goes 90 days later."""
    token = await world.withdraw(await world.verify())
    appeal = await world.appealed(token)
    key = signing((await world.keys(5))[0], 15 * DAY)
    asks = world.asks(15 * DAY)
    await asks.decide_reinstatement(appeal.reinstatement_id, ReinstatementState.UPHELD, "seen", key=key)
    late = at(17 * DAY)
    assert [await REINSTATEMENTS.note_all_overdue(world.vault, late, limit=9) for _ in range(2)] == [1, 0]
    assert await REINSTATEMENTS.overdue(world.vault, now=late) == 1
    [counted] = await REINSTATEMENTS.deadlines(world.vault, now=late)
    assert (counted.open, counted.overdue) == (1, 1)
    shown = await world.asks(17 * DAY).list_reinstatements(overdue=True)
    assert [each.overdue for each in shown.reinstatements] == [True]
    confirming = signing((await world.keys(6))[0], 17 * DAY)
    proposed = await world.asks(17 * DAY).get_reinstatement(appeal.reinstatement_id)
    done = await world.asks(17 * DAY).confirm_reinstatement(proposed, key=confirming)
    assert done.reinstated
    assert await world.events("reinstatement:case:overdue") == ["reinstatement:case:overdue"]
    [(_, platform, filed_at)] = await missed(world.database)
    assert (platform, filed_at) == (PARTY, appeal.file_time.replace(second=0, microsecond=0))
    gone = at(109 * DAY)
    assert [await REINSTATEMENTS.delete_texts(world.vault, gone, limit=9) for _ in range(2)] == [1, 0]
    assert (await world.asks(109 * DAY).get_reinstatement(appeal.reinstatement_id)).text == ""


async def test_what_was_verified_since_stays(world: WithdrawalWorld) -> None:
    """By the person who proved to be present or by another: the appeal is upheld and changes nothing."""
    token = await world.withdraw(await world.verify())
    appeal = await world.appealed(token)
    newer = await world.verify(OTHER, token, seconds=HOUR)
    record = await record_id(world, token)
    done = await world.reinstated(appeal, seconds=2 * HOUR)
    assert (done.state, done.reinstated) == (ReinstatementState.UPHELD, False)
    assert (await world.status(token)).state is AccountState.VERIFIED
    assert (await record_id(world, token), newer.state) == (record, ClaimState.SUCCEEDED)
    assert await world.counts() == [(1, 0, 0), (0, 0, 1)]


async def test_a_full_person_gets_nothing_back(world: WithdrawalWorld) -> None:
    """The free place went to the person who proved to be present; nobody can try it again."""
    claim = await world.verify()
    token = await world.withdraw(claim)
    appeal = await world.appealed(token)
    own = [await world.verify_present() for _ in range(LIMIT)]
    assert {each.state for each in own} == {ClaimState.SUCCEEDED}
    done = await world.reinstated(appeal, seconds=HOUR)
    assert (done.state, done.reinstated) == (ReinstatementState.UPHELD, False)
    assert (await world.status(token)).state is AccountState.REVOKED
    assert await world.counts() == [(LIMIT, 0, 1)]
    await world.withdraw(own[0], seconds=2 * HOUR)
    work = world.reinstated(appeal, seconds=3 * HOUR)
    assert await reason_of(work) is Reason.ILLEGAL_TRANSITION
    assert await reason_of(world.appealed(token, seconds=3 * HOUR)) is Reason.REINSTATEMENT_EXISTS


async def test_after_180_days_nothing_comes_back(world: WithdrawalWorld) -> None:
    """Whether or not the worker has forgotten whose it was."""
    for forgets in (False, True):
        who = (VICTIM, OTHER)[forgets]
        token = await world.withdraw(await world.verify(who))
        appeal = await world.appealed(token)
        if forgets:
            assert await world.forget(seconds=180 * DAY) == 2
        done = await world.reinstated(appeal, seconds=180 * DAY)
        assert (done.state, done.reinstated) == (ReinstatementState.UPHELD, False)
        assert (await world.status(token)).state is AccountState.REVOKED


async def test_an_erased_account_stays_erased(world: WithdrawalWorld, shred_database: Database) -> None:
    """It can still be decided; a request for an erasure meanwhile goes on after a reinstatement."""
    erasures = ErasureWorld(world.database, shred_database, life=1)
    token = await world.withdraw(await world.verify())
    appeal = await world.appealed(token)
    await erasures.request(token)
    unproved = int(TERMS.unproved.total_seconds())
    other = await world.withdraw(await world.verify(OTHER), seconds=unproved - DAY)
    await erasures.request(other, seconds=unproved - DAY)
    late = await world.appealed(other, seconds=unproved - HOUR)
    assert (await world.reinstated(late, seconds=unproved - HOUR)).reinstated
    assert await erasures.work(seconds=unproved) == 1
    done = await world.reinstated(appeal, seconds=unproved + 1)
    assert (done.state, done.reinstated) == (ReinstatementState.UPHELD, False)
    assert (await world.status(token, seconds=unproved + 1)).state is AccountState.ERASED
    assert await reason_of(world.appealed(token, seconds=unproved + 1)) is Reason.ACCOUNT_ERASED
    assert await erasures.work(seconds=2 * unproved) >= 1
    assert (await world.status(other, seconds=2 * unproved)).state is AccountState.ERASED


async def test_a_narrowed_sanction_stays_narrowed(world: WithdrawalWorld) -> None:
    """What two moderators narrowed by its name concerns the account alone; what they did not, the person."""
    claim = await world.verify()
    token = claim.account.account_token
    keys = await world.keys(1, 2)
    moderation = world.moderation
    narrowed = await moderation.of_person(token, Degree.LIMIT, (keys[0], keys[1]))
    waiting = await moderation.of_person(token, Degree.WARN, (keys[0], keys[1]))
    await world.withdraw(claim)
    assert (await world.narrow(narrowed)).state is NarrowingState.NARROWED
    assert (await world.reinstate(token, seconds=HOUR)).reinstated
    assert (await moderation.get(narrowed)).scope is Scope.ACCOUNT
    assert (await moderation.get(waiting)).scope is Scope.PERSON
    assert await world.counts() == [(1, 1, 1)]
    assert await world.narrowings(open_only=True) == []
    assert await world.note_overdue(seconds=17 * DAY) == 0
    assert (await world.status(token)).standing is Standing.PUBLISHING_LIMITED
    other = await world.verify_present(seconds=HOUR)
    assert other.account.standing is Standing.WARNED


async def test_a_closed_person_s_account_comes_back_as_the_others_are(world: WithdrawalWorld) -> None:
    """A closing of another account reaches it with its next match, as it reaches every other account."""
    claim, named = await world.verify(), await world.verify()
    token = await world.withdraw(claim)
    keys = await world.keys(1, 2)
    await world.moderation.of_person(named.account.account_token, Degree.CLOSE, (keys[0], keys[1]))
    assert (await world.reinstate(token, seconds=HOUR)).reinstated
    status = await world.status(token)
    assert (status.state, status.standing) == (AccountState.VERIFIED, Standing.GOOD)
    assert (await world.verify(token=token)).failure_reason is FailureReason.PERSON_CLOSED
    assert (await world.status(token)).standing is Standing.CLOSED


async def test_its_public_account_publishes_again(world: WithdrawalWorld) -> None:
    """It was CLOSED while its owner was REVOKED."""
    claim = await world.verify()
    token = claim.account.account_token
    opened = await world.publishing.open(token)
    await world.withdraw(claim)
    asks = world.publishing.asks()
    assert (await asks.get_profile(opened.public_account_id)).state is PublicAccountState.CLOSED
    assert (await world.reinstate(token)).reinstated
    assert (await asks.get_profile(opened.public_account_id)).state is PublicAccountState.ACTIVE


async def test_an_open_claim_goes_on(world: WithdrawalWorld) -> None:
    """Somebody else's attempt at the revoked account fails like one at any account of a person."""
    token = await world.withdraw(await world.verify())
    appeal = await world.appealed(token)
    world.claims.registry.script.extend([RegistryAnswer.IN_PROGRESS, RegistryAnswer.MATCH])
    asked = command(9_100, OTHER, account_token=token)
    waiting = await world.claims.verify(asked, seconds=HOUR, patience=0.2)
    assert waiting.state is ClaimState.PENDING
    assert (await world.reinstated(appeal, seconds=HOUR)).reinstated
    await world.claims.work(seconds=3 * HOUR)
    ended = await world.claims.get(9_100, seconds=3 * HOUR)
    assert (ended.state, ended.failure_reason) == (ClaimState.FAILED, FailureReason.DIFFERENT_OWNER)
    assert (await world.status(token)).state is AccountState.VERIFIED


async def test_an_expiry_meanwhile_counts(world: WithdrawalWorld) -> None:
    """What ran out while it was withdrawn comes back and is EXPIRED."""
    claim = await world.verify()
    token = await world.withdraw(claim, seconds=360 * DAY)
    assert (await world.reinstate(token, seconds=370 * DAY)).reinstated
    assert (await world.status(token, seconds=370 * DAY)).state is AccountState.EXPIRED


@pytest.mark.parametrize("before", [False, True])
@pytest.mark.parametrize("kind", [NoticeKind.PERSON_ENDED, NoticeKind.NAME_CHANGED])
async def test_a_notice_of_the_registry_is_not_escaped(
    world: WithdrawalWorld, kind: NoticeKind, before: bool
) -> None:
    """Whether it came before the withdrawal or after: on its day the verification is EXPIRED, back or not."""
    notices = NoticeWorld(world.database, life=1)
    await notices.begin("platform-a")
    claim = await world.verify()
    if before:
        await notices.submit(notice(1, kind, VICTIM.document))
    token = await world.withdraw(claim)
    appeal = await world.appealed(token)
    if not before:
        await notices.submit(notice(1, kind, VICTIM.document))
    assert (await notices.due()).keys() == {token}
    back = await world.withdraw(await world.verify(person(5)))
    soon = await world.appealed(back)
    await notices.submit(notice(2, kind, resident(5)))
    assert (await world.reinstated(soon, seconds=HOUR)).reinstated
    assert await notices.expire(seconds=121 * DAY) == 2
    assert (await world.status(token, seconds=121 * DAY)).state is AccountState.REVOKED
    assert (await world.reinstated(appeal, seconds=122 * DAY)).reinstated
    for each in (token, back):
        status = await world.status(each, seconds=122 * DAY)
        assert status.state is AccountState.EXPIRED
        assert status.expire_date is not None
        assert status.expire_date <= at(121 * DAY).business.date()
