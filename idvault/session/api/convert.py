"""Converts messages of SessionService to domain values and back."""

import re
from collections.abc import Sequence
from typing import Protocol

from google.protobuf.timestamp_pb2 import Timestamp

from idvault.claim import rules as claim_rules
from idvault.claim.api import representative
from idvault.claim.rules import ClaimRules
from idvault.core.edge import convert, repetition
from idvault.core.edge.call import Caller
from idvault.session import rules
from idvault.session.acts.page import BrowserSession, ShownPage, SubmittedAttempt
from idvault.session.acts.session import NewSession, ShownSession
from idvault.session.rules import VerificationSession
from idvault_verify import claim, document, secret, token
from idvault_verify.account import SubjectKind
from idvault_verify.campaign import CampaignPlan, InvitationEvent
from idvault_verify.claim import Identity, kind_of
from idvault_verify.clock import ClockReading
from idvault_verify.document import Document, DocumentType
from idvault_verify.error import FieldCode, InvalidError, Reason, Violation
from idvault_verify.session import Proof, SessionPurpose, SessionState
from idvault_verify.v1 import common_pb2, verification_pb2
from idvault_verify.v1 import session_pb2 as pb


class OfBrowser(Protocol):
    """A request of the pages."""

    session_id: str
    browser_key: str


_ID = re.compile(r"[0-9a-f]{32}")
_PURPOSES = convert.numbers(SessionPurpose, pb.SessionPurpose.Value, "SESSION_PURPOSE_")
_STATES = convert.numbers(SessionState, pb.VerificationSession.State.Value, "STATE_")
_DOCUMENT_TYPES = convert.numbers(DocumentType, common_pb2.DocumentType.Value, "DOCUMENT_TYPE_")
_ANSWERS: dict[int, InvitationEvent] = {
    pb.AnswerInvitationRequest.ANSWER_LATER: InvitationEvent.LATER,
    pb.AnswerInvitationRequest.ANSWER_DISMISSED: InvitationEvent.DISMISSED,
}
PROOFS: dict[Proof, pb.Proof.ValueType] = {
    Proof.NUMBER_MATCH: pb.PROOF_NUMBER_MATCH,
    Proof.HOLDER: pb.PROOF_HOLDER,
    Proof.RESULT_ONLY: pb.PROOF_RESULT_ONLY,
}
_GUARDIAN = "idvault.v1.SubmitIdentityRequest.guardian"
_TYPES = {number: word for word, number in _DOCUMENT_TYPES.items()}


def wanted(message: pb.CreateVerificationSessionRequest, *, caller: Caller, now: ClockReading) -> NewSession:
    """Return what a platform asks for; raises InvalidError. The return address is checked later."""
    account_token = token.check(message.account_token) if message.account_token else None
    code_hash = convert.invitation_code_hash(message.invitation_code, account_token=message.account_token)
    purpose = _purpose(message.purpose)
    proof = _proof(message.proof)
    invited = code_hash is not None
    rules.check_purpose(purpose=purpose, account_token=account_token, invited=invited, proof=proof)
    rules.language(message.locale)
    _check_terms(message, now)
    return NewSession(
        account_token=account_token,
        purpose=purpose,
        return_url=message.return_url,
        locale=message.locale,
        policy_version=message.policy_version,
        policy_text=message.policy_text,
        invitation_code_hash=code_hash,
        proof=proof,
        accepted=caller.proofs,
    )


def _check_terms(
    message: pb.CreateVerificationSessionRequest | pb.CreateIdentitySessionRequest, now: ClockReading
) -> None:
    try:
        claim.check_consent(policy_version=message.policy_version, agree_time=now.business, now=now.business)
    except InvalidError as error:
        code = error.violations[0].code
        raise InvalidError(Reason.CONSENT_MISSING, Violation("policy_version", code)) from None
    rules.check_terms(policy_text=message.policy_text)


def wanted_identity(message: pb.CreateIdentitySessionRequest, *, now: ClockReading) -> NewSession:
    """Return the session that shows an account to its owner; raises InvalidError."""
    rules.language(message.locale)
    if message.policy_version or message.policy_text:
        _check_terms(message, now)
    return NewSession(
        account_token=token.check(message.account_token),
        purpose=SessionPurpose.IDENTITY,
        return_url=message.return_url,
        locale=message.locale,
        policy_version=message.policy_version,
        policy_text=message.policy_text,
    )


def _purpose(number: int) -> SessionPurpose:
    for word, value in _PURPOSES.items():
        if value == number:
            return word
    raise _invalid("purpose", FieldCode.CHARACTER if number else FieldCode.REQUIRED)


def _proof(number: int) -> Proof:
    for word, value in PROOFS.items():
        if number in (value, pb.PROOF_UNSPECIFIED):
            return word
    raise _invalid("proof", FieldCode.CHARACTER)


def session_id(text: str) -> str:
    """Return a session's id unchanged; raises InvalidError (INVALID_MESSAGE, session_id)."""
    if not text:
        raise _invalid("session_id", FieldCode.REQUIRED)
    if not _ID.fullmatch(text):
        raise _invalid("session_id", FieldCode.CHARACTER)
    return text


def browser(
    message: OfBrowser,
) -> BrowserSession:
    """Return the session and the key of a browser; raises InvalidError."""
    return BrowserSession(
        session_id(message.session_id), secret.check(message.browser_key, field="browser_key")
    )


def answer(number: int) -> InvitationEvent:
    """Return an answer to an invitation; raises InvalidError (INVALID_MESSAGE, answer)."""
    if number not in _ANSWERS:
        raise _invalid("answer", FieldCode.CHARACTER if number else FieldCode.REQUIRED)
    return _ANSWERS[number]


def submission(
    message: pb.SubmitIdentityRequest, *, claims: ClaimRules, now: ClockReading
) -> SubmittedAttempt:
    """Return an attempt with its identity; raises InvalidError naming every invalid field."""
    kind = _TYPES.get(message.document.type)
    if kind is None:
        code = FieldCode.CHARACTER if message.document.type else FieldCode.REQUIRED
        raise InvalidError(Reason.UNSUPPORTED_DOCUMENT, Violation("document.type", code))
    identity = _identity(message, kind, claims=claims, now=now)
    # Nothing of the adult is to be found in any digest.
    content = repetition.content(message, without=(_GUARDIAN,))
    return SubmittedAttempt(message.attempt, identity, content, guardian(message, claims=claims, now=now))


def guardian(
    message: pb.SubmitIdentityRequest | pb.BeginProofRequest, *, claims: ClaimRules, now: ClockReading
) -> Identity | None:
    """Return the adult of a form, None if none was typed; raises InvalidError naming every invalid field."""
    if not message.HasField("guardian"):
        return None
    typed = message.guardian
    kind = _TYPES.get(typed.document.type)
    try:
        if kind is None:
            code = FieldCode.CHARACTER if typed.document.type else FieldCode.REQUIRED
            raise InvalidError(Reason.UNSUPPORTED_DOCUMENT, Violation("document.type", code))
        return claim_rules.check_identity(
            real_name=typed.real_name,
            document_type=kind,
            number=typed.document.number,
            rules=claims,
            today=now.today(claims.zone),
        )
    except InvalidError as error:
        of_guardian = [Violation(f"guardian.{each.field}", each.code) for each in error.violations]
        raise InvalidError(error.reason, *of_guardian) from None


def former(
    message: pb.BeginProofRequest, identity: Identity | None, *, claims: ClaimRules, now: ClockReading
) -> Document | None:
    """Return the number that the person had before, None if none was typed; raises InvalidError."""
    if not message.HasField("former_document"):
        return None
    kind = _TYPES.get(message.former_document.type)
    found = None
    if kind is not None and kind_of(kind) is SubjectKind.INDIVIDUAL:
        try:
            found = document.parse(
                type=kind, number=message.former_document.number, today=now.today(claims.zone)
            )
        except InvalidError as error:
            raise InvalidError(
                error.reason, Violation("former_document.number", error.violations[0].code)
            ) from None
    if found is None or (identity is not None and found == identity.document):
        raise _invalid("former_document", FieldCode.CHARACTER)
    return found


def typed(message: pb.BeginProofRequest, *, claims: ClaimRules, now: ClockReading) -> Identity | None:
    """Return the person that a proof is about, None without name and document.

    Raises InvalidError naming every invalid field.
    """
    if not message.real_name and not message.HasField("document"):
        return None
    return holder(message, claims=claims, now=now)


class _TypedHolder(Protocol):
    """A request with what a person typed to prove who he is."""

    @property
    def real_name(self) -> str:
        """The name."""
        ...

    @property
    def document(self) -> common_pb2.IdentityDocument:
        """The document."""
        ...


def holder(message: _TypedHolder, *, claims: ClaimRules, now: ClockReading) -> Identity:
    """Return the person that a proof is about; raises InvalidError naming every invalid field."""
    kind = _TYPES.get(message.document.type)
    if kind is None:
        code = FieldCode.CHARACTER if message.document.type else FieldCode.REQUIRED
        raise InvalidError(Reason.UNSUPPORTED_DOCUMENT, Violation("document.type", code))
    return claim_rules.check_identity(
        real_name=message.real_name,
        document_type=kind,
        number=message.document.number,
        rules=claims,
        today=now.today(claims.zone),
    )


def _identity(
    message: pb.SubmitIdentityRequest, kind: DocumentType, *, claims: ClaimRules, now: ClockReading
) -> Identity:
    number, today = message.document.number, now.today(claims.zone)
    if kind is DocumentType.UNIFIED_SOCIAL_CREDIT_CODE:
        return claim_rules.check_organization(
            organization_name=message.real_name,
            document_type=kind,
            number=number,
            representative=representative(message.representative_name, message.representative_document),
            rules=claims,
            today=today,
        )
    return claim_rules.check_identity(
        real_name=message.real_name, document_type=kind, number=number, rules=claims, today=today
    )


def session(
    value: ShownSession,
    *,
    verification: verification_pb2.Verification | None,
    url: str = "",
    continue_url: str = "",
) -> pb.VerificationSession:
    """Return the message of a session."""
    return pb.VerificationSession(
        session_id=value.session.session_id,
        url=url,
        expire_time=_expiry(value.session),
        state=_STATES[value.state],
        verification=verification,
        continue_url=continue_url,
    )


def page(value: ShownPage, *, verification: verification_pb2.Verification | None) -> pb.SessionPage:
    """Return the message of a page."""
    shown, found = value.shown, value.shown.session
    return pb.SessionPage(
        session_id=found.session_id,
        state=_STATES[shown.state],
        expire_time=_expiry(found),
        platform_title=value.title,
        platform_colour=value.colour,
        purpose=_PURPOSES[found.purpose],
        return_url=found.return_url,
        locale=found.locale,
        policy_version=found.policy_version,
        policy_text=found.policy_text,
        document_types=documents(value.document_types),
        proof=PROOFS[found.proof],
        provider=value.provider,
        open_proof=shown.open_proof,
        proof_url=value.proof_url,
        threshold=value.custodians.threshold,
        custodians=value.custodians.names,
        next_attempt=shown.next_attempt,
        attempts_left=shown.attempts_left,
        verification=verification,
        platform=found.relying_party,
        public_account_limit_reached=value.public_account_limit_reached,
        invited=found.invitation_code_hash is not None,
        incentive_text=value.plan.incentive_text if value.plan else "",
        enforcement_date=_enforced(value.plan),
    )


def _enforced(plan: CampaignPlan | None) -> str:
    day = plan.enforcement_date if plan else None
    return day.isoformat() if day else ""


def documents(types: Sequence[DocumentType]) -> list[common_pb2.DocumentType.ValueType]:
    """Return the numbers of documents."""
    return [_DOCUMENT_TYPES[each] for each in types]


def _expiry(value: VerificationSession) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(value.expires_at)
    return stamp


def _invalid(field: str, code: FieldCode) -> InvalidError:
    return InvalidError(Reason.INVALID_MESSAGE, Violation(field, code))
