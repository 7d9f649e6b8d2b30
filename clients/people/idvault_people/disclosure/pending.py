"""A request that waits for a custodian, as the custodian's client has checked it."""

from dataclasses import dataclass, field
from datetime import datetime

from idvault_people.disclosure.decisions import ShownDecision
from idvault_people.record import sealed_record
from idvault_people.trust import FindingError, PinnedMember
from idvault_verify.attest.disclosure import Terms
from idvault_verify.disclosure import HistoryFinding as Finding
from idvault_verify.v1 import disclosure_pb2


class NotPendingError(Exception):
    """No request with this id waits for the custodian's decision or share."""


@dataclass(frozen=True, slots=True)
class PendingRequest:
    """A request that a custodian decides on, read from the signed request, the roster and the log.

    refused: why the request does not verify, None if it does. requested_at: by the log, to the minute.
    record_digest: of the record that the entry fixes.
    recent_disclosures: how many records were disclosed to this auditor in the last 30 days. This count, the
    threshold and the decisions are the service's statements. is_approved: whether this custodian approved it
    from this machine, so that only the share is missing. decided: the decisions by name, with the reasons of
    denials; empty if the request cannot be read.
    """

    disclosure_id: str
    signed_request: bytes = field(repr=False)
    terms: Terms | None
    signer: PinnedMember | None
    requested_at: datetime | None
    log_size: int
    threshold: int
    approvals: int
    denials: int
    recent_disclosures: int
    releases: int = 0
    record_digest: bytes = b""
    is_approved: bool = False
    refused: FindingError | None = None
    decided: tuple[ShownDecision, ...] = ()


def check_record(sealed: disclosure_pb2.SealedShare, digest: bytes) -> None:
    """Raise FindingError unless the share belongs to the record that the request fixed."""
    record = sealed_record(sealed.record)
    at = sealed.share_index - 1
    hashes = record.share_hashes
    if (
        record.digest() != digest
        or record.record_id != sealed.record_id
        or not 0 <= at < len(hashes)
        or hashes[at] != sealed.share_hash
    ):
        text = "the share from the service belongs to another record than the request"
        raise FindingError(Finding.SHARE_WRONG, text)


def terms_of(pending: PendingRequest) -> Terms:
    """Return the terms of a request that verifies; raises FindingError."""
    if pending.refused is not None:
        raise pending.refused
    if pending.terms is None:
        raise FindingError(Finding.OTHER_REQUEST, "there is no request to approve")
    return pending.terms
