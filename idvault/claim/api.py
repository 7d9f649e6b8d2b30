"""Methods of claims of people and organisations, which platforms make; their messages and receipts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from idvault.claim import rules as claim_rules
from idvault.claim.acts import claim as claim_acts
from idvault.claim.acts import verification as verification_acts
from idvault.claim.acts.claim import Receipt, ReceiptContext
from idvault.claim.acts.verification import ClaimContext, VerifyCommand
from idvault.claim.rules import Claim, ClaimRules, Representative
from idvault.core import request as request_rules
from idvault.core.act import Vault
from idvault.core.edge import convert, repetition
from idvault.core.edge.call import Caller
from idvault.core.edge.convert import consent, invitation_code_hash, numbers
from idvault.platform import rules as platform_rules
from idvault_verify import token
from idvault_verify.attest.quorum import Quorum
from idvault_verify.claim import ClaimState, FailureReason, Identity
from idvault_verify.clock import ClockReading
from idvault_verify.document import DocumentType
from idvault_verify.error import FieldCode, InvalidError, Reason, Violation
from idvault_verify.record import SealedRecord
from idvault_verify.session import Proof
from idvault_verify.v1 import common_pb2, disclosure_pb2, transparency_pb2, verification_pb2


def receipt_message(value: Receipt) -> verification_pb2.Receipt:
    """Return the message of a receipt."""
    message = verification_pb2.Receipt(
        account_token=value.account_token,
        claim_id=value.claim_id,
        record_digest=value.record_digest,
        quorum=_text(value.quorum) if value.quorum else "",
        entry=convert.logged(value.entry),
    )
    if value.record is not None and value.quorum is not None:
        message.record.CopyFrom(_covered(value.record))
        message.sealing_quorum.CopyFrom(quorum(value.quorum))
    if value.note:
        message.checkpoint.CopyFrom(transparency_pb2.Checkpoint(note=value.note))
    return message


def _text(quorum: Quorum) -> str:
    return f"{quorum.threshold} of {len(quorum.custodians)}"


def _covered(record: SealedRecord) -> disclosure_pb2.SealedRecord:
    """Return the fields of a record that its digest covers."""
    message = convert.sealed_record(record)
    message.ClearField("present_quorum_id")
    message.ClearField("suite")
    return message


def quorum(value: Quorum) -> verification_pb2.SealingQuorum:
    """Return the message of a quorum."""
    return verification_pb2.SealingQuorum(
        threshold=value.threshold,
        custodians=[
            verification_pb2.SealingCustodian(custodian=each.name, hpke_public_key=each.hpke_public_key)
            for each in value.custodians
        ],
    )


_SHORTEST_WAIT = timedelta(seconds=1)
_Checked = TypeVar("_Checked")
CLAIM_STATES = numbers(ClaimState, verification_pb2.Verification.State.Value, "STATE_")
FAILURES = numbers(FailureReason, verification_pb2.Verification.FailureReason.Value, "FAILURE_REASON_")
_DOCUMENT_TYPES = {
    number: word
    for word, number in numbers(DocumentType, common_pb2.DocumentType.Value, "DOCUMENT_TYPE_").items()
}
Verify = verification_pb2.VerifyIndividualRequest | verification_pb2.VerifyOrganizationRequest
"""Both have the same fields with the same numbers; an organisation has a representative besides."""


def verify_command(request: Verify, *, caller: Caller, now: ClockReading, rules: ClaimRules) -> VerifyCommand:
    """Return the claim of a request; raises InvalidError naming every invalid field.

    The reason is that of the first invalid field.
    """
    refusals: list[InvalidError] = []
    request_id = _checked(refusals, lambda: request_rules.check_id(request.request_id))
    identity = _checked(refusals, lambda: _identity(request, now=now, rules=rules))
    agreed = _checked(refusals, lambda: consent(request.consent, now=now))
    account_token = _checked(refusals, lambda: _optional_token(request.account_token))
    code_hash = _checked(refusals, lambda: _optional_code_hash(request))
    if request_id is None or identity is None or agreed is None or refusals:
        raise InvalidError(refusals[0].reason, *(v for error in refusals for v in error.violations))
    return VerifyCommand(
        relying_party=caller.name,
        actor_id=caller.actor_id,
        request_id=request_id,
        method=repetition.method(request),
        content=repetition.content(request),
        identity=identity,
        consent=agreed,
        account_token=account_token,
        invitation_code_hash=code_hash,
    )


def claim_message(
    value: Claim, *, now: ClockReading, receipt: Receipt | None = None
) -> verification_pb2.Verification:
    """Return the message of a claim; its account must be projected to today."""
    message = verification_pb2.Verification(
        account_token=value.account.account_token,
        state=CLAIM_STATES[value.state],
        status=convert.status(value.account),
        request_id=value.request_id,
    )
    if value.failure_reason is not None:
        message.failure_reason = FAILURES[value.failure_reason]
    if receipt is not None:
        message.receipt.CopyFrom(receipt_message(receipt))
    if value.state is ClaimState.PENDING:
        wait = value.retry_at - now.real if value.retry_at else _SHORTEST_WAIT
        message.retry_after.FromTimedelta(max(wait, _SHORTEST_WAIT))
    return message


def _checked(refusals: list[InvalidError], check: Callable[[], _Checked]) -> _Checked | None:
    try:
        return check()
    except InvalidError as error:
        refusals.append(error.with_traceback(None))  # its frames hold the list, and the request
        return None


def _identity(request: Verify, *, now: ClockReading, rules: ClaimRules) -> Identity:
    if request.document.type == common_pb2.DOCUMENT_TYPE_UNSPECIFIED:
        raise InvalidError(Reason.UNSUPPORTED_DOCUMENT, Violation("document.type", FieldCode.REQUIRED))
    kind = _DOCUMENT_TYPES.get(request.document.type)
    if kind is None:
        raise InvalidError(Reason.UNSUPPORTED_DOCUMENT, Violation("document.type", FieldCode.CHARACTER))
    number, today = request.document.number, now.today(rules.zone)
    if isinstance(request, verification_pb2.VerifyIndividualRequest):
        return claim_rules.check_identity(
            real_name=request.real_name, document_type=kind, number=number, rules=rules, today=today
        )
    return claim_rules.check_organization(
        organization_name=request.organization_name,
        document_type=kind,
        number=number,
        representative=representative(request.representative_name, request.representative_document),
        rules=rules,
        today=today,
    )


def representative(name: str, document: common_pb2.IdentityDocument) -> Representative:
    """Return the representative of a request, as it was given."""
    known = _DOCUMENT_TYPES.get(document.type)
    is_given = document.type != common_pb2.DOCUMENT_TYPE_UNSPECIFIED
    return Representative(name, known, document.number, is_given)


def _optional_token(value: str) -> str | None:
    return token.check(value) if value else None


def _optional_code_hash(request: Verify) -> bytes | None:
    return invitation_code_hash(request.invitation_code, account_token=request.account_token)


@dataclass(kw_only=True, eq=False, repr=False)
class VerificationMethods:
    """The methods of VerificationService. patience: for how many seconds a call waits for the registry."""

    vault: Vault
    context: ClaimContext
    receipts: ReceiptContext
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
        platform_rules.check_accepted(proof=Proof.NUMBER_MATCH, accepted=caller.proofs)
        return await self._verify(request, caller=caller, now=now, remaining=remaining)

    async def VerifyOrganization(
        self,
        request: verification_pb2.VerifyOrganizationRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> verification_pb2.Verification:
        """Verify an organisation's name, code and representative, and seal them."""
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
        claim = await verification_acts.get(self.vault, caller.name, request_id, now, zone=self.rules.zone)
        return await self._answer(claim, now)

    async def _verify(
        self, request: Verify, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> verification_pb2.Verification:
        command = verify_command(request, caller=caller, now=now, rules=self.rules)
        patience = convert.patience(remaining, longest=self.patience)
        claim = await verification_acts.verify(
            self.vault, command, now, patience=patience, context=self.context
        )
        return await self._answer(claim, now)

    async def _answer(self, claim: Claim, now: ClockReading) -> verification_pb2.Verification:
        receipt = await claim_acts.receipt_of(self.vault, claim, context=self.receipts)
        return claim_message(claim, now=now, receipt=receipt)
