"""Checks a stored record against the log: its digest must be that of the account's newest settlement entry.

- Entries are tried newest first. One that a failed claim explains says nothing about the record.
- The first one that is left must be that of a successful claim and commit to just this record; an old version
  that was put back, or a record that was changed, does not fit.
"""

from dataclasses import dataclass

from idvault.domain.claim import ClaimState
from idvault.domain.error import DamagedError, Reason
from idvault.domain.event import EventType
from idvault.domain.record import SealedRecord
from idvault.ports.disclosure import EndedClaim, Logged, RecordEvidence
from idvault.transparency import entry
from idvault.transparency.entry import EntryError


@dataclass(frozen=True, slots=True)
class CheckedRecord:
    """A record that fits to the log. claim_id: of the claim whose settlement, entry_id, stored it."""

    record: SealedRecord
    claim_id: str
    entry_id: str
    digest: bytes


def check(evidence: RecordEvidence) -> CheckedRecord:
    """Return the record with the settlement that it is of, or raise DamagedError (RECORD_DAMAGED)."""
    record = evidence.record
    digest = record.digest()
    failed = [claim for claim in evidence.claims if claim.state != ClaimState.SUCCEEDED.value]
    succeeded = [claim for claim in evidence.claims if claim.state == ClaimState.SUCCEEDED.value]
    for logged in evidence.entries:
        if not _is_settlement(logged) or any(_fits(logged, record, claim, b"") for claim in failed):
            continue
        for claim in succeeded:
            if _fits(logged, record, claim, digest):
                return CheckedRecord(record, claim.claim_id, logged.entry_id, digest)
        break
    raise DamagedError(Reason.RECORD_DAMAGED)


def _is_settlement(logged: Logged) -> bool:
    return entry.decode_leaf(logged.leaf).type == EventType.CLAIM_SETTLE.value


def _fits(logged: Logged, record: SealedRecord, claim: EndedClaim, digest: bytes) -> bool:
    try:
        entry.check_opened(
            logged.leaf,
            type=EventType.CLAIM_SETTLE,
            opening_key=logged.opening_key,
            account_token=record.account_token,
            fields={
                "claim_id": claim.claim_id,
                "state": claim.state,
                "failure_reason": claim.failure_reason,
                "record_digest": digest,
            },
        )
    except EntryError:
        return False
    return True
