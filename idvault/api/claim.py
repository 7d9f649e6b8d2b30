"""VerificationService: claims of people and organisations, made by instant-messaging backends."""

from dataclasses import dataclass
from typing import Protocol

from idvault.api import convert
from idvault.api.edge.call import Caller
from idvault.domain.claim import ClaimRules
from idvault.domain.clock import ClockReading
from idvault.flows.claim.receipt import Receipt
from idvault.flows.claim.verification import VerifyCommand
from idvault.ports.claim import Claim
from idvault.v1 import verification_pb2


class ClaimServing(Protocol):
    """What this edge needs of flows.claim.verification.VerificationFlow."""

    async def verify(self, command: VerifyCommand, *, now: ClockReading, patience: float) -> Claim:
        """Open a claim, or find it again, and wait for its outcome."""
        ...

    async def get(self, *, relying_party: str, request_id: str, now: ClockReading) -> Claim:
        """Return the claim of a request as it is now."""
        ...


class Receipts(Protocol):
    """What this edge needs of flows.claim.receipt.ReceiptFlow."""

    async def of(self, claim: Claim) -> Receipt | None:
        """Return a success's receipt."""
        ...


@dataclass(kw_only=True, eq=False, repr=False)
class VerificationServicer:
    """Converts, calls one flow, converts back."""

    flow: ClaimServing
    receipts: Receipts
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
        """Answer the state of a claim as it is now."""
        request_id = convert.request_id(request.request_id)
        claim = await self.flow.get(relying_party=caller.name, request_id=request_id, now=now)
        return convert.claim(claim, now=now, receipt=await self.receipts.of(claim))

    async def _verify(
        self, request: convert.Verify, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> verification_pb2.Verification:
        command = convert.verify_command(request, caller=caller, now=now, rules=self.rules)
        patience = convert.patience(remaining, longest=self.patience)
        claim = await self.flow.verify(command, now=now, patience=patience)
        return convert.claim(claim, now=now, receipt=await self.receipts.of(claim))
