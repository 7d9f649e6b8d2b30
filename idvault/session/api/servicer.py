"""SessionService: hosted verification for platforms, and what the web process shows to people."""

from dataclasses import dataclass
from datetime import datetime

from idvault.claim import api as claim_api
from idvault.claim.acts import claim as claim_acts
from idvault.core.act import Vault
from idvault.core.edge import convert as common
from idvault.core.edge import repetition
from idvault.core.edge.call import Caller
from idvault.core.request import Asked
from idvault.disclosure.api import history as history_api
from idvault.erasure import api as erasure_api
from idvault.moderator import api as moderator_api
from idvault.public_account import api as public_account_api
from idvault.sanction import api as sanction_api
from idvault.sanction.appeal import api as appeal_api
from idvault.session.acts import answer as answer_acts
from idvault.session.acts import identity as identity_acts
from idvault.session.acts import page as page_acts
from idvault.session.acts import pairing as pairing_acts
from idvault.session.acts import proof as proof_acts
from idvault.session.acts import session as session_acts
from idvault.session.acts.identity import IdentityContext, OwnIdentity
from idvault.session.acts.page import ShownPage
from idvault.session.acts.session import NewSession, SessionContext, ShownSession
from idvault.session.api import convert
from idvault.session.api.ownership import OwnershipMethods
from idvault.session.contest import api as contest_api
from idvault.session.contest.api import ContestMethods
from idvault.session.disavowal import api as disavowal_api
from idvault.session.disavowal.api import DisavowalMethods
from idvault.session.reinstatement import api as reinstatement_api
from idvault.session.reinstatement.api import ReinstatementMethods
from idvault.session.rules import PastClaim
from idvault_verify import secret
from idvault_verify.clock import ClockReading
from idvault_verify.v1 import (
    contest_pb2,
    disavowal_pb2,
    erasure_pb2,
    reinstatement_pb2,
    sanction_pb2,
    status_pb2,
    verification_pb2,
)
from idvault_verify.v1 import identity_pb2 as pb
from idvault_verify.v1 import session_pb2 as v1_session_pb2


@dataclass(kw_only=True, eq=False, repr=False)
class IdentityMethods:
    """The methods about what an owner sees."""

    vault: Vault
    identity: IdentityContext

    async def GetIdentity(
        self, request: pb.GetIdentityRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.Identity:
        """Return the account of a session, as its owner sees it."""
        found = await identity_acts.get(self.vault, self.identity, convert.browser(request), now=now)
        return _message(found, now=now.business)

    async def GetIdentityHistory(
        self,
        request: pb.GetIdentityHistoryRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> status_pb2.DisclosureHistory:
        """Return the disclosures and openings of the account's records."""
        found = await identity_acts.history(self.vault, self.identity, convert.browser(request), now=now)
        return history_api.history(found)

    async def GetIdentityReceipt(
        self,
        request: pb.GetIdentityReceiptRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> verification_pb2.Receipt:
        """Return the receipt of a verification."""
        browser = convert.browser(request)
        claim_id = moderator_api.an_id(request.verification_id, "verification_id")
        found = await identity_acts.receipt(self.vault, self.identity, browser, claim_id=claim_id, now=now)
        return claim_api.receipt_message(found)

    async def AppealFromSession(
        self,
        request: pb.AppealFromSessionRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> sanction_pb2.Appeal:
        """File an appeal against a sanction of the account."""
        browser = convert.browser(request)
        sanction_id = moderator_api.an_id(request.sanction_id, "sanction_id")
        call = repetition.asked(request, caller)
        filed = await identity_acts.appeal(
            self.vault, self.identity, call, now, browser, sanction_id=sanction_id, text=request.text
        )
        return appeal_api.message(filed, now=now.business)

    async def ContestFromSession(
        self,
        request: contest_pb2.ContestFromSessionRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> contest_pb2.Contest:
        """File a contest of a verification of the account."""
        browser = convert.browser(request)
        claim_id = moderator_api.an_id(request.verification_id, "verification_id")
        call = repetition.asked(request, caller)
        filed = await identity_acts.contest(
            self.vault, self.identity, call, now, browser, claim_id=claim_id, text=request.text
        )
        return contest_api.message(filed, now=now.business)

    async def AppealWithdrawalFromSession(
        self,
        request: reinstatement_pb2.AppealWithdrawalFromSessionRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> reinstatement_pb2.Reinstatement:
        """File an appeal against the withdrawal of the account's verification."""
        browser = convert.browser(request)
        call = repetition.asked(request, caller)
        filed = await identity_acts.appeal_withdrawal(
            self.vault, self.identity, call, now, browser, text=request.text
        )
        return reinstatement_api.message(filed, now=now.business)

    async def BeginDisavowalAnswer(
        self,
        request: disavowal_pb2.BeginDisavowalAnswerRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> disavowal_pb2.DisavowalAnswer:
        """Begin the proof of an account's holder."""
        browser = convert.browser(request)
        call = repetition.asked(request, caller)
        identity = convert.holder(request, claims=self.identity.answers.sessions.rules, now=now)
        page = await answer_acts.begin(
            self.vault, self.identity.answers, call, now, browser, number=request.proof, identity=identity
        )
        return disavowal_pb2.DisavowalAnswer(proof_url=page)

    async def FinishDisavowalAnswer(
        self,
        request: disavowal_pb2.FinishDisavowalAnswerRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> disavowal_pb2.Disavowal:
        """Reject what was disowned, if its holder was proven."""
        browser = convert.browser(request)
        call = repetition.asked(request, caller)
        answered = await answer_acts.finish(
            self.vault, self.identity.answers, call, now, browser, number=request.proof
        )
        return disavowal_api.message(answered, now=now.business)

    async def EraseFromSession(
        self,
        request: pb.EraseFromSessionRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> erasure_pb2.Erasure:
        """Request the erasure of the account."""
        browser = convert.browser(request)
        call = repetition.asked(request, caller)
        return erasure_api.message(await identity_acts.erase(self.vault, self.identity, call, now, browser))

    async def KeepFromSession(
        self,
        request: pb.KeepFromSessionRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> erasure_pb2.Erasure:
        """Cancel the erasure of the account."""
        browser = convert.browser(request)
        call = repetition.asked(request, caller)
        return erasure_api.message(await identity_acts.keep(self.vault, self.identity, call, now, browser))


def _message(value: OwnIdentity, *, now: datetime) -> pb.Identity:
    message = pb.Identity(
        status=common.status(value.status),
        verifications=[_past(each) for each in value.claims],
        sanctions=[sanction_api.sanction(each) for each in value.sanctions],
        appeals=[appeal_api.message(each, now=now) for each in value.appeals],
        contests=[contest_api.message(each, now=now) for each in value.contests],
        disavowals=[disavowal_api.message(each, now=now) for each in value.disavowals],
        proof_provider=value.answer.provider,
        proof_document_types=convert.documents(value.answer.document_types),
        next_proof=value.answer.next_proof,
        proof_url=value.answer.proof_url,
        reinstatements=[reinstatement_api.message(each, now=now) for each in value.reinstatements],
        reinstate_until_time=sanction_api.time(value.reinstate_until),
        public_accounts=[public_account_api.public_account(each) for each in value.public_accounts],
        offered_public_accounts=[public_account_api.offered(each) for each in value.offered],
    )
    if value.quorum is not None:
        message.record_quorum.CopyFrom(claim_api.quorum(value.quorum))
    message.possible_erase_time.FromDatetime(value.offer.erase_at)
    message.recently_verified = value.offer.is_recent
    if value.erasure is not None:
        message.erasure.CopyFrom(erasure_api.message(value.erasure))
        if value.erasure.erasure.cancelled_at is not None:
            message.erasure_cancel_time.FromDatetime(value.erasure.erasure.cancelled_at)
    return message


def _past(value: PastClaim) -> pb.PastVerification:
    reason = value.failure_reason
    return pb.PastVerification(
        verification_id=value.claim_id,
        state=claim_api.CLAIM_STATES[value.state],
        failure_reason=claim_api.FAILURES[reason]
        if reason
        else verification_pb2.Verification.FAILURE_REASON_UNSPECIFIED,
        open_time=sanction_api.time(value.opened_at),
        end_time=sanction_api.time(value.ended_at),
        policy_version=value.consent.policy_version,
        agree_time=sanction_api.time(value.consent.agree_time),
        withdrawn=value.withdrawn,
    )


@dataclass(kw_only=True, eq=False, repr=False)
class SessionMethods(
    IdentityMethods, OwnershipMethods, ContestMethods, DisavowalMethods, ReinstatementMethods
):
    """The methods of SessionService."""

    context: SessionContext

    async def CreateVerificationSession(
        self,
        request: v1_session_pb2.CreateVerificationSessionRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> v1_session_pb2.VerificationSession:
        """Make the link of a session."""
        call = repetition.asked(request, caller)
        return await self._create(call, convert.wanted(request, caller=caller, now=now), now)

    async def CreateIdentitySession(
        self,
        request: v1_session_pb2.CreateIdentitySessionRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> v1_session_pb2.VerificationSession:
        """Make the link of a session that shows an account to its owner."""
        call = repetition.asked(request, caller)
        return await self._create(call, convert.wanted_identity(request, now=now), now)

    async def BindVerificationSession(
        self,
        request: v1_session_pb2.BindVerificationSessionRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> v1_session_pb2.VerificationSession:
        """Confirm that a browser is logged in to the session's account."""
        session_id = convert.session_id(request.session_id)
        code = secret.check(request.bind_code, field="bind_code")
        call = repetition.asked(request, caller)
        bound = await session_acts.bind(self.vault, self.context, call, now, session_id, bind_code=code)
        return await self._session(bound, now, continue_url=f"{self.context.base_url}/s/{session_id}")

    async def GetVerificationSession(
        self,
        request: v1_session_pb2.GetVerificationSessionRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> v1_session_pb2.VerificationSession:
        """Return a session as of now."""
        session_id = convert.session_id(request.session_id)
        found = await session_acts.get(self.vault, self.context, caller.name, session_id, now=now)
        return await self._session(found, now)

    async def GetSessionLink(
        self,
        request: v1_session_pb2.GetSessionLinkRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> v1_session_pb2.SessionPage:
        """Return what the first page of a link shows."""
        code = secret.check(request.link_code, field="link_code")
        return await self._page(await page_acts.of_link(self.vault, self.context, code, now=now), now)

    async def RedeemSession(
        self,
        request: v1_session_pb2.RedeemSessionRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> v1_session_pb2.SessionPage:
        """Give a link to one browser."""
        code = secret.check(request.link_code, field="link_code")
        key = secret.check(request.browser_key, field="browser_key")
        call = repetition.asked(request, caller)
        redeemed = await page_acts.redeem(
            self.vault, self.context, call, now, link_code=code, browser_key=key
        )
        return await self._page(redeemed, now)

    async def GetSessionPage(
        self,
        request: v1_session_pb2.GetSessionPageRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> v1_session_pb2.SessionPage:
        """Return what a page of the session shows now."""
        found = await page_acts.get(self.vault, self.context, convert.browser(request), now=now)
        return await self._page(found, now)

    async def AgreeToTerms(
        self,
        request: v1_session_pb2.AgreeToTermsRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> v1_session_pb2.SessionPage:
        """Record that the person agreed to the terms."""
        browser = convert.browser(request)
        call = repetition.asked(request, caller)
        agreed = await page_acts.agree(self.vault, self.context, call, now, browser)
        return await self._page(agreed, now)

    async def AnswerInvitation(
        self,
        request: v1_session_pb2.AnswerInvitationRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> v1_session_pb2.SessionPage:
        """Record what the owner answers to an invitation."""
        browser, event = convert.browser(request), convert.answer(request.answer)
        call = repetition.asked(request, caller)
        answered = await page_acts.answer(self.vault, self.context, call, now, browser, event=event)
        return await self._page(answered, now)

    async def SubmitIdentity(
        self,
        request: v1_session_pb2.SubmitIdentityRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> v1_session_pb2.SessionPage:
        """Make the claim of an attempt, or return the state of one that was made."""
        browser = convert.browser(request)
        call = repetition.asked(request, caller)
        submission = convert.submission(request, claims=self.context.rules, now=now)
        submitted = await page_acts.submit(
            self.vault,
            self.context,
            call,
            now,
            browser,
            submission=submission,
            left=common.countdown(remaining, longest=self.context.patience),
        )
        return await self._page(submitted, now)

    async def BeginProof(
        self,
        request: v1_session_pb2.BeginProofRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> v1_session_pb2.SessionPage:
        """Begin a proof at a provider."""
        browser = convert.browser(request)
        call = repetition.asked(request, caller)
        identity = convert.typed(request, claims=self.context.rules, now=now)
        begun = await proof_acts.begin(
            self.vault,
            self.context,
            call,
            now,
            browser,
            number=request.proof,
            identity=identity,
            guardian=convert.guardian(request, claims=self.context.rules, now=now),
            former=convert.former(request, identity, claims=self.context.rules, now=now),
            left=common.countdown(remaining, longest=self.context.patience),
        )
        return await self._page(begun, now)

    async def FinishProof(
        self,
        request: v1_session_pb2.FinishProofRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> v1_session_pb2.SessionPage:
        """Make the claim of a proof that has ended, or return the state of one that was made."""
        browser = convert.browser(request)
        call = repetition.asked(request, caller)
        finished = await proof_acts.finish(
            self.vault,
            self.context,
            call,
            now,
            browser,
            number=request.proof,
            content=repetition.content(request),
            patience=common.patience(remaining, longest=self.context.patience),
        )
        return await self._page(finished, now)

    async def ContestPairing(
        self,
        request: v1_session_pb2.ContestPairingRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> v1_session_pb2.SessionPage:
        """Contest that the number of the session replaced another one."""
        browser = convert.browser(request)
        call = repetition.asked(request, caller)
        return await self._page(await pairing_acts.contest(self.vault, self.context, call, now, browser), now)

    async def _create(
        self, call: Asked, wanted: NewSession, now: ClockReading
    ) -> v1_session_pb2.VerificationSession:
        made = await session_acts.create(self.vault, self.context, call, now, wanted)
        return await self._session(made.shown, now, url=f"{self.context.base_url}/v/{made.link_code}")

    async def _session(
        self, value: ShownSession, now: ClockReading, *, url: str = "", continue_url: str = ""
    ) -> v1_session_pb2.VerificationSession:
        verification = await self._verification(value, now)
        return convert.session(value, verification=verification, url=url, continue_url=continue_url)

    async def _page(self, value: ShownPage, now: ClockReading) -> v1_session_pb2.SessionPage:
        return convert.page(value, verification=await self._verification(value.shown, now))

    async def _verification(
        self, value: ShownSession, now: ClockReading
    ) -> verification_pb2.Verification | None:
        if value.claim is None:
            return None
        receipt = await claim_acts.receipt_of(self.vault, value.claim, context=self.identity.receipts)
        return claim_api.claim_message(value.claim, now=now, receipt=receipt)
