"""Checks a stored record against the log: a settlement entry of the account must commit to its digest.

- For the newest record, entries are tried newest first. Entries of failed claims are skipped. The first
  remaining entry must be that of a successful claim and commit to this record. A restored old version or a
  changed record does not match it.
- For a disclosure, the entry of its request must commit to the record's digest. The service writes this
  entry only after the check of the newest record, so it fixes the version that was newest then.
"""

from dataclasses import dataclass

from idvault.disclosure.ports import EndedClaim, Filed, RecordEvidence
from idvault.log.ports.logged import Logged
from idvault.verify.claim import ClaimState
from idvault.verify.error import DamagedError, PreconditionError, Reason
from idvault.verify.event import EventType
from idvault.verify.record import SealedRecord
from idvault.verify.transparency import entry
from idvault.verify.transparency.entry import EntryError


@dataclass(frozen=True, slots=True)
class CheckedRecord:
    """A record that matches the log. claim_id: of the claim that stored it; entry_id: of its settlement."""

    record: SealedRecord
    claim_id: str
    entry_id: str
    digest: bytes


def check(evidence: RecordEvidence) -> CheckedRecord:
    """Return the record with its settlement, or raise DamagedError (RECORD_DAMAGED)."""
    return _newest(evidence, evidence.record.digest())


def _newest(evidence: RecordEvidence, digest: bytes) -> CheckedRecord:
    record = evidence.record
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


def check_requested(evidence: RecordEvidence, *, filed: Filed, signed_request: bytes) -> CheckedRecord:
    """Return the record that a request fixed; raises DamagedError (RECORD_DAMAGED).

    A request that was logged before requests fixed a version opens only the newest record: otherwise
    PreconditionError (ILLEGAL_TRANSITION).
    """
    record, digest = evidence.record, evidence.record.digest()
    requested = next((each for each in evidence.entries if each.entry_id == filed.entry_id), None)
    if requested is None:
        raise DamagedError(Reason.RECORD_DAMAGED)
    if entry.decode_leaf(requested.leaf).type == EventType.DISCLOSURE_REQUEST_FORMER.value:
        if not evidence.is_newest:
            raise PreconditionError(Reason.ILLEGAL_TRANSITION)
        return _newest(evidence, digest)
    try:
        entry.check_opened(
            requested.leaf,
            type=EventType.DISCLOSURE_REQUEST,
            opening_key=requested.opening_key,
            account_token=record.account_token,
            fields={"request": signed_request, "record_digest": digest},
        )
    except EntryError as error:
        raise DamagedError(Reason.RECORD_DAMAGED) from error
    succeeded = [claim for claim in evidence.claims if claim.state == ClaimState.SUCCEEDED.value]
    for logged in filter(_is_settlement, evidence.entries):
        for claim in succeeded:
            if _fits(logged, record, claim, digest):
                return CheckedRecord(record, claim.claim_id, logged.entry_id, digest)
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
