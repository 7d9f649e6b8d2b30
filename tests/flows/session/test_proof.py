"""Proofs at a provider over both databases: what is asked, what is refused, one claim for each proof.

The provider is the mock's book in this process; each of its lies is told by it.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select

from idvault.core.db.database import Database
from idvault.core.tables import main
from idvault.core.tables.log import log_entries
from idvault.core.tables.session import sessions
from idvault_client import Consent, resident_id
from idvault_client.errors import NotFound, RequestIdReused
from idvault_dev.mock_provider.book import ProviderFault
from idvault_verify import secret
from idvault_verify.account import Assurance, MinimumAssurance
from idvault_verify.attest import assertion, jose
from idvault_verify.attest.assertion import ProofEnd
from idvault_verify.campaign import ReverificationMethod
from idvault_verify.error import Reason
from idvault_verify.session import Proof, SessionPurpose, SessionState
from idvault_verify.v1 import common_pb2, verification_pb2
from idvault_verify.v1 import session_pb2 as pb
from tests.support.refusal import reason_of
from tests.support.session_world import BASE_URL, SessionWorld, browser_key
from tools.support import sql
from tools.support.fakes.flaky import Fault
from tools.support.fakes.provider import FakeProofProvider
from tools.support.feed import Feed
from tools.support.flow_world import at

States = pb.VerificationSession.State
CLAIMED = verification_pb2.Verification
MATCH, HOLDER = common_pb2.AccountStatus.ASSURANCE_REGISTRY_MATCH, common_pb2.AccountStatus.ASSURANCE_HOLDER
NAME, NUMBER = "金丝雀", "11010519491231002X"
MINUTE, DAY = 60, 86_400


@dataclass
class Proving:
    """A world with a provider."""

    world: SessionWorld
    provider: FakeProofProvider

    async def begun(self, proof: int = 1, **changes: Any) -> tuple[str, pb.SessionPage]:
        """Bring a session to the provider; return its id and page."""
        session_id = await self.world.agreed(proof=Proof.HOLDER, **changes)
        return session_id, await self.world.begin_proof(session_id, proof)

    async def confirmed(self, **changes: Any) -> tuple[str, pb.SessionPage]:
        """Let a person prove himself; return session and last page."""
        session_id, page = await self.begun(**changes)
        self.provider.end(page.proof_url)
        return session_id, await self.world.finish_proof(session_id)

    async def claims(self) -> list[str]:
        """Return the types of the entries of claims."""
        return await self.world.events("verification:")


@pytest_asyncio.fixture
async def proving(main_database: Database) -> AsyncIterator[Proving]:
    """Return the flows with a new database of each kind, and a provider."""
    provider = FakeProofProvider(at(0).real)
    world = SessionWorld(main_database, provider=provider, patience=0.3)
    await world.prepare()
    yield Proving(world, provider)
    await world.claims.verification.drain()


async def test_a_person_proves_to_be_the_holder(proving: Proving) -> None:
    """From the form to the result: no registry is asked, and the account has the fact HOLDER."""
    world = proving.world
    session_id, page = await proving.begun()
    assert (page.state, page.open_proof, page.proof) == (States.STATE_AGREED, 1, pb.PROOF_HOLDER)
    assert page.proof_url.startswith("https://provider.example/proofs/")
    assert proving.provider.end(page.proof_url) == f"{BASE_URL}/proof"
    done = await world.finish_proof(session_id)
    assert (done.state, done.open_proof, done.proof_url) == (States.STATE_SUCCEEDED, 0, "")
    assert list(done.verification.status.assurances) == [HOLDER]
    assert done.verification.status.assurance == MATCH
    seen = await world.get(session_id)
    assert seen.verification is not None
    assert seen.verification.status.assurances == (Assurance.HOLDER,)
    assert world.claims.registry.checks == []
    ((_, identity),) = world.claims.records.sealed
    assert (identity.name, identity.document.number) == (NAME, NUMBER)
    assert world.claims.records.assertions == [proving.provider.book.assertion(page.proof_url.split("/")[-2])]
    assert await world.events() == [
        "session:attempt:begin",
        "session:browser:bind",
        "session:link:create",
        "session:link:redeem",
        "session:proof:begin",
        "session:terms:agree",
    ]
    assert await proving.claims() == ["verification:claim:open", "verification:claim:settle"]


async def test_neither_name_nor_number_is_kept(proving: Proving) -> None:
    """Between form and answer no table has what was typed, nor anything with which a guess can be tested."""
    session_id, page = await proving.begun()
    nonce = page.proof_url.split("/")[-2]
    stored = [
        repr(row)
        for table in main.sorted_tables
        for row in await sql.rows(proving.world.database, select(table))
    ]
    for canary in (NAME, NUMBER, NUMBER[:17], nonce):
        assert not [row for row in stored if canary in row]
    (row,) = await sql.rows(proving.world.database, select(sessions))
    assert (row.proof, row.proofs, len(row.proof_hash)) == ("HOLDER", 1, 32)
    held = proving.provider.book.proofs[nonce]
    assert session_id not in (held.session, held.return_url, nonce)
    assert held.person == {"name": NAME, "document_type": "RESIDENT_ID", "number": NUMBER}


@pytest.mark.parametrize(
    "fault",
    [
        ProviderFault.LATE,
        ProviderFault.OTHER_SESSION,
        ProviderFault.OTHER_VAULT,
        ProviderFault.WRONG_KEY,
        ProviderFault.OTHER_NUMBER,
        ProviderFault.OTHER_NAME,
    ],
)
async def test_a_lie_of_the_provider_makes_no_claim(proving: Proving, fault: ProviderFault) -> None:
    """It is refused in the same words, and the person may begin anew."""
    proving.provider.book.fault = fault
    session_id, page = await proving.begun()
    proving.provider.end(page.proof_url)
    assert await reason_of(proving.world.finish_proof(session_id)) is Reason.PROOF_REFUSED
    assert await proving.claims() == []
    proving.provider.book.fault = ProviderFault.NONE
    page = await proving.world.begin_proof(session_id, 2)
    proving.provider.end(page.proof_url)
    assert (await proving.world.finish_proof(session_id, 2)).state == States.STATE_SUCCEEDED
    assert await reason_of(proving.world.finish_proof(session_id, 1)) is Reason.INVALID_MESSAGE


async def test_an_assertion_of_another_proof_is_refused(proving: Proving) -> None:
    """What was signed for one session verifies nobody in another one."""
    first, page = await proving.begun()
    proving.provider.end(page.proof_url)
    proving.provider.book.fault = ProviderFault.REPLAYED
    other, page = await proving.begun(browser=1)
    proving.provider.end(page.proof_url)
    assert await reason_of(proving.world.finish_proof(other)) is Reason.PROOF_REFUSED
    assert (await proving.world.finish_proof(first)).state == States.STATE_SUCCEEDED
    assert (await proving.world.get(other)).state is SessionState.AGREED


async def test_an_assertion_that_is_fetched_late_is_refused(proving: Proving) -> None:
    """Ten minutes after the provider signed it is over; the session's own end is another."""
    session_id, page = await proving.begun()
    proving.provider.end(page.proof_url)
    late = proving.world.finish_proof(session_id, seconds=assertion.LIFETIME)
    assert await reason_of(late) is Reason.PROOF_REFUSED
    over = proving.world.finish_proof(session_id, seconds=15 * MINUTE)
    assert await reason_of(over) is Reason.SESSION_EXPIRED


async def test_a_person_who_cancels_may_begin_again(proving: Proving) -> None:
    """A proof that is open or cancelled makes no claim; its number is used up."""
    session_id, page = await proving.begun()
    assert await reason_of(proving.world.finish_proof(session_id)) is Reason.PROOF_OPEN
    proving.provider.end(page.proof_url, ProofEnd.CANCELLED)
    assert await reason_of(proving.world.finish_proof(session_id)) is Reason.PROOF_REFUSED
    page = await proving.world.page(session_id)
    assert (page.open_proof, page.next_attempt, page.attempts_left) == (1, 2, 4)
    page = await proving.world.begin_proof(session_id, 2)
    proving.provider.end(page.proof_url)
    assert (await proving.world.finish_proof(session_id, 2)).state == States.STATE_SUCCEEDED


async def test_a_denial_is_a_mismatch_and_is_charged(proving: Proving) -> None:
    """Who is not there is told what a wrong name is told; five pairs in an hour, as at a registry."""
    session_id, page = await proving.begun()
    proving.provider.end(page.proof_url, ProofEnd.DENIED)
    denied = await proving.world.finish_proof(session_id)
    assert (denied.state, denied.next_attempt) == (States.STATE_AGREED, 2)
    assert denied.verification.failure_reason == CLAIMED.FAILURE_REASON_MISMATCH
    assert proving.world.claims.records.sealed == []
    for number, name in enumerate(("错一", "错二", "错三", "错四"), start=2):
        page = await proving.world.begin_proof(session_id, number, name=name)
        proving.provider.end(page.proof_url, ProofEnd.DENIED)
        denied = await proving.world.finish_proof(session_id, number)
    assert (denied.state, denied.next_attempt) == (States.STATE_FAILED, 0)
    other = await proving.world.agreed(proof=Proof.HOLDER)
    page = await proving.world.begin_proof(other, name="错五")
    proving.provider.end(page.proof_url)
    assert await reason_of(proving.world.finish_proof(other)) is Reason.TOO_MANY_ATTEMPTS


async def test_at_most_five_proofs_are_begun(proving: Proving) -> None:
    """The provider is told no more names by one session; a number that no form had begins nothing."""
    session_id = await proving.world.agreed(proof=Proof.HOLDER)
    for number in (0, 2, 6):
        assert await reason_of(proving.world.begin_proof(session_id, number)) is Reason.INVALID_MESSAGE
    for number in range(1, 6):
        page = await proving.world.begin_proof(session_id, number)
        assert page.attempts_left == 5 - number
    assert await reason_of(proving.world.begin_proof(session_id, 6)) is Reason.INVALID_MESSAGE
    assert len(proving.provider.book.proofs) == 5


async def test_a_repeat_begins_nothing_anew(proving: Proving) -> None:
    """The same form is the same proof, also after a lost answer; another one under its number is refused."""
    session_id = await proving.world.agreed(proof=Proof.HOLDER)
    proving.provider.lose = True
    lost = proving.world.begin_proof(session_id)
    assert await reason_of(lost) is Reason.PROVIDER_UNAVAILABLE
    first = await proving.world.begin_proof(session_id)
    assert await proving.world.begin_proof(session_id) == first
    with pytest.raises(RequestIdReused):
        await proving.world.begin_proof(session_id, name="错一一")
    assert len(proving.provider.book.proofs) == 1
    proving.provider.end(first.proof_url)
    done = [await proving.world.finish_proof(session_id) for _ in range(3)]
    assert {page.state for page in done} == {States.STATE_SUCCEEDED}
    assert await proving.claims() == ["verification:claim:open", "verification:claim:settle"]


@pytest.mark.parametrize("fault", [Fault.REFUSE, Fault.LOSE_ANSWER])
@pytest.mark.parametrize("act", ["open", "settle"])
async def test_a_crash_leaves_one_claim_that_a_repeat_settles(
    proving: Proving, act: str, fault: Fault
) -> None:
    """Whatever is lost, one proof makes one account; the job of a dead process is free after its lease."""
    world = proving.world
    session_id, page = await proving.begun()
    proving.provider.end(page.proof_url)
    world.claims.claims.plant(act, fault)
    assert await reason_of(world.finish_proof(session_id)) is Reason.STORE_UNAVAILABLE
    again = await world.page(session_id)
    if again.state != States.STATE_SUCCEEDED:
        assert again.open_proof == 1
        done = await world.finish_proof(session_id, seconds=20)
        assert done.state == States.STATE_SUCCEEDED
    assert list((await world.page(session_id)).verification.status.assurances) == [HOLDER]
    assert world.claims.registry.checks == []
    assert await proving.claims() == ["verification:claim:open", "verification:claim:settle"]


async def test_the_worker_never_asks_a_registry_for_a_proof(proving: Proving) -> None:
    """A claim whose person does not come back has no intake: it ends after 48 hours, unasked."""
    world = proving.world
    session_id, page = await proving.begun()
    proving.provider.end(page.proof_url)
    world.claims.claims.plant("settle", Fault.REFUSE)
    assert await reason_of(world.finish_proof(session_id)) is Reason.STORE_UNAVAILABLE
    still = await world.finish_proof(session_id, seconds=1)
    assert (still.state, still.open_proof) == (States.STATE_CHECKING, 1)
    assert await world.claims.work(seconds=3_600) == []
    assert await world.claims.backlog.time_out(now=at(48 * 3_600), limit=10) == 1
    ended = await world.page(session_id, seconds=48 * 3_600)
    assert ended.verification.failure_reason == CLAIMED.FAILURE_REASON_REGISTRY_TIMED_OUT
    assert world.claims.registry.checks == []


async def test_a_silent_provider_changes_nothing(proving: Proving) -> None:
    """What it does not answer can be asked again."""
    session_id, page = await proving.begun()
    proving.provider.end(page.proof_url)
    proving.provider.book.fault = ProviderFault.SILENT
    assert await reason_of(proving.world.finish_proof(session_id)) is Reason.PROVIDER_UNAVAILABLE
    proving.provider.book.fault = ProviderFault.NONE
    assert (await proving.world.finish_proof(session_id)).state == States.STATE_SUCCEEDED


async def test_another_browser_learns_nothing(proving: Proving) -> None:
    """Neither the address of the proof nor its end is another browser's."""
    session_id, page = await proving.begun()
    proving.provider.end(page.proof_url)
    for ask in (proving.world.finish_proof, proving.world.begin_proof, proving.world.page):
        with pytest.raises(NotFound):
            await ask(session_id, browser=2)
    nonces = {secret.proof_nonce(browser_key(each), session_id=session_id, number=1) for each in (1, 2)}
    assert len(nonces) == 2


async def test_a_session_has_one_kind_of_proof(proving: Proving) -> None:
    """A match does not stand in for a proof that the platform demands, nor the reverse."""
    matched = await proving.world.agreed()
    assert await reason_of(proving.world.begin_proof(matched)) is Reason.PROOF_NOT_OFFERED
    demanded = await proving.world.agreed(proof=Proof.HOLDER)
    assert await reason_of(proving.world.submit(demanded)) is Reason.ILLEGAL_TRANSITION
    assert await reason_of(proving.world.finish_proof(demanded)) is Reason.INVALID_MESSAGE
    assert proving.provider.book.proofs == {}


async def test_without_a_provider_no_proof_is_demanded(main_database: Database) -> None:
    """A deployment that has none refuses the session."""
    world = SessionWorld(main_database)
    await world.prepare()
    assert await reason_of(world.create(proof=Proof.HOLDER)) is Reason.PROOF_NOT_OFFERED


async def test_a_match_is_upgraded_and_falls_back(proving: Proving) -> None:
    """A holder keeps the match beside it; a later match alone does not renew a presence."""
    world = proving.world
    matched = await world.agreed()
    token = (await world.submit(matched)).verification.account_token
    again: dict[str, Any] = {"account_token": token, "purpose": SessionPurpose.RENEWAL}
    _, page = await proving.confirmed(**again)
    assert list(page.verification.status.assurances) == [HOLDER, MATCH]
    fallen = await world.submit(await world.agreed(**again))
    assert list(fallen.verification.status.assurances) == [MATCH]


async def test_somebody_else_does_not_take_an_account_over(proving: Proving) -> None:
    """The holder of another number is refused after his own proof."""
    world = proving.world
    matched = await world.agreed()
    token = (await world.submit(matched)).verification.account_token
    session_id = await world.agreed(proof=Proof.HOLDER, account_token=token, purpose=SessionPurpose.RENEWAL)
    page = await world.begin_proof(session_id, name="某一八", number="110000190101040016")
    proving.provider.end(page.proof_url)
    refused = await world.finish_proof(session_id)
    assert refused.verification.failure_reason == CLAIMED.FAILURE_REASON_DIFFERENT_OWNER


async def test_the_limit_of_accounts_reaches_a_holder(proving: Proving) -> None:
    """A proof finds the same person as a match: it is no way around a limit or a closure."""
    world = proving.world
    for _ in range(world.claims.policy.accounts_per_person):
        matched = await world.submit(await world.agreed())
        assert matched.state == States.STATE_SUCCEEDED
    _, page = await proving.confirmed()
    assert page.verification.failure_reason == CLAIMED.FAILURE_REASON_ACCOUNT_LIMIT_REACHED


async def test_an_assertion_is_no_key_to_the_vault(proving: Proving) -> None:
    """It names the person and the session's reference, never the session or the account."""
    session_id, page = await proving.begun()
    nonce = page.proof_url.split("/")[-2]
    proving.provider.end(page.proof_url)
    signed = proving.provider.book.assertion(nonce) or ""
    claims = jose.decode(signed.split(".")[1]).decode()
    assert NUMBER in claims
    assert session_id not in claims
    done = await proving.world.finish_proof(session_id)
    assert done.verification.account_token not in claims
    leaves = [row.leaf for row in await sql.rows(proving.world.database, select(log_entries))]
    assert not [leaf for leaf in leaves if nonce.encode() in leaf]


async def test_a_campaign_asks_for_a_holder(proving: Proving) -> None:
    """Its code opens no session and no claim that could only match; nothing of it is used up."""
    campaigns = proving.world.campaigns
    await campaigns.members(1)
    campaign = await campaigns.started(
        methods=(ReverificationMethod.HOSTED_LINK,), minimum_assurance=MinimumAssurance.HOLDER
    )
    assert campaign.plan.minimum_assurance is MinimumAssurance.HOLDER
    (shown,) = (await campaigns.take(campaign)).invitations
    assert shown.minimum_assurance is MinimumAssurance.HOLDER
    invited: dict[str, Any] = {
        "account_token": shown.account_token,
        "purpose": SessionPurpose.INVITATION,
        "invitation_code": shown.code,
    }
    assert await reason_of(proving.world.create(**invited)) is Reason.ASSURANCE_MISSING
    matched = proving.world.claims.client().verify_individual(
        NAME,
        resident_id(NUMBER),
        consent=Consent("terms-3", at(0).business),
        account_token=shown.account_token,
        invitation_code=shown.code,
    )
    assert await reason_of(matched) is Reason.ASSURANCE_MISSING
    _, page = await proving.confirmed(**invited)
    assert (page.state, page.invited) == (States.STATE_SUCCEEDED, True)
    assert list(page.verification.status.assurances) == [HOLDER]


async def test_a_verified_owner_answers_a_campaign(proving: Proving) -> None:
    """By the link of an invitation: the holder's fact is added, and nothing else of the status changes."""
    world, campaigns = proving.world, proving.world.campaigns
    token = (await world.submit(await world.agreed())).verification.account_token
    await Feed(world.database).arrange(limit=100)
    campaign = await campaigns.started(
        methods=(ReverificationMethod.HOSTED_LINK,), minimum_assurance=MinimumAssurance.HOLDER
    )
    (shown,) = (await campaigns.take(campaign, seconds=DAY)).invitations
    assert shown.account_token == token
    before = await campaigns.status(token, seconds=DAY)
    invited: dict[str, Any] = {
        "account_token": token,
        "purpose": SessionPurpose.INVITATION,
        "invitation_code": shown.code,
        "seconds": DAY,
    }
    assert await reason_of(world.create(**invited)) is Reason.ASSURANCE_MISSING
    proving.provider.now = at(DAY).real
    session_id = await world.agreed(proof=Proof.HOLDER, **invited)
    page = await world.begin_proof(session_id, seconds=DAY)
    proving.provider.end(page.proof_url)
    done = await world.finish_proof(session_id, seconds=DAY)
    assert (done.state, done.invited) == (States.STATE_SUCCEEDED, True)
    facts = frozenset({Assurance.HOLDER, Assurance.REGISTRY_MATCH})
    after = await campaigns.status(token, seconds=DAY)
    assert after == replace(before, assurances=facts, revision=before.revision + 1)
    assert await reason_of(world.create(proof=Proof.HOLDER, **invited)) is Reason.ILLEGAL_TRANSITION
