"""Disclosures for programs: one JSON object a line on stdout."""

from base64 import b64encode
from typing import Any

import typer

from idvault_people.disclosure.auditor import DisclosedRecord
from idvault_people.disclosure.case import DisclosureCase
from idvault_people.disclosure.decisions import ShownDecision
from idvault_people.disclosure.pending import PendingRequest
from idvault_people.disclosure.search import case_reference
from idvault_verify import printable
from idvault_verify.attest.people import roster_member
from idvault_verify.claim import AnyIdentity, OpaqueIdentity
from idvault_verify.offline.evidence import summary
from idvault_verify.offline.evidence.check import ProvedEvidence
from idvault_verify.offline.evidence.file import ProofFile
from idvault_verify.v1 import disclosure_pb2


def state(number: int) -> str:
    """Return the name of a disclosure's state."""
    return disclosure_pb2.DisclosureState.Name(number).removeprefix("DISCLOSURE_STATE_")  # type: ignore[arg-type]


def disclosure(found: disclosure_pb2.Disclosure) -> dict[str, Any]:
    """Return the JSON fields of an auditor's disclosure in a list."""
    return {
        "disclosure_id": found.disclosure_id,
        "account_token": found.account_token,
        "case_reference": case_reference(found),
        "state": state(found.state),
        "create_time": found.create_time.ToJsonString(),
        "expire_time": found.expire_time.ToJsonString(),
        "openings": found.openings,
        "opened": found.opened,
        "threshold": found.threshold,
        "disclose_time": _time(found, "disclose_time"),
        "confirm_time": _time(found, "confirm_time"),
        "decisions": [
            {
                "custodian": made.custodian,
                "verdict": disclosure_pb2.Verdict.Name(made.verdict).removeprefix("VERDICT_"),
                "decide_time": made.decide_time.ToJsonString(),
                "release_time": _time(made, "release_time"),
                "report_time": _time(made, "report_time"),
            }
            for made in found.decisions
        ],
    }


def case(found: DisclosureCase) -> dict[str, Any]:
    """Return the JSON fields of an auditor's disclosure with its signed texts and the reasons of denials."""
    terms = found.terms
    return {
        **disclosure(found.disclosure),
        "auditor": terms.auditor,
        "case_reference": terms.case_reference,
        "legal_basis": terms.legal_basis,
        "purpose": terms.purpose,
        "decisions": [decision(made) for made in found.decisions],
    }


def decision(made: ShownDecision) -> dict[str, Any]:
    """Return the JSON fields of one custodian's decision. reason: None unless a verified denial has one."""
    return {
        "custodian": made.custodian,
        "verdict": made.verdict.value if made.verdict else "UNKNOWN",
        "decide_time": made.decided_at.isoformat(),
        "release_time": made.released_at.isoformat() if made.released_at else None,
        "report_time": made.reported_at.isoformat() if made.reported_at else None,
        "reason": made.reason or None,
        "reason_refused": made.refused.finding.value if made.refused else None,
    }


def _time(message: Any, field: str) -> str | None:
    return getattr(message, field).ToJsonString() if message.HasField(field) else None


def pending(found: PendingRequest) -> dict[str, Any]:
    """Return the JSON fields of a request that waits for a custodian."""
    terms, signer = found.terms, found.signer
    shown: dict[str, Any] = {
        "disclosure_id": found.disclosure_id,
        "verified": found.refused is None,
        "refused": found.refused.finding.value if found.refused else None,
        "why": str(found.refused) if found.refused else None,
        "threshold": found.threshold,
        "approvals": found.approvals,
        "denials": found.denials,
        "releases": found.releases,
        "approved_by_you": found.is_approved,
        "decisions": [decision(made) for made in found.decided],
        "recent_disclosures": found.recent_disclosures,
        "log_size": found.log_size,
    }
    if terms is not None and signer is not None:
        shown |= {
            "auditor": terms.auditor,
            "organisation": signer.member.organisation,
            "fingerprint": roster_member.fingerprint(signer.member.ed25519),
            "since_roster_version": signer.since_version,
            "account_token": terms.account_token,
            "case_reference": terms.case_reference,
            "legal_basis": terms.legal_basis,
            "purpose": terms.purpose,
            "openings": terms.openings,
            "expire_time": terms.expire_at.isoformat(),
        }
    return shown


def opened(found: DisclosedRecord) -> dict[str, Any]:
    """Return the JSON fields of a disclosed record."""
    consent = found.payload.consent
    return {
        "disclosure_id": found.terms.disclosure_id,
        "account_token": found.terms.account_token,
        **summary.whom(found.payload.identity),
        "representative": _representative(found.payload.identity),
        "registry_outcome": found.payload.answer.value if found.payload.answer else None,
        "assertion": found.payload.assertion or None,
        "reviewed_by": summary.reviewers(found.payload.review),
        "policy_version": consent.policy_version if consent else None,
        "agree_time": consent.agree_time.isoformat() if consent else None,
        "opened_at": found.opened_at.isoformat(),
        "openings_left": found.terms.openings - found.answer.disclosure.opened,
        "wrong_shares": list(found.wrong_shares),
        "unreported": list(found.unreported),
        "confirmed": found.is_confirmed,
        "log_size": found.log_size,
        "checkpoint": b64encode(found.answer.checkpoint.note).decode(),
    }


def _representative(identity: AnyIdentity) -> dict[str, str] | None:
    found = None if isinstance(identity, OpaqueIdentity) else identity.representative
    if found is None:
        return None
    return {
        "real_name": found.name,
        "document_type": found.document.type.value,
        "document_number": found.document.number,
    }


def proved(found: ProvedEvidence, kept: ProofFile) -> dict[str, Any]:
    """Return the JSON fields of kept evidence that verifies."""
    return {**summary.of(found), "checkpoint": b64encode(kept.message.checkpoint.note).decode()}


def tell(content: dict[str, Any]) -> None:
    """Write one JSON object as a line on stdout."""
    typer.echo(printable.to_json(content))
