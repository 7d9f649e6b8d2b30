"""A text for the end user, in Chinese and English, for every reason, standing and field code."""

from collections.abc import Mapping
from enum import StrEnum

from idvault_verify.account import Standing
from idvault_verify.error import FieldCode, Reason
from idvault_verify.text import Text, texts_of

_ = texts_of(__name__)


class FailureReason(StrEnum):
    """Why a claim failed; UNSPECIFIED if it did not, or for a reason that this client does not know."""

    UNSPECIFIED = "UNSPECIFIED"
    MISMATCH = "MISMATCH"
    NO_RECORD = "NO_RECORD"
    ACCOUNT_LIMIT_REACHED = "ACCOUNT_LIMIT_REACHED"
    PERSON_CLOSED = "PERSON_CLOSED"
    DIFFERENT_OWNER = "DIFFERENT_OWNER"
    REGISTRY_TIMED_OUT = "REGISTRY_TIMED_OUT"
    SUPERSEDED = "SUPERSEDED"
    SANCTIONED = "SANCTIONED"
    ERASED = "ERASED"
    REVOKED = "REVOKED"
    HOLDER_REQUIRED = "HOLDER_REQUIRED"
    ORGANIZATION_NOT_OPERATING = "ORGANIZATION_NOT_OPERATING"
    ELEMENT_MISMATCH = "ELEMENT_MISMATCH"
    REPRESENTATIVE_PENDING = "REPRESENTATIVE_PENDING"
    GUARDIAN_REQUIRED = "GUARDIAN_REQUIRED"
    OTHER_PROOF = "OTHER_PROOF"

    def text(self, language: str) -> str:
        """Return a text for the end user in "zh" or "en"."""
        return FAILURE_TEXTS[self].in_language(language)


UNKNOWN = _("This could not be completed. Please try again later.")

REASON_TEXTS: Mapping[str, Text] = {
    Reason.INVALID_MESSAGE: _("Your submission could not be read. Please reload the page and submit again."),
    Reason.TOO_MANY_ITEMS: _("Too many items were requested at once. Please request fewer."),
    Reason.INVALID_NAME: _("The name is not valid. Please enter it exactly as on your identity document."),
    Reason.INVALID_DOCUMENT_NUMBER: _(
        "The document number is not valid. Please check it against your document."
    ),
    Reason.UNSUPPORTED_DOCUMENT: _("This kind of document is not accepted yet. Please use another one."),
    Reason.CONSENT_MISSING: _("Please read and accept the terms and the privacy notice first."),
    Reason.INVALID_REQUEST_ID: _("The request is not valid. Please reload the page and submit again."),
    Reason.INVALID_ACCOUNT_TOKEN: _("The account is not valid. Please sign in again and retry."),
    Reason.REQUEST_ID_REUSED: _(
        "This form was already submitted. To change something, please start a new one."
    ),
    Reason.ACCOUNT_NOT_FOUND: _("The account was not found."),
    Reason.REQUEST_NOT_FOUND: _("The verification request was not found. Please submit it again."),
    Reason.SANCTION_NOT_FOUND: _("This decision was not found."),
    Reason.MODERATOR_NOT_FOUND: _("This moderator is not registered. Please register the key first."),
    Reason.SESSION_NOT_FOUND: _(
        "This link is not valid, or it belongs to another browser. Please go back to the app for a new one."
    ),
    Reason.APPEAL_NOT_FOUND: _("This appeal was not found."),
    Reason.CONTENT_MEASURE_NOT_FOUND: _("There is no measure on content with this id."),
    Reason.ORDER_NOT_FOUND: _("This order is not recorded."),
    Reason.AUTHORITY_NOT_FOUND: _("No authority of this name is registered."),
    Reason.REFERRAL_NOT_FOUND: _("No report was referred under this id."),
    Reason.OPERATION_NOT_FOUND: _("This operation was not found."),
    Reason.TEMPLATE_NOT_FOUND: _("This template was not found."),
    Reason.VERIFICATION_NOT_FOUND: _("This verification, or its receipt, was not found."),
    Reason.CONTEST_NOT_FOUND: _("This contest was not found."),
    Reason.REINSTATEMENT_NOT_FOUND: _("This appeal was not found."),
    Reason.PUBLIC_ACCOUNT_NOT_FOUND: _("This public account was not found."),
    Reason.PLATFORM_NOT_FOUND: _("This platform was not found."),
    Reason.TIP_OFF_NOT_FOUND: _("The number or the secret is not correct. Please check both and try again."),
    Reason.REPORTER_NOT_FOUND: _("This reporter was not found."),
    Reason.REVIEW_NOT_FOUND: _("This review of a document was not found."),
    Reason.TOO_MANY_REVIEWS: _(
        "This reviewer has signed as many documents as one day allows. Another reviewer can sign this one."
    ),
    Reason.TOO_MANY_ATTEMPTS: _("Too many failed attempts. Please try again later."),
    Reason.REGISTRY_BACKLOG: _("Many people are being verified right now. Please try again later."),
    Reason.CREDENTIAL_QUOTA_REACHED: _("No more credentials can be issued today. Please try again tomorrow."),
    Reason.TIP_OFF_LIMIT_REACHED: _(
        "You have filed as many reports as one day allows. Please file this one tomorrow."
    ),
    Reason.ACCESS_DENIED: _("You are not allowed to do this."),
    Reason.SECOND_FACTOR_REFUSED: _("The code is wrong or was already used. Please enter the current one."),
    Reason.SECOND_FACTOR_LOCKED: _(
        "Too many wrong codes. The second factor is locked for a while; please try again later."
    ),
    Reason.SELF_APPROVAL: _(
        "You cannot decide on your own request or on your own decision. Another person must decide."
    ),
    Reason.DISCLOSURE_EXPIRED: _("The disclosure request has expired. Please make a new one."),
    Reason.QUORUM_INVALID: _(
        "The custodians' quorum is not valid. Please ask the operator to check the roster."
    ),
    Reason.ROSTER_INVALID: _(
        "The roster or one of its signatures is not valid. Please contact the operator."
    ),
    Reason.ACCOUNT_CLOSED: _(
        "This account is closed and cannot be verified. The notice that you received says why, until when, "
        "and how you can appeal."
    ),
    Reason.ERASURE_NOT_FOUND: _("The erasure of this account was never requested."),
    Reason.ACCOUNT_ERASED: _("The identity of this account was erased; it cannot be verified again."),
    Reason.RECORD_VERSION_GONE: _("This version of the sealed identity is destroyed, or never was."),
    Reason.PERSON_UNKNOWN: _(
        "The owner of this account has not been verified, so only the account itself can be sanctioned."
    ),
    Reason.RENEWAL_SUSPENDED: _(
        "The verification of this account cannot be renewed for now. The notice that you received says why, "
        "until when, and how you can appeal."
    ),
    Reason.MODERATOR_REVOKED: _(
        "This moderator's key was revoked and can decide nothing more. Another moderator must decide."
    ),
    Reason.MODERATORS_TOO_FEW: _("With fewer than two moderators, the operator names the next."),
    Reason.MODERATORS_SUFFICE: _("There are two moderators, who countersign the next one."),
    Reason.SESSION_EXPIRED: _(
        "This link has expired: it is valid for 15 minutes. Please go back to the app for a new one."
    ),
    Reason.DISAVOWAL_NOT_FOUND: _("There is no such disowned account."),
    Reason.LIST_NOT_READY: _("The list of your accounts cannot be read yet, or any more."),
    Reason.CONTEST_EXISTS: _("You have already said of this verification that it was not you."),
    Reason.REINSTATEMENT_EXISTS: _("The withdrawal of this verification was appealed already."),
    Reason.REINSTATEMENT_TOO_LATE: _(
        "The withdrawal of this verification can no longer be appealed. You can verify the account again."
    ),
    Reason.SESSION_TAKEN: _(
        "This link was opened in another browser, and works only once. Please go back to the app for a new "
        "one."
    ),
    Reason.PAGES_NOT_SERVED: _("Verification by web page is not available here. Please use the app."),
    Reason.PROOF_NOT_OFFERED: _(
        "This way of proving who you are is not available here. Please contact the platform's support."
    ),
    Reason.PROOF_OPEN: _("You have not finished at the provider yet. Please go there first."),
    Reason.PROOF_REFUSED: _(
        "The provider did not confirm you: you cancelled there, or its answer came too late or cannot be "
        "used. Please try again."
    ),
    Reason.APPEAL_EXISTS: _(
        "An appeal against this decision was filed already; each decision can be appealed once. You will be "
        "told the outcome."
    ),
    Reason.SANCTION_NEVER_IN_FORCE: _("This decision never took effect, so there is nothing to appeal."),
    Reason.APPEAL_TOO_LATE: _("The time for an appeal is over. Contact support if you have questions."),
    Reason.ORDER_WITHDRAWN: _("The authority has withdrawn this order; nothing may be done in its name."),
    Reason.OPERATION_CLOSED: _("This operation is closed; no new sanction or report can belong to it."),
    Reason.ACCOUNT_NOT_VERIFIED: _(
        "This account is not verified, or its verification has expired. Please verify it first."
    ),
    Reason.PROVIDER_UNAVAILABLE: _("The provider does not answer at the moment. Please try again later."),
    Reason.ASSURANCE_MISSING: _(
        "This needs a verification of another kind than this account has. Please verify again in the way "
        "that is asked for."
    ),
    Reason.RENEWAL_TOO_EARLY: _(
        "It is too early to renew. You can renew in the 60 days before the end of the term."
    ),
    Reason.PUBLIC_ACCOUNT_NOT_LIVE: _("This public account is not active now, so this cannot be done."),
    Reason.SANCTION_OPEN: _(
        "A sanction, a proposed one or an appeal is still open. Until it ends, this public account can be "
        "neither handed over nor closed."
    ),
    Reason.NARROWING_NOT_DUE: _("This decision concerns nobody else, so there is nothing to narrow."),
    Reason.OPERATOR_NOT_ELIGIBLE: _(
        "An operator of a public account must be a person's verified account that is not suspended, and the "
        "public account an organisation's."
    ),
    Reason.OWNER_NOT_ELIGIBLE: _(
        "You cannot own this public account now. Please contact support if you have questions."
    ),
    Reason.KIND_DIFFERS: _(
        "A public account can be handed over only to an owner of the same kind: a person, a company or "
        "another organisation."
    ),
    Reason.TRANSFER_NOT_OFFERED: _(
        "There is no valid offer of this public account to you. An offer is valid for 14 days."
    ),
    Reason.ASSIGNEE_CHANGED: _("Another moderator works on this report. Please reload the page to see who."),
    Reason.CONTACT_NOT_PROVED: _("The code is wrong or no longer valid. Please ask for a new one."),
    Reason.PROPOSAL_OPEN: _(
        "A decision on this report waits for a second moderator. To decide otherwise, withdraw it first."
    ),
    Reason.REFERRAL_OPEN: _(
        "This report was referred to an authority, which has not answered. Until it does, or its days have "
        "passed, nothing else can be decided."
    ),
    Reason.ILLEGAL_TRANSITION: _(
        "This is not possible in the present state. Please reload the page to see what changed."
    ),
    Reason.LOG_UNAVAILABLE: _("The service is not available right now. Please try again later."),
    Reason.STORE_UNAVAILABLE: _("The service is not available right now. Please try again later."),
    Reason.RECORD_DAMAGED: _("Stored data is damaged. Please contact support."),
    Reason.SLOW_CONSUMER: _(
        "Reading was too slow and the stream was ended. Please resume from the last cursor."
    ),
    Reason.STREAM_ENDED: _("The server is stopping. Please resume from the last cursor."),
}

FAILURE_TEXTS: Mapping[FailureReason, Text] = {
    FailureReason.UNSPECIFIED: _("The verification did not succeed. Please try again later."),
    FailureReason.MISMATCH: _(
        "Name and document number do not belong together. Please check both and submit again."
    ),
    FailureReason.NO_RECORD: _(
        "No record of this document was found. Please check it, or ask the authority that issued it."
    ),
    FailureReason.ACCOUNT_LIMIT_REACHED: _(
        "You have reached the limit of verified accounts here. Please erase one first."
    ),
    FailureReason.PERSON_CLOSED: _(
        "An account of yours was closed here, and while that decision applies you cannot verify another one. "
        "The notice sent to that account says why, until when, and how you can appeal."
    ),
    FailureReason.DIFFERENT_OWNER: _(
        "This account was verified for somebody else. Please use your own account."
    ),
    FailureReason.REGISTRY_TIMED_OUT: _("The registry gave no answer in time. Please submit the form again."),
    FailureReason.SUPERSEDED: _("You submitted a newer form for this account. Only its result is valid."),
    FailureReason.SANCTIONED: _(
        "This account was sanctioned while the form was being checked, so it could not be verified. The "
        "notice that you received says why, until when, and how you can appeal."
    ),
    FailureReason.ERASED: _(
        "This account was erased while the form was being checked, so it could not be verified."
    ),
    FailureReason.REVOKED: _(
        "The verification of this account was withdrawn while the form was being checked. Please submit it "
        "again."
    ),
    FailureReason.HOLDER_REQUIRED: _(
        "Somebody else was verified here as you, and that was withdrawn. For 180 days after it, this way of "
        "verifying does not suffice. Please contact support to prove that it is you."
    ),
    FailureReason.GUARDIAN_REQUIRED: _(
        "This person is under 14. Please verify on the page that this app opens, together with a parent or "
        "another responsible adult."
    ),
    FailureReason.ORGANIZATION_NOT_OPERATING: _(
        "The registry says that this organisation does not operate: it was deregistered, or its licence was "
        "revoked."
    ),
    FailureReason.REPRESENTATIVE_PENDING: _(
        "The registry has confirmed the organisation. Now its legal representative must prove within 14 days "
        "to be present, by a link that the platform gives you for it."
    ),
    FailureReason.ELEMENT_MISMATCH: _(
        "The name, the code and the legal representative of the organisation do not all belong together. "
        "Please check all of them."
    ),
    FailureReason.OTHER_PROOF: _(
        "This account was verified in another way. Please verify it again in the same way as before."
    ),
}

FIELD_TEXTS: Mapping[str, Text] = {
    FieldCode.LENGTH: _("The length is wrong: please check for missing or extra characters."),
    FieldCode.CHARACTER: _("This contains a character that is not allowed here."),
    FieldCode.CHECK_DIGIT: _("The number has a typing error: its check digit does not match."),
    FieldCode.BIRTH_DATE: _("The birth date in the number is not valid."),
    FieldCode.REGION: _("The region code in the number is not valid."),
    FieldCode.FUTURE_DATE: _("The date is in the future."),
    FieldCode.REQUIRED: _("This is required."),
    FieldCode.RESIDENT_NUMBER: _(
        "A resident number is never reviewed: the registry is asked whether name and number belong together."
    ),
    FieldCode.OTHER_DOCUMENT: _(
        "Name or document are not what the first reviewer read. Read them again, and enter both as they "
        "stand in the document."
    ),
}

STANDING_TEXTS: Mapping[Standing, Text] = {
    Standing.GOOD: _("There is no restriction on this account."),
    Standing.WARNED: _(
        "This account was warned; you can go on using it. The notice says why, until when, and how you can "
        "appeal."
    ),
    Standing.PUBLISHING_LIMITED: _(
        "Publishing from this account is limited. The notice says why, until when, and how you can appeal."
    ),
    Standing.RENEWAL_SUSPENDED: _(
        "This account can publish nothing new, and its verification cannot be renewed for now. The notice "
        "says why, until when, and how you can appeal."
    ),
    Standing.CLOSED: _("This account is closed. The notice says why, until when, and how you can appeal."),
}

FOLLOWED = _(
    "This follows from a decision about you, which also applies to your other accounts here. The notice sent "
    "to the account that it names says why, until when, and how you can appeal."
)

# The fields that a person types. The backend sets all others, where only the reason helps the person.
TYPED_FIELDS = frozenset({"real_name", "organization_name", "document.number"})


def reason_text(reason: str | None, *, language: str) -> str:
    """Return the text of a reason; a general text for None or an unknown reason."""
    return REASON_TEXTS.get(reason or "", UNKNOWN).in_language(language)


def standing_text(standing: Standing, *, language: str) -> str:
    """Return what to tell the owner of an account about its standing."""
    return STANDING_TEXTS[standing].in_language(language)


def followed_text(*, language: str) -> str:
    """Return what to add for the owner of an account whose standing has no sanction of its own."""
    return FOLLOWED.in_language(language)


def field_text(field: str, code: str, *, reason: str | None, language: str) -> str:
    """Return what to show beside a field of the form."""
    if field in TYPED_FIELDS and code in FIELD_TEXTS:
        return FIELD_TEXTS[code].in_language(language)
    return reason_text(reason, language=language)
