"""What is stored of disclosures, and what opens a record or its case."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from idvault.log.rules import Logged
from idvault.sealing.ports import SealedText
from idvault_verify.disclosure import DecidingQuorum, Disclosure, QuorumMember, Verdict
from idvault_verify.record import SealedRecord


@dataclass(frozen=True, slots=True)
class Filing:
    """A new request. disclosure: in its first state, with the record's id and digest; digest: of the request.

    threshold: how many shares of the record's present quorum it needs.
    """

    disclosure: Disclosure
    text: SealedText
    digest: bytes
    threshold: int


@dataclass(frozen=True, slots=True)
class Filed:
    """A stored disclosure. entry_id: the log entry of its request; number: counts per auditor.

    denials: the signed denials by custodian.
    """

    disclosure: Disclosure
    text: SealedText
    digest: bytes
    threshold: int
    entry_id: str
    number: int
    denials: Mapping[str, SealedText] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Deciding:
    """One decision to store. signed: the signed approval or denial.

    quorum: the member's quorum, which must still be the record's present one. sealed: a denial,
    which must be stored instead of `signed`, so that its reason is encrypted at rest.
    """

    disclosure_id: str
    member: QuorumMember
    verdict: Verdict
    quorum: DecidingQuorum
    signed: bytes
    sealed: SealedText | None = None


@dataclass(frozen=True, slots=True)
class Releasing:
    """One approved share to store. legal_basis: of the request, which the person is told later.

    quorum: the member's quorum, which must still be the record's present one. record_digest: of the record.
    """

    disclosure_id: str
    member: QuorumMember
    quorum: DecidingQuorum
    resealed: bytes = field(repr=False)
    record_digest: bytes
    legal_basis: str


@dataclass(frozen=True, slots=True)
class OwnDecision:
    """What one custodian signed, and its log entries. release_entry_id: None while the share is missing."""

    signed: bytes
    entry_id: str
    release_entry_id: str | None


@dataclass(frozen=True, slots=True)
class GivenShare:
    """A custodian's release of a share; resealed is None once the share is destroyed."""

    custodian: str
    place: int
    resealed: bytes | None = field(repr=False)
    signed: bytes


@dataclass(frozen=True, slots=True)
class EndedClaim:
    """The outcome of a claim, as its settlement entry states it."""

    claim_id: str
    state: str
    failure_reason: str


@dataclass(frozen=True, slots=True)
class RecordEvidence:
    """What a record can be verified against. entries: all of the account's, newest first."""

    record: SealedRecord
    claims: tuple[EndedClaim, ...]
    entries: tuple[Logged, ...]


@dataclass(frozen=True, slots=True)
class RecordDisclosure:
    """The release of M shares, as its log entry states it: from then on the record can be opened.

    entry_id: None if the row was damaged, because the act that releases the share writes it.
    """

    disclosure_id: str
    account_token: str
    entry_id: str | None
    disclosed_at: datetime
    record_digest: bytes
    auditor_actor_id: str
    legal_basis: str


@dataclass(frozen=True, slots=True)
class RecordAccess:
    """One opening, as its log entry states it."""

    disclosure_id: str
    account_token: str
    entry_id: str
    opened_at: datetime
    record_digest: bytes


class CaseTextSealer(Protocol):
    """Seals signed requests and denials at rest; only the custody edge has it.

    custodian: who signed the denial; empty for a request.
    """

    def seal(self, *, disclosure_id: str, text: bytes, custodian: str = "") -> SealedText:
        """Return the sealed text."""
        ...

    def open(self, *, disclosure_id: str, sealed: SealedText, custodian: str = "") -> bytes:
        """Return the text; raises DamagedError (RECORD_DAMAGED) if decryption fails."""
        ...
