"""What checked evidence says, as names and values; texts that others wrote have no control characters."""

from hashlib import sha256

from idvault_verify.attest import assertion
from idvault_verify.attest.review import SealedReview
from idvault_verify.claim import AnyIdentity, OpaqueIdentity
from idvault_verify.offline.evidence.check import ProvedEvidence
from idvault_verify.offline.log import epochs
from idvault_verify.printable import escaped


def whom(identity: AnyIdentity) -> dict[str, str | None]:
    """Return the fields that say who was sealed; None for what the vault never had, or does not apply."""
    if isinstance(identity, OpaqueIdentity):
        named = dict.fromkeys(("real_name", "document_type", "document_number"))
        return {**named, "provider": identity.provider, "opaque_id": identity.opaque_id}
    document = identity.document
    return {
        "real_name": identity.name,
        "document_type": document.type.value,
        "document_number": document.number,
        "provider": None,
        "opaque_id": None,
    }


def reviewers(review: SealedReview | None) -> str | None:
    """Return who signed to have seen the document: id, and SHA-256 of the key; None for nobody."""
    if review is None:
        return None
    return ", ".join(
        f"{each.reviewer_id} (key {sha256(each.public_key).hexdigest()})" for each in review.papers
    )


def of(proved: ProvedEvidence) -> dict[str, object]:
    """Return the fields in the order in which they are shown; None for what is not recorded."""
    consent, terms = proved.payload.consent, proved.terms
    answer, asserted_by = proved.payload.answer, assertion.issuer_of(proved.payload.assertion)
    return {
        "disclosure_id": terms.disclosure_id,
        "account_token": terms.account_token,
        "relying_party": escaped(proved.record.relying_party),
        **{name: value and escaped(value) for name, value in whom(proved.payload.identity).items()},
        "registry_outcome": answer.value if answer else None,
        "asserted_by": asserted_by and escaped(asserted_by),
        "reviewed_by": reviewers(proved.payload.review),
        "policy_version": escaped(consent.policy_version) if consent else None,
        "agree_time": consent.agree_time.isoformat() if consent else None,
        "sealed_at": proved.settlement.occurred_at.isoformat(),
        "sealed_index": proved.settlement.index,
        "requested_at": proved.request.occurred_at.isoformat(),
        "requested_index": proved.request.index,
        "opened_at": proved.opening.occurred_at.isoformat(),
        "opened_index": proved.opening.index,
        "case_reference": escaped(terms.case_reference),
        "legal_basis": escaped(terms.legal_basis),
        "purpose": escaped(terms.purpose),
        "auditor": f"{proved.auditor.name}, {escaped(proved.auditor.organisation)}",
        "approved_by": ", ".join(member.name for member in proved.approved_by),
        "quorum": f"{proved.quorum.threshold} of {len(proved.quorum.custodians)}",
        "quorum_custodians": ", ".join(member.name for member in proved.quorum.custodians),
        "record_digest": proved.record.digest().hex(),
        "log": proved.checkpoint.origin,
        "log_size": proved.checkpoint.size,
        **epochs.told(proved.checkpoint),
        "cosigned_by": ", ".join(proved.cosigned_by) or None,
        "roster_version": proved.roster.version,
        "roster_hash": proved.roster.digest(),
        "roster_compared": proved.is_published,
        "destroy_after": proved.destroy_after.isoformat(),
    }
