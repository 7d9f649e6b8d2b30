"""What checked evidence says, as names and values; texts that others wrote have no control characters."""

from idvault_verify.attest import assertion
from idvault_verify.offline.evidence.check import ProvedEvidence
from idvault_verify.offline.log import epochs
from idvault_verify.printable import escaped


def of(proved: ProvedEvidence) -> dict[str, object]:
    """Return the fields in the order in which they are shown; None for what is not recorded."""
    identity, consent, terms = proved.payload.identity, proved.payload.consent, proved.terms
    answer, asserted_by = proved.payload.answer, assertion.issuer_of(proved.payload.assertion)
    return {
        "disclosure_id": terms.disclosure_id,
        "account_token": terms.account_token,
        "relying_party": escaped(proved.record.relying_party),
        "real_name": escaped(identity.name),
        "document_type": identity.document.type.value,
        "document_number": escaped(identity.document.number),
        "registry_outcome": answer.value if answer else None,
        "asserted_by": asserted_by and escaped(asserted_by),
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
