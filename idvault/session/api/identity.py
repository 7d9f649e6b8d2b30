"""The methods of SessionService for "my identity", and their messages."""

from dataclasses import dataclass
from datetime import datetime

from idvault.account import api as account_api
from idvault.claim.acts.receipt import ReceiptFlow
from idvault.claim.api import convert as claim_convert
from idvault.claim.api import receipt
from idvault.core.edge.call import Caller
from idvault.disclosure.api import convert_history
from idvault.erasure import api as erasure_messages
from idvault.moderator import api as moderator_api
from idvault.public_account.api import convert as public_account_convert
from idvault.sanction.api import convert as sanction_convert
from idvault.sanction.appeal import api as appeal_messages
from idvault.session.acts.identity import IdentityFlow, OwnIdentity
from idvault.session.api import convert
from idvault.session.contest import api as contest_messages
from idvault.session.ports import PastClaim
from idvault.v1 import contest_pb2, erasure_pb2, sanction_pb2, status_pb2, verification_pb2
from idvault.v1 import identity_pb2 as pb
from idvault.verify.clock import ClockReading


@dataclass(kw_only=True, eq=False, repr=False)
class IdentityMethods:
    """Converts, calls one flow, converts back."""

    identities: IdentityFlow
    receipts: ReceiptFlow

    async def GetIdentity(
        self, request: pb.GetIdentityRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.Identity:
        """Return the account of a session, as its owner sees it."""
        found = await self.identities.get(convert.browser(request), now=now)
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
        found = await self.identities.history(convert.browser(request), now=now)
        return convert_history.history(found)

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
        found = await self.identities.receipt(browser, claim_id=claim_id, now=now)
        return receipt.receipt(found)

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
        # With the request id, the stored fingerprint tells nothing about a text, even to who has the key.
        fields = (request.request_id, browser.session_id, browser.hash, sanction_id, request.text)
        call = convert.call(request.request_id, "AppealFromSession", *fields, caller=caller)
        filed = await self.identities.appeal(
            call, browser=browser, sanction_id=sanction_id, text=request.text, now=now
        )
        return appeal_messages.message(filed, now=now.business)

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
        fields = (request.request_id, browser.session_id, browser.hash, claim_id, request.text)
        call = convert.call(request.request_id, "ContestFromSession", *fields, caller=caller)
        filed = await self.identities.contest(
            call, browser=browser, claim_id=claim_id, text=request.text, now=now
        )
        return contest_messages.message(filed, now=now.business)

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
        call = convert.call(
            request.request_id, "EraseFromSession", browser.session_id, browser.hash, caller=caller
        )
        return erasure_messages.message(await self.identities.erase(call, browser=browser, now=now))

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
        call = convert.call(
            request.request_id, "KeepFromSession", browser.session_id, browser.hash, caller=caller
        )
        return erasure_messages.message(await self.identities.keep(call, browser=browser, now=now))


def _message(value: OwnIdentity, *, now: datetime) -> pb.Identity:
    message = pb.Identity(
        status=account_api.status(value.status),
        verifications=[_past(each) for each in value.claims],
        sanctions=[sanction_convert.sanction(each) for each in value.sanctions],
        appeals=[appeal_messages.message(each, now=now) for each in value.appeals],
        contests=[contest_messages.message(each, now=now) for each in value.contests],
        public_accounts=[public_account_convert.public_account(each) for each in value.public_accounts],
    )
    if value.quorum is not None:
        message.record_quorum.CopyFrom(receipt.quorum(value.quorum))
    message.possible_erase_time.FromDatetime(value.offer.erase_at)
    message.recently_verified = value.offer.is_recent
    if value.erasure is not None:
        message.erasure.CopyFrom(erasure_messages.message(value.erasure))
    return message


def _past(value: PastClaim) -> pb.PastVerification:
    reason = value.failure_reason
    return pb.PastVerification(
        verification_id=value.claim_id,
        state=claim_convert.CLAIM_STATES[value.state],
        failure_reason=claim_convert.FAILURES[reason]
        if reason
        else verification_pb2.Verification.FAILURE_REASON_UNSPECIFIED,
        open_time=sanction_convert.time(value.opened_at),
        end_time=sanction_convert.time(value.ended_at),
        policy_version=value.consent.policy_version,
        agree_time=sanction_convert.time(value.consent.agree_time),
    )
