"""Withdrawn verifications over both databases: what one act changes, and what it leaves."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlalchemy import select

from idvault.account.store import rows as account_rows
from idvault.account.store import version as version_store
from idvault.account.store.withdrawal import NOBODY
from idvault.core.db.database import Database
from idvault.core.tables.claim import claims
from idvault.erasure import rules as erasure_rules
from idvault_client.errors import PreconditionFailed
from idvault_verify.account import NO_ASSURANCE, AccountState, Standing
from idvault_verify.claim import ClaimState, FailureReason
from idvault_verify.erasure import ErasureState
from idvault_verify.error import Reason
from idvault_verify.public_account import PublicAccountState
from idvault_verify.registry import RegistryAnswer
from idvault_verify.sanction import AppealState, Degree, NarrowingState, SanctionState, Scope
from idvault_verify.session import ContestState
from tests.support.misses import missed
from tests.support.refusal import reason_of
from tests.support.withdrawal_world import DAY, HOUR, OTHER, VICTIM, WithdrawalWorld
from tools.support import sql
from tools.support.erasure_world import TERMS, WAITED, ErasureWorld
from tools.support.flow_world import PARTY, at, command
from tools.support.sanction_world import signing, until


@pytest_asyncio.fixture
async def world(main_database: Database) -> AsyncIterator[WithdrawalWorld]:
    """Return the flows with a new database of each kind."""
    made = WithdrawalWorld(main_database)
    await made.prepare()
    yield made
    await made.claims.verification.drain()


async def test_one_act_withdraws_a_verification(world: WithdrawalWorld) -> None:
    """State, dates, assurance, owner and place go in one revision; the standing and its sanction stay."""
    claim = await world.verify()
    token = claim.account.account_token
    keys = await world.keys(1, 2)
    sanction = await world.moderation.impose(token, Degree.LIMIT, key=keys[0])
    before = await world.status(token)
    await world.withdraw(claim)
    after = await world.status(token)
    assert (after.state, after.assurances, after.verify_date, after.expire_date) == (
        AccountState.REVOKED,
        NO_ASSURANCE,
        None,
        None,
    )
    # Filing, the proposal and the withdrawal itself.
    assert after.revision == before.revision + 3
    assert after.standing is Standing.PUBLISHING_LIMITED
    assert (await world.moderation.get(sanction)).state is SanctionState.IN_FORCE
    assert await world.counts() == [(0, 0, 1)]
    assert await world.events("withdrawal:") == ["withdrawal:account:decide"]
    assert await world.narrowings() == []


async def test_an_expired_verification_is_withdrawn_too(world: WithdrawalWorld) -> None:
    """An expiry is no way out: the place and the record stay the victim's."""
    claim = await world.verify()
    token = await world.withdraw(claim, seconds=400 * DAY)
    assert (await world.status(token, seconds=400 * DAY)).state is AccountState.REVOKED
    assert await world.counts() == [(0, 0, 1)]


async def test_a_renewal_is_no_way_out(world: WithdrawalWorld) -> None:
    """Whoever renews by name and number after the filing proves nothing: the withdrawal comes."""
    claim = await world.verify()
    token = claim.account.account_token
    contest = await world.contested(claim, seconds=HOUR)
    assert (await world.verify(token=token, seconds=2 * HOUR)).state is ClaimState.SUCCEEDED
    await world.upheld(contest, seconds=3 * HOUR)
    assert (await world.status(token, seconds=3 * HOUR)).state is AccountState.REVOKED


async def test_a_former_verification_withdraws_nothing(world: WithdrawalWorld) -> None:
    """Only that of which the account lives; a second contest after the withdrawal changes nothing either."""
    first = await world.verify()
    token = first.account.account_token
    second = await world.verify(token=token, seconds=HOUR)
    await world.upheld(await world.contested(first, seconds=2 * HOUR), seconds=2 * HOUR)
    assert (await world.status(token)).state is AccountState.VERIFIED
    assert await world.events("contest:case:uphold") == ["contest:case:uphold"]
    await world.withdraw(second, seconds=3 * HOUR)
    assert (await world.status(token)).state is AccountState.REVOKED
    assert await world.counts() == [(0, 0, 1)]


async def test_an_open_claim_ends_with_it(world: WithdrawalWorld) -> None:
    """It was opened as the former owner's; its answer changes nothing any more."""
    claim = await world.verify()
    token = claim.account.account_token
    world.claims.registry.script.append(RegistryAnswer.UNKNOWN)
    contest = await world.contested(claim)
    asked = command(9_000, VICTIM, account_token=token)
    waiting = await world.claims.verify(asked, seconds=HOUR, patience=0.2)
    assert waiting.state is ClaimState.PENDING
    await world.upheld(contest, seconds=HOUR)
    ended = await world.claims.get(9_000, seconds=HOUR)
    assert (ended.state, ended.failure_reason) == (ClaimState.FAILED, FailureReason.REVOKED)
    await world.claims.work(seconds=3 * HOUR)
    assert (await world.status(token)).state is AccountState.REVOKED


async def test_who_verifies_it_again(world: WithdrawalWorld) -> None:
    """The former owner must be present, told after a match only; anybody else begins anew."""
    token = await world.withdraw(await world.verify())
    world.claims.registry.script.append(RegistryAnswer.MISMATCH)
    assert (await world.verify(token=token)).failure_reason is FailureReason.MISMATCH
    again = await world.verify(token=token)
    assert (again.state, again.failure_reason) == (ClaimState.FAILED, FailureReason.HOLDER_REQUIRED)
    assert again.account.state is AccountState.REVOKED
    fresh = await world.verify()
    assert (fresh.failure_reason, fresh.account.state) == (
        FailureReason.HOLDER_REQUIRED,
        AccountState.REJECTED,
    )
    back = await world.verify_present(token=token)
    assert (back.state, back.account.state) == (ClaimState.SUCCEEDED, AccountState.VERIFIED)
    assert await world.counts() == [(1, 0, 1)]
    # Somebody else's account of the same platform is none of this.
    other = await world.verify(OTHER)
    taken = await world.withdraw(other, seconds=HOUR)
    assert (await world.verify(VICTIM, taken, seconds=HOUR)).failure_reason is FailureReason.HOLDER_REQUIRED
    stranger = await world.verify_present(VICTIM, taken, seconds=HOUR)
    assert stranger.account.state is AccountState.VERIFIED


async def test_another_person_takes_over_nothing_that_is_open(world: WithdrawalWorld) -> None:
    """No sanction, no proposal, no appeal, nothing that it follows: until all of it has ended."""
    claim = await world.verify()
    named = await world.verify()
    token = claim.account.account_token
    keys = await world.keys(1, 2)
    moderation = world.moderation
    limit = await moderation.of_person(named.account.account_token, Degree.LIMIT, (keys[0], keys[1]))
    await world.verify(token=token)
    await world.withdraw(await world.verify(token=token))

    async def verified(seconds: float) -> FailureReason | None:
        return (await world.verify(OTHER, token, seconds=seconds)).failure_reason

    assert (await world.status(token)).standing is Standing.PUBLISHING_LIMITED
    assert await verified(0) is FailureReason.DIFFERENT_OWNER
    await moderation.lift(limit, key=keys[0])
    assert await moderation.release(seconds=73 * HOUR) == 1
    warned = await moderation.impose(token, Degree.WARN, key=keys[0], seconds=74 * HOUR)
    assert await verified(74 * HOUR) is FailureReason.DIFFERENT_OWNER
    appeal = await moderation.file(warned, seconds=75 * HOUR)
    await moderation.lift(warned, key=keys[0], seconds=75 * HOUR)
    assert await verified(75 * HOUR) is FailureReason.DIFFERENT_OWNER
    await moderation.decide(appeal, AppealState.REJECTED, key=keys[1], seconds=76 * HOUR)
    proposed = await moderation.impose(token, Degree.CLOSE, key=keys[0], seconds=76 * HOUR)
    assert await verified(76 * HOUR) is FailureReason.DIFFERENT_OWNER
    await moderation.lift(proposed, key=keys[0], seconds=76 * HOUR)
    taken = await world.verify(OTHER, token, seconds=77 * HOUR)
    assert (taken.state, taken.account.state) == (ClaimState.SUCCEEDED, AccountState.VERIFIED)


async def test_a_public_account_publishes_nothing_meanwhile(world: WithdrawalWorld) -> None:
    """It is CLOSED while its owner is REVOKED, bars nobody else, and is back with a verified owner."""
    claim = await world.verify()
    token = claim.account.account_token
    opened = await world.publishing.open(token)
    await world.withdraw(claim)
    asks = world.publishing.asks()
    which = opened.public_account_id
    assert (await asks.get_profile(which)).state is PublicAccountState.CLOSED
    closed = await asks.list_page(state=PublicAccountState.CLOSED)
    assert [each.public_account_id for each in closed.public_accounts] == [which]
    assert await reason_of(asks.close(which)) is Reason.ILLEGAL_TRANSITION
    assert (await world.verify(OTHER, token)).failure_reason is FailureReason.DIFFERENT_OWNER
    # The victim has room for one of their own.
    own = await world.verify_present()
    assert (await world.publishing.open(own.account.account_token)).state is PublicAccountState.ACTIVE
    assert (await world.verify_present(token=token)).state is ClaimState.SUCCEEDED
    assert (await asks.get_profile(which)).state is PublicAccountState.ACTIVE


async def test_what_falls_on_the_person_is_narrowed(world: WithdrawalWorld) -> None:
    """By two others, within the term; then the person is free, and the account as sanctioned as before."""
    claim, other = await world.verify(), await world.verify()
    token, follower = claim.account.account_token, other.account.account_token
    keys = await world.keys(1, 2, 5, 6)
    moderation = world.moderation
    sanction = await moderation.of_person(token, Degree.CLOSE, (keys[0], keys[1]))
    assert (await world.verify(token=follower)).failure_reason is FailureReason.PERSON_CLOSED
    proposal = await moderation.impose(token, Degree.WARN, key=keys[0], scope=Scope.PERSON)
    assert await world.narrowings() == []
    await world.withdraw(claim)
    # Nothing of the person is detached by the withdrawal alone.
    assert await world.counts() == [(1, 1, 1)]
    assert (await world.status(follower)).standing is Standing.CLOSED
    assert await reason_of(moderation.confirm(proposal, key=keys[1])) is Reason.PERSON_UNKNOWN
    (open_,) = await world.narrowings(open_only=True)
    assert (open_.sanction_id, open_.state) == (sanction.sanction_id, NarrowingState.OPEN)
    asks = moderation.platform().narrowings
    for key in keys[:2]:
        work = asks.propose(sanction.sanction_id, key=signing(key, 0))
        assert await reason_of(work) is Reason.SELF_APPROVAL
    assert await reason_of(asks.propose(proposal.sanction_id, key=signing(keys[2], 0))) is (
        Reason.NARROWING_NOT_DUE
    )
    proposed = await asks.propose(sanction.sanction_id, key=signing(keys[2], 0))
    assert (proposed.state, proposed.due_time) == (NarrowingState.PROPOSED, open_.due_time)
    for key in (*keys[:2], keys[2]):
        assert await reason_of(asks.confirm(proposed, key=signing(key, 0))) is Reason.SELF_APPROVAL
    done = await asks.confirm(proposed, key=signing(keys[3], 0))
    assert done.state is NarrowingState.NARROWED
    shown = await moderation.get(sanction)
    assert (shown.scope, shown.state) == (Scope.ACCOUNT, SanctionState.IN_FORCE)
    assert (await world.status(token)).standing is Standing.CLOSED
    assert await world.counts() == [(1, 0, 1)]
    assert (await world.status(follower)).standing is Standing.CLOSED
    assert await moderation.release(seconds=73 * HOUR) == 1
    assert (await world.status(follower, seconds=73 * HOUR)).standing is Standing.GOOD
    assert await world.narrowings(open_only=True) == []
    assert [each.state for each in await world.narrowings()] == [NarrowingState.NARROWED]
    assert await world.events("person:close:") == [
        "person:close:impose",
        "person:close:narrow",
        "person:close:propose",
    ]


async def test_a_narrowing_lapses_and_is_overdue(world: WithdrawalWorld) -> None:
    """A proposal lapses after 72 hours; what is late is in the log once; an end makes it needless."""
    claim = await world.verify()
    keys = await world.keys(1, 2, 5, 6)
    moderation, token = world.moderation, claim.account.account_token
    given = {"given": until(40 * DAY)}
    sanction = await moderation.of_person(token, Degree.LIMIT, (keys[0], keys[1]), **given)
    ended = await moderation.of_person(token, Degree.WARN, (keys[0], keys[1]), **given)
    await world.withdraw(claim)
    proposed = await moderation.platform().narrowings.propose(sanction.sanction_id, key=signing(keys[2], 0))
    late = moderation.platform(72 * HOUR).narrowings
    assert await reason_of(late.confirm(proposed, key=signing(keys[3], 72 * HOUR))) is (
        Reason.ILLEGAL_TRANSITION
    )
    await moderation.lift(ended, key=keys[0], seconds=HOUR)
    assert [await world.note_overdue(seconds=days * DAY) for days in (14, 17, 17)] == [0, 1, 0]
    open_ = await world.narrowings(seconds=17 * DAY, open_only=True)
    assert [(each.overdue, each.state) for each in open_] == [(True, NarrowingState.OPEN)]
    assert await world.events("narrowing:") == [
        "narrowing:sanction:overdue",
        "narrowing:sanction:propose",
    ]
    assert [each[:2] for each in await missed(world.database)] == [("narrowing:sanction:overdue", PARTY)]
    assert (await world.narrow(sanction, seconds=18 * DAY)).state is NarrowingState.NARROWED
    assert await reason_of(world.narrow(ended, seconds=18 * DAY)) is Reason.NARROWING_NOT_DUE


@pytest.mark.parametrize("degree", [Degree.WARN, Degree.CLOSE])
async def test_what_bars_a_public_account_is_narrowed_too(world: WithdrawalWorld, degree: Degree) -> None:
    """A sanctioned account's public account is its person's only one, until the sanction is narrowed."""
    claim = await world.verify()
    token = claim.account.account_token
    await world.publishing.open(token)
    keys = await world.keys(1, 2)
    sanction = await world.moderation.impose(token, degree, key=keys[0])
    if degree is Degree.CLOSE:
        sanction = await world.moderation.confirm(sanction, key=keys[1])
    await world.withdraw(claim)
    own = (await world.verify_present()).account.account_token
    asks = world.publishing.asks()
    applied = await asks.apply(own)
    assert (await asks.approve(applied.public_account_id)).state is PublicAccountState.REJECTED
    await world.narrow(sanction)
    applied = await asks.apply(own)
    assert (await asks.approve(applied.public_account_id)).state is PublicAccountState.ACTIVE
    kind = f"sanction:{degree.value.lower()}:narrow"
    assert await world.events(kind) == [kind]


async def test_whose_it_was_is_forgotten(world: WithdrawalWorld) -> None:
    """After 180 days name and number suffice again; once who opened it was read, nothing links the account.

    At a time that does not depend on whether somebody did.
    """
    await world.withdraw(await world.verify())
    assert [await world.forget(seconds=days * DAY) for days in (179, 180, 180)] == [0, 1, 0]
    assert await world.counts() == [(0, 0, 0)]
    await world.versions_gone()
    # The embargo of this world is nine days.
    assert [await world.forget(seconds=days * DAY) for days in (286, 287, 287)] == [0, 1, 0]
    assert await world.counts() == []
    assert await world.events("withdrawal:link") == ["withdrawal:link:forget"]


async def test_name_and_number_suffice_again_after_180_days(world: WithdrawalWorld) -> None:
    """Also at the account itself, while its person is not forgotten."""
    token = await world.withdraw(await world.verify())
    assert (await world.verify(seconds=180 * DAY - 1)).failure_reason is FailureReason.HOLDER_REQUIRED
    assert await world.forget(seconds=180 * DAY) == 1
    fresh = await world.verify(token=token, seconds=181 * DAY)
    assert fresh.account.state is AccountState.VERIFIED
    assert (await world.verify(seconds=181 * DAY)).state is ClaimState.SUCCEEDED
    assert await world.counts() == [(2, 0, 0)]


async def test_the_account_shows_nothing_of_the_former_verification(world: WithdrawalWorld) -> None:
    """No receipt by its request, no contest of it from the page, and no credential for anybody."""
    claim = await world.verify()
    token = claim.account.account_token
    before = await world.claims.client().get_verification(claim.request_id)
    assert before.receipt is not None
    await world.withdraw(claim)
    shown = await world.claims.client().get_verification(claim.request_id)
    assert (shown.succeeded, shown.receipt) == (True, None)
    with pytest.raises(PreconditionFailed):
        await world.asks().contest(token, claim.claim_id, "again")
    stored = await world.asks().list_contests(account_token=token)
    assert [each.state for each in stored.contests] == [ContestState.UPHELD]


async def held(world: WithdrawalWorld, token: str) -> list[float]:
    """Return until how many days from the start the versions of an account are held."""
    found = await world.database.read("test", lambda one: version_store.held(one, token))
    assert not any(each.ends for each in found)
    return [(each.until - at(0).business).total_seconds() / DAY for each in found]


async def has_record(world: WithdrawalWorld, token: str) -> bool:
    """Return whether an account has a present record."""
    found = await world.database.read("test", lambda one: account_rows.find_record(one, token))
    return found is not None


async def test_the_record_is_held_as_evidence(world: WithdrawalWorld) -> None:
    """The account has none any more; the former one stays for 180 days, whoever verifies it meanwhile."""
    claim = await world.verify()
    token = claim.account.account_token
    assert (await has_record(world, token), await held(world, token)) == (True, [])
    await world.withdraw(claim, seconds=DAY)
    assert (await has_record(world, token), await held(world, token)) == (False, [181])
    await world.verify(OTHER, token, seconds=2 * DAY)
    assert (await has_record(world, token), await held(world, token)) == (True, [181])


async def test_an_erasure_waits_and_leaves_the_evidence(
    world: WithdrawalWorld, shred_database: Database
) -> None:
    """Whoever asks waits for 30 days; the held record stays, and whose it was is forgotten in time."""
    erasures = ErasureWorld(world.database, shred_database, life=1)
    token = await world.withdraw(await world.verify())
    await erasures.request(token)
    assert await erasures.work(seconds=WAITED) == 0
    assert (await world.status(token, seconds=WAITED)).state is AccountState.REVOKED
    unproved = int(TERMS.unproved.total_seconds())
    assert await erasures.work(seconds=unproved) == 1
    assert (await world.status(token, seconds=unproved)).state is AccountState.ERASED
    assert await erasures.work(seconds=unproved + int(erasure_rules.DELAY.total_seconds())) == 1
    made = await erasures.get(token)
    assert (made.state, made.kept_until_time) == (ErasureState.DESTROYED, at(180 * DAY).business)
    assert await held(world, token) == [180]
    assert await world.counts() == [(0, 0, 1)]
    assert await world.forget(seconds=180 * DAY) == 1
    assert await world.counts() == [(0, 0, 0)]
    await world.versions_gone()
    assert await world.forget(seconds=287 * DAY) == 1
    assert await world.counts() == []


async def test_what_is_open_stays_from_whoever_has_name_and_number(world: WithdrawalWorld) -> None:
    """Also once they suffice again, and although it is still known whose it was: a thief has them, too."""
    claim = await world.verify()
    token = claim.account.account_token
    keys = await world.keys(1, 2)
    await world.moderation.impose(token, Degree.WARN, key=keys[0])
    await world.withdraw(claim, seconds=HOUR)
    assert await world.forget(seconds=181 * DAY) == 1
    late = await world.verify(token=token, seconds=181 * DAY)
    assert late.failure_reason is FailureReason.DIFFERENT_OWNER
    assert (await world.verify(seconds=182 * DAY)).state is ClaimState.SUCCEEDED


@pytest.mark.parametrize("again", [False, True])
async def test_no_claim_of_a_forgotten_person_leads_to_them(world: WithdrawalWorld, again: bool) -> None:
    """Neither what succeeded nor what failed; an account that is the person's again keeps what came since."""
    claim = await world.verify()
    token = claim.account.account_token
    await world.verify()
    world.claims.registry.script.append(RegistryAnswer.MISMATCH)
    assert (await world.verify(VICTIM, token, seconds=10)).state is ClaimState.FAILED
    await world.withdraw(claim, seconds=HOUR)
    if again:
        assert (await world.verify_present(VICTIM, token, seconds=2 * HOUR)).state is ClaimState.SUCCEEDED
    assert await world.forget(seconds=181 * DAY) == 1
    await world.versions_gone()
    assert await world.forget(seconds=288 * DAY) == 1
    own = await sql.rows(world.database, select(claims).where(claims.c.account_token == token))
    linked = {row.state for row in own if row.person_id != NOBODY}
    assert linked == ({"FAILED", "SUCCEEDED"} if again else set())
    assert {row.person_id for row in own if row.withdrawn_at is not None} == {NOBODY}
