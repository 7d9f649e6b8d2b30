"""The calls that the pages make, with the role web: of sessions, "my identity" and the public's reports."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NotRequired, TypedDict

from idvault_client.backend.rpc import Rpc, call, rpc
from idvault_client.codec import text
from idvault_client.tip_offs import FollowedTipOff
from idvault_verify import secret
from idvault_verify.document import DocumentType
from idvault_verify.sanction import SanctionCategory
from idvault_verify.v1 import (
    common_pb2,
    contest_pb2,
    disavowal_pb2,
    erasure_pb2,
    identity_pb2,
    inquiry_pb2,
    public_account_pb2,
    reinstatement_pb2,
    sanction_pb2,
    session_pb2,
    status_pb2,
    tip_off_pb2,
    verification_pb2,
)

_SESSIONS = session_pb2.DESCRIPTOR.services_by_name["SessionService"]
_INQUIRIES = inquiry_pb2.DESCRIPTOR.services_by_name["InquiryService"]
_INQUIRY = inquiry_pb2.Inquiry.FromString
_TIP_OFF_FORMS = tip_off_pb2.DESCRIPTOR.services_by_name["TipOffFormService"]
_PAGE = session_pb2.SessionPage.FromString
_CATEGORY = sanction_pb2.StatementOfReasons.Category


def session_link(link_code: str) -> Rpc[session_pb2.SessionPage]:
    """Read a link."""
    return rpc(_SESSIONS, "GetSessionLink", session_pb2.GetSessionLinkRequest(link_code=link_code), _PAGE)


def redeem_session(link_code: str, browser_key: str) -> Rpc[session_pb2.SessionPage]:
    """Give a link to a browser; a repeat by the same browser is the same request."""
    request_id = secret.request_id(browser_key, session_id=link_code, step="redeem")
    request = session_pb2.RedeemSessionRequest(
        request_id=request_id, link_code=link_code, browser_key=browser_key
    )
    return rpc(_SESSIONS, "RedeemSession", request, _PAGE)


def session_page(session_id: str, browser_key: str) -> Rpc[session_pb2.SessionPage]:
    """Read a browser's session."""
    request = session_pb2.GetSessionPageRequest(session_id=session_id, browser_key=browser_key)
    return rpc(_SESSIONS, "GetSessionPage", request, _PAGE)


def agree_to_terms(session_id: str, browser_key: str) -> Rpc[session_pb2.SessionPage]:
    """Record that the person agreed to the terms."""
    request_id = secret.request_id(browser_key, session_id=session_id, step="agree")
    request = session_pb2.AgreeToTermsRequest(
        request_id=request_id, session_id=session_id, browser_key=browser_key
    )
    return rpc(_SESSIONS, "AgreeToTerms", request, _PAGE)


def answer_invitation(session_id: str, browser_key: str, *, answer: str) -> Rpc[session_pb2.SessionPage]:
    """Record the answer to an invitation: LATER or DISMISSED."""
    request = session_pb2.AnswerInvitationRequest(
        request_id=secret.request_id(browser_key, session_id=session_id, step=f"answer {answer}"),
        session_id=session_id,
        browser_key=browser_key,
        answer=session_pb2.AnswerInvitationRequest.Answer.Value(f"ANSWER_{answer}"),
    )
    return rpc(_SESSIONS, "AnswerInvitation", request, _PAGE)


@dataclass(frozen=True, slots=True)
class TypedPerson:
    """Another person whom somebody typed: an adult beside a child, or an organisation's representative."""

    name: str = field(repr=False)
    kind: DocumentType
    number: str = field(repr=False)


class TypedIdentity(TypedDict):
    """What a person typed into the form. representative: of an organisation."""

    name: str
    kind: DocumentType
    number: str
    guardian: TypedPerson | None
    representative: NotRequired[TypedPerson]


def submit_identity(
    session_id: str,
    browser_key: str,
    *,
    attempt: int,
    name: str,
    kind: DocumentType,
    number: str,
    guardian: TypedPerson | None = None,
    representative: TypedPerson | None = None,
) -> Rpc[session_pb2.SessionPage]:
    """Make the claim of an attempt; a repeat of the attempt is the same request.

    guardian: the adult beside a child. representative: needed for an organisation.
    """
    request = session_pb2.SubmitIdentityRequest(
        request_id=secret.request_id(browser_key, session_id=session_id, step=f"attempt {attempt}"),
        session_id=session_id,
        browser_key=browser_key,
        attempt=attempt,
        real_name=text(name, field="real_name"),
        document=_document(kind, number),
        guardian=_adult(guardian),
    )
    if representative is not None:
        place = "representative_document"
        request.representative_name = text(representative.name, field="representative_name")
        request.representative_document.CopyFrom(
            _document(representative.kind, representative.number, place=place)
        )
    return rpc(_SESSIONS, "SubmitIdentity", request, _PAGE)


def _adult(typed: TypedPerson | None) -> session_pb2.Guardian | None:
    if typed is None:
        return None
    return session_pb2.Guardian(
        real_name=text(typed.name, field="guardian.real_name"),
        document=_document(typed.kind, typed.number),
    )


def _document(kind: DocumentType, number: str, *, place: str = "document") -> common_pb2.IdentityDocument:
    return common_pb2.IdentityDocument(
        type=common_pb2.DocumentType.Value(f"DOCUMENT_TYPE_{kind.value}"),
        number=text(number, field=f"{place}.number"),
    )


def begin_proof(
    session_id: str,
    browser_key: str,
    *,
    proof: int,
    typed: TypedIdentity | None = None,
    former: str = "",
) -> Rpc[session_pb2.SessionPage]:
    """Begin a proof at a provider; a repeat of the same proof is the same request."""
    request = session_pb2.BeginProofRequest(
        request_id=secret.request_id(browser_key, session_id=session_id, step=f"begin proof {proof}"),
        session_id=session_id,
        browser_key=browser_key,
        proof=proof,
    )
    if typed is not None:
        request.real_name = text(typed["name"], field="real_name")
        request.document.CopyFrom(_document(typed["kind"], typed["number"]))
        if (adult := _adult(typed["guardian"])) is not None:
            request.guardian.CopyFrom(adult)
        if former.strip():
            # Replaced numbers are of the same document.
            request.former_document.CopyFrom(_document(typed["kind"], former))
    return rpc(_SESSIONS, "BeginProof", request, _PAGE)


def finish_proof(session_id: str, browser_key: str, *, proof: int) -> Rpc[session_pb2.SessionPage]:
    """Make the claim of a proof that has ended; a repeat is the same request."""
    request = session_pb2.FinishProofRequest(
        request_id=secret.request_id(browser_key, session_id=session_id, step=f"proof {proof}"),
        session_id=session_id,
        browser_key=browser_key,
        proof=proof,
    )
    return rpc(_SESSIONS, "FinishProof", request, _PAGE)


def contest_pairing(session_id: str, browser_key: str) -> Rpc[session_pb2.SessionPage]:
    """Say that the own number never replaced another one; a repeat is the same request."""
    request = session_pb2.ContestPairingRequest(
        request_id=secret.request_id(browser_key, session_id=session_id, step="pairing"),
        session_id=session_id,
        browser_key=browser_key,
    )
    return rpc(_SESSIONS, "ContestPairing", request, _PAGE)


def identity(session_id: str, browser_key: str) -> Rpc[identity_pb2.Identity]:
    """Read the account of a session."""
    request = identity_pb2.GetIdentityRequest(session_id=session_id, browser_key=browser_key)
    return rpc(_SESSIONS, "GetIdentity", request, identity_pb2.Identity.FromString)


def identity_history(session_id: str, browser_key: str) -> Rpc[status_pb2.DisclosureHistory]:
    """Read the disclosures and openings of the account's records."""
    request = identity_pb2.GetIdentityHistoryRequest(session_id=session_id, browser_key=browser_key)
    return rpc(_SESSIONS, "GetIdentityHistory", request, status_pb2.DisclosureHistory.FromString)


def identity_receipt(
    session_id: str, browser_key: str, *, verification_id: str
) -> Rpc[verification_pb2.Receipt]:
    """Read the receipt of a verification."""
    request = identity_pb2.GetIdentityReceiptRequest(
        session_id=session_id, browser_key=browser_key, verification_id=verification_id
    )
    return rpc(_SESSIONS, "GetIdentityReceipt", request, verification_pb2.Receipt.FromString)


def appeal_from_session(
    session_id: str, browser_key: str, *, sanction_id: str, words: str
) -> Rpc[sanction_pb2.Appeal]:
    """File an appeal; a repeat in the same session is the same request."""
    request = identity_pb2.AppealFromSessionRequest(
        request_id=secret.request_id(browser_key, session_id=session_id, step=f"appeal {sanction_id}"),
        session_id=session_id,
        browser_key=browser_key,
        sanction_id=sanction_id,
        text=text(words, field="text"),
    )
    return rpc(_SESSIONS, "AppealFromSession", request, sanction_pb2.Appeal.FromString)


def erase_from_session(session_id: str, browser_key: str, *, former: str) -> Rpc[erasure_pb2.Erasure]:
    """Request an erasure; a repeat after the same former one ("" for none) is the same request."""
    request = identity_pb2.EraseFromSessionRequest(
        request_id=secret.request_id(browser_key, session_id=session_id, step=f"erase {former}"),
        session_id=session_id,
        browser_key=browser_key,
    )
    return rpc(_SESSIONS, "EraseFromSession", request, erasure_pb2.Erasure.FromString)


def keep_from_session(session_id: str, browser_key: str, *, erasure_id: str) -> Rpc[erasure_pb2.Erasure]:
    """Cancel an erasure; a repeat is the same request."""
    request = identity_pb2.KeepFromSessionRequest(
        request_id=secret.request_id(browser_key, session_id=session_id, step=f"keep {erasure_id}"),
        session_id=session_id,
        browser_key=browser_key,
    )
    return rpc(_SESSIONS, "KeepFromSession", request, erasure_pb2.Erasure.FromString)


def contest_from_session(
    session_id: str, browser_key: str, *, verification_id: str, words: str
) -> Rpc[contest_pb2.Contest]:
    """Say of a verification that it was not the owner; a repeat in the same session is the same request."""
    request = contest_pb2.ContestFromSessionRequest(
        request_id=secret.request_id(browser_key, session_id=session_id, step=f"contest {verification_id}"),
        session_id=session_id,
        browser_key=browser_key,
        verification_id=verification_id,
        text=text(words, field="text"),
    )
    return rpc(_SESSIONS, "ContestFromSession", request, contest_pb2.Contest.FromString)


def appeal_withdrawal_from_session(
    session_id: str, browser_key: str, *, words: str
) -> Rpc[reinstatement_pb2.Reinstatement]:
    """Appeal against the withdrawal of a verification; a repeat in the same session is the same request."""
    request = reinstatement_pb2.AppealWithdrawalFromSessionRequest(
        request_id=secret.request_id(browser_key, session_id=session_id, step="appeal withdrawal"),
        session_id=session_id,
        browser_key=browser_key,
        text=text(words, field="text"),
    )
    return rpc(_SESSIONS, "AppealWithdrawalFromSession", request, reinstatement_pb2.Reinstatement.FromString)


def begin_disavowal_answer(
    session_id: str, browser_key: str, *, proof: int, name: str, kind: DocumentType, number: str
) -> Rpc[disavowal_pb2.DisavowalAnswer]:
    """Begin the proof of a disowned account's holder; a repeat of the same proof is the same request."""
    request = disavowal_pb2.BeginDisavowalAnswerRequest(
        request_id=secret.request_id(browser_key, session_id=session_id, step=f"begin proof {proof}"),
        session_id=session_id,
        browser_key=browser_key,
        proof=proof,
        real_name=text(name, field="real_name"),
        document=_document(kind, number),
    )
    read = disavowal_pb2.DisavowalAnswer.FromString
    return rpc(_SESSIONS, "BeginDisavowalAnswer", request, read)


def finish_disavowal_answer(session_id: str, browser_key: str, *, proof: int) -> Rpc[disavowal_pb2.Disavowal]:
    """Take the end of that proof; a repeat is the same request."""
    request = disavowal_pb2.FinishDisavowalAnswerRequest(
        request_id=secret.request_id(browser_key, session_id=session_id, step=f"proof {proof}"),
        session_id=session_id,
        browser_key=browser_key,
        proof=proof,
    )
    return rpc(_SESSIONS, "FinishDisavowalAnswer", request, disavowal_pb2.Disavowal.FromString)


def change_public_account(
    session_id: str,
    browser_key: str,
    *,
    change: str,
    public_account_id: str = "",
    account_token: str = "",
    revision: str,
) -> Rpc[public_account_pb2.PublicAccount]:
    """Change a public account; a repeat from the same revision is the same request."""
    step = " ".join(("public", change, public_account_id, account_token, revision))
    kinds = identity_pb2.ChangePublicAccountFromSessionRequest
    request = kinds(
        request_id=secret.request_id(browser_key, session_id=session_id, step=step),
        session_id=session_id,
        browser_key=browser_key,
        change=kinds.Change.Value(f"CHANGE_{change}"),
        public_account_id=public_account_id,
        account_token=account_token,
    )
    read = public_account_pb2.PublicAccount.FromString
    return rpc(_SESSIONS, "ChangePublicAccountFromSession", request, read)


def public_profile(
    session_id: str, browser_key: str, *, public_account_id: str
) -> Rpc[public_account_pb2.PublicProfile]:
    """Read what readers see of a public account that is the session's account's, or offered to it."""
    request = identity_pb2.GetPublicAccountFromSessionRequest(
        session_id=session_id, browser_key=browser_key, public_account_id=public_account_id
    )
    read = public_account_pb2.PublicProfile.FromString
    return rpc(_SESSIONS, "GetPublicAccountFromSession", request, read)


def inquiry_form() -> Rpc[inquiry_pb2.InquiryForm]:
    """Read what the first page needs."""
    request, read = inquiry_pb2.GetInquiryFormRequest(), inquiry_pb2.InquiryForm.FromString
    return rpc(_INQUIRIES, "GetInquiryForm", request, read)


def begin_inquiry(
    browser_key: str, *, name: str, kind: DocumentType, number: str
) -> Rpc[inquiry_pb2.BegunInquiry]:
    """Begin the inquiry of a browser's new key."""
    request = inquiry_pb2.BeginInquiryRequest(
        browser_key=browser_key,
        real_name=text(name, field="real_name"),
        document=_document(kind, number),
    )
    return rpc(_INQUIRIES, "BeginInquiry", request, inquiry_pb2.BegunInquiry.FromString)


def inquiry(browser_key: str) -> Rpc[inquiry_pb2.Inquiry]:
    """Read an inquiry."""
    request = inquiry_pb2.GetInquiryRequest(browser_key=browser_key)
    return rpc(_INQUIRIES, "GetInquiry", request, _INQUIRY)


def finish_inquiry(browser_key: str) -> Rpc[inquiry_pb2.Inquiry]:
    """Take the end of the proof."""
    request = inquiry_pb2.FinishInquiryRequest(browser_key=browser_key)
    return rpc(_INQUIRIES, "FinishInquiry", request, _INQUIRY)


def disown_account(browser_key: str, *, handle: str) -> Rpc[inquiry_pb2.Inquiry]:
    """Disown an account of the list."""
    request = inquiry_pb2.DisownAccountRequest(browser_key=browser_key, handle=handle)
    return rpc(_INQUIRIES, "DisownAccount", request, _INQUIRY)


def cancel_inquiry(browser_key: str) -> Rpc[inquiry_pb2.Inquiry]:
    """Cancel the list and what waits."""
    request = inquiry_pb2.CancelInquiryRequest(browser_key=browser_key)
    return rpc(_INQUIRIES, "CancelInquiry", request, _INQUIRY)


@dataclass(frozen=True, slots=True)
class WrittenReport:
    """What somebody wrote. proof_id: of the proof of the contact, empty if nobody proved it."""

    platform: str
    category: SanctionCategory
    where: str = field(repr=False)
    why: str = field(repr=False)
    contact: str = field(repr=False)
    evidence: bytes = field(repr=False)
    proof_id: str = field(default="", repr=False)

    @property
    def size(self) -> int:
        """How many bytes of it are stored."""
        return len(self.evidence) + sum(len(each.encode()) for each in (self.where, self.why, self.contact))


def tip_off_forms(page_token: str) -> Rpc[tuple[Mapping[str, str], str, bool]]:
    """List platforms with their titles, where the list continues, and whether codes are sent to addresses."""

    def read(answer: bytes) -> tuple[Mapping[str, str], str, bool]:
        found = tip_off_pb2.ListTipOffFormsResponse.FromString(answer)
        titles = {each.platform: each.platform_title for each in found.forms}
        return titles, found.next_page_token, found.proves_contact

    request = tip_off_pb2.ListTipOffFormsRequest(page_size=1_000, page_token=page_token)
    return rpc(_TIP_OFF_FORMS, "ListTipOffForms", request, read)


def file_tip_off(report: WrittenReport, *, request_id: str) -> Rpc[tip_off_pb2.FiledTipOffForm]:
    """File a report."""
    request = tip_off_pb2.FileTipOffFormRequest(
        request_id=request_id,
        platform=report.platform,
        content=text(report.where, field="target.content"),
        category=_CATEGORY.Value(f"CATEGORY_{report.category.value}"),
        text=text(report.why, field="text"),
        contact=text(report.contact, field="contact"),
        content_copy=report.evidence,
        contact_proof_id=report.proof_id,
    )
    return rpc(_TIP_OFF_FORMS, "FileTipOffForm", request, tip_off_pb2.FiledTipOffForm.FromString)


def send_contact_code(platform: str, address: str, language: str, *, request_id: str) -> Rpc[str]:
    """Send a code to an address; return the id of its proof."""
    request = tip_off_pb2.SendContactCodeRequest(
        request_id=request_id, platform=platform, address=address, language=language
    )
    return rpc(_TIP_OFF_FORMS, "SendContactCode", request, _proof_id)


def confirm_contact_code(platform: str, proof_id: str, code: str, *, request_id: str) -> Rpc[str]:
    """Compare the code that a reporter typed."""
    request = tip_off_pb2.ConfirmContactCodeRequest(
        request_id=request_id, platform=platform, proof_id=proof_id, digits=text(code, field="digits")
    )
    return rpc(_TIP_OFF_FORMS, "ConfirmContactCode", request, _proof_id)


def _proof_id(answer: bytes) -> str:
    return tip_off_pb2.ContactProof.FromString(answer).proof_id


def supplement_tip_off(
    platform: str, *, reference: str, secret: str, answer: str, request_id: str
) -> Rpc[FollowedTipOff]:
    """Add what a reporter answers to the reply; return the report as it is then."""
    return call(
        _TIP_OFF_FORMS,
        "SupplementTipOffForm",
        FollowedTipOff,
        request_id=request_id,
        platform=platform,
        reference=reference,
        secret=secret,
        text=answer,
    )


def follow_tip_off(platform: str, *, reference: str, secret: str) -> Rpc[FollowedTipOff]:
    """Read a report by its number and secret."""
    return call(
        _TIP_OFF_FORMS,
        "FollowTipOffForm",
        FollowedTipOff,
        platform=platform,
        reference=reference,
        secret=secret,
    )
