"""The representative of an organisation in its own hosted session, over both databases, and the attacks."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select

from idvault.core.db.database import Database
from idvault.core.tables.account import accounts
from idvault.core.tables.claim import persons
from idvault_client import FailureReason
from idvault_client.errors import InvalidFields, PreconditionFailed
from idvault_dev.mock_provider.book import ProviderFault
from idvault_verify.account import AccountState, Assurance
from idvault_verify.attest.assertion import ProofEnd
from idvault_verify.claim import ClaimState
from idvault_verify.claim import FailureReason as Told
from idvault_verify.error import Reason
from idvault_verify.session import ContestState, Proof, SessionPurpose, SessionState
from idvault_verify.v1 import session_pb2 as pb
from tests.support.refusal import reason_of
from tests.support.session_world import SessionWorld
from tests.support.withdrawal_world import WithdrawalWorld
from tools.support import sql
from tools.support.fakes.flaky import Fault
from tools.support.fakes.provider import FakeProofProvider
from tools.support.flow_world import at, command
from tools.support.organizations import REPRESENTATIVE, organization

States = pb.VerificationSession.State
STRANGER = ("某一二", "110000190101020007")
HIM = (REPRESENTATIVE.name, REPRESENTATIVE.document.number)


@dataclass
class Company:
    """A world with a provider, and a company that waits for its representative."""

    world: SessionWorld
    provider: FakeProofProvider
    token: str

    async def session(self, **changes: Any) -> str:
        """Make a session for the representative and bring it to the form; return its id."""
        given: dict[str, Any] = {
            "purpose": SessionPurpose.REPRESENTATIVE,
            "account_token": self.token,
            "proof": Proof.HOLDER,
        }
        return await self.world.agreed(**{**given, **changes})

    async def prove(
        self,
        session_id: str,
        who: tuple[str, str] = HIM,
        *,
        proof: int = 1,
        ended: ProofEnd = ProofEnd.CONFIRMED,
    ) -> pb.SessionPage:
        """Let somebody prove to be present; return the last page."""
        page = await self.world.begin_proof(session_id, proof, name=who[0], number=who[1])
        self.provider.end(page.proof_url, ended)
        return await self.world.finish_proof(session_id, proof)

    async def state(self) -> AccountState:
        return (await self.world.claims.client().get_status(self.token)).state or AccountState.UNVERIFIED


@pytest_asyncio.fixture
async def company(main_database: Database) -> AsyncIterator[Company]:
    """Return the flows with a new database of each kind, and a company whose four elements matched."""
    provider = FakeProofProvider(at(0).real)
    world = SessionWorld(main_database, provider=provider, patience=0.3)
    await world.prepare()
    claim = await world.claims.claim(1, organization())
    assert claim.failure_reason is FailureReason.REPRESENTATIVE_PENDING
    yield Company(world, provider, claim.account_token)
    await world.claims.verification.drain()


async def test_the_representative_proves_himself_in_the_companys_session(company: Company) -> None:
    """The account is verified; no registry of people is asked, and nobody gets an account."""
    session_id = await company.session()
    done = await company.prove(session_id)
    assert done.state == States.STATE_SUCCEEDED
    seen = await company.world.get(session_id)
    assert seen.verification is not None
    assert seen.verification.succeeded
    assert seen.verification.account_token == company.token
    assert set(seen.verification.status.assurances) == {Assurance.REGISTRY_MATCH, Assurance.HOLDER}
    assert company.world.claims.registry.checks == []
    database = company.world.database
    assert len(await sql.rows(database, select(accounts))) == 1
    assert len(await sql.rows(database, select(persons))) == 1


async def test_the_platform_learns_no_account_of_the_representative(company: Company) -> None:
    """He has one at the same platform: neither its token nor his name is in what the platform gets."""
    own = await company.world.claims.claim(2, REPRESENTATIVE)
    session_id = await company.session()
    await company.prove(session_id)
    world = company.world
    told = repr(
        [
            await world.get(session_id),
            await world.claims.claimed(1),
            await world.claims.client().get_status(company.token),
        ]
    )
    for secret in (own.account_token, *HIM):
        assert secret not in told
    assert (await world.claims.client().get_status(own.account_token)).revision == own.status.revision


async def test_who_is_not_the_representative_gets_nothing(company: Company) -> None:
    """A stranger who knows all four elements and proves to be himself, and one whom the provider denies."""
    session_id = await company.session()
    for proof, (who, ended) in enumerate(((STRANGER, ProofEnd.CONFIRMED), (HIM, ProofEnd.DENIED)), start=1):
        page = await company.prove(session_id, who, proof=proof, ended=ended)
        assert page.state == States.STATE_AGREED
        assert page.attempts_left == 5 - proof
        failed = (await company.world.get(session_id)).verification
        assert failed is not None
        assert failed.failure_reason is FailureReason.ELEMENT_MISMATCH
    assert await company.state() is AccountState.REJECTED


async def test_a_former_number_is_not_asked_of_him(company: Company) -> None:
    """A form that has one is refused, and the provider hears of nothing."""
    session_id = await company.session()
    asked = company.world.begin_proof(session_id, name=HIM[0], number=HIM[1], former=STRANGER[1])
    with pytest.raises(InvalidFields) as refused:
        await asked
    assert dict(refused.value.items()) == {"former_document": "CHARACTER"}
    assert (await company.prove(session_id)).state == States.STATE_SUCCEEDED


async def test_somebody_elses_proof_is_not_his(company: Company) -> None:
    """What the provider signed for a session of the representative as a person proves nothing here."""
    own = await company.world.agreed(proof=Proof.HOLDER, browser=2)
    page = await company.world.begin_proof(own, browser=2, name=HIM[0], number=HIM[1])
    company.provider.end(page.proof_url)
    company.provider.book.fault = ProviderFault.REPLAYED
    session_id = await company.session()
    page = await company.world.begin_proof(session_id, name=HIM[0], number=HIM[1])
    company.provider.end(page.proof_url)
    assert await reason_of(company.world.finish_proof(session_id)) is Reason.PROOF_REFUSED
    assert await company.state() is AccountState.REJECTED
    assert (await company.world.finish_proof(own, browser=2)).state == States.STATE_SUCCEEDED
    assert await company.state() is AccountState.REJECTED


async def test_a_finished_session_is_not_used_again(company: Company) -> None:
    """A repeat shows the same claim; a second session finds nothing that waits."""
    session_id = await company.session()
    other = await company.session(browser=2)
    done = [await company.prove(session_id), await company.world.finish_proof(session_id)]
    assert {page.verification.request_id for page in done} == {done[0].verification.request_id}
    page = await company.world.begin_proof(other, browser=2, name=HIM[0], number=HIM[1])
    company.provider.end(page.proof_url)
    assert await reason_of(company.world.finish_proof(other, browser=2)) is Reason.ILLEGAL_TRANSITION
    with pytest.raises(PreconditionFailed):
        await company.session()


async def test_only_an_account_that_waits_has_such_a_session(company: Company) -> None:
    """And only with a proof of presence: by name and number nobody represents anything."""
    person = await company.world.claims.claim(2, REPRESENTATIVE)
    asked = company.session(account_token=person.account_token)
    assert await reason_of(asked) is Reason.ILLEGAL_TRANSITION
    assert await reason_of(company.session(proof=Proof.NUMBER_MATCH)) is Reason.INVALID_MESSAGE
    assert await reason_of(company.session(account_token=None)) is Reason.INVALID_MESSAGE


@pytest.mark.parametrize("fault", [Fault.REFUSE, Fault.LOSE_ANSWER])
async def test_a_crash_leaves_one_claim(company: Company, fault: Fault) -> None:
    """Whether the act was lost or only its answer: a repeat makes or shows the same one."""
    session_id = await company.session()
    page = await company.world.begin_proof(session_id, name=HIM[0], number=HIM[1])
    company.provider.end(page.proof_url)
    company.world.claims.claims.plant("prove", fault)
    assert await reason_of(company.world.finish_proof(session_id)) is Reason.STORE_UNAVAILABLE
    assert (await company.world.finish_proof(session_id)).state == States.STATE_SUCCEEDED
    assert (await company.world.get(session_id)).state is SessionState.SUCCEEDED
    opened = [each for each in await company.world.events("verification:") if each.endswith("open")]
    assert len(opened) == 2


@pytest.mark.parametrize("fault", [Fault.REFUSE, Fault.LOSE_ANSWER])
async def test_a_crash_at_the_match_leaves_one_record_that_waits(company: Company, fault: Fault) -> None:
    """The claim is settled again under its lease, and then the representative proves himself."""
    world = company.world
    world.claims.claims.plant("settle", fault)
    asked = command(5, organization(), account_token=company.token, method="VerifyOrganization")
    with pytest.raises(Exception, match="STORE_UNAVAILABLE"):
        await world.claims.verify(asked)
    again = await world.claims.verify(asked, seconds=20)
    assert again.failure_reason is Told.REPRESENTATIVE_PENDING
    session_id = await company.session()
    assert (await company.prove(session_id)).state == States.STATE_SUCCEEDED


async def test_a_company_contests_what_was_not_its_own(main_database: Database) -> None:
    """Upheld by two, the verification is withdrawn; then its representative verifies it again."""
    world = WithdrawalWorld(main_database)
    await world.prepare()
    asked = command(1, organization(), method="VerifyOrganization")
    claim = await world.claims.represented(asked)
    assert await world.counts() == [(1, 0, 0)]
    contest = await world.contested(claim)
    assert (await world.upheld(contest)).state is ContestState.UPHELD
    token = claim.account.account_token
    assert (await world.status(token)).state is AccountState.REVOKED
    assert await world.counts() == [(0, 0, 1)]
    again = command(2, organization(), method="VerifyOrganization", account_token=token)
    assert (await world.claims.represented(again)).state is ClaimState.SUCCEEDED
    assert (await world.status(token)).state is AccountState.VERIFIED
    await world.claims.verification.drain()
