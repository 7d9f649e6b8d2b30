"""VerificationService: claims for people and organisations, made by platforms."""

from dataclasses import dataclass

from idvault.claim.acts.receipt import ReceiptFlow
from idvault.claim.acts.verification import VerificationFlow
from idvault.claim.api import convert as claim_convert
from idvault.claim.rules.claim import ClaimRules
from idvault.core.edge import convert
from idvault.core.edge.call import Caller
from idvault.v1 import verification_pb2
from idvault.verify.clock import ClockReading


@dataclass(kw_only=True, eq=False, repr=False)
class VerificationServicer:
    """Converts, calls one flow, converts back."""

    flow: VerificationFlow
    receipts: ReceiptFlow
    rules: ClaimRules
    patience: float

    async def VerifyIndividual(
        self,
        request: verification_pb2.VerifyIndividualRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> verification_pb2.Verification:
        """Verify a person's real name and number, and seal them."""
        return await self._verify(request, caller=caller, now=now, remaining=remaining)

    async def VerifyOrganization(
        self,
        request: verification_pb2.VerifyOrganizationRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> verification_pb2.Verification:
        """Verify an organisation's name and credit code, and seal them."""
        return await self._verify(request, caller=caller, now=now, remaining=remaining)

    async def GetVerification(
        self,
        request: verification_pb2.GetVerificationRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> verification_pb2.Verification:
        """Return the current state of a claim."""
        request_id = convert.request_id(request.request_id)
        claim = await self.flow.get(relying_party=caller.name, request_id=request_id, now=now)
        return claim_convert.claim(claim, now=now, receipt=await self.receipts.of(claim))

    async def _verify(
        self, request: claim_convert.Verify, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> verification_pb2.Verification:
        command = claim_convert.verify_command(request, caller=caller, now=now, rules=self.rules)
        patience = convert.patience(remaining, longest=self.patience)
        claim = await self.flow.verify(command, now=now, patience=patience)
        return claim_convert.claim(claim, now=now, receipt=await self.receipts.of(claim))
