"""Checks the evidence of an opening with public keys alone: no private key, no vault.

Evidence is valid if, in this order,
* every version of its roster follows the one before, and is in the published roster, if given: same version,
  same bytes,
* the auditor whom the request names signed the request and the file, with the key in the roster version that
  the request names,
* its checkpoint is signed by the log, and by the witnesses that are demanded, within 15 minutes of the
  opening unless the roster is for development; a version that is not fit to be in force, such as one without
  witnesses, is passed over,
* the log entry of the settlement commits to the digest of the record; that of the request, by this auditor,
  to the signed request and the same digest; that of the opening, by this auditor, to the disclosure and the
  same digest; all three are in the tree of the checkpoint, in this order,
* as many custodians approved exactly this request as the quorum demands that the record was sealed for, each
  for a place that the custodian has in this quorum or its successors,
* the data key and the derived value open the record, which commits to them, and its outcome is a match.

The identity is not read from the file but decrypted from the record, so no other can be put in its place.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from idvault_verify.attest import disclosure as papers
from idvault_verify.attest.disclosure import PaperError, Terms
from idvault_verify.attest.hpke import UnsealError
from idvault_verify.attest.payload import Payload
from idvault_verify.attest.people import roster as rosters
from idvault_verify.attest.people import roster_chain
from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.people.roster_member import RosterMember
from idvault_verify.attest.quorum import Quorum
from idvault_verify.attest.reading import RosterError
from idvault_verify.attest.sealed_record import open_with_key
from idvault_verify.claim import ClaimState
from idvault_verify.error import DamagedError
from idvault_verify.event import SYSTEM_ACTOR, EventType
from idvault_verify.offline import proof, witness_policy
from idvault_verify.offline.evidence import approvals
from idvault_verify.offline.evidence.file import EvidenceError, ProofFile
from idvault_verify.offline.record import sealed_record
from idvault_verify.record import SealedRecord, UnconfirmedError
from idvault_verify.seal import Part
from idvault_verify.transparency import checkpoint
from idvault_verify.transparency import entry as entries
from idvault_verify.transparency.checkpoint import Checkpoint, SignedCheckpoint
from idvault_verify.transparency.checkpoint import CosignaturePolicy as Policy
from idvault_verify.transparency.entry import Entry, EntryError
from idvault_verify.transparency.epoch import Break, EpochError
from idvault_verify.transparency.tree import LogError
from idvault_verify.v1 import disclosure_pb2, evidence_pb2


@dataclass(frozen=True, slots=True)
class LoggedTime:
    """A proved entry: its place in the log and its time, to the minute, UTC."""

    index: int
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class ProvedEvidence:
    """What evidence proves.

    payload: decrypted from the record. quorum: that the record was sealed for. approved_by: the custodians,
    as in the roster. roster: the version that the request names. cosigned_by: the witnesses. is_published:
    whether the roster was compared with a published one; if not, the names are only those of this file.
    is_development: whether a version that may have been in force is for development.
    """

    payload: Payload = field(repr=False)
    terms: Terms
    auditor: RosterMember
    quorum: Quorum
    approved_by: tuple[RosterMember, ...]
    record: SealedRecord = field(repr=False)
    settlement: LoggedTime
    request: LoggedTime
    opening: LoggedTime
    checkpoint: Checkpoint
    cosigned_by: tuple[str, ...]
    roster: Roster
    is_published: bool
    is_development: bool
    destroy_after: date


@dataclass(frozen=True, slots=True)
class _Chain:
    """The verified roster versions; named: the place of the version that the request names."""

    versions: tuple[Roster, ...]
    named: int

    @property
    def roster(self) -> Roster:
        return self.versions[self.named]

    def since(self) -> tuple[Roster, ...]:
        """Return the versions that may have been in force during the disclosure."""
        return self.versions[self.named :]


def check(
    evidence: ProofFile,
    *,
    policy: Policy,
    published: Sequence[Roster] = (),
    breaks: Sequence[Break] = (),
) -> ProvedEvidence:
    """Return what evidence proves; raises EvidenceError for what does not verify.

    policy: whose signatures the checkpoint needs; if it names no witness, those of the roster are demanded.
    Former keys of the log count for what given or published witnesses have cosigned, because those of the
    file's own roster may be anybody. published: the verified versions of the published roster, from the first
    on. breaks: what the verified statements say by which the log went on after losses.
    """
    message, terms = evidence.message, evidence.terms
    chain = _chain(message, terms, published)
    auditor = _auditor(evidence, chain)
    known = policy if published or policy.witness_keys else replace(policy, preceding=())
    signed = _checkpoint(message, chain, known, breaks)
    record = _record(message, terms)
    settlement = _settlement(message, record, signed.checkpoint)
    request = _request(message, record, auditor, signed.checkpoint)
    opening = _opening(message, terms, record, auditor, signed.checkpoint)
    _check_order(settlement, request, opening)
    quorum = _quorum(chain, record)
    approved_by = approvals.check(message, versions=chain.versions, quorum=quorum)
    return ProvedEvidence(
        payload=_opened(message, record),
        terms=terms,
        auditor=auditor,
        quorum=quorum,
        approved_by=approved_by,
        record=record,
        settlement=settlement,
        request=request,
        opening=opening,
        checkpoint=signed.checkpoint,
        cosigned_by=tuple(key.name for key, _ in signed.cosigned),
        roster=chain.roster,
        is_published=bool(published),
        is_development=any(roster.development for roster in chain.since()),
        destroy_after=_day(message.destroy_after_date),
    )


def _chain(message: evidence_pb2.DisclosureEvidence, terms: Terms, published: Sequence[Roster]) -> _Chain:
    try:
        versions = roster_chain.verified(rosters.parse(each) for each in message.rosters)
    except RosterError as error:
        raise EvidenceError("ROSTER_INVALID", f"the roster does not verify: {error}") from error
    if published:
        _check_published(versions, published)
    for at, roster in enumerate(versions):
        if roster.digest() == terms.roster_digest:
            return _Chain(versions, at)
    raise EvidenceError("OTHER_ROSTER", "the request names a version of the roster that is not in the file")


def _check_published(versions: Sequence[Roster], published: Sequence[Roster]) -> None:
    """Raise EvidenceError unless the published roster has every version of the file.

    One that nobody has published can name an auditor, custodians and witnesses that nobody knows.
    """
    for mine, its in zip(versions, published, strict=False):
        if mine.digest() != its.digest():
            text = f"version {mine.version} of the roster is not the published one"
            raise EvidenceError("OTHER_ROSTER", text)
    if len(versions) > len(published):
        text = (
            f"the file has version {versions[-1].version} of the roster, and the newest that was given is "
            f"{published[-1].version}: get the published roster again"
        )
        raise EvidenceError("OTHER_ROSTER", text)


def _auditor(evidence: ProofFile, chain: _Chain) -> RosterMember:
    try:
        auditor = chain.roster.member(evidence.terms.auditor)
        papers.check_signature(evidence.message.signed_request, roster_member=auditor, field="signed_request")
        papers.check_signature(
            evidence.signed_bytes() + evidence.signature, roster_member=auditor, field="signature"
        )
    except (RosterError, PaperError) as error:
        raise EvidenceError("SIGNATURE_INVALID", str(error)) from error
    if auditor.role != "auditor":
        raise EvidenceError("SIGNATURE_INVALID", f"{auditor.name} is not an auditor")
    return auditor


def _checkpoint(
    message: evidence_pb2.DisclosureEvidence, chain: _Chain, policy: Policy, breaks: Sequence[Break]
) -> SignedCheckpoint:
    # The request names the version in force when it was made; a later one may have been in force since.
    versions = chain.since()
    refused: LogError | RosterError | None = None
    for roster in versions:
        try:
            demanded = policy if policy.witness_keys else _witnesses(roster, policy)
            signed = proof.covering(message.checkpoint.note, demanded, breaks=breaks)
            # The clock of a development vault can be shifted; its entries have that time, witnesses do not.
            if not roster.development:
                checkpoint.check_fresh(signed, demanded, now=_opened_at(message).timestamp())
        except (LogError, RosterError) as error:
            refused = error
        else:
            return signed
    reason = "EPOCH_INVALID" if isinstance(refused, EpochError) else "LOG_INVALID"
    raise EvidenceError(reason, f"the checkpoint does not verify: {refused}") from refused


def _witnesses(roster: Roster, policy: Policy) -> Policy:
    """Return what a version demands; raises RosterError if it was never fit to be in force."""
    roster.check_in_force()
    return witness_policy.of_roster(roster, *policy.log_keys, preceding=policy.preceding)


def _opened_at(message: evidence_pb2.DisclosureEvidence) -> datetime:
    """Return the time of the opening's entry, which is proved later."""
    try:
        return entries.decode_leaf(message.opening.leaf).occurred_at
    except EntryError as error:
        raise EvidenceError("OTHER_ENTRY", "the entry of the opening cannot be read") from error


def _record(message: evidence_pb2.DisclosureEvidence, terms: Terms) -> SealedRecord:
    try:
        record = sealed_record(message.record)
    except DamagedError as error:
        raise EvidenceError("RECORD_DAMAGED", "the record has a salt of a wrong length") from error
    if record.present_quorum_id or record.suite:
        raise EvidenceError("OTHER_RECORD", "the record states what its digest does not cover")
    if record.account_token != terms.account_token:
        raise EvidenceError("OTHER_RECORD", "the record belongs to another account than the request")
    return record


def _settlement(message: evidence_pb2.DisclosureEvidence, record: SealedRecord, at: Checkpoint) -> LoggedTime:
    fields: dict[str, Part] = {
        "claim_id": message.settlement_claim_id,
        "state": ClaimState.SUCCEEDED.value,
        "failure_reason": "",
        "record_digest": record.digest(),
    }
    logged, token = message.settlement, record.account_token
    found = _entry(logged, at, type=EventType.CLAIM_SETTLE, account_token=token, fields=fields)
    if found.actor_id != SYSTEM_ACTOR:
        raise EvidenceError("OTHER_ENTRY", "the settlement's entry has another actor")
    return LoggedTime(logged.proof.index, found.occurred_at)


def _request(
    message: evidence_pb2.DisclosureEvidence, record: SealedRecord, auditor: RosterMember, at: Checkpoint
) -> LoggedTime:
    fields: dict[str, Part] = {"request": message.signed_request, "record_digest": record.digest()}
    logged, token = message.request, record.account_token
    found = _entry(logged, at, type=EventType.DISCLOSURE_REQUEST, account_token=token, fields=fields)
    if found.actor_id != auditor.actor_id:
        raise EvidenceError("OTHER_ENTRY", "the request's entry has another actor")
    return LoggedTime(logged.proof.index, found.occurred_at)


def _check_order(settlement: LoggedTime, request: LoggedTime, opening: LoggedTime) -> None:
    if not settlement.index < request.index < opening.index:
        raise EvidenceError("OTHER_ENTRY", "settlement, request and opening are in another order in the log")


def _opening(
    message: evidence_pb2.DisclosureEvidence,
    terms: Terms,
    record: SealedRecord,
    auditor: RosterMember,
    at: Checkpoint,
) -> LoggedTime:
    fields: dict[str, Part] = {"disclosure_id": terms.disclosure_id, "record_digest": record.digest()}
    logged, token = message.opening, terms.account_token
    found = _entry(logged, at, type=EventType.DISCLOSURE_OPEN, account_token=token, fields=fields)
    if found.actor_id != auditor.actor_id:
        raise EvidenceError("OTHER_ENTRY", "the opening's entry has another actor")
    return LoggedTime(logged.proof.index, found.occurred_at)


def _entry(
    logged: disclosure_pb2.LoggedEntry,
    at: Checkpoint,
    *,
    type: EventType,
    account_token: str,
    fields: dict[str, Part],
) -> Entry:
    try:
        return proof.check_entry(logged, at, type=type, account_token=account_token, fields=fields)
    except EntryError as error:
        text = f"the log entry of {type.value} does not commit to this evidence"
        raise EvidenceError("OTHER_ENTRY", text) from error
    except LogError as error:
        raise EvidenceError("NOT_IN_LOG", f"the entry of {type.value} is not in the log") from error


def _quorum(chain: _Chain, record: SealedRecord) -> Quorum:
    for roster in chain.versions:
        for quorum in roster.quorums:
            if quorum.id == record.sealing_quorum_id:
                if len(record.share_hashes) != len(quorum.custodians):
                    raise EvidenceError("OTHER_RECORD", "the record has another number of shares")
                return quorum
    raise EvidenceError("OTHER_ROSTER", "the quorum of the record is in no version of the roster")


def _opened(message: evidence_pb2.DisclosureEvidence, record: SealedRecord) -> Payload:
    try:
        return open_with_key(record=record, data_key=message.data_key, shred_value=message.shred_value)
    except UnconfirmedError as error:
        raise EvidenceError("NOT_A_MATCH", "the registry did not confirm the record's identity") from error
    except UnsealError as error:
        raise EvidenceError("RECORD_DAMAGED", "the data key does not open the record") from error


def _day(text: str) -> date:
    # Newer versions of Python also parse other forms of a day.
    try:
        found = date.fromisoformat(text)
    except ValueError as error:
        raise EvidenceError("NOT_EVIDENCE", "the file has no day after which it must be destroyed") from error
    if found.isoformat() != text:
        raise EvidenceError("NOT_EVIDENCE", "the file has no day after which it must be destroyed")
    return found
