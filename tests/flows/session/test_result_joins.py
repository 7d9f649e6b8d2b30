"""A person without a name where other features meet him: notices, disavowals, adults, organisations.

Each of them knows people by number. What a provider's id can do there is nothing, in words that say so.
"""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select

from idvault.claim.acts.registry_check import Proven
from idvault.core.db.database import Database
from idvault.core.tables.claim import attempts, persons
from idvault.core.tables.notice import account_notices
from idvault_client.errors import InvalidFields, NotFound
from idvault_verify import secret
from idvault_verify.account import AccountState, Assurance
from idvault_verify.claim import FailureReason, OpaqueIdentity
from idvault_verify.error import PreconditionError, Reason
from idvault_verify.notice import NoticeKind
from idvault_verify.registry import RegistryAnswer
from idvault_verify.session import Proof, ReinstatementState, SessionPurpose
from idvault_verify.v1 import common_pb2
from idvault_verify.v1 import session_pb2 as pb
from tests.flows.session.test_guardian import ADULT, CHILD, TEN
from tests.flows.session.test_result import Vouching, failure
from tests.support.inquiry_world import InquiryWorld
from tests.support.refusal import reason_of
from tests.support.session_world import browser_key
from tests.support.withdrawal_world import DAY, HOUR, VICTIM
from tools.support import sql
from tools.support.fakes.provider import ISSUER
from tools.support.flow_world import at, command
from tools.support.notice_world import NoticeWorld, notice
from tools.support.organizations import REPRESENTATIVE, organization

States = pb.VerificationSession.State
RESULT = frozenset({Assurance.RESULT_ONLY})
FORMER = "110000190101020007"


@pytest_asyncio.fixture
async def world(main_database: Database) -> AsyncIterator[InquiryWorld]:
    """Return the flows with a new database of each kind, a provider, and a platform that accepts all."""
    made = InquiryWorld(main_database)
    made.accepted = frozenset(Proof)
    await made.prepare()
    yield made
    await made.claims.verification.drain()


@pytest.fixture
def vouching(world: InquiryWorld) -> Vouching:
    """Return whoever comes with a credential."""
    return Vouching(world, world.prover)


async def withdrawn(world: InquiryWorld, page: pb.SessionPage) -> str:
    """Let a verification be contested and withdrawn; return its account."""
    token = page.verification.account_token
    contest = await world.asks().contest(token, page.verification.receipt.claim_id, "not me (synthetic)")
    await world.upheld(contest)
    return token


async def test_what_was_withdrawn_comes_back_without_a_name(world: InquiryWorld, vouching: Vouching) -> None:
    """Fact, owner and place: the same id renews it, and no number takes it over."""
    token = await withdrawn(world, await vouching.vouched())
    sealed = list(world.claims.records.sealed)
    assert (await world.status(token)).state is AccountState.REVOKED
    assert await world.counts() == [(0, 0, 1)]
    appeal = await world.appealed(token, seconds=HOUR)
    done = await world.reinstated(appeal, seconds=2 * HOUR)
    assert (done.state, done.reinstated) == (ReinstatementState.UPHELD, True)
    after = await world.status(token)
    assert (after.state, after.assurances) == (AccountState.VERIFIED, RESULT)
    assert (await world.counts(), world.claims.records.sealed) == ([(1, 0, 1)], sealed)
    for proof in (Proof.NUMBER_MATCH, Proof.HOLDER):
        assert await vouching.renewed(token, proof) is FailureReason.OTHER_PROOF
    assert await vouching.renewed(token, Proof.RESULT_ONLY) is None
    assert failure(await vouching.vouched()) is FailureReason.HOLDER_REQUIRED


async def test_no_reinstatement_joins_an_id_and_a_number(world: InquiryWorld, vouching: Vouching) -> None:
    """Whoever verified the withdrawn account by number meanwhile keeps it: nothing comes back to the id."""
    token = await withdrawn(world, await vouching.vouched())
    appeal = await world.appealed(token)
    assert await vouching.renewed(token, Proof.HOLDER) is None
    done = await world.reinstated(appeal)
    assert (done.state, done.reinstated) == (ReinstatementState.UPHELD, False)
    assert (await world.status(token)).assurances == frozenset({Assurance.HOLDER})
    assert await vouching.renewed(token, Proof.RESULT_ONLY) is FailureReason.OTHER_PROOF


@pytest.mark.parametrize("kind", [NoticeKind.PERSON_ENDED, NoticeKind.NAME_CHANGED])
async def test_a_notice_reaches_the_number_and_not_the_id(
    world: InquiryWorld, vouching: Vouching, kind: NoticeKind
) -> None:
    """The registry names a number, which an account without one does not have."""
    token = (await vouching.vouched()).verification.account_token
    claim = await world.verify()
    notices = NoticeWorld(world.database, life=1)
    await notices.begin("platform-a")
    await notices.submit(notice(1, kind, VICTIM.document))
    assert (await notices.due()).keys() == {claim.account.account_token}
    rows = await sql.rows(world.database, select(account_notices))
    assert {row.account_token for row in rows} == {claim.account.account_token}
    assert await notices.expire(seconds=121 * DAY) == 1
    status = await world.status(token, seconds=121 * DAY)
    assert (status.state, status.assurances) == (AccountState.VERIFIED, RESULT)


async def test_nobody_disowns_an_account_without_a_name(world: InquiryWorld, vouching: Vouching) -> None:
    """No list has it, its handle finds nothing, and its holder has nothing to answer."""
    token = (await vouching.vouched()).verification.account_token
    claim = await world.verify()
    key, shown = await world.listed()
    own = secret.account_handle(key, account_token=claim.account.account_token)
    assert [each.handle for each in shown.accounts] == [own]
    with pytest.raises(NotFound):
        await world.disown(key, secret.account_handle(key, account_token=token), seconds=0)
    session_id = await world.identity(token)
    assert await reason_of(world.answer_begun(session_id)) is Reason.DISAVOWAL_NOT_FOUND


async def test_an_id_opens_no_list_of_accounts(world: InquiryWorld) -> None:
    """The operator's page waits for a HOLDER: what a provider signs without a name is refused there."""
    await world.verify()
    key, page = await world.begun()
    world.prover.book.proofs[page.split("/")[-2]].person = {}
    world.prover.end(page)
    assert await reason_of(world.finish(key)) is Reason.PROOF_REFUSED


async def test_an_id_does_not_answer_a_disavowal(world: InquiryWorld) -> None:
    """Whoever holds a disowned account proves to be the same person, by name and number."""
    claim = await world.verify()
    assert len(await world.disowned(claim)) == 1
    session_id = await world.identity(claim.account.account_token)
    page = await world.answer_begun(session_id)
    world.prover.book.proofs[page.split("/")[-2]].person = {}
    world.prover.end(page)
    assert await reason_of(world.answered(session_id)) is Reason.PROOF_REFUSED


@pytest.mark.parametrize("field", ["guardian", "former_document"])
async def test_nobody_stands_beside_a_person_without_a_name(
    world: InquiryWorld, vouching: Vouching, field: str
) -> None:
    """Neither an adult nor a former number is taken, and the provider hears of neither."""
    session_id = await world.agreed(proof=Proof.RESULT_ONLY)
    typed = common_pb2.IdentityDocument(type=common_pb2.DOCUMENT_TYPE_RESIDENT_ID, number=FORMER)
    more: dict[str, Any] = {"former_document": typed}
    if field == "guardian":
        adult = common_pb2.IdentityDocument(type=common_pb2.DOCUMENT_TYPE_RESIDENT_ID, number=ADULT[1])
        more = {"guardian": pb.Guardian(real_name=ADULT[0], document=adult)}
    request = pb.BeginProofRequest(
        request_id=secret.request_id(browser_key(), session_id=session_id, step="begin proof 1"),
        session_id=session_id,
        browser_key=browser_key(),
        proof=1,
        **more,
    )
    with pytest.raises(InvalidFields) as refused:
        await world.page_asks("BeginProof", request)
    assert dict(refused.value.items()) == {field: "CHARACTER"}
    assert world.prover.book.proofs == {}
    assert world.claims.registry.checks == []
    page = await world.begin_result(session_id)
    vouching.provider.end(page.proof_url)
    assert (await world.finish_proof(session_id)).state == States.STATE_SUCCEEDED


async def test_an_id_is_no_adult_beside_a_child(world: InquiryWorld, vouching: Vouching) -> None:
    """The adult is asked for by name and number: an id in its place is refused before anybody is asked."""
    await vouching.vouched()
    opaque_id = world.prover.book.opaque_id("1")
    session_id = await world.agreed()
    before = len(await sql.rows(world.database, select(attempts)))
    with pytest.raises(InvalidFields) as refused:
        await world.submit(session_id, name=CHILD, number=TEN, guardian=(ADULT[0], opaque_id))
    assert [name for name, _ in refused.value.items()] == ["guardian.document.number"]
    assert world.claims.registry.checks == []
    assert len(await sql.rows(world.database, select(attempts))) == before
    done = await world.submit(session_id, name=CHILD, number=TEN, guardian=ADULT)
    assert done.state == States.STATE_SUCCEEDED


async def test_a_former_number_joins_nobody_to_an_id(world: InquiryWorld, vouching: Vouching) -> None:
    """A HOLDER with a former number does not take over an account without a number."""
    token = (await vouching.vouched()).verification.account_token
    whose: dict[str, Any] = {"account_token": token, "purpose": SessionPurpose.RENEWAL}
    session_id = await world.agreed(proof=Proof.HOLDER, **whose)
    page = await world.begin_proof(session_id, former=FORMER)
    vouching.provider.end(page.proof_url)
    assert failure(await world.finish_proof(session_id)) is FailureReason.OTHER_PROOF
    assert (await world.status(token)).assurances == RESULT
    rows = await sql.rows(world.database, select(persons))
    assert sorted(row.accounts for row in rows) == [0, 1]
    assert {row.joined_id for row in rows} == {None}


async def test_an_id_represents_no_organisation(world: InquiryWorld) -> None:
    """Neither by a session of that kind, nor by what was signed in a HOLDER's, nor as a claim."""
    claim = await world.claims.claim(1, organization())
    whose: dict[str, Any] = {"account_token": claim.account_token, "purpose": SessionPurpose.REPRESENTATIVE}
    assert await reason_of(world.agreed(proof=Proof.RESULT_ONLY, **whose)) is Reason.INVALID_MESSAGE
    session_id = await world.agreed(proof=Proof.HOLDER, **whose)
    page = await world.begin_proof(
        session_id, name=REPRESENTATIVE.name, number=REPRESENTATIVE.document.number
    )
    world.prover.book.proofs[page.proof_url.split("/")[-2]].person = {}
    world.prover.end(page.proof_url)
    assert await reason_of(world.finish_proof(session_id)) is Reason.PROOF_REFUSED
    proven = Proven(RegistryAnswer.MATCH, Assurance.RESULT_ONLY, "signed")
    asked = command(2, method="FinishProof", account_token=claim.account_token, proven=proven)
    opaque = OpaqueIdentity(ISSUER, world.prover.book.opaque_id("1"))
    with pytest.raises(PreconditionError) as refused:
        await world.claims.verification.prove(replace(asked, identity=opaque), now=at(0))
    assert refused.value.reason is Reason.PROOF_NOT_OFFERED
    assert (await world.status(claim.account_token)).state is AccountState.REJECTED
