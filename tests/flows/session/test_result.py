"""Proofs without name and number over both databases: who is known, what is refused, what is kept.

The provider is the mock's book in this process; each of its lies is told by it.
"""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select

from idvault.core.db.database import Database
from idvault.core.tables import main
from idvault.core.tables.claim import persons
from idvault.core.tables.session import sessions
from idvault_client import Consent, resident_id, unified_social_credit_code
from idvault_client import FailureReason as Told
from idvault_client.errors import NotFound, RequestIdReused
from idvault_dev.mock_provider.book import ProviderFault
from idvault_verify import secret
from idvault_verify.account import AccountState, Assurance
from idvault_verify.attest import assertion
from idvault_verify.attest.assertion import ProofEnd
from idvault_verify.claim import FailureReason, OpaqueIdentity
from idvault_verify.error import Reason
from idvault_verify.sanction import Degree
from idvault_verify.session import ACCEPTED, Proof, SessionPurpose
from idvault_verify.v1 import common_pb2, verification_pb2
from idvault_verify.v1 import session_pb2 as pb
from tests.support.refusal import reason_of
from tests.support.session_world import BASE_URL, SessionWorld, browser_key
from tests.support.withdrawal_world import WithdrawalWorld
from tools.support import sql
from tools.support.fakes.flaky import Fault
from tools.support.fakes.provider import ISSUER, FakeProofProvider
from tools.support.flow_world import at
from tools.support.organizations import REPRESENTATIVE, organization

States = pb.VerificationSession.State
RESULT = common_pb2.AccountStatus.ASSURANCE_RESULT_ONLY
NAME, NUMBER = "金丝雀", "11010519491231002X"
MINUTE = 60


@dataclass
class Vouching:
    """A world whose platform accepts every proof, with a provider that vouches for people."""

    world: SessionWorld
    provider: FakeProofProvider

    async def begun(self, **changes: Any) -> tuple[str, pb.SessionPage]:
        """Bring a session to the provider; return its id and page."""
        session_id = await self.world.agreed(proof=Proof.RESULT_ONLY, **changes)
        return session_id, await self.world.begin_result(session_id)

    async def vouched(self, credential: str = "1", **changes: Any) -> pb.SessionPage:
        """Let the holder of a credential prove that; return the last page."""
        session_id, page = await self.begun(**changes)
        self.provider.end(page.proof_url, credential=credential)
        return await self.world.finish_proof(session_id)

    async def renewed(self, token: str, proof: Proof) -> FailureReason | None:
        """Verify an account again; return why that fails."""
        again: dict[str, Any] = {"account_token": token, "purpose": SessionPurpose.RENEWAL, "proof": proof}
        session_id = await self.world.agreed(**again)
        if proof is Proof.NUMBER_MATCH:
            page = await self.world.submit(session_id)
        else:
            begin = self.world.begin_proof if proof is Proof.HOLDER else self.world.begin_result
            page = await begin(session_id)
            self.provider.end(page.proof_url)
            page = await self.world.finish_proof(session_id)
        return failure(page)


def failure(page: pb.SessionPage) -> FailureReason | None:
    """Return why the claim of a page failed."""
    name = verification_pb2.Verification.FailureReason.Name(page.verification.failure_reason)
    found = name.removeprefix("FAILURE_REASON_")
    return FailureReason(found) if found in FailureReason.__members__ else None


@pytest_asyncio.fixture
async def vouching(main_database: Database) -> AsyncIterator[Vouching]:
    """Return the flows with a new database of each kind, and a provider."""
    provider = FakeProofProvider(at(0).real)
    world = SessionWorld(main_database, provider=provider, patience=0.3)
    world.accepted = frozenset(Proof)
    await world.prepare()
    yield Vouching(world, provider)
    await world.claims.verification.drain()


async def test_a_provider_vouches_for_a_person(vouching: Vouching) -> None:
    """From the start to the result: nothing is typed, no registry is asked, provider and id are sealed."""
    world = vouching.world
    session_id, page = await vouching.begun()
    assert (page.state, page.open_proof, page.proof) == (States.STATE_AGREED, 1, pb.PROOF_RESULT_ONLY)
    assert list(page.document_types) == []
    assert vouching.provider.end(page.proof_url) == f"{BASE_URL}/proof"
    done = await world.finish_proof(session_id)
    assert (done.state, done.open_proof, done.proof_url) == (States.STATE_SUCCEEDED, 0, "")
    assert list(done.verification.status.assurances) == [RESULT]
    assert done.verification.status.assurance == common_pb2.AccountStatus.ASSURANCE_NONE
    seen = await world.get(session_id)
    assert seen.verification is not None
    assert seen.verification.status.assurances == (Assurance.RESULT_ONLY,)
    assert world.claims.registry.checks == []
    ((_, identity),) = world.claims.records.sealed
    assert identity == OpaqueIdentity(ISSUER, vouching.provider.book.opaque_id("1"))
    assert world.claims.records.assertions == [
        vouching.provider.book.assertion(page.proof_url.split("/")[-2])
    ]
    assert "session:proof:begin" in await world.events()
    assert await world.events("verification:") == ["verification:claim:open", "verification:claim:settle"]


async def test_neither_a_name_nor_the_id_is_kept(vouching: Vouching) -> None:
    """The provider hears of no person, no table has the id or what leads to it, and none has a number."""
    session_id, page = await vouching.begun()
    nonce = page.proof_url.split("/")[-2]
    held = vouching.provider.book.proofs[nonce]
    assert held.person == {}
    assert session_id not in (held.session, held.return_url, nonce)
    (row,) = await sql.rows(vouching.world.database, select(sessions))
    assert (row.proof, row.proofs, len(row.proof_hash)) == ("RESULT_ONLY", 1, 32)
    vouching.provider.end(page.proof_url)
    await vouching.world.finish_proof(session_id)
    stored = [
        repr(row)
        for table in main.sorted_tables
        for row in await sql.rows(vouching.world.database, select(table))
    ]
    opaque_id = vouching.provider.book.opaque_id("1")
    assert any("RESULT_ONLY" in row for row in stored)
    for canary in (opaque_id, nonce, ISSUER, vouching.provider.book.assertion(nonce) or "none"):
        assert not [row for row in stored if canary in row]
    assert not [row for row in stored if re.search(r"\b[0-9]{17}[0-9X]\b", row)]


@pytest.mark.parametrize(
    "fault",
    [
        ProviderFault.LATE,
        ProviderFault.OTHER_SESSION,
        ProviderFault.OTHER_VAULT,
        ProviderFault.WRONG_KEY,
        ProviderFault.NAMED,
        ProviderFault.NUMBER_AS_ID,
    ],
)
async def test_a_lie_of_the_provider_vouches_for_nobody(vouching: Vouching, fault: ProviderFault) -> None:
    """It is refused in the same words, also a name that was told unasked; the person may begin anew."""
    vouching.provider.book.fault = fault
    session_id, page = await vouching.begun()
    vouching.provider.end(page.proof_url)
    assert await reason_of(vouching.world.finish_proof(session_id)) is Reason.PROOF_REFUSED
    assert await vouching.world.events("verification:") == []
    assert await sql.rows(vouching.world.database, select(persons)) == []
    vouching.provider.book.fault = ProviderFault.NONE
    page = await vouching.world.begin_result(session_id, 2)
    vouching.provider.end(page.proof_url)
    assert (await vouching.world.finish_proof(session_id, 2)).state == States.STATE_SUCCEEDED


@pytest.mark.parametrize("ended", [ProofEnd.CANCELLED, ProofEnd.DENIED])
async def test_who_is_not_vouched_for_makes_no_claim(vouching: Vouching, ended: ProofEnd) -> None:
    """There is nobody to charge an attempt to; the number of the proof is used up."""
    session_id, page = await vouching.begun()
    assert await reason_of(vouching.world.finish_proof(session_id)) is Reason.PROOF_OPEN
    vouching.provider.end(page.proof_url, ended)
    assert await reason_of(vouching.world.finish_proof(session_id)) is Reason.PROOF_REFUSED
    assert await vouching.world.events("verification:") == []
    page = await vouching.world.page(session_id)
    assert (page.open_proof, page.next_attempt, page.attempts_left) == (1, 2, 4)


async def test_an_assertion_of_another_proof_is_refused(vouching: Vouching) -> None:
    """What was signed for one session vouches for nobody in another one, nor for a HOLDER."""
    first, page = await vouching.begun()
    vouching.provider.end(page.proof_url)
    vouching.provider.book.fault = ProviderFault.REPLAYED
    other, page = await vouching.begun(browser=1)
    vouching.provider.end(page.proof_url)
    assert await reason_of(vouching.world.finish_proof(other)) is Reason.PROOF_REFUSED
    holder = await vouching.world.agreed(proof=Proof.HOLDER)
    page = await vouching.world.begin_proof(holder)
    vouching.provider.end(page.proof_url)
    assert await reason_of(vouching.world.finish_proof(holder)) is Reason.PROOF_REFUSED
    late = vouching.world.finish_proof(first, seconds=assertion.LIFETIME)
    assert await reason_of(late) is Reason.PROOF_REFUSED
    assert (await vouching.world.finish_proof(first)).state == States.STATE_SUCCEEDED


async def test_what_is_typed_is_refused_where_nothing_is_asked(vouching: Vouching) -> None:
    """A name for such a proof is refused before the provider hears of it, and so is none for a HOLDER."""
    session_id = await vouching.world.agreed(proof=Proof.RESULT_ONLY)
    assert await reason_of(vouching.world.begin_proof(session_id)) is Reason.INVALID_MESSAGE
    assert await reason_of(vouching.world.submit(session_id)) is Reason.ILLEGAL_TRANSITION
    holder = await vouching.world.agreed(proof=Proof.HOLDER)
    assert await reason_of(vouching.world.begin_result(holder)) is Reason.UNSUPPORTED_DOCUMENT
    assert vouching.provider.book.proofs == {}


async def test_the_limit_of_accounts_reaches_an_id(vouching: Vouching) -> None:
    """The same id is the same person at a platform; the holder of another credential is not."""
    for _ in range(vouching.world.claims.policy.accounts_per_person):
        assert (await vouching.vouched()).state == States.STATE_SUCCEEDED
    assert failure(await vouching.vouched()) is FailureReason.ACCOUNT_LIMIT_REACHED
    assert (await vouching.vouched("2")).state == States.STATE_SUCCEEDED
    rows = await sql.rows(vouching.world.database, select(persons))
    assert sorted(row.accounts for row in rows) == [1, 5]


async def test_a_closing_reaches_the_id_and_not_the_number(vouching: Vouching) -> None:
    """A closed person does not come back by the same id. By number he does: the vault cannot know."""
    moderation = vouching.world.moderation
    token = (await vouching.vouched()).verification.account_token
    keys = await moderation.moderator(1), await moderation.moderator(2)
    await moderation.of_person(token, Degree.CLOSE, keys)
    assert failure(await vouching.vouched()) is FailureReason.PERSON_CLOSED
    matched = await vouching.world.submit(await vouching.world.agreed())
    assert matched.state == States.STATE_SUCCEEDED


@pytest.mark.parametrize("proof", [Proof.NUMBER_MATCH, Proof.HOLDER])
async def test_an_account_is_renewed_by_its_own_kind_of_proof(vouching: Vouching, proof: Proof) -> None:
    """Neither takes over what the other verified; an id renews its own account, another one does not."""
    token = (await vouching.vouched()).verification.account_token
    assert await vouching.renewed(token, proof) is FailureReason.OTHER_PROOF
    assert await vouching.renewed(token, Proof.RESULT_ONLY) is None
    session_id, page = await vouching.begun(account_token=token, purpose=SessionPurpose.RENEWAL)
    vouching.provider.end(page.proof_url, credential="2")
    assert failure(await vouching.world.finish_proof(session_id)) is FailureReason.DIFFERENT_OWNER
    matched = (await vouching.world.submit(await vouching.world.agreed())).verification.account_token
    assert await vouching.renewed(matched, Proof.RESULT_ONLY) is FailureReason.OTHER_PROOF
    assert await vouching.renewed(matched, proof) is None


async def test_a_platform_accepts_it_only_if_it_says_so(vouching: Vouching) -> None:
    """Without a statement a second kind of proof would evade a closing, so it is refused; and the reverse."""
    vouching.world.accepted = ACCEPTED
    refused = vouching.world.create(proof=Proof.RESULT_ONLY)
    assert await reason_of(refused) is Reason.PROOF_NOT_OFFERED
    vouching.world.accepted = frozenset({Proof.RESULT_ONLY})
    for proof in (Proof.NUMBER_MATCH, Proof.HOLDER):
        assert await reason_of(vouching.world.create(proof=proof)) is Reason.PROOF_NOT_OFFERED
    page = await vouching.vouched()
    assert page.state == States.STATE_SUCCEEDED
    await vouching.world.identity(page.verification.account_token)


async def test_a_repeat_begins_nothing_anew(vouching: Vouching) -> None:
    """The same proof is begun once, also after a lost answer; one proof makes one claim."""
    session_id = await vouching.world.agreed(proof=Proof.RESULT_ONLY)
    vouching.provider.lose = True
    assert await reason_of(vouching.world.begin_result(session_id)) is Reason.PROVIDER_UNAVAILABLE
    first = await vouching.world.begin_result(session_id)
    assert await vouching.world.begin_result(session_id) == first
    with pytest.raises(RequestIdReused):
        await vouching.world.page_asks(
            "BeginProof",
            pb.BeginProofRequest(
                request_id=secret.request_id(browser_key(), session_id=session_id, step="begin proof 1"),
                session_id=session_id,
                browser_key=browser_key(),
                proof=2,
            ),
        )
    vouching.provider.end(first.proof_url)
    done = [await vouching.world.finish_proof(session_id) for _ in range(3)]
    assert {page.state for page in done} == {States.STATE_SUCCEEDED}
    assert await vouching.world.events("verification:") == [
        "verification:claim:open",
        "verification:claim:settle",
    ]


@pytest.mark.parametrize("fault", [Fault.REFUSE, Fault.LOSE_ANSWER])
@pytest.mark.parametrize("act", ["open", "settle"])
async def test_a_crash_leaves_one_claim_that_a_repeat_settles(
    vouching: Vouching, act: str, fault: Fault
) -> None:
    """Whatever is lost, one proof makes one account; the job of a dead process is free after its lease."""
    world = vouching.world
    session_id, page = await vouching.begun()
    vouching.provider.end(page.proof_url)
    world.claims.claims.plant(act, fault)
    assert await reason_of(world.finish_proof(session_id)) is Reason.STORE_UNAVAILABLE
    again = await world.page(session_id)
    if again.state != States.STATE_SUCCEEDED:
        assert again.open_proof == 1
        assert (await world.finish_proof(session_id, seconds=20)).state == States.STATE_SUCCEEDED
    assert list((await world.page(session_id)).verification.status.assurances) == [RESULT]
    assert await world.events("verification:") == ["verification:claim:open", "verification:claim:settle"]
    assert [row.accounts for row in await sql.rows(world.database, select(persons))] == [1]


async def test_the_worker_never_asks_a_registry_for_an_id(vouching: Vouching) -> None:
    """A claim whose person does not come back has no intake: it ends after 48 hours, unasked."""
    world = vouching.world
    session_id, page = await vouching.begun()
    vouching.provider.end(page.proof_url)
    world.claims.claims.plant("settle", Fault.REFUSE)
    assert await reason_of(world.finish_proof(session_id)) is Reason.STORE_UNAVAILABLE
    assert (await world.finish_proof(session_id, seconds=1)).state == States.STATE_CHECKING
    assert await world.claims.work(seconds=3_600) == []
    assert await world.claims.backlog.time_out(now=at(48 * 3_600), limit=10) == 1
    ended = await world.page(session_id, seconds=48 * 3_600)
    assert failure(ended) is FailureReason.REGISTRY_TIMED_OUT
    assert world.claims.registry.checks == []


async def test_another_browser_learns_nothing(vouching: Vouching) -> None:
    """Neither the address of the proof nor its end is another browser's; a session's end is the proof's."""
    session_id, page = await vouching.begun()
    vouching.provider.end(page.proof_url)
    for ask in (vouching.world.finish_proof, vouching.world.begin_result, vouching.world.page):
        with pytest.raises(NotFound):
            await ask(session_id, browser=2)
    over = vouching.world.finish_proof(session_id, seconds=15 * MINUTE)
    assert await reason_of(over) is Reason.SESSION_EXPIRED


async def test_without_a_provider_nobody_is_vouched_for(main_database: Database) -> None:
    """A deployment that has none refuses the session, whatever the platform accepts."""
    world = SessionWorld(main_database)
    world.accepted = frozenset(Proof)
    await world.prepare()
    assert await reason_of(world.create(proof=Proof.RESULT_ONLY)) is Reason.PROOF_NOT_OFFERED


async def test_a_platform_that_accepts_ids_alone_matches_no_person(vouching: Vouching) -> None:
    """Neither by a call of its own nor on a page; organisations and who represents them prove as before."""
    claims = vouching.world.claims
    backend = claims.client(accepted=frozenset({Proof.RESULT_ONLY}))
    consent = Consent("terms-3", at(0).business)
    matched = backend.verify_individual(NAME, resident_id(NUMBER), consent=consent)
    assert await reason_of(matched) is Reason.PROOF_NOT_OFFERED
    assert claims.registry.checks == []
    world, company = vouching.world, organization()
    made = await backend.verify_organization(
        company.name,
        unified_social_credit_code(company.document.number),
        representative_name=REPRESENTATIVE.name,
        representative_document=resident_id(REPRESENTATIVE.document.number),
        consent=consent,
    )
    assert made.failure_reason is Told.REPRESENTATIVE_PENDING
    world.accepted = frozenset({Proof.RESULT_ONLY})
    whose: dict[str, Any] = {"account_token": made.account_token, "purpose": SessionPurpose.REPRESENTATIVE}
    refused = world.agreed(proof=Proof.RESULT_ONLY, **whose)
    assert await reason_of(refused) is Reason.INVALID_MESSAGE
    session_id = await world.agreed(proof=Proof.HOLDER, **whose)
    page = await world.begin_proof(
        session_id, name=REPRESENTATIVE.name, number=REPRESENTATIVE.document.number
    )
    vouching.provider.end(page.proof_url)
    assert (await world.finish_proof(session_id)).state == States.STATE_SUCCEEDED


async def test_a_withdrawn_id_does_not_come_back_by_itself(main_database: Database) -> None:
    """As for a number: a place of that person needs a presence, which an id does not prove, for 180 days."""
    provider = FakeProofProvider(at(0).real)
    world = WithdrawalWorld(main_database, provider=provider)
    world.accepted = frozenset(Proof)
    await world.prepare()
    vouching = Vouching(world, provider)
    page = await vouching.vouched()
    token = page.verification.account_token
    contest = await world.asks().contest(token, page.verification.receipt.claim_id, "not me (synthetic)")
    await world.upheld(contest)
    assert (await world.status(token)).state is AccountState.REVOKED
    assert failure(await vouching.vouched()) is FailureReason.HOLDER_REQUIRED
    assert await vouching.renewed(token, Proof.RESULT_ONLY) is FailureReason.HOLDER_REQUIRED
    assert (await vouching.vouched("2")).state == States.STATE_SUCCEEDED
    assert await vouching.renewed(token, Proof.HOLDER) is None
    await world.claims.verification.drain()
